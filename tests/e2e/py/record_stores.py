"""Records what a real store answers: `python3 record_stores.py qdrant http://127.0.0.1:6333`.

The same questions are asked of the store with all documents, and with no more than what each tenant may
see, as it may see it. What a gateway makes of the first answer is held against the others by
`store_answers.py`, which needs no store for that. Writes `../recordings/STORE.json`; all that the
store holds under the names below is removed.
"""

import datetime
import json
import pathlib
import sys
import urllib.error
import urllib.request

import stores
from store_answers import CLEAN

RECORDINGS = pathlib.Path(__file__).parent.parent / "recordings"
# What is stored: ids with documents.
ALL = dict(enumerate((stores.GOOD, stores.BAD, stores.OTHER), 1))
SETS = {"all": ALL, "acme": {1: CLEAN}, "globex": {3: stores.OTHER}}
# What is put beside the texts.
NUMBERS = {1: 1.5, 2: 2.25, 3: 1e-7}
JSON = "application/json"


def ask(url, method, path, body=b"", kind=JSON):
    """The status, the headers that a client reads, and the text of an answer."""
    asked = urllib.request.Request(
        url + path, body or None, method=method, headers={"content-type": kind} if body else {}
    )
    try:
        answer = urllib.request.urlopen(asked, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers.get("content-type"), answer.read().decode()


def sure(answer):
    status, _, body = answer
    assert status < 300, body
    return json.loads(body)


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


# ---- Qdrant -------------------------------------------------------------------------------------

VECTORS = {1: [0.9, 0.1, 0.3, 0.2], 2: [0.95, 0.15, 0.25, 0.2], 3: [0.2, 0.8, 0.1, 0.4]}
LIKE = [0.9, 0.2, 0.3, 0.1]
AT = "/collections/docs"


def fill_qdrant(url, documents):
    ask(url, "DELETE", AT)
    sure(ask(url, "PUT", AT, compact({"vectors": {"size": 4, "distance": "Dot"}})))
    for field, schema in (("tenant", "keyword"), ("n", "float")):
        index = {"field_name": field, "field_schema": schema}
        sure(ask(url, "PUT", f"{AT}/index?wait=true", compact(index)))
    points = [
        {"id": at, "vector": VECTORS[at], "payload": document | {"n": NUMBERS[at]}}
        for at, document in documents.items()
    ]
    sure(ask(url, "PUT", f"{AT}/points?wait=true", compact({"points": points})))


def qdrant_questions():
    found = {"limit": 5, "with_payload": True}
    full = found | {"with_vector": True}
    query = {"query": LIKE} | found
    search = {"vector": LIKE} | found
    points = f"{AT}/points"
    yield "query", "POST", f"{points}/query", query
    yield "query with vectors", "POST", f"{points}/query", {"query": LIKE} | full
    yield "query of some fields", "POST", f"{points}/query", query | {"with_payload": ["text", "tenant"]}
    yield "query with a prefetch", "POST", f"{points}/query", {
        "prefetch": [{"query": LIKE, "limit": 5}], "query": VECTORS[1], "with_payload": True
    }
    yield "query in order", "POST", f"{points}/query", {"query": {"order_by": "n"}} | found
    yield "query in a batch", "POST", f"{points}/query/batch", {"searches": [query, {"query": LIKE} | full]}
    yield "query in groups", "POST", f"{points}/query/groups", query | {"group_by": "tenant", "group_size": 3}
    yield "search", "POST", f"{points}/search", search
    yield "search in a batch", "POST", f"{points}/search/batch", {"searches": [search, search]}
    yield "search in groups", "POST", f"{points}/search/groups", search | {"group_by": "tenant", "group_size": 3}
    yield "recommend", "POST", f"{points}/recommend", {"positive": [LIKE]} | found
    yield "scroll", "POST", f"{points}/scroll", full
    yield "scroll in order", "POST", f"{points}/scroll", found | {"order_by": {"key": "n", "direction": "desc"}}
    yield "points by id", "POST", points, {"ids": [1, 2, 3], "with_payload": True, "with_vector": True}
    yield "a point", "GET", f"{points}/3", None
    yield "count", "POST", f"{points}/count", {"exact": True, "filter": {"must": [{"key": "n", "range": {"gt": 9}}]}}
    yield "collections", "GET", "/collections", None
    yield "exists", "GET", f"{AT}/exists", None
    yield "a collection that is not there", "POST", "/collections/gone/points/query", query
    yield "a question that cannot be read", "POST", f"{points}/query", {"query": LIKE, "limit": "five"}
    yield "a write", "PUT", f"{points}?wait=true", {
        "points": [{"id": 9, "vector": LIKE, "payload": {"text": "The press is clean.", "tenant": "other"}}]
    }


def record_qdrant(url):
    version = sure(ask(url, "GET", "/"))["version"]
    return f"Qdrant {version}", fill_qdrant, [
        (name, method, path, compact(body) if body is not None else b"", JSON)
        for name, method, path, body in qdrant_questions()
    ]


STORES = {"qdrant": record_qdrant}


def main(store, url):
    server, fill, questions = STORES[store](url)
    sets = {}
    for name, documents in SETS.items():
        fill(url, documents)
        sets[name] = []
        for question, method, path, body, kind in questions:
            status, answered, text = ask(url, method, path, body, kind)
            sets[name].append({"status": status, "type": answered, "body": text})
    recording = {
        "server": server,
        "recorded": datetime.date.today().isoformat(),
        "questions": [
            {"name": name, "method": method, "path": path, "body": body.decode(), "type": kind}
            for name, method, path, body, kind in questions
        ],
        "answers": sets,
    }
    text = json.dumps(recording, indent=1, ensure_ascii=False)
    (RECORDINGS / f"{store}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
