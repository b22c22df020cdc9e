"""Plugins from a registry: signed, locked, tampered with, and the registry gone."""

import contextlib
import gzip
import io
import json
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

from author import run
from envoy_bootstrap import run_pack
from envoy_manifests import LAYER, MANIFEST, call, digest_of
from envoy_manifests import config as packed_config
from support import ROOT, Gateway, Upstream, completion, free_port

COMPONENT = ROOT / "target/wasm/components/secrets.wasm"
OTHER = ROOT / "target/wasm/components/pii.wasm"


class Registry:
    """Debian's registry, with its blobs in a directory."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        (folder / "registry.yaml").write_text(f"""version: 0.1
storage: {{ filesystem: {{ rootdirectory: {folder}/blobs }}, delete: {{ enabled: true }} }}
http: {{ addr: "{self.host}" }}
""")
        self.start()

    def start(self):
        with open(self.folder / "registry.log", "ab") as log:
            self.process = subprocess.Popen(
                ["docker-registry", "serve", str(self.folder / "registry.yaml")], stdout=log, stderr=log
            )
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://{self.host}/v2/", timeout=2).close()
                return
            assert time.monotonic() < until and self.process.poll() is None
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def blob(self, digest):
        digest = digest.removeprefix("sha256:")
        return self.folder / f"blobs/docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"


@contextlib.contextmanager
def registry():
    with tempfile.TemporaryDirectory(prefix="caponier-registry-") as name:
        running = Registry(pathlib.Path(name))
        try:
            yield running
        finally:
            running.stop()


def check(folder, cache, expected=0):
    """Builds a revision of the folder's configuration. The caches of plugins are this test's own."""
    return run(
        "check", "--config", "caponier.yaml", cwd=folder, expected=expected,
        env={"CAPONIER_CACHE": str(cache)},
    )


def use(said):
    """The reference by digest that a command prints."""
    return next(line.removeprefix("use: ") for line in said.splitlines() if line.startswith("use: "))


def configure(folder, source, verify=""):
    (folder / "caponier.yaml").write_text(f"""version: 1
