"""Answers of OpenSearch and Qdrant with all that a server puts around documents.

The bodies are written by hand, in the shapes and spellings of real ones: compact, with each source
as it was stored, numbers as each server prints them, and every member that may stand beside a
document. Each holds one document with an attack, one with personal data, and one of another
tenant's: what is left are the bytes that came, without two of them and with one address masked.
"""

import contextlib
import json
import urllib.error
import urllib.request

import stores
from support import EMAIL, Raw, Upstream

MASKED = "[pii/email]"
CLEAN = stores.GOOD | {"text": stores.GOOD["text"].replace(EMAIL, MASKED)}
# In the order in which they are found.
SCORES = {stores.BAD["text"]: "1.3862942", stores.GOOD["text"]: "1.0E-4", CLEAN["text"]: "1.0E-4"}


def score(document):
    return SCORES.get(document["text"], "7.5E-5")


def best(documents):
    return score(documents[0]) if documents else "null"


def number(document):
    """What a document is called by, masked or not."""
    return len(document["text"].replace(MASKED, EMAIL))


def text_of(document):
    return json.dumps(document)


# ---- OpenSearch ---------------------------------------------------------------------------------


def hit(document):
    """One hit: the source as a client stored it, and all that can be asked for beside it."""
    text = json.dumps(document["text"])
    source = f'{{\n  "text" : {text},\n\t"tenant":"{document["tenant"]}", "n": 1.50, "none": null}}\n'
    return (
        f'{{"_shard":"[docs-000001][0]","_node":"node-of-ours-aaaaaaaaa","_index":"docs-000001",'
        f'"_id":"an-id_of-ours-0001{number(document)}","_version":2,"_seq_no":41,"_primary_term":1,'
        f'"_score":{score(document)},"_ignored":["long"],"_source":{source},"fields":{{"n":[1.5]}},'
        f'"highlight":{{"text":[{text}]}},"sort":[{score(document)},9007199254740993],'
        f'"matched_queries":["first"],"_explanation":{{"value":1.0,"description":"sum of:","details":[]}}}}'
    )


def hits(documents):
    """Two more were found than there are on this page."""
    total = f'{{"value":{2 + len(documents)},"relation":"gte"}}'
    shown = ",".join(hit(document) for document in documents)
    return f'{{"total":{total},"max_score":{best(documents)},"hits":[{shown}]}}'


def beside(documents):
    """What else shows documents: an aggregation's hits, suggestions, a pipeline's steps."""
    shown = ",".join(hit(document) for document in documents)
    suggested = ",".join(
        f'{{"text":{json.dumps(one["text"])},"_index":"docs","_id":"9","_score":1.0,"_source":{text_of(one)}}}'
        for one in documents
    )
    return (
        f'"aggregations":{{"by_price":{{"buckets":[{{"key":10.0,"doc_count":5,"top":{{"hits":{hits(documents)}}}}}]}},'
        f'"mean":{{"value":12.5}}}},'
        f'"suggest":{{"s":[{{"text":"ask an","offset":0,"length":6,"options":[{suggested}]}}]}},'
        f'"processor_results":[{{"processor_name":"filter_query","duration_millis":31,"status":"success",'
        f'"input_data":{{"query":{{"match_all":{{"boost":1.0}}}}}}}},'
        f'{{"processor_name":"rename_field","duration_millis":17,"status":"success",'
        f'"input_data":[{shown}],"output_data":[{shown}]}}]'
    )


SHARDS = '"_shards":{"total":3,"successful":3,"skipped":0,"failed":0}'


def searched(documents, rest=""):
    return (
        f'{{"took":5,"timed_out":false,"terminated_early":false,{SHARDS},"hits":{hits(documents)}{rest}}}'
    )


def search(documents):
    profile = '"profile":{"shards":[{"id":"[node-x][docs-000001][0]","searches":[]}]}'
    return searched(documents, f",{beside(documents)},{profile}")


def scrolled(documents):
    scroll = "DXF1ZXJ5QW5kRmV0Y2gBAAAAAAAAAAUWdmF1bHQtbm9kZS1vZi1vdXJzLTAwMQ=="
    return f'{{"_scroll_id":"{scroll}",{searched(documents)[1:]}'


