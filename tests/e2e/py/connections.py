"""What holds of connections: TLS, HTTP/2, certificates that change, clients that are slow or many."""

import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import ssl
import tempfile
import threading
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import httpx

import identities
from reload import Swapper, refusals, revision, until
from support import (
    ATTACK,
    AWS_KEY,
    DONE,
    EMAIL,
    Gateway,
    Raw,
    Upstream,
    completion,
    event,
    metric,
    text_events,
)

CHAT = "/v1/chat/completions"
TLS = "tls: { cert: tls/cert.pem, key: tls/key.pem }"


def user(text, **more):
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def context(authority, protocols=None):
    found = ssl.create_default_context(cadata=authority.pem.decode())
    if protocols:
        found.set_alpn_protocols(protocols)
    return found


def pair(authority, name="a test"):
    cert, key = authority.pair(name)
    return {"tls/cert.pem": cert, "tls/key.pem": key}


def dial(port, context=None, timeout=10):
    plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    return context.wrap_socket(plain, server_hostname="localhost") if context else plain


def read_until(connection, mark):
    """Everything up to a mark, and what came with it."""
    found = b""
    while mark not in found:
        piece = connection.recv(4096)
        assert piece, f"the connection ended before {mark}: {found[-300:]}"
        found += piece
    return found


def read_all(connection):
    """Everything until the other side closes."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found


def http2_over_tls():
    """A client that offers HTTP/2 gets it, with everything that holds for HTTP/1.1."""
    authority = identities.Authority()
    secret = [f"Key {AWS_KEY[:9]}", AWS_KEY[9:], " and so on."]

    def answer(request):
        if request.json.get("stream"):
            return list(text_events(secret))
        return completion("You said: " + request.json["messages"][-1]["content"])

    upstream = Upstream(answer)
    with Gateway(upstream, files=pair(authority), gateway=TLS) as gateway:
        url = f"https://localhost:{gateway.port}{CHAT}"
        with httpx.Client(http2=True, verify=context(authority), timeout=20) as client:
            got = client.post(url, json=user("hello"))
            assert (got.http_version, got.status_code) == ("HTTP/2", 200), got
            assert got.headers["x-caponier-action"] == "allow"
            assert got.json()["choices"][0]["message"]["content"] == "You said: hello"
            got = client.post(url, json=user(f"I am {EMAIL}"))
            assert EMAIL.encode() not in upstream.requests[-1].body
            asked = len(upstream.requests)
            got = client.post(url, json=user(ATTACK))
            assert (got.status_code, got.json()["error"]["code"]) == (400, "content_filter")
            assert client.post(url, content=b"{").status_code == 400
            # HTTP/2 has no upgrades; what is left of them is no way around.
            assert client.get(url.replace("chat/completions", "ws")).status_code == 404
            assert len(upstream.requests) == asked
            with client.stream("POST", url, json=user("go on", stream=True)) as got:
                assert got.http_version == "HTTP/2"
                text = "".join(got.iter_text())
            assert AWS_KEY not in text and AWS_KEY[:8] not in text and "and so on." in text, text
        # Many at a time on one connection.
        with Http2(gateway.port, context(authority, ["h2"])) as client:
            for number in range(64):
                client.ask(2 * number + 1, user(f"hello {number}"))
            found = client.events(h2.events.StreamEnded, 64)
            assert statuses(found) == [b"200"] * 64, found[-1]
        with httpx.Client(verify=context(authority), timeout=20) as client:
            got = client.post(url, json=user("hello"))
            assert (got.http_version, got.status_code) == ("HTTP/1.1", 200), got
        # Plain HTTP on this port is nothing.
        with dial(gateway.port) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"200" not in read_all(connection)


def http2_can_be_turned_off():
    authority = identities.Authority()
    settings = TLS + "\nconnections: { http2: { enabled: false } }"
    with Gateway(Upstream(), files=pair(authority), gateway=settings) as gateway:
        url = f"https://localhost:{gateway.port}{CHAT}"
        with httpx.Client(http2=True, verify=context(authority), timeout=20) as client:
            got = client.post(url, json=user("hello"))
            assert (got.http_version, got.status_code) == ("HTTP/1.1", 200), got


class Http2:
    """One connection of a client that says in HTTP/2 what it likes."""

    def __init__(self, port, context=None):
        self.connection = dial(port, context)
        config = h2.config.H2Configuration(
            client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False
        )
        self.talk = h2.connection.H2Connection(config)
        self.talk.initiate_connection()
        self.head = [
            (":method", "POST"),
            (":path", CHAT),
            (":scheme", "https" if context else "http"),
            (":authority", "localhost"),
            ("content-type", "application/json"),
        ]

    def ask(self, stream, body, *headers):
        self.talk.send_headers(stream, [*self.head, *headers])
        self.talk.send_data(stream, json.dumps(body).encode(), end_stream=True)
        self.connection.sendall(self.talk.data_to_send())

    def events(self, kind, count=1):
        """What comes until so many events of a kind have come, or the connection ends."""
        found = []
        with contextlib.suppress(OSError):
            while sum(isinstance(event, kind) for event in found) < count:
                data = self.connection.recv(65536)
                if not data:
                    break
                found += self.talk.receive_data(data)
                self.connection.sendall(self.talk.data_to_send())
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def statuses(events):
    answers = [event for event in events if isinstance(event, h2.events.ResponseReceived)]
    return [dict(answer.headers)[b":status"] for answer in answers]


def http2_resets_and_large_headers():
    """A client that opens streams only to reset them is let go; others are served on."""
    settings = """connections:
  header_bytes: 8KiB
  http2: { max_concurrent_streams: 8, max_resets: 16 }
