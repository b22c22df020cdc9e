"""The Python client of the decision port, alone and behind LangChain and LlamaIndex."""

import asyncio
import contextlib
import http.server
import json
import logging
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

from support import ATTACK, AWS_KEY, CARD, EMAIL, ROOT, Gateway, free_port

PACKAGE = ROOT / "sdk/client-python"
sys.path.insert(0, str(PACKAGE))

from caponier_client import (  # noqa: E402
    AsyncClient, Client, Context, Denied, Document, Error, Exchange, Principal, Refused, Text, Unavailable,
)  # fmt: skip

# What is retrieved is looked through for addresses, too, and what a rule flags is flagged.
CONFIG = """plugins:
  - { use: "builtin:pii", stages: [prompt, retrieval, output], settings: { restore: true } }
  - { use: "builtin:secrets" }
  - { use: "builtin:injection" }
actions: { "secrets/*": flag }
rego: [rules/]
"""
# Whoever asks from outside may not ask, and a document of another tenant is not shown.
RULES = """package caponier

access contains "not for guests" if "guest" in input.context.principal.roles

drop contains segment.id if {
	some segment in input.segments
	segment.attributes.tenant != input.context.tenant
}

labels contains {"asked": "yes"} if {
	some segment in input.segments
	segment.kind == "query"
}
"""
QUERY = "When is the covered passage open?"
POISON = f"Opening hours. {ATTACK}"
CARD_NUMBER = int(CARD.replace(" ", ""))
HOURS = "It is open from nine to five, and closed on Mondays."


@contextlib.contextmanager
def asked(**settings):
    """A running program, and a client of its decision port."""
    with Gateway(config=CONFIG, files={"rules/rules.rego": RULES}) as gateway:
        with Client(f"http://127.0.0.1:{gateway.decision}", **settings) as client:
            yield gateway, client


