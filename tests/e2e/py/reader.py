"""A reader who does what a page says, block by block.

A page is read from its top to its end, as a reader would work through it: in one new folder, with
one shell. What stands behind ``` says what becomes of a block:

    sh                      runs; every command must succeed
    sh,serve=8787           runs until the page ends, or until a block serves the same port; the next
                            block waits for that port
    console                 runs what stands behind `$ `, and compares what it prints with the rest;
                            `…` stands for anything, alone in a line for any lines
    console,soon            the same, tried until it prints that: a change needs a moment to be taken
    yaml,file=a.yaml        writes the file, which the text must name; a configuration is checked
    yaml,file=a.yaml,wrong  the same, and the configuration must be refused
    yaml,part               some sections of a configuration, which is checked
    rego                    rules, which are checked; with `file=` they are written instead
    json                    must be JSON; with `file=` it is written
    LANGUAGE,file=F         writes the file; manifests and units are looked at
    LANGUAGE,add=F          the same, at the end of the file
    LANGUAGE,from=F         must stand in that file of the reader's folder, or of the checkout
    text                    a diagram
    sh,cluster              needs what no test has; see `CLUSTER`

Nothing else is known, so that nothing is skipped, and nothing is run that a reader does not see.
Ports of this machine and `registry.example` are exchanged for free ones, and what differs each time
(digests, ids, times) is compared by its form.
"""

import collections
import configparser
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

import yaml
from author import cargo
from registry import Registry
from support import PROGRAM, ROOT, cache_directory, free_port

LANGUAGES = {"sh", "console", "yaml", "rego", "json", "rust", "python", "js", "ts", "c", "toml", "ini", "make", "wit", "text"}
ATTRIBUTES = {"serve", "file", "wrong", "part", "add", "from", "cluster", "soon"}
# Seconds in which what is to happen `soon` must have happened.
SOON = 60
# What only a cluster can run. The manifests these commands name are made, and looked at, by the
# blocks before.
CLUSTER = ("kubectl apply ", "kubectl create ", "kubectl rollout ", "kubectl get ")
# What runs this test, and so cannot be run by it; that there are such commands is looked up.
OWN_COMMANDS = re.compile(r"cargo xtask (\w+)")
ADDRESS = re.compile(r"(?<![\w.])(127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1?\]):(\d{4,5})\b")
REGISTRY = "registry.example"
# The package that a page tells its reader to install from a checkout.
CLIENT = "sdk/client-python"

Block = collections.namedtuple("Block", "line language attributes text before")


def blocks(markdown):
    """The blocks of a page, each with the prose before it."""
    found, before = [], []
    lines = iter(enumerate(markdown.splitlines(), 1))
    for number, line in lines:
        if fence := re.match(r"^( *)(`{3,}|~{3,})(.*)$", line):
            indent, mark, info = fence.groups()
            text = []
            for _, inner in lines:
                if inner.strip() == mark:
                    break
                text.append(inner.removeprefix(indent))
            else:
                raise AssertionError(f"line {number}: the block does not end")
            language, *rest = info.strip().split(",")
            attributes = dict((*item.split("=", 1), True)[:2] for item in rest)
            found.append(Block(number, language, attributes, "\n".join(text) + "\n", "\n".join(before)))
            before = []
        else:
            hidden = re.match(r"\s*>\s*(```|~~~)|<pre|\t| {4}(?! *[-*|\d])", line)
            assert not hidden, f"line {number}: code that is in no block of its own is not run"
            before.append(line)
    return found


def commands(text):
    """The commands of a console, each with what it prints."""
    found = []
    lines = text.splitlines()
    while lines:
        line = lines.pop(0)
        assert line.startswith("$ "), f"`$ ` is expected: {line}"
        command = line[2:]
        while not is_whole(command):
            assert lines, f"the command does not end: {command}"
            command += "\n" + lines.pop(0)
        output = []
        while lines and not lines[0].startswith("$ "):
            output.append(lines.pop(0))
        found.append((command, "\n".join(output)))
    return found


def by_form(text):
    """What is printed, without what is different each time."""
    text = re.sub(r"\b[0-9a-f]{16,}\b", "#", text.replace("\r", ""))
    text = re.sub(r"\b\d{9,}\b", "#", text)
    text = re.sub(r"^date: .* GMT$", "date: #", text, flags=re.M)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def matches(expected, printed):
    """Whether a console prints what the page says."""
    pattern = ""
    for line in by_form(expected).splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("…")) + r"\n"
    return re.fullmatch(pattern, by_form(printed) + "\n" if printed.strip() else "") is not None


def is_whole(command):
    """Whether a command ends where it does: quotes, here-documents and the like."""
    read = subprocess.run(["bash", "-n", "-c", command], capture_output=True, check=False)
    return not (command.endswith("\\") or read.returncode or read.stderr)


