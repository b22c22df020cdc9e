"""The book and the README do what they say: every code block in them is run, see `reader.py`.

`tests/book.rs` names every page, so that they run beside each other.
"""

import faulthandler
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import yaml
from reader import Reader, blocks
from support import PROGRAM, ROOT

BOOK = ROOT / "docs/src"
# How long a page may take: some five times what the longest does on two cores.
MINUTES = 10


def pages():
    """Every page by the name of its scenario."""
    found = {"page_readme": ROOT / "README.md"}
    for path in sorted(BOOK.rglob("*.md")):
        if path.name != "SUMMARY.md":
            words = path.relative_to(BOOK).with_suffix("").as_posix()
            found["page_" + re.sub(r"\W", "_", words)] = path
    return found


def work_through(path):
    """Runs one page."""
    # The longest builds two components of 18 MB and compiles them several times.
    faulthandler.dump_traceback_later(MINUTES * 60, exit=True)
    markdown = path.read_text()
    with tempfile.TemporaryDirectory(prefix="caponier-book-") as folder:
        reader = Reader(pathlib.Path(folder), markdown)
        try:
            for block in blocks(markdown):
                started = time.monotonic()
                try:
                    reader.follow(block)
                except (AssertionError, LookupError, OSError, StopIteration, ValueError, yaml.YAMLError) as error:
                    place = f"{path.relative_to(ROOT)}:{block.line}"
                    raise AssertionError(f"{place}: {error}\n{reader.logs()}") from error
                if (seconds := time.monotonic() - started) > 5:
                    print(f"line {block.line}: {seconds:.1f} s", flush=True)
        finally:
            reader.close()


def __getattr__(name):
    """The scenario of a page."""
    path = pages().get(name)
    if path is None:
        raise AttributeError(name)
    return lambda: work_through(path)


# ---- the book as a whole ------------------------------------------------------------------------


def every_page_has_a_test():
    entry = (ROOT / "tests/e2e/tests/book.rs").read_text()
    assert set(re.findall(r"\bpage_\w+", entry)) == set(pages()), sorted(pages())


def every_page_is_in_the_summary():
    listed = re.findall(r"\]\(([^)]+)\)", (BOOK / "SUMMARY.md").read_text())
    there = {str(path.relative_to(BOOK)) for name, path in pages().items() if name != "page_readme"}
    assert sorted(listed) == sorted(there), set(listed) ^ there


def slug(heading):
    """The anchor that a heading gets."""
    heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    kept = (sign for sign in heading.strip().lower() if sign.isalnum() or sign in " -_")
    return "".join("-" if sign == " " else sign for sign in kept)


def prose(markdown):
    """A page without its blocks and spans of code."""
    return re.sub(r"`[^`\n]*`", "``", re.sub(r"^( *)```.*?^\1```$", "", markdown, flags=re.M | re.S))


def anchors(path):
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S), re.M)
    return {slug(heading) for heading in headings}


def every_link_leads_somewhere():
    documents = [*pages().values(), BOOK / "SUMMARY.md", ROOT / "docs/ARCHITECTURE.md"]
    documents += [path for top in ("examples", "plugins", "sdk") for path in (ROOT / top).rglob("README.md")
                  if "node_modules" not in path.parts]
    broken = []
    for path in documents:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text())):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            inside = BOOK not in path.parents or BOOK in file.parents
            if not file.exists() or not inside or (anchor and anchor not in anchors(file)):
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken, "\n".join(broken)


def the_book_builds_without_warnings():
    with tempfile.TemporaryDirectory(prefix="caponier-book-") as folder:
        built = subprocess.run(
            [os.environ["CAPONIER_MDBOOK"], "build", ROOT / "docs", "--dest-dir", folder],
            capture_output=True, text=True, check=False,
        )
        said = built.stdout + built.stderr
        assert built.returncode == 0 and not re.search("warn|error", said, re.I), said
        for path in BOOK.rglob("*.md"):
            page = path.relative_to(BOOK).with_suffix(".html")
            name = "index.html" if page.name in ("README.html", "SUMMARY.html") else page.name
            assert (pathlib.Path(folder) / page.parent / name).is_file(), page


