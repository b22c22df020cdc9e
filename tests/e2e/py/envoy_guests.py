"""Hostile plugins in Envoy: each costs its own verdict, and nothing else."""

import concurrent.futures
import http.client
import json
import pathlib
import subprocess
import tempfile
import time

from envoy_packed import PackedGateway
from guests import CANARY, config
from support import GUESTS, PROGRAM, Gateway, Upstream

PATH = "/v1/chat/completions"
MODES = {
    "trap": "trap",
    "panic": "trap",
    "divide-by-zero": "trap",
    "index-out-of-range": "trap",
    "stack-overflow": "trap",
    "memory-bomb": "memory",
    # Whichever limit it comes to first.
    "many-small-allocations": "memory timeout",
    "endless-loop": "timeout",
    "endless-fill": "timeout",
    "endless-host-calls": "timeout",
    "log-flood": None,
}


def ask(gateway, text, stream=False):
    body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": text}]}
    return gateway.post(PATH, body)


def many(gateway, times):
    """Asks for nothing bad, over twenty connections; every answer has to be right."""
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: some(gateway, times // 20), range(20)))


def some(gateway, times):
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    for number in range(times):
        connection.request("POST", PATH, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200 and b"You said: Hello" in text, (number, answer.status, text)
    connection.close()


def machines(gateway):
    """How many machines Envoy runs, and how often it began one: a new one would hide a failure."""
    lines = gateway.get("/stats?filter=wasm.*(active|created)")[1].splitlines()
    assert len(lines) >= 2, lines
    return lines


def a_hostile_plugin_costs_one_verdict():
    for mode, fault in MODES.items():
        upstream = Upstream()
        with PackedGateway(upstream, config(mode)) as gateway:
            begun_with = machines(gateway)
            passed = 0
            for times in (1000, 20, 20):
                begun = time.monotonic()
                status, _, answer = ask(gateway, "misbehave: " + "word " * 100)
                took = time.monotonic() - begun
                assert took < 10, (mode, took)
                if fault:
                    assert status == 503, (mode, status, answer)
                    kinds = [found["kind"] for found in gateway.audit()[-1]["faults"]]
                    assert len(kinds) == 1 and kinds[0] in fault, (mode, kinds)
                passed += status == 200
                assert len(upstream.requests) == passed, mode
                many(gateway, times)
                passed += times
                assert len(upstream.requests) == passed, mode
            assert machines(gateway) == begun_with, (mode, begun_with, machines(gateway))


# Written by hand, as no compiler would: they misbehave whenever they are shown a text.
AT_ONCE = (
    "aliased-strings divide-by-zero enum-out-of-range indirect-call-null list-gibibyte "
    "list-out-of-range list-overflow list-unaligned load-out-of-range option-out-of-range "
    "post-return-loop post-return-trap result-out-of-range return-out-of-range return-unaligned "
    "string-invalid string-out-of-range string-surrogate truncate-nan"
).split()
# When they are asked for room for a text of 4099 bytes.
ROOMLESS = ["realloc-grow", "realloc-loop", "realloc-out-of-range", "realloc-trap"]


def chain(names):
    entries = "".join(
        f"  - {{ use: 'file:{GUESTS / name}.wasm', name: {name}, on_error: allow }}\n"
        for name in names
    )
    return "plugins:\n" + entries


def what_fails_at_once_is_packed_no_more_than_served():
    """Both commands show a plugin a text first, and name the same fault."""
    with tempfile.TemporaryDirectory(prefix="caponier-pack-") as folder:
        source, module = pathlib.Path(folder, "caponier.yaml"), pathlib.Path(folder, "module.wasm")
        for name in AT_ONCE:
            source.write_text("version: 1\n" + chain([name]))
            said = []
            for command in (["check"], ["pack", "--output", str(module)]):
                done = subprocess.run(
                    [PROGRAM, *command, "--config", str(source)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 2, (name, command, done.returncode, done.stderr)
                said.append(done.stderr)
            assert f"plugin {name} failed" in said[0], (name, said)
            assert said[0] == said[1], (name, said)
            assert not module.exists(), name


def hand_written_guests_fail_as_in_the_gateway():
    """All in one chain, each tolerated: a request has every fault, and those after it none."""
    found = []
    for host in (Gateway, PackedGateway):
        upstream = Upstream()
        with host(upstream, chain([*ROOMLESS, "base"])) as gateway:
            for number in range(1, 21):
                for text, failing in (("r" * 4099, ROOMLESS), ("Hello", [])):
                    begun = time.monotonic()
                    status, _, answer = ask(gateway, text)
                    took = time.monotonic() - begun
                    assert status == 200 and text.encode() in answer, (host, status, answer)
                    assert took < 10, (host, took)
                    records = gateway.audit(4 * number - 2 * bool(failing))
                    faults = [(it["plugin"], it["kind"]) for it in records[-2]["faults"]]
                    assert [plugin for plugin, _ in faults] == failing, (host, number, faults)
                    found.append(faults)
    half = len(found) // 2
    assert found[:half] == found[half:], (found[0], found[half])


def a_fault_may_be_tolerated():
    upstream = Upstream()
    with PackedGateway(upstream, config("trap", on_error="allow")) as gateway:
        status, _, answer = ask(gateway, "misbehave")
        assert status == 200, answer
        assert gateway.audit()[0]["faults"][0] == {
            "plugin": "hostile",
            "kind": "trap",
            "tolerated": True,
            "monitor": False,
        }


def copied_input_is_in_no_record():
    """Message, attributes, error, log, rule id, counter key: none of it is written anywhere."""
    for mode in ("copy", "copy-rule", "copy-error", "copy-log", "panic"):
        for guest, grants in (("hostile", "rewrite: true"), ("hostile-counters", "counters: true")):
            plugin = config(mode, "allow", guest, grants)
            with PackedGateway(Upstream(), plugin, values=[CANARY]) as gateway:
                for stream in (False, True):
                    status, _, _ = ask(gateway, CANARY, stream)
                    assert status in (200, 400, 503), (mode, status)


def counters_cost_what_they_take():
    """A plugin that counts without end is stopped in time, and fills no more than there is room for."""
    upstream = Upstream()
    plugin = config("endless-counters", guest="hostile-counters", grants="counters: true")
    with PackedGateway(upstream, plugin) as gateway:
        took = []
        for _ in range(10):
            begun = time.monotonic()
            status, _, answer = ask(gateway, "misbehave")
            took.append(time.monotonic() - begun)
            assert status == 503, (status, answer)
            assert gateway.audit()[-1]["faults"][0]["kind"] == "timeout", gateway.audit()[-1]
            assert ask(gateway, "Hello")[0] == 200
        assert max(took) < 2, took
        print("seconds until a plugin that counts without end was stopped:", [round(one, 3) for one in took])
    assert len(upstream.requests) == 10
