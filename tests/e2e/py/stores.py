"""Stores of documents behind a route: what is looked for, what comes back, what is written."""

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import identities
from support import ATTACK, EMAIL, Gateway, Raw, Upstream, free_port

# Personal data is redacted in documents too, and each tenant sees its own documents.
CONFIG = """
plugins:
  - use: builtin:pii
    stages: [prompt, retrieval, output]
  - use: builtin:secrets
  - use: builtin:injection
rego: [tenants.rego]
"""

TENANTS = """package caponier

# A document is seen by its own tenant, one of no tenant by nobody.
drop contains segment.id if {
\tinput.context.stage == "retrieval"
\tsome segment in input.segments
\tsegment.kind == "document"
\tobject.get(segment.attributes, "metadata.tenant", "") != object.get(input.context, "tenant", null)
}
"""


class Stores(Gateway):
    """A gateway with one route to a store."""

    def __init__(self, url, protocol, config=CONFIG, path="/*", **more):
        self.url, self.protocol, self.path_of_route = url, protocol, path
        files = {"tenants.rego": TENANTS} | more.pop("files", {})
        super().__init__(config=config, files=files, **more)

    def render(self, config):
        gateway = "".join(f"\n  {line}" for line in self.gateway.splitlines())
        return f"""version: 1
gateway:
  listen: 127.0.0.1:{self.port}
  shutdown_grace: 5s{gateway}
  routes:
    - path: {self.path_of_route}
      upstream: {self.url}
      protocol: {self.protocol}
decision: {{ listen: "127.0.0.1:{self.decision}" }}
admin: {{ listen: "127.0.0.1:{self.admin}" }}
audit: {{ path: ./audit.jsonl }}
{config}
"""


def tenants(**names):
    """Keys of callers of these tenants: the file, and each one's headers."""
    keys = {name: identities.api_key() for name in names}
    lines = ["keys:\n"]
    for name, key in keys.items():
        hashed = "sha256:" + hashlib.sha256(key.encode()).hexdigest()
        lines.append(f'  - {{ hash: "{hashed}", id: {name}, roles: [], tenant: {names[name]} }}\n')
    headers = {name: {"authorization": f"Bearer {key}"} for name, key in keys.items()}
    return "".join(lines), headers


