"""Lines for the operator, who sees them where the plugin has the ``log`` grant. Never put
inspected text in them."""

from . import host


def _write(level: str, message: str) -> None:
    if host.write is not None:
        host.write(level, message)


def trace(message: str) -> None:
    """Every step."""
    _write("trace", message)


def debug(message: str) -> None:
    """For the plugin's author."""
    _write("debug", message)


def info(message: str) -> None:
    """Worth knowing."""
    _write("info", message)


def warn(message: str) -> None:
    """Something an operator should look at."""
    _write("warn", message)


def error(message: str) -> None:
    """Something failed."""
    _write("error", message)