class Reader:
    """Who works through one page: a folder, a shell, and what was left running."""

    def __init__(self, folder, markdown):
        self.folder = folder
        self.own = folder / ".reader"
        self.work = folder / "work"
        for path in (self.own / "bin", self.work):
            path.mkdir(parents=True)
        self.ports, self.services, self.count = {}, {}, 0
        self.registry = None
        if REGISTRY in markdown:
            self.registry = Registry(self.own)
            self.ports[REGISTRY] = self.registry.host
        programs = {"caponier": PROGRAM}
        if envoys := os.environ.get("CAPONIER_ENVOYS"):
            programs["envoy"] = envoys.split(os.pathsep)[-1]
        for name, path in programs.items():
            (self.own / "bin" / name).symlink_to(path)
        # Behind a link, Python does not find the environment that it is of.
        python = self.own / "bin/python"
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)
        usual = self.own / "default.yaml"
        usual.write_text(self.here((ROOT / "host/config/src/default.yaml").read_text()))
        environment = os.environ | cargo("rust") | {
            # `caponier` without a file runs what is embedded; here with ports of its own.
            "CAPONIER_CONFIG": str(usual),
            "CAPONIER_CACHE": str(cache_directory()),
            "NO_COLOR": "1",
            "PATH": os.pathsep.join([str(self.own / "bin"), os.path.dirname(sys.executable), os.environ["PATH"]]),
        }
        if CLIENT in markdown:
            environment["PYTHONPATH"] = str(ROOT / CLIENT)
        self.shell = subprocess.Popen(
            ["bash"], cwd=self.work, env=environment, stdin=subprocess.PIPE, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def here(self, text):
        """With ports that are free, and the registry that runs."""
        def free(found):
            if found[2] in self.ports.values():
                return found[0]
            return f"{found[1]}:{self.port(found[2])}"

        text = ADDRESS.sub(free, text)
        return text.replace(REGISTRY, self.registry.host) if self.registry else text

    def port(self, usual):
        """The port that stands for one that the page names."""
        if usual not in self.ports:
            self.ports[usual] = str(free_port())
        return self.ports[usual]

    def there(self, text):
        """What is printed, as the page says it."""
        for name, real in sorted(self.ports.items(), key=lambda item: item[0] != REGISTRY):
            text = text.replace(real, name)
        return text

    def cwd(self):
        """Where the reader's shell stands."""
        return pathlib.Path(os.readlink(f"/proc/{self.shell.pid}/cwd"))

    def path(self, name):
        path = self.cwd() / name
        assert path.resolve().is_relative_to(self.folder), name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def run(self, text, strict=True):
        """Runs in the shell, and answers exit code and output."""
        self.count += 1
        script, output, code = (self.own / f"{self.count}.{end}" for end in ("sh", "out", "code"))
        script.write_text(text)
        self.send(f"set {'-' if strict else '+'}e\n. {script} >{output} 2>&1 </dev/null\n"
                  f"echo $? >{code}.new\nset +e\nmv {code}.new {code}\n")
        until = time.monotonic() + 280
        while not code.exists() and self.shell.poll() is None:
            assert time.monotonic() < until, f"it does not end: {text}"
            time.sleep(0.005)
        said = self.there(output.read_text(errors="replace")) if output.exists() else ""
        return (int(code.read_text()) if code.exists() else self.shell.returncode or 1), said

    def send(self, text):
        self.shell.stdin.write(text)
        self.shell.stdin.flush()

    def succeed(self, text):
        code, said = self.run(text)
        assert code == 0, f"exit code {code} of\n{text}\n{said}"
        assert "panicked" not in said, said
        return said

    def serve(self, text, usual):
        """Runs in the background, and waits until the port answers."""
        self.end(usual)
        port = int(self.port(usual))
        assert not is_open(port), f"another block serves {usual} already, under another name"
        # A configuration that the program wrote names the usual ports.
        for name in re.findall(r"--config (\S+)", text):
            path = self.path(name)
            path.write_text(self.here(path.read_text()))
        self.count += 1
        script, output, pid = (self.own / f"{self.count}.{end}" for end in ("sh", "out", "pid"))
        script.write_text(text)
        # With a process group of its own, so that all of it can be ended.
        self.send(f"set -m\n( . {script} ) >{output} 2>&1 </dev/null &\necho $! >{pid}.new\nset +m\nmv {pid}.new {pid}\n")
        until = time.monotonic() + 280
        while not (pid.exists() and is_open(port)):
            said = output.read_text(errors="replace") if output.exists() else ""
            ended = pid.exists() and not pathlib.Path("/proc", pid.read_text().strip()).exists()
            assert time.monotonic() < until and not ended, f"nothing serves {usual}:\n{text}\n{said}"
            time.sleep(0.05)
        self.services[usual] = (int(pid.read_text()), output)

    def end(self, usual):
        process, output = self.services.pop(usual, (None, None))
        if process is None:
            return
        os.killpg(process, signal.SIGTERM)
        until = time.monotonic() + 30
        while is_open(int(self.ports[usual])):
            assert time.monotonic() < until, f"port {usual} is still served"
            time.sleep(0.05)
        assert "panicked" not in output.read_text(errors="replace")

    def logs(self):
        return "\n".join(output.read_text(errors="replace")[-3000:] for _, output in self.services.values())

    def close(self):
        for usual in list(self.services):
            self.end(usual)
        self.shell.stdin.close()
        self.shell.wait(20)
        if self.registry:
            self.registry.stop()

    # ---- what becomes of a block ----------------------------------------------------------------

    def follow(self, block):
        """Does what the block says."""
        language, attributes = block.language, block.attributes
        assert language in LANGUAGES, f"what is to be done with `{language}`?"
        assert set(attributes) <= ATTRIBUTES, f"what is to be done with {sorted(attributes)}?"
        text = self.here(block.text)
        if "from" in attributes:
            return self.stands_in(block.text, attributes["from"])
        if "file" in attributes or "add" in attributes:
            return self.write(block, text)
        if "part" in attributes:
            return self.check_configuration("version: 1\n" + text)
        if language == "sh":
            if "cluster" in attributes:
                return self.look_at_cluster(text)
            if all(OWN_COMMANDS.match(line) for line in text.splitlines()):
                return are_own_commands(text)
            if "serve" in attributes:
                return self.serve(text, attributes["serve"])
            return self.succeed(text)
        if language == "console":
            return self.converse(text, block.text, time.monotonic() + ("soon" in attributes) * SOON)
        if language == "json":
            return json.loads(text)
        if language == "rego":
            return self.check_rules(text)
        if language == "text":
            assert re.search("[─│►→]", text), "`text` is for diagrams"
            return None
        raise AssertionError(f"what is to be done with a `{language}` that names no file?")

    def converse(self, text, shown, until):
        code = 0
        for (command, _), (_, expected) in zip(commands(text), commands(shown), strict=True):
            # `$?` is that of the command before.
            before = code
            while True:
                code, printed = self.run(f"(exit {before})\n{command}\n", strict=False)
                if matches(expected, printed) or time.monotonic() > until:
                    break
                time.sleep(0.1)
            # A page that shows a failure shows what is said of it.
            assert code == 0 or expected.strip("…\n "), f"exit code {code} of {command}\n{printed}"
            assert "panicked" not in printed, printed
            assert matches(expected, printed), f"$ {command}\n{printed}\n--- the page says\n{expected}"

    def stands_in(self, text, name):
        file = next(path for path in (self.cwd() / name, ROOT / name) if path.is_file())
        assert text.strip("\n") in file.read_text(), f"{name} does not have this:\n{text}"

    def write(self, block, text):
        name = block.attributes.get("file") or block.attributes["add"]
        assert f"`{name}`" in block.before, f"the text before does not say that this is `{name}`"
        path = self.path(name)
        if "add" in block.attributes:
            text = path.read_text() + text
        path.write_text(text)
        if name.endswith(".json"):
            json.loads(text)
        if name.endswith(".service"):
            self.check_unit(text)
        if block.language == "yaml":
            is_sound(text)
        if block.language == "yaml" and re.search(r"^version: 1$", text, re.M):
            wrong = "wrong" in block.attributes
            code, said = self.run(f"caponier check --config {name}\n", strict=False)
            assert (code != 0) == wrong, f"{name}: {said}"

    def check_configuration(self, text):
        self.path(".part.yaml").write_text(text)
        self.succeed("caponier check --config .part.yaml\n")

    def check_unit(self, text):
        """A unit of systemd: its sections, and whether the program takes the command."""
        unit = configparser.RawConfigParser(strict=True)
        unit.optionxform = str
        unit.read_string(text)
        assert set(unit.sections()) == {"Unit", "Service", "Install"}, unit.sections()
        program, *arguments = unit["Service"]["ExecStart"].split()
        assert program.endswith("/caponier"), program
        self.succeed(f"caponier {' '.join(arguments)} --help\n")

    def look_at_cluster(self, text):
        for line in text.replace("\\\n", " ").splitlines():
            assert line.startswith(CLUSTER), f"a test can run this: {line}"
            for name in re.findall(r"--filename (\S+)", line):
                is_sound(self.path(name).read_text())

    def check_rules(self, text):
        if not text.startswith("package "):
            text = "package caponier\n\n" + text
        self.path(".part/rules.rego").write_text(text)
        self.check_configuration("version: 1\nrego: [.part/]\n")


def is_open(port):
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


def is_sound(text):
    """Whether it is YAML; a manifest must say what it is."""
    read = yaml.safe_load(text)
    if isinstance(read, dict) and "kind" in read:
        assert read["apiVersion"] and read["metadata"]["name"] and read["spec"], read


def are_own_commands(text):
    known = (ROOT / "xtask/src/main.rs").read_text()
    for name in OWN_COMMANDS.findall(text):
        assert re.search(rf"^    {name.capitalize()}\b", known, re.M), f"there is no `cargo xtask {name}`"
