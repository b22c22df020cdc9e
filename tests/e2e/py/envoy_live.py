"""An Envoy that takes its filter from a directory, and modules to put there: what the scenes and the
measurements of reloads have in common."""

import contextlib
import hashlib
import http.client
import json
import pathlib
import re
import tempfile
import threading
import time

from envoy_bootstrap import run_pack
from envoy_support import Envoy
from support import free_port

CHAT = "/v1/chat/completions"
NAME = "caponier"
WASM = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"


def number(value):
    """An unsigned number as WebAssembly writes it."""
    out = b""
    while True:
        value, low = value >> 7, value & 0x7F
        out += bytes([low | (0x80 if value else 0)])
        if not value:
            return out


def signed(value):
    """A number that may be negative, as WebAssembly writes it; this one is not."""
    out = b""
    while value > 0x3F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def section(kind, content):
    return bytes([kind]) + number(len(content)) + content


def name(text):
    return number(len(text)) + text.encode()


def vector(items):
    items = list(items)
    return number(len(items)) + b"".join(items)


def marked(module, mark):
    """The same module with other bytes: to Envoy it is new code."""
    return module + section(0, name("mark") + str(mark).encode())


def sections(module):
    """Kind and content of each section."""
    at = 8

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = module[at]
            at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while at < len(module):
        kind, at = module[at], at + 1
        size = read()
        yield kind, module[at : at + size]
        at += size


def pages(module):
    """Pages of memory that a module begins with, in all its memories."""
    (content,) = [content for kind, content in sections(module) if kind == 5]
    total, rest = 0, list(content)

    def read():
        value = shift = 0
        while True:
            byte = rest.pop(0)
            value, shift = value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    for _ in range(read()):
        flags = read()
        total += read()
        if flags & 1:
            read()
    return total


