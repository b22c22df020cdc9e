"""The host's imports. A component puts them here; outside of a sandbox nobody listens, nothing is
granted and nothing is counted."""

from collections.abc import Callable, Mapping
from typing import Any

LEVELS = ("trace", "debug", "info", "warn", "error")

write: Callable[[str, str], None] | None = None
"""Takes a level and a line."""

counters: Any = None
"""Has ``add`` and ``add_unique``."""

counting = True
"""Whether the counters may be asked: false in a component that was built without them."""

files: Mapping[str, bytes] | Any = None
"""Has ``names`` and ``read``."""
