"""What a plugin says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from .words import Kind, Scope, Severity, Stage


@dataclass(frozen=True)
class Rule:
    """One thing a plugin can find: an id in kebab-case and a title for people."""

    id: str
    title: str
    severity: Severity = Severity.MEDIUM
    """How bad its findings are unless they say otherwise."""
    category: str | None = None
    """Its entry in the OWASP Top 10 for LLM Applications: ``LLM02:2025``."""
    window: int | None = None
    """The most bytes of text that decide a match. ``None``: the whole segment decides."""


@dataclass(frozen=True)
class Manifest:
    """All stages, all kinds but ``structured``, and findings that depend on their segment alone."""

    name: str
    version: str
    description: str
    rules: Sequence[Rule] = ()
    stages: Sequence[Stage] = tuple(Stage)
    kinds: Sequence[Kind] = tuple(kind for kind in Kind if kind is not Kind.STRUCTURED)
    scope: Scope = Scope.SEGMENT
    attributes: Sequence[tuple[str, str]] = ()
