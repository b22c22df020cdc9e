"""What the filter knows of a caller, and what it tells: identity, audit, metrics."""

import base64
import hashlib
import hmac
import json
import re
import time

from envoy_chat import RULES, user
from envoy_support import Envoy, packed
from support import Upstream, metric

PATH = "/v1/chat/completions"
GOOD = {"model": "m", "messages": user("Hello")}
BAD = {"model": "m", "messages": user("It is FORBIDDEN.")}
NAME = "type.googleapis.com/envoy.extensions.filters.http."


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


KEY = b"a key of the tests, shared by two"


def token(claims):
    """The header of a caller with these claims."""
    head = encoded({"alg": "HS256", "kid": "k", "typ": "JWT"})
    signed = f"{head}.{encoded({'iss': 'tests'} | claims)}"
    mac = hmac.new(KEY, signed.encode(), hashlib.sha256).digest()
    return {"authorization": f"Bearer {signed}.{encoded(mac)}"}


def jwt_authn(is_required=False):
    """Envoy's filter that verifies tokens, and leaves what they say."""
    keys = {"keys": [{"kty": "oct", "alg": "HS256", "kid": "k", "k": encoded(KEY)}]}
    known = {"provider_name": "tests"}
    either = {"requires_any": {"requirements": [known, {"allow_missing": {}}]}}
    requires = known if is_required else either
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": NAME + "jwt_authn.v3.JwtAuthentication",
            "providers": {
                "tests": {
                    "issuer": "tests",
                    "local_jwks": {"inline_string": json.dumps(keys)},
                    "payload_in_metadata": "payload",
                }
            },
            "rules": [{"match": {"prefix": "/v1/"}, "requires": requires}],
        },
    }


def jwt_authn_tells_who_it_is():
    rules = """
package caponier

import rego.v1

decision := {"action": "deny", "status": 403, "reason": "only admins"} if {
	input.phase == "begin"
	not "admin" in input.context.principal.roles
} else := {"action": "allow"}
"""
    shell = {
        "identity": [
            {"jwt_authn": {"payload": "payload", "id": "sub", "tenant": "org", "roles": "realm.roles"}}
        ],
        "audit": True,
    }
    upstream = Upstream()
    with Envoy(upstream, packed(rules, shell=shell), before=[jwt_authn()]) as envoy:
        status, _, answer = envoy.post(PATH, GOOD)
        assert status == 401, (status, answer)
        roles = (["dev", "admin"], "dev admin", ["dev"], [], "dev", ["not admin"])
        for given, expected in zip(roles, (200, 200, 403, 403, 403, 403)):
            claims = {"sub": "ann", "org": "acme", "realm": {"roles": given}}
            status, _, answer = envoy.post(PATH, GOOD, token(claims))
            assert status == expected, (given, status, answer)
        status, _, _ = envoy.post(PATH, GOOD, {"authorization": "Bearer forged"})
        assert status == 401
        # A caller of no tenant, or of one that is no text, is nobody here.
        for org in (None, 2.0, 7, True, {"a": "b"}, ["acme"], "", "ac\x01me", "missing"):
            claims = {"sub": "ann", "realm": {"roles": "admin"}} | {"org": org}
            if org == "missing":
                del claims["org"]
            status, _, answer = envoy.post(PATH, GOOD, token(claims))
            assert status == 401, (org, status, answer)
        records = envoy.audit()
        assert {record["principal"] for record in records} == {"ann"}, records
        assert {record["tenant"] for record in records} == {"acme"}
        assert len(upstream.requests) == 2


def named_headers_tell_who_it_is():
    shell = {
        "identity": [{"headers": {"id": "x-user", "tenant": "x-org", "roles": "x-roles"}}],
        "audit": True,
    }
    upstream = Upstream()
    with Envoy(upstream, packed(RULES, shell=shell)) as envoy:
        assert envoy.post(PATH, GOOD)[0] == 401
        assert envoy.post(PATH, GOOD, {"x-user": "ann", "x-org": "acme"})[0] == 200
        assert envoy.audit()[0]["principal"] == "ann"


def audit_lines_are_those_of_the_gateway():
    shell = {"audit": True, "audit_key": "k", "answer_headers": False}
    upstream = Upstream()
    with Envoy(upstream, packed(RULES, shell=shell)) as envoy:
        status, headers, _ = envoy.post(PATH, BAD)
        assert status == 400 and "x-caponier-action" not in headers
        envoy.post(PATH, GOOD)
        envoy.post(PATH, GOOD | {"stream": True})
        records = envoy.audit()
        stages = [(record["stage"], record["action"]) for record in records]
        expected = [("prompt", "deny"), *[("prompt", "allow"), ("output", "allow")] * 2]
        assert stages == expected, stages
        record = records[0]
        assert record["status"] == 400 and record["route"] == "/v1/*"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["time"])
        assert set(record) == {
            "time", "exchange", "revision", "stage", "route", "tenant", "principal", "model",
            "action", "reason", "status", "would", "findings", "findings_total", "dropped", "coverage",
            "faults", "labels", "usage", "timings",
        }
        assert "FORBIDDEN" not in envoy.logs()


def metrics_have_the_gateways_names():
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        envoy.post(PATH, BAD)
        envoy.post(PATH, GOOD)
        envoy.post(PATH, GOOD | {"stream": True})
        time.sleep(1)
        text = envoy.stats("caponier")
        total = "caponier_requests_total"
        assert metric(text, total, action="deny", status="400", route="/v1/*") == 1, text
        assert metric(text, total, action="allow", status="200", route="/v1/*") == 2, text
        assert metric(text, "caponier_tokens_total", direction="completion") == 1, text
        assert metric(text, "caponier_streams_open") == 0
        assert metric(text, "caponier_stage_duration_microseconds_count", stage="prompt") >= 3, text
        assert metric(text, "caponier_revision", revision="sha256:" + "0" * 64) == 1, text
