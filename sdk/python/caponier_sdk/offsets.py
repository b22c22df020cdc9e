"""From code points to UTF-8 bytes and back."""

_STEP = 1024


class Offsets:
    """The byte offsets of one text.

    ASCII needs no table. Otherwise the bytes are counted once, block by block, up to the furthest
    index that was asked for; an index costs at most one block after that.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._ascii = text.isascii()
        self._blocks = [0]

    def fit(self, index: int) -> int:
        """The index, brought into the text."""
        return max(0, min(index, len(self._text)))

    def byte(self, index: int) -> int:
        """How many bytes come before this code point."""
        index = self.fit(index)
        if self._ascii:
            return index
        block = index // _STEP
        while len(self._blocks) <= block:
            start = (len(self._blocks) - 1) * _STEP
            self._blocks.append(self._blocks[-1] + _length(self._text[start : start + _STEP]))
        return self._blocks[block] + _length(self._text[block * _STEP : index])

    def index(self, byte: int) -> int:
        """The last code point that begins at or before this byte."""
        if self._ascii:
            return self.fit(byte)
        low, high = 0, len(self._text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.byte(middle) <= byte:
                low = middle
            else:
                high = middle - 1
        return low


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
