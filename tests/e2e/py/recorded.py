"""Answers that real stores gave, played again: what each tenant gets is what the same store answers
where it holds nothing but what that tenant may see. `record_stores.py` has recorded them."""

import contextlib
import http
import json
import pathlib

import stores
from store_answers import ask
from support import Raw, Upstream

RECORDINGS = pathlib.Path(__file__).parent.parent / "recordings"
# What no two answers have in common; and what is counted or suggested out of all documents of a store,
# which is nobody's.
VARIES = {
    "qdrant": {"time", "usage"},
    "opensearch": {
        "took", "_scroll_id", "_seq_no", "profile", "_node", "_shard", "index_uuid", "aggregations", "suggest",
    },
}
# A document among others of its own hit takes that along.
TAKEN_ALONG = {"search for the best of each"}


def recording(store):
    return json.loads((RECORDINGS / f"{store}.json").read_text())


@contextlib.contextmanager
def playing(questions, answers):
    """A server that gives each of some questions its answer."""
    known = {
        (question["method"], question["path"], question["body"]): answer
        for question, answer in zip(questions, answers, strict=True)
    }

    def answer(request):
        given = known[request.method, request.path, request.body.decode()]
        status = http.HTTPStatus(given["status"])
        kind = [f"content-type: {given['type']}"] if given["type"] else []
        return Raw.of(given["body"].encode(), *kind, status=f"{status} {status.phrase}")

    upstream = Upstream(answer)
    handler = upstream.server.RequestHandlerClass
    handler.do_PUT = handler.do_DELETE = handler.do_POST
    yield upstream


def without(value, varies):
    """What is left of an answer without what varies and without what is nothing. What a group is called
    by is a text of no tenant, which the rule of these scenes shows nobody."""
    if isinstance(value, dict):
        is_group = isinstance(value.get("hits"), list) and "id" in value
        skipped = varies | {"id"} if is_group else varies
        return {key: without(one, varies) for key, one in value.items() if key not in skipped}
    if isinstance(value, list):
        return [without(one, varies) for one in value if not is_nothing(one)]
    return value


def is_nothing(one):
    """A group that nothing is in, or a document that is not there."""
    return isinstance(one, dict) and (one.get("hits") == [] or one.get("found") is False)


def check(store, port, headers):
    """Every question of a store's recording, as two tenants get it answered."""
    known = recording(store)
    texts = {"acme": stores.OTHER["text"], "globex": stores.GOOD["text"]}
    changed = 0
    for tenant, others in texts.items():
        cases = zip(known["questions"], known["answers"]["all"], known["answers"][tenant], strict=True)
        for question, whole, own in cases:
            status, body = ask(
                port, headers[tenant], question["method"], question["path"],
                question["body"].encode(), question["type"],
            )
            place = f"{store}, {question['name']}, {tenant}: {status} {body}"
            assert others not in body and stores.BAD["text"] not in body, place
            is_gone = whole["status"] == 404 and '"found":false' in whole["body"]
            is_alone = is_gone or whole["status"] == 200 and own["status"] == 404
            if is_alone or '"tenant":"acme"' in question["body"] and tenant != "acme":
                # What is asked for alone cannot be taken out, whether it is another's or nobody's; and
                # nobody writes for others.
                assert status == 400 and "denied by policy" in body, place
                continue
            assert status == whole["status"], place
            if not any(document["text"] in whole["body"] for document in stores.THREE):
                assert body == whole["body"], place
                continue
            changed += 1
            if question["name"] in TAKEN_ALONG:
                continue
            varies = VARIES[store]
            left, wanted = (without(json.loads(one), varies) for one in (body, own["body"]))
            assert left == wanted, f"{place}\n{left}\n{wanted}"
    assert changed > 10, changed


def check_gateway(store):
    known = recording(store)
    keys, headers = stores.tenants(acme="acme", globex="globex")
    with playing(known["questions"], known["answers"]["all"]) as upstream, stores.Stores(
        upstream.url,
        store,
        gateway="identity: [{ api_keys: keys.yaml }]",
        files={"keys.yaml": keys},
        values=[document["text"] for document in stores.THREE],
    ) as gateway:
        check(store, gateway.port, headers)


def qdrant():
    check_gateway("qdrant")


def opensearch():
    check_gateway("opensearch")
