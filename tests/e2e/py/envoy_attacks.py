"""Heads that two readers could take apart differently: nothing goes past the filter by them."""

import socket

from envoy_bodies import BAD, GOOD, PATH, head, raw
from envoy_chat import RULES
from envoy_support import Envoy, packed
from raw_http2 import Http2
from support import Raw, Upstream, completion

# What an upstream could still take for the guarded endpoint.
TARGETS = [
    b"/v1/chat/completions?\xff",
    b"/v1/chat/completions?a=\xc3\x28",
    b"/v1/chat/completions\xff",
    b"/v1/chat/completions/\xff/..",
    b"\xff/v1/chat/completions",
    b"/v1/\xffchat/completions",
    b"/\xff/../v1/chat/completions",
    b"//v1/chat/completions",
    b"/v1//chat/completions",
    b"/v1/./chat/completions",
    b"/./v1/chat/completions",
    b"/x/../v1/chat/completions",
    b"/x/%2e%2e/v1/chat/completions",
    b"/%76%31/chat/completions",
    b"/v1%2fchat%2fcompletions",
    b"/v1/chat/completions;x=1",
    b"/v1;x=1/chat/completions",
    b"/;/v1/chat/completions",
    b"/v1\\chat\\completions",
    b"/v1/chat/completions%00",
    b"/v1/chat/completions%3f",
    b"/V1/Chat/Completions",
    b"/v1/chat/completions/",
    b"http://x/v1/chat/completions?\xff",
    b"*",
    b"",
]


def exchange(envoy, data):
    """What comes of these very bytes; `None` where the connection just ends."""
    try:
        status, _, _ = raw(envoy, data)
        return status
    except (ConnectionError, OSError, ValueError) as error:
        assert not isinstance(error, socket.timeout), data[:200]
        return None
    except Exception as error:  # noqa: BLE001
        # What is no status line is no answer.
        assert type(error).__module__ == "http.client", error
        return None


def targets_that_two_readers_take_for_different_ones():
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        for target in TARGETS:
            data = b"POST " + target + b" HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            data += b"content-length: %d\r\nconnection: close\r\n\r\n" % len(BAD) + BAD
            status = exchange(envoy, data)
            assert status in (None, 400, 404), (target, status)
            with Http2(envoy.port) as client:
                status, _, _ = client.all(target, [BAD])
                assert status in (None, 400, 404), (target, status)
        assert upstream.requests == [], [request.path for request in upstream.requests]
        # An absolute target is its path.
        data = f"POST http://x{PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(BAD)}\r\n\r\n".encode()
        assert exchange(envoy, data + BAD) == 400
        data = f"POST http://x{PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(GOOD)}\r\n\r\n".encode()
        assert exchange(envoy, data + GOOD) == 200
        with Http2(envoy.port) as client:
            assert client.all(PATH.encode() + b"?x=%ff", [GOOD])[0] == 200
        assert len(upstream.requests) == 2


