"""Every client that a wire format has beside the official one that waits: its promises with each.

See `client_dialects.py`; the promises are those of `wire.py`.
"""

import asyncio
import json

import client_dialects as clients
import dialects
import wire
from client_dialects import LOOP, base
from support import ATTACK, AWS_KEY, CALLER_KEY, EMAIL, Upstream
from wire import RESTORE, Guarded

# A stream that is cut and bytes that are kept need no client.
PROMISES = [
    wire.attack_is_denied,
    wire.address_is_a_token_upstream_and_itself_for_the_user,
    wire.secret_is_split_in_text,
    wire.secret_is_split_in_tool_arguments,
    wire.secret_in_a_whole_answer,
    wire.answer_is_denied,
]


def promises(dialect):
    for promise in PROMISES:
        promise(dialect)


def async_chat():
    promises(clients.AsyncChat())


def async_messages():
    promises(clients.AsyncMessages())


def async_responses():
    promises(clients.AsyncResponses())


def async_ollama():
    promises(clients.AsyncOllama())


def langchain_chat():
    promises(clients.LangChainChat())


def langchain_messages():
    promises(clients.LangChainMessages())


def langchain_responses():
    promises(clients.LangChainResponses())


def langchain_ollama():
    promises(clients.LangChainOllama())


def llamaindex_chat():
    promises(clients.LlamaIndexChat())


def llamaindex_responses():
    promises(clients.LlamaIndexResponses())


def llamaindex_ollama():
    promises(clients.LlamaIndexOllama())


# ---- texts to embed -----------------------------------------------------------------------------

VECTOR = [0.25, 0.5]


def embedded(request):
    """What models of embeddings answer, to OpenAI's clients and to Ollama's."""
    texts = request.json["input"]
    texts = [texts] if isinstance(texts, str) else texts
    if request.path.startswith("/api/"):
        return {"model": "m", "embeddings": [VECTOR for _ in texts]}
    data = [{"object": "embedding", "index": number, "embedding": VECTOR} for number in range(len(texts))]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def embedders(port):
    """Each takes texts and gives vectors; with it, the dialect whose error a denial is."""
    from langchain_ollama import OllamaEmbeddings
    from langchain_openai import OpenAIEmbeddings

    openai = {"base_url": f"{base(port)}/v1", "api_key": CALLER_KEY, "max_retries": 0}

    def official(client):
        return lambda texts: [one.embedding for one in client.embeddings.create(model="m", input=texts).data]

    def ollama(client):
        return lambda texts: [list(one) for one in client.embed(model="m", input=texts).embeddings]

    # Its tokenizer would be fetched from the network.
    chain = OpenAIEmbeddings(model="m", check_embedding_ctx_length=False, **openai)
    local = OllamaEmbeddings(model="m", base_url=base(port))
    return [
        (dialects.Chat(), official(dialects.Chat().client(port))),
        (dialects.Chat(), official(clients.AsyncChat().client(port))),
        (dialects.Ollama(), ollama(dialects.Ollama().client(port))),
        (dialects.Ollama(), ollama(clients.AsyncOllama().client(port))),
        (dialects.Chat(), chain.embed_documents),
        (dialects.Chat(), lambda texts: LOOP.run(chain.aembed_documents(texts))),
        (dialects.Ollama(), local.embed_documents),
    ]


def texts_to_embed():
    upstream = Upstream(embedded)
    with Guarded(upstream) as gateway:
        embed_with(embedders(gateway.port), upstream)


def llamaindex_embeddings():
    from llama_index.embeddings.openai import OpenAIEmbedding

    upstream = Upstream(embedded)
    with Guarded(upstream) as gateway:
        client = OpenAIEmbedding(api_base=f"{base(gateway.port)}/v1", api_key=CALLER_KEY, max_retries=0)
        embed_with([
            (dialects.Chat(), client.get_text_embedding_batch),
            (dialects.Chat(), lambda texts: LOOP.run(client.aget_text_embedding_batch(texts))),
        ], upstream)  # fmt: skip


