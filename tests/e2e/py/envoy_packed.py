"""The gateway's scenes through Envoy: the same configuration, packed, and the official client.

Each scene is the gateway's own, from `chat.py`; only what stands between client and upstream is
another program.
"""

import json
import os
import pathlib
import subprocess
import tempfile

import chat
from envoy_support import SHELLS, Envoy
from support import AWS_KEY, ROOT, Upstream, text_events

PACK = os.environ.get("CAPONIER_PACK") or str(ROOT / "target/release/examples/pack")
MODULE = SHELLS / "caponier_envoy.wasm"


def packed_module(directory, config, upstream, route=""):
    """Packs a configuration as the gateway's scenes write it; gives the module's path."""
    lines = "".join(f"\n      {line}" for line in route.splitlines())
    text = f"""version: 1
gateway:
  listen: 127.0.0.1:8787
  routes:
    - path: /v1/*
      upstream: {upstream.url if upstream else "http://127.0.0.1:9"}{lines}
{config}
"""
    source, module = directory / "caponier.yaml", directory / "module.wasm"
    settings = directory / "shell.json"
    source.write_text(text)
    settings.write_text(json.dumps({"audit": True}))
    made = subprocess.run(
        [PACK, str(source), str(MODULE), str(module), str(settings)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return module


class PackedGateway(Envoy):
    """Envoy in the place of the gateway."""

    def __init__(self, upstream=None, config="", files=None, route="", values=()):
        self.packing = tempfile.TemporaryDirectory(prefix="caponier-pack-")
        directory = pathlib.Path(self.packing.name)
        for name, content in (files or {}).items():
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        module = packed_module(directory, config, upstream, route)
        super().__init__(upstream, "", values=values, module=module)


def scene(function):
    """Runs a scene of the gateway's with Envoy in its place."""
    before = chat.Gateway
    chat.Gateway = PackedGateway
    try:
        function()
    finally:
        chat.Gateway = before


def attack_is_denied():
    scene(chat.attack_is_denied)


def address_is_a_token_upstream_and_itself_for_the_user():
    scene(chat.address_is_a_token_upstream_and_itself_for_the_user)


def clean_request_arrives_byte_for_byte():
    scene(chat.clean_request_arrives_byte_for_byte)


def secret_split_in_text():
    scene(chat.secret_split_in_text)


def secret_split_in_tool_arguments():
    scene(chat.secret_split_in_tool_arguments)


def secret_in_a_whole_answer():
    scene(chat.secret_in_a_whole_answer)


def network_reads_of_any_size():
    scene(chat.network_reads_of_any_size)


def token_is_not_restored_where_it_could_leave():
    scene(chat.token_is_not_restored_where_it_could_leave)


def token_from_a_document_is_not_restored():
    scene(chat.token_from_a_document_is_not_restored)


def stream_cut_before_its_end():
    scene(chat.stream_cut_before_its_end)


def denied_streams_end_and_are_swallowed():
    """However the network cuts it: nothing of the secret goes out, and nothing behind it."""
    pieces = ["Fine. ", "The key is ", *AWS_KEY, " and on. ", *["More."] * 200]
    cut = {}

    def answer(_):
        events = list(text_events(pieces))
        return events if cut["apart"] else [b"".join(events)]

    upstream = Upstream(answer)
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "Go on"}],
        "stream": True,
    }
    deny = 'actions: {"secrets/*": deny}'
    for route, end in (
        ("", b'"finish_reason":"content_filter"'),
        ("deny_as: error", b"denied by policy"),
        ("stream: buffer", b'"finish_reason":"content_filter"'),
    ):
        with PackedGateway(upstream, deny, route=route) as gateway:
            for cut["apart"] in (True, False):
                status, _, got = gateway.post("/v1/chat/completions", body)
                assert status == 200
                assert AWS_KEY[:8].encode() not in got and b"More." not in got, (route, got)
                assert end in got.replace(b'": "', b'":"'), (route, got)
                if route == "stream: buffer":
                    assert b"Fine" not in got, got
            records = [record for record in gateway.audit() if record["stage"] == "output"]
            assert {record["action"] for record in records} == {"deny"}, records
