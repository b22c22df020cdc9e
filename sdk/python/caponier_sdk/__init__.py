"""Write a Caponier policy plugin in Python.

A plugin is a class that derives from :class:`Plugin`. It is a detector: text and context in,
findings out. Indices into text are Python's own, code points; the SDK turns them into the byte
offsets of the contract, so that no report can be malformed::

    @dataclass(frozen=True)
    class Settings:
        prefix: str = setting("BADGE-", "What a badge number starts with.")

    class Badge(Plugin[Settings]):
        settings = Settings

        @classmethod
        def manifest(cls, settings: Settings) -> Manifest:
            return Manifest("badge", "1.0.0", "Staff badge numbers.", rules=[Rule("badge", "Badge number")])

        def configure(self, settings: Settings, data: Data) -> None:
            self.pattern = re.compile(re.escape(settings.prefix) + r"[0-9]{6}")

        def inspect(self, call: Call, report: Report) -> None:
            for segment in call.segments:
                for match in self.pattern.finditer(segment.text):
                    report.finding("badge", segment).at(*match.span())

:func:`caponier_sdk.component.guard` makes it what the host calls; :mod:`caponier_sdk.testing`
runs it without a sandbox.
"""

from .context import Context, Principal
from .data import Data
from .error import Error
from .manifest import Manifest, Rule
from .plugin import Call, Plugin
from .report import MAX_NOTE, Finding, Report
from .segment import Segment
from .settings import setting
from .state import MAX_STATE
from .words import Kind, Role, Scope, Severity, Stage

__all__ = [
    "MAX_NOTE",
    "MAX_STATE",
    "Call",
    "Context",
    "Data",
    "Error",
    "Finding",
    "Kind",
    "Manifest",
    "Plugin",
    "Principal",
    "Report",
    "Role",
    "Rule",
    "Scope",
    "Segment",
    "Severity",
    "Stage",
    "setting",
]