@contextlib.contextmanager
def port_that_answers(body, status=200, wait=0.0):
    """Something else in the port's place."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            time.sleep(wait)
            answer = body(asked) if callable(body) else body
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def nested(levels):
    """A text in lists in lists."""
    value = HOURS
    for _ in range(levels):
        value = [value]
    return value


def raised(kind, call, *arguments, **options):
    """The error that a call ends with."""
    try:
        answer = call(*arguments, **options)
    except Error as error:
        assert type(error) is kind, repr(error)
        assert ATTACK not in str(error) and EMAIL not in str(error), error
        return error
    raise AssertionError(f"it went through: {answer}")


def three_stages_of_one_exchange():
    with asked() as (gateway, client):
        exchange = Exchange(Context(tenant="acme", principal=Principal("ann", ["staff"])))
        prompt = client.inspect("prompt", [f"I am {EMAIL}. When is it open?"], exchange)
        assert (prompt.action, prompt.first) == ("redact", 0), prompt
        assert [found.rule for found in prompt.findings_in(0)] == ["pii/email"], prompt
        token = prompt.texts[0].text.split()[2].rstrip(".")
        assert token.startswith("[EMAIL_1_"), prompt

        retrieval = client.inspect("retrieval", [Text(QUERY, "user", "query"), POISON, HOURS], exchange)
        assert [text and text.text for text in retrieval.texts] == [QUERY, None, HOURS], retrieval
        # Ids go on through the exchange, positions do not.
        assert retrieval.first == 1 and retrieval.findings_in(1) and not retrieval.findings_in(2), retrieval
        assert retrieval.labels == {"asked": "yes"}, retrieval

        output = client.inspect("output", [f"Dear {token}, from nine to five."], exchange)
        assert output.texts[0].text == f"Dear {EMAIL}, from nine to five.", output
        assert output.exchange == prompt.exchange and exchange.decision is output
        assert gateway.recorded(prompt.exchange, "output")


def denial_is_raised_and_stays():
    with asked() as (_, client):
        exchange = Exchange()
        denied = raised(Denied, client.inspect, "prompt", [ATTACK], exchange)
        assert denied.decision.texts == () and "injection/" in str(denied), denied
        assert exchange.decision is denied.decision
        raised(Denied, client.inspect, "output", ["Nothing is wrong with this."], exchange)
        guest = Exchange(Context(principal=Principal("eve", ["guest"])))
        denied = raised(Denied, client.documents, QUERY, [Document(HOURS)], guest)
        assert denied.decision.status == 403, denied.decision
        assert client.inspect("prompt", ["Hello there"]).action == "allow"


def without_a_decision_nothing_passes():
    hello = ("prompt", ["Hello there"])
    down = f"http://127.0.0.1:{free_port()}"
    raised(Unavailable, Client(down).inspect, *hello)
    raised(Unavailable, Client(down).documents, QUERY, [Document(HOURS)])
    kept = Client(down, on_error="allow").documents(QUERY, [Document({"a": HOURS})])
    assert [(one.content, one.action) for one in kept] == [({"a": HOURS}, "unscanned")], kept

    with port_that_answers(b"{}", wait=3) as url:
        started = time.monotonic()
        raised(Unavailable, Client(url, timeout=0.3).inspect, *hello)
        assert time.monotonic() - started < 2
    with port_that_answers(b"", 503) as url:
        raised(Unavailable, Client(url).inspect, *hello)
        assert not Client(url, on_error="allow").inspect(*hello).judged

    with asked() as (gateway, client):
        honest = f"http://127.0.0.1:{gateway.decision}"

        def changed(change):
            """The honest answer, changed on its way."""

            def answer(body):
                _, _, read = gateway.post("/v1/inspect", body, port=gateway.decision)
                read = json.loads(read)
                change(read)
                return json.dumps(read).encode()

            return answer

        for change in (
            lambda answer: answer["segments"].pop(),
            lambda answer: answer["segments"].append(answer["segments"][0]),
            lambda answer: answer["segments"][0].update(id=7),
            lambda answer: answer["segments"][0].update(text=None),
            lambda answer: answer["dropped"].append(0),
            lambda answer: answer.update(action="pass"),
            lambda answer: answer.pop("coverage"),
            lambda answer: answer.update(state=None),
        ):
            with port_that_answers(changed(change)) as url:
                raised(Error, Client(url, on_error="allow").inspect, "prompt", ["Hello there", HOURS])
        for body, status, kind in [(b"<html>", 200, Error), (b"[" * 90_000, 200, Error), (b"", 404, Refused), (b"", 302, Refused)]:
            with port_that_answers(body, status) as url:
                raised(kind, Client(url, on_error="allow").inspect, *hello)

        # What the port refuses does not pass either, whatever becomes of errors.
        client = Client(honest, on_error="allow")
        refused = raised(Refused, client.inspect, "promt", ["Hello there"])
        assert refused.status == 400 and "stage" in str(refused), refused
        assert raised(Refused, client.inspect, *hello, Exchange(state="A" * 80)).status in (400, 409)
        assert raised(Refused, client.inspect, "retrieval", ["x " * (17 << 20)]).status == 413
        raised(Error, client.inspect, "prompt", ["half a pair: \ud83d"])
        deep = Context(principal=Principal("ann", claims={"deep": nested(20_000)}))
        raised(Error, client.inspect, *hello, Exchange(deep))
        with contextlib.suppress(TypeError):
            raise AssertionError(client.inspect("prompt", ATTACK))


def token_is_needed_and_kept():
    class Closed(Gateway):
        def render(self, config):
            old = f'decision: {{ listen: "127.0.0.1:{self.decision}" }}'
            new = old.replace(" }", ", tokens: { file: tokens } }")
            return super().render(config).replace(old, new)

    with Closed(files={"tokens": "token-of-the-search\n"}) as gateway:
        url = f"http://127.0.0.1:{gateway.decision}"
        for token in (None, "another-token-of-nobody"):
            assert raised(Refused, Client(url, token=token).inspect, "prompt", ["Hello"]).status == 401
        client = Client(url, token="token-of-the-search")
        assert client.inspect("prompt", ["Hello there"]).action == "allow"
    for url, token in [("http://guard.example:8789", None), ("ftp://127.0.0.1", None), (url, "two words"), (url, "line\n")]:
        try:
            Client(url, token=token)
        except ValueError as error:
            assert "two words" not in str(error)
        else:
            raise AssertionError(f"{url} with {token!r} was taken")
    Client("https://guard.example", token="t"), Client("http://guard.example", insecure=True)


def documents_go_on_or_do_not():
    with asked() as (gateway, client):
        exchange = Exchange(Context(tenant="acme"))
        ours, theirs = {"tenant": "acme"}, {"tenant": "other"}
        documents = [
            Document(HOURS, "hours.md", ours),
            Document({"content": HOURS, "metadata": {"title": POISON}}, "by its title", ours),
            Document({"content": HOURS, "metadata": {"deep": [{"er": ["fine", POISON]}]}}, "deep", ours),
            Document({"content": HOURS, "metadata": {ATTACK: 1}}, "by a key", ours),
            Document({"content": HOURS, "metadata": {"shown": pathlib.PurePosixPath(POISON)}}, "an object", ours),
            Document(HOURS, "of another tenant", theirs),
            Document({"content": f"Ask {EMAIL}.", "by": [EMAIL, 7, None]}, "an address", ours),
            Document({"content": HOURS, "by": pathlib.PurePosixPath(EMAIL)}, "an address in an object", ours),
            Document(f"The key is {AWS_KEY}.", "flagged", ours),
            Document({"pages": 3, "score": 0.25}, "numbers", ours),
            Document({"content": HOURS, "card": CARD_NUMBER}, "a card as a number", ours),
            Document({"content": HOURS, "cards": [1, float(CARD_NUMBER), CARD_NUMBER]}, "cards in a list", ours),
            Document({"content": HOURS, AWS_KEY: None}, "a key of a store's", ours),
            Document(f"The last. {POISON}", "poison", ours),
        ]
        kept = client.documents(QUERY, documents, exchange)
        assert [one.position for one in kept] == [0, 6, 8, 9, 12], kept
        assert [one.action for one in kept] == ["allow", "redact", "flag", "allow", "flag"], kept
        address = kept[1].content
        assert EMAIL not in str(address) and address["by"][1:] == [7, None], address
        assert kept[1].rules == ("pii/email",) and kept[2].rules == ("secrets/aws-access-key",), kept
        assert kept[0].content == HOURS and kept[3].content == {"pages": 3, "score": 0.25}
        assert kept[4].rules == ("secrets/aws-access-key",), kept

        # A page of them at a time, each with the query; what is found in the last counts.
        many = [Document({"text": f"Page {number}: nothing to see.", "n": number}, attributes=ours) for number in range(1200)]
        many[700] = Document(POISON, attributes=ours)
        many.append(Document(POISON, attributes=ours))
        before = len(gateway.audit())
        exchange = Exchange(Context(tenant="acme"))
        kept = client.documents(QUERY, many, exchange)
        assert [one.position for one in kept] == [n for n in range(1200) if n != 700]
        assert all(one.content["n"] == one.position for one in kept)
        calls = gateway.recorded(exchange.decision.exchange, "retrieval")
        # A number is a text of its own.
        assert len(calls) == 5 and len(gateway.audit()) == before + 5, len(calls)
        assert all(call["labels"] == {"asked": "yes"} for call in calls), calls


@contextlib.contextmanager
def logged():
    """What the package writes into its log meanwhile."""
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    log = logging.getLogger("caponier_client")
    log.addHandler(handler)
    yield said
    log.removeHandler(handler)


def one_document_takes_no_other_along():
    long = "x " * (2 << 20)
    odd = {
        "half a pair": f"{HOURS} \ud83d",
        "half a pair in a key": {"half a pair \ud83d": HOURS},
        "texts": [HOURS[:1]] * 16_384,
        "numbers": [*range(16_384), None],
        "deep": nested(101),
        "deeper": nested(20_000),
        "in itself": (itself := {}),
        "long": long + "x",
        "long in all": [long[: 1 << 20]] * 4 + ["x"],
        "long where it stands": {long[: 1 << 20]: [{"a": HOURS}] * 100},
        "a number without end": 10**5_000,
    }
    itself["a"] = itself
    fine = {"last but one": nested(100), "texts": [HOURS[:1]] * 16_383, "long": long[len(QUERY) :]}
    documents = [Document(one) for one in (HOURS, *odd.values(), *fine.values())]
    at = [0, *range(len(odd) + 1, len(documents))]

    def look(kept, said):
        assert [one.position for one in kept] == at, [one.position for one in kept]
        assert [int(line.split()[1]) for line in said] == list(range(1, len(odd) + 1)), said
        assert not any(HOURS in line or "xx" in line for line in said), said

    async def ask(url):
        async with AsyncClient(url, timeout=60) as client:
            return await client.documents(QUERY, documents)

    plugins = "plugins:\n  - { use: \"builtin:secrets\" }\n"
    with Gateway(config=plugins) as gateway, logged() as said:
        url = f"http://127.0.0.1:{gateway.decision}"
        look(Client(url, timeout=60).documents(QUERY, documents), said)
        said.clear()
        look(asyncio.run(ask(url)), said)
    # A port that takes less than others says so, and each is asked about alone.
    with Gateway(config=plugins + "limits: { body: 16KiB }\n") as gateway, logged() as said:
        client = Client(f"http://127.0.0.1:{gateway.decision}")
        kept = client.documents(None, [Document(text) for text in (HOURS, long[:20_000], HOURS)])
        assert [one.position for one in kept] == [0, 2] and len(said) == 1, (kept, said)


def asyncio_asks_alike():
    async def ask(url):
        async with AsyncClient(url) as client:
            exchange = Exchange(Context(tenant="acme"))
            first, second = await asyncio.gather(
                client.inspect("prompt", [f"I am {EMAIL}"], exchange), client.inspect("prompt", ["Hello there"])
            )
            assert (first.action, second.action) == ("redact", "allow")
            documents = [Document(HOURS), Document(POISON), Document("The last.")]
            documents = [Document(one.content, attributes={"tenant": "acme"}) for one in documents]
            kept = await client.documents(QUERY, documents, exchange)
            assert [one.position for one in kept] == [0, 2], kept
            for call, kind in [
                (client.inspect("prompt", [ATTACK]), Denied),
                (client.inspect("nowhere", ["Hello"]), Refused),
                (AsyncClient(f"http://127.0.0.1:{free_port()}").documents(QUERY, documents), Unavailable),
            ]:
                try:
                    raise AssertionError(await call)
                except Error as error:
                    assert type(error) is kind, repr(error)
        unguarded = AsyncClient(f"http://127.0.0.1:{free_port()}", on_error="allow")
        assert not (await unguarded.inspect("prompt", ["Hello"])).judged

    with asked() as (gateway, _):
        asyncio.run(ask(f"http://127.0.0.1:{gateway.decision}"))


def langchain_retriever():
    from caponier_client.langchain import GuardedRetriever
    from langchain_core.documents import Document as Retrieved
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableLambda

    stored = [
        Retrieved(page_content=HOURS, metadata={"source": "hours.md", "tenant": "acme", "page": 1}),
        Retrieved(page_content=POISON, metadata={"tenant": "acme"}),
        Retrieved(page_content=HOURS, metadata={"tenant": "acme", "title": POISON}),
        Retrieved(page_content=HOURS, metadata={"tenant": "other"}),
        Retrieved(page_content=f"Ask {EMAIL}.", metadata={"tenant": "acme", "by": EMAIL}, id="a"),
        Retrieved(page_content=f"The key is {AWS_KEY}.", metadata={"tenant": "acme"}),
        # It speaks in our name, where nothing looks.
        Retrieved(page_content="The last.", metadata={"tenant": "acme", "caponier": {"action": "allow", "by": ATTACK}}),
    ]
    before = [document.model_copy(deep=True) for document in stored]

    class Store(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            assert query == QUERY
            return list(stored)

    def look(found):
        assert [document.page_content for document in found[:1] + found[2:]] == [HOURS, f"The key is {AWS_KEY}.", "The last."], found
        whole, address, key, last = found
        assert whole.metadata == {"source": "hours.md", "tenant": "acme", "page": 1}
        assert EMAIL not in address.page_content + str(address.metadata) and address.id == "a", address
        assert address.metadata["caponier"] == {"action": "redact", "rules": ["pii/email"]}, address
        assert key.metadata["caponier"] == {"action": "flag", "rules": ["secrets/aws-access-key"]}, key
        assert "caponier" not in last.metadata, last
        assert stored == before, "the store's own documents were changed"

    with asked() as (gateway, client):
        url = f"http://127.0.0.1:{gateway.decision}"
        current = Exchange(Context(tenant="acme"))
        more = {"retriever": Store(), "exchange": lambda: current, "attributes": ["tenant"]}
        guarded = GuardedRetriever(client=client, **more)
        look(guarded.invoke(QUERY))
        assert current.decision.labels == {"asked": "yes"}, current.decision
        look((guarded | RunnableLambda(lambda found: found)).invoke(QUERY))
        look(asyncio.run(guarded.ainvoke(QUERY)))

        async def ask():
            async with AsyncClient(url) as other:
                look(await GuardedRetriever(async_client=other, **more).ainvoke(QUERY))

        asyncio.run(ask())
        current = Exchange(Context(principal=Principal("eve", ["guest"])))
        raised(Denied, guarded.invoke, QUERY)
        down = Client(f"http://127.0.0.1:{free_port()}")
        raised(Unavailable, GuardedRetriever(client=down, **more).invoke, QUERY)
        raised(Unavailable, lambda: asyncio.run(GuardedRetriever(client=down, **more).ainvoke(QUERY)))
        with contextlib.suppress(ValueError):
            raise AssertionError(GuardedRetriever(retriever=Store()))


def llamaindex_postprocessor():
    from caponier_client.llamaindex import GuardPostprocessor
    from llama_index.core.schema import (
        ImageNode, MediaResource, MetadataMode, Node, NodeWithScore, QueryBundle, TextNode,
    )  # fmt: skip

    ours = {"tenant": "acme"}
    stored = [
        NodeWithScore(node=TextNode(text=HOURS, metadata=ours, id_="hours"), score=0.9),
        NodeWithScore(node=TextNode(text=POISON, metadata=ours), score=0.8),
        NodeWithScore(node=TextNode(text=HOURS, metadata=ours | {"title": POISON}), score=0.7),
        NodeWithScore(node=TextNode(text=HOURS, metadata=ours, text_template=POISON + " {content}"), score=0.6),
        NodeWithScore(node=TextNode(text=HOURS, metadata={"tenant": "other"}), score=0.6),
        NodeWithScore(node=Node(text_resource=MediaResource(text=f"Ask {EMAIL}."), metadata=ours), score=0.5),
        NodeWithScore(node=TextNode(text=f"The key is {AWS_KEY}.", metadata=ours | {"caponier": ATTACK}), score=0.4),
        NodeWithScore(node=ImageNode(text="A map.", image_url="http://127.0.0.1:1/x.png", metadata=ours), score=0.3),
        NodeWithScore(node=TextNode(text="The last.", metadata=ours)),
    ]
    before = [one.model_copy(deep=True) for one in stored]

    def look(found, scores=(0.9, 0.5, 0.4, None)):
        assert tuple(one.score for one in found) == scores, found
        shown = [one.node.get_content(MetadataMode.LLM) for one in found]
        assert EMAIL not in str(shown) and ATTACK not in str(shown) and "caponier" not in str(shown), shown
        assert found[0].node == stored[0].node and found[1].node.get_content().startswith("Ask ["), found
        assert found[1].metadata["caponier"] == {"action": "redact", "rules": ["pii/email"]}, found
        assert found[2].metadata["caponier"] == {"action": "flag", "rules": ["secrets/aws-access-key"]}, found
        assert stored == before, "the store's own nodes were changed"

    with asked() as (gateway, client):
        current = Exchange(Context(tenant="acme"))
        more = {"exchange": lambda: current, "attributes": ["tenant"]}
        guard = GuardPostprocessor(client=client, **more)
        look(guard.postprocess_nodes(stored, query_str=QUERY))
        assert current.decision.labels == {"asked": "yes"}, current.decision
        look(guard.postprocess_nodes(stored))
        look(asyncio.run(guard.apostprocess_nodes(stored, QueryBundle(QUERY))))
        passing = GuardPostprocessor(client=client, media="pass", **more)
        look(passing.postprocess_nodes(stored), (0.9, 0.5, 0.4, 0.3, None))

        async def ask():
            async with AsyncClient(f"http://127.0.0.1:{gateway.decision}") as other:
                look(await GuardPostprocessor(async_client=other, **more).apostprocess_nodes(stored, QueryBundle(QUERY)))

        asyncio.run(ask())
        current = Exchange(Context(principal=Principal("eve", ["guest"])))
        raised(Denied, guard.postprocess_nodes, stored, query_str=QUERY)
        down = GuardPostprocessor(client=Client(f"http://127.0.0.1:{free_port()}"), **more)
        raised(Unavailable, down.postprocess_nodes, stored, query_str=QUERY)


def package_can_be_installed():
    """What a wheel of it holds is enough, without any framework beside it."""
    with tempfile.TemporaryDirectory(prefix="caponier-client-") as folder:
        # The build writes beside its source.
        copied = pathlib.Path(folder, "source")
        subprocess.run(["cp", "-r", PACKAGE, copied], check=True)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        offline = ["--no-index", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, "install", *offline, "--target", f"{folder}/there", copied], check=True)
        there = pathlib.Path(folder, "there/caponier_client")
        assert {path.name for path in there.iterdir()} >= {"py.typed", "langchain.py", "llamaindex.py"}
        alone = (
            "import sys, caponier_client as c; assert c.__file__.startswith(sys.argv[1]), c.__file__; "
            "print([name for name in ('langchain_core', 'llama_index', 'pydantic') if name in sys.modules])"
        )
        said = subprocess.run(
            [sys.executable, "-c", alone, folder], cwd=folder, env={"PYTHONPATH": f"{folder}/there"},
            capture_output=True, text=True, check=True,
        ).stdout
        assert said.strip() == "[]", said


def readme_does_what_it_says():
    """The blocks of code in the package's own page, as they stand there."""
    blocks = re.findall(r"^```python\n(.*?)^```$", (PACKAGE / "README.md").read_text(), re.M | re.S)
    assert len(blocks) == 3, len(blocks)
    shown = []
    with asked() as (gateway, _):
        for block in blocks:
            block = block.replace("127.0.0.1:8789", f"127.0.0.1:{gateway.decision}")
            exec(compile(block, "README.md", "exec"), {"__name__": "readme", "print": shown.append})
    answer, reason, documents, nodes = shown
    assert answer == "Nine to five. I have written to ann@example.org", answer
    assert reason.startswith("injection/"), reason
    assert [document.page_content for document in documents] == ["Nine to five."], documents
    assert [(one.node.text, one.score) for one in nodes] == [("Nine to five.", 0.9)], nodes
