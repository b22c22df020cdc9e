"""Bodies in every shape that HTTP allows, and what becomes of them in the filter."""

import concurrent.futures
import contextlib
import gzip
import http.client
import json
import socket
import time

from chat import RESTORE
from envoy_chat import RULES, user
from envoy_packed import PackedGateway
from envoy_support import Envoy, packed
from raw_http2 import Http2
from support import DONE, Raw, Upstream, completion, echo, event, last_text, metric, text_events

PATH = "/v1/chat/completions"
GOOD = json.dumps({"model": "m", "messages": user("Hello")}).encode()
BAD = json.dumps({"model": "m", "messages": user("It is FORBIDDEN.")}).encode()
# The rules take a field out of it.
EDITED = json.dumps({"model": "m", "messages": user("Hello"), "max_tokens": 900}).encode()


def raw(envoy, data, pause=0.0, pieces=None, patience=10):
    """Sends these very bytes, in pieces, and reads what comes until the peer is done."""
    with socket.create_connection(("127.0.0.1", envoy.port), timeout=patience) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces or [data]:
            peer.sendall(piece)
            if pause:
                time.sleep(pause)
        answer = http.client.HTTPResponse(peer)
        answer.begin()
        return answer.status, dict(answer.headers.items()), answer.read()


def head(*lines):
    return "\r\n".join(
        [f"POST {PATH} HTTP/1.1", "host: x", "content-type: application/json", *lines, "", ""]
    ).encode()


def chunks_of_one_byte():
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        for body, expected in ((GOOD, 200), (BAD, 400), (EDITED, 200)):
            pieces = [head("transfer-encoding: chunked")]
            pieces += [b"1\r\n%c\r\n" % byte for byte in body] + [b"0\r\n\r\n"]
            status, _, answer = raw(envoy, b"", pieces=pieces)
            assert status == expected, (status, answer)
        assert [request.json.get("max_tokens") for request in upstream.requests] == [None, 5]
        assert upstream.requests[0].body == GOOD


def trailers():
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        for body, expected in ((GOOD, 200), (BAD, 400), (EDITED, 200)):
            data = head("transfer-encoding: chunked", "trailer: x-after")
            data += b"%x\r\n%s\r\n0\r\nx-after: 1\r\n\r\n" % (len(body), body)
            status, _, answer = raw(envoy, data)
            assert status == expected, (body, status, answer)
        assert [request.json.get("max_tokens") for request in upstream.requests] == [None, 5]
        assert upstream.requests[0].body == GOOD


def expect_continue_and_empty_body():
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        data = head(f"content-length: {len(GOOD)}", "expect: 100-continue")
        with socket.create_connection(("127.0.0.1", envoy.port), timeout=10) as peer:
            peer.sendall(data)
            assert peer.recv(100).startswith(b"HTTP/1.1 100"), "no 100"
            peer.sendall(GOOD)
            answer = http.client.HTTPResponse(peer)
            answer.begin()
            assert answer.status == 200, answer.read()
            answer.read()
        for lines in (["content-length: 0"], [], ["transfer-encoding: chunked"]):
            end = b"0\r\n\r\n" if "transfer-encoding: chunked" in lines else b""
            status, headers, answer = raw(envoy, head(*lines) + end)
            assert status == 400, (lines, status, answer)
            assert json.loads(answer)["error"]["code"] == "malformed_request"
            assert headers["x-caponier-action"] == "deny"
        assert len(upstream.requests) == 1


def over_limit_bodies():
    upstream = Upstream()
    large = json.dumps({"model": "m", "messages": user("x" * 5000)}).encode()
    with Envoy(upstream, packed(RULES, {"body": 2048})) as envoy:
        pieces = [b"%x\r\n%s\r\n" % (64, large[at : at + 64]) for at in range(0, 4096, 64)]
        for data in (
            head(f"content-length: {len(large)}") + large,
            head("transfer-encoding: chunked") + b"".join(pieces) + b"0\r\n\r\n",
        ):
            status, _, answer = raw(envoy, data)
            assert status == 413, (status, answer)
            assert json.loads(answer)["error"]["code"] == "request_too_large"
        assert upstream.requests == []
        assert envoy.post(PATH, GOOD)[0] == 200
    # Where Envoy itself buffers less than the policy allows, nothing passes either.
    with Envoy(upstream, packed(RULES), buffer=4096) as envoy:
        huge = json.dumps({"model": "m", "messages": user("x" * 100_000)}).encode()
        status, _, answer = envoy.post(PATH, huge)
        assert status == 413, (status, answer)
        assert len(upstream.requests) == 1
        status, _, _ = envoy.post(PATH, GOOD)
        assert status == 200


