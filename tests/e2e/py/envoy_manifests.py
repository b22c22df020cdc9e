"""What `caponier pack` writes for Istio and for registries: accepted by those who are to read it."""

import contextlib
import gzip
import hashlib
import io
import json
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

import identities
from envoy_bootstrap import module_and_bootstrap, run_pack, validate
from envoy_live import NAME, WASM
from envoy_support import Envoy
from support import ATTACK, EMAIL, PROGRAM, ROOT, Upstream, free_port

CHAT = "/v1/chat/completions"
URL = "oci://registry.example/caponier:1"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def config(upstream, port, admin):
    return f"""version: 1
gateway:
  listen: 127.0.0.1:{port}
  routes: [{{ path: /v1/*, upstream: "{upstream}" }}]
admin: {{ listen: "127.0.0.1:{admin}" }}
plugins: [{{ use: builtin:pii, settings: {{ restore: true }} }}, {{ use: builtin:injection }}]
limits: {{ body: 8MiB }}
"""


def patched(manifest, bootstrap, folder):
    """A bootstrap with the patches of an EnvoyFilter, as Istio applies them.

    What a control plane would deliver is delivered by a file.
    """
    assert manifest["apiVersion"] == "networking.istio.io/v1alpha3"
    assert manifest["kind"] == "EnvoyFilter" and manifest["metadata"]["name"] == NAME
    (listener,) = bootstrap["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    for entry in manifest["spec"]["configPatches"]:
        patch, matching = entry["patch"], entry["match"]
        value = patch["value"]
        match entry["applyTo"], patch["operation"]:
            case "EXTENSION_CONFIG", "ADD":
                resource = {"@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"}
                content = {"version_info": "1", "resources": [resource | value]}
                (folder / "delivered.json").write_text(json.dumps(content))
            case "HTTP_FILTER", "INSERT_BEFORE":
                wanted = matching["listener"]["filterChain"]["filter"]
                names = [it["name"] for it in manager["http_filters"]]
                assert wanted["name"] == listener["filter_chains"][0]["filters"][0]["name"]
                source = value["config_discovery"]["config_source"]
                assert source.pop("ads") == {} and source["initial_fetch_timeout"] == "0s"
                source["path_config_source"] = {"path": str(folder / "delivered.json")}
                manager["http_filters"].insert(names.index(wanted["subFilter"]["name"]), value)
            case "LISTENER", "MERGE":
                listener |= value
            case "CLUSTER", "MERGE":
                for cluster in bootstrap["static_resources"]["clusters"]:
                    cluster |= value
            case other:
                raise AssertionError(other)
    return bootstrap


def without_ours(bootstrap):
    """The bootstrap as a mesh would have it without us: no filter, and Envoy's own limits."""
    (listener,) = bootstrap["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager["http_filters"] = [it for it in manager["http_filters"] if it["name"] != NAME]
    for part in (listener, *bootstrap["static_resources"]["clusters"]):
        del part["per_connection_buffer_limit_bytes"]
    return bootstrap


def an_envoy_filter_guards():
    """Its patches on a bootstrap that knows nothing of us: Envoy takes them, and they guard."""
    upstream, port, admin = Upstream(), free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="caponier-istio-") as name:
        folder = pathlib.Path(name)
        text = config(upstream.url, port, admin)
        url = f"file://{folder}/module.wasm"
        more = ["--istio", "istio.json", "--url", url, "--selector", "app=model", "--direction", "inbound"]
        plain = json.loads(module_and_bootstrap(folder, text, *more).read_text())
        manifest = json.loads((folder / "istio.json").read_text())
        assert manifest["spec"]["workloadSelector"] == {"labels": {"app": "model"}}
        contexts = {entry["match"]["context"] for entry in manifest["spec"]["configPatches"]}
        assert contexts == {"SIDECAR_INBOUND"}, contexts
        bootstrap = folder / "patched.json"
        bootstrap.write_text(json.dumps(patched(manifest, without_ours(plain), folder)))
        validate(bootstrap)
        with Envoy.of(bootstrap, port, admin) as envoy:
            # More than Envoy's own limits would take.
            image = "data:image/png;base64," + "A" * (3 << 20)
            large = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": image}}]
            for said, status in ((ATTACK, 400), (f"Write to {EMAIL}", 200), (large, 200)):
                body = {"model": "m", "messages": [{"role": "user", "content": said}]}
                got, _, answer = envoy.post(CHAT, body)
                assert got == status, (got, answer[:300])
            assert len(upstream.requests) == 2
            assert EMAIL.encode() not in upstream.requests[0].body


def what_istio_fetches_is_pinned():
    """Each kind of address with the digest that Istio checks it by; others are refused."""
    port, admin = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="caponier-istio-") as name:
        folder = pathlib.Path(name)
        text = config("http://127.0.0.1:9", port, admin)

        def code(url):
            made = run_pack(
                folder, text, "--output", "module.wasm", "--oci", "image", "--istio", "istio.json", "--url", url
            )
            assert made.returncode == 0, made.stderr
            patches = json.loads((folder / "istio.json").read_text())["spec"]["configPatches"]
            typed = patches[0]["patch"]["value"]["typed_config"]
            assert typed["@type"] == WASM and typed["config"]["allow_on_headers_stop_iteration"] is True
            assert typed["config"]["fail_open"] is False
            return typed["config"]["vm_config"]["code"]

        image = code(URL)["remote"]
        index = json.loads((folder / "image/index.json").read_text())
        assert "sha256:" + image["sha256"] == index["manifests"][0]["digest"]
        assert image["http_uri"]["uri"] == URL
        plain = code("https://files.example/caponier.wasm")["remote"]
        assert plain["sha256"] == hashlib.sha256((folder / "module.wasm").read_bytes()).hexdigest()
        assert code("file:///var/caponier.wasm") == {"local": {"filename": "/var/caponier.wasm"}}
        for url in ("registry.example/caponier:1", "ftp://x/y", "file://relative", "oci://", ""):
            made = run_pack(folder, text, "--output", "other.wasm", "--istio", "other.json", "--url", url)
            assert made.returncode == 2 and "hint: oci://" in made.stderr, (url, made.stderr)
            assert not (folder / "other.wasm").exists() and not (folder / "other.json").exists()
        made = run_pack(folder, text, "--output", "other.wasm", "--istio", "other.json")
        assert made.returncode == 2 and "--url" in made.stderr, made.stderr