def searches(documents):
    missing = (
        '{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [gone]",'
        '"index":"gone","index_uuid":"_na_"}],"type":"index_not_found_exception",'
        '"reason":"no such index [gone]","index":"gone","index_uuid":"_na_"},"status":404}'
    )
    status = ',"status":200'
    one, none = searched(documents, status), searched([], status)
    return f'{{"took":9,"responses":[{one},{missing},{none}]}}'


def several(documents):
    """One that is not there says of no tenant that it is its own, and goes as another's does."""
    gone = ['{"_index":"docs-000001","_id":"8","found":false}'] if len(documents) > 1 else []
    found = [
        f'{{"_index":"docs-000001","_id":"{number(one)}","_version":1,"_seq_no":7,"_primary_term":1,'
        f'"found":true,"_source":{text_of(one)}}}'
        for one in documents
    ]
    return f'{{"docs":[{",".join([*gone, *found])}]}}'


def written_in_bulk(_):
    return (
        '{"took":30,"ingest_took":1,"errors":true,"items":[{"index":{"_index":"docs","_id":"1","_version":1,'
        '"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":0,"_primary_term":1,"status":201}},'
        '{"create":{"_index":"docs","_id":"2","status":409,"error":{"type":"version_conflict_engine_exception",'
        '"reason":"[2]: version conflict, document already exists (current version [1])","index":"docs","shard":"0",'
        '"index_uuid":"index-of-ours-aaaaaaaa"}}},{"delete":{"_index":"docs","_id":"3","_version":2,"result":"not_found",'
        '"_shards":{"total":2,"successful":1,"failed":0},"_seq_no":1,"_primary_term":1,"status":404}}]}'
    )


KNN = b'{"size":3,"query":{"knn":{"embedding":{"vector":[0.1,-2.5E-7],"k":3}}}}'
OPENSEARCH = [
    ("POST", "/docs/_search?typed_keys=false&verbose_pipeline=true", KNN, search),
    ("GET", "/docs-000001/_search", b"", searched),
    ("POST", "/_search/scroll", b'{"scroll":"1m","scroll_id":"DXF1"}', scrolled),
    ("POST", "/_msearch", b'{"index":"docs"}\n' + KNN + b"\n", searches),
    ("POST", "/docs/_mget", b'{"ids":["0","1","2","8"]}', several),
    ("POST", "/_bulk", b'{"delete":{"_id":"3"}}\n', written_in_bulk),
]

# ---- Qdrant -------------------------------------------------------------------------------------


def point(document, more=""):
    return (
        f'{{"id":{(1 << 62) + number(document)},"version":12{more},"payload":{text_of(document)},'
        f'"vector":{{"":[0.1,-2.5e-7],"words":{{"indices":[6,7],"values":[1.0,2.0]}}}},"shard_key":"region_1","order_value":42}}'
    )


def scored(documents):
    return ",".join(point(one, f',"score":{score(one).lower()}') for one in documents)


def points(result):
    usage = '"usage":{"hardware":{"cpu":42,"payload_io_read":7},"inference":null}'
    return f'{{"result":{result},{usage},"status":"ok","time":7.512e-6}}'


def queried(documents):
    return points(f'{{"points":[{scored(documents)}]}}')


def found_before(documents):
    return points(f"[{scored(documents)}]")


def scrolled_points(documents):
    shown = ",".join(point(one) for one in documents)
    return points(f'{{"points":[{shown}],"next_page_offset":"00000000-0000-4000-8000-000000000007"}}')


def grouped(documents):
    return points(f'{{"groups":[{{"hits":[{scored(documents)}],"id":7}},{{"hits":[],"id":-3}}]}}')


def batch(documents):
    one = f'{{"points":[{scored(documents)}]}}'
    return points(f'[{one},{{"points":[]}},{one}]')


def upserted(_):
    return points('{"operation_id":5,"status":"completed"}')


