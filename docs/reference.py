#!/usr/bin/env python3
"""Writes the reference part of the book from what the program, the contract and the SDKs say of
themselves: `cargo xtask book`. A test holds the pages to what this writes."""

import argparse
import ast
import html
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The built-in plugins, with the settings under which they have all their rules.
PLUGINS = {
    "pii": '{"restore":true}',
    "secrets": "{}",
    "injection": "{}",
    "unicode": "{}",
    "urls": "{}",
    "leak": "{}",
    "code": "{}",
    "poison": "{}",
    "terms": "{}",
    "schema": "{}",
    "quota": "{}",
}
NOTE = "<!-- Written by docs/reference.py; renew with `cargo xtask book`. -->\n"


def cell(text):
    """Text for a table: one line, no pipes and nothing that reads as HTML, code left as it is."""
    text = " ".join(str(text).split()).replace("|", "\\|")
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else html.escape(part, quote=False) for part in parts)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def code(language, text):
    return f"```{language}\n{text.strip(chr(10))}\n```\n"


def quoted(path, language):
    """A file of the checkout as a whole."""
    return code(f"{language},from={path}", (ROOT / path).read_text())


# ---- configuration --------------------------------------------------------------------------------


class Schema:
    """A JSON Schema, read by the names of its definitions."""

    def __init__(self, schema):
        self.definitions = schema.get("$defs", {})

    def of(self, value):
        """What a value may be, and the sections in it: `(words, [definition, …])`."""
        if reference := value.get("$ref"):
            name = reference.rsplit("/", 1)[-1]
            definition = self.definitions[name]
            if "properties" in definition:
                return "mapping", [definition]
            return self.of(definition)
        alternatives = value.get("oneOf") or value.get("anyOf")
        if alternatives:
            if all("const" in one for one in alternatives):
                return ", ".join(f"`{one['const']}`" for one in alternatives), []
            if value.get("type"):
                return {"integer": "number", "number": "number"}.get(value["type"], "size, such as `64KiB`"), []
            if any("pattern" in one for one in alternatives):
                return "size, such as `64KiB`", []
            words, sections = zip(*map(self.alternative, alternatives))
            return " or ".join(dict.fromkeys(words)), sum(sections, [])
        if "const" in value:
            return f"`{json.dumps(value['const'])}`", []
        kind = value.get("type")
        if isinstance(kind, list):
            kind = next(word for word in kind if word != "null")
        if kind == "array":
            words, sections = self.of(value["items"])
            return f"list of {words}", sections
        if kind == "object":
            more = value.get("additionalProperties")
            if "properties" in value:
                return "mapping", [value]
            if isinstance(more, dict):
                words, sections = self.of(more)
                return f"mapping of names to {words}", sections
            return "mapping", []
        if kind == "string" and "(us|" in value.get("pattern", ""):
            return "time, such as `500ms`", []
        return {"string": "text", "integer": "number", "boolean": "`true` or `false`"}.get(kind, kind or "any"), []

    def alternative(self, value):
        """One of several: a mapping of one key is told by it."""
        properties = value.get("properties", {})
        if len(properties) != 1:
            return self.of(value)
        (key, inner), = properties.items()
        words, sections = self.of(inner)
        return f"`{{ {key}: … }}`, a {words}" if sections else f"`{{ {key}: … }}`", sections

    def rows(self, definition):
        required = definition.get("required", [])
        for name, value in definition.get("properties", {}).items():
            words, _ = self.of(value)
            said = " ".join(value.get("description", "").split())
            default = re.search(r"\s*Default: (.+?)\.(?= |$)", said)
            if default:
                said = said.replace(default[0].strip(), "").strip()
            standard = "required" if name in required else default[1] if default else ""
            if not standard and "default" in value:
                standard = f"`{json.dumps(value['default'])}`"
            yield f"`{name}`", words, standard, said


