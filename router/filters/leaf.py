"""Leaf: a few hundred clauses decided together, by columns of bit sets or, when they are few, one by one."""

from __future__ import annotations

from array import array
from typing import Any, Final

from router.filters.columns import Column, TextColumn, column_of, mask_of
from router.filters.conditions import Condition, Probe
from router.filters.leafcode import GENERATED_CLAUSES_MAX, leaf_code
from router.filters.rules import Rule, probe_reader

__all__ = ["Direct", "Failures", "Leaf"]

Failures = list[tuple[int, Exception]]
"""Filters that raised: the route's position and the error."""

_WORD: Final = 64


class Direct:
    """A handful of clauses, each run as code. A clause whose filter is None has nothing left to decide."""

    __slots__ = ("rules",)

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = tuple(
            (
                position,
                None if not variant.conditions and not variant.needs_code else variant.shape,
                constants,
                variant.types,
            )
            for position, variant, constants in rules
        )

    def collect(self, event: dict[str, Any], found: list[int], failures: Failures) -> None:
        """Add the positions of the routes that hold."""
        for position, shape, constants, types in self.rules:
            if types is not None and event.get("type") not in types:
                continue
            if shape is None:
                found.append(position)
                continue
            try:
                if shape.test(event, constants):
                    found.append(position)
            except Exception as error:
                failures.append((position, error))


class Leaf:
    """Clauses decided by columns: the intersection of what each column leaves, then code where conditions are not enough.

    `verify` has the clauses that need code in any case; a column that cannot decide a value adds those it covers, which then run the
    whole filter.
    """

    __slots__ = ("_narrow", "checks", "columns", "every", "positions", "verify", "whole")

    def __init__(self, rules: list[Rule]) -> None:
        size = len(rules)
        demands: dict[tuple[str, Probe], list[tuple[int, Condition, tuple[Any, ...]]]] = {}
        for number, (_, variant, constants) in enumerate(rules):
            for condition, key in zip(variant.conditions, variant.columns, strict=True):
                demands.setdefault(key, []).append((number, condition, constants))
        ordered = sorted(
            demands.items(), key=lambda item: (-len(item[1]), item[0][0], item[0][1].path or (), item[0][1].code)
        )
        self.columns: tuple[tuple[Probe, Column], ...] = tuple(
            (probe, column_of(kind, wanted, size)) for (kind, probe), wanted in ordered
        )
        self.positions = array("I", [position for position, _, _ in rules])
        self.every = (1 << size) - 1
        self.whole = 0
        for _, column in self.columns:
            if isinstance(column, TextColumn):
                self.whole |= column.inexact
        self.verify = mask_of((number for number, rule in enumerate(rules) if rule[1].needs_code), size) | self.whole
        undecided = self.verify
        for _, column in self.columns:
            if column.fails:
                undecided |= column.covered
        self.checks = tuple(
            (variant, constants) if undecided >> number & 1 else None
            for number, (_, variant, constants) in enumerate(rules)
        )
        self._narrow = leaf_code(self.columns) if size <= GENERATED_CLAUSES_MAX else None

    def collect(self, event: dict[str, Any], found: list[int], failures: Failures) -> None:
        """Add the positions of the routes that hold."""
        if self._narrow is not None:
            left, whole = self._narrow(event, self.every)
        else:
            left, whole = self._intersect(event)
        if not left:
            return
        whole |= self.whole
        doubtful = left & (self.verify | whole)
        left ^= doubtful
        positions = self.positions
        if left:
            found += [positions[number] for number in _members(left)]
        if doubtful:
            self._verify(event, doubtful, whole, found, failures)

    def _intersect(self, event: dict[str, Any]) -> tuple[int, int]:
        left = self.every
        whole = 0
        for probe, column in self.columns:
            possible = column.narrow(probe_reader(probe)(event))
            if possible is None:
                whole |= column.covered
                continue
            left &= possible
            if not left:
                break
        return left, whole

    def _verify(self, event: dict[str, Any], doubtful: int, whole: int, found: list[int], failures: Failures) -> None:
        for number in _members(doubtful):
            check = self.checks[number]
            if check is None:  # cannot be: `checks` covers every clause that may become doubtful
                continue
            variant, constants = check
            try:
                code = variant.shape.test if whole >> number & 1 else variant.check
                if code(event, constants):
                    found.append(self.positions[number])
            except Exception as error:
                failures.append((self.positions[number], error))


def _members(bits: int) -> list[int]:
    """Return the members of a set. Top bit first while it is small; a word at a time, so that a large set costs linear time."""
    found = []
    if bits.bit_length() <= 512:
        while bits:
            number = bits.bit_length() - 1
            bits ^= 1 << number
            found.append(number)
        return found
    words = array("Q", bits.to_bytes((bits.bit_length() + _WORD - 1) // _WORD * 8, "little"))
    for index, word in enumerate(words):
        while word:
            number = word.bit_length() - 1
            word ^= 1 << number  # noqa: PLW2901
            found.append(index * _WORD + number)
    return found
