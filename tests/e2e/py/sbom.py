"""The bills of materials of the built-in plugins: right in form, and of what is in the components."""

import copy
import hashlib
import json
import os
import pathlib
import subprocess
import tomllib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from author import run
from support import ROOT

WASM = ROOT / "target/wasm"
TARGET = "wasm32-unknown-unknown"
PLUGINS = ("pii", "secrets", "injection")
STANDARD = "pkg:github/rust-lang/rust@"


def path(plugin):
    return WASM / f"sbom/{plugin}.cdx.json"


def cargo(*arguments):
    command = [os.environ.get("CARGO", "cargo"), *arguments]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert made.returncode == 0, made.stderr
    return made.stdout


def built():
    """The crates that the compiler was given for the components, each with its features: what cargo
    says of the build that made them, which is done again only where something has changed."""
    packages = [word for plugin in PLUGINS for word in ("--package", f"caponier-plugin-{plugin}")]
    said = cargo(
        "build", "--profile", "plugin", "--target", TARGET, "--target-dir", str(WASM),
        "--message-format", "json", *packages,
    )
    crates = {}
    for line in said.splitlines():
        message = json.loads(line)
        # What makes code runs on this machine, and goes elsewhere.
        if message["reason"] == "compiler-artifact" and any(f"/{TARGET}/" in file for file in message["filenames"]):
            place, _, name = message["package_id"].rpartition("#")
            name, _, version = name.rpartition("@")
            crates[name or pathlib.PurePath(place).name, version] = sorted(message["features"])
    return crates


