"""Ways around the inspection: whatever a request is disguised as, it is inspected or refused.

Lengths, chunks and frames stand in `attacks.py`, targets of Envoy's in `envoy_attacks.py`, JSON that
is not clear in `bad_input.py`, forms in `files.py`; here is what both hosts are asked alike.
"""

import json

from attacks import exchange
from support import AWS_KEY, Gateway, Upstream, completion

# How the program runs: another scene puts Envoy here.
Guarded = Gateway

CHAT = "/v1/chat/completions"
TEXT = f"Use {AWS_KEY} now"
GOOD = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def said(message, **more):
    return {"model": "m", "messages": [message], **more}


BODY = json.dumps(said({"role": "user", "content": TEXT}))

# Roles that only some readers know, or take for another.
ROLES = ["User", "USER", "user ", "usеr", "ｕser", "system\u200b", "human", "model", "function", "tool", "", "__proto__"]

# Text where none is expected, and keys that only some readers take for the known ones.
BODIES = [
    *(json.dumps(said({"role": role, "content": TEXT}), ensure_ascii=False) for role in ROLES),
    *(
        json.dumps(body, ensure_ascii=False)
        for body in (
            GOOD | {"Messages": said({"role": "user", "content": TEXT})["messages"]},
            GOOD | {"meſſages": said({"role": "user", "content": TEXT})["messages"]},
            GOOD | {"input": TEXT},
            GOOD | {"prompt": TEXT},
            GOOD | {"system": TEXT},
            GOOD | {"instructions": TEXT},
            GOOD | {"extra_body": {"messages": TEXT}},
            GOOD | {TEXT: 1},
            GOOD | {"model": TEXT},
            GOOD | {"stop": [TEXT]},
            GOOD | {"tool_choice": {"type": "function", "function": {"name": TEXT}}},
            said({"role": "user", "Content": TEXT, "content": "hi"}),
            said({"role": "user", "content": "hi", "text": TEXT}),
            said({"role": "user", "content": "hi", "parts": [{"text": TEXT}]}),
            said({"role": "user", "content": [{"type": "text", "text": "hi", "Text": TEXT}]}),
            said({"role": "user", "content": [{"type": "TEXT", "text": TEXT}]}),
            said({"role": "user", "content": [{"text": TEXT}]}),
            said({"role": "user", "content": [[TEXT]]}),
            said({"role": "user", "content": {"text": TEXT}}),
            said([{"role": "user", "content": TEXT}]),
            [said({"role": "user", "content": TEXT})],
        )
    ),
    BODY.replace('"content"', '"content": "hi", "content"'),
    BODY.replace('"content"', '"content": "hi", "c\\u006fntent"'),
    json.dumps(GOOD)[:-1] + ', "messages"' + BODY.split('"messages"')[1],
    json.dumps(GOOD) + BODY,
    json.dumps(GOOD) + "\n" + BODY,
    "\ufeff" + BODY,
    BODY.replace("AKIA", "\\u0041\\u004bIA"),
    BODY.replace("{", "{/* */", 1),
    BODY.replace('"', "'"),
    BODY.replace("}]}", "}],}"),
]

KINDS = [
    "", "text/plain", "application/x-ndjson", "application/x-www-form-urlencoded", "application/json+x",
    "multipart/form-data; boundary=x", "application/json, text/plain", "application/octet-stream", "image/png",
]

PATHS = [
    f"/{CHAT}", "/v1//chat/completions", "/v1/chat%2Fcompletions", "/v1/chat%2fcompletions", "/v1/chat/./completions",
    "/v1/x/../chat/completions", "/v1/%63hat/completions", "/v1/chat/completions;x=1", "/v1;x/chat/completions",
    "/v1/chat/completions/", "/v1/Chat/Completions", "/V1/chat/completions", "/v1/chat/completions%00",
    "/v1/chat/completions%20", "/v1/chat\\completions", "/v1/chat%5ccompletions", "/v1/chat%252Fcompletions",
    "/v1/uploads", "/v1/assistants", "/v1/threads/t/runs", "/v1/images/generations", "/v1/audio/speech", "/v1/unheard",
    "/v1/files/x/Content", "/v1/Files", "/v1/batches/",
]

METHODS = ["GET", "PUT", "PATCH", "post", "OPTIONS", "X-POST"]


def request(body, method="POST", path=CHAT, kind="application/json", *more):
    body = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "host: x", "connection: close", f"content-length: {len(body)}", *more]
    lines += [f"content-type: {kind}"] if kind else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def disguises():
    """The bytes of each request, by what it is."""
    for body in BODIES:
        yield body, request(body)
    for kind in KINDS:
        yield kind, request(BODY, kind=kind)
    for path in PATHS:
        yield path, request(BODY, path=path)
    for method in METHODS:
        yield method, request(BODY, method)
        yield method + " overridden", request(BODY, method, CHAT, "application/json", "x-http-method-override: POST")
    settings = "http2-settings: AAMAAABkAARAAAAAAAIAAAAA"
    for upgrade, more in (("h2c", settings), ("websocket", "sec-websocket-key: eA=="), ("TLS/1.0", "x: y")):
        data = request(BODY, "POST", CHAT, "application/json", f"upgrade: {upgrade}", more)
        yield upgrade, data.replace(b"connection: close", b"connection: upgrade, http2-settings, close")
    for encoding in ("gzip", "identity", "GZIP, identity", "deflate", "aes128gcm", "utf-16"):
        yield encoding, request(BODY, "POST", CHAT, "application/json", f"content-encoding: {encoding}")
    for header in ("x-original-url", "x-rewrite-url", "x-forwarded-path", "x-forwarded-prefix"):
        yield header, request(BODY, "POST", CHAT, "application/json", f"{header}: /v1/models")
    first = request(json.dumps(GOOD)).replace(b"connection: close\r\n", b"")
    yield "in a pipeline", first + first + request(BODY)


def every_disguise_is_inspected_or_refused():
    look("limits: { unrecognized: deny }", [])
    # Parts of unknown meaning go on with a flag where nothing else is said.
    look("", [b"x-caponier-action: flag\r\n"])


def look(rules, marks):
    """Sends each. A text that goes on as it is has one of these marks in its answer."""
    upstream = Upstream(lambda _: completion("fine"))
    with Guarded(upstream, rules) as gateway:
        for name, data in disguises():
            asked = len(upstream.requests)
            answer = exchange(gateway, data)
            # A connection that is closed without a word is no refusal: each of them is HTTP.
            assert answer.startswith(b"HTTP/1."), (name, answer)
            is_marked = any(mark in answer for mark in marks)
            for seen in upstream.requests[asked:]:
                assert is_marked or AWS_KEY.encode() not in seen.body, (name, seen.path, seen.body)
                assert is_marked or "KIA" + AWS_KEY[4:] not in seen.body.decode(), (name, seen.body)
                assert AWS_KEY not in str(seen.headers) and AWS_KEY not in seen.path, name
            last = answer.rsplit(b"HTTP/1.", 1)[-1][2:5]
            is_edited = any(b"Use [" in seen.body for seen in upstream.requests[asked:])
            assert last[:1] == b"4" or is_edited or is_marked, (name, answer)
        assert gateway.post(CHAT, GOOD)[0] == 200