gateway: {{ listen: "127.0.0.1:{free_port()}" }}
plugins:
  - use: {source}
    grants: {{ rewrite: true }}
{verify}
""")


def pushed_plugin_runs_by_digest():
    with registry() as there, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        place = f"oci://{there.host}/plugins/secrets"
        pinned = use(run("plugin", "push", COMPONENT, f"{place}:1.0.0", cwd=folder))
        # The same bytes are the same artifact.
        assert use(run("plugin", "push", COMPONENT, f"{place}:again", cwd=folder)) == pinned
        run("plugin", "pull", f"{place}:1.0.0", "--output", "got.wasm", cwd=folder)
        assert (folder / "got.wasm").read_bytes() == COMPONENT.read_bytes()

        upstream = Upstream(lambda _: completion("fine"))
        config = f"plugins: [{{ use: '{pinned}', grants: {{ rewrite: true }} }}]"
        with Gateway(upstream, config) as gateway:
            key = "ghp_" + "HgaKwVJ7faC9qEwjky40UVsWmflzdE4Prsql"
            body = {"model": "m", "messages": [{"role": "user", "content": f"it is {key}"}]}
            gateway.values.add(key)
            status, _, said = gateway.post("/v1/chat/completions", body)
            assert status == 200, said
            assert key not in upstream.requests[-1].body.decode(), "the plugin from the registry redacts"
        upstream.close()

        # A registry that is down is of no matter to what is here by digest.
        configure(folder, pinned)
        check(folder, folder / "cache")
        there.stop()
        check(folder, folder / "cache")
        said = check(folder, folder / "empty", expected=2)
        assert "no answer" in said and there.host in said and "hint: " in said, said
        there.start()


def tags_are_locked():
    with registry() as there, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        place = f"oci://{there.host}/plugins/guard:stable"
        run("plugin", "push", COMPONENT, place, cwd=folder)
        configure(folder, place)
        said = check(folder, folder / "cache", expected=2)
        assert "a tag can be moved" in said and "caponier plugin pull --config" in said, said
        run("plugin", "pull", "--config", "caponier.yaml", cwd=folder)
        assert "secrets" in check(folder, folder / "cache")
        # Somebody moves the tag: what is locked runs on, and pulling again is refused.
        run("plugin", "push", OTHER, place, cwd=folder)
        assert "secrets" in check(folder, folder / "cache")
        before = (folder / "caponier.lock").read_bytes()
        said = run("plugin", "pull", "--config", "caponier.yaml", cwd=folder, expected=2)
        assert "sha256:" in said and "hint: " in said, said
        assert (folder / "caponier.lock").read_bytes() == before
        run("plugin", "pull", "--config", "caponier.yaml", "--update", cwd=folder)
        assert "pii" in check(folder, folder / "cache")


def what_is_pulled_comes_as_it_must_be():
    """`pull --config` holds plugins against `verify`, and leaves everything where revisions look."""
    with registry() as there, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # Where a user's cache is, without a word of it on the command line.
        home = {"HOME": str(folder), "XDG_CACHE_HOME": None, "CAPONIER_CACHE": None}
        run("plugin", "keygen", "us", cwd=folder)
        place = f"oci://{there.host}/plugins/guard:stable"
        run("plugin", "push", COMPONENT, place, cwd=folder)
        configure(folder, place, f'verify: [{{ match: "oci://{there.host}/*", key: us.pub }}]')
        pull = ("plugin", "pull", "--config", "caponier.yaml")
        said = run(*pull, cwd=folder, expected=2, env=home)
        assert "not signed as `verify` demands" in said, said
        assert not (folder / "caponier.lock").exists()
        run("plugin", "sign", place, "--key", "us.key", cwd=folder)
        run(*pull, cwd=folder, env=home)
        there.stop()
        run("check", "--config", "caponier.yaml", cwd=folder, env=home)
        there.start()
        # Who pulls one plugin loses none.
        (folder / "guard.wasm").write_bytes(b"mine")
        said = run("plugin", "pull", place, cwd=folder, expected=2, env=home)
        assert "is there already" in said and (folder / "guard.wasm").read_bytes() == b"mine", said


def signatures_are_demanded():
    with registry() as there, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for key in ("us", "them"):
            run("plugin", "keygen", key, cwd=folder)
        assert (folder / "us.key").stat().st_mode & 0o777 == 0o600
        said = run("plugin", "keygen", "us", cwd=folder, expected=2)
        assert "us." in said, said

        # In a registry.
        place = f"oci://{there.host}/plugins/guard:1.0.0"
        pinned = use(run("plugin", "push", COMPONENT, place, cwd=folder))
        verify = f'verify: [{{ match: "oci://{there.host}/*", key: us.pub, annotations: {{ env: prod }} }}]'
        configure(folder, pinned, verify)

        def refused(*words):
            said = check(folder, folder / "cache", expected=2)
            assert "not signed as `verify` demands" in said and "us.pub" in said, said
            for word in words:
                assert word in said, said

        refused()
        run("plugin", "sign", pinned, "--key", "them.key", "-a", "env=prod", cwd=folder)
        refused()
        run("plugin", "sign", pinned, "--key", "us.key", "-a", "env=test", cwd=folder)
        refused("env")
        run("plugin", "sign", pinned, "--key", "us.key", "-a", "env=prod", cwd=folder)
        check(folder, folder / "cache")
        run("plugin", "verify", pinned, "--key", "us.pub", "-a", "env=prod", cwd=folder)
        run("plugin", "verify", pinned, "--key", "us.pub", "--key", "them.pub", cwd=folder)
        said = run("plugin", "verify", place, "--key", "us.pub", "-a", "env=stage", cwd=folder, expected=2)
        assert "not signed" in said, said
        # The signature came along: it holds without the registry, and another key still does not.
        there.stop()
        check(folder, folder / "cache")
        run("plugin", "keygen", "new", cwd=folder)
        configure(folder, pinned, verify.replace("us.pub", "new.pub"))
        check(folder, folder / "cache", expected=2)
        there.start()

        # Beside a file.
        shutil.copy(COMPONENT, folder / "guard.wasm")
        configure(folder, "file:guard.wasm", 'verify: [{ match: "file:*", key: us.pub }]')
        refused()
        run("plugin", "sign", "guard.wasm", "--key", "us.key", cwd=folder)
        check(folder, folder / "cache")
        run("plugin", "verify", "guard.wasm", "--key", "us.pub", cwd=folder)
        # So many signatures that nobody could look at them all.
        lines = (folder / "guard.wasm.sig").read_text()
        (folder / "guard.wasm.sig").write_text(lines * 1000)
        said = check(folder, folder / "cache", expected=2)
        assert "more than 16 lines" in said, said
        (folder / "guard.wasm.sig").write_text(lines)
        with open(folder / "guard.wasm", "ab") as file:
            file.write(b"\0\3\1ab")
        refused()


def registries_are_not_trusted():
    with registry() as there, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        place = f"oci://{there.host}/plugins/guard"
        pinned = use(run("plugin", "push", COMPONENT, f"{place}:1", cwd=folder))
        manifest = json.loads(there.blob(pinned.rsplit("@", 1)[1]).read_text())
        (layer,) = manifest["layers"]
        blob = there.blob(layer["digest"])
        whole = blob.read_bytes()
        # A byte of the component is another one.
        blob.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        configure(folder, pinned)
        said = check(folder, folder / "cache", expected=2)
        assert "digest" in said and "hint: " in said, said
        blob.write_bytes(whole)
        check(folder, folder / "cache")
        # What is cached is not trusted either.
        cached = next((folder / "cache/registry/blobs/sha256").glob(layer["digest"].removeprefix("sha256:")))
        cached.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        check(folder, folder / "cache")
        assert cached.read_bytes() == whole, "a damaged blob is fetched anew"

        # An image that is no plugin.
        said = run("plugin", "push", ROOT / "README.md", f"{place}:readme", cwd=folder, expected=2)
        assert "hint" in said or "component" in said, said
        said = run("plugin", "pull", f"{place}:none", cwd=folder, expected=2)
        assert "not found" in said, said
        assert not list(folder.glob("*.wasm")), "nothing half-written"


def grants_are_compared():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        counting = ROOT / "target/wasm/guests/hostile-counters.wasm"
        shutil.copy(counting, folder / "counting.wasm")
        configure(folder, "file:counting.wasm")
        said = check(folder, folder / "cache", expected=2)
        assert "counting.wasm" in said and "caponier:policy/counters" in said, said
        assert "grants: { counters: true }" in said, said
        # Too much is said, too.
        text = (folder / "caponier.yaml").read_text()
        (folder / "caponier.yaml").write_text(text.replace("rewrite: true", "counters: true"))
        assert "risk" not in check(folder, folder / "cache")
        shutil.copy(COMPONENT, folder / "counting.wasm")
        assert "`grants.counters` is given" in check(folder, folder / "cache")


WASM_LAYER = "application/vnd.module.wasm.content.layer.v1+wasm"


def fetched(url, wanted):
    """A module as Istio's agent and Envoy Gateway fetch it: the last layer, an archive that holds
    `plugin.wasm` in whatever folder; or else the module itself, which is one of two layers."""
    _, headers, raw = call("GET", f"{url}/manifests/{wanted}", accept=MANIFEST)
    assert headers["content-type"] == MANIFEST, headers["content-type"]
    digest = digest_of(raw)
    assert wanted in (digest, "1") and headers["docker-content-digest"] == digest
    manifest = json.loads(raw)
    assert manifest["mediaType"] == MANIFEST, manifest

    def blob(described):
        _, _, content = call("GET", f"{url}/blobs/{described['digest']}")
        assert digest_of(content) == described["digest"] and len(content) == described["size"]
        return content

    layers = manifest["layers"]
    if layers[-1]["mediaType"] == LAYER:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob(layers[-1])))) as archive:
            (member,) = [member for member in archive if pathlib.PurePath(member.name).name == "plugin.wasm"]
            return "image", digest, archive.extractfile(member).read()
    assert len(layers) == 2, layers
    return "artifact", digest, blob(next(layer for layer in layers if layer["mediaType"] == WASM_LAYER))


def write_layout(folder, config, layers):
    """An image in a directory, of layers with their types."""
    (folder / "blobs/sha256").mkdir(parents=True)

    def described(kind, content):
        digest = digest_of(content)
        (folder / "blobs/sha256" / digest.removeprefix("sha256:")).write_bytes(content)
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": described(*config),
        "layers": [described(*layer) for layer in layers],
    }).encode()
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described(MANIFEST, manifest)]}))


def packed_modules_are_fetched_as_meshes_do():
    """In both layouts that they read, the module comes out as it was packed."""
    with registry() as there, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        text = packed_config("http://127.0.0.1:9", 1, 2)
        made = run_pack(folder, text, "--output", "module.wasm", "--oci", "image", "--format", "json")
        assert made.returncode == 0, made.stderr
        module = (folder / "module.wasm").read_bytes()
        # The other layout, as the tools write that put the module there by itself.
        write_layout(
            folder / "artifact",
            ("application/vnd.module.wasm.config.v1+json", b'{"type":"envoy_proxy","abiVersions":["v0-2-1"]}'),
            [(WASM_LAYER, module), ("application/vnd.module.wasm.runtime-config.layer.v1+json", b"{}")],
        )
        for layout in ("image", "artifact"):
            place = f"oci://{there.host}/meshes/{layout}"
            url = f"http://{there.host}/v2/meshes/{layout}"
            pushed = run("plugin", "push", layout, f"{place}:1", "--target", "envoy", cwd=folder)
            digest = use(pushed).rsplit("@", 1)[1]
            for wanted in ("1", digest):
                assert fetched(url, wanted) == (layout, digest, module), (layout, wanted)
            # The same image again is the same, and its reference is the one that `pack` names.
            assert use(run("plugin", "push", layout, f"{place}:again", "--target", "envoy", cwd=folder)) == use(pushed)
            if layout == "image":
                assert json.loads(made.stdout)["image"] == digest, made.stdout
            # It is no plugin of this program, and says what it is.
            said = run("plugin", "pull", f"{place}:1", cwd=folder, expected=2)
            assert "not a plugin" in said and "hint: " in said, said

        # What is changed on the way there never gets a name.
        index = json.loads((folder / "image/index.json").read_text())
        blobs = folder / "image/blobs/sha256"
        manifest = json.loads((blobs / index["manifests"][0]["digest"].removeprefix("sha256:")).read_text())
        layer = blobs / manifest["layers"][0]["digest"].removeprefix("sha256:")
        layer.write_bytes(layer.read_bytes()[:-1] + b"x")
        bad = f"oci://{there.host}/meshes/bad:1"
        for what, words in [
            ("image", ["digest", "hint: "]), ("blobs", ["index.json", "pack --oci"]), ("gone", ["index.json", "pack --oci"]),
            ("module.wasm", ["index.json", "pack --oci"]),
        ]:
            said = run("plugin", "push", what, bad, "--target", "envoy", cwd=folder, expected=2)
            assert all(word in said for word in words), said
        try:
            call("GET", f"http://{there.host}/v2/meshes/bad/manifests/1", accept=MANIFEST)
            raise AssertionError("it was given a name")
        except urllib.error.HTTPError as error:
            assert error.code == 404, error
        # A packed module is no component, and pushed as one by mistake it is told apart.
        said = run("plugin", "push", "module.wasm", bad, cwd=folder, expected=2)
        assert "core WebAssembly module" in said and "hint: " in said, said
