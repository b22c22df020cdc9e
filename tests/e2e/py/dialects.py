"""What model APIs speak: how an upstream answers in each, and its official client."""

import json

from support import CALLER_KEY, Raw, completion, last_text, text_events, tool_call, tool_events


def sse(kind, **fields):
    """An event that is named, too."""
    data = json.dumps({"type": kind} | fields)
    return f"event: {kind}\ndata: {data}\n\n".encode()


class Chat:
    """OpenAI Chat Completions."""

    path = "/v1/chat/completions"
    # How a format says that an answer was stopped by a filter.
    FILTERED = "content_filter"
    has_tools = True
    # Whether a client streams what it is to read as a whole.
    always_streams = False

    def client(self, port):
        import openai

        return openai.OpenAI(
            base_url=f"http://127.0.0.1:{port}/v1", api_key=CALLER_KEY, max_retries=0, timeout=30
        )

    def body(self, text, stream=False):
        return {"model": "m", "messages": [{"role": "user", "content": text}], "stream": stream}

    def denial(self, error):
        """Whether an official client's error is a denial of content."""
        import openai

        return isinstance(error, openai.BadRequestError) and error.code == "content_filter"

    def limited(self, error):
        """Whether it says that a limit is used up."""
        import openai

        return isinstance(error, openai.RateLimitError) and error.code == "rate_limit_exceeded"

    def broken(self, client):
        """Whether a stream ends in what this client makes of a denial after its beginning."""
        import openai

        try:
            self.say(client, "Go on", True)
        except openai.APIError as error:
            return error.code == "content_filter" and "denied by policy" in str(error)

    def say(self, client, text, stream=False):
        """What the client reads of the answer, and why it ended."""
        answer = client.chat.completions.create(**self.body(text, stream))
        if not stream:
            return answer.choices[0].message.content or "", answer.choices[0].finish_reason
        said, end = "", None
        for chunk in answer:
            for choice in chunk.choices:
                said += choice.delta.content or ""
                end = choice.finish_reason or end
        return said, end

    def call(self, client, stream=False):
        """The arguments of the tool call that the client reads."""
        answer = client.chat.completions.create(**self.body("Go on", stream))
        if not stream:
            return answer.choices[0].message.tool_calls[0].function.arguments
        return "".join(
            call.function.arguments or ""
            for chunk in answer
            for choice in chunk.choices
            for call in choice.delta.tool_calls or []
        )

    def whole(self, text=None, call=None):
        """An answer of the upstream's: a text, or a call with these arguments."""
        return completion(text, [tool_call("write_file", call)] if call else None)

    def events(self, pieces=None, call=None):
        """The same in pieces."""
        return list(tool_events("write_file", call) if call else text_events(pieces))

    def asked(self, request):
        """What the upstream was asked."""
        return last_text(request)

    def streams(self, request):
        """Whether the upstream is to stream."""
        return bool(request.json.get("stream"))

    def echo(self, request):
        """Says what it was told, streamed byte by byte where that is asked for."""
        said = "You said: " + self.asked(request)
        return self.events(list(said)) if self.streams(request) else self.whole(said)


