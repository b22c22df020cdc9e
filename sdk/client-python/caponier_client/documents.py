"""Documents that were retrieved: every text in them is judged, and each goes on or does not."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .answer import Decision
from .asked import Text

# The most that goes to the port at once, unless one document alone is more.
MAX_TEXTS = 512
MAX_BYTES = 1 << 20

# A key that is a name and no sentence.
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Document:
    """What was retrieved: a text, or dictionaries and lists with texts anywhere in them."""

    content: Any
    name: str | None = None
    """Its id or URI."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Provenance, which rules see. What the store says of itself is not to be trusted here."""


@dataclass(frozen=True)
class Kept:
    """A document that may go on."""

    position: int
    """Where it stood among those that were asked about."""
    content: Any
    """What it holds, edited."""
    action: Literal["allow", "flag", "redact", "unscanned"]
    """What became of it; ``unscanned`` where nothing looked at a text of it."""
    rules: tuple[str, ...]
    """Rules that found something in it."""


class Leaf(NamedTuple):
    """A text in a document, and whether another can stand in its place."""

    path: Path
    text: str
    is_editable: bool


def leaves(content: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every text. Numbers are none; whatever else is there is read as it would be printed."""
    if isinstance(content, str):
        if content:
            yield Leaf(path, str(content), True)
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if not (isinstance(key, str) and _NAME.fullmatch(key)):
                yield Leaf((*path, key), str(key), False)
            yield from leaves(value, (*path, key))
    elif isinstance(content, list | tuple):
        for index, value in enumerate(content):
            yield from leaves(value, (*path, index))
    elif content is not None and not isinstance(content, bool | int | float):
        yield Leaf(path, str(content), False)


def edited(content: Any, edits: Mapping[Path, str], path: Path = ()) -> Any:
    """A copy with other texts in these places."""
    if isinstance(content, str):
        return edits.get(path, content)
    if isinstance(content, Mapping):
        return {key: edited(value, edits, (*path, key)) for key, value in content.items()}
    if isinstance(content, list | tuple):
        values = [edited(value, edits, (*path, index)) for index, value in enumerate(content)]
        return tuple(values) if isinstance(content, tuple) else values
    return content


def screening(
    query: str | None, documents: Sequence[Document]
) -> Generator[list[Text], Decision, list[Kept]]:
    """Yields the texts of one call after the other, takes the decisions, and returns the documents
    that may go on, in their order."""
    beside = [Text(query, role="user", kind="query")] if query else []
    kept: list[Kept] = []
    for batch in _batches(documents):
        texts = [*beside]
        for _, document, found in batch:
            texts += [_text(document, leaf) for leaf in found]
        decision = yield texts
        at = len(beside)
        for position, document, found in batch:
            judged = _judged(position, document, found, decision, at)
            at += len(found)
            if judged is not None:
                kept.append(judged)
    return kept


_Batch = list[tuple[int, Document, list[Leaf]]]


def _batches(documents: Sequence[Document]) -> Iterator[_Batch]:
    batch: _Batch = []
    texts = size = 0
    for position, document in enumerate(documents):
        found = list(leaves(document.content))
        length = sum(len(leaf.text.encode(errors="surrogatepass")) for leaf in found)
        if batch and (texts + len(found) > MAX_TEXTS or size + length > MAX_BYTES):
            yield batch
            batch, texts, size = [], 0, 0
        batch.append((position, document, found))
        texts, size = texts + len(found), size + length
    if batch:
        yield batch


def _text(document: Document, leaf: Leaf) -> Text:
    place = {"field": ".".join(map(str, leaf.path))} if leaf.path else {}
    return Text(leaf.text, name=document.name, attributes=place | dict(document.attributes))


def _judged(
    position: int, document: Document, found: list[Leaf], decision: Decision, at: int
) -> Kept | None:
    """A document as it goes on, or ``None``: it goes with each of its texts, or not at all."""
    edits: dict[Path, str] = {}
    rules: set[str] = set()
    scanned = decision.judged
    for number, leaf in enumerate(found, at):
        text = decision.texts[number]
        if text is None:
            return None
        if text.text != leaf.text:
            if not leaf.is_editable:
                return None
            edits[leaf.path] = text.text
        scanned &= decision.first + number not in decision.coverage.unscanned
        rules |= {
            finding.rule
            for finding in decision.findings_in(number)
            if finding.action != "allow" and not finding.monitor
        }
    action: Literal["allow", "flag", "redact", "unscanned"] = "allow"
    if not scanned:
        action = "unscanned"
    elif edits:
        action = "redact"
    elif rules:
        action = "flag"
    return Kept(position, edited(document.content, edits), action, tuple(sorted(rules)))