VECTOR = b'{"query":[0.1,0.2],"limit":3,"with_payload":true,"with_vector":true}'
AT = "/collections/docs/points"
QDRANT = [
    ("POST", f"{AT}/query", VECTOR, queried),
    ("POST", f"{AT}/search", b'{"vector":[0.1,0.2],"limit":3}', found_before),
    ("POST", f"{AT}/scroll?timeout=5", b'{"limit":3,"with_payload":true}', scrolled_points),
    ("POST", f"{AT}/query/groups", b'{"group_by":"n","query":[0.1],"limit":2}', grouped),
    ("POST", f"{AT}/query/batch", b'{"searches":[' + VECTOR + b"]}", batch),
    ("POST", AT, b'{"ids":[1,2,3]}', found_before),
    ("PUT", f"{AT}?wait=true", b'{"points":[{"id":1,"vector":{},"payload":{"tenant":"acme"}}]}', upserted),
]
STORES = {
    "opensearch": (OPENSEARCH, "application/json; charset=UTF-8"),
    "qdrant": (QDRANT, "application/json"),
}
# A store that refuses: it is its own answer, JSON or not.
REFUSED = {
    "opensearch": (
        "400 Bad Request",
        '{"error":{"root_cause":[{"type":"parsing_exception","reason":"unknown query [mtch]","line":1,"col":20}],'
        '"type":"parsing_exception","reason":"unknown query [mtch]","line":1,"col":20},"status":400}',
    ),
    "qdrant": (
        "404 Not Found",
        '{"status":{"error":"Not found: Collection `docs` doesn\'t exist!"},"time":0.00025}',
    ),
}


@contextlib.contextmanager
def store(protocol):
    """A server that answers each of a store's requests, in pieces as these servers send them."""
    cases, kind = STORES[protocol]
    bodies = {path: build(stores.THREE) for _, path, _, build in cases}

    def answer(request):
        body = bodies.get(request.path)
        if body is None:
            status, body = REFUSED[protocol]
            return Raw.of(body.encode(), f"content-type: {kind}", status=status)
        whole = body.encode()
        middle = len(whole) // 2
        return Raw.chunked([whole[:middle], whole[middle:]], "vary: accept-encoding", kind=kind)

    upstream = Upstream(answer)
    upstream.server.RequestHandlerClass.do_PUT = upstream.server.RequestHandlerClass.do_POST
    yield upstream


def ask(port, headers, method, path, body, kind="application/json"):
    """What a caller gets."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body or None, method=method,
        headers=headers | {"content-type": kind},
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answered:
            return answered.status, answered.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def check(protocol, upstream, port, headers):
    """Every answer of a store, as two tenants get it."""
    cases, _ = STORES[protocol]
    for tenant, left in (("acme", [CLEAN]), ("globex", [stores.OTHER])):
        for method, path, question, build in cases:
            status, body = ask(port, headers[tenant], method, path, question)
            if b"tenant" in question and tenant != "acme":
                assert status == 400 and "denied by policy" in body, (path, status, body)
                continue
            assert status == 200, (path, status, body)
            if question:
                assert upstream.requests[-1].body == question, (path, upstream.requests[-1].body)
            assert body == build(left), f"{path}\n{body}\n{build(left)}"
    status, body = REFUSED[protocol]
    path = {"opensearch": "/gone/_search", "qdrant": "/collections/gone/points/query"}[protocol]
    assert ask(port, headers["acme"], "POST", path, b"{}") == (int(status[:3]), body)


def check_gateway(protocol):
    keys, headers = stores.tenants(acme="acme", globex="globex")
    values = [document["text"] for document in stores.THREE]
    with store(protocol) as upstream, stores.Stores(
        upstream.url,
        protocol,
        gateway="identity: [{ api_keys: keys.yaml }]",
        files={"keys.yaml": keys},
        values=values,
    ) as gateway:
        check(protocol, upstream, gateway.port, headers)


def opensearch_answers_lose_documents_and_nothing_else():
    check_gateway("opensearch")


def qdrant_answers_lose_documents_and_nothing_else():
    check_gateway("qdrant")