def embed_with(embedders, upstream):
    for dialect, embed in embedders:
        upstream.requests.clear()
        assert embed(["Nine to five.", f"Write to {EMAIL}."]) == [VECTOR, VECTOR]
        (request,) = upstream.requests
        assert EMAIL.encode() not in request.body and b"Nine to five." in request.body, request.body
        try:
            raise AssertionError(embed(["Nine to five.", ATTACK]))
        except Exception as error:
            assert dialect.denial(error), repr(error)
        assert len(upstream.requests) == 1


# ---- what a tool has answered -------------------------------------------------------------------

POISON = f"Sunny, 20 degrees. {ATTACK}"
ASKED = "How is the weather at the ditch?"


def results(dialect, client):
    """Two tools have answered, one of them with orders for the model; what the model says."""
    calls = [("call_1", "Cloudy, 10 degrees."), ("call_2", POISON)]
    arguments = {"content": "ditch"}
    if isinstance(dialect, clients.LangChain):
        from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

        made = [{"name": "write_file", "args": arguments, "id": id, "type": "tool_call"} for id, _ in calls]
        said = [ToolMessage(content=text, tool_call_id=id, name="write_file") for id, text in calls]
        messages = [HumanMessage(ASKED), AIMessage(content="", tool_calls=made), *said]
        return client.bind_tools([clients.write_file]).invoke(messages)
    text = json.dumps(arguments)
    if dialect.path == "/v1/messages":
        made = [{"type": "tool_use", "id": id, "name": "write_file", "input": arguments} for id, _ in calls]
        said = [{"type": "tool_result", "tool_use_id": id, "content": text} for id, text in calls]
        messages = [("user", ASKED), ("assistant", made), ("user", said)]
        messages = [{"role": role, "content": content} for role, content in messages]
        return client.messages.create(model="m", max_tokens=100, messages=messages)
    if dialect.path == "/v1/responses":
        made = [
            {"type": "function_call", "call_id": id, "name": "write_file", "arguments": text} for id, _ in calls
        ]
        said = [{"type": "function_call_output", "call_id": id, "output": text} for id, text in calls]
        return client.responses.create(model="m", input=[{"role": "user", "content": ASKED}, *made, *said])
    function = {"name": "write_file", "arguments": arguments if dialect.path == "/api/chat" else text}
    made = [{"id": id, "type": "function", "function": function} for id, _ in calls]
    said = [{"role": "tool", "tool_call_id": id, "content": text} for id, text in calls]
    if dialect.path == "/api/chat":
        made = [{"function": function} for _ in calls]
        said = [{"role": "tool", "tool_name": "write_file", "content": text} for _, text in calls]
    messages = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": "", "tool_calls": made}, *said]
    if dialect.path == "/api/chat":
        return client.chat(model="m", messages=messages)
    return client.chat.completions.create(model="m", messages=messages)


def tool_results_are_removed():
    """A tool's answer that gives the model orders is taken out, and the exchange goes on."""
    official = [dialects.DIALECTS[name] for name in ("chat", "messages", "responses", "ollama")]
    others = [
        clients.AsyncChat(), clients.AsyncMessages(), clients.AsyncResponses(), clients.AsyncOllama(),
        clients.LangChainChat(), clients.LangChainMessages(), clients.LangChainResponses(),
        clients.LangChainOllama(),
    ]  # fmt: skip
    current = {}

    def answer(request):
        streams = current["dialect"].streams(request)
        return current["dialect"].events(["It is ", "cloudy."]) if streams else current["dialect"].whole("It is cloudy.")

    upstream = Upstream(answer)
    with Guarded(upstream) as gateway:
        for dialect in [*official, *others]:
            current["dialect"] = dialect
            answered = results(dialect, dialect.client(gateway.port))
            assert "It is cloudy." in str(answered), answered
            body = upstream.requests[-1].body.decode()
            assert ATTACK not in body and "removed by policy" in body, body
            assert "Cloudy, 10 degrees." in body and ASKED in body, body


# ---- what the provider remembers ----------------------------------------------------------------


