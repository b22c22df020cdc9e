"""What is answered. An answer that does not account for every text that was sent is none."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from .asked import Text
from .error import Error
from .words import Action

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """What a plugin saw."""

    rule: str
    action: Action
    """What the policy's table gives it; ``allow`` below its threshold."""
    severity: str
    confidence: float
    segment: int
    """The id of its text: texts are numbered on through all stages of an exchange."""
    span: tuple[int, int] | None
    """Where in that text, in bytes of UTF-8; ``None`` stands for all of it."""
    category: str | None
    monitor: bool
    """Whether it only watches."""


@dataclass(frozen=True)
class Gap:
    """Something that could not be inspected."""

    kind: str
    place: str


@dataclass(frozen=True)
class Coverage:
    """What was inspected, and what was not."""

    scanned: int
    bytes: int
    unscanned: tuple[int, ...]
    """Ids of texts that no plugin asked for."""
    skipped: tuple[tuple[str, int], ...]
    """Plugins that skipped a text, each with its id."""
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Fault:
    """A plugin that failed."""

    plugin: str
    kind: str
    tolerated: bool


@dataclass(frozen=True)
class Would:
    """What had been decided if what only watches had counted."""

    action: Action
    reason: str


@dataclass(frozen=True)
class Decision:
    """A decision on the texts of one stage."""

    action: Action
    reason: str
    texts: tuple[Text | None, ...]
    """The texts as they are to go on, in the order in which they were sent, edited; ``None`` for
    those that were dropped. Empty where the action is ``deny``."""
    first: int
    """The id of the first text."""
    findings: tuple[Finding, ...] = ()
    coverage: Coverage = Coverage(0, 0, (), (), ())
    faults: tuple[Fault, ...] = ()
    would: Would | None = None
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    status: int | None = None
    """The HTTP status that the policy wants a denial to have."""
    exchange: str = ""
    revision: str = ""
    state: str | None = None
    judged: bool = True
    """``False`` where the port did not answer and ``on_error="allow"`` let the texts through."""

    def findings_in(self, position: int) -> tuple[Finding, ...]:
        """What was found in the text at this position."""
        return tuple(found for found in self.findings if found.segment == self.first + position)


def not_judged(texts: Sequence[Text]) -> Decision:
    """The texts as they are, because nobody could be asked."""
    return Decision("allow", "not judged: the port did not answer", tuple(texts), 0, judged=False)


def read(body: bytes, sent: Sequence[Text]) -> Decision:
    """The decision on what was sent.

    Raises :class:`Error` where it is not understood, or leaves a text unaccounted for.
    """
    try:
        answer = json.loads(body)
        action = _word(answer["action"])
        first, texts = _texts(answer, sent, action)
        return Decision(
            action=action,
            reason=_of(str, answer["reason"]),
            texts=texts,
            first=first,
            findings=tuple(_finding(found) for found in answer["findings"]),
            coverage=_coverage(answer["coverage"]),
            faults=tuple(
                Fault(fault["plugin"], fault["kind"], fault["tolerated"]) for fault in answer["faults"]
            ),
            would=_would(answer["would"]),
            labels=dict(answer["labels"]),
            status=answer.get("status"),
            exchange=answer["exchange"],
            revision=answer["revision"],
            state=_of(str, answer["state"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Error(f"the answer is not the decision port's ({type(error).__name__})") from None


def _texts(
    answer: Mapping[str, Any], sent: Sequence[Text], action: Action
) -> tuple[int, tuple[Text | None, ...]]:
    if action == "deny":
        return 0, ()
    edited = {_of(int, segment["id"]): _of(str, segment["text"]) for segment in answer["segments"]}
    dropped = [_of(int, number) for number in answer["dropped"]]
    numbers = [*edited, *dropped]
    first = min(numbers, default=0)
    # Each is there once, and none beside them: nothing goes on that was not judged.
    if sorted(numbers) != list(range(first, first + len(sent))) or len(edited) != len(answer["segments"]):
        raise ValueError("not every text is accounted for")
    return first, tuple(
        dataclasses.replace(text, text=edited[number]) if number in edited else None
        for number, text in enumerate(sent, first)
    )


def _finding(found: Mapping[str, Any]) -> Finding:
    span = found["span"]
    return Finding(
        rule=_of(str, found["rule"]),
        action=_word(found["action"]),
        severity=found["severity"],
        confidence=float(found["confidence"]),
        segment=_of(int, found["segment"]),
        span=(int(span[0]), int(span[1])) if span is not None else None,
        category=found["category"],
        monitor=_of(bool, found["monitor"]),
    )


def _coverage(coverage: Mapping[str, Any]) -> Coverage:
    return Coverage(
        scanned=int(coverage["scanned"]),
        bytes=int(coverage["bytes"]),
        unscanned=tuple(_of(int, number) for number in coverage["unscanned"]),
        skipped=tuple((skipped["plugin"], _of(int, skipped["segment"])) for skipped in coverage["skipped"]),
        gaps=tuple(Gap(gap["kind"], gap["place"]) for gap in coverage["gaps"]),
    )


def _would(would: Mapping[str, Any] | None) -> Would | None:
    return None if would is None else Would(_word(would["action"]), would["reason"])


def _word(word: Any) -> Action:
    if word not in get_args(Action):
        raise ValueError("an action that is not known")
    return word  # type: ignore[no-any-return]


def _of(kind: type[T], value: Any) -> T:
    """The value, if it is of this very type."""
    if type(value) is not kind:
        raise TypeError("a value of another type")
    return value
