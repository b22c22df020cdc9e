"""How much of an open text must wait for what follows.

In a stream the host releases text up to the earliest hold. A detector holds from the first
character where a match could still be growing; everything before goes out at once.
"""

from collections.abc import Callable

from .segment import Segment


def from_tail(segment: Segment, window: int, could_continue: Callable[[str], bool]) -> int | None:
    """The start of the run of characters at the text's end that could all belong to a match which
    is still growing, and at most ``window`` of them. ``None`` where nothing can be: the segment is
    closed, or its last character is in no such match."""
    if not segment.is_open:
        return None
    text = segment.text
    start = len(text)
    least = max(0, start - max(0, window))
    while start > least and could_continue(text[start - 1]):
        start -= 1
    return start if start < len(text) else None


def partial_marker(segment: Segment, marker: str) -> int | None:
    """The start of the longest end of the text that ``marker`` begins with, but is not whole.
    ``None`` where there is no such end, or the segment is closed."""
    if not segment.is_open:
        return None
    for length in range(min(len(marker) - 1, len(segment.text)), 0, -1):
        if segment.text.endswith(marker[:length]):
            return len(segment.text) - length
    return None