def compressed_bodies():
    """Decompressed within the limit and judged; what goes on is plain."""
    upstream = Upstream()
    packed_good = gzip.compress(GOOD)
    bomb = b'{"model":"' + b"m" * (40 << 20) + b'"}'
    with Envoy(upstream, packed(RULES)) as envoy:
        for name, body, plain in (
            ("gzip", packed_good, GOOD),
            ("X-GZIP", packed_good, GOOD),
            ("identity, gzip", packed_good, GOOD),
            ("gzip", gzip.compress(GOOD[:20]) + gzip.compress(GOOD[20:]), GOOD),
            ("identity", GOOD, GOOD),
        ):
            asked = len(upstream.requests)
            status, _, answer = envoy.post(PATH, body, {"content-encoding": name})
            assert status == 200, (name, status, answer)
            (request,) = upstream.requests[asked:]
            names = {key.lower(): value for key, value in request.headers.items()}
            assert request.body == plain, name
            assert names["content-length"] == str(len(plain)), names
            assert names.get("content-encoding") in (None, "identity"), names
        edited = gzip.compress(EDITED)
        pieces = [head("content-encoding: gzip", "transfer-encoding: chunked")]
        pieces += [b"1\r\n%c\r\n" % byte for byte in edited] + [b"0\r\n\r\n"]
        assert raw(envoy, b"", pieces=pieces)[0] == 200
        assert upstream.requests[-1].json["max_tokens"] == 5
        gzipped = [(b"content-encoding", b"gzip")]
        with Http2(envoy.port) as client:
            frames = [packed_good[at : at + 7] for at in range(0, len(packed_good), 7)]
            for more in ({}, {"trailers": [(b"x-after", b"1")]}):
                assert client.all(PATH.encode(), frames, gzipped, **more)[0] == 200
                assert upstream.requests[-1].body == GOOD
        asked = len(upstream.requests)
        begun = time.monotonic()
        for body, expected in (
            (gzip.compress(BAD), 400),
            (gzip.compress(bomb), 413),
            (packed_good[:-3], 400),
            (packed_good[:12] + b"\xff" * 8 + packed_good[20:], 400),
            (packed_good + b"junk", 400),
            (packed_good + gzip.compress(BAD), 400),
            (gzip.compress(packed_good), 400),
            (GOOD, 400),
            (b"", 400),
        ):
            status, _, answer = envoy.post(PATH, body, {"content-encoding": "gzip"})
            assert status == expected, (body[:40], status, answer)
        assert time.monotonic() - begun < 10
        for name in ("compress", "deflate", "br", "zstd", "gzip, br", "gzip, gzip", "gzip;q=1"):
            status, _, answer = envoy.post(PATH, packed_good, {"content-encoding": name})
            assert status == 415, (name, status, answer)
        data = head("content-encoding: gzip", "content-encoding: br", "content-length: 1") + b"x"
        assert raw(envoy, data)[0] == 415
        assert len(upstream.requests) == asked


def http2_in_many_frames():
    """One byte to a frame, empty frames between and at the end, and several streams at once."""
    upstream = Upstream()
    target = PATH.encode()
    with Envoy(upstream, packed(RULES)) as envoy, Http2(envoy.port) as client:
        for body, expected in ((GOOD, 200), (BAD, 400), (EDITED, 200)):
            bytes_ = [body[at : at + 1] for at in range(len(body))]
            shapes = (
                bytes_,
                [*bytes_, b""],
                [b"", *[piece for byte in bytes_ for piece in (byte, b"")]],
                [body],
                [body, b""],
            )
            for frames in shapes:
                asked = len(upstream.requests)
                length = [(b"content-length", b"%d" % len(body))]
                for more, ends in (([], None), (length, None), ([], [(b"x-after", b"1")])):
                    status, _, answer = client.all(target, frames, more, trailers=ends)
                    assert status == expected, (body, len(frames), status, answer)
                passed = [request.body for request in upstream.requests[asked:]]
                if body == GOOD:
                    assert passed == [GOOD] * 3
                elif body == EDITED:
                    assert all(b'"max_tokens": 5}' in one for one in passed) and len(passed) == 3
                else:
                    assert passed == []
        for frames, ends in (([], None), ([b""], None), ([], [(b"x-after", b"1")])):
            status, _, answer = client.all(target, frames, trailers=ends)
            assert status == 400 and b"malformed_request" in answer, (status, answer)
        # Streams that are not over, or are given up, hold up no other and send nothing on.
        asked = len(upstream.requests)
        half = [client.ask(target, [GOOD[:9]], end=False) for _ in range(20)]
        assert (got := client.all(target, [GOOD]))[0] == 200, got
        for stream in half:
            client.reset(stream)
        assert (got := client.all(target, [BAD]))[0] == 400, got
        assert (got := client.all(target, [GOOD]))[0] == 200, got
        assert len(upstream.requests) == asked + 2


