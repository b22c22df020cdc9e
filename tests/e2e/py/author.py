"""From nothing to a plugin that runs in both hosts, by commands alone."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from envoy_bootstrap import module_and_bootstrap
from envoy_support import Envoy
from support import PROGRAM, ROOT, Gateway, Upstream, cache_directory, completion, free_port

# What plugins are built in: crates and headers are compiled once for all scenarios.
BUILT = pathlib.Path(os.environ.get("CAPONIER_AUTHOR_BUILDS") or ROOT / "target/test-env/author")
INTERPRETER = "limits: { time: { base: 50ms, per_mib: 2s } }"
BADGE = "BADGE-" + "123456"


def ask(text):
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


def run(*arguments, cwd=None, expected=0, env=None):
    """One command of the program, and what it says."""
    environment = os.environ | {"CAPONIER_CACHE": str(cache_directory()), "NO_COLOR": "1"} | (env or {})
    environment = {name: value for name, value in environment.items() if value is not None}
    made = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, check=False, env=environment, timeout=600,
    )
    said = made.stdout + made.stderr
    assert made.returncode == expected, f"{arguments}: {made.returncode}\n{said}"
    assert "panicked" not in said, said
    return said


def cargo(target):
    """Where cargo puts what it makes for a scenario."""
    return {"CARGO_TARGET_DIR": str(BUILT / target)}


@contextlib.contextmanager
def project(language, name="staff-badges"):
    with tempfile.TemporaryDirectory(prefix="caponier-author-") as folder:
        path = pathlib.Path(folder) / name
        times = {}
        started = time.monotonic()
        run("plugin", "new", name, "--lang", language, cwd=folder)
        times["new"] = time.monotonic() - started
        yield path, times


def measured(times, name, *arguments, **options):
    started = time.monotonic()
    said = run(*arguments, **options)
    times[name] = time.monotonic() - started
    return said


def answers(upstream):
    return upstream.requests[-1].json["messages"][0]["content"]


def from_nothing(language, packs, change, limits="", env=None, prepare=None):
    """`new`, `build`, `test`, `inspect`, `bench`; a gateway that takes the next build while it
    runs; Envoy, where the language packs. `change` gives the file to change, and how: badges then
    have seven digits."""
    with project(language) as (path, times), contextlib.ExitStack() as stack:
        if prepare:
            started = time.monotonic()
            prepare(path)
            times["install"] = time.monotonic() - started
        measured(times, "build", "plugin", "build", cwd=path, env=env)
        said = measured(times, "test", "plugin", "test", cwd=path)
        assert "0 failed" in said and "passed" in said, said
        facts = json.loads(run("plugin", "inspect", "--format", "json", cwd=path))
        component = path / "staff-badges.wasm"
        assert facts["name"] == "staff-badges" and facts["version"] == "0.1.0", facts
        assert facts["digest"] == "sha256:" + hashlib.sha256(component.read_bytes()).hexdigest()
        assert facts["licence"] == "Apache-2.0" and facts["tools"], facts
        assert facts["needs"] == [] and facts["settings_schema"]["properties"]["prefix"], facts
        assert facts["packs"] == packs, facts
        assert not [name for name in facts["imports"] if name.startswith("wasi:")], facts["imports"]
        costs = json.loads(run("plugin", "bench", "--format", "json", cwd=path))

        upstream = Upstream(lambda _: completion("fine"))
        stack.callback(upstream.close)
        config = f"""plugins:
  - use: file:staff-badges.wasm
    {limits}
actions: {{ "staff-badges/*": redact }}
"""

        def passes(asked, through):
            """What of a text reaches the upstream."""
            status, _, body = through.post("/v1/chat/completions", ask(asked))
            assert status == 200, body
            return answers(upstream)

        with Gateway(upstream, config, files={"staff-badges.wasm": component.read_bytes()}) as gateway:
            redacted = passes(f"I am {BADGE}.", gateway)
            assert redacted.startswith("I am [") and BADGE not in redacted, redacted
            assert passes(f"I am {BADGE}7.", gateway) == f"I am {BADGE}7."
            # The author goes on while it runs.
            file, before, after = change
            text = (path / file).read_text()
            assert before in text, file
            (path / file).write_text(text.replace(before, after))
            started = time.monotonic()
            run("plugin", "build", "--output", gateway.path / "staff-badges.wasm", cwd=path, env=env)
            built = time.monotonic()
            while passes(f"I am {BADGE}7.", gateway) == f"I am {BADGE}7.":
                assert time.monotonic() < built + 240, gateway.logs()[-3000:]
                time.sleep(0.05)
            times["build again"] = built - started
            times["taken by the running gateway"] = time.monotonic() - built

        if packs:
            port, admin = free_port(), free_port()
            folder = path / "envoy"
            folder.mkdir()
            started = time.monotonic()
            bootstrap = module_and_bootstrap(folder, f"""version: 1
