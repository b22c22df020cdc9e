"""What the commands for plugins refuse: each says what is wrong, where, and what to do; ends with 2;
and leaves every file as it was."""

import base64
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import tempfile
import threading

from author import cargo, project
from author import run as run_program
from envoy_manifests import call
from registry import COMPONENT, configure, registry
from support import GUESTS

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# Its directories are made where it is first asked.
CACHE = ["cache"]


def tree(folder, beside=()):
    """Every file below a folder with what is in it, but for what tools of a language keep there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not set(name.parts) & set(beside):
            # What is large here is empty.
            content = path.read_bytes() if path.is_file() and path.stat().st_size < 1 << 24 else None
            found[str(name)] = (path.stat().st_mode, content)
    return found


def refused(folder, *arguments, words, cwd=None, env=None, beside=()):
    """Runs a command that must refuse, and shows how it does."""
    before = tree(folder, beside)
    said = run_program(*arguments, cwd=cwd or folder, expected=2, env=env)
    after = tree(folder, beside)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    assert not changed, f"{arguments} left {changed}"
    shown = " ".join(str(argument).replace(str(folder), "…") for argument in arguments)
    print(f"$ caponier {shown}\n{said.strip().replace(str(folder), '…')}\n", flush=True)
    for word in words:
        assert word in said, f"{arguments}: no {word!r} in\n{said}"
    return said


@contextlib.contextmanager
def folder_of():
    with tempfile.TemporaryDirectory(prefix="caponier-refused-") as name:
        yield pathlib.Path(name)


def new_projects():
    with folder_of() as folder:
        (folder / "full").mkdir()
        (folder / "full/mine.txt").write_text("mine")
        (folder / "a-file").write_text("mine")
        (folder / "there").symlink_to("full")
        not_empty = ["not empty", "hint: ", "--dir"]
        refused(folder, "plugin", "new", "full", words=["full", *not_empty])
        refused(folder, "plugin", "new", "other", "--dir", "full", words=["full", *not_empty])
        refused(folder, "plugin", "new", "there", words=["there", *not_empty])
        refused(folder, "plugin", "new", "a-file", words=["a-file", "hint: "])
        refused(folder, "plugin", "new", "a", "--dir", "a-file/b", words=["a-file", "hint: "])
        for name, like in [
            ("TicketNumbers", "ticket-numbers"), ("ticket_numbers", "ticket-numbers"), ("Ticket", "ticket"),
            ("-x", None), ("a--b", "a-b"), ("1st", None), ("", None), ("../a", None), ("a/b", None), ("é", None),
            ("n" * 65, None), ("self", None),
        ]:
            words = ["is not a usable name", "hint: kebab-case"] + ([f"`{like}`"] if like else [])
            refused(folder, "plugin", "new", "--", name, words=words)
        for language in ("cobol", "Rust", ""):
            refused(folder, "plugin", "new", "a", "--lang", language, words=["--lang", "rust, python, js, c"])
        refused(folder, "plugin", "new", words=["NAME"])
        # A folder that is there, and empty, is as good as none.
        (folder / "empty").mkdir()
        run_program("plugin", "new", "a", "--dir", "empty", cwd=folder)
        assert (folder / "empty/Cargo.toml").is_file()


def projects_that_cannot_be_built():
    """Without the tools of its language each project names the command that installs them."""
    for language, tool, command in [
        ("rust", "cargo", "https://sh.rustup.rs"),
        ("python", "componentize-py", "pip install componentize-py=="),
        ("js", "componentize-qjs", "npm install"),
        ("c", "clang", "apt-get install clang"),
    ]:
        with project(language) as (path, _):
            for env in ({"PATH": "/nowhere"}, {"PATH": ""}):
                refused(path, "plugin", "build", env=env, words=[f"{tool} is needed and not there", "hint: ", command])
    with folder_of() as folder, project("rust") as (path, _):
        # A tool that is there, and fails or does nothing.
        fake = folder / "cargo"
        for says, code in [("it is broken", 1), ("", 0)]:
            fake.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {code}\n")
            fake.chmod(0o755)
            env = {"PATH": f"{folder}:{os.environ['PATH']}"}
            refused(path, "plugin", "build", env=env, words=["Cargo.toml", says, "hint: "])


def folders_without_a_project():
    with folder_of() as folder:
        for command in ("build", "test", "inspect", "bench"):
            refused(folder, "plugin", command, words=["no plugin project", "hint: "])
        refused(folder, "plugin", "build", "gone", words=["gone: there is no plugin project", "hint: "])
        # A name that leads out of the project.
        (folder / "Makefile").write_text("NAME := ../../evil\nVERSION := 1.0.0\n")
        refused(folder, "plugin", "build", words=["`NAME`", "hint: "])


def builds_of_something_else():
    tools = ["Cargo.lock"]
    # A name of its own: what others build lies in the same place.
    with project("rust", "refused-badges") as (path, _):
        source = path / "src/lib.rs"
        good = source.read_text()
        # It was built before: what it made stays as it was.
        (path / "refused-badges.wasm").write_bytes(b"from before")
        source.write_text("".join(line for line in good.splitlines(True) if "export!" not in line))
        refused(
            path, "plugin", "build", env=cargo("rust"), beside=tools,
            words=["does not export `caponier:policy/guard`", "hint: ", "export!"],
        )
        source.write_text("this is no Rust")
        refused(path, "plugin", "build", env=cargo("rust"), beside=tools, words=["src/lib.rs:1", "failed", "hint: "])
        source.write_text(good)
        for wit in path.glob("caponier/**/policy.wit"):
            wit.write_text(wit.read_text().replace("caponier:policy@0.1.0", "caponier:policy@9.0.0"))
        refused(
            path, "plugin", "build", env=cargo("rust"), beside=tools,
            words=["caponier:policy/types@9.0.0", "speaks caponier:policy 0.1.0", "hint: rebuild"],
        )
    with project("c") as (path, _):
        (path / "src/plugin.c").write_text('#include "caponier.h"\n')
        refused(path, "plugin", "build", beside=["build"], words=["undefined symbol: caponier_plugin", "make", "hint: "])


def cases_with_mistakes():
    with folder_of() as folder:
        (folder / "cases").mkdir()
        shutil.copy(COMPONENT, folder / "secrets.wasm")
        for cases, words in [
            ("- { name: a, text: b, nonce: true }", ["nonce"]),
            ("- { name: a, text: b, expect: [{ rule: x, txet: b }] }", ["txet"]),
            ("- { name: a, segments: [{ role: user, text: b, kidn: text }], none: true }", ["kidn"]),
            ("- { text: b, none: true }", ["name"]),
            ("- { name: a, none: true }", ["`a`", "`text` or `segments`"]),
            ("- { name: a, text: b, segments: [{ text: c }], none: true }", ["`a`", "`text` or `segments`"]),
            ("- { name: a, text: b, none: true, expect: [{ rule: x }] }", ["`a`", "contradict"]),
            ("- { name: a, text: b }", ["`a`", "it expects nothing", "hint: "]),
            ("- { name: a, stage: later, text: b, none: true }", ["prompt, retrieval, output"]),
            ("- { name: a, text: b, none: maybe }", ["boolean", "column 29"]),
            ("[]", ["no such case", "hint: "]),
            ("{", []),
        ]:
            (folder / "cases/some.yaml").write_text(cases)
            refused(folder, "plugin", "test", "secrets.wasm", words=["some.yaml" if cases != "[]" else "cases", *words])
        refused(folder, "plugin", "test", "secrets.wasm", "--cases", "none", words=["none", "hint: "])


def components_that_are_none():
    """Whatever is done with it, what is no component of a plugin is refused, and nothing is made of it."""
    with folder_of() as folder, registry() as there:
        run_program("plugin", "keygen", "us", cwd=folder)
        whole = COMPONENT.read_bytes()
        files = {
            "text.wasm": (b"hello", ["not a WebAssembly component", "hint: "]),
            "empty.wasm": (b"", ["not a WebAssembly component", "hint: "]),
            "core.wasm": ((GUESTS / "core-module.wasm").read_bytes(), ["core WebAssembly module", "hint: "]),
            "cut.wasm": (whole[: len(whole) // 2], ["damaged", "hint: "]),
            "nothing.wasm": ((GUESTS / "nothing.wasm").read_bytes(), ["does not export `caponier:policy/guard`", "hint: "]),
            "other.wasm": ((GUESTS / "other-version.wasm").read_bytes(), ["caponier:policy/types@9.0.0", "hint: "]),
            "shell.wasm": ((GUESTS / "import-unknown.wasm").read_bytes(), ["evil:host/shell@1.0.0", "hint: "]),
        }
        (folder / "cases").mkdir()
        (folder / "cases/some.yaml").write_text("- { name: a, text: b, none: true }")
        for name, (content, words) in files.items():
            (folder / name).write_bytes(content)
            configure(folder, f"file:{name}")
            for command in ("inspect", "bench", "test"):
                said = refused(folder, "plugin", command, name, words=[name, *words])
                assert said.count("hint: ") == 1, said
            refused(folder, "plugin", "push", name, f"oci://{there.host}/plugins/some:1", words=[name, *words])
            for command in ("check", "serve"):
                refused(folder, command, "--config", "caponier.yaml", words=[name, "caponier.yaml:4", *words])
        # Sections that lie where they should, and code that is none.
        (folder / "code.wasm").write_bytes(whole[:5000] + b"\xff" * 64 + whole[5064:])
        for command in ("inspect", "bench"):
            refused(folder, "plugin", command, "code.wasm", words=["code.wasm", "damaged", "hint: "])
        refused(folder, "plugin", "push", "code.wasm", f"oci://{there.host}/plugins/some:1", words=["damaged", "hint: "])
        # Nothing of it is there.
        refused(folder, "plugin", "pull", f"oci://{there.host}/plugins/some:1", words=["plugins/some:1: not found", "hint: "])
        missing = ["gone.wasm", "hint: "]
        for command in ("inspect", "bench", "test"):
            refused(folder, "plugin", command, "gone.wasm", words=missing)
        refused(folder, "plugin", "inspect", ".", words=["hint: "])


def a_component_of_a_gibibyte():
    """It is not read to its end."""
    with folder_of() as folder, registry() as there:
        with open(folder / "huge.wasm", "wb") as huge:
            huge.write(COMPONENT.read_bytes())
            huge.truncate(1 << 30)
        configure(folder, "file:huge.wasm")
        for command in ("inspect", "bench"):
            refused(folder, "plugin", command, "huge.wasm", words=["huge.wasm", "at most", "hint: "])
        refused(folder, "plugin", "push", "huge.wasm", f"oci://{there.host}/plugins/huge:1", words=["huge.wasm", "at most", "hint: "])
        refused(folder, "check", "--config", "caponier.yaml", words=["huge.wasm", "larger than"])


def manifests_that_cannot_be_used():
    with folder_of() as folder:
        shutil.copy(GUESTS / "hostile.wasm", folder / "hostile.wasm")
        for mode, words in {
            "rules-twice": ["rule `seen` is declared twice"],
            "rules-slash": ["`pii/email` is not a usable name"],
            "name-empty": ["not a usable name"],
            "name-path": ["`../../etc/passwd` is not a usable name"],
            "name-huge": ["not a usable name"],
            "name-lines": ["not a usable name"],
        }.items():
            settings = json.dumps({"mode": mode, "when": "describe"})
            for command in ("inspect", "bench"):
                said = refused(folder, "plugin", command, "hostile.wasm", "--settings", settings, words=["hostile.wasm", "manifest", "hint: ", *words])
                assert len(said) < 2000, "an error that repeats what it was given"
            configure(folder, "file:hostile.wasm", "")
            text = (folder / "caponier.yaml").read_text()
            (folder / "caponier.yaml").write_text(text.replace("    grants:", f"    settings: {settings}\n    grants:"))
            refused(folder, "check", "--config", "caponier.yaml", words=["caponier.yaml:4", "hostile.wasm", *words])
        broken = json.dumps({"mode": "schema-broken", "when": "describe"})
        refused(folder, "plugin", "inspect", "hostile.wasm", "--settings", broken, words=["not a JSON Schema", "hint: "])
        # Settings that are none.
        for settings in ("{", '{"mode": }'):
            refused(folder, "plugin", "inspect", "hostile.wasm", "--settings", settings, words=["settings"])


class Scripted:
    """A registry that answers what it is told to, by path, and keeps what it was asked."""

    def __init__(self, answer):
        self.asked = []
        scripted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.rfile.read(int(self.headers.get("content-length") or 0))
                scripted.asked.append((self.path, self.headers.get("authorization")))
                status, headers, body = answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(body)

            do_HEAD = do_POST = do_PUT = do_PATCH = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


USER, PASSWORD = "ann", "correct-horse-battery"


def login(folder, host, password=PASSWORD):
    """Credentials as `docker login` stores them."""
    (folder / "docker").mkdir(exist_ok=True)
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "docker/config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return {"DOCKER_CONFIG": str(folder / "docker")}


@contextlib.contextmanager
def with_cache():
    """A folder, and the environment of commands whose cache is in it. Nothing that was refused may be kept."""
    with folder_of() as folder:
        (folder / "cache").mkdir(mode=0o700)
        yield folder, {"CAPONIER_CACHE": str(folder / "cache")}
        kept = [path for path in (folder / "cache/registry").rglob("*") if path.is_file()]
        assert not kept, kept


def every_way(folder, place, words, env):
    """All commands that ask a registry for a plugin."""
    pinned = f"{place.rsplit(':', 1)[0]}@sha256:{'0' * 64}"
    said = [
        refused(folder, "plugin", "pull", place, env=env, words=words, beside=CACHE),
        refused(folder, "plugin", "verify", place, "--key", "us.pub", env=env, words=words, beside=CACHE),
    ]
    for command, source in (("plugin", "pull"), place), (("check",), pinned):
        configure(folder, source)
        said.append(refused(folder, *command, "--config", "caponier.yaml", env=env, words=["caponier.yaml", *words], beside=CACHE))
    return "".join(said)


def credentials_that_are_refused():
    """They are named by their host, never shown, and sent to nobody else."""
    realm = {"WWW-Authenticate": 'Basic realm="x"'}
    for status, headers in [(401, realm), (403, {})]:
        with with_cache() as (folder, env), Scripted(lambda _: (status, headers, b'{"errors":[{"code":"DENIED"}]}')) as there:
            run_program("plugin", "keygen", "us", cwd=folder)
            place = f"oci://{there.host}/plugins/some:1"
            env |= login(folder, there.host)
            shutil.copy(COMPONENT, folder / "secrets.wasm")
            words = [f"{there.host}/plugins/some: the registry refused", "hint: ", "docker login"]
            said = every_way(folder, place, words, env)
            said += refused(folder, "plugin", "push", "secrets.wasm", place, env=env, words=words)
            said += refused(folder, "plugin", "sign", place, "--key", "us.key", env=env, words=words)
            none = {"DOCKER_CONFIG": str(folder / "none")}
            said += refused(folder, "plugin", "pull", place, env=env | none, words=["refused access without credentials", "hint: ", "docker login"], beside=CACHE)
            secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            assert PASSWORD not in said and secret not in said, said
            sent = {authorization for _, authorization in there.asked}
            assert sent <= {None, f"Basic {secret}"}, sent
            # Who is not asked says nothing.
            assert (f"Basic {secret}" in sent) == (headers == realm), sent
    with folder_of() as folder, Scripted(lambda _: (401, {"WWW-Authenticate": "Negotiate"}, b"")) as there:
        place = f"oci://{there.host}/plugins/some:1"
        refused(
            folder, "plugin", "pull", place, env=login(folder, there.host),
            words=[there.host, "neither Basic nor Bearer", "hint: "],
        )
        assert all(authorization is None for _, authorization in there.asked)
    # The service that gives out tokens refuses, and a store of credentials fails.
    with folder_of() as folder, Scripted(lambda _: (401, {}, b"")) as tokens:
        bearer = {"WWW-Authenticate": f'Bearer realm="http://{tokens.host}/token",service="s"'}
        with Scripted(lambda _: (401, bearer, b"")) as there:
            place = f"oci://{there.host}/plugins/some:1"
            env = login(folder, there.host)
            said = refused(folder, "plugin", "pull", place, env=env, words=[there.host, "hint: "])
            assert PASSWORD not in said, said
            (folder / "docker/config.json").write_text(json.dumps({"credHelpers": {there.host: "not-there"}}))
            refused(folder, "plugin", "pull", place, env=env, words=["not-there", "hint: "])
            (folder / "docker/config.json").write_text("{")
            refused(folder, "plugin", "pull", place, env=env, words=["docker/config.json", "hint: "])


def redirects_elsewhere():
    """A manifest comes from the registry itself or not at all; what a redirect leads to is not asked,
    and gets no credentials."""
    with with_cache() as (folder, env), Scripted(lambda _: (200, {"content-type": MANIFEST}, b"{}")) as thief:
        run_program("plugin", "keygen", "us", cwd=folder)
        shutil.copy(COMPONENT, folder / "secrets.wasm")
        for status in (301, 302, 303, 307, 308):
            with Scripted(lambda path: (status, {"location": f"http://{thief.host}{path}"}, b"")) as there:
                env |= login(folder, there.host)
                words = [there.host, "redirect", thief.host, "hint: "]
                every_way(folder, f"oci://{there.host}/plugins/some:1", words, env)
                refused(folder, "plugin", "push", "secrets.wasm", f"oci://{there.host}/plugins/some:1", env=env, words=["hint: "])
        assert all(authorization is None for _, authorization in thief.asked), thief.asked
        assert not [path for path, _ in thief.asked if "manifests" in path], thief.asked
    # A blob may lie elsewhere. It is still the one that was promised, or refused.
    layer, config = b"\0asm\x0d\0\x01\0something else", b"{}"
    with folder_of() as folder, Scripted(lambda path: (200, {}, config if hashlib.sha256(config).hexdigest() in path else b"x" * len(layer))) as elsewhere:
        def described(kind, blob):
            return {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)}

        kind = "application/vnd.wasm.config.v1+json"
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": described(kind, config),
            "layers": [described("application/wasm", layer)],
        }).encode()

        def answer(path):
            if "manifests" in path:
                return 200, {"content-type": MANIFEST}, manifest
            return 307, {"location": f"http://{elsewhere.host}{path}"}, b""

        with Scripted(answer) as there:
            env = login(folder, there.host)
            refused(folder, "plugin", "pull", f"oci://{there.host}/plugins/some:1", env=env, words=["digest", "hint: "])
            assert elsewhere.asked and all(authorization is None for _, authorization in elsewhere.asked)


def images_that_are_no_plugin():
    """In a real registry: a list of images, a container's image, and others that are none of ours."""
    with with_cache() as (folder, env), registry() as there:
        place = f"oci://{there.host}/plugins/some"
        run_program("plugin", "push", COMPONENT, f"{place}:good", cwd=folder)
        url = f"http://{there.host}/v2/plugins/some"
        _, _, raw = call("GET", f"{url}/manifests/good", accept=MANIFEST)
        good = json.loads(raw)

        def blob(content):
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            _, headers, _ = call("POST", f"{url}/blobs/uploads/")
            upload = headers["location"]
            between = "&" if "?" in upload else "?"
            call("PUT", f"{upload}{between}digest={digest}", content, content_type="application/octet-stream")
            return {"digest": digest, "size": len(content)}

        tar = "application/vnd.oci.image.layer.v1.tar+gzip"
        container = good | {
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json"} | blob(b'{"architecture":"amd64","os":"linux"}'),
            "layers": [{"mediaType": tar} | blob(b"a layer")],
        }
        docker = {
            "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json"} | blob(b"{}"),
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip"} | blob(b"a layer")],
        }
        entry = {"mediaType": MANIFEST, "digest": f"sha256:{hashlib.sha256(raw).hexdigest()}", "size": len(raw)}
        images = {
            "index": ({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry | {"platform": {"architecture": "amd64", "os": "linux"}}]}, ["a list of manifests"]),
            "container": (container, ["an ordinary container image"]),
            "docker": (docker, ["an ordinary container image"]),
            "chart": (good | {"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"} | blob(b"{}")}, ["helm"]),
            "two": (good | {"layers": good["layers"] * 2}, ["2 layers"]),
            "text": (good | {"layers": [{"mediaType": "text/plain"} | blob(b"hello")]}, ["`text/plain`"]),
            "module": (good | {"config": {"mediaType": "application/vnd.wasm.config.v1+json"} | blob(b"{}"), "layers": [{"mediaType": "application/wasm"} | blob(b"\0asm\1\0\0\0")]}, ["core WebAssembly module"]),
        }
        for tag, (manifest, words) in images.items():
            content = json.dumps(manifest).encode()
            call("PUT", f"{url}/manifests/{tag}", content, content_type=manifest["mediaType"])
            refused(folder, "plugin", "pull", f"{place}:{tag}", env=env, words=[f"plugins/some:{tag}: ", "hint: ", *words], beside=CACHE)
            refused(folder, "plugin", "pull", f"{place}:{tag}", "--output", "x.wasm", env=env, words=words, beside=CACHE)
            configure(folder, f"{place}:{tag}")
            refused(folder, "plugin", "pull", "--config", "caponier.yaml", env=env, words=["caponier.yaml:4", "hint: ", *words], beside=CACHE)
            configure(folder, f"{place}@sha256:{hashlib.sha256(content).hexdigest()}")
            refused(folder, "check", "--config", "caponier.yaml", env=env, words=["caponier.yaml:4", "hint: ", *words], beside=CACHE)
        for reference in ("some:1", "oci://", f"oci://{there.host}", f"oci://{there.host}/UPPER:1", f"{place}@sha256:12", f"http://{there.host}/a:1"):
            refused(folder, "plugin", "pull", reference, env=env, words=["hint: "], beside=CACHE)
