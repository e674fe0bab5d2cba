"""Leaf: a few hundred clauses decided together, by columns of bit sets or, when they are few, one by one."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from router.filters.columns import PLAIN_CLAUSES_MAX, Column, TextColumn, column_of, mask_of
from router.filters.conditions import Condition, Probe
from router.filters.leafcode import Narrow, leaf_code
from router.filters.rules import Rule, Variant, probe_reader
from router.filters.shape import Shape

__all__ = ["Direct", "Failures", "Leaf"]

Failures = list[tuple[int, Exception]]
"""Filters that raised: the route's position and the error."""

Columns = tuple[tuple[Probe, Column], ...]

_WORD: Final = 64


class Direct:
    """A handful of clauses, each run as code. A clause with nothing left to decide simply holds."""

    __slots__ = ("rules",)

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = tuple(
            (position, _decider(variant), constants, variant.types) for position, variant, constants in rules
        )

    def collect(self, event: dict[str, Any], found: list[int], failures: Failures) -> None:
        """Add the positions of the routes that hold."""
        for position, decider, constants, types in self.rules:
            if types is not None and (type(kind := event.get("type")) is not str or kind not in types):
                continue
            if decider is None:
                found.append(position)
                continue
            try:
                if decider.test(event, constants):
                    found.append(position)
            except Exception as error:
                failures.append((position, error))

    def warm(self) -> Iterator[bool]:
        """Generate code piece by piece; yields whether each was new."""
        for _, decider, _, _ in self.rules:
            if decider is not None:
                yield decider.warm()


def _decider(variant: Variant) -> Shape | Variant | None:
    """Return what decides a clause by itself: the whole filter, or its rest where all conditions are decided, or nothing."""
    if variant.conditions:
        return variant.shape
    return variant if variant.needs_code else None


class Leaf:
    """Clauses decided by columns: the intersection of what each column leaves, then code where conditions are not enough.

    `verify` has the clauses that need code in any case; a column that cannot decide a value adds those it covers, which then run the
    whole filter.
    """

    __slots__ = ("_narrow", "checks", "every", "positions", "verify", "whole")

    def __init__(self, rules: list[Rule]) -> None:
        size = len(rules)
        demands: dict[tuple[str, Probe], list[tuple[int, Condition, tuple[Any, ...]]]] = {}
        for number, (_, variant, constants) in enumerate(rules):
            for condition, key in zip(variant.conditions, variant.columns, strict=True):
                demands.setdefault(key, []).append((number, condition, constants))
        ordered = sorted(demands.items(), key=lambda item: -_selectivity(item[1]))
        columns = tuple((probe, column_of(kind, wanted, size)) for (kind, probe), wanted in ordered)
        self.positions = array("I", [position for position, _, _ in rules])
        self.every = (1 << size) - 1
        self.whole = 0
        for _, column in columns:
            if isinstance(column, TextColumn):
                self.whole |= column.inexact
        self.verify = mask_of((number for number, rule in enumerate(rules) if rule[1].needs_code), size) | self.whole
        undecided = self.verify
        for _, column in columns:
            if column.fails:
                undecided |= column.covered
        self.checks = tuple(
            (variant, constants) if undecided >> number & 1 else None
            for number, (_, variant, constants) in enumerate(rules)
        )
        self._narrow: Narrow
        if size <= PLAIN_CLAUSES_MAX:
            self._narrow = partial(self._generated, columns)
        else:
            self._narrow = partial(_intersection, columns)

    def collect(self, event: dict[str, Any], found: list[int], failures: Failures) -> None:
        """Add the positions of the routes that hold."""
        left, whole = self._narrow(event, self.every)
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

    def warm(self) -> Iterator[bool]:
        """Generate code piece by piece; yields whether each was new.

        Whole filters that only a value of an odd type calls for are left to the event that has it.
        """
        if isinstance(self._narrow, partial) and self._narrow.func == self._generated:
            self._narrow = leaf_code(*self._narrow.args)
            yield True
        for number, check in enumerate(self.checks):
            if check is not None and self.verify >> number & 1:
                variant, _ = check
                yield variant.shape.warm() if self.whole >> number & 1 else variant.warm()

    def _generated(self, columns: Columns, event: dict[str, Any], every: int) -> tuple[int, int]:
        """Generate the function for this leaf when its first event comes; what it needs of the columns lives on in its closure."""
        self._narrow = leaf_code(columns)
        return self._narrow(event, every)

    def _verify(self, event: dict[str, Any], doubtful: int, whole: int, found: list[int], failures: Failures) -> None:
        for number in _members(doubtful):
            check = self.checks[number]
            if check is None:  # cannot be: `checks` covers every clause that may become doubtful
                continue
            variant, constants = check
            try:
                code = variant.shape.test if whole >> number & 1 else variant.test
                if code(event, constants):
                    found.append(self.positions[number])
            except Exception as error:
                failures.append((self.positions[number], error))


def _intersection(columns: Columns, event: dict[str, Any], every: int) -> tuple[int, int]:
    """Do for a large leaf what generated code does for a small one."""
    left = every
    whole = 0
    for probe, column in columns:
        possible = column.narrow(probe_reader(probe)(event))
        if possible is None:
            whole |= column.covered
            continue
        left &= possible
        if not left:
            break
    return left, whole


def _selectivity(demands: list[tuple[int, Condition, tuple[Any, ...]]]) -> float:
    """Return about how many clauses a column rules out, to look at those first that leave the least."""
    return sum(_RULED_OUT.get(condition.kind, 0.8) if condition.holds else 0.1 for _, condition, _ in demands)


_RULED_OUT: Final = {"equal": 0.95, "range": 0.5, "truth": 0.5}
"""The share of events that fail a condition of a kind; guesses, they only order the work."""


def _members(bits: int) -> list[int]:
    """Return the members of a set. Top bit first while it is small; a word at a time, so that a large set costs linear time."""
    found = []
    if bits.bit_length() <= 256:
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
