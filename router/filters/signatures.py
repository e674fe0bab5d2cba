"""Signatures: which functions exist, what they take, and whether they can fail.

The first block is JMESPath 1.0. The second is ours: these accept any value, answer null or false for what they are not about, never
fail, and the index understands them.
"""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["SIGNATURES", "Parameter", "Signature", "nearest"]


class Parameter(msgspec.Struct, frozen=True):
    """The types one argument may have; empty: any value. `expression` stands for `&expression`, `array[T]` for an array of only T."""

    types: tuple[str, ...] = ()


class Signature(msgspec.Struct, frozen=True):
    """`parameters` in order; with `variadic` the last one may be repeated. `fails` says that wrong types make it fail."""

    parameters: tuple[Parameter, ...]
    variadic: bool = False
    fails: bool = True
    ours: bool = False

    @property
    def arity(self) -> str:
        """The number of arguments in words."""
        count = len(self.parameters)
        words = f"{count} argument{'s' if count != 1 else ''}"
        return f"at least {words}" if self.variadic else words


def _takes(*parameters: str, variadic: bool = False, fails: bool = True, ours: bool = False) -> Signature:
    return Signature(
        tuple(Parameter(tuple(text.split("|")) if text else ()) for text in parameters), variadic, fails, ours
    )


SIGNATURES: Final[dict[str, Signature]] = {
    "abs": _takes("number"),
    "avg": _takes("array[number]"),
    "ceil": _takes("number"),
    "contains": _takes("array|string", ""),
    "ends_with": _takes("string", "string"),
    "floor": _takes("number"),
    "join": _takes("string", "array[string]"),
    "keys": _takes("object"),
    "length": _takes("string|array|object"),
    "map": _takes("expression", "array"),
    "max": _takes("array[number]|array[string]"),
    "max_by": _takes("array", "expression"),
    "merge": _takes("object", variadic=True),
    "min": _takes("array[number]|array[string]"),
    "min_by": _takes("array", "expression"),
    "not_null": _takes("", variadic=True, fails=False),
    "reverse": _takes("string|array"),
    "sort": _takes("array[number]|array[string]"),
    "sort_by": _takes("array", "expression"),
    "starts_with": _takes("string", "string"),
    "sum": _takes("array[number]"),
    "to_array": _takes("", fails=False),
    "to_number": _takes("", fails=False),
    "to_string": _takes("", fails=False),
    "type": _takes("", fails=False),
    "values": _takes("object"),
    # Ours.
    "any_in": _takes("", "", fails=False, ours=True),
    "branches": _takes("", "", fails=False, ours=True),
    "cidr": _takes("", "", fails=False, ours=True),
    "glob": _takes("", "", fails=False, ours=True),
    "leaves": _takes("", "", fails=False, ours=True),
    "lower": _takes("", fails=False, ours=True),
    "prefix": _takes("", "", fails=False, ours=True),
    "suffix": _takes("", "", fails=False, ours=True),
}


def nearest(name: str) -> str | None:
    """Return the function that was probably meant, or None when nothing is near: at most a third of the letters may differ."""
    plain = name.lower().replace("_", "")
    best: str | None = None
    fewest = max(1, len(name) // 3) + 1
    for known in SIGNATURES:
        distance = _distance(plain, known.replace("_", ""))
        if distance < fewest:
            best, fewest = known, distance
    return best


def _distance(left: str, right: str) -> int:
    """Return the edit distance (Damerau-Levenshtein, neighbours may swap)."""
    if len(left) > 40:
        return len(left)
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
