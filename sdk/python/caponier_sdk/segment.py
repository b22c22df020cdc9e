"""One piece of text under inspection."""

from typing import Any

from . import state
from .error import Error
from .offsets import Offsets
from .words import Kind, Role


class Segment:
    """One piece of text under inspection, with what is known of it."""

    def __init__(
        self,
        id: int,
        role: Role,
        kind: Kind,
        text: str,
        *,
        name: str | None = None,
        offset: int = 0,
        settled: int = 0,
        open: bool = False,
        attributes: tuple[tuple[str, str], ...] = (),
        note: bytes = b"",
    ) -> None:
        """A segment as the host shows it: ``offset`` and ``settled`` are in bytes."""
        self.id = id
        """Stable through all stages and windows of the exchange."""
        self.role = role
        """Who it speaks for."""
        self.kind = kind
        """What sort of text it is."""
        self.name = name
        """The tool's name, or the document's id or URI."""
        self.text = text
        """The text, or the window of it that is shown now."""
        self.offset = offset
        """Bytes of the whole segment before ``text``: more than 0 only in a stream."""
        self.is_open = open
        """Whether more text may follow."""
        self.attributes = attributes
        """Provenance and labels: source, trust, path…"""
        self.offsets = Offsets(text)
        """The byte offsets of ``text``."""
        self.settled = self.offsets.index(settled)
        """Code points at the start of ``text`` that are out of reach for edits."""
        self._note = note

    def attribute(self, name: str) -> str | None:
        """The value of an attribute."""
        return next((value for key, value in self.attributes if key == name), None)

    def note(self) -> Any:
        """What this plugin noted of this very segment before, or ``None``; see ``Report.note``."""
        try:
            return state.decode(self._note)
        except Error:
            return None

    def __repr__(self) -> str:
        # Everything but the text, which must not reach a log.
        return (
            f"Segment(id={self.id}, role={self.role.value}, kind={self.kind.value}, "
            f"characters={len(self.text)}, open={self.is_open})"
        )
