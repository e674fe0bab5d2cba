"""What a plain scalar means: the core schema of YAML 1.2.2, section 10.3.2, and nothing else.

`on`, `NO`, `12:30:00`, `1_000` and dates are text here, unlike in YAML 1.1 tools; `reading_of_1_1` finds those that such tools read
otherwise. Knows no positions and raises nothing.
"""

from __future__ import annotations

import re

__all__ = ["INTEGER_DIGITS_MAX", "Scalar", "reading_of_1_1", "resolve"]

Scalar = str | int | float | bool | None

INTEGER_DIGITS_MAX = 1_000
"""Longer whole numbers stay text: no JSON tool reads them, and CPython refuses to convert beyond 4,300 digits."""

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_MAYBE_NUMBER = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"([-+])?\.(inf|Inf|INF)")
_NOT_A_NUMBER = frozenset({".nan", ".NaN", ".NAN"})

_WORDS_OF_1_1 = frozenset({"yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"})
_NUMBER_OF_1_1 = re.compile(
    r"[-+]?(0b[01_]+|0[0-7_]*[0-7_]|[1-9][0-9]*_[0-9_]*|[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|[0-9][0-9_]*\.[0-9]*_[0-9_]*|[0-9]+_[0-9_]*\.[0-9_]*|0o[0-7]+|0x[0-9a-fA-F]*_[0-9a-fA-F_]*)"
)


def resolve(text: str) -> Scalar:
    """Return the value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAYBE_NUMBER:
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= INTEGER_DIGITS_MAX else text
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OCTAL.fullmatch(text) and len(text) <= INTEGER_DIGITS_MAX:
        return int(text, 0)
    if _HEXADECIMAL.fullmatch(text) and len(text) <= INTEGER_DIGITS_MAX:
        return int(text, 0)
    if infinity := _INFINITY.fullmatch(text):
        return float("-inf") if infinity[1] == "-" else float("inf")
    return float("nan") if text in _NOT_A_NUMBER else text


def reading_of_1_1(text: str) -> str | None:
    """Return what YAML 1.1 tools make of a plain scalar that means something else here, or None when both agree.

    Dates are left out: a time of an event is commonly written plain, and 1.1 tools print it back as it was.
    """
    if text in _WORDS_OF_1_1:
        return "true" if text.lower() in ("yes", "on") else "false"
    if text and text[0] in _MAYBE_NUMBER and _NUMBER_OF_1_1.fullmatch(text) and text.strip("+-") != "0":
        if text.lstrip("+-").startswith("0o"):
            return "text"
        return "another number" if isinstance(resolve(text), (int, float)) else "a number"
    return None
