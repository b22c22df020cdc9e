"""What others rely on: metrics, the configuration's schema."""

import json
import pathlib
import subprocess

import jsonschema
import yaml

from support import ATTACK, AWS_KEY, EMAIL, PROGRAM, ROOT, Gateway, Upstream, metric


def promtool_accepts_the_metrics():
    with Gateway(Upstream()) as gateway:
        for text in ("hello", ATTACK, f"I am {EMAIL}", f"key {AWS_KEY}"):
            gateway.post(
                "/v1/chat/completions",
                {"model": "m", "messages": [{"role": "user", "content": text}]},
            )
        status, metrics = gateway.get("/metrics")
        assert status == 200
        checked = subprocess.run(
            ["promtool", "check", "metrics"],
            input=metrics.encode(),
            capture_output=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "caponier_" in metrics


def schema_validates_every_configuration():
    schema = json.loads(
        subprocess.run([PROGRAM, "schema"], capture_output=True, check=True).stdout
    )
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    validator = validator(schema)
    configurations = dict(all_configurations())
    assert configurations, "there is no configuration in the repository"
    for name, value in configurations.items():
        errors = [error.message for error in validator.iter_errors(value)]
        assert not errors, (name, errors)
    # It is no schema that accepts everything.
    for wrong in ({"version": 1, "gatway": {}}, {"version": "one"}, {}, []):
        assert not validator.is_valid(wrong), wrong


def all_configurations():
    """Every YAML file that is a configuration, and every one in a document's code block."""
    listed = subprocess.run(
        ["git", "ls-files", "*.yaml", "*.yml", "*.md"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in listed.splitlines():
        text = pathlib.Path(ROOT, name).read_text()
        if name.endswith(".md"):
            for number, block in enumerate(text.split("```yaml\n")[1:]):
                value = yaml.safe_load(block.split("```")[0])
                if isinstance(value, dict) and "version" in value:
                    yield f"{name}, block {number + 1}", value
            continue
        for document in yaml.safe_load_all(text):
            # Test cases are no configuration; they lie in directories of that name. Nor are objects
            # of Kubernetes and workflows.
            is_case = "cases" in pathlib.Path(name).parts
            is_object = isinstance(document, dict) and {"apiVersion", "kind"} <= document.keys()
            is_workflow = isinstance(document, dict) and "jobs" in document
            if not is_case and not is_object and not is_workflow:
                yield name, document


def wrong_configurations_are_explained():
    """`check` names file, line, key and hint, and ends with 2."""
    import tempfile

    cases = [
        ("version: 1\ngatway: {}\n", ["gatway", ":2", "gateway"]),
        ("version: 1\nplugins:\n  - use: builtin:nope\n", ["nope", ":3"]),
        ("version: 1\nplugins:\n  - use: file:missing.wasm\n", ["missing.wasm"]),
        ("version: 1\nrego: [missing.rego]\n", ["missing.rego"]),
        ('version: 1\nactions: { "pii/*l": deny, "pii/*il": deny }\n', ["pii/"]),
        ("version: 1\nrego: [broken.rego]\n", ["broken.rego"]),
    ]
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory)
        (path / "broken.rego").write_text("package caponier\n\ndeny contains x if {\n")
        for number, (text, words) in enumerate(cases):
            file = path / f"config-{number}.yaml"
            file.write_text(text)
            for command in ("check", "serve"):
                done = subprocess.run(
                    [PROGRAM, command, "--config", str(file)],
                    capture_output=True,
                    stdin=subprocess.DEVNULL,
                    timeout=60,
                    check=False,
                )
                said = (done.stdout + done.stderr).decode()
                assert done.returncode == 2, (command, text, done.returncode, said)
                for word in words:
                    assert word in said, (command, text, word, said)


def records_of_a_day_hold_no_text():
    """Everything at once, then a look into every record; `Gateway` searches when it stops."""
    upstream = Upstream()
    with Gateway(upstream) as gateway:
        texts = [ATTACK, f"I am {EMAIL}", f"key {AWS_KEY}", "hello"]
        for text in texts:
            for stream in (False, True):
                gateway.post(
                    "/v1/chat/completions",
                    {
                        "model": "m",
                        "stream": stream,
                        "messages": [{"role": "user", "content": text}],
                    },
                )
            gateway.inspect(
                {
                    "stage": "prompt",
                    "context": {"tenant": "t"},
                    "segments": [{"role": "user", "kind": "text", "text": text}],
                }
            )
            gateway.post("/v1/chat/completions", text.encode())
            gateway.post("/v1/inspect", text.encode(), port=gateway.decision)
        audit = (gateway.path / "audit.jsonl").read_text()
        rules = {
            finding["rule"]
            for record in map(json.loads, audit.splitlines())
            for finding in record.get("findings", [])
        }
        assert {"pii/email", "secrets/aws-access-key"} <= rules, rules
        assert metric(gateway.get("/metrics")[1], "caponier_nothing") == 0