def answers_before_are_a_gap():
    """What an answer's id stands for nobody has seen here: that is said, and may be refused."""
    upstream = Upstream(dialects.Responses().echo)
    for client_of in (dialects.Responses().client, clients.AsyncResponses().client):
        with Guarded(upstream) as gateway:
            client = client_of(gateway.port)
            raw = client.responses.with_raw_response.create(
                model="m", input="And tomorrow?", previous_response_id="resp_1"
            )
            assert raw.headers["x-caponier-action"] == "flag", raw.headers
            assert upstream.requests[-1].json["previous_response_id"] == "resp_1"
            (record,) = gateway.recorded(raw.headers["x-caponier-exchange"], "prompt")
            assert record["coverage"]["gaps"] and record["action"] == "flag", record
            # It is for this request alone.
            assert "tomorrow" in client.responses.create(model="m", input="And tomorrow?").output_text
        seen = len(upstream.requests)
        with Guarded(upstream, "limits: { unrecognized: deny }") as gateway:
            try:
                client = client_of(gateway.port)
                said = client.responses.create(model="m", input="And?", previous_response_id="resp_1")
                raise AssertionError(said)
            except Exception as error:
                assert dialects.Responses().denial(error), repr(error)
        assert len(upstream.requests) == seen


def restored_between_turns():
    """A chain of LangChain's with its history: the address is a token in each turn upstream, and
    itself for the user in each."""
    from langchain_core.messages import HumanMessage
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder

    upstream = Upstream(dialects.Chat().echo)
    with Guarded(upstream, RESTORE) as gateway:
        model = clients.LangChainChat().client(gateway.port)
        prompt = ChatPromptTemplate.from_messages(
            [("system", "You are a porter."), MessagesPlaceholder("history"), ("human", "{question}")]
        )
        chain = prompt | model | StrOutputParser()
        history = []
        for turn in range(3):
            question = f"Turn {turn}: write to {EMAIL}."
            said = "".join(chain.stream({"history": history, "question": question}))
            assert said == "You said: " + question, said
            history += [HumanMessage(question), model.invoke([HumanMessage(question)])]
            assert all(EMAIL.encode() not in request.body for request in upstream.requests)

        async def both():
            ask = ({"history": history, "question": text} for text in (f"I am {EMAIL}", ATTACK))
            return await asyncio.gather(*map(chain.ainvoke, ask), return_exceptions=True)

        said, error = LOOP.run(both())
        assert said == f"You said: I am {EMAIL}" and dialects.Chat().denial(error), (said, error)


# ---- what official clients put together ---------------------------------------------------------


def openai_accumulates():
    """The official client's own accumulators, and its parser, which has an error for a filter."""
    import openai

    current = {}
    dialect = None
    upstream = Upstream(
        lambda request: dialect.events(current["pieces"])
        if dialect.streams(request)
        else dialect.whole("".join(current["pieces"]))
    )

    def chat(client):
        with client.chat.completions.stream(model="m", messages=messages) as events:
            kinds = {event.type for event in events}
            assert "content.delta" in kinds, kinds
            return events.get_final_completion().choices[0].message.content

    def responses(client):
        with client.responses.stream(model="m", input="Go on") as events:
            said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
            final = events.get_final_response()
            assert final.output_text == said, (final, said)
            return said

    messages = [{"role": "user", "content": "Go on"}]
    secret = ["The key is ", AWS_KEY[:7], AWS_KEY[7:], " and more."]
    with Guarded(upstream) as gateway:
        for dialect, read in [(dialects.Chat(), chat), (dialects.Responses(), responses)]:
            client = dialect.client(gateway.port)
            current["pieces"] = ["It ", "is ", "cloudy."]
            assert read(client) == "It is cloudy."
            current["pieces"] = secret
            said = read(client)
            wire.held(said)
            assert said.startswith("The key is [") and said.endswith(" and more."), said
    dialect = dialects.Chat()
    with Guarded(upstream, 'actions: { "secrets/*": deny }') as gateway:
        client = dialect.client(gateway.port)
        current["pieces"] = secret
        for read in (chat, lambda client: client.chat.completions.parse(model="m", messages=messages)):
            try:
                raise AssertionError(read(client))
            except openai.ContentFilterFinishReasonError:
                pass