def a_wasm_plugin_would_not_do():
    """Without what a WasmPlugin cannot say, nothing gets through: not even what is harmless."""
    upstream, port, admin = Upstream(), free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="caponier-istio-") as name:
        folder = pathlib.Path(name)
        path = module_and_bootstrap(folder, config(upstream.url, port, admin))
        bootstrap = json.loads(path.read_text())
        (listener,) = bootstrap["static_resources"]["listeners"]
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        del manager["http_filters"][0]["typed_config"]["config"]["allow_on_headers_stop_iteration"]
        manager["request_timeout"] = "1s"
        path.write_text(json.dumps(bootstrap))
        with Envoy.of(path, port, admin) as envoy:
            body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
            status, _, answer = envoy.post(CHAT, body)
            assert status in (408, 504), (status, answer)
            assert upstream.requests == []


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def read_layout(folder):
    """Reads a layout as the specification has it, and checks every digest and size on the way."""
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads((folder / "index.json").read_text())
    assert index["schemaVersion"] == 2
    (entry,) = index["manifests"]
    seen = set()

    def blob(described):
        algorithm, name = described["digest"].split(":")
        content = (folder / "blobs" / algorithm / name).read_bytes()
        seen.add(name)
        assert digest_of(content) == described["digest"] and len(content) == described["size"]
        return content

    raw = blob(entry)
    manifest = json.loads(raw)
    assert manifest["schemaVersion"] == 2 and manifest["mediaType"] == entry["mediaType"] == MANIFEST
    settings = json.loads(blob(manifest["config"]))
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == LAYER
    packed = blob(layer)
    archive = gzip.decompress(packed)
    assert settings["rootfs"] == {"type": "layers", "diff_ids": [digest_of(archive)]}
    assert {path.name for path in (folder / "blobs/sha256").iterdir()} == seen
    return entry, raw, manifest, archive