def over_limit_may_pass_uninspected():
    said = {}
    upstream = Upstream(lambda _: completion(said["text"]))
    large = json.dumps({"model": "m", "messages": user("FORBIDDEN" + "x" * 5000)}).encode()
    with Envoy(upstream, packed(RULES, {"body": 2048, "over_limit": "allow"})) as envoy:
        # Its answer is looked at as ever.
        for said["text"], action in [("Fine.", "flag"), ("FORBIDDEN", "deny")]:
            status, headers, answer = envoy.post(PATH, large)
            assert status == 200
            assert headers["x-caponier-action"] == action
            assert b"FORBIDDEN" not in answer, answer
            assert upstream.requests[-1].body == large


def client_and_upstream_that_leave():
    cut = {}

    def answer(request):
        if "cut" in last_text(request):
            return Raw.chunked(cut["pieces"], end=b"40\r\ndata: FORBIDDEN")
        if "break" in last_text(request):
            return [event({"role": "assistant", "content": "One, "}), event({"content": "two"})]
        return echo(request)

    upstream = Upstream(answer)
    with Envoy(upstream, packed(RULES)) as envoy:
        for size in (0, 1, len(GOOD) - 1):
            with socket.create_connection(("127.0.0.1", envoy.port), timeout=10) as peer:
                peer.sendall(head(f"content-length: {len(GOOD)}") + GOOD[:size])
                time.sleep(0.05)
        time.sleep(0.2)
        assert upstream.requests == [], "a part of a body went on"
        body = json.dumps({"model": "m", "messages": user("break"), "stream": True}).encode()
        status, _, answer = envoy.post(PATH, body)
        assert status == 200
        assert DONE not in answer, answer
        assert b'"error"' in answer and b"broke off" in answer, answer
        # An upstream that is cut off in the middle of a chunk.
        for whole in (True, False):
            cut["pieces"] = list(text_events(["One, ", "FORBIDDEN"]))[:2] if whole else [b"data: {"]
            with contextlib.suppress(http.client.IncompleteRead):
                status, _, answer = envoy.post(
                    PATH, {"model": "m", "messages": user("cut"), "stream": True}
                )
                assert DONE not in answer and b"FORBIDDEN" not in answer, answer
        # A client that leaves in the middle of a stream.
        with socket.create_connection(("127.0.0.1", envoy.port), timeout=10) as peer:
            stream = json.dumps({"model": "m", "messages": user("Hi"), "stream": True}).encode()
            peer.sendall(head(f"content-length: {len(stream)}") + stream)
            peer.recv(40)
        status, _, _ = envoy.post(PATH, GOOD)
        assert status == 200
        until = time.monotonic() + 5
        while metric(envoy.stats("caponier"), "caponier_streams_open") != 0:
            assert time.monotonic() < until, "a stream is open for good"
            time.sleep(0.05)


def answers_that_are_none():
    current = {}

    upstream = Upstream(lambda _: current["answer"])
    with Envoy(upstream, packed(RULES)) as envoy:
        current["answer"] = {"choices": 5}
        status, headers, answer = envoy.post(PATH, GOOD)
        assert status == 502, (status, answer)
        assert json.loads(answer)["error"]["code"] == "bad_gateway"
        assert headers["x-caponier-action"] == "allow"
        current["answer"] = [b"data: {\"choices\": [1]}\n\n", b"data: nonsense\n\n", DONE]
        status, _, answer = envoy.post(
            PATH, {"model": "m", "messages": user("Hi"), "stream": True}
        )
        assert b"nonsense" not in answer and b"not a valid event stream" in answer, answer
    upstream.close()
    with Envoy(upstream, packed(RULES)) as envoy:
        status, headers, answer = envoy.post(PATH, GOOD)
        assert status == 503, (status, answer)
        assert headers["x-caponier-revision"], headers


