"""The bootstrap that `caponier pack` writes stands in front of clients by itself: what they forge
opens nothing."""

import contextlib
import json
import os
import pathlib
import socket
import stat
import subprocess
import tempfile
import time

import identities
from envoy_support import Envoy
from support import GUESTS, PROGRAM, Upstream, completion, free_port

CHAT = "/v1/chat/completions"
HELLO = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def run_pack(directory, config, *more, files=None, env=None):
    """Runs `caponier pack`, whatever comes of it."""
    for name, content in (files or {}).items():
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    (directory / "caponier.yaml").write_text(config)
    command = [PROGRAM, "pack", "--config", "caponier.yaml", *more]
    return subprocess.run(
        command, cwd=directory, capture_output=True, text=True, check=False, env=os.environ | (env or {})
    )


def module_and_bootstrap(directory, config, *more, files=None):
    made = run_pack(
        directory, config, "--output", "module.wasm", "--envoy", "envoy.json", *more, files=files
    )
    assert made.returncode == 0, made.stderr
    return directory / "envoy.json"


def validate(bootstrap):
    """Asks Envoy whether it would run it."""
    made = subprocess.run(
        [os.environ["CAPONIER_ENVOY"], "--mode", "validate", "-c", str(bootstrap)],
        cwd=pathlib.Path(bootstrap).parent, capture_output=True, text=True, check=False,
    )
    assert made.returncode == 0, made.stderr[-3000:]


@contextlib.contextmanager
def running(upstream, gateway="", rest="", files=None):
    """An Envoy that runs the bootstrap of a configuration, and nothing else."""
    port, admin = free_port(), free_port()
    config = f"""version: 1
gateway:
  listen: 127.0.0.1:{port}
  routes:
    - path: /v1/*
      upstream: {upstream.url}
{gateway}
admin: {{ listen: "127.0.0.1:{admin}" }}
audit: {{ path: audit.jsonl }}
{rest}
"""
    with tempfile.TemporaryDirectory(prefix="caponier-pack-") as name:
        directory = pathlib.Path(name)
        bootstrap = module_and_bootstrap(directory, config, files=files)
        validate(bootstrap)
        with Envoy.of(bootstrap, port, admin) as envoy:
            yield envoy


def what_clients_say_of_themselves_counts_for_nothing():
    """Neither an address that a client names nor Envoy's own headers change anything."""

    def slow(_):
        time.sleep(0.3)
        return completion("fine")

    rules = """package caponier

client := object.get(input.context.attributes, "client", "")

decision := {"action": "allow", "labels": {"client": client}}
"""
    upstream = Upstream(slow)
    with running(upstream, rest="rego: [rules.rego]", files={"rules.rego": rules}) as envoy:
        for headers in (
            {},
            {"x-forwarded-for": "203.0.113.9"},
            {"x-forwarded-for": "203.0.113.9, 10.0.0.1, 127.0.0.2", "x-real-ip": "203.0.113.9"},
            {"x-envoy-external-address": "203.0.113.9", "forwarded": "for=203.0.113.9"},
            {"x-envoy-upstream-rq-timeout-ms": "1", "x-envoy-upstream-rq-per-try-timeout-ms": "1"},
            {"x-envoy-internal": "true", "x-envoy-upstream-alt-stat-name": "x"},
        ):
            status, _, answer = envoy.post(CHAT, HELLO, headers)
            assert status == 200, (headers, status, answer)
        records = envoy.audit()
        assert len(records) == 12, records
        assert {record["labels"]["client"] for record in records} == {"127.0.0.1"}, records