def the_reference_is_current():
    with tempfile.TemporaryDirectory(prefix="caponier-book-") as folder:
        written = subprocess.run(
            [sys.executable, ROOT / "docs/reference.py", "--program", PROGRAM, "--output", folder],
            capture_output=True, text=True, check=False,
        )
        assert written.returncode == 0, written.stderr
        there = {path.name: path.read_text() for path in (BOOK / "reference").glob("*.md")}
        made = {path.name: path.read_text() for path in pathlib.Path(folder).glob("*.md")}
        old = sorted(name for name in {*there, *made} if there.get(name) != made.get(name))
        assert not old, f"docs/src/reference: {', '.join(old)} are not current; hint: cargo xtask book"


def blocks_are_held_to_their_words():
    """What would let a page say something untrue is refused."""
    with tempfile.TemporaryDirectory(prefix="caponier-book-") as folder:
        reader = Reader(pathlib.Path(folder), "")
        try:
            for markdown in [
                "```sh\nfalse\n```",
                "```sh\nfalse; true\n```",
                "```console\n$ echo one\ntwo\n```",
                "```console\n$ echo one\n```",
                "```console\n$ true\none\n```",
                "```console\n$ echo no; false\n…\n```",
                "```\necho\n```",
                "```bash\necho\n```",
                "```sh,skip\necho\n```",
                "```text\nnothing drawn\n```",
                "```json\n{\n```",
                "```rust\nfn main() {}\n```",
                "```yaml,file=a.yaml\nversion: 1\n```",
                "`a.yaml`:\n```yaml,file=a.yaml\nversion: 1\nrout: []\n```",
                "`a.yaml`:\n```yaml,file=a.yaml,wrong\nversion: 1\n```",
                "```yaml,part\nlimits: { boddy: 1 }\n```",
                "```rego\ndeny contains \"x\" if {\n```",
                "```wit,from=wit/policy.wit\nnowhere\n```",
                "```sh,cluster\nls\n```",
                "```sh,cluster\nkubectl apply --filename none.yaml\n```",
                "`m.yaml`:\n```yaml,file=m.yaml\nkind: Secret\n```",
                "`a.service`:\n```ini,file=a.service\n[Unit]\n[Install]\n[Service]\nExecStart=/x/caponier serve --confg a\n```",
                "```sh\ncargo xtask nothing\n```",
                "`../../../a`:\n```js,file=../../../a\n1\n```",
            ]:
                block, = blocks(markdown)
                try:
                    reader.follow(block)
                except (AssertionError, LookupError, OSError, StopIteration, ValueError, yaml.YAMLError):
                    if reader.shell.poll() is not None:
                        reader.close()
                        reader = Reader(pathlib.Path(tempfile.mkdtemp(dir=folder)), "")
                    continue
                raise AssertionError(f"this was taken:\n{markdown}")
            for markdown in ["text\n\n    code", "> ```sh\n> ls\n> ```", "<pre>ls</pre>", "```sh\nls"]:
                try:
                    blocks(markdown)
                except AssertionError:
                    continue
                raise AssertionError(f"this was read:\n{markdown}")
            for markdown in [
                "```console\n$ printf 'a\\nb\\nc\\n'\na\n…\nc\n$ echo 1 2\n1 …\n```",
                "```console\n$ echo sha256:0123456789abcdef0\nsha256:fedcba9876543210\n```",
                "```console\n$ echo 'a\n> b'\na\n> b\n```",
                "```console\n$ echo no; (exit 3)\nno\n$ echo $?\n3\n```",
            ]:
                reader.follow(*blocks(markdown))
        finally:
            reader.close()
