"""The class that a plugin derives from."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from . import state
from .context import Context
from .data import Data
from .manifest import Manifest
from .report import Report
from .segment import Segment

S = TypeVar("S")


@dataclass(frozen=True)
class Call:
    """What a plugin is asked to look at."""

    context: Context
    """What is known of the exchange."""
    segments: Sequence[Segment]
    """The segments of the kinds that the manifest names."""
    raw_state: bytes = b""
    """What the host carried from the last call, unread."""

    def state(self, default: Any = None) -> Any:
        """What this plugin handed over at its last call in the same exchange, or ``default``.

        Raises :class:`Error` where the state is not what this plugin's ``set_state`` made.
        """
        return state.decode(self.raw_state) if self.raw_state else default


class Plugin(ABC, Generic[S]):
    """A detector: text and context in, findings out. It never decides.

    Every call runs in a sandbox of its own that has been configured and has seen no call before:
    what ``inspect`` writes to memory is gone when it returns.
    """

    settings: ClassVar[type]
    """A dataclass of what the operator may set. Each field needs a default."""

    @classmethod
    @abstractmethod
    def manifest(cls, settings: S) -> Manifest:
        """What the plugin says of itself under these settings."""

    @abstractmethod
    def configure(self, settings: S, data: Data) -> None:
        """Gets ready. ``data`` answers only here; build tables and patterns here.

        Raise :class:`Error` where the settings make no sense: name the key and say what would.
        """

    @abstractmethod
    def inspect(self, call: Call, report: Report) -> None:
        """Looks at the segments of one stage.

        Raise :class:`Error` where the plugin cannot judge: the host treats that as a fault.
        """