@contextlib.contextmanager
def chroma():
    """A Chroma server of its own; gives its port."""
    port = free_port()
    program = pathlib.Path(sys.executable).with_name("chroma")
    with tempfile.TemporaryDirectory(prefix="caponier-chroma-") as directory:
        command = [program, "run", "--path", directory, "--host", "127.0.0.1", "--port", str(port)]
        with open(pathlib.Path(directory, "log"), "wb") as log:
            environment = os.environ | {"ANONYMIZED_TELEMETRY": "False"}
            server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            until = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/heartbeat", timeout=5)
                    break
                assert server.poll() is None and time.monotonic() < until, "no Chroma server"
                time.sleep(0.1)
            yield port
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def client(port, headers=None):
    """The official client."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    return chromadb.HttpClient(host="127.0.0.1", port=port, headers=headers, settings=settings)


def collection(client, name="documents"):
    """A collection whose embeddings are given, not made."""
    return client.get_or_create_collection(name, embedding_function=None)


def near(number):
    """A place at this distance from the beginning."""
    return [float(number), 0.0, 0.0]


HARVEST = "The harvest was good in both years."
CONTACT = f"Questions go to {EMAIL}, who knows the vineyard."
DOCUMENTS = {
    "first": (HARVEST, {"tenant": "acme", "page": 1}),
    "poisoned": (f"The cellar is dry. {ATTACK}", {"tenant": "acme"}),
    "other": ("The other house has sold its slopes.", {"tenant": "globex"}),
    "contact": (CONTACT, {"tenant": "acme", "page": 2}),
    "nobody": ("This one is of no tenant.", None),
    "last": ("Bottling begins in March.", {"tenant": "acme"}),
}


def fill(store):
    """Everything, past the gateway, as somebody without one would have written it."""
    store.add(
        ids=list(DOCUMENTS),
        embeddings=[near(at) for at in range(len(DOCUMENTS))],
        documents=[text for text, _ in DOCUMENTS.values()],
        metadatas=[metadata for _, metadata in DOCUMENTS.values()],
    )


def check_reads(mine, theirs):
    """What two tenants read through a gateway."""
    everything = ["documents", "metadatas", "distances", "embeddings"]
    found = collection(mine).query(
        query_embeddings=[near(0), near(9)], n_results=6, include=everything
    )
    assert found["ids"] == [["first", "contact", "last"], ["last", "contact", "first"]], found
    assert found["distances"] == [[0.0, 9.0, 25.0], [16.0, 36.0, 81.0]], found
    texts = found["documents"][0]
    assert texts[0] == HARVEST and texts[2] == DOCUMENTS["last"][0], texts
    assert EMAIL not in texts[1] and texts[1].endswith("who knows the vineyard."), texts
    assert [one["tenant"] for one in found["metadatas"][0]] == ["acme"] * 3
    assert [list(one) for one in found["embeddings"][0]] == [near(0), near(3), near(5)]
    # By id and by filter it is the same, down to nothing.
    got = collection(mine).get(ids=["first", "poisoned", "last"])
    assert got["ids"] == ["first", "last"] and got["documents"][0] == HARVEST, got
    assert collection(mine).get(ids=["poisoned"])["ids"] == []
    assert collection(mine).get(where={"tenant": "globex"})["documents"] == []
    # Without its metadata nobody can tell whose a document is.
    assert collection(mine).get(include=["documents"])["ids"] == []
    found = collection(theirs).query(query_embeddings=[near(0)], n_results=6)
    assert found["ids"] == [["other"]], found
    assert found["documents"] == [[DOCUMENTS["other"][0]]], found


def check_writes(mine, port):
    """What a tenant can write through a gateway. Looks into the store past it."""
    import chromadb.errors

    store = collection(mine)
    for write in (store.add, store.upsert, store.update):
        try:
            write(
                ids=["new", "last"],
                embeddings=[near(7), near(5)],
                documents=["A good word.", f"In the appendix: {ATTACK}"],
                metadatas=[{"tenant": "acme"}] * 2,
            )
        except chromadb.errors.InvalidArgumentError as error:
            assert "denied by policy" in str(error), error
        else:
            raise AssertionError("the poison went in")
    # In what stands beside the text it is as bad, and into another tenant nobody writes.
    for metadata in ({"tenant": "acme", "note": ATTACK}, {"tenant": "globex"}):
        try:
            store.add(ids=["new"], embeddings=[near(7)], documents=["Fine."], metadatas=[metadata])
        except chromadb.errors.InvalidArgumentError:
            continue
        raise AssertionError("it went in")
    inside = collection(client(port))
    assert inside.count() == len(DOCUMENTS), inside.get()
    assert inside.get(ids=["last"])["documents"] == [DOCUMENTS["last"][0]]
    store.add(
        ids=["new"], embeddings=[near(7)], documents=[CONTACT], metadatas=[{"tenant": "acme"}]
    )
    written = inside.get(ids=["new"], include=["documents", "embeddings"])
    assert EMAIL not in written["documents"][0] and "vineyard" in written["documents"][0], written
    assert list(written["embeddings"][0]) == near(7)
    store.delete(ids=["new"])


def chroma_gives_each_tenant_its_own_and_takes_no_poison():
    keys, headers = tenants(anna="acme", gus="globex")
    with chroma() as port:
        fill(collection(client(port)))
        identity = "identity: [{ api_keys: keys.yaml }]"
        with Stores(
            f"http://127.0.0.1:{port}",
            "chroma",
            gateway=identity,
            path="/api/v2/*",
            files={"keys.yaml": keys},
            values=[text for text, _ in DOCUMENTS.values()],
        ) as gateway:
            # No endpoint is let through by name: the client needs none.
            mine, theirs = (client(gateway.port, headers[name]) for name in ("anna", "gus"))
            assert mine.heartbeat() > 0 and mine.get_version()
            check_reads(mine, theirs)
            check_writes(mine, port)
            assert [one.name for one in mine.list_collections()] == ["documents"]
            assert mine.count_collections() == 1 and collection(mine).count() == len(DOCUMENTS)
            nobody = urllib.request.Request(
                f"http://127.0.0.1:{gateway.port}/api/v2/reset", data=b"", headers=headers["anna"]
            )
            try:
                urllib.request.urlopen(nobody, timeout=30)
            except urllib.error.HTTPError as error:
                assert error.code == 404, error
                assert json.loads(error.read())["error"] == "NotFoundError"
            else:
                raise AssertionError("the store was reset")
            stages = {record["stage"] for record in gateway.audit(20)}
            assert stages == {"prompt", "retrieval"}, stages


# ---- answers as the documentation of each store has them ----------------------------------------

GOOD, BAD, OTHER = (
    {"text": f"Ask {EMAIL} about the vineyard.", "tenant": "acme"},
    {"text": f"The cellar is dry. {ATTACK}", "tenant": "acme"},
    {"text": "The other house has sold its slopes.", "tenant": "globex"},
)
THREE = (BAD, GOOD, OTHER)


def points():
    found = [
        {"id": at, "version": 3, "score": 0.9 - at / 10, "payload": payload}
        for at, payload in enumerate(THREE)
    ]
    return {"result": {"points": found}, "status": "ok", "time": 0.001}


def hits():
    found = [
        {"_index": "documents", "_id": str(at), "_score": 3.5 - at, "_source": source}
        for at, source in enumerate(THREE)
    ]
    total = {"value": 3, "relation": "eq"}
    return {"took": 2, "hits": {"total": total, "max_score": 3.5, "hits": found}}


def check_recorded(protocol, path, question, answer, texts_of, writes, done=None):
    """One search and some writes of a store whose answers are told by this test; `done` is what it
    says of a write."""
    answers = {path: answer}
    upstream = Upstream(lambda request: answers.get(request.path, done or {"status": "ok"}))
    handler = upstream.server.RequestHandlerClass
    handler.do_PUT = handler.do_PATCH = handler.do_POST
    keys, headers = tenants(anna="acme", gus="globex")
    with Stores(
        upstream.url,
        protocol,
        gateway="identity: [{ api_keys: keys.yaml }]",
        files={"keys.yaml": keys},
        values=[document["text"] for document in THREE],
    ) as gateway:

        def ask(method, path, body, who="anna"):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            asked = urllib.request.Request(
                f"http://127.0.0.1:{gateway.port}{path}", data, method=method,
                headers=headers[who] | {"content-type": "application/json"},
            )
            try:
                with urllib.request.urlopen(asked, timeout=30) as answered:
                    return answered.status, json.loads(answered.read() or "null")
            except urllib.error.HTTPError as error:
                return error.code, json.loads(error.read())

        status, found = ask("POST", path, question)
        assert status == 200, found
        (text,) = texts_of(found)
        assert EMAIL not in text and text.endswith("about the vineyard."), text
        assert upstream.requests[-1].json == question, upstream.requests[-1].body
        assert texts_of(ask("POST", path, question, "gus")[1]) == [OTHER["text"]]
        for method, path_of_write, body_of in writes:
            before = len(upstream.requests)
            for document in (BAD, OTHER):
                status, error = ask(method, path_of_write, body_of(document))
                assert status == 400 and "denied by policy" in json.dumps(error), (status, error)
            assert len(upstream.requests) == before, upstream.requests[-1].body
            status, _ = ask(method, path_of_write, body_of(GOOD))
            written = upstream.requests[-1].body
            assert status in (200, 201) and b"about the vineyard" in written, written
            assert EMAIL.encode() not in written, written
        return found


def qdrant_gives_each_tenant_its_own_and_takes_no_poison():
    check_recorded(
        "qdrant",
        "/collections/documents/points/query",
        {"query": [0.1, 0.2], "limit": 3, "with_payload": True},
        points(),
        lambda found: [point["payload"]["text"] for point in found["result"]["points"]],
        [
            (
                "PUT",
                "/collections/documents/points?wait=true",
                lambda document: {"points": [{"id": 1, "vector": [0.1], "payload": document}]},
            )
        ],
    )


def opensearch_gives_each_tenant_its_own_and_takes_no_poison():
    action = json.dumps({"index": {"_index": "documents", "_id": "1"}})
    found = check_recorded(
        "opensearch",
        "/documents/_search",
        {"query": {"match": {"text": "vineyard"}}},
        hits(),
        lambda found: [hit["_source"]["text"] for hit in found["hits"]["hits"]],
        [
            ("PUT", "/documents/_doc/1", lambda document: document),
            (
                "POST",
                "/_bulk",
                lambda document: f"{action}\n{json.dumps(document)}\n".encode(),
            ),
        ],
    )
    assert found["hits"]["total"]["value"] == 1 and found["hits"]["max_score"] == 2.5, found


def postgrest_gives_each_tenant_its_own_and_takes_no_poison():
    rows = [{"id": at, **row, "similarity": 0.5} for at, row in enumerate(THREE)]
    check_recorded(
        "postgrest",
        "/rpc/match_documents",
        {"query_embedding": [0.1, 0.2], "match_count": 3},
        Raw.of(json.dumps(rows).encode(), "content-type: application/json"),
        lambda found: [row["text"] for row in found],
        [("POST", "/documents", lambda document: [document])],
        done=Raw.of(b"", status="201 Created"),
    )


def a_store_of_ones_own_gives_each_tenant_its_own_and_takes_no_poison():
    protocol = """
        json:
          - path: /find
            queries: [$.question]
            answer: { documents: "$.found[*]", attributes: $.about, totals: [$.count] }
          - path: /add
            written: { documents: $, attributes: $.about }"""
    wrapped = [{"text": one["text"], "about": {"tenant": one["tenant"]}} for one in THREE]
    found = check_recorded(
        protocol,
        "/find",
        {"question": "Who knows the vineyard?"},
        {"count": 3, "found": wrapped},
        lambda found: [one["text"] for one in found["found"]],
        [("POST", "/add", lambda one: {"text": one["text"], "about": {"tenant": one["tenant"]}})],
    )
    assert found["count"] == 1, found