def only_tokens_that_hold_name_a_caller():
    """The configuration's own tokens are verified in front of the module."""
    signer, stranger = identities.Signer("ann"), identities.Signer("ann")
    now = int(time.time())
    jwt = {
        "jwks": "jwks.json",
        "issuer": identities.ISSUER,
        "audience": identities.AUDIENCE,
        "claims": {"tenant": "org", "roles": "groups"},
        "leeway": "5s",
    }
    gateway = f"  identity: [{{ jwt: {json.dumps(jwt)} }}]"
    # A secret that two share stands in the set as well. It verifies nothing here.
    shared = {"kty": "oct", "kid": "shared", "alg": "HS256", "k": identities.encode(b"k" * 32)}
    keys = json.loads(identities.key_set([signer]))
    keys["keys"].append(shared)
    good = signer.token(org="acme", groups=["staff"])
    head, body, signature = good.split(".")

    def signed(algorithm, kid, key):
        import hmac

        packed = identities.encode(json.dumps({"alg": algorithm, "kid": kid}).encode())
        text = f"{packed}.{body}"
        return f"{text}.{identities.encode(hmac.new(key, text.encode(), 'sha256').digest())}"

    public = signer.key.public_key().public_bytes_raw()
    unsigned = identities.encode(json.dumps({"alg": "none", "kid": "ann"}).encode())
    forged = {
        "nothing": None,
        "no signature": f"{head}.{body}.",
        "cut signature": good[:-8],
        "none": f"{unsigned}.{body}.",
        "HS256 with the public key": signed("HS256", "ann", public),
        "HS256 with the public key as it is written": signed("HS256", "ann", identities.encode(public).encode()),
        "a shared secret of the set": signed("HS256", "shared", b"k" * 32),
        "another's key": stranger.token(org="acme"),
        "another's key, sent along": stranger.token(header={"jwk": stranger.jwk}, org="acme"),
        "unknown key": signer.token(header={"kid": "bob"}, org="acme"),
        "expired": signer.token(org="acme", exp=now - 60),
        "no expiry": signer.token(org="acme", exp=None),
        "not yet": signer.token(org="acme", nbf=now + 600),
        "other issuer": signer.token(org="acme", iss="https://evil.example"),
        "no issuer": signer.token(org="acme", iss=None),
        "other audience": signer.token(org="acme", aud="other"),
        "no audience": signer.token(org="acme", aud=None),
        "no subject": signer.token(org="acme", sub=None),
        "four parts": good + ".x",
        "no tenant": signer.token(),
    }
    # Names of headers that somebody may have read identities from, and names of ours.
    claims = {
        "x-user": "root", "x-jwt-payload": identities.encode(b'{"sub":"root"}'),
        "x-caponier-principal": "root", "x-caponier-tenant": "forged", "payload": "root",
    }
    upstream = Upstream(lambda _: completion("fine"))
    with running(upstream, gateway, files={"jwks.json": json.dumps(keys)}) as envoy:
        for more in ({}, claims):
            for name, token in forged.items():
                headers = {"authorization": f"Bearer {token}"} if token else {}
                status, _, answer = envoy.post(CHAT, HELLO, headers | more)
                assert status in (401, 403), (name, status, answer)
        # A token in the address stands in logs of every hop: none is read there.
        assert envoy.post(f"{CHAT}?access_token={good}", HELLO)[0] == 401
        assert upstream.requests == []
        for more in ({}, claims):
            status, _, answer = envoy.post(CHAT, HELLO, {"authorization": f"Bearer {good}"} | more)
            assert status == 200, answer
        # It was meant for this listener and goes no further.
        for request in upstream.requests:
            assert "authorization" not in {name.lower() for name in request.headers}, request.headers
        records = [record for record in envoy.audit() if record["action"] == "allow"]
        assert {record["principal"] for record in records} == {"ann"}, records
        assert {record["tenant"] for record in records} == {"acme"}, records


def what_a_bootstrap_cannot_vouch_for_is_refused():
    """Identities that nothing in it makes sure of, and an admin port that others reach."""
    route = 'routes: [{ path: /v1/*, upstream: "http://127.0.0.1:9" }]'
    headers = json.dumps([{"headers": {"id": "x-user"}}])
    tokens = json.dumps([{"jwt_authn": {"payload": "payload", "id": "sub"}}])
    bootstrap, identity = ["--envoy", "envoy.json"], ["--identity", "identity.json"]
    cases = (
        ("", "", [*bootstrap, *identity], headers, "every client could be whoever it likes"),
        ("", "", [*bootstrap, *identity], tokens, "hint: name tokens in `gateway.identity`"),
        ("identity: [{ api_keys: keys.yaml }]", "", bootstrap, "", "knows no hashed keys"),
        ("identity: [{ api_keys: keys.yaml }]", "", [], "", "--identity FILE"),
        ("", "", identity, "[]", "names nobody"),
        ("", 'admin: { listen: "0.0.0.0:1", insecure: true }', bootstrap, "", "not a loopback address"),
        ("", 'admin: { listen: "[::]:1", insecure: true }', bootstrap, "", "hint: `listen: 127.0.0.1:1`"),
    )
    for gateway, rest, more, identity, hint in cases:
        with tempfile.TemporaryDirectory(prefix="caponier-pack-") as name:
            directory = pathlib.Path(name)
            config = f"version: 1\ngateway:\n  listen: 127.0.0.1:8787\n  {gateway}\n  {route}\n{rest}\n"
            files = {"keys.yaml": "keys: []\n", "identity.json": identity}
            made = run_pack(directory, config, "--output", "module.wasm", *more, files=files)
            assert made.returncode == 2 and hint in made.stderr, (hint, made.stderr)
            assert not (directory / "envoy.json").exists(), hint
            assert not (directory / "module.wasm").exists(), hint
    # What `check` refuses is refused here.
    with tempfile.TemporaryDirectory(prefix="caponier-pack-") as name:
        config = 'version: 1\ngateway:\n  routes: [{ path: /v1/*, plugins: [nope] }]\n'
        made = run_pack(pathlib.Path(name), config, "--output", "module.wasm")
        assert made.returncode == 2 and "called `nope`" in made.stderr, made.stderr
    # Elsewhere the admin port may be where it is, and who sets headers is somebody else's affair.
    with tempfile.TemporaryDirectory(prefix="caponier-pack-") as name:
        config = f'version: 1\ngateway:\n  {route}\nadmin: {{ listen: "0.0.0.0:1", insecure: true }}\n'
        made = run_pack(
            pathlib.Path(name), config, "--output", "module.wasm", "--identity", "identity.json",
            files={"identity.json": headers},
        )
        assert made.returncode == 0, made.stderr


