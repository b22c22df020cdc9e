"""The examples do what their READMEs say, and the policy cases hold."""

import json
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import records
from support import EMAIL, PROGRAM, ROOT, cache_directory, free_port


def ask(port, body, key=None):
    """Status and JSON of one chat request."""
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(), headers
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def admin_text(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return answer.read().decode()


def message(text, **more):
    return {"model": "small", "messages": [{"role": "user", "content": text}], **more}


def a_gateway_for_a_team():
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory, "gateway")
        shutil.copytree(pathlib.Path(ROOT, "examples/gateway"), place)
        config = place / "caponier.yaml"
        ports = {"8787": free_port(), "8788": free_port(), "8789": free_port()}
        text = config.read_text()
        for usual, free in ports.items():
            assert f"127.0.0.1:{usual}" in text
            text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{free}")
        config.write_text(text)
        key = secrets.token_hex(24)
        hashed = subprocess.run(
            [PROGRAM, "hash-key"], input=key.encode(), capture_output=True, check=True
        ).stdout.decode().strip()
        (place / "keys.yaml").write_text(
            f'keys:\n  - {{ hash: "{hashed}", id: ann, roles: [staff], tenant: acme }}\n'
        )
        cache = ["--cache", str(cache_directory())]
        checked = subprocess.run(
            [PROGRAM, "check", "--config", str(config), *cache], capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stderr.decode()
        process = subprocess.Popen(
            [PROGRAM, "serve", "--config", str(config), *cache], stderr=subprocess.PIPE
        )
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    admin = f"http://127.0.0.1:{ports['8788']}/readyz"
                    if urllib.request.urlopen(admin, timeout=1).status == 200:
                        break
                except OSError:
                    pass
                assert process.poll() is None and time.monotonic() < until, "not ready"
                time.sleep(0.05)
            port = ports["8787"]
            assert ask(port, message("hello"))[0] == 401
            assert ask(port, message("hello"), "wrong")[0] == 401
            status, answer = ask(port, message(f"Write to {EMAIL}"), key)
            assert status == 200, answer
            assert EMAIL in answer["choices"][0]["message"]["content"]
            status, answer = ask(port, message("hello", model="large-1"), key)
            assert status == 403, (status, answer)
            assert "research group" in answer["error"]["message"], answer
            # The example's rules follow a change while it runs.
            rules = place / "policies/access.rego"
            rules.write_text(rules.read_text().replace('"research"', '"staff"'))
            until = time.monotonic() + 10
            while ask(port, message("hello", model="large-1"), key)[0] != 200:
                assert time.monotonic() < until, "the new rule is not followed"
                time.sleep(0.02)
            written = {"metrics": admin_text(ports["8788"], "/metrics")}
        finally:
            process.terminate()
            log = process.communicate(timeout=30)[1]
        written |= {file.name: file.read_text() for file in place.glob("audit.jsonl*")}
        written["log"] = log.decode()
        assert "audit.jsonl" in written, written.keys()
        records.keep(written, [EMAIL, key])
        records.search(written, [EMAIL, key])


def policy_cases_hold():
    outcome = subprocess.run(
        [PROGRAM, "test", str(pathlib.Path(ROOT, "tests/cases")), "--format", "json",
         "--cache", str(cache_directory())],
        capture_output=True, check=False,
    )
    report = json.loads(outcome.stdout)
    failed = [case for case in report["cases"] if not case["passed"]]
    assert not failed and outcome.returncode == 0, failed
    assert report["passed"] >= 10
