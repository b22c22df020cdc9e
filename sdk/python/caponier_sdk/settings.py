"""Reading settings strictly, by the fields of a dataclass."""

import dataclasses
import json
import math
import types
import typing
from enum import Enum
from typing import Any

from .error import Error

_UNKNOWN = "hint: `caponier plugin inspect` lists the keys that exist"
_NAMES = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}


def setting(default: Any = dataclasses.MISSING, description: str = "") -> Any:
    """A field of the settings: its default, and what it is for. A list or dict is copied for each
    instance."""
    metadata = {"description": description}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def parse(kind: type, text: str) -> Any:
    """Settings of the dataclass ``kind`` from JSON. Nothing at all, or ``null``, stands for the
    default.

    Raises :class:`Error` that names the key that is unknown or whose value does not fit.
    """
    text = text.strip()
    if not text:
        return kind()
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise Error("settings: nested too deeply\nhint: settings are a short object") from None
    except ValueError as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Error(f"settings: no valid JSON{place}\nhint: write an object: {{}}") from None
    return kind() if value is None else _read(kind, value, "settings")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Error(f"settings: the key `{twice}` stands twice\nhint: remove one of them")
    return read


def _constant(name: str) -> Any:
    raise Error(f"settings: {name} is no JSON number\nhint: write a finite number")


def _read(kind: Any, value: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _optional(arguments, value, path)
    if origin is typing.Literal:
        return _choice(arguments, value, path, lambda word: word)
    if origin in (list, tuple):
        items = _expect(list, value, path, "a list")
        read = [_read(arguments[0], item, f"{path}[{at}]") for at, item in enumerate(items)]
        return tuple(read) if origin is tuple else read
    if origin is dict:
        entries = _expect(dict, value, path, "an object")
        return {key: _read(arguments[1], item, f"{path}.{key}") for key, item in entries.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice([word.value for word in kind], value, path, kind)
    if dataclasses.is_dataclass(kind):
        return _record(kind, _expect(dict, value, path, "an object"), path)
    return _scalar(kind, value, path)


def _optional(arguments: tuple[Any, ...], value: Any, path: str) -> Any:
    if value is None and type(None) in arguments:
        return None
    return _read(next(kind for kind in arguments if kind is not type(None)), value, path)


def _choice(words: Any, value: Any, path: str, make: Any) -> Any:
    if not isinstance(value, str) or value not in words:
        raise Error(f"{path}: it is none of the words that are allowed\nhint: {', '.join(words)}")
    return make(value)


def _record(kind: Any, entries: dict[str, Any], path: str) -> Any:
    hints = typing.get_type_hints(kind)
    known = {field.name: field for field in dataclasses.fields(kind)}
    unknown = next((key for key in entries if key not in known), None)
    if unknown is not None:
        raise Error(f"{path}.{unknown}: unknown key\n{_UNKNOWN}")
    for name, field in known.items():
        if name not in entries and not _has_default(field):
            raise Error(f"{path}.{name}: it is missing\nhint: {field.metadata.get('description', '')}")
    return kind(**{key: _read(hints[key], item, f"{path}.{key}") for key, item in entries.items()})


def _has_default(field: Any) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _scalar(kind: Any, value: Any, path: str) -> Any:
    if kind is float and type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        raise Error(f"{path}: {_NAMES[kind]} is expected\nhint: {_EXAMPLES[kind]}")
    return value


_EXAMPLES = {
    str: "put it in quotes",
    bool: "write true or false, without quotes",
    int: "write a number without a fraction and without quotes",
    float: "write a finite number without quotes",
}


def _expect(kind: type, value: Any, path: str, name: str) -> Any:
    if not isinstance(value, kind):
        example = "[one, two]" if kind is list else "{ key: value }"
        raise Error(f"{path}: {name} is expected\nhint: write it as {example}")
    return value
