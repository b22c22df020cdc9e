"""Beside Envoy's own filters that buffer, change and refuse: before the filter, and after it."""

from envoy_chat import RULES, user
from envoy_context import PATH, jwt_authn, token
from envoy_support import Envoy, packed
from ext_proc import REQUEST_BODY, RESPONSE_BODY, Processor
from support import Upstream, completion, last_text, text_events

NAME = "type.googleapis.com/envoy.extensions.filters.http."
GOOD = {"model": "m", "messages": user("Hello")}
BAD = {"model": "m", "messages": user("It is FORBIDDEN.")}
BUFFER = {
    "name": "envoy.filters.http.buffer",
    "typed_config": {"@type": NAME + "buffer.v3.Buffer", "max_request_bytes": 1 << 20},
}


def lua(code):
    return {
        "name": "envoy.filters.http.lua",
        "typed_config": {
            "@type": NAME + "lua.v3.Lua",
            "default_source_code": {"inline_string": code},
        },
    }


READS = lua(
    """
function envoy_on_request(handle)
  handle:body()
  handle:headers():add("x-lua", "1")
end
function envoy_on_response(handle)
  handle:headers():add("x-lua", "1")
end
"""
)

# Changes whole bodies, in both directions.
WRITES = lua(
    """
function envoy_on_request(handle)
  local body = handle:body()
  local text = body:getBytes(0, body:length())
  text = string.gsub(text, "INNOCENT", "FORBIDDEN")
  local size = body:setBytes(text)
  handle:headers():replace("content-length", tostring(size))
end
function envoy_on_response(handle)
  local body = handle:body()
  local text = body:getBytes(0, body:length())
  text = string.gsub(text, "HARMLESS", "FORBIDDEN")
  local size = body:setBytes(text)
  handle:headers():replace("content-length", tostring(size))
end
"""
)


def buffer_and_lua():
    for before, after in (
        ([BUFFER], []),
        ([], [BUFFER]),
        ([READS], []),
        ([], [READS]),
        ([READS], [BUFFER]),
        ([BUFFER, READS], [READS, BUFFER]),
    ):
        upstream = Upstream()
        with Envoy(upstream, packed(RULES), before=before, after=after) as envoy:
            assert envoy.post(PATH, BAD)[0] == 400
            assert upstream.requests == []
            status, _, answer = envoy.post(PATH, GOOD | {"max_tokens": 900})
            assert status == 200, answer
            assert upstream.requests[0].json["max_tokens"] == 5
            status, _, answer = envoy.post(PATH, GOOD | {"stream": True})
            assert status == 200 and answer.endswith(b"data: [DONE]\n\n"), answer


def lua_that_writes():
    """What is nearer to the client writes first into requests, and last into answers."""
    innocent = GOOD | {"messages": user("It is INNOCENT.")}
    harmless = GOOD | {"messages": user("It is HARMLESS.")}
    upstream = Upstream()
    with Envoy(upstream, packed(RULES), before=[WRITES]) as envoy:
        assert envoy.post(PATH, innocent)[0] == 400
        assert upstream.requests == []
        assert b"FORBIDDEN" in envoy.post(PATH, harmless)[2], "it writes behind the filter"
    upstream = Upstream()
    with Envoy(upstream, packed(RULES), after=[WRITES]) as envoy:
        status, _, answer = envoy.post(PATH, harmless)
        assert b"FORBIDDEN" not in answer and b"content_filter" in answer, (status, answer)


def refusals_of_other_filters():
    """What another filter answers goes out as it is, and nothing goes on."""
    refuses = lua(
        """
function envoy_on_request(handle)
  handle:respond({[":status"] = "418"}, "no tea")
end
"""
    )
    late = lua(
        """
function envoy_on_request(handle)
  handle:body()
  handle:respond({[":status"] = "418"}, "no tea")
end
"""
    )
    for before, after in (([refuses], []), ([], [refuses]), ([late], []), ([], [late])):
        upstream = Upstream()
        with Envoy(upstream, packed(RULES), before=before, after=after) as envoy:
            status, _, answer = envoy.post(PATH, GOOD)
            assert (status, answer) == (418, b"no tea"), (before, after)
            expected = 400 if after else 418
            assert envoy.post(PATH, BAD)[0] == expected
            assert upstream.requests == []


