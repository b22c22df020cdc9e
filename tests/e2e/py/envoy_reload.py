"""A running Envoy takes each new module from a directory: no request fails, what is broken is refused,
and nothing piles up.

`CAPONIER_RELOADS` says how many reloads there are; by default few, since Envoy compiles each module anew.
"""

import json
import os
import threading
import time

from envoy_live import CHAT, Live, Load, do_nothing, marked, pages, stalls
from support import ATTACK, AWS_KEY, Raw, Upstream, completion, text_events

CONFIG = """version: 1
gateway:
  listen: 127.0.0.1:{port}
  routes: [{{ path: /v1/*, upstream: "{upstream}" }}]
admin: {{ listen: "127.0.0.1:{admin}" }}
plugins: [{{ use: builtin:pii, settings: {{ restore: true }} }}, {{ use: builtin:secrets }}, {{ use: builtin:injection }}]
"""
# So many reloads say what piles up.
MANY = 50
HELLO = {"model": "m", "messages": [{"role": "user", "content": "Hello there, how are you?"}]}


def count(usual):
    return int(os.environ.get("CAPONIER_RELOADS") or usual)


def revision(envoy, text="Hello"):
    """Status, and which revision answered."""
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    status, headers, _ = envoy.post(CHAT, body)
    return status, headers["x-caponier-revision"]


def figures(what, values):
    """Prints what was measured; it says nothing about right and wrong."""
    print(f"{what}: {json.dumps(values)}", flush=True)


def no_request_fails_over_reloads():
    """Modules of two revisions in turns, under load; a stream ends as it began."""
    pieces = ["Fine. ", *["and on "] * 40, *AWS_KEY, " and on."]

    def answer(request):
        if not request.json.get("stream"):
            return completion("fine")
        chunks = list(text_events(pieces))
        return Raw.chunked(chunks, pause=0.05)

    with Live.packed(Upstream(answer), CONFIG) as envoy:
        modules, revisions = [], []
        for more in ("", 'actions: {{ "secrets/*": deny }}\n'.replace("{{", "{").replace("}}", "}")):
            envoy.taken(lambda more=more: envoy.pack(more)) if more else None
            modules.append(envoy.current().read_bytes())
            revisions.append(revision(envoy)[1])
        assert len(set(revisions)) == 2, revisions

        def judge(status, headers, body):
            said = headers.get("x-caponier-revision")
            right = status == 200 and said in revisions and b"fine" in body
            return None if right else (status, said, body[:200])

        streamed = []

        def stream():
            streamed.append(envoy.post(CHAT, HELLO | {"stream": True}))

        watch, waits, longest = stalls(envoy.admin), [], []
        watch.start()
        with Load(envoy.port, judge, HELLO) as load:
            for index in range(count(3)):
                begun = revision(envoy)[1]
                last = threading.Thread(target=stream)
                last.start()
                time.sleep(0.3)
                watch.take()
                begin = time.monotonic()
                module = modules[index % 2]
                envoy.taken(lambda: envoy.put(marked(module, index)))
                waits.append(round(time.monotonic() - begin, 3))
                longest.append(round(watch.take(), 3))
                until = time.monotonic() + 10
                while (now := revision(envoy))[1] != revisions[index % 2]:
                    assert now[0] == 200 and time.monotonic() < until, now
                last.join()
                status, headers, body = streamed.pop()
                assert status == 200 and headers["x-caponier-revision"] == begun, headers
                assert AWS_KEY.encode() not in body.replace(b"\n", b""), "the secret is in the stream"
                said = said_in(body)
                assert AWS_KEY[:12] not in said and said.startswith("Fine. and on"), said
                assert "content_filter" in body.decode() if begun == revisions[1] else "[DONE]" in body.decode()
        watch.going = False
        assert load.done > 50 and not load.failed, (load.done, load.failed[:5])
        counted = envoy.counters()
        assert counted["config_fail"] == counted["update_rejected"] == 0, counted
        figures("reloads", {
            "reloads": len(waits), "requests": load.done, "failed": len(load.failed),
            "seconds": spread(waits), "main thread's stall": spread(longest),
        })


def said_in(body):
    """The text of a streamed answer."""
    said = ""
    for line in body.decode().splitlines():
        if line.startswith("data: {"):
            for choice in json.loads(line[6:]).get("choices", []):
                said += choice["delta"].get("content") or ""
    return said


