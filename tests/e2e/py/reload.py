"""Reloads under load: no request fails, and every answer is what its revision says."""

import collections
import http.client
import itertools
import json
import os
import threading
import time

import identities
from support import GUESTS, Gateway, Upstream, completion

RELOADS = 210
SECONDS = 20


def policy(number):
    """Rules that deny the model `odd` in odd rounds and `even` in even ones."""
    denied = "odd" if number % 2 else "even"
    return f"""package caponier

# Round {number}.
deny contains "not in this round" if input.request.model == "{denied}"
"""


class Swapper:
    """Changes files the way an editor (rename) or Kubernetes (a symbolic link) does."""

    def __init__(self, path):
        self.path = path
        self.versions = itertools.count()

    def rename(self, name, content):
        other = self.path / f".{name.replace('/', '-')}.new"
        other.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.rename(other, self.path / name)

    def link(self, name, content):
        """Puts `content` where the symbolic link `name` points to, by a new link over the old."""
        version = self.path / f"..version-{next(self.versions)}"
        version.mkdir()
        file = version / os.path.basename(name)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        link = self.path / f".{name.replace('/', '-')}.link"
        link.symlink_to(file)
        os.rename(link, self.path / name)


class Load:
    """Clients that ask without pause, each on a connection of its own.

    Every question is asked by every caller in turn: with keys and tokens that always hold, and with
    some that hold in odd rounds or in even ones only.
    """

    def __init__(self, gateway, callers, clients=4):
        self.answers = collections.Counter()
        self.failures = []
        self.stop = threading.Event()
        self.gateway = gateway
        self.callers = callers
        self.threads = [threading.Thread(target=self.run, args=[n]) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30)
        asked = list(itertools.product(("odd", "even"), self.callers))
        for model, caller in itertools.cycle(asked[number:] + asked[:number]):
            if self.stop.is_set():
                return
            body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]})
            headers = {"content-type": "application/json"}
            headers["authorization"] = "Bearer " + self.callers[caller]
            try:
                connection.request("POST", "/v1/chat/completions", body, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                return
            denied = answer.status == 400 and b"not in this round" in content
            unknown = answer.status == 401 and "always" not in caller
            if answer.status != 200 and not denied and not unknown:
                self.failures.append((caller, answer.status, content))
            revision = answer.headers.get("x-caponier-revision")
            self.answers[revision, model, caller, answer.status] += 1

    def finish(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def revision(gateway):
    return json.loads(gateway.get("/v1/revision")[1])


def until(what, gateway, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what(found := revision(gateway)):
            return found
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s; {revision(gateway)}\n{gateway.logs()[-3000:]}")


IDENTITY = """identity:
  - jwt: { jwks: jwks.json, issuer: "https://issuer.example", audience: llm }
  - api_keys: keys.yaml
"""
SETTINGS = """rego: [rules.rego]
data: [data.json]
plugins:
  - {{ use: "builtin:pii" }}
  - {{ use: "builtin:secrets" }}
  - {{ use: "file:plugin.wasm", name: extra }}
# Round {number}.
actions: {{ "pii/ip": {{ action: flag, min_confidence: 0.{number:03} }} }}
"""


class Rounds:
    """The files of each round, good and broken, and what they make of a request."""

    def __init__(self):
        self.keys = {name: identities.api_key() for name in ("always", "odd", "even")}
        self.signers = {name: identities.Signer(name) for name in ("always", "odd", "even")}
        self.plugins = [(GUESTS / f"{name}.wasm").read_bytes() for name in ("base", "hostile")]
        # What names the file in the reason of a refusal: a plugin stands there by its place.
        self.files = {
            "rego": ("rules.rego", "rules.rego"),
            "config": ("caponier.yaml", "caponier.yaml"),
            "plugin": ("plugin.wasm", "plugins[2]"),
            "data": ("data.json", "data.json"),
            "keys": ("keys.yaml", "keys.yaml"),
            "jwks": ("jwks.json", "jwks.json"),
        }
        # The round that the file of each sort is of.
        self.now = dict.fromkeys(self.files, 0)

    def callers(self):
        callers = {f"key {name}": key for name, key in self.keys.items()}
        return callers | {f"token {name}": self.signers[name].token() for name in self.signers}

    def good(self, sort, number, gateway=None):
        there = ("always", parity(number))
        match sort:
            case "rego":
                return policy(number)
            case "config":
                return gateway.render(SETTINGS.format(number=number))
            case "plugin":
                return self.plugins[number % 2]
            case "data":
                return json.dumps({"round": number})
            case "keys":
                return identities.key_file({name: self.keys[name] for name in there})
            case "jwks":
                return identities.key_set([self.signers[name] for name in there])

    def broken(self, sort, gateway):
        return {
            "rego": "package caponier\n\ndeny contains x if {\n",
            "config": gateway.render("plugin: []"),
            "plugin": self.plugins[0][:1000],
            "data": '{"a": ',
            "keys": "keys: [",
            "jwks": '{"keys": [{"kty": "OKP"',
        }[sort]

    def status(self, model, caller, now):
        """What a request comes to where the files are of the rounds `now`."""
        kind, name = caller.split()
        known = ("always", parity(now["keys" if kind == "key" else "jwks"]))
        if name not in known:
            return 401
        return 400 if model == parity(now["rego"]) else 200


def parity(number):
    return "odd" if number % 2 else "even"


def no_request_fails_over_reloads():
    rounds = Rounds()
    files = {
        name: rounds.good(sort, 0) for sort, (name, _) in rounds.files.items() if sort != "config"
    }
    upstream = Upstream(lambda _: completion("fine"))
    callers = rounds.callers()
    with Gateway(
        upstream, SETTINGS.format(number=0), files, values=callers.values(), gateway=IDENTITY
    ) as gateway:
        swap = Swapper(gateway.path)
        # What holds in a revision, by its name.
        holds = {revision(gateway)["revision"]: dict(rounds.now)}
        done, refused = collections.Counter(), collections.Counter()
        load = Load(gateway, callers)
        begin = time.monotonic()
        number = 0
        while number < RELOADS or time.monotonic() < begin + SECONDS:
            number += 1
            before = revision(gateway)
            # Every tenth is broken; each sort comes in both ways.
            turn = number // 10 if number % 10 == 0 else number - number // 10
            sort = list(rounds.files)[turn % len(rounds.files)]
            way = ("link", "rename")[turn // len(rounds.files) % 2]
            change = getattr(swap, way)
            name, named = rounds.files[sort]
            if number % 10 == 0:
                good = (gateway.path / name).read_bytes()
                change(name, rounds.broken(sort, gateway))
                found = until(lambda now: refusals(now) > refusals(before), gateway)
                assert found["revision"] == before["revision"], (sort, found)
                assert named in json.dumps(found["last_refusal"]), (sort, found)
                refused[sort, way] += 1
                swap.rename(name, good)
                time.sleep(0.1)
                assert revision(gateway)["revision"] == before["revision"], sort
                continue
            rounds.now[sort] += 1
            change(name, rounds.good(sort, rounds.now[sort], gateway))
            found = until(lambda now: now["revision"] != before["revision"], gateway)
            done[sort, way] += 1
            # A plugin or a key that comes again makes the revision that was there before.
            known = holds.setdefault(found["revision"], dict(rounds.now))
            same = all(
                rounds.status(*asked, known) == rounds.status(*asked, rounds.now)
                for asked in itertools.product(("odd", "even"), callers)
            )
            assert same, f"one revision, two sets of files: {known} {rounds.now}"
        took = time.monotonic() - begin
        load.finish()
        print(
            f"{number} reloads in {took:.1f} s, {refused.total()} refused, "
            f"{load.answers.total()} requests, {len(load.failures)} failed"
        )
        assert load.failures == [], load.failures[:5]
        assert number >= RELOADS >= 200 and took >= SECONDS >= 20
        assert refused.total() == number // 10, refused
        assert len(done) == len(refused) == 2 * len(rounds.files), (done, refused)
        seen = collections.Counter()
        for (name, model, caller, status), count in load.answers.items():
            assert name in holds, (name, count)
            expected = rounds.status(model, caller, holds[name])
            assert status == expected, (name, holds[name], model, caller, status, count)
            seen[caller, status] += count
        assert len({name for name, *_ in load.answers}) > 50
        # Everyone was let in and denied; whose key comes and goes was also turned away.
        for caller in callers:
            some = {status for known, status in seen if known == caller}
            assert some == ({200, 400} if "always" in caller else {200, 400, 401}), seen


def refusals(found):
    return found["builds"]["refused"]


def keys_are_reloaded():
    """A key that was taken away is refused; the others go on."""
    def keys(*names):
        return identities.key_file({name: name for name in names})

    upstream = Upstream()
    with Gateway(upstream, files={"keys.yaml": keys("alpha", "beta")}) as gateway:
        text = gateway.config.read_text()
        swap = Swapper(gateway.path)
        before = revision(gateway)["revision"]
        swap.rename(
            "caponier.yaml",
            text.replace("  routes:", "  identity:\n    - api_keys: keys.yaml\n  routes:", 1),
        )
        until(lambda now: now["revision"] != before, gateway)

        def ask(key):
            return gateway.post(
                "/v1/chat/completions",
                {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
                {"authorization": f"Bearer {key}"} if key else {},
            )[0]

        assert (ask("alpha"), ask("beta"), ask("gamma"), ask(None)) == (200, 200, 401, 401)
        before = revision(gateway)["revision"]
        swap.link("keys.yaml", keys("alpha", "gamma"))
        until(lambda now: now["revision"] != before, gateway)
        assert (ask("alpha"), ask("beta"), ask("gamma")) == (200, 401, 200)
        refused = refusals(revision(gateway))
        swap.rename("keys.yaml", "keys: [")
        until(lambda now: refusals(now) > refused, gateway)
        assert (ask("alpha"), ask("beta"), ask("gamma")) == (200, 401, 200)
        # None of the keys goes upstream: they are for this gateway alone.
        assert len(upstream.requests) == 6


def a_changed_address_needs_a_restart():
    from support import free_port

    with Gateway(Upstream()) as gateway:
        before = revision(gateway)
        swap = Swapper(gateway.path)
        text = gateway.config.read_text()
        swap.rename("caponier.yaml", text.replace(str(gateway.port), str(free_port())))
        found = until(lambda now: refusals(now) > refusals(before), gateway)
        assert "restart" in json.dumps(found), found
        gateway.inspect({"stage": "prompt", "segments": [{"text": "still here"}]})
        assert found["revision"] == before["revision"]
