"""Hostile plugins in Envoy: each costs its own verdict, and nothing else."""

import concurrent.futures
import http.client
import json
import time

from envoy_packed import PackedGateway
from guests import CANARY, config
from support import Upstream

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