def network_reads_of_any_size():
    """The same stream, cut into network writes at every byte in turn, goes out as it came."""
    whole = b"".join(text_events(["One, ", "two, ", "three."]))
    current = []
    upstream = Upstream(lambda _: current)
    body = {"model": "m", "messages": user("Hi"), "stream": True}
    with Envoy(upstream, packed(RULES)) as envoy:
        for cut in [*range(1, len(whole), 23), None]:
            current[:] = (
                [whole[:cut], whole[cut:]]
                if cut
                else [whole[at : at + 1] for at in range(len(whole))]
            )
            status, _, answer = envoy.post(PATH, body)
            kept = b"".join(
                part + b"\n\n" for part in answer.split(b"\n\n") if part and part[:1] != b":"
            )
            assert kept == whole, (cut, answer)


def many_at_once():
    """Two hundred streams with a word of their own each, and none gets another's."""
    upstream = Upstream()

    def one(number):
        word = f"word-{number * 7919:08d}"
        stream = number % 2 == 0
        body = {"model": "m", "messages": user(f"Say {word} " * 20), "stream": stream}
        status, _, answer = envoy.post(PATH, body)
        assert status == 200, answer
        if stream:
            lines = [line[6:] for line in answer.decode().splitlines() if line[:7] == "data: {"]
            text = "".join(
                choice["delta"].get("content") or ""
                for line in lines
                for choice in json.loads(line)["choices"]
            )
        else:
            text = json.loads(answer)["choices"][0]["message"]["content"]
        assert text == "You said: " + f"Say {word} " * 20, (number, text)

    with Envoy(upstream, packed(RULES)) as envoy:
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            list(pool.map(one, range(200)))


def many_secrets_at_once():
    """Two hundred callers with an address of their own each: the model sees none, each gets its own."""
    upstream = Upstream()
    domain = "corp-mail" + ".de"

    def one(number):
        address = f"person.{number * 7919:07d}@{domain}"
        stream = number % 2 == 0
        body = {"model": "m", "messages": user(f"Write to {address}, please."), "stream": stream}
        status, _, answer = envoy.post(PATH, body)
        assert status == 200, answer
        if stream:
            lines = [line[6:] for line in answer.decode().splitlines() if line[:7] == "data: {"]
            chunks = [choice["delta"] for line in lines for choice in json.loads(line)["choices"]]
            text = "".join(delta.get("content") or "" for delta in chunks)
        else:
            text = json.loads(answer)["choices"][0]["message"]["content"]
        assert text == f"You said: Write to {address}, please.", (number, text)

    with PackedGateway(upstream, RESTORE) as envoy:
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            list(pool.map(one, range(200)))
    assert len(upstream.requests) == 200
    seen = {last_text(request) for request in upstream.requests}
    assert len(seen) == 200 and not any(domain in text for text in seen), seen


def endpoints_and_paths():
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        for path in (
            "/v1/chat%2Fcompletions",
            "/v1//chat/completions",
            "/v1/x/../chat/completions",
            "/v1/chat/completions;x=1",
            "/v1/chat/completions/",
            "/V1/Chat/Completions",
            "/v1/audio/speech",
        ):
            with contextlib.suppress(ConnectionResetError):
                status, _, answer = envoy.post(path, GOOD)
                assert status in (400, 404), (path, status, answer)
                assert upstream.requests == [], path
        status, headers, _ = envoy.post("/other", GOOD)
        assert status == 200 and "x-caponier-action" not in headers
        status, _, _ = envoy.post(PATH, None, {"upgrade": "websocket", "connection": "upgrade"})
        assert status in (400, 403, 404), status
    route = {"pass": [{"Exact": "/v1/audio/speech"}]}
    with Envoy(upstream, packed(RULES, route=route)) as envoy:
        status, headers, _ = envoy.post("/v1/audio/speech", GOOD)
        assert status == 200 and headers["x-caponier-action"] == "allow"


def configuration_that_does_not_parse():
    """Envoy refuses what the filter refuses, and says why."""
    broken = [
        "not JSON",
        "{}",
        json.dumps(packed(version=99)),
        json.dumps(packed("package caponier\n\ndecision := {")),
        json.dumps(packed() | {"unknown": 1}),
    ]
    upstream = Upstream()
    for configuration in broken:
        try:
            with Envoy(upstream, configuration) as envoy:
                # It may take the listener without it; then nothing passes.
                status, _, _ = envoy.post(PATH, GOOD)
                assert status in (500, 503), status
                assert upstream.requests == []
        except AssertionError as error:
            assert "Envoy ended" in str(error), error
