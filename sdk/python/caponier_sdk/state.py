"""What a plugin remembers within an exchange: any value that JSON can hold."""

import json
from typing import Any

from .error import Error

MAX_STATE = 256 << 10
"""The most bytes of state that a host carries for one plugin in one exchange."""


def encode(value: Any) -> bytes:
    """The bytes that stand for ``value``.

    Raises :class:`Error` where JSON cannot hold it or it takes more than ``MAX_STATE``.
    """
    try:
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        encoded = content.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise Error(
            f"the state cannot be encoded ({type(error).__name__})\n"
            "hint: keep to dicts, lists, strings, finite numbers, booleans and None"
        ) from None
    if len(encoded) > MAX_STATE:
        raise Error(
            f"the state has {len(encoded)} bytes; at most {MAX_STATE} are carried\n"
            "hint: keep counts or hashes instead of text"
        )
    return encoded


def decode(content: bytes) -> Any:
    """The value that ``content`` stands for; nothing stands for ``None``.

    Raises :class:`Error` where the bytes are not what :func:`encode` made.
    """
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Error(
            "the state cannot be decoded\nhint: it is another version's; begin a new exchange"
        ) from None
