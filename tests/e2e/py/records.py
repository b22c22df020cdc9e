"""What the program writes, kept from every scenario, and the search through all of it together.

Each scenario leaves its audit logs, metrics and logs below `DIRECTORY`, and beside them the values
that it used. No record of any scenario may hold a value of any other, in any form.
"""

import base64
import html
import itertools
import json
import os
import pathlib
import re
import shutil
import urllib.parse

DIRECTORY = pathlib.Path(
    os.environ.get("CAPONIER_TEST_RECORDS")
    or pathlib.Path(__file__).resolve().parents[3] / "target/test-env/records"
)
# Where a line of the log begins.
TIME = re.compile(rb"^[0-9TZ:.-]{20,30} ")
# Texts shorter than this are words that stand everywhere.
SHORTEST_TEXT = 16

_scenario = None
_numbers = itertools.count()


def begin(scenario):
    """Everything that is kept from now on is this scenario's; what an earlier run left goes."""
    global _scenario
    _scenario = scenario
    for place in ("records", "values"):
        shutil.rmtree(DIRECTORY / place / scenario, ignore_errors=True)


def keep(records, values):
    """Keeps records, by their names, and the values that must not be in them."""
    if _scenario is None:
        return
    number = str(next(_numbers))
    kept = DIRECTORY / "records" / _scenario / number
    kept.mkdir(parents=True)
    for name, text in records.items():
        (kept / name.strip("/").replace("/", "-")).write_text(text, errors="replace")
    known = DIRECTORY / "values" / _scenario
    known.mkdir(parents=True, exist_ok=True)
    (known / f"{number}.json").write_text(json.dumps(sorted(set(values))))


def texts(value):
    """The sentences in a JSON value: what a test tells the model, or the model a test."""
    if isinstance(value, str):
        return [value] if len(value) >= SHORTEST_TEXT and " " in value.strip() else []
    if isinstance(value, dict):
        value = value.values()
    return [text for item in value for text in texts(item)] if hasattr(value, "__iter__") else []


def forms(value):
    """A value as it may stand in a record: as it is, in part, escaped or encoded."""
    quoted = json.dumps(value)[1:-1]
    plain = value.encode(errors="surrogatepass")
    found = {
        value.replace(" ", ""),
        quoted,
        json.dumps(value, ensure_ascii=False)[1:-1],
        quoted.replace("/", "\\/"),
        json.dumps(quoted)[1:-1],
        "".join(f"\\u{ord(letter):04x}" for letter in value),
        html.escape(value),
        plain.hex(),
        plain.hex().upper(),
    }
    for safe in ("", "@", "/", "@:/"):
        escaped = urllib.parse.quote(plain, safe=safe)
        found |= {escaped, escaped.replace("%20", "+")}
    found |= {"".join(f"%{byte:02X}" for byte in plain)}
    found |= {form.lower() for form in found if "%" in form}
    for shift in range(3):
        # The letters at the ends depend on what stands around the value.
        packed = base64.b64encode(bytes(shift) + plain).decode().rstrip("=")
        packed = packed[-(-shift * 4 // 3) : len(packed) - 1]
        found |= {packed, packed.replace("+", "-").replace("/", "_")}
    # Half of a secret is too much, too.
    at = len(value) // 4
    found |= {value, value[at : at + max(12, len(value) // 2)]}
    # A form of a few letters stands everywhere.
    return {form for form in found if len(form) >= 8}


def search(records, values):
    """Fails if a record holds a value in any form."""
    for name, text in records.items():
        content = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
        for form, value in found_in(content, values):
            raise AssertionError(f"{name} holds the test value {value!r} as {form!r}")


def found_in(content, values):
    """The forms that stand in the content, and the values that they are forms of."""
    for value in values:
        for form in forms(value):
            form = form.encode(errors="surrogatepass")
            if form in content:
                yield form, value


def no_record_of_any_scenario_holds_a_test_value():
    values, owners = set(), set()
    for file in DIRECTORY.glob("values/*/*.json"):
        values |= set(json.loads(file.read_text()))
        owners.add(file.parent.name)
    files = [file for file in DIRECTORY.glob("records/*/*/*") if file.is_file()]
    kinds = {file.name.split(".")[0] for file in files}
    # A search through nothing finds nothing.
    assert {"audit", "log", "metrics"} <= kinds, f"{kinds} in {DIRECTORY}"
    assert len(values) > 10 and len(owners) > 1, (len(values), owners)
    # What many scenarios have written alike is searched once. A record is a line, so a value of
    # several lines is looked for line by line.
    lines, read, audited = {}, 0, 0
    for file in files:
        for line in file.read_bytes().splitlines():
            read += len(line)
            audited += file.name.startswith("audit.jsonl")
            lines.setdefault(TIME.sub(b"", line), file)
    assert audited > 10, audited
    parts = {part for value in values for part in value.splitlines() if len(part) >= 8}
    for form, value in found_in(b"\n".join(lines), parts):
        files = {str(file.relative_to(DIRECTORY)) for line, file in lines.items() if form in line}
        raise AssertionError(f"{files} hold the test value {value!r} as {form!r}")
    print(
        f"{len(files)} records of {len(owners)} scenarios, {read} bytes: "
        f"none holds any of {len(values)} values"
    )


def a_planted_value_is_found():
    """The search can fail: every form of a value is seen, wherever it stands."""
    value = "planted: äöü/é+ 4711@example.org"
    innocent = '{"action":"deny","reason":"pii/email","digest":"q83vEjRWeJA"}\n'
    search({"audit": innocent}, [value])
    planted = {
        "as it is": value,
        "in part": value[8:24],
        "without spaces": value.replace(" ", ""),
        "JSON": json.dumps(value),
        "JSON in JSON": json.dumps(json.dumps(value)),
        "percent": urllib.parse.quote(value, safe=""),
        "percent, as a form sends it": urllib.parse.urlencode({"q": value}),
        "percent, lower case": urllib.parse.quote(value, safe="").lower(),
        "hexadecimal": value.encode().hex(),
    }
    for before in ("", "a", "ab", "abc"):
        text = f"{before}{value} and more".encode()
        planted[f"base64 after {before!r}"] = base64.b64encode(text).decode()
        planted[f"base64 for URLs after {before!r}"] = base64.urlsafe_b64encode(text).decode()
    for name, form in planted.items():
        for record in (form, f"{innocent}{form}{innocent}"):
            try:
                search({"audit": record}, ["another value", value])
            except AssertionError:
                continue
            raise AssertionError(f"a planted value is not found: {name}")