class Messages(Chat):
    """Anthropic Messages."""

    path = "/v1/messages"
    FILTERED = "refusal"

    def client(self, port):
        import anthropic

        return anthropic.Anthropic(
            base_url=f"http://127.0.0.1:{port}", api_key=CALLER_KEY, max_retries=0, timeout=30
        )

    def body(self, text, stream=False):
        body = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
        return body | ({"stream": True} if stream else {})

    def denial(self, error):
        import anthropic

        return isinstance(error, anthropic.BadRequestError) and "denied by policy" in str(error)

    def limited(self, error):
        import anthropic

        return isinstance(error, anthropic.RateLimitError) and error.type == "rate_limit_error"

    def broken(self, client):
        import anthropic

        try:
            self.say(client, "Go on", True)
        except anthropic.APIStatusError as error:
            return error.type == "invalid_request_error" and "denied by policy" in str(error)

    def _read(self, client, text, stream):
        body = self.body(text)
        if not stream:
            return client.messages.create(**body)
        with client.messages.stream(**body) as events:
            return events.get_final_message()

    def say(self, client, text, stream=False):
        message = self._read(client, text, stream)
        said = "".join(block.text for block in message.content if block.type == "text")
        return said, message.stop_reason

    def call(self, client, stream=False):
        message = self._read(client, "Go on", stream)
        (call,) = [block for block in message.content if block.type == "tool_use"]
        return json.dumps(call.input, ensure_ascii=False)

    def whole(self, text=None, call=None):
        block = {"type": "text", "text": text}
        if call:
            block = {"type": "tool_use", "id": "toolu_1", "name": "write_file", "input": json.loads(call)}
        return self._message([block], "tool_use" if call else "end_turn")

    def _message(self, content, stop):
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 2},
        }

    def events(self, pieces=None, call=None):
        block = {"type": "text", "text": ""}
        kind, key = "text_delta", "text"
        if call:
            block = {"type": "tool_use", "id": "toolu_1", "name": "write_file", "input": {}}
            kind, key = "input_json_delta", "partial_json"
        return [
            sse("message_start", message=self._message([], None)),
            sse("content_block_start", index=0, content_block=block),
            sse("ping"),
            *(
                sse("content_block_delta", index=0, delta={"type": kind, key: piece})
                for piece in call or pieces
            ),
            sse("content_block_stop", index=0),
            sse(
                "message_delta",
                delta={"stop_reason": "tool_use" if call else "end_turn", "stop_sequence": None},
                usage={"output_tokens": 2},
            ),
            sse("message_stop"),
        ]


class Responses(Chat):
    """OpenAI Responses."""

    path = "/v1/responses"

    def body(self, text, stream=False):
        return {"model": "m", "input": text, "stream": stream}

    def _read(self, client, text, stream):
        answer = client.responses.create(**self.body(text, stream))
        if not stream:
            return answer
        said, last = "", None
        for event in answer:
            if event.type == "response.output_text.delta":
                said += event.delta
            last = getattr(event, "response", last)
        # What is streamed and what is repeated at the end are the same.
        if last.status == "completed" and last.output and last.output[0].type == "message":
            assert last.output_text == said, (last.output_text, said)
        return last if last.output else _Said(last, said)

    def say(self, client, text, stream=False):
        answer = self._read(client, text, stream)
        reason = answer.incomplete_details.reason if answer.incomplete_details else "stop"
        return answer.output_text, reason

    def call(self, client, stream=False):
        answer = self._read(client, "Go on", stream)
        (call,) = [item for item in answer.output if item.type == "function_call"]
        return call.arguments

    def whole(self, text=None, call=None):
        return self._response([self._item(text, call, "completed")], "completed")

    def _item(self, text, call, status):
        if call is not None:
            return {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": "write_file",
                "arguments": call,
                "status": status,
            }
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        return {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": status,
            "content": [part] if text is not None else [],
        }

    def _response(self, output, status):
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": None,
            "metadata": {},
            "model": "m",
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "temperature": 1.0,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": {
                "input_tokens": 1,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": 2,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 3,
            },
            "user": None,
        }

    def events(self, pieces=None, call=None):
        numbers = iter(range(1 << 30))
        event = lambda kind, **fields: sse(kind, sequence_number=next(numbers), **fields)
        begun = self._response([], "in_progress") | {"usage": None}
        events = [event("response.created", response=begun), event("response.in_progress", response=begun)]
        if call:
            whole = "".join(call)
            at = {"item_id": "fc_1", "output_index": 0}
            item = self._item(None, whole, "completed")
            events += [
                event("response.output_item.added", output_index=0, item=self._item(None, "", "in_progress")),
                *(event("response.function_call_arguments.delta", **at, delta=piece) for piece in call),
                event("response.function_call_arguments.done", **at, name="write_file", arguments=whole),
            ]
        else:
            whole = "".join(pieces)
            at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
            item = self._item(whole, None, "completed")
            events += [
                event("response.output_item.added", output_index=0, item=self._item(None, None, "in_progress")),
                event("response.content_part.added", **at, part=self._item("", None, "")["content"][0]),
                *(event("response.output_text.delta", **at, delta=piece, logprobs=[]) for piece in pieces),
                event("response.output_text.done", **at, text=whole, logprobs=[]),
                event("response.content_part.done", **at, part=item["content"][0]),
            ]
        return [
            *events,
            event("response.output_item.done", output_index=0, item=item),
            event("response.completed", response=self._response([item], "completed")),
        ]

    def asked(self, request):
        asked = request.json["input"]
        return asked if isinstance(asked, str) else asked[-1]["content"]


