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
        "points": [{"id": 9, "vector": LIKE, "payload": {"text": "The press is clean.", "tenant": "acme"}}]
    }


def qdrant(url):
    version = sure(ask(url, "GET", "/"))["version"]
    questions = qdrant_questions()
    return f"Qdrant {version}", fill_qdrant, [
        (name, method, path, compact(body) if body is not None else b"", JSON)
        for name, method, path, body in questions
    ]


# ---- OpenSearch ---------------------------------------------------------------------------------

LINES = "application/x-ndjson"


def fill_opensearch(url, documents):
    ask(url, "DELETE", "/docs")
    fields = {"text": {"type": "text"}, "tenant": {"type": "keyword"}, "n": {"type": "float"}}
    index = {
        "settings": {"number_of_shards": 1, "number_of_replicas": 0},
        "mappings": {"properties": fields},
    }
    sure(ask(url, "PUT", "/docs", compact(index)))
    for at, document in documents.items():
        # As a client may have written it: what is stored comes back in the same letters.
        source = json.dumps(document | {"n": NUMBERS[at]}, indent=1).encode()
        sure(ask(url, "PUT", f"/docs/_doc/{at}?refresh=true", source))


def opensearch_questions():
    everything = {"query": {"match_all": {}}}
    the = {"constant_score": {"filter": {"match": {"text": "the"}}, "boost": 1.5}}
    by_tenant = {"terms": {"field": "tenant"}, "aggs": {"best": {"top_hits": {"size": 3}}}}
    search = "/docs/_search"
    yield "search", "GET", search, None
    yield "search, pretty", "GET", f"{search}?pretty", None
    yield "search for what an address says", "GET", f"{search}?q=text:the&_source_includes=text,tenant&sort=n", None
    yield "search with versions", "POST", search, everything | {"version": True, "seq_no_primary_term": True}
    yield "search with fields", "POST", search, everything | {"fields": ["text", "n"], "docvalue_fields": ["tenant"]}
    yield "search with highlights", "POST", search, {"query": the, "highlight": {"fields": {"text": {}}}}
    yield "search in order", "POST", search, everything | {"sort": [{"n": "desc"}], "track_scores": True}
    yield "search with a function", "POST", search, {
        "query": {"function_score": {"query": the, "field_value_factor": {"field": "n", "factor": 10}}}
    }
    yield "search with names", "POST", search, {
        "query": {"bool": {"should": [{"match_all": {"_name": "first"}}, {"term": {"tenant": {"value": "acme", "_name": "second", "boost": 0}}}]}}
    }
    yield "search with a profile", "POST", search, everything | {"profile": True}
    yield "search page by page", "POST", f"{search}?scroll=1m", everything | {"size": 5}
    yield "search with all there is", "POST", search, everything | {
        "aggs": {"by": by_tenant, "mean": {"avg": {"field": "n"}}},
        "suggest": {"words": {"text": "vinyard", "term": {"field": "text"}}},
    }
    yield "search for the best of each", "POST", search, everything | {
        "collapse": {"field": "tenant", "inner_hits": {"name": "more", "size": 3}}
    }
    yield "searches", "POST", "/_msearch", [{"index": "docs"}, everything, {"index": "gone"}, everything, {"index": "docs"}, {"query": the}]
    yield "documents by id", "POST", "/docs/_mget", {"ids": ["1", "2", "3", "9"]}
    yield "a document", "GET", "/docs/_doc/3", None
    yield "its source", "GET", "/docs/_source/3", None
    yield "a document that is not there", "GET", "/docs/_doc/9", None
    yield "count", "POST", "/docs/_count", {"query": {"term": {"tenant": "nobody"}}}
    yield "a query that cannot be read", "POST", search, {"query": {"mtch": {"text": "the"}}}
    yield "an index that is not there", "POST", "/gone/_search", everything
    yield "a write in bulk", "POST", "/_bulk", [
        {"index": {"_index": "docs", "_id": "8"}}, {"text": "The press is clean.", "tenant": "acme"},
        {"create": {"_index": "docs", "_id": "8"}}, {"text": "The press is dry.", "tenant": "acme"},
        {"delete": {"_index": "docs", "_id": "7"}},
    ]
    yield "a write", "POST", "/docs/_doc", {"text": "The barrels are full.", "tenant": "acme"}


def opensearch(url):
    version = sure(ask(url, "GET", "/"))["version"]
    name = f"OpenSearch {version['number']}, Lucene {version['lucene_version']}"
    name += ", built from source between releases" * version["build_snapshot"]
    questions = []
    for about, method, path, body in opensearch_questions():
        if isinstance(body, list):
            lines = b"".join(compact(line) + b"\n" for line in body)
            questions.append((about, method, path, lines, LINES))
        else:
            questions.append((about, method, path, compact(body) if body else b"", JSON))
    return name, fill_opensearch, questions


STORES = {"qdrant": qdrant, "opensearch": opensearch}


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
