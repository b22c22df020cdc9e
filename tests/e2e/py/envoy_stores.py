"""Stores of documents behind Envoy: the gateway's own scenes, packed."""

import pathlib
import tempfile
import types

import recorded
import store_answers
import stores
from envoy_packed import packed_module
from envoy_support import Envoy

IDENTITY = [{"headers": {"id": "x-user", "tenant": "x-org"}}]


def chroma_gives_each_tenant_its_own_and_takes_no_poison():
    with stores.chroma() as port, tempfile.TemporaryDirectory(prefix="caponier-pack-") as name:
        stores.fill(stores.collection(stores.client(port)))
        directory = pathlib.Path(name)
        (directory / "tenants.rego").write_text(stores.TENANTS)
        store = types.SimpleNamespace(url=f"http://127.0.0.1:{port}")
        module = packed_module(directory, stores.CONFIG, store, "protocol: chroma", "/api/v2/*")
        values = [text for text, _ in stores.DOCUMENTS.values()]
        shell = {"audit": True, "identity": IDENTITY}
        with Envoy(store, shell, values=values, module=module) as envoy:
            mine, theirs = (
                stores.client(envoy.port, {"x-user": user, "x-org": tenant})
                for user, tenant in (("anna", "acme"), ("gus", "globex"))
            )
            assert mine.heartbeat() > 0 and mine.get_version()
            stores.check_reads(mine, theirs)
            stores.check_writes(mine, port)
            assert {record["stage"] for record in envoy.audit(20)} == {"prompt", "retrieval"}


def check_played(protocol, server, check):
    """What two tenants get of a server that gives known answers."""
    values = [document["text"] for document in stores.THREE]
    with (
        server as upstream,
        tempfile.TemporaryDirectory(prefix="caponier-pack-") as name,
    ):
        directory = pathlib.Path(name)
        (directory / "tenants.rego").write_text(stores.TENANTS)
        store = types.SimpleNamespace(url=upstream.url)
        module = packed_module(directory, stores.CONFIG, store, f"protocol: {protocol}", "/*")
        shell = {"audit": True, "identity": IDENTITY}
        with Envoy(store, shell, values=values, module=module) as envoy:
            headers = {
                tenant: {"x-user": f"of-{tenant}", "x-org": tenant} for tenant in ("acme", "globex")
            }
            check(upstream, envoy.port, headers)


def check_answers(protocol):
    def check(upstream, port, headers):
        store_answers.check(protocol, upstream, port, headers)

    check_played(protocol, store_answers.store(protocol), check)


def opensearch_answers_lose_documents_and_nothing_else():
    check_answers("opensearch")


def qdrant_answers_lose_documents_and_nothing_else():
    check_answers("qdrant")


def check_recorded(store):
    known = recorded.recording(store)
    server = recorded.playing(known["questions"], known["answers"]["all"])
    check_played(store, server, lambda _, port, headers: recorded.check(store, port, headers))


def opensearch_recorded():
    check_recorded("opensearch")


def qdrant_recorded():
    check_recorded("qdrant")