gateway: {{ listen: "127.0.0.1:{port}", routes: [{{ path: /v1/*, upstream: "{upstream.url}" }}] }}
admin: {{ listen: "127.0.0.1:{admin}" }}
{config}""", files={"staff-badges.wasm": component.read_bytes()})
            times["pack"] = time.monotonic() - started
            # The newest: every version packs and runs the built-in plugins in scenarios of their own.
            os.environ["CAPONIER_ENVOY"] = os.environ["CAPONIER_ENVOYS"].split(os.pathsep)[-1]
            with Envoy.of(bootstrap, port, admin) as envoy:
                assert passes(f"I am {BADGE}.", envoy) == redacted
        rounded = {name: round(seconds, 2) for name, seconds in times.items()}
        print(json.dumps({"language": language, "seconds": rounded, "costs": costs}), flush=True)


def rust_from_nothing():
    change = ("src/lib.rs", "const DIGITS: usize = 6;", "const DIGITS: usize = 7;")
    from_nothing("rust", True, change, env=cargo("rust"))


def c_from_nothing():
    from_nothing("c", True, ("src/plugin.c", "#define DIGITS 6", "#define DIGITS 7"))


def python_from_nothing():
    # An interpreter in the sandbox needs more time than the default.
    from_nothing(
        "python", False, ("src/plugin.py", "DIGITS = 6", "DIGITS = 7"), INTERPRETER,
        env={"PATH": os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]},
    )


def js_from_nothing():
    def install(path):
        subprocess.run(["npm", "install", "--silent"], cwd=path, check=True, timeout=300)

    from_nothing("js", False, ("src/plugin.js", "const DIGITS = 6;", "const DIGITS = 7;"), INTERPRETER, prepare=install)


def rust_cases_run_natively():
    with project("rust") as (path, _):
        made = subprocess.run(
            ["cargo", "test", "--quiet"], cwd=path, capture_output=True, text=True, check=False,
            env=os.environ | cargo("rust-native"),
        )
        assert made.returncode == 0 and "2 passed" in made.stdout, made.stdout + made.stderr


def rust_builds_are_reproducible():
    digests = set()
    for _ in range(2):
        # Each time in another folder, and built from nothing.
        with project("rust") as (path, _):
            target = path.parent / "elsewhere"
            run("plugin", "build", cwd=path, env={"CARGO_TARGET_DIR": str(target)})
            component = (path / "staff-badges.wasm").read_bytes()
            assert str(path).encode() not in component and b"/registry/src/" not in component.replace(
                b"/cargo/registry/src/", b""
            )
            digests.add(hashlib.sha256(component).hexdigest())
    assert len(digests) == 1, digests


def cases_that_fail_are_told():
    with tempfile.TemporaryDirectory(prefix="caponier-author-") as name:
        folder = pathlib.Path(name)
        (folder / "cases").mkdir()
        (folder / "cases/a.yaml").write_text('- { name: nothing, text: "hello", none: true }\n- { name: something, text: "hello", expect: [{ rule: email }] }\n')
        component = ROOT / "target/wasm/components/pii.wasm"
        said = run("plugin", "test", component, cwd=folder, expected=2)
        assert "1 passed, 1 failed" in said and "found nothing" in said, said
        junit = run("plugin", "test", component, "--format", "junit", cwd=folder, expected=2)
        assert 'failures="1"' in junit and "<failure>" in junit, junit
        said = run("plugin", "test", component, "--filter", "nothing", cwd=folder)
        assert "1 passed, 0 failed" in said, said
        # What others name must not reach the terminal as it is.
        (folder / "cases/a.yaml").write_text('- { name: "a\\e]0;b\\a", text: b, none: true }')
        said = run("plugin", "test", component, cwd=folder)
        assert "\x1b" not in said and "1 passed" in said, said


PLUGINS = ("pii", "secrets", "injection", "unicode", "urls", "leak", "code", "poison", "terms", "schema", "quota")


def built_in_cases_hold_in_the_sandbox():
    for plugin in PLUGINS:
        report = json.loads(run(
            "plugin", "test", ROOT / f"target/wasm/components/{plugin}.wasm",
            "--cases", ROOT / "plugins" / plugin / "cases", "--format", "json",
        ))
        assert report["failed"] == 0 and report["passed"] > 10, report
        print(f"{plugin}: {report['passed']} cases", flush=True)


def by_itself(*command, cwd=ROOT, env=None, words):
    """A test runner of a language, without a sandbox."""
    made = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300, env=os.environ | (env or {})
    )
    said = made.stdout + made.stderr
    assert made.returncode == 0 and words in said, f"{command}: {made.returncode}\n{said}"


def python_sdk_by_itself():
    unittest = [sys.executable, "-m", "unittest", "discover", "-s"]
    by_itself(*unittest, "sdk/python/tests", "-t", "sdk/python", words="OK")
    by_itself(
        *unittest, "tests", cwd=ROOT / "examples/plugins/python",
        env={"PYTHONPATH": f"src{os.pathsep}{ROOT / 'sdk/python'}"}, words="OK",
    )


def js_sdk_by_itself():
    tests = sorted(ROOT.glob("sdk/js/test/*.js")) + sorted(ROOT.glob("examples/plugins/js/test/*.js"))
    by_itself("node", "--test", *map(str, tests), words="# fail 0")


def c_sdk_by_itself():
    for folder in ("sdk/c", "examples/plugins/c"):
        with tempfile.TemporaryDirectory(prefix="caponier-c-") as name:
            # Nothing is built in the checkout.
            copy = pathlib.Path(name) / "all"
            for part in ("sdk/c", "examples/plugins/c"):
                shutil.copytree(ROOT / part, copy / part)
            by_itself("make", "check", cwd=copy / folder, words="check")


def examples():
    """Each example is built by the command that an author uses, and its cases hold in the sandbox."""
    for folder in ("rust", "c", "js", "python"):
        path = ROOT / "examples/plugins" / folder
        if folder == "js":
            subprocess.run(["npm", "install", "--silent", "--no-package-lock"], cwd=path, check=True, timeout=300)
        env = {"PATH": os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]} | cargo("rust")
        with tempfile.TemporaryDirectory(prefix="caponier-example-") as name:
            component = pathlib.Path(name) / "plugin.wasm"
            run("plugin", "build", "--output", component, cwd=path, env=env)
            data = ["--data", "lists"] if (path / "lists").is_dir() else []
            report = json.loads(run("plugin", "test", component, *data, "--format", "json", cwd=path))
            assert report["failed"] == 0 and report["passed"] > 3, report
            print(f"{folder}: {report['passed']} cases", flush=True)