def connections_have_the_configurations_limits():
    """Headers that do not end, or that are too many or too long, end the connection."""
    upstream = Upstream(lambda _: completion("fine"))
    limits = "  connections: { header_timeout: 1s, header_bytes: 8KiB, max_headers: 32 }"
    with running(upstream, limits) as envoy:
        assert envoy.post(CHAT, HELLO)[0] == 200
        assert envoy.post(CHAT, HELLO, {"x-long": "x" * 9000})[0] == 431
        assert envoy.post(CHAT, HELLO, {f"x-{index}": "x" for index in range(40)})[0] == 431
        with socket.create_connection(("127.0.0.1", envoy.port), timeout=10) as slow:
            slow.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n")
            answer = slow.recv(4096)
            assert answer.startswith(b"HTTP/1.1 408") or not answer, answer
        assert len(upstream.requests) == 1


def one_address_with_and_without_tls():
    """Routes to one host and port that differ in TLS or in whom they trust share nothing."""
    first, second = identities.Authority(), identities.Authority()
    config = """version: 1
gateway:
  routes:
    - { path: /v1/chat/*, upstream: "http://localhost:9443" }
    - { path: /v1/a/*, upstream: "https://localhost:9443", trusted_ca: tls/first.pem }
    - { path: /v1/b/*, upstream: "https://localhost:9443", trusted_ca: tls/second.pem }
    - { path: /v1/c/*, upstream: "https://localhost:9443" }
    - { path: /v1/d/*, upstream: "https://localhost:9443", trusted_ca: tls/first.pem }
    - { path: /v1/e/*, upstream: "https://127.0.0.1:9443", trusted_ca: tls/first.pem }
plugins: []
"""
    files = {"tls/first.pem": first.pem, "tls/second.pem": second.pem}
    with tempfile.TemporaryDirectory(prefix="caponier-pack-") as name:
        directory = pathlib.Path(name)
        path = module_and_bootstrap(directory, config, files=files)
        validate(path)
        resources = json.loads(path.read_text())["static_resources"]
    (listener,) = resources["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]
    clusters = {cluster["name"]: cluster for cluster in resources["clusters"]}
    assert len(clusters) == len(resources["clusters"]) == 5, clusters.keys()

    def trusted(path):
        (route,) = [route for route in routes if route["match"]["prefix"] == path]
        cluster = clusters[route["route"]["cluster"]]
        if "transport_socket" not in cluster:
            return None
        tls = cluster["transport_socket"]["typed_config"]
        validation = tls["common_tls_context"]["validation_context"]
        (name,) = validation["match_typed_subject_alt_names"]
        return validation["trusted_ca"]["filename"], name["san_type"], tls.get("sni")

    one, other = str(directory / "tls/first.pem"), str(directory / "tls/second.pem")
    assert trusted("/v1/chat/") is None
    assert trusted("/v1/a/") == trusted("/v1/d/") == (one, "DNS", "localhost")
    assert trusted("/v1/b/") == (other, "DNS", "localhost")
    assert trusted("/v1/c/")[0].startswith("/etc/"), trusted("/v1/c/")
    assert trusted("/v1/e/") == (one, "IP_ADDRESS", None)


def a_module_with_secrets_is_its_owners():
    """Secrets and granted data are in the module: nobody else may read it, and it is said."""
    plain = "plugins: [{ use: builtin:pii }]"
    secret = "plugins: [{ use: builtin:pii, settings: { hash_key: { env: KEY } } }]"
    data = f'plugins: [{{ use: "file:{GUESTS}/hostile.wasm", grants: {{ data: lists }} }}]'
    for config, more, mode, told in (
        (plain, [], 0o644, None),
        (secret, ["--embed-secrets"], 0o600, "secrets in the settings of plugin `pii`"),
        (data, [], 0o600, "data that plugin"),
    ):
        with tempfile.TemporaryDirectory(prefix="caponier-pack-") as name:
            directory = pathlib.Path(name)
            module = directory / "module.wasm"
            # What an earlier run left readable does not stay so.
            module.write_bytes(b"")
            module.chmod(0o666)
            written = set()
            for key in ("0123456789abcdef0123", "1123456789abcdef0123"):
                made = run_pack(
                    directory, f"version: 1\n{config}\n", "--output", "module.wasm", *more,
                    files={"lists/granted.txt": "a line"}, env={"KEY": key},
                )
                assert made.returncode == 0, made.stderr
                assert stat.S_IMODE(module.stat().st_mode) == mode, (config, module.stat())
                assert (told in made.stdout) if told else ("private" not in made.stdout), made.stdout
                # What it holds is compressed: only where the key is in it, another makes another.
                assert key.encode() not in module.read_bytes()
                written.add(module.read_bytes())
            assert (len(written) == 2) == (config == secret), config
