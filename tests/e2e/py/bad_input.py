"""What comes in and should not: from clients, from upstreams, from whoever writes a configuration."""

import base64
import contextlib
import gzip
import hashlib
import json
import pathlib
import socket
import subprocess
import tempfile
import time
import zlib

import brotli
import zstandard

import identities
from support import (
    ATTACK,
    AWS_KEY,
    DONE,
    EMAIL,
    GUESTS,
    PROGRAM,
    Gateway,
    Raw,
    Upstream,
    cache_directory,
    completion,
    event,
    metric,
    text_events,
)

CHAT = "/v1/chat/completions"


def user(content, **more):
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def zstd(data):
    return zstandard.ZstdCompressor().compress(data)


PACKERS = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstd}


def error_of(answer):
    error = json.loads(answer)["error"]
    assert error["message"] and error["type"], answer
    return error


def text_of(body):
    """The text of a streamed answer."""
    text = ""
    for line in body.decode().splitlines():
        if line.startswith("data: {"):
            for choice in json.loads(line[6:]).get("choices", []):
                text += choice["delta"].get("content") or ""
    return text


def json_that_is_not_clear():
    """What two parsers could read in two ways is refused, with what it is and where."""
    good = json.dumps(user("hi"))
    hi = '{"role":"user","content":"hi"}'
    cases = {
        "end": (b"", ""),
        "no object": (b"[]", ""),
        "only a string": (b'"x"', ""),
        "not closed": (good[:-1].encode(), ""),
        "single quotes": (good.replace('"', "'").encode(), ""),
        "a comment": (good.replace("{", "{/*x*/", 1).encode(), ""),
        "comma at the end": (good[:-1].encode() + b",}", ""),
        "NaN": (good.replace('"m"', '"m","temperature":NaN').encode(), ""),
        "infinity": (good.replace('"m"', '"m","temperature":Infinity').encode(), ""),
        "leading zero": (good.replace('"m"', '"m","n":01').encode(), ""),
        "control character": (good.replace("hi", "h\ni").encode(), "messages"),
        "NUL after it": (good.encode() + b"\0", ""),
        "NUL before it": (b"\0" + good.encode(), ""),
        "form feed": (b"\x0c" + good.encode(), ""),
        "UTF-16": (good.encode("utf-16"), ""),
        "UTF-16 without mark": (good.encode("utf-16-le"), ""),
        "overlong UTF-8": (good.encode().replace(b"hi", b"h\xc1\xa9"), ""),
        "surrogate in UTF-8": (good.encode().replace(b"hi", b"\xed\xa0\x80"), ""),
        "half an escape": (good.replace("hi", "\\u12").encode(), "messages"),
        "unknown escape": (good.replace("hi", "\\x41").encode(), "messages"),
        "key twice": (good.replace('"model"', '"model":"a","model"').encode(), "model"),
        "key twice, once escaped": (
            good.replace('"model"', '"model":"a","mod\\u0065l"').encode(),
            "model",
        ),
        "role twice": (good.replace('"role"', '"role":"tool","role"').encode(), "role"),
        "content twice": (good.replace('"content"', '"content":"a","content"').encode(), "content"),
        "part's text twice": (
            json.dumps(user([{"type": "text", "text": "hi"}])).replace('"text": "hi"', '"text":"a","text":"hi"').encode(),
            "text",
        ),
        "key in capitals": (good.replace('"messages"', f'"MESSAGES":[{hi}],"messages"').encode(), "messages"),
        "key with an invisible letter": (
            good.replace('"content"', '"content\u200b":"a","content"').encode(),
            "content",
        ),
        "key in full width": (good.replace('"content"', '"ｃontent":"a","content"').encode(), ""),
        "key with long s": (good.replace('"messages"', f'"meſſages":[{hi}],"messages"').encode(), ""),
        "key with NUL": (good.replace('"content"', '"content\\u0000":"a","content"').encode(), "content"),
        "key with a blank": (good.replace('"content"', '" content":"a","content"').encode(), "content"),
        "no messages": (b'{"model":"m"}', "messages"),
        "messages an object": (b'{"model":"m","messages":{}}', "messages"),
        "message a string": (b'{"model":"m","messages":["hi"]}', "messages[0]"),
        "content a number": (b'{"model":"m","messages":[{"role":"user","content":1}]}', "messages[0].content"),
        "content an object": (b'{"model":"m","messages":[{"role":"user","content":{"text":"x"}}]}', "messages[0].content"),
        "text a list": (
            b'{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":["x"]}]}]}',
            "messages[0].content[0].text",
        ),
        "no role": (b'{"model":"m","messages":[{"content":"x"}]}', "messages[0]"),
        "stream a string": (good.replace('"m"', '"m","stream":"true"').encode(), "stream"),
        "10 000 arrays": (b'{"messages":' + b"[" * 10_000 + b"]" * 10_000 + b"}", ""),
        "10 000 objects": (b'{"messages":[],"x":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}", ""),
        "100 000 arrays, open": (b'{"messages":' + b"[" * 100_000, ""),
    }
    upstream = Upstream(lambda _: completion("fine"))
    with Gateway(upstream) as gateway:
        for name, (body, place) in cases.items():
            status, headers, answer = gateway.post(CHAT, body)
            assert status == 400, (name, status, answer)
            error = error_of(answer)
            assert error["type"] == "invalid_request_error", (name, answer)
            assert place in error["message"], (name, place, answer)
            assert headers["x-caponier-action"] == "deny", name
            assert upstream.requests == [], name
            assert len(answer) < 2000, (name, "an answer that repeats what was sent")
        # Deep arrays inside the arguments of a tool call: text in text.
        deep = "[" * 10_000 + "]" * 10_000
        call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": deep}}
        for arguments in (deep, deep[:10_000], '{"a":' * 10_000):
            call["function"]["arguments"] = arguments
            body = user("hi")
            body["messages"].append({"role": "assistant", "content": None, "tool_calls": [call]})
            assert gateway.post(CHAT, body)[0] in (200, 400)
        assert gateway.post(CHAT, good.encode())[0] == 200


def letters_that_are_none():
    """Lone surrogates and NUL arrive as they were sent, and hide nothing that stands beside them."""
    upstream = Upstream(lambda _: completion("fine"))
    with Gateway(upstream) as gateway:
        for odd in ("\\ud800", "\\udfff", "\\u0000", "\\ud83d", "\\uDE00\\uD83D", "\\uffff"):
            body = json.dumps(user("a%b")).replace("%", odd).encode()
            asked = len(upstream.requests)
            status, _, answer = gateway.post(CHAT, body)
            if status == 200:
                assert upstream.requests[asked].body == body, odd
            else:
                assert status == 400, (odd, status, answer)
            # Before, behind and around what must not pass.
            for text in (odd + ATTACK, ATTACK + odd, f"{odd} {ATTACK} {odd}"):
                body = json.dumps(user("%")).replace("%", text).encode()
                asked = len(upstream.requests)
                status, _, answer = gateway.post(CHAT, body)
                assert status == 400 and len(upstream.requests) == asked, (odd, status)
            for text in (f"{odd} {AWS_KEY} {odd}", f"mail {odd}{EMAIL}{odd}."):
                body = json.dumps(user("%")).replace("%", text).encode()
                gateway.post(CHAT, body)
                for request in upstream.requests:
                    assert AWS_KEY.encode() not in request.body, odd
                    assert EMAIL.encode() not in request.body, odd


def bodies_over_the_limit():
    """413, or passed unscanned where the configuration says so: and then that is on record."""
    large = json.dumps(user("x" * 3000 + " " + ATTACK)).encode()
    upstream = Upstream(lambda _: completion("fine"))
    with Gateway(upstream, "limits: { body: 2KiB }") as gateway:
        assert gateway.post(CHAT, large)[0] == 413
        # Nobody said how long it is.
        for headers in ({"transfer-encoding": "chunked"}, {"content-encoding": "gzip"}):
            body = gzip.compress(large) if "content-encoding" in headers else [large]
            status, answer = send_chunks(gateway, body, headers)
            assert status == 413 and error_of(answer), (headers, status)
        assert upstream.requests == []
        assert gateway.post(CHAT, user("hi"))[0] == 200
    upstream.requests.clear()
    with Gateway(upstream, "limits: { body: 2KiB, over_limit: allow }") as gateway:
        status, headers, _ = gateway.post(CHAT, large)
        assert (status, headers["x-caponier-action"]) == (200, "flag")
        assert upstream.requests[0].body == large
        (record, *_) = gateway.audit(1)
        assert [gap["kind"] for gap in record["coverage"]["gaps"]] == ["over-limit"], record
        assert metric(gateway.get("/metrics")[1], "caponier_coverage_gaps_total", kind="over-limit") >= 1
        # What is within the limit is looked at as ever, and what is answered.
        assert gateway.post(CHAT, user(ATTACK))[0] == 400
        upstream.answer = lambda _: completion(f"The key is {AWS_KEY}.")
        status, headers, answer = gateway.post(CHAT, large)
        assert (status, headers["x-caponier-action"]) == (200, "flag")
        assert b"The key is [" in answer and AWS_KEY.encode() not in answer, answer
    # More text than is to be inspected, in a body that is not too large.
    upstream.requests.clear()
    with Gateway(upstream, "limits: { text: 2KiB }") as gateway:
        assert gateway.post(CHAT, large)[0] == 413
        assert upstream.requests == []
    with Gateway(upstream, "limits: { text: 2KiB, over_limit: allow }") as gateway:
        status, headers, _ = gateway.post(CHAT, large)
        assert status == 200
        (record, *_) = gateway.audit(1)
        assert [gap["kind"] for gap in record["coverage"]["gaps"]] == ["over-limit"], record


def send_chunks(gateway, body, headers):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            pieces = iter(body) if isinstance(body, list) else body
            connection.request("POST", CHAT, pieces, headers, encode_chunked="transfer-encoding" in headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def compressed_requests():
    """Decompressed within the limit and inspected; what upstream gets is plain."""
    upstream = Upstream()
    good = json.dumps(user("hi")).encode()
    attack = json.dumps(user(ATTACK)).encode()
    bomb = b'{"model":"' + b"m" * (40 << 20) + b'"}'
    with Gateway(upstream) as gateway:
        for name, pack in PACKERS.items():
            encoded = {"content-encoding": name}
            asked = len(upstream.requests)
            assert gateway.post(CHAT, pack(good), encoded)[0] == 200, name
            (request,) = upstream.requests[asked:]
            assert request.body == good and "content-encoding" not in request.headers, name
            assert request.headers["content-length"] == str(len(good)), request.headers
            asked = len(upstream.requests)
            begin = time.monotonic()
            for body, status in (
                (pack(attack), 400),
                (pack(bomb), 413),
                # Cut, damaged, with something behind it, packed twice.
                (pack(good)[:-3], 400),
                (pack(good)[:4] + b"\xff" * 8 + pack(good)[12:], 400),
                (pack(good) + b"junk", 400),
                (pack(good) + pack(attack), 400),
                (pack(pack(good)), 400),
                (good, 400),
                (b"", 400),
            ):
                got, _, answer = gateway.post(CHAT, body, encoded)
                assert got == status and error_of(answer), (name, body[:40], got, answer)
            assert time.monotonic() - begin < 10, name
            assert len(upstream.requests) == asked, name
        for name in ("compress", "deflate", "gzip, br", "gzip, gzip", "GZIP;q=1", "identity, x", "\xff"):
            got, _, answer = gateway.post(CHAT, good, {"content-encoding": name})
            assert got == 415 and error_of(answer), (name, got, answer)
        # Said twice in two headers.
        got = raw(gateway, good, "content-encoding: gzip", "content-encoding: br")
        assert got.startswith(b"HTTP/1.1 415"), got
        for name in ("identity", "", "identity, identity"):
            assert gateway.post(CHAT, good, {"content-encoding": name})[0] == 200, name
        assert gateway.post(CHAT, gzip.compress(good), {"content-encoding": "X-GZIP"})[0] == 200


def raw(gateway, body, *headers, head=f"POST {CHAT} HTTP/1.1", length=True):
    """The bytes that answer a request in bytes."""
    lines = [head, "host: x", "connection: close", *headers]
    if length:
        lines.append(f"content-length: {len(body)}")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                found += piece
        return found


def compressed_answers():
    """Nobody asked for them; they are decompressed and inspected all the same."""
    whole = json.dumps(completion(f"The key is {AWS_KEY}.")).encode()
    events = b"".join(text_events(["The key is ", AWS_KEY[:9], AWS_KEY[9:], "."]))
    bomb = json.dumps(completion("m" * (40 << 20))).encode()
    now = {}
    upstream = Upstream(lambda _: now["answer"])
    with Gateway(upstream) as gateway:
        for name, pack in PACKERS.items():
            said = f"content-encoding: {name}"
            now["answer"] = Raw.of(pack(whole), said, "content-type: application/json")
            status, headers, body = gateway.post(CHAT, user("go on"))
            assert status == 200 and "content-encoding" not in headers, (name, headers.items())
            text = json.loads(body)["choices"][0]["message"]["content"]
            assert text.startswith("The key is [") and AWS_KEY not in text, (name, text)
            assert upstream.requests[-1].headers["accept-encoding"] == "identity"
            packed = pack(events)
            for size in (1, 7, len(packed)):
                pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
                now["answer"] = Raw.chunked(pieces, said)
                status, headers, body = gateway.post(CHAT, user("go on", stream=True))
                assert status == 200 and "content-encoding" not in headers, name
                text = text_of(body)
                assert text.startswith("The key is [") and text.endswith("."), (name, size, body)
                assert AWS_KEY[:8] not in text, (name, size, text)
            # Cut, damaged, a bomb, not what it says: 502, or an error event once it has begun.
            for answer in (packed[:-4], packed[: len(packed) // 2] + b"\xff" * 20, b"data: x\n\n"):
                now["answer"] = Raw.chunked([answer], said)
                status, _, body = gateway.post(CHAT, user("go on", stream=True))
                assert status == 200 and AWS_KEY[:8].encode() not in body, (name, body)
                assert b'"error"' in body or text_of(body).startswith("The key is ["), (name, body)
            for answer in (pack(whole)[:-4], pack(bomb), whole):
                now["answer"] = Raw.of(answer, said, "content-type: application/json")
                status, _, body = gateway.post(CHAT, user("go on"))
                assert status == 502 and error_of(body), (name, status, body[:200])
        for said in ("content-encoding: compress", "content-encoding: gzip, br"):
            now["answer"] = Raw.of(whole, said, "content-type: application/json")
            status, _, body = gateway.post(CHAT, user("go on"))
            assert status == 502 and error_of(body), (said, status, body)
            now["answer"] = Raw.chunked([events], said)
            status, _, body = gateway.post(CHAT, user("go on", stream=True))
            assert status == 502 and error_of(body), (said, status, body)
        errors = gateway.get("/metrics")[1]
        assert metric(errors, "caponier_upstream_errors_total", kind="encoding") > 0


def what_nobody_knows():
    """Unknown parts, roles and fields pass, are flagged or denied as configured; on record always."""
    unknown = {
        "part": (user([{"type": "hologram", "hologram": {"data": "so many words"}}]), "messages[0].content[0]"),
        "role": ({"model": "m", "messages": [{"role": "oracle", "content": "hi"}]}, "messages[0].role"),
        "field": (user("hi", x_prompt="so many words"), "x_prompt"),
        "field of a message": (
            {"model": "m", "messages": [{"role": "user", "content": "hi", "aside": "so many words"}]},
            "messages[0].aside",
        ),
    }
    upstream = Upstream(lambda _: completion("fine"))
    for treatment, status, action in (("allow", 200, "allow"), ("flag", 200, "flag"), ("deny", 400, "deny")):
        with Gateway(upstream, f"limits: {{ unrecognized: {treatment} }}") as gateway:
            for name, (body, place) in unknown.items():
                asked = len(upstream.requests)
                got, headers, answer = gateway.post(CHAT, body)
                seen = (got, headers["x-caponier-action"])
                assert seen == (status, action), (treatment, name, seen, answer)
                if action == "deny":
                    assert len(upstream.requests) == asked, name
                    error_of(answer)
                (prompt,) = gateway.recorded(headers["x-caponier-exchange"], "prompt")
                gaps = prompt["coverage"]["gaps"]
                assert {"kind": "unrecognized", "place": place} in gaps, (treatment, name, gaps)
            # An unknown role is text all the same.
            oracle = {"model": "m", "messages": [{"role": "oracle", "content": ATTACK}]}
            assert gateway.post(CHAT, oracle)[0] == 400, treatment


def parts_that_are_not_text():
    parts = {
        "image": {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}},
        "audio": {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        "file": {"type": "file", "file": {"file_data": "AAAA", "filename": "x.pdf"}},
    }
    upstream = Upstream(lambda _: completion("fine"))
    for setting, expected in (
        ("", {"image": "allow", "audio": "flag", "file": "deny"}),
        ("limits: { opaque: { image: deny, audio: deny, file: allow } }", {"image": "deny", "audio": "deny", "file": "allow"}),
    ):
        with Gateway(upstream, setting) as gateway:
            for name, part in parts.items():
                body = user([{"type": "text", "text": "hi"}, part])
                status, headers, _ = gateway.post(CHAT, body)
                assert headers["x-caponier-action"] == expected[name], (name, headers.items())
                assert status == (400 if expected[name] == "deny" else 200), (name, status)
                (prompt,) = gateway.recorded(headers["x-caponier-exchange"], "prompt")
                assert name in [gap["kind"] for gap in prompt["coverage"]["gaps"]], (name, prompt)


def endpoints_that_nobody_knows():
    upstream = Upstream(lambda _: completion("fine"))
    body = {"model": "m", "input": "so many words"}
    for setting, status, action in (
        ("", 404, "deny"),
        ("unknown_endpoints: deny", 404, "deny"),
        ("unknown_endpoints: flag", 200, "flag"),
        ("unknown_endpoints: pass", 200, "allow"),
        ("pass: [/v1/audio/speech]", 200, "allow"),
        ("pass: [/v1/other]", 404, "deny"),
    ):
        with Gateway(upstream, route=setting) as gateway:
            asked = len(upstream.requests)
            got, headers, answer = gateway.post("/v1/audio/speech", body)
            assert (got, headers["x-caponier-action"]) == (status, action), (setting, got, answer)
            assert (len(upstream.requests) > asked) == (got == 200), setting
            (record, *_) = gateway.audit(1)
            assert "endpoint" in [gap["kind"] for gap in record["coverage"]["gaps"]], record
            assert record["action"] == action, (setting, record)
            if got != 200:
                error_of(answer)
            # What judges unwanted text gets it.
            got, headers, _ = gateway.post("/v1/moderations", {"input": ATTACK})
            record = gateway.audit(2)[-1]
            assert (got, record["action"]) == (200, headers["x-caponier-action"]), (setting, got)
            assert "endpoint" in [gap["kind"] for gap in record["coverage"]["gaps"]], record
            # What a lenient server takes for the guarded endpoint is let through by no setting.
            asked = len(upstream.requests)
            for path in (
                CHAT + "/",
                "/v1/Chat/Completions",
                "/v1/CHAT/completions",
                "//v1/chat/completions",
                "/v1//chat/completions",
                "/v1/chat%2Fcompletions",
                "/v1/chat%252Fcompletions",
                "/v1/%63hat/completions",
                "/v1/chat/completions;x=1",
                "/v1/chat;x/completions",
                "/v1/./chat/completions",
                "/v1/x/../chat/completions",
                "/v1/x/%2e%2e/chat/completions",
                "/v1/chat\\completions",
                "/v1/chat/completions%20",
                "/v1/chat/completions%00",
                "/v1/chat/completions%3F",
                "/v1/chat/completions%23",
            ):
                attack = json.dumps(user(ATTACK)).encode()
                answer = raw(gateway, attack, head=f"POST {path} HTTP/1.1")
                assert answer[9:12] in (b"400", b"404"), (setting, path, answer)
                assert len(upstream.requests) == asked, (setting, path)
            # Nor is a body that a header could make a POST of.
            for method in ("GET", "PUT", "PATCH", "post", "Post", "QUERY"):
                answer = raw(gateway, json.dumps(user(ATTACK)).encode(), head=f"{method} {CHAT} HTTP/1.1")
                assert answer[9:12] in (b"400", b"404", b"405"), (setting, method, answer)
                assert len(upstream.requests) == asked, (setting, method)


class WebSockets:
    """An upstream that agrees to an upgrade and then repeats what it is sent."""

    def __init__(self):
        import threading

        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and (piece := connection.recv(4096)):
                    head += piece
                self.requests.append(head)
                key = [line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")]
                accept = base64.b64encode(hashlib.sha1(key[0] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
                    b"sec-websocket-accept: " + accept + b"\r\n\r\n"
                )
                while piece := connection.recv(4096):
                    connection.sendall(piece)


def websocket_upgrades():
    """Nobody can look into them: denied, or passed and on record."""
    head = "GET /v1/realtime?model=m HTTP/1.1"
    headers = ["upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: dGhlIHNhbXBsZQ=="]

    def ask(gateway, head=head, *more):
        connection = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
        lines = [head, "host: x", "connection: Upgrade", *headers, *more]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := connection.recv(4096)):
            answer += piece
        return connection, answer

    for setting, action in (("", "deny"), ("websocket: deny", "deny"), ("websocket: flag", "flag"), ("websocket: allow", "allow")):
        upstream = WebSockets()
        with Gateway(upstream, route=setting) as gateway:
            connection, answer = ask(gateway)
            status = answer[9:12]
            assert status == (b"404" if action == "deny" else b"101"), (setting, answer)
            assert f"x-caponier-action: {action}".encode() in answer, (setting, answer)
            (record, *_) = gateway.audit(1)
            assert "endpoint" in [gap["kind"] for gap in record["coverage"]["gaps"]], record
            assert record["action"] == action, record
            if action == "deny":
                assert upstream.requests == [], setting
            else:
                connection.sendall(b"\x81\x05hello")
                assert connection.recv(100) == b"\x81\x05hello"
            connection.close()
            # An upgrade of a guarded request, to something else, or by another method: never.
            asked = len(upstream.requests)
            for other in (f"POST {CHAT} HTTP/1.1", f"PUT {CHAT} HTTP/1.1"):
                connection, answer = ask(gateway, other, "content-length: 0")
                assert answer[9:12] == b"404", (setting, other, answer)
                connection.close()
            for protocol in ("h2c", "TLS/1.3", "websocket, h2c"):
                answer = raw(gateway, b"", f"upgrade: {protocol}", head=head)
                assert answer[9:12] == b"404", (setting, protocol, answer)
            assert len(upstream.requests) == asked, setting


def upstreams_that_fail():
    """Slow, cut or wrong: 502 or 504 in the wire format, an error event once a stream has begun."""
    begun = [event({"role": "assistant", "content": "Hello, "}), event({"content": "here: "})]
    held = [*begun, event({"content": AWS_KEY[:14]})]
    whole = json.dumps(completion("fine")).encode()
    json_type = "content-type: application/json"
    now = {}
    upstream = Upstream(lambda _: now["answer"])
    route = "timeouts: { first_byte: 600ms, idle: 600ms, total: 3s }"
    statuses = {
        "late": (Raw(2.0, b""), 504),
        "no bytes": (Raw(b""), 502),
        "no HTTP": (Raw(b"SSH-2.0-OpenSSH\r\n\r\n"), 502),
        "half a head": (Raw(b"HTTP/1.1 200 OK\r\ncontent-le"), 502),
        "head too large": (Raw(b"HTTP/1.1 200 OK\r\nx: " + b"x" * 600_000 + b"\r\n\r\n"), 502),
        "cut body": (Raw.of(whole[:-9], json_type, length=len(whole)), 502),
        "body that stops": (Raw(Raw.of(whole[:9], json_type, length=len(whole)).pieces[0], 2.0), 504),
        "cut chunks": (Raw.chunked([whole], kind="application/json", end=b""), 502),
        "bad chunks": (Raw.chunked([whole], kind="application/json", end=b"zz\r\n"), 502),
        "two lengths": (Raw.of(whole, json_type, "content-length: 5"), 502),
        "not JSON": (Raw.of(b"<html>hello</html>", json_type), 502),
        "not UTF-8": (Raw.of(whole.replace(b"fine", b"\xff"), json_type), 502),
        "key twice": (Raw.of(whole.replace(b'"content"', b'"content":"a","content"'), json_type), 502),
        "empty": (Raw.of(b"", json_type), 502),
        "another protocol": (Raw(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nx"), 502),
        "two answers": (Raw.of(whole + b"\n" + whole, json_type), 502),
        "too large": (Raw.of(b"x" * (33 << 20), json_type), 502),
    }
    cuts = {
        "cut": Raw.chunked(held, end=b""),
        "ended too early": Raw.chunked(held),
        "bad chunk": Raw.chunked(held, end=b"zz\r\n"),
        "stops": Raw.chunked(held, end=b"", pause=0.0).pieces,
        "not JSON": Raw.chunked([*held, b"data: {not json}\n\n", DONE]),
        "not UTF-8": Raw.chunked([*held, b'data: {"a":"\xff"}\n\n', DONE]),
        "a string": Raw.chunked([*held, b'data: "x"\n\n', DONE]),
        "key twice": Raw.chunked([*held, b'data: {"choices":[],"choices":[]}\n\n', DONE]),
        "no end of line": Raw.chunked([*held, b"data: " + b"x" * (3 << 20)]),
        "text after the end": Raw.chunked([*held, event({}, "stop"), event({"content": "x"}), DONE]),
        "trailers": Raw.chunked(held, end=b"0\r\nx-a: b\r\n\r\n"),
        "choices no list": Raw.chunked([*held, b'data: {"choices":{}}\n\n', DONE]),
    }
    cuts["stops"] = Raw(*cuts["stops"], 2.0)
    with Gateway(upstream, route=route) as gateway:
        for name, (answer, expected) in statuses.items():
            now["answer"] = answer
            begin = time.monotonic()
            status, _, body = gateway.post(CHAT, user("go on"))
            assert status == expected, (name, status, body[:300])
            error_of(body)
            assert time.monotonic() - begin < 2, name
        for name, answer in cuts.items():
            now["answer"] = answer
            status, _, body = gateway.post(CHAT, user("go on", stream=True))
            assert status == 200, (name, status, body)
            # Once its choice has ended, half a key is a text like any other.
            assert name == "text after the end" or AWS_KEY[:6].encode() not in body, (name, body)
            events = [line for line in body.decode().split("\n\n") if line.startswith("data: ")]
            error = error_of(events[-1].removeprefix("data: "))
            # The upstream is to blame, and not what anybody said.
            assert error["type"] == "server_error", (name, error)
            assert error["code"] == ("upstream_timeout" if name == "stops" else "bad_gateway"), error
            assert DONE.strip() not in body, (name, body)
            assert "Hello, here: ".startswith(text_of(body)[:13]), (name, body)
        # A stream that goes on for ever has an end too.
        now["answer"] = Raw(*Raw.chunked([*begun, *[event({"content": "x "})] * 40], pause=0.2).pieces)
        begin = time.monotonic()
        status, _, body = gateway.post(CHAT, user("go on", stream=True))
        assert b'"error"' in body and time.monotonic() - begin < 5, body
        now["answer"] = completion("fine")
        assert gateway.post(CHAT, user("go on"))[0] == 200
        found = gateway.get("/metrics")[1]
        for kind in ("first-byte-timeout", "idle-timeout", "broken", "malformed", "too-large"):
            assert metric(found, "caponier_upstream_errors_total", kind=kind) > 0, (kind, found)
        assert metric(found, "caponier_streams_open") == 0
        assert metric(found, "caponier_stream_held_bytes") == 0


def answers_that_are_errors():
    """An upstream's error passes with its status, and is inspected: it may hold what it was sent."""
    now = {}
    upstream = Upstream(lambda _: now["answer"])
    with Gateway(upstream) as gateway:
        for status in ("400 Bad Request", "401 Unauthorized", "429 Too Many Requests", "500 Oh"):
            said = {"error": {"message": f"wrong key {AWS_KEY}", "type": "x", "code": None}}
            for body, kind in (
                (json.dumps(said).encode(), "application/json"),
                (json.dumps({"detail": [{"msg": f"key {AWS_KEY}"}]}).encode(), "application/json"),
                (f"<p>wrong key {AWS_KEY}</p>".encode(), "text/html"),
                (f"data: wrong key {AWS_KEY}\n\n".encode(), "text/event-stream"),
            ):
                now["answer"] = Raw.of(body, f"content-type: {kind}", "retry-after: 7", status=status)
                for stream in (False, True):
                    got, headers, answer = gateway.post(CHAT, user("go on", stream=stream))
                    assert got == int(status[:3]), (status, kind, got)
                    assert headers["retry-after"] == "7"
                    assert AWS_KEY.encode() not in answer, (status, kind, answer)
            now["answer"] = Raw.of(b"\xff\xfe\x00", "content-type: text/plain", status=status)
            assert gateway.post(CHAT, user("go on"))[0] == 502
            now["answer"] = Raw.of(b"", status=status)
            assert gateway.post(CHAT, user("go on"))[0] == int(status[:3])


def configurations_that_are_wrong():
    """`check` and `serve` name file, line, key and hint, and end with 2."""
    here = "config.yaml"
    cases = {
        "unknown key": ("version: 1\ngateway:\n  lisen: x\n", [here, ":3", "lisen", "hint: ", "listen"]),
        "tied glob": (
            'version: 1\nactions:\n  "pii/e*l": deny\n  "pii/em*": redact\n  "pii/e*": redact\n',
            [here, ":5", 'actions["pii/e*"]', "line 3", "hint: "],
        ),
        "missing plugin": ("version: 1\nplugins:\n  - use: file:no.wasm\n", [here, "plugins[0]", "no.wasm", "hint: "]),
        "unknown built-in": ("version: 1\nplugins:\n  - use: builtin:pi\n", [here, ":3", "pi", "hint: "]),
        "missing rules": ("version: 1\nrego: [no.rego]\n", [here, "rego", "no.rego"]),
        "broken rules": ("version: 1\nrego: [broken.rego]\n", ["broken.rego:4:1"]),
        "unknown builtin in rules": ("version: 1\nrego: [builtin.rego]\n", ["builtin.rego"]),
        "missing data": ("version: 1\ndata: [no.json]\n", [here, "data", "no.json"]),
        "broken data": ("version: 1\ndata: [broken.json]\n", ["broken.json"]),
        "missing keys": (
            "version: 1\ngateway:\n  identity:\n    - api_keys: no.yaml\n",
            [here, "gateway.identity[0].api_keys", "no.yaml"],
        ),
        "a key in clear": (
            "version: 1\ngateway:\n  identity:\n    - api_keys: keys.yaml\n",
            ["keys.yaml", "keys[0].hash", "hint: "],
        ),
        "missing certificate": (
            "version: 1\ngateway:\n  tls: { cert: no.pem, key: no.pem }\n",
            [here, "gateway.tls", "no.pem"],
        ),
        "everyone may come": ('version: 1\ngateway:\n  listen: "0.0.0.0:8787"\n', [here, ":3", "insecure", "hint: "]),
        "settings that the plugin refuses": (
            "version: 1\nplugins:\n  - use: builtin:pii\n    settings: { entitys: [email] }\n",
            [here, ":3", "plugins[0]", "entitys"],
        ),
        "plugin that will not configure": (
            f"version: 1\nplugins:\n  - use: file:{GUESTS}/hostile.wasm\n    settings: {{ mode: trap, when: configure }}\n",
            [here, ":3", "plugins[0]", "trap"],
        ),
        "plugin that wants more than it has": (
            f"version: 1\nplugins:\n  - use: file:{GUESTS}/hostile-counters.wasm\n",
            [here, ":3", "plugins[0]", "counters", "hint: "],
        ),
        "two keys": ("version: 1\nversion: 1\n", [here, ":2", "version"]),
        "no value": ("version: 1\ngateway:\n", [here, ":2", "gateway"]),
        "a tab": ("version: 1\ngateway:\n\tlisten: x\n", [here, ":3"]),
        "missing environment": (
            "version: 1\ndecision:\n  tokens: { env: CAPONIER_TEST_NOT_SET }\n",
            [here, "CAPONIER_TEST_NOT_SET", "hint: "],
        ),
        "unknown plugin in a route": (
            "version: 1\ngateway:\n  routes:\n    - path: /v1/*\n      plugins: [pi]\n",
            [here, ":5", "pi", "hint: "],
        ),
    }
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory)
        (path / "broken.rego").write_text("package caponier\n\ndeny contains x if {\n")
        (path / "builtin.rego").write_text('package caponier\n\ndeny contains "x" if http.send({}).status_code == 1\n')
        (path / "broken.json").write_text('{"a": ')
        (path / "keys.yaml").write_text(f"keys:\n  - {{ hash: {AWS_KEY}, id: ann }}\n")
        problems = []
        for name, (text, words) in cases.items():
            file = path / here
            file.write_text(text)
            for command in ("check", "serve"):
                done = subprocess.run(
                    [PROGRAM, command, "--config", str(file), "--cache", str(cache_directory())],
                    capture_output=True,
                    stdin=subprocess.DEVNULL,
                    timeout=60,
                    check=False,
                )
                said = (done.stdout + done.stderr).decode()
                missing = [word for word in words if word not in said]
                if done.returncode != 2 or missing or AWS_KEY in said:
                    problems.append((name, command, done.returncode, missing, said))
        assert not problems, "\n".join(map(str, problems))


def forged_credentials():
    """Headers that only the gateway may set, and tokens that nobody signed, open nothing."""
    signer, stranger = identities.Signer("ann"), identities.Signer("ann")
    now = int(time.time())
    rules = """package caponier

deny contains "not for you" if input.context.principal.id != "ann"

deny contains "no forged tenant" if input.context.tenant == "forged"
"""
    identity = """identity:
  - jwt: { jwks: jwks.json, issuer: "https://issuer.example", audience: llm, claims: { tenant: org, roles: groups }, leeway: 5s }
"""
    good = signer.token(org="acme", groups=["staff"])
    head, body, signature = good.split(".")
    public = identities.encode(signer.key.public_key().public_bytes_raw())

    def unsigned(algorithm, signed=""):
        packed = identities.encode(json.dumps({"alg": algorithm, "kid": "ann"}).encode())
        return f"{packed}.{body}.{signed}"

    def hmac_with_public_key():
        import hmac

        text = unsigned("HS256").rstrip(".")
        return text + "." + identities.encode(hmac.new(public.encode(), text.encode(), "sha256").digest())

    forged = {
        "nothing": None,
        "no signature": f"{head}.{body}.",
        "cut signature": good[:-8],
        "changed claims": f"{head}.{identities.encode(json.dumps({'iss': identities.ISSUER, 'aud': identities.AUDIENCE, 'sub': 'ann', 'org': 'acme', 'exp': now + 60}).encode())}.{signature}",
        "none": unsigned("none"),
        "None": unsigned("None", signature),
        "NONE, signed": unsigned("NONE", signature),
        "HS256 with the public key": hmac_with_public_key(),
        "another's key": stranger.token(org="acme"),
        "another's key, sent along": stranger.token(header={"jwk": stranger.jwk}, org="acme"),
        "a place to fetch the key": stranger.token(header={"jku": "http://127.0.0.1:1/k"}, org="acme"),
        "unknown key": signer.token(header={"kid": "bob"}, org="acme"),
        "expired": signer.token(org="acme", exp=now - 60),
        "no expiry": signer.token(org="acme", exp=None),
        "expiry a string": signer.token(org="acme", exp=str(now + 600)),
        "not yet": signer.token(org="acme", nbf=now + 600),
        "from the future": signer.token(org="acme", iat=now + 600),
        "other issuer": signer.token(org="acme", iss="https://evil.example"),
        "no issuer": signer.token(org="acme", iss=None),
        "other audience": signer.token(org="acme", aud="other"),
        "no audience": signer.token(org="acme", aud=None),
        "no tenant": signer.token(),
        "no subject": signer.token(org="acme", sub=None),
        "critical extension": signer.token(header={"crit": ["x"], "x": 1}, org="acme"),
        "with padding": good + "==",
        "four parts": good + ".x",
        "very long": signer.token(org="acme", filler="x" * 40_000),
    }
    upstream = Upstream(lambda _: completion("fine"))
    files = {"jwks.json": identities.key_set([signer]), "rules.rego": rules}
    with Gateway(upstream, "rego: [rules.rego]", files, gateway=identity, values=[good]) as gateway:

        def ask(token, **more):
            headers = {"authorization": f"Bearer {token}"} if token is not None else {}
            return gateway.post(CHAT, user("hi"), headers | more)

        status, _, answer = ask(good)
        assert status == 200, answer
        (request,) = upstream.requests
        assert "authorization" not in {name.lower() for name in request.headers}, request.headers
        claims = {
            "x-caponier-tenant": "forged",
            "x-caponier-principal": "ann",
            "x-caponier-action": "allow",
            "x-caponier-exchange": "1",
            "X_Caponier_Tenant": "forged",
            "x-caponier_role": "admin",
        }
        for name, token in forged.items():
            for more in ({}, claims):
                status, headers, answer = ask(token, **more)
                assert status in (401, 431), (name, status, answer)
                if status == 401:
                    error_of(answer)
                    assert "bearer" in headers["www-authenticate"].lower()
        assert len(upstream.requests) == 1
        # They do not go further either, with a credential that holds.
        assert ask(good, **claims)[0] == 200
        seen = [name.lower().replace("_", "-") for name in upstream.requests[-1].headers]
        assert not [name for name in seen if name.startswith("x-caponier")], seen
        # Two credentials in two headers of one name are none.
        answer = raw(gateway, json.dumps(user("hi")).encode(), f"authorization: Bearer {good}", "authorization: Bearer x")
        assert answer.startswith(b"HTTP/1.1 401"), answer
        assert ask(signer.token(sub="bob", org="acme"))[0] in (400, 403)
        assert len(upstream.requests) == 2
