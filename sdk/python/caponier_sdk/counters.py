"""Counters shared by every call and, with a shared store, by every host.

They need the ``counters`` grant, and ``world = "counting"`` below ``[tool.caponier]`` in
pyproject.toml. Outside of a sandbox, and during ``configure``, they answer 0.
"""

from . import host
from .error import Error


def add(key: str, amount: int, window_seconds: int) -> int:
    """Adds ``amount`` and returns the sum over the sliding window. An amount of 0 reads.

    Raises :class:`Error` where the host refuses, or the component was built without counters.
    """
    _check()
    if host.counters is None:
        return 0
    return host.counters.add(key, amount, window_seconds)


def add_unique(key: str, member: bytes, window_seconds: int) -> int:
    """Adds ``member`` to a set and returns an estimate of the set's size over the window.

    Raises :class:`Error` where the host refuses, or the component was built without counters.
    """
    _check()
    if host.counters is None:
        return 0
    return host.counters.add_unique(key, member, window_seconds)


def _check() -> None:
    if not host.counting:
        raise Error(
            "this component was built without counters\n"
            'hint: put `world = "counting"` below `[tool.caponier]` in pyproject.toml'
        )