"""
    upstream = Upstream()
    with Gateway(upstream, gateway=settings) as gateway:
        # Known to speak HTTP/2 without TLS.
        with Http2(gateway.port) as client:
            client.ask(1, user("hello"))
            assert statuses(client.events(h2.events.StreamEnded)) == [b"200"]
            # Headers over the limit: refused, and nothing goes upstream.
            asked = len(upstream.requests)
            client.ask(3, user("hello"), ("x-large", "x" * 12_000))
            found = client.events((h2.events.ResponseReceived, h2.events.StreamReset))
            assert statuses(found) in ([], [b"431"]), found
            assert len(upstream.requests) == asked
        with Http2(gateway.port) as client:
            is_over = False
            for stream in range(1, 2001, 2):
                client.talk.send_headers(stream, client.head)
                client.talk.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
                try:
                    client.connection.sendall(client.talk.data_to_send())
                except OSError:
                    is_over = True
                    break
            found = client.events(h2.events.ConnectionTerminated)
            is_over |= any(isinstance(event, h2.events.ConnectionTerminated) for event in found)
            assert is_over, "a thousand resets, and the connection goes on"
        assert gateway.post(CHAT, user("hello"))[0] == 200
        assert len(upstream.requests) == asked + 1


def certificates_change_while_it_listens():
    authority, other = identities.Authority(), identities.Authority()
    with Gateway(Upstream(), files=pair(authority, "first"), gateway=TLS) as gateway:

        def name(trusted=authority):
            with dial(gateway.port, context(trusted)) as connection:
                subject = connection.getpeercert()["subject"]
            return dict(item for part in subject for item in part)["commonName"]

        def ask(connection):
            body = json.dumps(user("hello")).encode()
            head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            return connection.recv(65536).split(b"\r\n")[0]

        kept = dial(gateway.port, context(authority))
        assert name() == "first" and b"200" in ask(kept)
        swap = Swapper(gateway.path)

        def swap_directory(content):
            """As Kubernetes does it: both files change at once, behind one symbolic link."""
            folder = gateway.path / f"..version-{next(swap.versions)}"
            folder.mkdir()
            for file, data in content.items():
                (folder / os.path.basename(file)).write_bytes(data)
            link = gateway.path / ".tls.link"
            link.symlink_to(folder)
            if not (gateway.path / "tls").is_symlink():
                os.rename(gateway.path / "tls", gateway.path / "..first")
            os.rename(link, gateway.path / "tls")

        before = revision(gateway)
        swap_directory(pair(authority, "second"))
        until(lambda now: now["revision"] != before["revision"], gateway)
        assert name() == "second"
        # A connection keeps what it was made with.
        assert b"200" in ask(kept)
        # One file after the other: whatever is in between, it ends with the new pair.
        before = revision(gateway)
        for file, data in pair(other, "third").items():
            swap.rename(file, data)
        until(lambda now: now["revision"] != before["revision"], gateway)
        assert name(other) == "third"
        with contextlib.suppress(ssl.SSLError):
            name()
            raise AssertionError("the old authority is still the one")
        # A key that is not the certificate's, and what is no certificate, are refused.
        for file, data in (("tls/key.pem", pair(other)["tls/key.pem"]), ("tls/cert.pem", b"no")):
            before = revision(gateway)
            good = (gateway.path / file).read_bytes()
            swap.rename(file, data)
            found = until(lambda now: refusals(now) > refusals(before), gateway)
            assert "tls" in json.dumps(found["last_refusal"]), found
            assert name(other) == "third"
            swap.rename(file, good)
            time.sleep(0.2)
            assert revision(gateway)["revision"] == before["revision"]
        assert b"200" in ask(kept)
        kept.close()


def slow_clients():
    """Headers and bodies that do not come are not waited for, and others are served meanwhile."""
    settings = """connections:
  header_timeout: 1s
  body_timeout: 1s
  min_body_rate: 1KiB
  tls_timeout: 1s
