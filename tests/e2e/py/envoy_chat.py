"""The official client against Envoy with the filter in it; rules decide, no plugin is there."""

from envoy_support import Envoy, packed
from support import Upstream, completion

# What a plugin would find is found by a rule here: text is exposed to it.
RULES = """
package caponier

import rego.v1

bad contains segment if {
	some segment in input.segments
	contains(segment.text, "FORBIDDEN")
}

decision := {"action": "deny", "reason": "forbidden words"} if {
	count(bad) > 0
} else := {"action": "deny", "status": 403, "reason": "not for you"} if {
	input.phase == "begin"
	input.context.model == "secret"
} else := {"action": "redact", "set": {"max_tokens": 5}, "unset": ["logprobs"], "reason": "bounded"} if {
	input.context.stage == "prompt"
	input.request.max_tokens > 5
} else := {"action": "allow"}
"""


def user(text):
    return [{"role": "user", "content": text}]


def text_of(stream):
    return "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)


def request_is_denied_or_passes():
    import openai

    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        client = envoy.client()
        for stream in (False, True):
            try:
                client.chat.completions.create(
                    model="m", messages=user("This is FORBIDDEN."), stream=stream
                )
            except openai.BadRequestError as error:
                assert error.code == "content_filter", error.body
                assert error.response.headers["x-caponier-action"] == "deny"
                assert error.response.headers["x-caponier-revision"].startswith("sha256:")
                assert len(error.response.headers["x-caponier-exchange"]) == 32
            else:
                raise AssertionError("it went through")
        try:
            client.chat.completions.create(model="secret", messages=user("hi"))
        except openai.PermissionDeniedError as error:
            assert error.code == "access_denied", error.body
        else:
            raise AssertionError("it went through")
        assert upstream.requests == []
        answer = client.chat.completions.create(model="m", messages=user("Hello"))
        assert answer.choices[0].message.content == "You said: Hello"
        stream = client.chat.completions.create(model="m", messages=user("Hello"), stream=True)
        assert text_of(stream) == "You said: Hello"


def clean_request_arrives_byte_for_byte():
    upstream = Upstream()
    body = (
        b'{ "model" : "m",\r\n\t"temperature":1.0e0,'
        b'"messages":[{"role":"user","content":"Gr\\u00fc\\u00DF Gott \\/ \xf0\x9f\x8c\x8d","name":"n"},'
        b'{"content":[{"text":"two  ","type":"text"}],"role":"user"}],"seed":12345678901234567890 }\n'
    )
    with Envoy(upstream, packed(RULES)) as envoy:
        status, headers, _ = envoy.post(
            "/v1/chat/completions?beta=1",
            body,
            {
                "authorization": "Bearer sk-of-the-caller",
                "x-custom": "kept",
                "accept-encoding": "gzip",
                "x-caponier-action": "forged",
                "X-Caponier-Tenant": "forged",
            },
        )
        assert status == 200
        assert headers["x-caponier-action"] == "allow", headers.items()
        (request,) = upstream.requests
        assert request.body == body, (request.body, body)
        assert request.path == "/v1/chat/completions?beta=1"
        seen = {name.lower(): value for name, value in request.headers.items()}
        assert seen["x-custom"] == "kept"
        assert seen["content-length"] == str(len(body))
        assert seen["accept-encoding"] == "identity"
        assert seen["authorization"] == "Bearer sk-of-the-caller"
        assert not [name for name in seen if name.startswith("x-caponier")], seen


def fields_are_set_and_taken_out():
    upstream = Upstream()
    with Envoy(upstream, packed(RULES)) as envoy:
        client = envoy.client()
        client.chat.completions.create(
            model="m", messages=user("Hello"), max_tokens=900, logprobs=True
        )
        (request,) = upstream.requests
        assert request.json["max_tokens"] == 5, request.body
        assert "logprobs" not in request.json
        seen = {name.lower(): value for name, value in request.headers.items()}
        assert seen["content-length"] == str(len(request.body))


def answer_is_denied():
    current = {}
    upstream = Upstream(lambda request: current["answer"])
    with Envoy(upstream, packed(RULES)) as envoy:
        client = envoy.client()
        current["answer"] = completion("It is FORBIDDEN.")
        answer = client.chat.completions.create(model="m", messages=user("Hello"))
        assert answer.choices[0].finish_reason == "content_filter", answer
        assert answer.choices[0].message.content is None
