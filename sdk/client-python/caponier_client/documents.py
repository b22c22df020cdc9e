"""Documents that were retrieved: every text in them is judged, and each goes on or does not."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .answer import Decision
from .asked import Text, written
from .error import Refused

# The most that goes to the port at once, unless one document alone is more.
MAX_TEXTS = 512
MAX_BYTES = 1 << 20

# The most that one document may be, with the query: what the port takes at once if nobody has
# configured it otherwise, some room left for the rest of a request.
MOST_TEXTS = 16_384
MOST_TEXT_BYTES = 4 << 20
MOST_BYTES = 30 << 20
MOST_DEPTH = 100

# A key that is a name: no sentence, and too short for a secret.
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,15}")

_log = logging.getLogger("caponier_client")

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


class _NotAsked(Exception):
    """A document that the port takes in no form."""


def leaves(content: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every text. Whatever else is there is read as it would be printed, a list of nothing but
    numbers as one text."""
    if len(path) > MOST_DEPTH:
        raise _NotAsked("too deep")
    if isinstance(content, str):
        if content:
            yield Leaf(path, str(content), True)
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if not (isinstance(key, str) and _NAME.fullmatch(key)):
                yield Leaf((*path, key), str(key), False)
            yield from leaves(value, (*path, key))
    elif isinstance(content, list | tuple):
        if content and all(isinstance(value, int | float) for value in content):
            yield Leaf(path, ", ".join(map(str, content)), False)
            return
        for index, value in enumerate(content):
            yield from leaves(value, (*path, index))
    elif content is not None and not isinstance(content, bool):
        yield Leaf(path, str(content), False)


def provenance(metadata: Mapping[str, Any], keys: Sequence[str]) -> dict[str, str]:
    """These keys of the metadata. What cannot be printed is none: its document is dropped."""
    try:
        return {key: str(metadata[key]) for key in keys if key in metadata}
    except (ValueError, RecursionError):
        return {}


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
    that may go on, in their order. One that cannot be asked about is dropped: it takes no other
    along."""
    beside = [Text(query, role="user", kind="query")] if query else []
    kept: list[Kept] = []
    for batch in _batches(beside, documents):
        kept += yield from _screened(beside, batch)
    return kept


class _Asked(NamedTuple):
    """A document that is asked about."""

    position: int
    document: Document
    found: list[Leaf]
    texts: list[Text]
    length: int
    """The bytes of its texts in a request."""


def _screened(
    beside: list[Text], batch: list[_Asked]
) -> Generator[list[Text], Decision, list[Kept]]:
    try:
        decision = yield [*beside, *(text for one in batch for text in one.texts)]
    except Refused as refused:
        if refused.status != 413:
            raise
        # One of them is more than this port takes.
        if len(batch) == 1:
            _dropped(batch[0].position, "more than the port takes")
            return []
        alone: list[Kept] = []
        for one in batch:
            alone += yield from _screened(beside, [one])
        return alone
    kept = []
    at = len(beside)
    for one in batch:
        judged = _judged(one.position, one.document, one.found, decision, at)
        at += len(one.found)
        if judged is not None:
            kept.append(judged)
    return kept


def _batches(beside: list[Text], documents: Sequence[Document]) -> Iterator[list[_Asked]]:
    batch: list[_Asked] = []
    texts = size = 0
    for position, document in enumerate(documents):
        try:
            asked = _asked(beside, position, document)
        except _NotAsked as error:
            _dropped(position, str(error))
            continue
        except (ValueError, RecursionError):
            # What Python says of it may hold some of it.
            _dropped(position, "not Unicode, or it cannot be printed")
            continue
        if batch and (texts + len(asked.texts) > MAX_TEXTS or size + asked.length > MAX_BYTES):
            yield batch
            batch, texts, size = [], 0, 0
        batch.append(asked)
        texts, size = texts + len(asked.texts), size + asked.length
    if batch:
        yield batch


def _asked(beside: list[Text], position: int, document: Document) -> _Asked:
    found: list[Leaf] = []
    texts: list[Text] = []
    length = 0
    raw = sum(len(text.text.encode(errors="surrogatepass")) for text in beside)
    for leaf in leaves(document.content):
        text = _text(document, leaf)
        raw += len(text.text.encode())
        length += len(written(text))
        found.append(leaf)
        texts.append(text)
        if len(beside) + len(texts) > MOST_TEXTS or raw > MOST_TEXT_BYTES or length > MOST_BYTES:
            raise _NotAsked("more than the port takes")
    return _Asked(position, document, found, texts, length)


def _dropped(position: int, reason: str) -> None:
    _log.warning("document %d was dropped, nobody could be asked about it: %s", position, reason)


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
