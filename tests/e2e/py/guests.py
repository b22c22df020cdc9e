"""Hostile plugins in the whole program."""

import json

from support import GUESTS, Gateway, Upstream

CANARY = "misbehave: the canary sings 7c1e5b0f-fe2a-4c5d-9d37-a0c4c8f2d411"


def config(mode, on_error="deny", guest="hostile", grants=""):
    return f"""plugins:
  - use: file:{GUESTS / guest}.wasm
    name: hostile
    settings: {{ mode: {mode} }}
    on_error: {on_error}
    grants: {{ {grants} }}
"""


def chat(gateway, text, stream=False):
    body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": text}]}
    return gateway.post("/v1/chat/completions", body)


def copied_input_is_in_no_record():
    """Message, attributes, error, log, rule id, counter key: none of it is written anywhere."""
    for mode in ("copy", "copy-rule", "copy-error", "copy-log", "panic"):
        for guest, grants in (
            ("hostile", ""),
            ("hostile", "rewrite: true"),
            ("hostile-counters", "counters: true"),
        ):
            plugin = config(mode, "allow", guest, grants)
            with Gateway(Upstream(), plugin, values=[CANARY]) as gateway:
                for stream in (False, True):
                    status, _, _ = chat(gateway, CANARY, stream)
                    assert status in (200, 400, 503), (mode, status)
                answer = gateway.inspect(
                    {
                        "stage": "prompt",
                        "segments": [{"role": "user", "kind": "text", "text": CANARY}],
                    }
                )
                assert answer["action"] in ("allow", "flag", "redact"), (mode, answer)
                innocent = chat(gateway, "an innocent text")
                assert innocent[0] == 200, (mode, guest, grants, innocent)


def faults_deny_or_pass_as_configured():
    for mode, kind in (
        ("trap", "trap"),
        ("endless-loop", "timeout"),
        ("state-gibibyte", "memory"),
        ("confidence-nan", "output"),
        ("copy-error", "refused"),
    ):
        upstream = Upstream()
        with Gateway(upstream, config(mode, "deny"), values=[CANARY]) as gateway:
            status, _, body = chat(gateway, CANARY)
            assert status == 503, (mode, status, body)
            assert "error" in json.loads(body)
            assert upstream.requests == [], mode
            assert chat(gateway, "an innocent text")[0] == 200, mode
            assert kind in gateway.get("/metrics")[1], mode
        with Gateway(upstream, config(mode, "allow"), values=[CANARY]) as gateway:
            status, headers, body = chat(gateway, CANARY)
            assert status == 200, (mode, status, body)
            answer = gateway.inspect(
                {
                    "stage": "prompt",
                    "segments": [{"role": "user", "kind": "text", "text": CANARY}],
                }
            )
            assert [fault["kind"] for fault in answer["faults"]] == [kind], (mode, answer)


def nothing_is_remembered():
    """A plugin that keeps what it sees never has anything to report."""
    for mode in ("remember", "remember-memory"):
        with Gateway(Upstream(), config(mode, "allow"), values=[CANARY]) as gateway:
            for text in (CANARY, "PRIVATE-TEXT-OF-ANOTHER-REQUEST", "innocent") * 3:
                answer = gateway.inspect(
                    {
                        "stage": "prompt",
                        "segments": [{"role": "user", "kind": "text", "text": text}],
                    }
                )
                rules = [finding["rule"] for finding in answer["findings"]]
                assert rules == ["hostile/seen"], (mode, text, answer)


def a_stream_held_for_ever_is_denied():
    words = " ".join(["misbehave"] * 60_000)
    from support import text_events

    upstream = Upstream(lambda _: list(text_events([words[at : at + 8192] for at in range(0, len(words), 8192)])))
    with Gateway(upstream, config("hold-for-ever", "deny"), values=[CANARY]) as gateway:
        status, _, body = chat(gateway, "go on", stream=True)
        assert b"misbehave" not in body, body[:2000]
        assert b"content_filter" in body or status != 200, body[:2000]
        assert chat(gateway, "an innocent text")[0] == 200
