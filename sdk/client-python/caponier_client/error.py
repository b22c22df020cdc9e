"""What is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .answer import Decision


class Error(Exception):
    """There is no decision to go on with. No message holds a text that was sent."""


class Denied(Error):
    """The policy says no: nothing that was sent may go on."""

    decision: Decision
    """All of it, with its findings."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(f"denied by policy: {decision.reason}")
        self.decision = decision


class Refused(Error):
    """The port does not decide on this request: its form, its size, its token or its state is
    wrong. 409 is a state that is not known any more; begin a new exchange."""

    status: int
    """The status that it answered with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Unavailable(Error):
    """The port did not answer: not reached, too slow, or busy."""
