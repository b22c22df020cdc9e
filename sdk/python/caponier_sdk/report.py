"""What a plugin hands back from one call."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from . import state
from .error import Error
from .manifest import Rule
from .segment import Segment
from .words import Severity

MAX_NOTE = 4096
"""The most bytes of a note; see :meth:`Report.note`."""

Span = tuple[int, int]


@dataclass
class Finding:
    """A finding that has been reported and may be said more of. Its span is in bytes."""

    _source: Segment = field(repr=False)
    rule: str
    level: Severity
    certainty: float = 1.0
    span: Span | None = None
    text: str = ""
    instead: str | None = None
    attributes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def segment(self) -> int:
        """The id of the segment that it is in."""
        return self._source.id

    def at(self, start: int, end: int) -> Self:
        """Where in ``segment.text`` it is. What reaches out of the text is cut; an empty range
        stands for the whole segment."""
        self.span = _span(self._source, start, end)
        return self

    def confidence(self, confidence: float) -> Self:
        """How sure it is, from 0 to 1. Report from 0.05 up: thresholds are the operator's."""
        number = float(confidence)
        self.certainty = 1.0 if math.isnan(number) else max(0.0, min(number, 1.0))
        return self

    def severity(self, severity: Severity) -> Self:
        """How bad it is, where that is not what the manifest says of the rule."""
        self.level = Severity(severity)
        return self

    def message(self, message: str) -> Self:
        """Why, for a person with the right to see it. Never recorded."""
        self.text = message
        return self

    def replacement(self, replacement: str) -> Self:
        """What to put in its place if the decision is to redact. Needs the ``rewrite`` grant."""
        self.instead = replacement
        return self

    def attribute(self, name: str, value: str) -> Self:
        """Adds an attribute."""
        self.attributes.append((name, value))
        return self


@dataclass(frozen=True)
class Edit:
    """A change that is not tied to a finding. Its span is in bytes."""

    segment: int
    span: Span
    replacement: str


@dataclass
class Hold:
    """Text that must not be released yet. ``start`` and ``wake`` are in bytes."""

    segment: int
    start: int
    wake: int | None


class Report:
    """What a plugin hands back from one call. Indices are code points of ``segment.text``; they
    are brought into the text, so that no report can be malformed."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        """An empty report of a plugin with these rules."""
        self._severities = {rule.id: rule.severity for rule in rules}
        self.findings: list[Finding] = []
        self.edits: list[Edit] = []
        self.holds: dict[int, Hold] = {}
        self.skipped: list[tuple[int, str]] = []
        self.notes: list[tuple[int, bytes]] = []
        self.state: bytes | None = None

    def finding(self, rule: str, segment: Segment) -> Finding:
        """Reports that ``rule`` matched in the segment. Without more it concerns the whole
        segment, is certain, and as severe as the manifest says.

        Raises :class:`Error` where the manifest does not list the rule.
        """
        if rule not in self._severities:
            raise Error(f"the manifest lists no rule `{rule}`\nhint: add it to `rules`")
        finding = Finding(segment, rule, self._severities[rule])
        self.findings.append(finding)
        return finding

    def edit(self, segment: Segment, start: int, end: int, replacement: str) -> bool:
        """Asks for a change that is not tied to a finding. Needs the ``rewrite`` grant. What is
        settled cannot be changed: answers whether the edit was taken."""
        span = _span(segment, start, end)
        if span is None or segment.offsets.fit(start) < segment.settled:
            return False
        self.edits.append(Edit(segment.id, span, replacement))
        return True

    def hold(self, segment: Segment, start: int, wake: int | None = None) -> None:
        """Asks the host not to release the segment's text from ``start`` on, because what follows
        could still make it part of a finding; no call is needed before ``wake`` more bytes have
        come. The earliest hold of a segment counts. A closed segment holds nothing."""
        if not segment.is_open:
            return
        at = segment.offsets.byte(max(start, segment.settled))
        wake = None if wake is None else max(0, min(wake, 0xFFFFFFFF))
        known = self.holds.get(segment.id)
        if known is None:
            self.holds[segment.id] = Hold(segment.id, at, wake)
            return
        known.start = min(known.start, at)
        known.wake = None if known.wake is None or wake is None else min(known.wake, wake)

    def skip(self, segment: Segment, reason: str) -> None:
        """Says that the segment was not inspected, and why. It shows in the coverage."""
        self.skipped.append((segment.id, reason))

    def note(self, segment: Segment, value: Any) -> bool:
        """Notes something of a closed segment, for a plugin of scope ``stage``: the host may hand
        it back with the same segment in the same stage as ``segment.note()``. It must follow from
        these two alone. Answers whether it was taken: it is not where it takes more than ``MAX_NOTE`` bytes."""
        try:
            content = state.encode(value)
        except Error:
            return False
        return len(content) <= MAX_NOTE and self._noted(segment, content)

    def clean(self, segment: Segment) -> None:
        """Notes that the segment need not be shown again in this stage: there is nothing to say
        of it and nothing to remember, whatever the context and the state."""
        self._noted(segment, b"")

    def _noted(self, segment: Segment, content: bytes) -> bool:
        if segment.is_open or segment.offset:
            return False
        self.notes.append((segment.id, content))
        return True

    def set_state(self, value: Any) -> None:
        """Hands ``value`` to this plugin's next call in the same exchange; see ``Call.state``.

        Raises :class:`Error` where JSON cannot hold it or it is too large.
        """
        self.state = state.encode(value)


def _span(segment: Segment, start: int, end: int) -> Span | None:
    span = segment.offsets.byte(start), segment.offsets.byte(end)
    return span if span[0] < span[1] else None
