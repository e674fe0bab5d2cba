"""Scalars: what is known of strings and of numbers, apart from their being such.

Both records are sets of values, described: `values` when they can be listed, bounds otherwise, minus `excluded`. `joined` is a superset
of the union, `met` of the intersection; None stands for the empty set.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

__all__ = ["ANY_NUMBER", "ANY_TEXT", "Numbers", "Text"]


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A set of strings. `patterns` are those of JSON Schema: each is found somewhere in the string."""

    values: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    length_min: int = 0
    length_max: int | None = None
    patterns: tuple[str, ...] = ()
    format: str | None = None

    def has(self, value: str) -> bool:
        """Say whether a string may be in the set; `format` is not asserted."""
        if self.values is not None:
            return value in self.values
        if value in self.excluded or len(value) < self.length_min:
            return False
        if self.length_max is not None and len(value) > self.length_max:
            return False
        return all(_may_match(pattern, value) for pattern in self.patterns)

    def listed(self, values: frozenset[str]) -> Text | None:
        """Return the strings of the set that are among `values`."""
        kept = frozenset(value for value in values if self.has(value))
        return Text(values=kept, format=self.format) if kept else None

    def without(self, values: frozenset[str]) -> Text | None:
        """Return the set less some strings."""
        if self.values is not None:
            kept = self.values - values
            return msgspec.structs.replace(self, values=kept) if kept else None
        length_min = max(self.length_min, 1) if "" in values else self.length_min
        if self.length_max is not None and self.length_max < length_min:
            return None
        return msgspec.structs.replace(self, excluded=self.excluded | values, length_min=length_min)

    def joined(self, other: Text) -> Text:
        """Return a set that has both."""
        if self is other:
            return self
        if self.values is not None and other.values is not None:
            return Text(values=self.values | other.values, format=self.format if self.format == other.format else None)
        shortest = [_shortest(text) for text in (self, other)]
        longest = [_longest(text) for text in (self, other)]
        return Text(
            excluded=frozenset(
                value for value in self.excluded | other.excluded if not self.has(value) and not other.has(value)
            ),
            length_min=min(shortest),
            length_max=None if None in longest else max(length for length in longest if length is not None),
            patterns=self.patterns if self.patterns == other.patterns else (),
            format=self.format if self.format == other.format else None,
        )

    def met(self, other: Text) -> Text | None:
        """Return a set that has what is in both."""
        if self is other or other is ANY_TEXT:
            return self
        if self is ANY_TEXT:
            return other
        if self.values is not None:
            return other.listed(self.values)
        if other.values is not None:
            return self.listed(other.values)
        longest = [length for length in (self.length_max, other.length_max) if length is not None]
        length_min = max(self.length_min, other.length_min)
        length_max = min(longest) if longest else None
        if length_max is not None and length_min > length_max:
            return None
        return Text(
            excluded=self.excluded | other.excluded,
            length_min=length_min,
            length_max=length_max,
            patterns=tuple(dict.fromkeys(self.patterns + other.patterns)),
            format=self.format or other.format,
        )


def _shortest(text: Text) -> int:
    return text.length_min if text.values is None else min(map(len, text.values), default=0)