def jwt_authn_before_and_after():
    upstream = Upstream()
    good = token({"sub": "ann"})
    for place in ("before", "after"):
        upstream.requests.clear()
        with Envoy(upstream, packed(RULES), **{place: [jwt_authn(True)]}) as envoy:
            for headers in ({}, {"authorization": "Bearer forged"}):
                status, _, answer = envoy.post(PATH, GOOD, headers)
                assert status == 401 and answer.startswith(b"Jwt"), (place, status, answer)
            assert envoy.post(PATH, BAD, good)[0] == 400
            assert upstream.requests == []
            for stream in (False, True):
                status, headers, _ = envoy.post(PATH, GOOD | {"stream": stream}, good)
                assert status == 200 and headers["x-caponier-action"] == "allow"
            assert len(upstream.requests) == 2


def ext_proc_before_and_after():
    """A processor that writes words into bodies, in every way that it can be shown them."""

    def change(kind, body):
        if kind == REQUEST_BODY:
            return body.replace(b"INNOCENT", b"FORBIDDEN")
        return body.replace(b"HARMLESS", b"FORBIDDEN")

    def answer(request):
        if request.json.get("stream"):
            return list(text_events(["One ", last_text(request), " two"]))
        return completion(last_text(request))

    upstream = Upstream(answer)
    # Rules that read text see a stream in pieces, unless the route waits for all of it.
    whole = packed(RULES, route={"stream": "buffer"})
    modes = (("BUFFERED", "BUFFERED"), ("STREAMED", "STREAMED"), ("BUFFERED_PARTIAL", "BUFFERED_PARTIAL"))
    with Processor(change) as processor:
        for request_mode, response_mode in modes:
            filters = [processor.filter(request_mode, response_mode)]
            for place in ("before", "after"):
                upstream.requests.clear()
                processor.seen.clear()
                more = {place: filters, "clusters": [processor.cluster()]}
                case = (place, request_mode)
                with Envoy(upstream, whole, **more) as envoy:
                    for stream in (False, True):
                        word = {"stream": stream}
                        status, _, _ = envoy.post(PATH, BAD | word)
                        assert status == 400, (case, status)
                        innocent = GOOD | {"messages": user("It is INNOCENT.")} | word
                        status, _, got = envoy.post(PATH, innocent)
                        if place == "before":
                            assert status == 400 and not upstream.requests, (case, status)
                        else:
                            # It comes back from the model, and is judged there.
                            assert b"FORBIDDEN" not in got, (case, got)
                            (request,) = upstream.requests
                            assert last_text(request) == "It is FORBIDDEN.", case
                        upstream.requests.clear()
                        harmless = GOOD | {"messages": user("It is HARMLESS.")} | word
                        status, _, got = envoy.post(PATH, harmless)
                        assert (b"FORBIDDEN" in got) == (place == "before"), (case, status, got)
                        upstream.requests.clear()
                        status, _, got = envoy.post(PATH, GOOD | {"max_tokens": 900} | word)
                        assert status == 200 and b"Hello" in got, (case, status, got)
                        assert upstream.requests[0].json["max_tokens"] == 5, case
                        upstream.requests.clear()
                    seen = [body for kind, body in processor.seen if kind == REQUEST_BODY]
                    # What is denied is not shown to whoever stands behind.
                    assert any(b"It is FORBIDDEN" in body for body in seen) == (place == "before")
                    assert any(kind == RESPONSE_BODY for kind, _ in processor.seen), case