def configuration(program):
    schema = json.loads(program("schema"))
    known = Schema(schema)
    out = ["# Configuration file", NOTE,
           "Every key of the file, as `caponier schema` has it. A key that is not here is an error, "
           "which names line, column and the nearest key that there is. "
           "[Configuration by example](../operate/configuration.md) shows how they are used together.\n",
           "An editor that knows JSON Schema checks and completes the file as you write:\n",
           code("sh", "caponier schema > caponier.schema.json")]
    seen = {}

    def section(path, definition):
        key = json.dumps(definition, sort_keys=True)
        if key in seen:
            out.append(f"## {path}\n\n{definition.get('description', '')} As "
                       f"[{seen[key]}](#{slug(seen[key])}).\n")
            return
        seen[key] = path
        out.append(f"## {path}\n\n{definition.get('description', '')}\n")
        out.append(table(["key", "value", "default", "what it says"], known.rows(definition)))
        for name, value in definition["properties"].items():
            words, sections = known.of(value)
            for inner in sections:
                end = "[]" if words.startswith("list of") else ".NAME" if "mapping of names" in words else ""
                section(f"{path}.{name}{end}".removeprefix("the file."), inner)

    section("the file", schema)
    return "\n".join(out)


def slug(heading):
    kept = (sign for sign in heading.lower() if sign.isalnum() or sign in " -_")
    return "".join("-" if sign == " " else sign for sign in kept)


# ---- commands -------------------------------------------------------------------------------------


def commands(program):
    out = ["# Command line", NOTE,
           "What each command says of itself with `--help`. All end with 0 where all is well and 2 "
           "where something is wrong; `inspect` ends with 3 where the text is denied.\n"]

    def names(help_text):
        listed = help_text.split("\nCommands:\n", 1)
        if len(listed) < 2:
            return []
        return [name for name in re.findall(r"^  (\w[\w-]*)", listed[1].split("\n\n", 1)[0], re.M) if name != "help"]

    def command(words):
        said = program(*words, "--help")
        out.append(f"## caponier {' '.join(words)}".rstrip() + "\n")
        shown = "\n".join(line.rstrip() for line in said.rstrip().splitlines())
        # What a reader has set there is shown, too.
        shown = re.sub(r"(\[env: \w+=)\]", r"\1…]", shown)
        out.append(code("console", f"$ caponier {' '.join([*words, '--help'])}\n{shown}"))
        for name in names(said):
            command([*words, name])

    command([])
    return "\n".join(out)


# ---- contract, rules, policy, formats -------------------------------------------------------------


def contract(_):
    return "\n".join([
        "# Plugin contract (WIT)", NOTE,
        "The interface between host and plugin. The SDKs are made of it; a plugin in another language "
        "is a WebAssembly component that exports `guard` and imports nothing but what stands here.\n",
        quoted("wit/policy.wit", "wit"),
    ])


def rules(program):
    out = ["# Built-in plugins and their rules", NOTE,
           "What `caponier plugin inspect` says of them. *Window*: the most bytes of text that decide "
           "a match, which is what a stream keeps at hand; *whole*: the segment as a whole decides.\n"]
    for name, settings in PLUGINS.items():
        component = ROOT / f"target/wasm/components/{name}.wasm"
        facts = json.loads(program("plugin", "inspect", component, "--settings", settings, "--format", "json"))
        out.append(f"## {name}\n\n{facts['description']}\n")
        out.append(table(["", ""], [
            ["stages", ", ".join(facts["stages"])],
            ["kinds of segments", ", ".join(facts["kinds"])],
            ["scope", facts["scope"]],
            ["runs as", facts["runs_as"]],
            ["runs in Envoy", "yes" if facts["packs"] else "no"],
        ]))
        out.append(f"### Rules of {name}\n")
        out.append(table(
            ["rule", "finds", "severity", "OWASP", "window"],
            [[f"`{name}/{rule['id']}`", rule["title"], rule["severity"], rule["category"] or "",
              rule["window"] or "whole"] for rule in sorted(facts["rules"], key=lambda rule: rule["id"])],
        ))
        schema = facts["settings_schema"]
        known = Schema(schema)
        out.append(f"### Settings of {name}\n")
        out.append(table(["key", "value", "default", "what it says"], known.rows(schema)))
        done = set()
        for name_of, definition in sorted(schema.get("$defs", {}).items()):
            if "properties" in definition and name_of not in done:
                done.add(name_of)
                out.append(f"{name_of}: {definition.get('description', '')}\n")
                out.append(table(["key", "value", "default", "what it says"], known.rows(definition)))
    return "\n".join(out)


