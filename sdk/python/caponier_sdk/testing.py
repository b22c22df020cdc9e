"""Running a plugin without a sandbox."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .context import Context
from .data import Data
from .instance import Instance
from .manifest import Manifest
from .plugin import Plugin
from .report import Report
from .segment import Segment
from .words import Kind, Role, Stage


class Harness:
    """One plugin, configured and called natively. Its state is carried from call to call: one
    harness is one exchange."""

    def __init__(
        self, plugin: type[Plugin], settings: str = "", files: Mapping[str, bytes] | None = None
    ) -> None:
        """Configures the plugin with settings in JSON, and with files in its granted directory.

        Raises :class:`caponier_sdk.Error` where the settings are refused.
        """
        self._instance = Instance(plugin)
        self._instance.configure(settings, Data(files or {}))
        self._state = b""
        self.context = Context(exchange="test", seed=0x5EED)

    def manifest(self) -> Manifest:
        """The manifest under these settings."""
        return self._instance.describe()[0]

    def inspect(self, stage: Stage, segments: Sequence[Segment]) -> Report:
        """Shows segments in one call. Raises :class:`caponier_sdk.Error` where the plugin does."""
        context = replace(self.context, stage=stage)
        report = self._instance.inspect(context, segments, self._state)
        if report.state is not None:
            self._state = report.state
        return report

    def prompt(self, text: str) -> list[tuple[str, str]]:
        """Shows one text that a user wrote, and answers the rules and texts that were found."""
        segment = Segment(0, Role.USER, Kind.TEXT, text)
        return found(self.inspect(Stage.PROMPT, [segment]), segment)


def found(report: Report, segment: Segment) -> list[tuple[str, str]]:
    """The rules that were found in a segment, each with the text that its span covers."""
    content = segment.text.encode()
    return [
        (finding.rule, content[slice(*(finding.span or (0, len(content))))].decode())
        for finding in report.findings
        if finding.segment == segment.id
    ]
