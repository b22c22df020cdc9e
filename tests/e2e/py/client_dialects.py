"""More clients of the same wire formats: official ones under asyncio, LangChain's, LlamaIndex's."""

import asyncio
import inspect
import json
import sys

from dialects import Chat, Messages, Ollama, Responses
from support import CALLER_KEY, ROOT

# LlamaIndex's OpenAI client wants the major version of `openai` before that of the other tests.
LLAMAINDEX_OPENAI = ROOT / "target/test-env/llamaindex-openai"


# Connections belong to the event loop that opened them, and clients keep them.
LOOP = asyncio.Runner()


def base(port):
    return f"http://127.0.0.1:{port}"


# ---- official clients under asyncio -------------------------------------------------------------


class Waited:
    """A client for asyncio, used as if it were one that waits."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        value = getattr(self.inner, name)
        return Waited(value) if callable(value) or "resources" in type(value).__module__ else value

    def __call__(self, *arguments, **options):
        value = self.inner(*arguments, **options)
        if inspect.isawaitable(value):
            value = LOOP.run(_awaited(value))
        if hasattr(value, "__aiter__"):
            return iter(LOOP.run(_listed(value)))
        return Waited(value) if hasattr(value, "__aenter__") else value

    def __enter__(self):
        return Waited(LOOP.run(self.inner.__aenter__()))

    def __exit__(self, *error):
        LOOP.run(self.inner.__aexit__(*error))


async def _awaited(value):
    return await value


async def _listed(values):
    return [value async for value in values]


def openai_under_asyncio(port):
    import openai

    return Waited(openai.AsyncOpenAI(base_url=f"{base(port)}/v1", api_key=CALLER_KEY, max_retries=0, timeout=30))


class AsyncChat(Chat):
    def client(self, port):
        return openai_under_asyncio(port)


class AsyncResponses(Responses):
    def client(self, port):
        return openai_under_asyncio(port)


class AsyncMessages(Messages):
    def client(self, port):
        import anthropic

        return Waited(anthropic.AsyncAnthropic(base_url=base(port), api_key=CALLER_KEY, max_retries=0, timeout=30))


class AsyncOllama(Ollama):
    def client(self, port):
        import ollama

        headers = {"authorization": f"Bearer {CALLER_KEY}"}
        return Waited(ollama.AsyncClient(host=base(port), headers=headers, timeout=30))


# ---- LangChain ----------------------------------------------------------------------------------


def write_file(content: str, path: str = "") -> str:
    """Writes a file."""
    return path + content


class LangChain:
    """What LangChain makes the same in all formats. Every other call goes through asyncio."""

    def __init__(self):
        self.calls = 0

    def _read(self, client, text, stream):
        self.calls += 1
        if self.calls % 2:
            return _sum(client.stream(text)) if stream else client.invoke(text)
        if stream:
            return _sum(LOOP.run(_listed(client.astream(text))))
        return LOOP.run(client.ainvoke(text))

    def say(self, client, text, stream=False):
        message = self._read(client, text, stream)
        return str(message.text), self.end(message.response_metadata)

    def end(self, metadata):
        return metadata["finish_reason"]

    def call(self, client, stream=False):
        (call,) = self._read(client.bind_tools([write_file]), "Go on", stream).tool_calls
        assert call["name"] == "write_file", call
        return json.dumps(call["args"], ensure_ascii=False)


def _sum(chunks):
    first, *others = chunks
    for chunk in others:
        first += chunk
    return first


class LangChainChat(LangChain, Chat):
    def client(self, port, **more):
        from langchain_openai import ChatOpenAI

        return ChatOpenAI(
            model="m", base_url=f"{base(port)}/v1", api_key=CALLER_KEY, max_retries=0, timeout=30, **more
        )


class LangChainResponses(LangChain, Responses):
    def client(self, port):
        return LangChainChat.client(self, port, use_responses_api=True)

    def end(self, metadata):
        return (metadata.get("incomplete_details") or {}).get("reason", "stop")


class LangChainMessages(LangChain, Messages):
    def client(self, port):
        from langchain_anthropic import ChatAnthropic

        return ChatAnthropic(
            model="m", base_url=base(port), api_key=CALLER_KEY, max_retries=0, timeout=30, max_tokens=100
        )

    def end(self, metadata):
        return metadata["stop_reason"]


class LangChainOllama(LangChain, Ollama):
    always_streams = True

    def client(self, port):
        from langchain_ollama import ChatOllama

        headers = {"authorization": f"Bearer {CALLER_KEY}"}
        return ChatOllama(model="m", base_url=base(port), client_kwargs={"headers": headers, "timeout": 30})

    def end(self, metadata):
        return metadata["done_reason"]


# ---- LlamaIndex ---------------------------------------------------------------------------------


class LlamaIndex:
    """What LlamaIndex makes the same in all formats. Every other call goes through asyncio."""

    def __init__(self):
        self.calls = 0

    def _read(self, client, text, stream, **options):
        from llama_index.core.llms import ChatMessage

        self.calls += 1
        name = ("stream_chat" if stream else "chat") + ("_with_tools" if options else "")
        messages = [ChatMessage(role="user", content=text)]
        if options:
            options["chat_history"] = messages
        else:
            options["messages"] = messages
        if self.calls % 2:
            answer = getattr(client, name)(**options)
            return list(answer) if stream else [answer]

        async def ask():
            answer = await getattr(client, "a" + name)(**options)
            return [part async for part in answer] if stream else [answer]

        return LOOP.run(ask())

    def say(self, client, text, stream=False):
        parts = self._read(client, text, stream)
        said, end = parts[-1].message.content or "", self.end(parts)
        if stream:
            streamed = "".join(part.delta or "" for part in parts)
            # What was denied is not repeated where the format repeats what it has said.
            assert streamed == said or end == self.FILTERED, (streamed, said)
            said = streamed
        return said, end

    def call(self, client, stream=False):
        from llama_index.core.tools import FunctionTool

        tools = [FunctionTool.from_defaults(write_file)]
        last = self._read(client, "Go on", stream, tools=tools)[-1]
        (call,) = client.get_tool_calls_from_response(last)
        assert call.tool_name == "write_file", call
        return json.dumps(call.tool_kwargs, ensure_ascii=False)


class LlamaIndexChat(LlamaIndex, Chat):
    def client(self, port):
        sys.path.insert(0, str(LLAMAINDEX_OPENAI))
        from llama_index.llms.openai import OpenAI

        return OpenAI(model="gpt-4o", api_base=f"{base(port)}/v1", api_key=CALLER_KEY, max_retries=0, timeout=30)

    def end(self, parts):
        ends = [choice.finish_reason for part in parts for choice in part.raw.choices]
        return [end for end in ends if end][-1]


class LlamaIndexResponses(LlamaIndex, Responses):
    def client(self, port):
        sys.path.insert(0, str(LLAMAINDEX_OPENAI))
        from llama_index.llms.openai import OpenAIResponses

        return OpenAIResponses(
            model="gpt-4o", api_base=f"{base(port)}/v1", api_key=CALLER_KEY, max_retries=0, timeout=30
        )

    def end(self, parts):
        raw = parts[-1].raw
        details = getattr(getattr(raw, "response", raw), "incomplete_details", None)
        return details.reason if details else "stop"


class LlamaIndexOllama(LlamaIndex, Ollama):
    def client(self, port):
        from llama_index.llms.ollama import Ollama as Client

        return Client(model="m", base_url=base(port), request_timeout=30, context_window=8192)

    def end(self, parts):
        return parts[-1].raw["done_reason"]