def _longest(text: Text) -> int | None:
    return text.length_max if text.values is None else max(map(len, text.values), default=0)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def _may_match(pattern: str, value: str) -> bool:
    """Say whether a string may fit an ECMA 262 pattern.

    Python's classes hold more than ECMA's, so that a miss is a miss; negated ones hold less, but not for ASCII.
    """
    compiled = _compiled(pattern)
    return compiled is None or not value.isascii() or len(value) > 200 or compiled.search(value) is not None


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """A set of numbers; `open_minimum` and `open_maximum` say that the bound itself is not in it."""

    values: frozenset[float] | None = None
    excluded: frozenset[float] = frozenset()
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    integer: bool = False

    def has(self, value: float) -> bool:
        """Say whether a number is in the set."""
        if self.values is not None:
            return value in self.values
        if value in self.excluded or (self.integer and value % 1 != 0):
            return False
        if self.minimum is not None and (value < self.minimum or (self.open_minimum and value == self.minimum)):
            return False
        return self.maximum is None or not (value > self.maximum or (self.open_maximum and value == self.maximum))

    def listed(self, values: frozenset[float]) -> Numbers | None:
        """Return the numbers of the set that are among `values`."""
        kept = frozenset(value for value in values if self.has(value))
        return Numbers(values=kept, integer=self.integer) if kept else None

    def without(self, values: frozenset[float]) -> Numbers | None:
        """Return the set less some numbers."""
        if self.values is not None:
            kept = self.values - values
            return msgspec.structs.replace(self, values=kept) if kept else None
        return msgspec.structs.replace(self, excluded=self.excluded | values).settled()

    def bounds(self) -> tuple[float | None, bool, float | None, bool]:
        """Return the lower and the upper bound, each with whether it is open."""
        if self.values is not None:
            return min(self.values), False, max(self.values), False
        return self.minimum, self.open_minimum, self.maximum, self.open_maximum

    def joined(self, other: Numbers) -> Numbers:
        """Return a set that has both."""
        if self is other:
            return self
        integer = self.integer and other.integer
        if self.values is not None and other.values is not None:
            return Numbers(values=self.values | other.values, integer=integer)
        low, open_low = _lower(self, other)
        high, open_high = _upper(self, other)
        return Numbers(
            excluded=frozenset(
                value for value in self.excluded | other.excluded if not self.has(value) and not other.has(value)
            ),
            minimum=low,
            open_minimum=open_low,
            maximum=high,
            open_maximum=open_high,
            integer=integer,
        )

    def met(self, other: Numbers) -> Numbers | None:
        """Return a set that has what is in both."""
        if self is other or other is ANY_NUMBER:
            return self
        if self is ANY_NUMBER:
            return other
        if self.values is not None:
            return other.listed(self.values)
        if other.values is not None:
            return self.listed(other.values)
        lows = [(n.minimum, n.open_minimum) for n in (self, other) if n.minimum is not None]
        highs = [(n.maximum, n.open_maximum) for n in (self, other) if n.maximum is not None]
        low, open_low = max(lows) if lows else (None, False)
        high, is_closed = min((bound, not is_open) for bound, is_open in highs) if highs else (None, True)
        return Numbers(
            excluded=self.excluded | other.excluded,
            minimum=low,
            open_minimum=open_low,
            maximum=high,
            open_maximum=not is_closed,
            integer=self.integer or other.integer,
        ).settled()

    def settled(self) -> Numbers | None:
        """Return the set with its bounds moved to numbers that are in it, None when there are none."""
        low, high = self.minimum, self.maximum
        open_low, open_high = self.open_minimum, self.open_maximum
        if self.integer:
            if low is not None:
                low, open_low = _ceiling(low) + (1 if open_low and low == _ceiling(low) else 0), False
                while low in self.excluded:
                    low += 1
            if high is not None:
                high, open_high = high // 1 - (1 if open_high and high == high // 1 else 0), False
                while high in self.excluded:
                    high -= 1
        is_point = low is not None and low == high
        if is_point and (open_low or open_high or low in self.excluded):
            return None
        if low is not None and high is not None and low > high:
            return None
        return msgspec.structs.replace(self, minimum=low, open_minimum=open_low, maximum=high, open_maximum=open_high)


def _ceiling(value: float) -> float:
    return -(-value // 1)


def _lower(first: Numbers, second: Numbers) -> tuple[float | None, bool]:
    bounds = [each.bounds()[:2] for each in (first, second)]
    known = [(low, is_open) for low, is_open in bounds if low is not None]
    return min(known) if len(known) == 2 else (None, False)


def _upper(first: Numbers, second: Numbers) -> tuple[float | None, bool]:
    bounds = [each.bounds()[2:] for each in (first, second)]
    known = [(high, not is_open) for high, is_open in bounds if high is not None]
    if len(known) < 2:
        return None, False
    high, is_closed = max(known)
    return high, not is_closed


ANY_TEXT: Final = Text()
ANY_NUMBER: Final = Numbers()