def module_in(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        (member,) = tar.getmembers()
        assert member.isfile() and member.name == "plugin.wasm" and member.mtime == 0
        return tar.extractfile(member).read()


def an_image_is_what_readers_expect():
    """The layout, read by others than who wrote it; the same bytes each time; nobody else's replaced."""
    text = config("http://127.0.0.1:9", 1, 2)
    with tempfile.TemporaryDirectory(prefix="caponier-oci-") as name:
        folder = pathlib.Path(name)

        def pack(target, config=text):
            return run_pack(folder, config, "--output", "module.wasm", "--oci", target, "--format", "json")

        made = pack("one")
        assert made.returncode == 0, made.stderr
        entry, _, _, archive = read_layout(folder / "one")
        assert json.loads(made.stdout)["image"] == entry["digest"]
        assert module_in(archive) == (folder / "module.wasm").read_bytes()
        assert pack("two").returncode == 0
        first = {path.relative_to(folder / "one"): path.read_bytes() for path in (folder / "one").rglob("*") if path.is_file()}
        second = {path.relative_to(folder / "two"): path.read_bytes() for path in (folder / "two").rglob("*") if path.is_file()}
        assert first == second
        # A newer one takes the place of the older, with nothing of it left.
        assert pack("one", text.replace("8MiB", "4MiB")).returncode == 0
        newer = read_layout(folder / "one")[0]
        assert newer["digest"] != entry["digest"]
        # Whatever is not ours stays.
        (folder / "foreign").mkdir()
        (folder / "foreign/index.json").write_text('{"schemaVersion": 2, "manifests": [{"digest": "x"}]}')
        (folder / "file").write_text("x")
        for target in ("foreign", "file", "."):
            made = pack(target)
            assert made.returncode == 2, made.stdout
        assert not (folder / "foreign/blobs").exists()


@contextlib.contextmanager
def registry():
    """A real registry, on a port of its own."""
    program = shutil.which("docker-registry") or "/usr/bin/docker-registry"
    with tempfile.TemporaryDirectory(prefix="caponier-registry-") as name:
        port = free_port()
        settings = pathlib.Path(name, "config.yml")
        settings.write_text(f"""version: 0.1
log: {{ level: error }}
storage: {{ filesystem: {{ rootdirectory: {name}/data }} }}
http: {{ addr: "127.0.0.1:{port}" }}
""")
        process = subprocess.Popen(
            [program, "serve", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 20
            while True:
                try:
                    urllib.request.urlopen(f"{url}/v2/", timeout=2).close()
                    break
                except OSError:
                    assert process.poll() is None and time.monotonic() < until, "no registry"
                    time.sleep(0.05)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def call(method, url, content=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, content, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.headers, answer.read()


def an_image_goes_through_a_registry():
    """Pushed as it is, and pulled as Istio's agent pulls: by tag, checked by the manifest's digest."""
    with tempfile.TemporaryDirectory(prefix="caponier-oci-") as name, registry() as url:
        folder = pathlib.Path(name)
        text = config("http://127.0.0.1:9", 1, 2)
        made = run_pack(
            folder, text, "--output", "module.wasm", "--oci", "image",
            "--istio", "istio.json", "--url", "oci://registry.example/caponier:1",
        )
        assert made.returncode == 0, made.stderr
        entry, raw, manifest, _ = read_layout(folder / "image")
        for described in (manifest["config"], *manifest["layers"]):
            place = call("POST", f"{url}/v2/caponier/blobs/uploads/")[1]["location"]
            place = place if place.startswith("http") else url + place
            content = (folder / "image/blobs/sha256" / described["digest"].split(":")[1]).read_bytes()
            between = "&" if "?" in place else "?"
            status, _, _ = call(
                "PUT", f"{place}{between}digest={described['digest']}", content,
                content_type="application/octet-stream",
            )
            assert status == 201
        assert call("PUT", f"{url}/v2/caponier/manifests/1", raw, content_type=MANIFEST)[0] == 201
        _, headers, pulled = call("GET", f"{url}/v2/caponier/manifests/1", accept=MANIFEST)
        assert headers["content-type"] == MANIFEST and pulled == raw
        patches = json.loads((folder / "istio.json").read_text())["spec"]["configPatches"]
        remote = patches[0]["patch"]["value"]["typed_config"]["config"]["vm_config"]["code"]["remote"]
        assert hashlib.sha256(pulled).hexdigest() == remote["sha256"]
        layer = json.loads(pulled)["layers"][-1]
        _, _, content = call("GET", f"{url}/v2/caponier/blobs/{layer['digest']}")
        assert module_in(gzip.decompress(content)) == (folder / "module.wasm").read_bytes()


def commands_of(readme, **instead):
    """The `caponier pack` commands that a README shows, with something else in some places."""
    text = readme.read_text().replace("\\\n", " ")
    found = re.findall(r"^caponier (pack .*)$", text, re.MULTILINE)
    assert found, readme
    for usual, own in instead.items():
        found = [line.replace(usual, own) for line in found]
    return [[PROGRAM, *shlex.split(line)] for line in found]


def said(envoy, text, **headers):
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return envoy.post(CHAT, body, headers)


def the_example_with_reloads():
    """Every command of the README: the bootstrap with its module, and the one that takes new ones."""
    upstream, port, admin = Upstream(), free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="caponier-example-") as name:
        folder = pathlib.Path(name)
        text = (ROOT / "examples/envoy/caponier.yaml").read_text()
        for usual, own in (
            ("127.0.0.1:8787", f"127.0.0.1:{port}"),
            ("127.0.0.1:8788", f"127.0.0.1:{admin}"),
            ("http://127.0.0.1:8790", upstream.url),
        ):
            assert usual in text
            text = text.replace(usual, own)
        (folder / "caponier.yaml").write_text(text)
        plain, live, again = commands_of(ROOT / "examples/envoy/README.md")
        for command in (plain, live):
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            validate(folder / "envoy.json")
        with Envoy.of(folder / "envoy.json", port, admin) as envoy:
            assert said(envoy, ATTACK)[0] == 400
            status, headers, answer = said(envoy, f"Write to {EMAIL}")
            assert status == 200 and EMAIL.encode() in answer, answer
            assert EMAIL.encode() not in upstream.requests[-1].body
            first = headers["x-caponier-revision"]
            (folder / "caponier.yaml").write_text(text.replace("restore: true", "restore: false"))
            subprocess.run(again, cwd=folder, check=True, capture_output=True)
            until = time.monotonic() + 60
            while (headers := said(envoy, "hello")[1])["x-caponier-revision"] == first:
                assert time.monotonic() < until, "the new module is not taken"
                time.sleep(0.05)
            assert EMAIL.encode() not in said(envoy, f"Write to {EMAIL}")[2]


def the_example_for_istio():
    """The README's command; its EnvoyFilter behind a `jwt_authn` as Istio writes it."""
    upstream, port, admin = Upstream(), free_port(), free_port()
    signer = identities.Signer("ann")
    with tempfile.TemporaryDirectory(prefix="caponier-example-") as name:
        folder = pathlib.Path(name)
        shutil.copytree(ROOT / "examples/istio", folder, dirs_exist_ok=True)
        address = "oci://registry.example/caponier:1"
        pinned, local = (
            commands_of(folder / "README.md", **{address: own})[0]
            for own in (address, f"file://{folder}/module.wasm")
        )
        subprocess.run(pinned, cwd=folder, check=True, capture_output=True)
        entry, _, _, archive = read_layout(folder / "image")
        manifest = json.loads((folder / "envoyfilter.json").read_text())
        code = manifest["spec"]["configPatches"][0]["patch"]["value"]["typed_config"]["config"]["vm_config"]["code"]
        assert "sha256:" + code["remote"]["sha256"] == entry["digest"]
        subprocess.run(local, cwd=folder, check=True, capture_output=True)
        (folder / "module.wasm").write_bytes(module_in(archive))
        manifest = json.loads((folder / "envoyfilter.json").read_text())
        # A mesh of our own: a listener that verifies tokens, as the example asks Istio for.
        mesh = folder / "mesh"
        mesh.mkdir()
        jwt = f'{{ jwks: keys.json, issuer: "{identities.ISSUER}", audience: llm }}'
        text = config(upstream.url, port, admin).replace("gateway:\n", f"gateway:\n  identity: [{{ jwt: {jwt} }}]\n")
        files = {"keys.json": identities.key_set([signer])}
        plain = json.loads(module_and_bootstrap(mesh, text, files=files).read_text())
        bootstrap = folder / "patched.json"
        bootstrap.write_text(json.dumps(patched(manifest, without_ours(plain), folder)))
        validate(bootstrap)
        with Envoy.of(bootstrap, port, admin) as envoy:
            token = {"authorization": f"Bearer {signer.token(org='acme', groups=['staff'])}"}
            assert said(envoy, "hello")[0] == 401
            assert said(envoy, ATTACK, **token)[0] == 400
            assert said(envoy, f"Write to {EMAIL}", **token)[0] == 200
            assert EMAIL.encode() not in upstream.requests[0].body
            callers = {(record["principal"], record["tenant"]) for record in envoy.audit()}
            assert callers == {("ann", "acme")}, callers
