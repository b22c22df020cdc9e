"""What is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .error import Error
from .words import Kind, Role, Stage

if TYPE_CHECKING:
    from .answer import Decision


@dataclass(frozen=True)
class Text:
    """One text. Role and kind that are left out are the stage's usual ones."""

    text: str
    role: Role | None = None
    kind: Kind | None = None
    name: str | None = None
    """The tool's name, or the document's id or URI."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Provenance, which rules see: source, trust, tenant…"""


@dataclass(frozen=True)
class ToolCall:
    """A call that the model makes, for rules that look at calls."""

    name: str
    arguments: Any
    id: str | None = None


@dataclass(frozen=True)
class Principal:
    """Who asks. The port believes it: whoever has a token vouches for it."""

    id: str
    roles: Sequence[str] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """For whom and for what: it belongs to an exchange's first stage."""

    tenant: str | None = None
    principal: Principal | None = None
    route: str | None = None
    model: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Exchange:
    """One request to a model and its response, through all its stages: hand the same one to each
    call. It is one caller's, and goes from call to call, not to two at once."""

    context: Context | None = None
    state: str | None = None
    """Sealed by the port. Keep it to go on in another process with the same port."""
    decision: Decision | None = None
    """The last decision."""


def encoded(
    stage: Stage, texts: Sequence[Text], exchange: Exchange, tool_calls: Sequence[ToolCall]
) -> bytes:
    """The body of a request."""
    asked: dict[str, Any] = {"stage": stage, "segments": [_text(text) for text in texts]}
    if tool_calls:
        asked["tool_calls"] = [_without_none(vars(call)) for call in tool_calls]
    if exchange.state is not None:
        asked["state"] = exchange.state
    elif exchange.context is not None:
        asked["context"] = _context(exchange.context)
    try:
        return _json(asked)
    except UnicodeEncodeError:
        raise Error("a text is not Unicode: it holds half of a surrogate pair") from None
    except RecursionError:
        raise Error("what is asked nests too deep") from None


def written(text: Text) -> bytes:
    """A text as it stands in a request."""
    return _json(_text(text))


def _json(asked: Any) -> bytes:
    return json.dumps(asked, ensure_ascii=False, allow_nan=False).encode()


def _text(text: Text) -> dict[str, Any]:
    return _without_none(vars(text) | {"attributes": dict(text.attributes)})


def _context(context: Context) -> dict[str, Any]:
    asked = vars(context) | {"attributes": dict(context.attributes)}
    if who := context.principal:
        asked["principal"] = {"id": who.id, "roles": list(who.roles), "claims": dict(who.claims)}
    return _without_none(asked)


def _without_none(asked: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in asked.items() if value is not None}
