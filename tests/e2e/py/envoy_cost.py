"""A measurement: what containing and putting back plugins costs in Envoy.

Each of the modules is whole but for one part. They are asked in turns, so that all of them get the
same share of a busy machine, and what counts is the middle of the quicker calls: the others tell of
the machine.
"""

import http.client
import json
import os
import pathlib
import subprocess
import tempfile

from envoy_packed import pack
from envoy_support import SHELLS, Envoy
from support import ROOT, Upstream, completion

COMPONENTS = {"pii": '{"restore": true}', "secrets": "{}", "injection": "{}"}
MODULES = ("full", "full-checked", "no-guards", "no-putting-back", "no-reset", "bare")
SIZES = (200, 4096)
ROUNDS, CALLS, WARM = 12, 20, 100

CHAIN = """version: 1
gateway:
  listen: 127.0.0.1:8787
  routes: [{ path: /v1/*, upstream: "http://127.0.0.1:9" }]
plugins:
  - { use: "builtin:pii", settings: { restore: true } }
  - use: builtin:secrets
  - use: builtin:injection
"""


def text(size):
    """Prose, with something for each plugin to look at twice."""
    words = "The report of the second quarter is due on Friday, please send it to the team in time. "
    return (words * (size // len(words) + 1))[:size]


def modules(directory):
    source, module = directory / "caponier.yaml", directory / "packed.wasm"
    source.write_text(CHAIN)
    pack(source, module)
    program = os.environ.get("CAPONIER_MEASURED") or ROOT / "target/release/examples/measured"
    components = [
        argument
        for name, settings in COMPONENTS.items()
        for argument in (ROOT / f"target/wasm/components/{name}.wasm", settings)
    ]
    shell = SHELLS / "caponier_envoy.wasm"
    subprocess.run([program, module, shell, directory, *components], check=True)
    return {name: directory / f"{name}.wasm" for name in MODULES}


def ask(envoy, body, times):
    connection = http.client.HTTPConnection("127.0.0.1", envoy.port, timeout=30)
    for _ in range(times):
        connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    connection.close()


def containment_and_reset():
    upstream = Upstream(lambda _: completion("Yes."))
    with tempfile.TemporaryDirectory(prefix="caponier-cost-") as name:
        paths = modules(pathlib.Path(name))
        for size in SIZES:
            messages = [{"role": "user", "content": text(size)}]
            measure(upstream, paths, size, json.dumps({"model": "m", "messages": messages}).encode())


def measure(upstream, paths, size, body):
    envoys = {}
    try:
        for name, path in paths.items():
            envoys[name] = Envoy(upstream, {"audit": True}, module=path)
        for envoy in envoys.values():
            ask(envoy, body, WARM)
        for _ in range(ROUNDS):
            for envoy in envoys.values():
                ask(envoy, body, CALLS)
        calls = {name: prompts(envoy)[WARM:] for name, envoy in envoys.items()}
    finally:
        for envoy in envoys.values():
            envoy.__exit__(None, None, None)
    whole = {name: middle(sum(one.values()) for one in all_) for name, all_ in calls.items()}
    plugins = len(COMPONENTS)
    print(f"{size} bytes, {ROUNDS * CALLS} calls of {plugins} plugins each, microseconds of plugin time:")
    for name, value in whole.items():
        each = {
            plugin: middle(one[plugin] for one in calls[name]) for plugin in calls[name][0]
        }
        parts = ", ".join(f"{plugin} {time:.1f}" for plugin, time in each.items())
        print(f"  {name:16} {value:7.1f}  {parts}")
    full = whole["full"]
    together = full / whole["bare"]
    reset = (full - whole["no-putting-back"]) / plugins
    print(f"  guards {full / whole['no-guards']:.2f}x, marks and reset {full / whole['no-reset']:.2f}x,")
    print(f"  together {together:.2f}x, with checked bounds {whole['full-checked'] / whole['bare']:.2f}x,")
    print(f"  putting back {reset:.2f} us a call", flush=True)
    assert together <= 1.8, together
    # Two microseconds are what it may cost; a busy machine's caches make more of it.


def prompts(envoy):
    """Microseconds of each plugin, for each prompt."""
    records = [record for record in envoy.audit() if record["stage"] == "prompt"]
    return [dict(record["timings"]["plugins_us"]) for record in records]


def middle(values):
    """The mean of the second quarter. Times are whole microseconds, which the mean is not."""
    values = sorted(values)
    quarter = max(len(values) // 4, 1)
    return sum(values[quarter : 2 * quarter]) / quarter
