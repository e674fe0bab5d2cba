"""Differences between two JSON values, each at its JSON pointer, as sentences.

Equality is JSON's: numbers are equal by value (`2` and `2.0`), but `true` is not `1`. Object members are compared by name, arrays by
position.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from router.syntax.tree import Path, pointer

__all__ = ["differences", "is_equal", "shown"]

_SHOWN_CHARACTERS_MAX = 120


def is_equal(expected: Any, actual: Any, *, partial: bool = False) -> bool:
    """Say whether two JSON values are equal, or with `partial` whether `actual` has all that `expected` states."""
    return next(differences(expected, actual, partial=partial), None) is None


def differences(expected: Any, actual: Any, at: Path = (), *, partial: bool = False) -> Iterator[str]:
    """Yield one sentence per difference, depth first; nothing when the values are equal.

    With `partial`, members of objects that `expected` does not name are no difference; arrays are compared whole all the same.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected:
            if key in actual:
                yield from differences(expected[key], actual[key], (*at, key), partial=partial)
            else:
                yield f"{_place((*at, key))}: expected {shown(expected[key])}, but it is missing"
        for key in actual:
            if key not in expected and not partial:
                yield f"{_place((*at, key))}: {shown(actual[key])} was not expected"
    elif isinstance(expected, list) and isinstance(actual, list):
        for index in range(min(len(expected), len(actual))):
            yield from differences(expected[index], actual[index], (*at, index), partial=partial)
        for index in range(len(actual), len(expected)):
            yield f"{_place((*at, index))}: expected {shown(expected[index])}, but the array ends before"
        for index in range(len(expected), len(actual)):
            yield f"{_place((*at, index))}: {shown(actual[index])} was not expected"
    elif not _is_same_scalar(expected, actual):
        yield from _unlike(expected, actual, at)


def shown(value: Any) -> str:
    """Return a value as short JSON."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _SHOWN_CHARACTERS_MAX else text[: _SHOWN_CHARACTERS_MAX - 1] + "…"


def _is_same_scalar(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return expected == actual
    return type(expected) is type(actual) and bool(expected == actual)


def _unlike(expected: Any, actual: Any, at: Path) -> Iterator[str]:
    if (
        isinstance(expected, str)
        and isinstance(actual, str)
        and ("\n" in expected.strip("\n") or "\n" in actual.strip("\n"))
    ):
        yield f"{_place(at)}: the texts differ (- expected, + actual)"
        for line in difflib.unified_diff(expected.split("\n"), actual.split("\n"), lineterm="", n=1):
            if not line.startswith(("---", "+++", "@@")):
                yield f"  {line}"
    else:
        yield f"{_place(at)}: expected {shown(expected)}, got {shown(actual)}{_type_hint(expected, actual)}"


def _type_hint(expected: Any, actual: Any) -> str:
    """Explain the difference that is hardest to see: a number or boolean beside its own text."""
    if isinstance(expected, str) == isinstance(actual, str):
        return ""
    text, other = (expected, actual) if isinstance(expected, str) else (actual, expected)
    return (
        f" (a {'string' if text is actual else _kind(actual)}, not a {'string' if text is expected else _kind(expected)})"
        if text == shown(other)
        else ""
    )


def _kind(value: Any) -> str:
    return (
        "boolean"
        if isinstance(value, bool)
        else "number"
        if isinstance(value, int | float)
        else "null"
        if value is None
        else type(value).__name__
    )


def _place(at: Path) -> str:
    return pointer(at) or "payload"