def heads_with_odd_bytes():
    """In a name, a value, the method: it is refused, or inspected like any other."""
    odd = [
        (b"x-odd", b"\xff\xfe"),
        (b"x-od\xff", b"1"),
        (b"content-type", b"application/json; charset=\xff"),
        (b"content-type", b"\xff"),
        (b"content-encoding", b"\xff"),
        (b"content-encoding", b"identity,\xff"),
        (b"content-length", b"\xff"),
        (b"content-length", b"5"),
        (b"transfer-encoding", b"\xff"),
        (b"x-caponier-tenant", b"\xff"),
        (b"x-caponier-\xff", b"1"),
        (b"x_caponier_tenant", b"forged"),
        (b"upgrade", b"\xff"),
        (b"connection", b"upgrade, \xff"),
        (b"expect", b"\xff"),
        (b":path", b"/other"),
        (b":method", b"GET"),
    ]
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        for name, value in odd:
            lines = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            data = lines + name + b": " + value + b"\r\ncontent-length: %d\r\n\r\n" % len(BAD)
            status = exchange(envoy, data + BAD)
            assert status in (None, 400, 403, 404, 415, 417, 501), (name, value, status)
            with Http2(envoy.port) as client:
                status, _, _ = client.all(PATH.encode(), [BAD], [(name, value)])
                assert status in (None, 400, 404, 415, 501), (name, value, status)
        for method in (b"PO\xffST", b"post", b"PUT", b"HEAD", b"GET", b"CONNECT", b"OPTIONS", b"TRACE"):
            data = method + b" /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            data += b"content-length: %d\r\n\r\n" % len(BAD) + BAD
            status = exchange(envoy, data)
            assert status in (None, 400, 403, 404, 405, 501), (method, status)
            with Http2(envoy.port) as client:
                status, _, _ = client.all(PATH.encode(), [BAD], method=method)
                assert status in (None, 400, 403, 404, 405), (method, status)
        # A tunnel has no path at all.
        assert exchange(envoy, b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n") in (None, 400, 403, 404)
        with Http2(envoy.port) as client:
            assert client.all(None, [BAD], method=b"CONNECT")[0] in (None, 400, 403, 404)
        assert upstream.requests == [], [request.path for request in upstream.requests]
        # Our own names do not go on, however they are written.
        for name in (b"x-caponier-tenant", b"X_Caponier-Tenant"):
            lines = head("connection: close", f"content-length: {len(GOOD)}")[:-2]
            status = exchange(envoy, lines + name + b": forged\xff\r\n\r\n" + GOOD)
            assert status in (None, 200, 400), (name, status)
        for request in upstream.requests:
            names = [name.lower().replace("_", "-") for name in request.headers]
            assert not [name for name in names if name.startswith("x-caponier")], names


def bodies_where_none_belong():
    upstream = Upstream(lambda _: completion("Fine."))
    route = {"unknown_endpoints": "pass"}
    with Envoy(upstream, packed(RULES, route=route)) as envoy:
        override = {"x-http-method-override": "POST"}
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
            status, _, _ = envoy.post(PATH, BAD, override, method=method)
            assert status in (400, 404), (method, status)
            with Http2(envoy.port) as client:
                status, _, _ = client.all(PATH.encode(), [BAD], method=method.encode())
                assert status in (400, 404), (method, status)
        assert upstream.requests == []
        status, headers, _ = envoy.post(PATH, None, method="GET")
        assert status == 200 and headers["x-caponier-action"] == "allow", (status, headers.items())
        assert len(upstream.requests) == 1


def redirects_and_retries_are_judged_again():
    """Where Envoy itself asks anew, the filter sees that too."""
    def answer(request):
        if request.path == PATH + "?first":
            location = f"location: http://127.0.0.1:{envoy.port}{PATH}?second"
            return Raw.of(b"", location, status="307 Moved")
        if request.path == PATH + "?broken" and len(upstream.requests) < 3:
            return Raw.of(b"", status="503 No")
        return completion("It is FORBIDDEN." if "secret" in request.path else "Fine.")

    upstream = Upstream(answer)
    policy = {
        "cluster": "model",
        "timeout": "0s",
        "internal_redirect_policy": {"redirect_response_codes": [307], "max_internal_redirects": 2},
        "retry_policy": {"retry_on": "5xx", "num_retries": 3},
    }
    edited = GOOD[:-1] + b', "max_tokens": 900}'
    with Envoy(upstream, packed(RULES), route=policy) as envoy:
        status, headers, answer = envoy.post(PATH + "?first", edited)
        assert status == 200 and b"Fine." in answer, (status, answer)
        # The second one is judged as the first one left it.
        assert headers["x-caponier-action"] == "allow", headers.items()
        paths = [request.path for request in upstream.requests]
        assert paths == [PATH + "?first", PATH + "?second"], paths
        assert [request.json["max_tokens"] for request in upstream.requests] == [5, 5]
        upstream.requests.clear()
        status, _, answer = envoy.post(PATH + "?broken", edited)
        assert status == 200 and b"Fine." in answer, (status, answer)
        assert [request.json["max_tokens"] for request in upstream.requests] == [5, 5, 5]
        status, _, answer = envoy.post(PATH + "?secret", GOOD)
        assert b"FORBIDDEN" not in answer, answer
