"""Stock Envoy with the shell in it: what the scenarios of the filter have in common."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import records
from support import ROOT, VALUES, free_port

SHELLS = pathlib.Path(os.environ.get("CAPONIER_SHELLS") or ROOT / "target/wasm/shell")
SHELL = SHELLS / "caponier_envoy_alone.wasm"

# The labels of the filter's metrics, which are part of their names until Envoy takes them apart.
LABELS = "route action status stage plugin kind rule direction revision".split()

LIMITS = {
    "body": 32 << 20,
    "text": 4 << 20,
    "over_limit": "deny",
    "unrecognized": "flag",
    "opaque": {"image": "allow", "audio": "flag", "file": "deny"},
    "hold": 256 << 10,
    "hold_exceeded": "deny",
    "rego": {"secs": 0, "nanos": 5_000_000},
    "depth": 128,
    "segments": 65536,
    "findings": 1000,
    "inline": 16384,
    "queue": 1024,
}


def packed(rego="", limits=None, shell=None, **more):
    """A revision without plugins, as a module without plugins takes it."""
    route = {
        "path": {"Prefix": "/v1/"},
        "protocol": "models",
        "plugins": None,
        "stream": "hold",
        "deny_as": "refusal",
        "pass": [],
        "unknown_endpoints": "deny",
        "websocket": "deny",
    } | more.pop("route", {})
    return {
        "version": 1,
        "revision": "sha256:" + "0" * 64,
        "mode": "enforce",
        "plugins": [],
        "rego": [["own.rego", rego]] if rego else [],
        "expose_text": True,
        "data": {},
        "actions": [],
        "limits": LIMITS | (limits or {}),
        "routes": [route],
        "shell": shell or {},
    } | more


class Envoy:
    """A running Envoy. Leaving its `with` block stops it and searches its log."""

    # Whether a scene loads modules that trap: Envoy says so in its log.
    may_trap = False

    def __init__(
        self,
        upstream,
        configuration,
        values=(),
        before=(),
        after=(),
        http2=False,
        buffer=64 << 20,
        workers=1,
        module=SHELL,
        route=None,
        clusters=(),
    ):
        self.module = module
        self.route = route or {"cluster": "model", "timeout": "0s"}
        self.clusters = clusters
        self.directory = tempfile.TemporaryDirectory(prefix="caponier-envoy-")
        self.path = pathlib.Path(self.directory.name)
        self.port, self.admin = free_port(), free_port()
        self.values = [*VALUES, *values]
        self.upstream = upstream
        configuration = {} if configuration is None else configuration
        text = configuration if isinstance(configuration, str) else json.dumps(configuration)
        bootstrap = self.bootstrap(text, before, after, http2, buffer)
        self.config = self.path / "envoy.json"
        self.config.write_text(json.dumps(bootstrap))
        self._start(workers)

    @classmethod
    def of(cls, bootstrap, port, admin, workers=1):
        """One that runs a bootstrap which somebody else wrote."""
        self = cls.__new__(cls)
        self.directory = tempfile.TemporaryDirectory(prefix="caponier-envoy-")
        self.path = pathlib.Path(self.directory.name)
        self.port, self.admin, self.config, self.values = port, admin, bootstrap, [*VALUES]
        self._start(workers)
        return self

    def _start(self, workers):
        self.log = open(self.path / "log.txt", "wb")
        self.process = subprocess.Popen(
            [
                os.environ["CAPONIER_ENVOY"],
                "-c",
                str(self.config),
                "--concurrency",
                str(workers),
                "--use-dynamic-base-id",
                "--log-level",
                os.environ.get("ENVOY_LOG", "info"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        self._wait()

    def bootstrap(self, configuration, before, after, http2, buffer):
        host, port = self.upstream.url.removeprefix("http://").split(":")
        name = "type.googleapis.com/envoy.extensions.filters."
        wasm = {
            "name": "caponier",
            "typed_config": {
                "@type": name + "http.wasm.v3.Wasm",
                "config": {
                    "name": "caponier",
                    "root_id": "caponier",
                    "allow_on_headers_stop_iteration": True,
                    "configuration": {
                        "@type": "type.googleapis.com/google.protobuf.StringValue",
                        "value": configuration,
                    },
                    "vm_config": {
                        "vm_id": "caponier",
                        "runtime": "envoy.wasm.runtime.v8",
                        "code": {"local": {"filename": str(self.module)}},
                    },
                },
            },
        }
        router = {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": name + "http.router.v3.Router"},
        }
        manager = {
            "@type": name + "network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "in",
            "codec_type": "AUTO",
            "http2_protocol_options": {},
            "http_protocol_options": {"enable_trailers": True},
            "route_config": {
                "virtual_hosts": [
                    {
                        "name": "all",
                        "domains": ["*"],
                        "routes": [
                            {
                                "match": {"prefix": "/"},
                                "route": self.route,
                            }
                        ],
                    }
                ]
            },
            "http_filters": [*before, wasm, *after, router],
        }
        options = {"http2_protocol_options": {}} if http2 else {
            "http_protocol_options": {"enable_trailers": True}
        }
        return {
            "admin": {"address": address("127.0.0.1", self.admin)},
            # Histograms are there after a flush only.
            "stats_flush_interval": "0.2s",
            "stats_config": {
                "stats_tags": [
                    {"tag_name": label, "regex": f"(;{label}=([^;]*))"} for label in LABELS
                ]
            },
            "static_resources": {
                "listeners": [
                    {
                        "name": "in",
                        "address": address("127.0.0.1", self.port),
                        "per_connection_buffer_limit_bytes": buffer,
                        "filter_chains": [
                            {
                                "filters": [
                                    {
                                        "name": "http",
                                        "typed_config": manager,
                                    }
                                ]
                            }
                        ],
                    }
                ],
                "clusters": [
                    {
                        "name": "model",
                        "type": "STATIC",
                        "connect_timeout": "2s",
                        "per_connection_buffer_limit_bytes": buffer,
                        "load_assignment": {
                            "cluster_name": "model",
                            "endpoints": [
                                {
                                    "lb_endpoints": [
                                        {"endpoint": {"address": address(host, int(port))}}
                                    ]
                                }
                            ],
                        },
                        "typed_extension_protocol_options": {
                            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                                "explicit_http_config": options,
                            }
                        },
                    },
                    *self.clusters,
                ],
            },
        }

    def _wait(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(f"Envoy ended: {self.logs()[-4000:]}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/ready")[0] == 200:
                    return
            time.sleep(0.05)
        self.process.kill()
        raise AssertionError(f"Envoy is not ready after 60 s: {self.logs()[-4000:]}")

    def logs(self):
        self.log.flush()
        return (self.path / "log.txt").read_text(errors="replace")

    def get(self, path):
        """Status and text from the admin port."""
        # The main thread, which answers, compiles new modules as well.
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=180)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def post(self, path, body, headers=None, method="POST"):
        """Status, headers and bytes of one request, sent as these very bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            if not isinstance(body, (bytes, type(None))) and not hasattr(body, "__next__"):
                body = json.dumps(body).encode()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(
                    method,
                    path,
                    body,
                    {"content-type": "application/json"} | (headers or {}),
                )
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def client(self, **more):
        """The official client."""
        import openai

        return openai.OpenAI(
            base_url=f"http://127.0.0.1:{self.port}/v1",
            api_key="sk-of-the-caller",
            max_retries=0,
            timeout=30,
            **more,
        )

    def audit(self, at_least=0):
        """The audit records that the filter wrote, once there are so many."""
        marker = "caponier-audit "
        until = time.monotonic() + 5
        while True:
            lines = [line for line in self.logs().splitlines() if marker in line]
            if len(lines) >= at_least:
                return [json.loads(line.split(marker, 1)[1]) for line in lines]
            assert time.monotonic() < until, f"less than {at_least} audit records after 5 s"
            time.sleep(0.02)

    def stats(self, filter):
        """Envoy's statistics of these names, in the form that Prometheus reads."""
        return self.get(f"/stats/prometheus?filter={filter}")[1]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        alive = self.process.poll() is None
        failures = metrics = ""
        if alive:
            with contextlib.suppress(OSError, http.client.HTTPException):
                failures = self.get("/stats?filter=wasm.*(fail|crash)")[1]
                metrics = self.stats("caponier")
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        log = self.logs()
        self.log.close()
        records.keep({"log.txt": log, "metrics": metrics}, self.values)
        if kind is None:
            assert alive, f"Envoy ended by itself: {log[-3000:]}"
            for word in ("Function:", "panic at", "terminated by signal", "Caught Segmentation"):
                assert self.may_trap or word not in log, f"{word}: {log[-3000:]}"
            for line in failures.splitlines():
                assert line.endswith(": 0"), failures
            records.search({"log.txt": log, "metrics": metrics}, self.values)
        else:
            print("--- log of Envoy\n" + log[-5000:])
        self.directory.cleanup()


def address(host, port):
    return {"socket_address": {"address": host, "port_value": port}}