def policy(_):
    source = (ROOT / "host/rego/src/input.rs").read_text()
    rows = re.findall(r"^//! \| (`.*?) \| (.*) \|$", source, re.M)
    decision = (ROOT / "host/rego/src/decision.rs").read_text()
    fields = re.findall(r'"(\w+)"', re.search(r"MUTABLE_FIELDS: &\[&str\] = &\[(.*?)\];", decision, re.S)[1])
    return "\n".join([
        "# Policy: input, decision, defaults", NOTE,
        "## Input\n",
        "What rules see as `input`. Nothing that a plugin is free to word is in it: no messages, no "
        "attributes of findings, no replacements.\n",
        table(["key", "value"], rows),
        "## Decision\n",
        "What a policy of its own gives as `data.caponier.decision`. All but `action` may be left out.\n",
        table(["key", "value"], [
            ["`action`", "`allow`, `flag`, `redact` or `deny`"],
            ["`reason`", "for client and audit; at most 1 KiB"],
            ["`redact`", "ids of the findings to redact; left out: those whose action is `redact`"],
            ["`drop`", "ids of the segments to take out"],
            ["`refuse_edits`", "names of plugins whose edits are not made"],
            ["`set`, `unset`", "fields of the request to change, or to take out"],
            ["`labels`", "text by name: seen by later stages and in the audit record"],
            ["`status`", "the HTTP status of a denial, from 400 to 599"],
        ]),
        "An ill-formed decision denies: an unknown key, a finding or segment that is not there, a "
        "field that may not be touched.\n",
        "## Fields of a request that rules may change\n",
        ", ".join(f"`{field}`" for field in fields) + ".\n",
        "## The actions that are shipped\n",
        "They stay for rules that no entry of yours names more closely.\n",
        quoted("policies/default-actions.json", "json"),
        "## The default policy\n",
        quoted("policies/default.rego", "rego"),
    ])


def formats(_):
    out = ["# Wire formats", NOTE,
           "What the gateway and the filter make of each part of a request and its answer: stage, role "
           "and kind of the segment that plugins and rules see. What is in no row is a *gap*: it is "
           "named in the coverage, and `limits:` says what happens to it.\n"]
    for path in sorted((ROOT / "host/protocol/src").glob("*/mod.rs")):
        head = [line[4:] for line in path.read_text().splitlines() if line.startswith("//!")]
        # Two bytes fewer where the line is empty.
        head = [line.removeprefix("! ") for line in head]
        if "# What becomes of each part" not in head:
            continue
        text = "\n".join(line for line in head if line != "# What becomes of each part")
        title, _, rest = text.partition("\n")
        out.append(f"## {title.rstrip('.')}\n{rest}\n")
    return "\n".join(out)


def fields(_):
    out = ["# Fields that can hold text", NOTE,
           "Every field of a request that can hold text, by wire format, and what it is seen as: stage, role "
           "and kind of its segment, or the kind of the gap. A test sends each of them and holds them to "
           "this table.\n"]
    table = json.loads((ROOT / "host/protocol/fields.json").read_text())
    for name in dict.fromkeys(row["format"] for row in table):
        rows = [f"| {row['field']} | {row['seen']} |" for row in table if row["format"] == name]
        out.append("\n".join([f"## {name}\n", "| field | seen as |", "|---|---|", *rows, ""]))
    return "\n".join(out)


def metrics(_):
    source = (ROOT / "host/server/src/metrics.rs").read_text()
    labels = {name: re.findall(r"(\w+): ", body) for name, body in
              re.findall(r"struct (\w+Labels?) \{(.*?)\}", source, re.S)}
    labels |= {name: [label] for name, label in re.findall(r"^label!\((\w+) \{ (\w+) \}\);", source, re.M)}
    fields = {name: (kind, label) for name, label, kind in
              re.findall(r"(\w+): (?:Family|Timed)<(\w+)(?:, (\w+))?>,", source)}
    plain = dict(re.findall(r"(\w+): (Counter|Gauge|Histogram),", source))
    rows = []
    for name, text, unit, field in re.findall(
        r'r\.register(?:_with_unit)?\(\s*"(\w+)",\s*"([^"]*)",\s*(?:Unit::(\w+),\s*)?self\.(\w+)\.clone\(\)', source
    ):
        kind, label = fields.get(field, (plain.get(field), None))
        kind = kind or "Histogram"
        end = f"_{unit.lower()}" if unit else ""
        end += "_total" if kind == "Counter" else ""
        rows.append([f"`caponier_{name}{end}`", kind.lower(), ", ".join(f"`{one}`" for one in labels.get(label, [])), text])
    return "\n".join([
        "# Metrics", NOTE,
        "What `GET /metrics` on the admin port answers, in Prometheus' text format. Histograms have "
        "`_bucket`, `_sum` and `_count`. [Metrics and alerts](../operate/observe.md) says which to watch.\n",
        table(["metric", "type", "labels", "what it counts"], rows),
    ])


