"""The JSON Schema of settings, from the fields of a dataclass."""

import dataclasses
import types
import typing
from enum import Enum
from typing import Any

_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number"}


def schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of what :func:`caponier_sdk.settings.parse` accepts for this dataclass.

    Raises ``TypeError`` where a field is of a type that settings cannot have.
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_of(kind)}


def _of(kind: Any) -> dict[str, Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return {}
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if origin in (typing.Union, types.UnionType):
        return _optional(arguments)
    if origin is typing.Literal and all(isinstance(word, str) for word in arguments):
        return {"type": "string", "enum": list(arguments)}
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        return {"type": "array", "items": _of(arguments[0])}
    if origin is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": _of(arguments[1])}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"type": "string", "enum": [word.value for word in kind]}
    if dataclasses.is_dataclass(kind):
        return _record(kind)
    raise TypeError(
        f"settings cannot have a field of type {kind!r}\nhint: use str, int, float, bool, list[…], "
        "tuple[…, ...], dict[str, …], Literal, an Enum of words or a dataclass"
    )


def _optional(arguments: tuple[Any, ...]) -> dict[str, Any]:
    kinds = [kind for kind in arguments if kind is not type(None)]
    if len(kinds) != 1:
        raise TypeError("a setting is of one type\nhint: `X | None` is the only union allowed")
    return {"anyOf": [_of(kinds[0]), {"type": "null"}]}


def _record(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    properties, required = {}, []
    for field in dataclasses.fields(kind):
        entry = _of(hints[field.name])
        if field.metadata.get("description"):
            entry["description"] = field.metadata["description"]
        if field.default is not dataclasses.MISSING:
            entry["default"] = _plain(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            entry["default"] = _plain(field.default_factory())
        else:
            required.append(field.name)
        properties[field.name] = entry
    record = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**record, "required": required} if required else record


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
