"""Finds staff badge numbers."""

import re
from dataclasses import dataclass

from caponier_sdk import Call, Data, Error, Manifest, Plugin, Report, Rule, Severity, hold, setting

DIGITS = 6


@dataclass(frozen=True)
class Settings:
    """What the operator may set."""

    prefix: str = setting("BADGE-", "What a badge number starts with.")


class MyPlugin(Plugin[Settings]):
    """A badge number is a prefix and six digits."""

    settings = Settings

    @classmethod
    def manifest(cls, settings: Settings) -> Manifest:
        # In bytes: a character is at most four, and the one behind decides too.
        window = 4 * (len(settings.prefix) + DIGITS + 2)
        rule = Rule("badge", "Staff badge number", Severity.HIGH, "LLM02:2025", window)
        return Manifest("my-plugin", "0.1.0", "Staff badge numbers.", [rule])

    def configure(self, settings: Settings, data: Data) -> None:
        if not settings.prefix:
            raise Error("settings.prefix: it is empty\nhint: name what a badge number starts with")
        self.prefix = settings.prefix
        self.pattern = re.compile(rf"(?<!\w){re.escape(settings.prefix)}[0-9]{{{DIGITS}}}(?!\w)")

    def inspect(self, call: Call, report: Report) -> None:
        for segment in call.segments:
            for match in self.pattern.finditer(segment.text):
                report.finding("badge", segment).at(*match.span()).confidence(0.95)
            # In a stream: what may become a badge number must not go out yet.
            growing = hold.from_tail(segment, len(self.prefix) + DIGITS + 1, self._could_continue)
            if growing is not None:
                report.hold(segment, growing)

    def _could_continue(self, sign: str) -> bool:
        return sign.isalnum() or sign in self.prefix
