"""What an ICD-10-CM code looks like, and which letters and numbers have a chapter."""

import re

# A category, and behind a dot what it is about in detail: E11.9, S72.92XA, T36.0X1A, C84.A0.
PATTERN = re.compile(
    r"(?<![\w.-])(?P<category>[A-Z][0-9][0-9AB])"
    r"(?P<detail>\.[0-9ABCXZ](?:[0-9XYZ](?:[0-9X][0-9A-S]?)?)?)?(?![\w-]|\.\w)"
)

# The last category of each letter. ICD-10-CM uses `U` for a few provisional codes only.
_LAST = {
    "A": 99, "B": 99, "C": 96, "D": 89, "E": 89, "F": 99, "G": 99, "H": 95, "I": 99, "J": 99,
    "K": 95, "L": 99, "M": 99, "N": 99, "O": 99, "P": 96, "Q": 99, "R": 99, "S": 99, "T": 88,
    "V": 99, "W": 99, "X": 99, "Y": 99, "Z": 99,
}
_PROVISIONAL = {"U07", "U09"}
# Categories that end in a letter are few: C4A, C7A, C7B, D3A, M1A, O9A, Z3A.
_LETTERED = {"C4A", "C7A", "C7B", "D3A", "M1A", "O9A", "Z3A"}

LONGEST = len("T36.0X1A")


def exists(category: str) -> bool:
    """Whether a chapter covers the category."""
    if category in _PROVISIONAL or category in _LETTERED:
        return True
    number = category[1:]
    return number.isdigit() and int(number) <= _LAST.get(category[0], -1)