def spread(values):
    ordered = sorted(values)
    return {"median": ordered[len(ordered) // 2], "most": ordered[-1]}


def what_is_broken_is_refused():
    """Whatever is wrong with an update, the filter before it goes on; the next good one is taken."""
    with Live.packed(Upstream(lambda _: completion("fine")), CONFIG) as envoy:
        envoy.may_trap = True
        good, resource = envoy.current().read_bytes(), envoy.resource.read_text()
        status, first = revision(envoy)
        assert status == 200
        empty = b"\0asm\1\0\0\0"
        missing = resource.replace(".wasm", ".missing.wasm")
        assert missing != resource
        other = json.loads(resource)
        other["resources"][0]["typed_config"]["@type"] = (
            "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer"
        )
        del other["resources"][0]["typed_config"]["config"]
        broken = {
            "not WebAssembly": lambda: envoy.put(b"not a module", keep=True),
            "a module cut short": lambda: envoy.put(good[: len(good) // 2], keep=True),
            "an empty file": lambda: envoy.put(b"", keep=True),
            "a module without anything": lambda: envoy.put(empty, keep=True),
            "a module that fails when it starts": lambda: envoy.put(trapping(), keep=True),
            "a module that is not there": lambda: envoy.replace(missing),
            "a configuration that does not parse": lambda: envoy.put(marked(good, 1), "{", keep=True),
            "a configuration with an unknown key": lambda: envoy.put(
                marked(good, 2), '{"identiti": []}', keep=True
            ),
            "half a resource": lambda: envoy.replace(resource[: len(resource) // 2]),
            "nothing": lambda: envoy.replace(""),
            "another filter": lambda: envoy.replace(json.dumps(other)),
        }
        for what, change in broken.items():
            before, log = envoy.counters(), len(envoy.logs())
            change()
            until = time.monotonic() + 30
            while not refused(before, envoy.counters()) and len(envoy.logs()) == log:
                assert time.monotonic() < until, (what, envoy.counters(), envoy.logs()[-1500:])
                time.sleep(0.01)
            time.sleep(0.3)
            assert envoy.counters()["update_success"] == before["update_success"], what
            assert revision(envoy) == (200, first), what
            assert revision(envoy, ATTACK)[0] == 400, what
        envoy.replace(resource)
        envoy.taken(lambda: envoy.pack('audit: { path: audit.jsonl }\n'))
        status, now = revision(envoy)
        assert status == 200 and now != first
        assert revision(envoy, ATTACK) == (400, now)
        modules = sorted(path.name for path in (envoy.folder / "live").glob("*.wasm"))
        # What the command packed before it is the only other one that it leaves.
        assert envoy.current().name in modules and len(modules) == 2, modules


def refused(before, after):
    names = ("config_fail", "update_rejected", "update_failure")
    return any(after[name] > before[name] for name in names)


def trapping():
    """A filter whose start ends in a trap."""
    from envoy_live import name, number, section, vector

    exports = ["_initialize", "proxy_abi_version_0_2_1"]
    return (
        b"\0asm\1\0\0\0"
        + section(1, vector([b"\x60\x00\x00"]))
        + section(3, vector([b"\x00"] * 2))
        + section(5, vector([b"\x00\x01"]))
        + section(7, vector([*(name(it) + b"\x00" + number(i) for i, it in enumerate(exports)), name("memory") + b"\x02\x00"]))
        + section(10, vector([b"\x03\x00\x00\x0b", b"\x02\x00\x0b"]))
    )


def nothing_piles_up():
    """What Envoy holds after reloads, against a filter of the same size that does nothing."""
    reloads, held = count(3), {}
    for what in ("ours", "nothing"):
        with Live.packed(Upstream(lambda _: completion("fine")), CONFIG) as envoy:
            ours = envoy.current().read_bytes()
            module = ours if what == "ours" else do_nothing(ours)
            assert abs(len(module) - len(ours)) < 1000 and pages(module) == pages(ours)
            held[what] = []
            for index in range(reloads):
                envoy.taken(lambda: envoy.put(marked(module, index)))
                if what == "ours" and index % 10 == 0:
                    assert revision(envoy)[0] == 200
                held[what].append(envoy.memory() >> 20)
                if index % 100 == 99:
                    figures(f"MB after {index + 1} reloads of {what}", held[what][-1])
            # Old machines go once their last worker has let go of them.
            until = time.monotonic() + 10
            while (active := machines(envoy)) > 8 and time.monotonic() < until:
                time.sleep(0.1)
            assert active <= 8, active
            held[what].append(settled(envoy))
    ours, nothing = (held[what][-1] for what in ("ours", "nothing"))
    figures("MB after reloads", {
        "reloads": reloads, "ours": ours, "nothing": nothing, "ratio": round(ours / nothing, 3),
        "over time": {what: values[:: max(1, reloads // 10)] for what, values in held.items()},
    })
    # After few, what is being compiled and thrown away counts for more than what stays.
    assert ours <= (1.2 if reloads >= MANY else 1.5) * nothing, held


def settled(envoy, seconds=5):
    """What is held once the compiler has put its tools away."""
    until, least = time.monotonic() + seconds, envoy.memory()
    while time.monotonic() < until:
        time.sleep(0.2)
        least = min(least, envoy.memory())
    return least >> 20


def machines(envoy):
    """Virtual machines that are alive."""
    (line,) = envoy.get("/stats?filter=wasm.envoy.wasm.runtime.v8.active")[1].splitlines()
    return int(line.split(": ")[1])
