"""Every wire format that models speak, with its official client: the same promises in each."""

import functools
import json

from dialects import DIALECTS
from support import ATTACK, AWS_KEY, EMAIL, Gateway, Raw, Upstream

# The e-mail plugin needs to be told that it may put values back.
RESTORE = """plugins:
  - { use: "builtin:pii", settings: { restore: true } }
  - { use: "builtin:secrets" }
  - { use: "builtin:injection" }
"""

ONE_REQUEST = """plugins:
  - use: "builtin:quota"
    grants: { counters: true }
    settings: { limits: [{ requests: 1, window: 1h }] }
"""


class Guarded(Gateway):
    """A gateway on every path."""

    def render(self, config):
        return super().render(config).replace("path: /v1/*", "path: /*")


def attack_is_denied(dialect):
    upstream = Upstream(dialect.echo)
    with Guarded(upstream) as gateway:
        client = dialect.client(gateway.port)
        for stream in (False, True):
            try:
                said = dialect.say(client, ATTACK, stream)
            except Exception as error:
                assert dialect.denial(error), repr(error)
                assert ATTACK not in str(error)
            else:
                raise AssertionError(f"an attack went through: {said}")
        assert upstream.requests == [], "the upstream saw something of a denied request"
        assert dialect.say(client, "Hello there")[0] == "You said: Hello there"


def limit_is_used_up(dialect):
    upstream = Upstream(dialect.echo)
    with Guarded(upstream, ONE_REQUEST) as gateway:
        client = dialect.client(gateway.port)
        assert dialect.say(client, "Hello there")[0] == "You said: Hello there"
        for stream in (False, True):
            try:
                said = dialect.say(client, "Hello again", stream)
            except Exception as error:
                assert dialect.limited(error), repr(error)
            else:
                raise AssertionError(f"a second request went through: {said}")
        assert len(upstream.requests) == 1


def address_is_a_token_upstream_and_itself_for_the_user(dialect):
    upstream = Upstream(dialect.echo)
    with Guarded(upstream, RESTORE) as gateway:
        client = dialect.client(gateway.port)
        text = f"Please write to {EMAIL} and say hello."
        for stream in (False, True):
            assert dialect.say(client, text, stream)[0] == "You said: " + text, stream
        assert len(upstream.requests) == 2
        for request in upstream.requests:
            assert EMAIL.encode() not in request.body
            assert "[EMAIL_1_" in dialect.asked(request), request.body


def clean_exchange_is_byte_for_byte(dialect):
    answer = json.dumps(dialect.whole("It is — ok."), indent=1, ensure_ascii=False).encode()
    stream = dialect.events(["It ", "is", " — ", "ok."])
    stream = stream if isinstance(stream, list) else None
    current = {}
    upstream = Upstream(lambda _: current["answer"])
    with Guarded(upstream) as gateway:
        for body in (dialect.body("What is this?"), dialect.body("What is this?", True)):
            streams = body.get("stream")
            if streams and stream is None:
                continue
            current["answer"] = stream if streams else Raw.of(answer, "content-type: application/json")
            body = json.dumps(body, indent=2).replace("What", "Wh\\u0061t").encode()
            status, headers, got = gateway.post(dialect.path, body, {"anthropic-version": "2023-06-01"})
            assert status == 200, got
            assert upstream.requests[-1].body == body
            assert headers["x-caponier-action"] == "allow", headers.items()
            # While text waits for its end, comments keep the connection alive.
            got = got.replace(b": held\n\n", b"")
            assert got == (b"".join(stream) if streams else answer), got


def secret_is_split_in_text(dialect):
    """A secret in the answer, split over two events at every byte in turn, and byte by byte."""
    before, after = "The key is ", " and nothing else."
    pieces = [[before + AWS_KEY[:at], AWS_KEY[at:] + after] for at in range(len(AWS_KEY) + 1)]
    pieces += [list(before + AWS_KEY + after), [before, *AWS_KEY, after]]
    current = {}
    upstream = Upstream(lambda _: dialect.events(current["pieces"]))
    with Guarded(upstream) as gateway:
        client = dialect.client(gateway.port)
        for current["pieces"] in pieces:
            said, _ = dialect.say(client, "Go on", True)
            held(said)
            assert said.startswith(before) and said.endswith(after), said


