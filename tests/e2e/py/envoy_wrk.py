"""How fast it is in Envoy, against Envoy that buffers and does nothing else, and against the gateway.

All contenders have one worker and the same upstream, and take turns: only ratios within one run say
anything. `CAPONIER_SECONDS` is how long each turn lasts; by default short, which shows that it works.
"""

import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

from envoy_bootstrap import module_and_bootstrap
from envoy_support import Envoy
from support import PROGRAM, cache_directory, completion, free_port

CHAT = "/v1/chat/completions"
# What runs where nothing is said.
CHAIN = ""
WORDS = "The quarterly report shows that sales in the northern region grew by a tenth while costs held. "
SIZES = {"1 KB": 1 << 10, "4 KB": 4 << 10, "10 KB": 10 << 10, "100 KB": 100 << 10}
BUFFER = {
    "name": "envoy.filters.http.buffer",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
        "max_request_bytes": 1 << 25,
    },
}
# The time that the chain adds in Envoy against what it adds in the gateway.
BUDGET = 2.5
# Shorter turns say nothing of it.
ENOUGH = 2.0


@contextlib.contextmanager
def started(command, directory):
    with open(directory / "log.txt", "ab") as log:
        process = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def reachable(url, process):
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        assert process.poll() is None and time.monotonic() < until, url
        time.sleep(0.05)


@contextlib.contextmanager
def model(directory):
    """An upstream that answers at once, whatever it is sent."""
    port = free_port()
    directory.mkdir()
    (directory / "nginx.conf").write_text(f"""daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_max_body_size 64m; keepalive_requests 1000000;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{json.dumps(completion("fine"))}'; }} }}
}}
""")
    command = ["/usr/sbin/nginx", "-p", str(directory), "-c", "nginx.conf", "-e", "stderr"]
    with started(command, directory) as process:
        url = f"http://127.0.0.1:{port}"
        reachable(url, process)
        yield url


@contextlib.contextmanager
def gateway(directory, upstream, plugins):
    port, admin = free_port(), free_port()
    directory.mkdir()
    (directory / "caponier.yaml").write_text(f"""version: 1
gateway: {{ listen: "127.0.0.1:{port}", routes: [{{ path: /v1/*, upstream: "{upstream}" }}] }}
admin: {{ listen: "127.0.0.1:{admin}" }}
{plugins}
""")
    command = [PROGRAM, "serve", "--config", "caponier.yaml", "--workers", "1", "--log", "error",
               "--cache", str(cache_directory())]
    with started(command, directory) as process:
        reachable(f"http://127.0.0.1:{admin}/readyz", process)
        yield port


@contextlib.contextmanager
def envoy(directory, upstream, filters=None):
    port, admin = free_port(), free_port()
    directory.mkdir()
    bootstrap = module_and_bootstrap(directory, f"""version: 1
gateway: {{ listen: "127.0.0.1:{port}", routes: [{{ path: /v1/*, upstream: "{upstream}" }}] }}
admin: {{ listen: "127.0.0.1:{admin}" }}
{CHAIN}
""")
    if filters is not None:
        content = json.loads(bootstrap.read_text())
        (listener,) = content["static_resources"]["listeners"]
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        manager["http_filters"] = [*filters, manager["http_filters"][-1]]
        bootstrap.write_text(json.dumps(content))
    with Envoy.of(bootstrap, port, admin):
        yield port


def requests(text):
    """A script for wrk. Each text is another: the gateway knows those that it has seen."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "%NUMBER%. " + text}]})
    before, after = body.split("%NUMBER%")
    return f"""
local before, after, number = [==[{before}]==], [==[{after}]==], 0
local headers = {{["content-type"] = "application/json"}}
init = function() number = 100000000 + math.floor(math.random() * 400) * 1000000 end
math.randomseed(os.time() + tonumber(tostring({{}}):sub(8), 16) % 100000)
request = function()
  number = number + 1
  return wrk.format("POST", nil, headers, before .. number .. after)
end
"""


def wrk(port, script, connections, seconds):
    """Requests a second, and the median in microseconds."""
    made = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{port}{CHAT}"],
        capture_output=True, text=True, check=True,
    ).stdout
    assert "Non-2xx" not in made and "Socket errors" not in made, made
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", made)[1])
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", made).groups()
    return rate, float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def throughput_and_added_time():
    seconds = float(os.environ.get("CAPONIER_SECONDS") or 1)
    rounds = 3 if seconds >= ENOUGH else 1
    with tempfile.TemporaryDirectory(prefix="caponier-wrk-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        url = stack.enter_context(model(folder / "model"))
        ports = {
            "Envoy, buffer": stack.enter_context(envoy(folder / "buffer", url, [BUFFER])),
            "Envoy, ours": stack.enter_context(envoy(folder / "ours", url)),
            "gateway, no plugins": stack.enter_context(gateway(folder / "none", url, "plugins: []")),
            "gateway, ours": stack.enter_context(gateway(folder / "chain", url, CHAIN)),
        }
        rows = {}
        for size, bytes_of_text in SIZES.items():
            text = (WORDS * (bytes_of_text // len(WORDS) + 1))[:bytes_of_text]
            script = folder / "post.lua"
            script.write_text(requests(text))
            rates = {name: [] for name in ports}
            medians = {name: [] for name in ports}
            # Envoy's compiler comes back to code that runs often.
            for port in ports.values():
                wrk(port, script, 32, seconds)
            for _ in range(rounds):
                for name, port in ports.items():
                    rates[name].append(wrk(port, script, 32, seconds)[0])
                    medians[name].append(wrk(port, script, 1, seconds)[1])
            rows[size] = {
                name: {
                    "requests/s": round(statistics.median(rates[name])),
                    "median, µs": round(statistics.median(medians[name])),
                }
                for name in ports
            }
            added = {
                where: statistics.median(
                    ours - base for ours, base in zip(medians[with_ours], medians[without])
                )
                for where, with_ours, without in (
                    ("Envoy", "Envoy, ours", "Envoy, buffer"),
                    ("gateway", "gateway, ours", "gateway, no plugins"),
                )
            }
            rows[size]["added, µs"] = {where: round(value) for where, value in added.items()}
            rows[size]["added in Envoy / in the gateway"] = round(added["Envoy"] / added["gateway"], 2)
    for size, row in rows.items():
        print(f"{size}: {json.dumps(row, ensure_ascii=False)}", flush=True)
    assert all(row[name]["requests/s"] > 0 for row in rows.values() for name in ports)
    if seconds >= ENOUGH:
        assert rows["4 KB"]["added in Envoy / in the gateway"] <= BUDGET, rows["4 KB"]