class _Said:
    """A response that ended before it was complete, with the text that came."""

    def __init__(self, response, text):
        self.output, self.output_text = response.output, text
        self.incomplete_details = response.incomplete_details


class Completions(Chat):
    """OpenAI legacy Completions."""

    path = "/v1/completions"
    has_tools = False

    def body(self, text, stream=False):
        return {"model": "m", "prompt": text, "stream": stream}

    def say(self, client, text, stream=False):
        answer = client.completions.create(**self.body(text, stream))
        chunks = answer if stream else [answer]
        said, end = "", None
        for chunk in chunks:
            for choice in chunk.choices:
                said += choice.text
                end = choice.finish_reason or end
        return said, end

    def _chunk(self, text, finish):
        return {
            "id": "cmpl-1",
            "object": "text_completion",
            "created": 1,
            "model": "m",
            "choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": finish}],
        }

    def whole(self, text=None, call=None):
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return self._chunk(text, "stop") | {"usage": usage}

    def events(self, pieces=None, call=None):
        chunks = [self._chunk(piece, None) for piece in pieces] + [self._chunk("", "stop")]
        return [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n"]

    def asked(self, request):
        return request.json["prompt"]


class Ollama(Chat):
    """Ollama's own chat."""

    path = "/api/chat"

    def client(self, port):
        import ollama

        return ollama.Client(
            host=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {CALLER_KEY}"}, timeout=30
        )

    def denial(self, error):
        import ollama

        return (
            isinstance(error, ollama.ResponseError)
            and error.status_code == 400
            and "denied by policy" in error.error
        )

    def limited(self, error):
        import ollama

        return isinstance(error, ollama.ResponseError) and error.status_code == 429

    def broken(self, client):
        import ollama

        try:
            self.say(client, "Go on", True)
        except ollama.ResponseError as error:
            return "denied by policy" in error.error

    def _read(self, client, text, stream):
        answer = client.chat(**self.body(text, stream))
        return list(answer) if stream else [answer]

    def say(self, client, text, stream=False):
        chunks = self._read(client, text, stream)
        return "".join(chunk.message.content or "" for chunk in chunks), chunks[-1].done_reason

    def call(self, client, stream=False):
        (call,) = [
            call for chunk in self._read(client, "Go on", stream) for call in chunk.message.tool_calls or []
        ]
        return json.dumps(dict(call.function.arguments), ensure_ascii=False)

    def _line(self, message, done):
        line = {
            "model": "m",
            "created_at": "2026-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": ""} | message,
            "done": bool(done),
        }
        if done:
            line |= {"done_reason": done, "prompt_eval_count": 1, "eval_count": 2}
        return line

    def _call(self, call):
        return {"tool_calls": [{"function": {"name": "write_file", "arguments": json.loads(call)}}]}

    def whole(self, text=None, call=None):
        return self._line(self._call(call) if call else {"content": text}, "stop")

    def events(self, pieces=None, call=None):
        lines = [{"content": piece} for piece in pieces or []]
        if call:
            lines = [self._call("".join(call))]
        lines = [self._line(line, None) for line in lines] + [self._line({}, "stop")]
        body = [json.dumps(line).encode() + b"\n" for line in lines]
        return Raw.chunked(body, kind="application/x-ndjson")

    def streams(self, request):
        return request.json.get("stream", True)


DIALECTS = {kind.__name__.lower(): kind() for kind in (Chat, Messages, Responses, Completions, Ollama)}