def secret_is_split_in_tool_arguments(dialect):
    before, after = '{"path": "notes.txt", "content": "key ', ' end"}'
    whole = before + AWS_KEY + after
    start = len(before)
    pieces = [[whole[:at], whole[at:]] for at in range(start, start + len(AWS_KEY) + 1)]
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in AWS_KEY)
    pieces += [list(whole), list(before + escaped + after)]
    current = {}
    upstream = Upstream(lambda _: dialect.events(call=current["pieces"]))
    with Guarded(upstream) as gateway:
        client = dialect.client(gateway.port)
        for current["pieces"] in pieces:
            arguments = dialect.call(client, True)
            held(arguments)
            content = json.loads(arguments)["content"]
            assert content.startswith("key [") and content.endswith(" end"), content


def secret_in_a_whole_answer(dialect):
    current = {}
    upstream = Upstream(lambda _: dialect.whole(**current))
    with Guarded(upstream) as gateway:
        client = dialect.client(gateway.port)
        current["text"] = f"Here: {AWS_KEY}."
        said, _ = dialect.say(client, "Go on")
        held(said)
        assert said.startswith("Here: ["), said
        if not dialect.has_tools:
            return
        current.clear()
        current["call"] = json.dumps({"content": f"key {AWS_KEY}"})
        arguments = dialect.call(client)
        held(arguments)
        assert json.loads(arguments)["content"].startswith("key [")


def answer_is_denied(dialect):
    """A denied answer ends as one that the model's own filter stopped, streamed or not."""
    actions = 'actions: { "secrets/*": deny }'
    current = {}
    upstream = Upstream(
        lambda request: dialect.events(current["pieces"])
        if dialect.streams(request)
        else dialect.whole("".join(current["pieces"]))
    )
    with Guarded(upstream, actions) as gateway:
        client = dialect.client(gateway.port)
        current["pieces"] = ["This much is fine. ", "The key is ", AWS_KEY[:9], AWS_KEY[9:], " and more."]
        said, end = dialect.say(client, "Go on")
        assert (said == "" or dialect.always_streams) and end == dialect.FILTERED, (said, end)
        said, end = dialect.say(client, "Go on", True)
        # How much had gone out by then is a matter of how it came.
        assert "This much is fine. The key is ".startswith(said), said
        assert end == dialect.FILTERED, end


def denied_answer_is_an_error(dialect):
    """Where a route wants it so, what the client raises for a denied request it raises for an answer."""
    pieces = ["This much is fine. ", "The key is ", AWS_KEY, " and more."]
    upstream = Upstream(
        lambda request: dialect.events(pieces)
        if dialect.streams(request)
        else dialect.whole("".join(pieces))
    )
    with Guarded(upstream, 'actions: { "secrets/*": deny }', route="deny_as: error") as gateway:
        client = dialect.client(gateway.port)
        try:
            said = dialect.say(client, "Go on")
        except Exception as error:
            assert dialect.denial(error), repr(error)
            held(str(error))
        else:
            raise AssertionError(f"a denied answer was read: {said}")
        assert dialect.broken(client), "the stream ended otherwise"


def held(said):
    for size in range(8, len(AWS_KEY)):
        assert AWS_KEY[:size] not in said and AWS_KEY[-size:] not in said, said


def stream_is_cut(dialect):
    """An upstream that breaks off: what was held is never released, and the end is not made up."""
    events = dialect.events(["Key: ", AWS_KEY[:12], "x"])
    if isinstance(events, Raw):
        return
    at = next(index for index, event in enumerate(events) if AWS_KEY[:12].encode() in event)
    upstream = Upstream(lambda _: events[: at + 1])
    with Guarded(upstream) as gateway:
        status, _, body = gateway.post(dialect.path, dialect.body("Go on", True))
        assert status in (200, 502), (status, body)
        assert AWS_KEY[:10].encode() not in body, body
        assert events[-1] not in body, body


PROMISES = [
    attack_is_denied,
    limit_is_used_up,
    address_is_a_token_upstream_and_itself_for_the_user,
    clean_exchange_is_byte_for_byte,
    secret_is_split_in_text,
    secret_is_split_in_tool_arguments,
    secret_in_a_whole_answer,
    answer_is_denied,
    denied_answer_is_an_error,
    stream_is_cut,
]


def promises(name):
    """The promises that a format keeps: one without tools cannot leak through them."""
    return [
        promise
        for promise in PROMISES
        if DIALECTS[name].has_tools or promise is not secret_is_split_in_tool_arguments
    ]


# Each promise with each format is a scenario: `messages_attack_is_denied`.
for _name in DIALECTS:
    for _promise in promises(_name):
        globals()[f"{_name}_{_promise.__name__}"] = functools.partial(_promise, DIALECTS[_name])
