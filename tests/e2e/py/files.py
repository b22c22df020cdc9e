"""Files and batches with the official client: every row is read as the request or answer that it is."""

import json

import openai

from support import ATTACK, AWS_KEY, EMAIL, Gateway, Raw, Upstream, completion

# How the program runs: another scene puts Envoy here.
Guarded = Gateway


def row(content, name="one", **more):
    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body} | more


def jsonl(*rows):
    # Each letter as an escape: what is looked for is in no byte of it.
    escaped = [json.dumps(one).replace("AKIA", "\\u0041KIA").replace("@", "\\u0040") for one in rows]
    return "\n".join(escaped).encode() + b"\n"


def provider(request):
    """Keeps no file, and says what is known of one."""
    if request.path.endswith("/files"):
        return {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1,
                "filename": "rows.jsonl", "purpose": "batch", "status": "processed"}
    if request.path.endswith("/batches"):
        return {"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions",
                "input_file_id": "file-1", "completion_window": "24h", "status": "validating",
                "created_at": 1}
    if request.path.endswith("/content"):
        answers = [completion("Fine."), completion(f"The key is {AWS_KEY}.")]
        results = [
            {"id": f"r{number}", "custom_id": str(number), "error": None,
             "response": {"status_code": 200, "request_id": "q", "body": answer}}
            for number, answer in enumerate(answers)
        ]
        return Raw.of(jsonl(*results), "content-type: application/octet-stream")
    return Raw.of(b"{}", status="404 Not Found")


def client(gateway):
    return openai.OpenAI(
        base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key="sk-x", max_retries=0
    )


def uploaded(request):
    """The rows of a file as the upstream got it."""
    kind = next(value for name, value in request.headers.items() if name.lower() == "content-type")
    boundary = kind.split("boundary=")[1].encode()
    part = next(part for part in request.body.split(b"--" + boundary) if b'name="file"' in part)
    return part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")


def batch_goes_its_way_redacted():
    upstream = Upstream(provider)
    with Guarded(upstream) as gateway:
        api = client(gateway)
        rows = [row(f"Write to {EMAIL}."), row(f"Use {AWS_KEY} and go on.", "two"), row("Hello", "three")]
        made = api.files.create(file=("rows.jsonl", jsonl(*rows)), purpose="batch")
        assert made.id == "file-1"
        got = [json.loads(line) for line in uploaded(upstream.requests[0]).splitlines()]
        said = [one["body"]["messages"][0]["content"] for one in got]
        assert EMAIL not in said[0] and said[0].startswith("Write to ["), said
        assert AWS_KEY not in said[1] and said[1].endswith("and go on."), said
        assert got[2] == rows[2]
        batch = api.batches.create(
            input_file_id=made.id, endpoint="/v1/chat/completions", completion_window="24h",
            metadata={"who": EMAIL},
        )
        assert batch.id == "batch_1"
        assert EMAIL.encode() not in upstream.requests[1].body
        results = api.files.content("file-2").text.splitlines()
        said = [json.loads(one)["response"]["body"]["choices"][0]["message"]["content"] for one in results]
        assert said[0] == "Fine." and said[1].startswith("The key is ["), said
        assert AWS_KEY not in said[1]
        # A part of a file is asked for as the whole of it: a value could be cut in two.
        api.files.content("file-2", extra_headers={"range": "bytes=0-9"})
        asked = {name.lower() for name in upstream.requests[-1].headers}
        assert "range" not in asked, asked


def clean_file_is_byte_for_byte():
    upstream = Upstream(provider)
    with Guarded(upstream) as gateway:
        rows = b'{"custom_id": "a",  "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "\\u0041 b"}}\r\n'
        boundary = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"
        form = b"\r\n".join([
            b"--" + boundary, b'Content-Disposition: form-data; name="purpose"', b"", b"batch",
            b"--" + boundary, b'Content-Disposition: form-data; name="file"; filename="x.jsonl"',
            b"Content-Type: application/octet-stream", b"", rows, b"--" + boundary + b"--", b"",
        ])
        kind = {"content-type": "multipart/form-data; boundary=" + boundary.decode()}
        status, headers, answer = gateway.post("/v1/files", form, kind)
        assert status == 200, answer
        assert headers["x-caponier-action"] == "allow", headers.items()
        assert upstream.requests[0].body == form
        # What another reader could take for another form goes nowhere.
        for odd, said in [
            (form.replace(b'name="purpose"', b'name="file"'), kind),
            (form.replace(b"; filename", b"; filename*=utf-8''y; filename"), kind),
            (form.replace(b"batch\r\n", b"batch\n"), kind),
            (b"x\r\n" + form, kind),
            (form + b"x", kind),
            (form, {"content-type": kind["content-type"] + "x"}),
            (form, {"content-type": "application/octet-stream"}),
        ]:
            status, _, answer = gateway.post("/v1/files", odd, said)
            assert status == 400, (status, answer, odd)
            assert json.loads(answer)["error"]["code"] == "malformed_request"
        assert len(upstream.requests) == 1


def bad_row_is_refused_by_its_number():
    upstream = Upstream(provider)
    with Guarded(upstream) as gateway:
        api = client(gateway)
        for rows, code, message in [
            (jsonl(row("Hello"), row(ATTACK)), "content_filter", ""),
            (jsonl(row("Hello"), row("Hi", url="/v1/images/edits")), "malformed_request", "row[1].url"),
            (jsonl(row("Hello"), row("Hi", method="PUT")), "malformed_request", "row[1].method"),
            (jsonl(row("Hello")) + b"{", "malformed_request", "row[1]"),
            (jsonl(row("Hello")) + b'{"body":{},"Body":{}}', "malformed_request", "row[1]"),
        ]:
            try:
                api.files.create(file=("rows.jsonl", rows), purpose="batch")
            except openai.BadRequestError as error:
                assert error.code == code, error
                assert message in str(error), error
                assert ATTACK not in str(error)
            else:
                raise AssertionError(f"a bad row went through: {rows}")
        assert upstream.requests == []


def documents_are_inspected_and_what_is_none_is_not_let_through():
    upstream = Upstream(provider)
    with Guarded(upstream) as gateway:
        api = client(gateway)
        text = f"# Notes\r\n\r\nThe key is {AWS_KEY}, é.\r\n".encode()
        api.files.create(file=("notes.md", text), purpose="user_data")
        got = uploaded(upstream.requests[0])
        assert AWS_KEY.encode() not in got and got.startswith(b"# Notes\r\n\r\nThe key is ["), got
        examples = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": AWS_KEY}]}
        api.files.create(file=("examples.jsonl", jsonl(examples)), purpose="fine-tune")
        said = json.loads(uploaded(upstream.requests[1]))["messages"][1]["content"]
        assert AWS_KEY not in said, said
        for content in (b"%PDF-1.7\n\xff\xfe", b"\x89PNG\r\n\x1a\n\x00", AWS_KEY.encode("utf-16")):
            try:
                api.files.create(file=("x.bin", content), purpose="user_data")
            except openai.BadRequestError as error:
                assert error.code == "content_filter", error
            else:
                raise AssertionError("a file that nobody looked into went through")
        assert len(upstream.requests) == 2


SCENES = [
    batch_goes_its_way_redacted,
    clean_file_is_byte_for_byte,
    bad_row_is_refused_by_its_number,
    documents_are_inspected_and_what_is_none_is_not_let_through,
]
