"""Reloads under load: no request fails, and every answer is what its revision says."""

import collections
import http.client
import itertools
import json
import os
import threading
import time

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
    """Clients that ask without pause, each on a connection of its own."""

    def __init__(self, gateway, clients=4):
        self.answers = collections.Counter()
        self.failures = []
        self.stop = threading.Event()
        self.gateway = gateway
        self.threads = [threading.Thread(target=self.run, args=[n]) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30)
        for model in itertools.cycle(("odd", "even")):
            if self.stop.is_set():
                return
            body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]})
            try:
                connection.request(
                    "POST", "/v1/chat/completions", body, {"content-type": "application/json"}
                )
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                return
            denied = answer.status == 400 and b"not in this round" in content
            if answer.status != 200 and not denied:
                self.failures.append((answer.status, content))
            revision = answer.headers.get("x-caponier-revision")
            self.answers[revision, model, denied] += 1

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


def no_request_fails_over_reloads():
    plugins = [(GUESTS / f"{name}.wasm").read_bytes() for name in ("base", "wasi-environment")]
    plugins[1] = (GUESTS / "hostile.wasm").read_bytes()
    upstream = Upstream(lambda _: completion("fine"))
    template = """rego: [rules.rego]
data: [data.json]
plugins:
  - {{ use: "builtin:pii" }}
  - {{ use: "builtin:secrets" }}
  - {{ use: "file:plugin.wasm", name: extra }}
# Round {number}.
actions: {{ "pii/ip": {{ action: flag, min_confidence: 0.{number:03} }} }}
"""
    files = {"rules.rego": policy(0), "data.json": "{}", "plugin.wasm": plugins[0]}
    with Gateway(upstream, template.format(number=0), files) as gateway:
        swap = Swapper(gateway.path)
        # The rules that hold in a revision, by its name.
        rounds = {revision(gateway)["revision"]: 0}
        rules, plugin, configured = 0, 0, 0
        refused = 0
        load = Load(gateway)
        begin = time.monotonic()
        number = 0
        while number < RELOADS or time.monotonic() < begin + SECONDS:
            number += 1
            before = revision(gateway)
            change = swap.link if number % 2 else swap.rename
            sort = ("rego", "config", "rego", "plugin", "data")[number % 5]
            if number % 10 == 0:
                broken = {
                    "rego": ("rules.rego", "package caponier\n\ndeny contains x if {\n"),
                    "config": ("caponier.yaml", gateway.render("plugin: []")),
                    "plugin": ("plugin.wasm", plugins[0][:1000]),
                    "data": ("data.json", '{"a": '),
                }
                sort = list(broken)[number // 10 % 4]
                name, content = broken[sort]
                good = (gateway.path / name).read_bytes()
                change(name, content)
                found = until(lambda now: refusals(now) > refusals(before), gateway)
                assert found["revision"] == before["revision"], (sort, found)
                # A plugin is named by its place in the configuration.
                reason = json.dumps(found["last_refusal"])
                assert ("plugins[2]" if sort == "plugin" else name) in reason, (sort, found)
                refused += 1
                swap.rename(name, good)
                time.sleep(0.1)
                assert revision(gateway)["revision"] == before["revision"], sort
                continue
            if sort == "rego":
                rules = number
                change("rules.rego", policy(rules))
            elif sort == "config":
                configured = number
                change("caponier.yaml", gateway.render(template.format(number=number)))
            elif sort == "plugin":
                plugin = 1 - plugin
                change("plugin.wasm", plugins[plugin])
            else:
                change("data.json", json.dumps({"round": number}))
            found = until(lambda now: now["revision"] != before["revision"], gateway)
            rounds.setdefault(found["revision"], rules)
            assert rounds[found["revision"]] == rules, "one revision, two sets of rules"
        took = time.monotonic() - begin
        load.finish()
        print(
            f"{number} reloads in {took:.1f} s, {refused} refused, "
            f"{sum(load.answers.values())} requests, {len(load.failures)} failed"
        )
        assert load.failures == [], load.failures[:5]
        assert number >= 200 and took >= SECONDS and refused >= number // 10 - 1
        for (name, model, denied), count in load.answers.items():
            assert name in rounds, (name, count)
            expected = (model == "odd") == bool(rounds[name] % 2)
            assert denied == expected, (name, rounds[name], model, denied, count)
        assert len({name for name, _, _ in load.answers}) > 50


def refusals(found):
    return found["builds"]["refused"]


def keys_are_reloaded():
    """A key that was taken away is refused; the others go on."""
    import subprocess

    from support import PROGRAM

    def hashed(key):
        done = subprocess.run([PROGRAM, "hash-key"], input=key.encode(), capture_output=True, check=True)
        return done.stdout.decode().strip()

    def keys(*names):
        lines = [f"  - {{ hash: \"{hashed(name)}\", id: {name}, roles: [user] }}" for name in names]
        return "keys:\n" + "\n".join(lines) + "\n"

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