# ---- SDKs -----------------------------------------------------------------------------------------


def sdk_rust(_):
    out = ["# Rust SDK", NOTE,
           "The public items of `caponier-sdk`, as they are written. `cargo doc --open -p caponier-sdk` "
           "in a project shows the same with links. [Plugins in Rust](../plugins/rust.md) is the guide.\n"]
    folder = ROOT / "sdk/rust/src"
    names = ["plugin", "manifest", "words", "segment", "context", "report", "hold", "state", "data", "counters", "log",
             "error", "settings", "testing/harness", "testing/outcome", "testing/stream", "testing/cases",
             "scan/bytes", "scan/words", "scan/checksum", "normalise/view", "normalise/unicode", "normalise/trie",
             "normalise/sentences", "normalise/decode", "normalise/features"]
    for name in names:
        source = (folder / f"{name}.rs").read_text()
        items = rust_words(source) if name == "words" else rust_items(source)
        if items:
            out.append(f"## {name.replace('/', '::')}\n")
            out.append(f"In `sdk/rust/src/{name}.rs`.\n")
            out.append(table(["item", "what it is"], items))
    return "\n".join(out)


def rust_words(source):
    """The enumerations, which a macro writes."""
    found = []
    for block in re.findall(r"^words! \{\n(.*?)^\}", source, re.M | re.S):
        head, name, body = re.split(r"    (\w+) = wit::\w+ \{\n", block)
        words = re.findall(r"^    ///(.*)", head, re.M)
        words = " ".join(" ".join(words).split("# Example")[0].split())
        found.append([f"`enum {name}`", f"{words} `{name}::ALL` has every value, `as_str` the word for one."])
        found += [[f"`{name}::{value}`", f"`{word}`: {text}"] for text, value, word in
                  re.findall(r"/// (.*)\n        (\w+) = \"([\w-]+)\"", body)]
    return found


def rust_items(source):
    """Signatures and the first paragraphs of their documentation."""
    source = source.split("#[cfg(test)]")[0]
    found, documentation, owner = [], [], ""
    lines = iter(source.splitlines())
    for line in lines:
        text = line.strip()
        if line.startswith("impl"):
            target = re.search(r"(?:for )?([A-Z]\w*)(?:<[^>]*>)? \{$", line)
            owner = f"{target[1]}::" if target and " for " not in line else ""
        elif line.startswith("}"):
            owner = ""
        elif re.match(r"pub (struct|trait|enum)", line) and line.endswith("{"):
            owner = re.search(r"(?:struct|trait|enum) (\w+)", line)[1] + "::"
        if text.startswith("///"):
            documentation.append(text[3:].strip())
            continue
        is_trait_item = owner and line.startswith("    fn ") and documentation
        if text.startswith(("pub fn", "pub const", "pub struct", "pub trait", "pub enum")) or is_trait_item \
                or re.match(r"pub \w+: ", text):
            signature = text
            while not re.search(r"[{;,]$", signature) or signature.endswith("(") or signature.count("(") > signature.count(")"):
                signature += " " + next(lines).strip()
            signature = re.sub(r"\s*[{;,]$", "", signature).removeprefix("pub ").replace(", )", ")").replace("( ", "(")
            words = re.split(r"```|# Errors|# Example", " ".join(documentation))[0]
            words = re.sub(r"See the \[example\]\([^ ]*\)\.", "", words)
            words = " ".join(words.split())
            words = re.sub(r"\[(`[^`]+`)\](?:\([^)]*\))?", r"\1", words)
            if line.startswith(" "):
                signature = owner + re.sub(r"^(const )?fn ", "", signature)
            found.append([f"`{signature.split('(pub(crate)')[0]}`", words])
        if not text.startswith("#["):
            documentation = []
    return found


def sdk_python(_):
    out = ["# Python SDK", NOTE,
           "The public parts of `caponier_sdk`, from its own documentation. "
           "[Plugins in Python](../plugins/python.md) is the guide.\n"]
    names = ["plugin", "manifest", "words", "segment", "context", "report", "settings", "hold", "state", "data",
             "counters", "log", "error", "testing", "component"]
    return "\n".join(out + python_modules("sdk/python/caponier_sdk", names))