"""
    upstream = Upstream()
    with Gateway(upstream, gateway=settings) as gateway:
        length = 200_000
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n".encode()
        chunked = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()

        def drip(first, piece, every):
            """Sends `first`, then `piece` again and again; gives the answer and how long it took."""
            begin = time.monotonic()
            with dial(gateway.port) as connection:
                connection.sendall(first)
                stop = threading.Event()

                def go_on():
                    with contextlib.suppress(OSError):
                        while not stop.wait(every):
                            connection.sendall(piece)

                sender = threading.Thread(target=go_on)
                sender.start()
                try:
                    status = connection.recv(12)
                except ConnectionResetError:
                    status = b""
                took = time.monotonic() - begin
                stop.set()
                sender.join()
            return status, took

        cases = {
            "nothing at all": (b"", b"", 60, b""),
            "half a header, and no more": (b"POST /v1/chat", b"", 60, b""),
            "a header letter by letter": (b"POST / HTTP/1.1\r\nx: ", b"a", 0.1, b""),
            "no body": (head, b"", 60, b"HTTP/1.1 408"),
            "half a body": (head + b"x" * 100, b"", 60, b"HTTP/1.1 408"),
            "a body letter by letter": (head, b"x", 0.1, b"HTTP/1.1 408"),
            "chunks letter by letter": (chunked, b"1\r\nx\r\n", 0.1, b"HTTP/1.1 408"),
            "half a chunk": (chunked + b"10\r\nx", b"", 60, b"HTTP/1.1 408"),
        }
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            running = {
                name: pool.submit(drip, first, piece, every)
                for name, (first, piece, every, _) in cases.items()
            }
            time.sleep(0.3)
            assert gateway.post(CHAT, user("hello"))[0] == 200
            for name, future in running.items():
                status, took = future.result()
                expected = cases[name][3]
                # A connection that ends without an answer is one way to say so, too.
                assert status == expected or (not expected and b"408" in status), (name, status)
                assert took < 8, (name, took)
        # A body that comes in time, if slowly, is no fault.
        body = json.dumps(user("hello" * 2000)).encode()
        with dial(gateway.port) as connection:
            connection.sendall(head.replace(str(length).encode(), str(len(body)).encode()))
            for at in range(0, len(body), 1000):
                connection.sendall(body[at : at + 1000])
                time.sleep(0.15)
            assert connection.recv(12) == b"HTTP/1.1 200"
        assert len(upstream.requests) == 2


def slow_handshakes():
    authority = identities.Authority()
    settings = TLS + "\nconnections: { tls_timeout: 500ms }"
    with Gateway(Upstream(), files=pair(authority), gateway=settings) as gateway:
        for first in (b"", b"\x16\x03\x01\x02"):
            begin = time.monotonic()
            with dial(gateway.port) as connection:
                connection.sendall(first)
                assert read_all(connection) == b""
            assert time.monotonic() - begin < 5
        with httpx.Client(verify=context(authority)) as client:
            url = f"https://localhost:{gateway.port}{CHAT}"
            assert client.post(url, json=user("hello")).status_code == 200


def large_headers_and_many_connections():
    settings = """connections:
  max_connections: 20
  max_headers: 32
  header_bytes: 8KiB
  header_timeout: 20s