def do_nothing(like):
    """A filter that does nothing, as large as another: its memory, and functions that nobody calls."""
    size, memory = len(like), pages(like)
    i32, signature = 0x7F, {}

    def kind(parameters, results):
        return signature.setdefault((parameters, results), len(signature))

    def fill():
        # What a module has written to stays with the process.
        return b"\x41\x00\x41\x01\x41" + signed(memory << 16) + b"\xfc\x0b\x00"

    exports = {
        "_initialize": (0, 0, b""),
        "proxy_abi_version_0_2_1": (0, 0, b""),
        "proxy_on_memory_allocate": (1, 1, b"\x41\x80\x08"),
        "proxy_on_vm_start": (2, 1, fill() + b"\x41\x01"),
        "proxy_on_configure": (2, 1, b"\x41\x01"),
        "proxy_on_context_create": (2, 0, b""),
        "proxy_on_done": (1, 1, b"\x41\x01"),
        "proxy_on_delete": (1, 0, b""),
    }
    pad = kind(1, 1)
    kinds = [kind(parameters, results) for parameters, results, _ in exports.values()]
    bodies = [b"\x00" + body + b"\x0b" for _, _, body in exports.values()]
    # About as long as the functions of a real module, and nothing that a compiler leaves out: each
    # step reads where the last one says, and adds to it.
    step = b"\x20\x00\x28\x02\x08\x41\x07\x6a\x21\x00"
    filler = b"\x00" + step * 40 + b"\x20\x00\x0b"
    padding = max(0, (size - 600) // (len(filler) + 3))
    types = [
        b"\x60" + vector([bytes([i32])] * parameters) + vector([bytes([i32])] * results)
        for parameters, results in signature
    ]
    names = [name(export) + b"\x00" + number(index) for index, export in enumerate(exports)]
    code = [number(len(body)) + body for body in bodies + [filler] * padding]
    return (
        b"\0asm\1\0\0\0"
        + section(1, vector(types))
        + section(3, vector(map(number, kinds + [pad] * padding)))
        + section(5, vector([b"\x00" + number(memory)]))
        + section(7, vector([*names, name("memory") + b"\x02\x00"]))
        + section(10, vector(code))
    )


class Live(Envoy):
    """An Envoy whose filter is what its directory says."""

    @classmethod
    @contextlib.contextmanager
    def packed(cls, upstream, config, workers=1):
        with tempfile.TemporaryDirectory(prefix="caponier-live-") as folder:
            folder = pathlib.Path(folder)
            port, admin = free_port(), free_port()
            text = config.format(port=port, admin=admin, upstream=upstream.url)
            made = run_pack(folder, text, "--ecds", "live", "--envoy", "envoy.json")
            assert made.returncode == 0, made.stderr
            envoy = cls.of(folder / "envoy.json", port, admin, workers)
            envoy.folder, envoy.text = folder, text
            with envoy:
                yield envoy

    @property
    def resource(self):
        return self.folder / "live/ecds.json"

    def pack(self, rest):
        """Packs the configuration with something else at its end."""
        made = run_pack(self.folder, self.text + rest, "--ecds", "live")
        assert made.returncode == 0, made.stderr

    def current(self):
        """The module that the resource names."""
        content = json.loads(self.resource.read_text())
        (resource,) = content["resources"]
        vm = resource["typed_config"]["config"]["vm_config"]
        return pathlib.Path(vm["code"]["local"]["filename"])

    def put(self, module, configuration=None, keep=False):
        """Puts a module there as the command does: named by its content, the resource last."""
        digest = hashlib.sha256(module).hexdigest()
        path = self.folder / f"live/{NAME}-{digest}.wasm"
        path.write_bytes(module)
        before = self.current()
        content = json.loads(self.resource.read_text())
        config = content["resources"][0]["typed_config"]["config"]
        config["vm_config"]["code"]["local"]["filename"] = str(path)
        config.pop("configuration", None)
        if configuration is not None:
            config["configuration"] = {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": configuration,
            }
        self.replace(json.dumps(content | {"version_info": digest}))
        if not keep and before != path:
            before.unlink(missing_ok=True)

    def replace(self, text):
        """Replaces the resource, at once."""
        new = self.resource.with_suffix(".new")
        new.write_text(text)
        new.rename(self.resource)

    def counters(self):
        """What Envoy counts of the filter's updates."""
        text = self.get("/stats?filter=extension_config_discovery")[1]
        return {key: int(value) for key, value in re.findall(r"\.(\w+): (\d+)", text)}

    def wait(self, counter, above, seconds=120):
        until = time.monotonic() + seconds
        while (now := self.counters().get(counter, 0)) <= above:
            assert time.monotonic() < until, (counter, now, self.logs()[-2000:])
            time.sleep(0.01)

    def taken(self, change):
        """Makes a change and waits until it is in use."""
        before = self.counters()["update_success"]
        change()
        self.wait("update_success", before)

    def memory(self):
        """Resident bytes of the process."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) << 10


class Load:
    """Requests on kept-alive connections until it is stopped; every answer is judged."""

    def __init__(self, port, judge, body, threads=4):
        self.port, self.judge, self.body = port, judge, json.dumps(body).encode()
        self.failed, self.done, self.going = [], 0, True
        self.threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self):
        connection = None
        while self.going:
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("POST", CHAT, self.body, {"content-type": "application/json"})
                answer = connection.getresponse()
                problem = self.judge(answer.status, answer.headers, answer.read())
            except (OSError, http.client.HTTPException) as error:
                problem, connection = repr(error), None
            self.done += 1
            if problem:
                self.failed.append(problem)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        for thread in self.threads:
            thread.join()


def stalls(admin, seconds_of_pause=0.001):
    """A thread that asks the admin port, which the main thread serves, and keeps the longest wait."""

    class Stalls(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True)
            self.longest, self.going = 0.0, True

        def run(self):
            connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=60)
            while self.going:
                begin = time.perf_counter()
                connection.request("GET", "/server_info?")
                connection.getresponse().read()
                self.longest = max(self.longest, time.perf_counter() - begin)
                time.sleep(seconds_of_pause)
            connection.close()

        def take(self):
            longest, self.longest = self.longest, 0.0
            return longest

    return Stalls()