def client_python(_):
    out = ["# Python client", NOTE,
           "The public parts of `caponier_client`, from its own documentation. "
           "[Python, LangChain, LlamaIndex](../operate/python.md) is the guide.\n"]
    names = ["client", "asked", "answer", "documents", "error", "langchain", "llamaindex"]
    folder = "sdk/client-python/caponier_client"
    public = re.findall(r'^    "(\w+)",$', (ROOT / folder / "__init__.py").read_text(), re.M)
    public += ["GuardedRetriever", "GuardPostprocessor"]
    return "\n".join(out + python_modules(folder, names, public))


def python_modules(folder, names, public=None):
    """The public items of these modules, each a table."""
    out = []
    for name in names:
        tree = ast.parse((ROOT / folder / f"{name}.py").read_text())
        rows = []
        for node in tree.body:
            if public is None or getattr(node, "name", "") in public:
                rows += python_items(node, "")
        rows = [row for row in rows if row]
        if rows:
            out.append(f"## {name}\n\n{first(ast.get_docstring(tree))}\n")
            out.append(table(["item", "what it is"], rows))
    return out


def first(text):
    """Documentation in one paragraph, without the marks of reStructuredText."""
    text = re.sub(r":\w+:`([^`]+)`", r"`\1`", text or "").replace("``", "`")
    return " ".join(text.split("::\n")[0].split())


def python_items(node, owner):
    name = getattr(node, "name", "")
    if name.startswith("_") and name != "__init__":
        return []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        words = first(ast.get_docstring(node))
        if not words:
            return []
        arguments = ast.unparse(node.args).replace("self, ", "").replace("self", "").replace("cls, ", "")
        answer = f" -> {ast.unparse(node.returns)}" if node.returns and name != "__init__" else ""
        shown = owner.rstrip(".") if name == "__init__" else owner + name
        return [[f"`{shown}({arguments}){answer}`", words]]
    if isinstance(node, ast.ClassDef):
        rows = [[f"`class {name}`", first(ast.get_docstring(node))]]
        body = node.body
        for at, inner in enumerate(body):
            if isinstance(inner, ast.AnnAssign | ast.Assign):
                target = inner.target if isinstance(inner, ast.AnnAssign) else inner.targets[0]
                after = body[at + 1] if at + 1 < len(body) else None
                said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
                shown = ast.unparse(inner)
                if not ast.unparse(target).startswith("_"):
                    rows.append([f"`{name}.{shown}`", first(said)])
            else:
                rows += python_items(inner, f"{name}.")
        return rows
    return []


def sdk_js(_):
    return "\n".join([
        "# JavaScript SDK", NOTE,
        "The types of `caponier/js/lib/index.js`, and of `testing.js` beside it. "
        "[Plugins in JavaScript](../plugins/javascript.md) is the guide.\n",
        quoted("sdk/js/lib/index.d.ts", "ts"),
        "## Testing\n",
        quoted("sdk/js/lib/testing.d.ts", "ts"),
    ])


def sdk_c(_):
    return "\n".join([
        "# C SDK", NOTE,
        "All that a plugin includes. [Plugins in C](../plugins/c.md) is the guide.\n",
        quoted("sdk/c/caponier.h", "c"),
    ])


PAGES = {
    "configuration": configuration, "commands": commands, "contract": contract, "rules": rules, "policy": policy,
    "formats": formats, "fields": fields, "metrics": metrics, "sdk-rust": sdk_rust, "sdk-python": sdk_python,
    "sdk-javascript": sdk_js, "sdk-c": sdk_c, "client-python": client_python,
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", default=ROOT / "target/release/caponier", help="the program to ask")
    arguments.add_argument("--output", default=ROOT / "docs/src/reference", type=pathlib.Path)
    arguments = arguments.parse_args()
    # What a user has set must not be in the help, and its width is that of no terminal.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAPONIER_")}
    environment |= {"NO_COLOR": "1"}
    environment.pop("COLUMNS", None)

    def program(*words):
        return subprocess.run(
            [arguments.program, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=True,
        ).stdout

    for name, page in PAGES.items():
        text = re.sub(r"\n{3,}", "\n\n", page(program)).rstrip() + "\n"
        (arguments.output / f"{name}.md").write_text(text)


if __name__ == "__main__":
    main()