"""
    upstream = Upstream()
    with Gateway(upstream, gateway=settings) as gateway:
        body = json.dumps(user("hello")).encode()

        def ask(headers):
            head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            head += f"content-length: {len(body)}\r\n{headers}\r\n"
            with dial(gateway.port) as connection:
                connection.sendall(head.encode() + body)
                return read_all(connection)[9:12]

        assert ask("x-a: b\r\n" * 20) == b"200"
        assert ask("x-a: b\r\n" * 40) in (b"431", b"")
        assert ask("x-a: " + "b" * 4000 + "\r\n") == b"200"
        assert ask("x-a: " + "b" * 20_000 + "\r\n") in (b"431", b"")
        assert len(upstream.requests) == 2
        # A connection counts until its last byte is out; the one that asks for metrics does, too.
        until = time.monotonic() + 10
        while metric(gateway.get("/metrics")[1], "caponier_connections_open") > 1:
            assert time.monotonic() < until
            time.sleep(0.05)
        # More connections than may be open are closed at once; those that are open go on.
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(dial(gateway.port)) for _ in range(40)]
            time.sleep(0.3)
            refused = 0
            for connection in opened:
                connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    try:
                        refused += connection.recv(1) == b""
                    except ConnectionResetError:
                        refused += 1
            assert refused == 20, refused
            assert metric(gateway.get("/metrics")[1], "caponier_connections_refused_total") == 20
        end = time.monotonic() + 5
        while True:
            with contextlib.suppress(OSError):
                if ask("") == b"200":
                    break
            assert time.monotonic() < end, "closed connections are not let go"


def an_answer_does_not_wait_for_the_next_request():
    """What was asked is answered, whatever stands behind it; what cannot be read is answered too."""
    limits = "connections: { header_timeout: 20s, max_headers: 32, header_bytes: 8KiB }"
    pieces = ["one", "two", "three"]

    def answer(request):
        return list(text_events(pieces)) if request.json.get("stream") else completion("fine")

    with Gateway(Upstream(answer), gateway=limits) as gateway:

        def asked(body):
            body = json.dumps(body).encode()
            head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            return head.encode() + body

        def said(data, last):
            found = b""
            with dial(gateway.port, timeout=5) as connection:
                connection.sendall(data)
                while last not in found and (piece := connection.recv(65536)):
                    found += piece
            return found

        hello, stream = asked(user("hello")), asked(user("hello", stream=True))
        for rest in (b"", b"\r\n", b"P", b"POST /v1/chat", hello[:-1]):
            assert said(hello + rest, b"fine").startswith(b"HTTP/1.1 200"), rest
            assert b"three" in said(stream + rest, b"[DONE]"), rest
        for data, status in (
            (b"no request\r\n\r\n", b"400"),
            (b"GET / HTTP/9.9\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nhost: x\r\nb ad: x\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\n" + b"x-a: b\r\n" * 40 + b"\r\n", b"431"),
            (b"GET / HTTP/1.1\r\nx-a: " + b"b" * 20_000 + b"\r\n\r\n", b"431"),
        ):
            found = said(data, b"\r\n\r\n")
            assert found.startswith(b"HTTP/1.1 " + status), (data[:40], found)


class Watched(Raw):
    """An answer that notes whether it could be sent to its end."""

    def __init__(self, *pieces):
        super().__init__(*pieces)
        self.over, self.is_whole = threading.Event(), False

    def send(self, file):
        try:
            super().send(file)
            self.is_whole = True
        finally:
            self.over.set()


def words(count, pause):
    """A stream of so many words, one after the other."""
    pieces = [event({"role": "assistant", "content": ""})]
    pieces += [event({"content": f"word {number} "}) for number in range(count)]
    return Watched(*Raw.chunked([*pieces, event({}, "stop"), DONE], pause=pause).pieces)


def a_client_that_leaves_stops_the_model():
    """Also where nothing has been said yet: the upstream's connection ends with the client's."""
    now = {}
    asked = threading.Event()

    def answer(_):
        asked.set()
        return now["answer"]

    with Gateway(Upstream(answer)) as gateway:

        def leave(stream, wait_for):
            body = json.dumps(user("go on", stream=stream)).encode()
            head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            asked.clear()
            with dial(gateway.port) as connection:
                connection.sendall(head.encode() + body)
                assert asked.wait(10), "the model was not asked"
                read_until(connection, wait_for)

        now["answer"] = words(2000, 0.02)
        leave(True, b"word 3")
        assert now["answer"].over.wait(5) and not now["answer"].is_whole
        # Before the first byte of an answer that will be long in coming.
        silent = json.dumps(completion("x " * 200_000)).encode()
        pieces = [0.05] + [piece for at in range(0, len(silent), 4000) for piece in (silent[at : at + 4000], 0.05)]
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(silent)}\r\n\r\n"
        now["answer"] = Watched(head.encode(), *pieces)
        leave(False, b"")
        assert now["answer"].over.wait(5) and not now["answer"].is_whole
        end = time.monotonic() + 5
        while metric(gateway.get("/metrics")[1], "caponier_requests_in_flight"):
            assert time.monotonic() < end, "a request goes on without its client"
            time.sleep(0.02)
        found = gateway.get("/metrics")[1]
        assert metric(found, "caponier_streams_open") == 0
        assert metric(found, "caponier_stream_held_bytes") == 0


def a_stop_lets_streams_end():
    """After SIGTERM nobody new comes in, and what runs ends as it would have."""
    answer = words(60, 0.02)
    with Gateway(Upstream(lambda _: answer)) as gateway:
        body = json.dumps(user("go on", stream=True)).encode()
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        with dial(gateway.port) as connection, dial(gateway.port) as idle:
            connection.sendall(head.encode() + body)
            found = read_until(connection, b"word 3")
            gateway.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            with contextlib.suppress(OSError):
                with dial(gateway.port) as late:
                    late.sendall(head.encode() + body)
                    assert b"200" not in read_all(late)
            assert gateway.process.poll() is None, "it did not wait for a stream"
            # A connection that asks for nothing does not keep it.
            assert read_all(idle) == b""
            assert answer.over.is_set() is False, "it waited for a connection that says nothing"
            found += read_all(connection)
        assert b"word 59" in found and DONE in found.replace(b"\r\n", b"\n"), found[-300:]
        assert answer.over.wait(5) and answer.is_whole
        assert (code := gateway.process.wait(10)) == 0, code


def a_full_evaluation_pool():
    """More to evaluate than may wait: 503 in the wire format, at once, and then all is as before."""
    limits = "threads: 1\nlimits: { inline: 1KiB, queue: 1 }\n"
    upstream = Upstream(lambda _: completion("fine"))
    with Gateway(upstream, limits) as gateway:
        large = json.dumps(user("The covered passage runs along the ditch. " * 40_000)).encode()

        def ask(_):
            return gateway.post(CHAT, large)

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(48)))
        statuses = [status for status, _, _ in answers]
        assert set(statuses) == {200, 503}, statuses
        assert len(upstream.requests) == statuses.count(200)
        for status, headers, body in answers:
            if status == 503:
                error = json.loads(body)["error"]
                assert error["message"] and error["type"], body
                assert headers["retry-after"] and headers["content-type"] == "application/json"
                assert headers["x-caponier-action"] == "deny"
        assert gateway.post(CHAT, large)[0] == 200
        assert gateway.post(CHAT, user("hello"))[0] == 200


class SecureUpstream:
    """An upstream behind TLS that says which protocol was agreed on, and closes."""

    def __init__(self, authority, protocols):
        cert, key = authority.pair()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(cert + key)
            file.flush()
            self.context.load_cert_chain(file.name)
        self.context.set_alpn_protocols(protocols)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self.listener.getsockname()[1]}"
        self.agreed, self.requests = [], []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            connection.settimeout(5)
            with contextlib.suppress(OSError):
                with self.context.wrap_socket(connection, server_side=True) as stream:
                    self.agreed.append(stream.selected_alpn_protocol())
                    self.requests.append(stream.recv(65536))
                    said = self.agreed[-1] or "nothing"
                    body = json.dumps(completion("agreed on " + said)).encode()
                    head = f"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {len(body)}"
                    stream.sendall(head.encode() + b"\r\n\r\n" + body)


def upstreams_behind_tls():
    """HTTP/1.1 is what is spoken to upstreams, also to those that would rather speak HTTP/2."""
    authority, stranger = identities.Authority(), identities.Authority()
    files = {"authority.pem": authority.pem}
    for protocols, trusted, expected in (
        (["h2", "http/1.1"], authority, "http/1.1"),
        (["http/1.1"], authority, "http/1.1"),
        ([], authority, "nothing"),
        (["h2"], authority, "nothing"),
        (["http/1.1"], stranger, None),
    ):
        upstream = SecureUpstream(trusted, protocols)
        with Gateway(upstream, files=files, route="trusted_ca: authority.pem") as gateway:
            status, _, body = gateway.post(CHAT, user("hello"))
            if expected:
                said = json.loads(body)["choices"][0]["message"]["content"]
                assert (status, said) == (200, f"agreed on {expected}"), (protocols, body)
            else:
                assert (status, upstream.requests) == (502, []), (protocols, status, body)
                assert json.loads(body)["error"]["message"], body