def known():
    """What is known of each crate: its checksum, its licence, and what it depends on. That is more
    than is built: it is for all parts of the workspace, and their tests."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}
    said = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET))
    packages = {package["id"]: package for package in said["packages"]}

    def named(id):
        return packages[id]["name"], packages[id]["version"]

    facts = {}
    for node in said["resolve"]["nodes"]:
        needs = {
            named(other["pkg"]) for other in node["deps"]
            if any(kind["kind"] is None for kind in other["dep_kinds"])
        }
        facts[named(node["id"])] = (checksums[named(node["id"])], packages[node["id"]]["license"], needs)
    return facts


def named(component):
    return component["name"], component["version"]


def digest(component):
    return [entry["content"] for entry in component.get("hashes", []) if entry["alg"] == "SHA-256"]


def faults(bill, component, crates, facts):
    """What is wrong with the bill of a component, in words."""
    said = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    if said is not None:
        return [f"the schema: {said}"]
    found = [] if bill["specVersion"] == "1.6" else ["it is of another version of the form"]
    own = bill["metadata"]["component"]
    if digest(own) != [hashlib.sha256(component).hexdigest()]:
        found.append("the component has another digest")
    everything = [own, *bill["components"]]
    by_reference = {part["bom-ref"]: part for part in everything}
    if len(by_reference) != len(everything):
        found.append("two parts have one reference")
    standard = [reference for reference in by_reference if reference.startswith(STANDARD)]
    if len(standard) != 1:
        found.append("the standard library is missing")
    ours = [part for part in everything if part["bom-ref"] not in standard]

    # Each part against what was built and what is locked.
    for part in ours:
        name = named(part)
        if name not in crates or name not in facts:
            found.append(f"{name} is not in the component")
            continue
        checksum, licence, _ = facts[name]
        if part is not own and digest(part) != ([checksum] if checksum else []):
            found.append(f"{name} has another checksum")
        if part["purl"].split("?")[0] != "pkg:{}/{}@{}".format("cargo" if checksum else "generic", *name):
            found.append(f"{name} is called {part['purl']}")
        if [entry.get("expression") for entry in part.get("licenses", [])] != [licence.replace("/", " OR ")]:
            found.append(f"{name} has another licence than {licence}")
        features = [entry["value"].split(",") for entry in part.get("properties", [])]
        if features != ([crates[name]] if crates[name] else []):
            found.append(f"{name} has other features")

    # The graph: everything has a place in it, and nothing is listed that is not needed.
    graph = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    if graph.keys() != by_reference.keys():
        found.append(f"the graph has other parts: {graph.keys() ^ by_reference.keys()}")
        return found
    for part in ours:
        _, _, needs = facts.get(named(part), (None, None, set()))
        listed = [by_reference.get(reference, {}) for reference in graph[part["bom-ref"]]]
        has = {named(other) for other in listed if other in ours}
        if has != needs & crates.keys():
            found.append(f"{named(part)} needs other parts: {has ^ (needs & crates.keys())}")
    reached, open_ = set(), [own["bom-ref"]]
    while open_:
        reference = open_.pop()
        if reference not in reached:
            reached.add(reference)
            open_ += graph.get(reference, [])
    if reached != by_reference.keys():
        found.append(f"not reached: {by_reference.keys() - reached}")
    return found


def bills_are_of_what_was_built():
    crates, facts, listed = built(), known(), set()
    for plugin in PLUGINS:
        bill = json.loads(path(plugin).read_text())
        component = (WASM / f"components/{plugin}.wasm").read_bytes()
        assert faults(bill, component, crates, facts) == [], plugin
        own = bill["metadata"]["component"]
        assert own["name"] == f"caponier-plugin-{plugin}"
        listed |= {named(part) for part in (own, *bill["components"]) if not part["bom-ref"].startswith(STANDARD)}
        # The same checkout gives the same text: it has no time, and no path of the machine.
        text = path(plugin).read_text()
        assert "timestamp" not in text and str(ROOT) not in text, plugin
        print(f"{plugin}: {len(bill['components'])} parts", flush=True)
    # None was built that no bill has.
    assert listed == crates.keys(), listed ^ crates.keys()


def bills_that_are_wrong_are_noticed():
    """The scenario above can fail: whatever is changed in a bill, something is wrong with it."""
    crates, facts = built(), known()
    bill = json.loads(path("pii").read_text())
    component = (WASM / "components/pii.wasm").read_bytes()
    assert faults(bill, component, crates, facts) == []

    def part(name):
        return lambda bill: next(part for part in bill["components"] if part["name"] == name)

    def graph(name):
        return lambda bill: next(entry for entry in bill["dependencies"] if f"/{name}@" in entry["ref"])

    def without(bill, name):
        """All traces of a part are gone, from the list and from the graph."""
        gone = part(name)(bill)
        bill["components"].remove(gone)
        bill["dependencies"] = [entry for entry in bill["dependencies"] if entry["ref"] != gone["bom-ref"]]
        for entry in bill["dependencies"]:
            entry["dependsOn"] = [ref for ref in entry["dependsOn"] if ref != gone["bom-ref"]]

    changes = {f"without {entry['name']}": lambda bill, name=entry["name"]: without(bill, name) for entry in bill["components"]}
    changes |= {
        "an unknown key": lambda bill: bill.update(unknown=1),
        "another form": lambda bill: bill.update(bomFormat="SPDX"),
        "another version of the form": lambda bill: bill.update(specVersion="1.2"),
        "no serial number of the kind": lambda bill: bill.update(serialNumber="7"),
        "another component": lambda bill: bill["metadata"]["component"]["hashes"][0].update(content="0" * 64),
        "no digest": lambda bill: bill["metadata"]["component"].pop("hashes"),
        "another checksum": lambda bill: part("serde")(bill)["hashes"][0].update(content="0" * 64),
        "no checksum": lambda bill: part("serde")(bill).pop("hashes"),
        "an older version": lambda bill: part("serde")(bill).update(version="1.0.1"),
        "another's name": lambda bill: part("serde")(bill).update(purl="pkg:cargo/serdes@1.0.0"),
        "no licence": lambda bill: part("serde")(bill).pop("licenses"),
        "another licence": lambda bill: part("serde")(bill)["licenses"][0].update(expression="MIT"),
        "other features": lambda bill: part("serde")(bill)["properties"][0].update(value="std"),
        "a part twice": lambda bill: bill["components"].append(copy.deepcopy(part("serde")(bill))),
        "a part that is not in it": lambda bill: bill["components"].append(part("serde")(bill) | {"bom-ref": "x", "name": "left-pad"}),
        "a part that needs nothing": lambda bill: graph("postcard")(bill).update(dependsOn=[]),
        "a part that needs another": lambda bill: graph("cobs")(bill)["dependsOn"].append(part("serde")(bill)["bom-ref"]),
        "a part that nothing needs": lambda bill: graph("caponier-plugin-pii")(bill)["dependsOn"].remove(part("siphasher")(bill)["bom-ref"]),
        "a part without a place": lambda bill: bill["dependencies"].remove(graph("cobs")(bill)),
    }
    for name, change in changes.items():
        changed = copy.deepcopy(bill)
        change(changed)
        assert changed != bill, name
        found = faults(changed, component, crates, facts)
        assert found, name
        print(f"{name}: {found[0][:100]}", flush=True)
    assert faults(bill, component + b"\0", crates, facts) == ["the component has another digest"]


def the_program_prints_them():
    for plugin in PLUGINS:
        assert run("plugin", "inspect", f"builtin:{plugin}", "--sbom") == path(plugin).read_text(), plugin
        # It is the bill of the component that this program runs.
        facts = json.loads(run("plugin", "inspect", f"builtin:{plugin}", "--format", "json"))
        (own,) = digest(json.loads(path(plugin).read_text())["metadata"]["component"])
        assert facts["digest"] == f"sha256:{own}", plugin
    for file in ("builtin:gone", str(WASM / "components/pii.wasm")):
        said = run("plugin", "inspect", file, "--sbom", expected=2)
        assert "only built-in plugins" in said and "pii, secrets, injection, unicode" in said, said
    said = run("plugin", "inspect", "builtin:gone", expected=2)
    assert "`gone`" in said and "hint: there are pii" in said, said
