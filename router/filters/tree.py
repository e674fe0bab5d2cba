"""Tree: which clauses an event can concern at all.

Clauses in numbers are split by the value that they demand of one probe: a dict from value to the clauses that accept it, and the *rest*
that demand nothing of it and must always be looked at. Arrays have several values and lead to several children. Splitting goes on while it helps; what remains is decided together in a leaf.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from router.filters.columns import FALSE_KEY, TRUE_KEY
from router.filters.conditions import Condition, Probe
from router.filters.leaf import Direct, Failures, Leaf
from router.filters.rules import Rule, probe_reader

__all__ = ["Node", "Split", "build_tree"]

DIRECT_MAX: Final = 4
"""So few clauses are quicker run one by one than looked up (measured: even at about four)."""

LEAF_MAX: Final = 512
"""A leaf's sets have at most so many bits where splitting helps at all."""

_VALUES_MAX: Final = 8
"""A clause that accepts more values than this is not repeated for each, but stays in the rest."""

_DEPTH_MAX: Final = 8


class Split:
    """A fork: one look-up chooses a child; the rest is always visited."""

    __slots__ = ("children", "read", "rest")

    def __init__(self, probe: Probe, children: dict[Any, Node], rest: Node | None) -> None:
        self.read = probe_reader(probe)
        self.children = children
        self.rest = rest

    def collect(self, event: dict[str, Any], found: list[int], failures: Failures) -> None:
        """Add the positions of the routes that hold."""
        value = self.read(event)
        if value is True:
            value = TRUE_KEY
        elif value is False:
            value = FALSE_KEY
        try:
            child = self.children.get(value)
        except TypeError:  # an array or object equals no scalar
            child = None
        if child is not None:
            child.collect(event, found, failures)
        if self.rest is not None:
            self.rest.collect(event, found, failures)

    def warm(self) -> Iterator[bool]:
        """Generate code piece by piece, the rest first, which every event visits; yields whether each was new."""
        if self.rest is not None:
            yield from self.rest.warm()
        for child in self.children.values():
            yield from child.warm()


class SplitAny(Split):
    """A fork on what an array contains: the child for each element, or for the value itself when it is no array.

    A clause that accepts several values may be reached more than once.
    """

    __slots__ = ()

    def collect(self, event: dict[str, Any], found: list[int], failures: Failures) -> None:
        """Add the positions of the routes that hold, perhaps repeatedly."""
        value = self.read(event)
        if not isinstance(value, list):
            super().collect(event, found, failures)
            return
        children = self.children
        chosen: dict[int, Node] = {}
        for item in value:
            key = TRUE_KEY if item is True else FALSE_KEY if item is False else item
            try:
                child = children.get(key)
            except TypeError:
                continue
            if child is not None:
                chosen[id(child)] = child
        for child in chosen.values():
            child.collect(event, found, failures)
        if self.rest is not None:
            self.rest.collect(event, found, failures)


Node = Direct | Leaf | Split


class _Candidate(msgspec.Struct):
    """What splitting on a probe would do: how many clauses it covers, how many copies it makes, for which values."""

    covered: int = 0
    copies: int = 0
    values: set[Any] = msgspec.field(default_factory=set)

    def expected(self, size: int) -> float:
        """Return how many clauses remain for an event, if all values are equally likely."""
        return size - self.covered + self.copies / max(1, len(self.values))


def build_tree(rules: list[Rule], depth: int = 0) -> Node | None:
    """Return the tree over some clauses; None for none."""
    if not rules:
        return None
    if len(rules) <= DIRECT_MAX or (len(rules) <= 64 and not any(variant.conditions for _, variant, _ in rules)):
        return Direct(rules)
    choice = _best_split(rules) if depth < _DEPTH_MAX else None
    if choice is None:
        return Leaf(rules)
    children: dict[Any, list[Rule]] = {}
    rest: list[Rule] = []
    for rule in rules:
        position, variant, constants = rule
        condition = _splitting(variant.conditions, choice)
        values = None if condition is None else _values(condition, constants)
        if condition is None or values is None:
            rest.append(rule)
            continue
        below = (position, variant.without(condition), constants)
        for value in values:
            children.setdefault(value, []).append(below)
    nodes = {value: build_tree(below, depth + 1) for value, below in children.items()}
    kind, probe = choice
    fork = SplitAny if kind == "any" else Split
    return fork(probe, {value: node for value, node in nodes.items() if node is not None}, build_tree(rest, depth + 1))


def _splitting(conditions: tuple[Condition, ...], column: tuple[str, Probe]) -> Condition | None:
    for condition in conditions:
        if condition.holds and (condition.kind, condition.probe) == column:
            return condition
    return None


def _values(condition: Condition, constants: tuple[Any, ...]) -> set[Any] | None:
    """Return the values a clause accepts as keys, or None when they are too many."""
    scalars = condition.scalars(constants)
    if len(scalars) > _VALUES_MAX:
        return None
    return {TRUE_KEY if value is True else FALSE_KEY if value is False else value for value in scalars}


def _best_split(rules: list[Rule]) -> tuple[str, Probe] | None:
    """Return the column to split on, or None when a leaf is better. A condition that is not exact serves too: its clause has code."""
    candidates: dict[tuple[str, Probe], _Candidate] = {}
    for _, variant, constants in rules:
        for condition, column in zip(variant.conditions, variant.columns, strict=True):
            if condition.kind not in ("equal", "any") or not condition.holds:
                continue
            values = _values(condition, constants)
            if values is not None:
                candidate = candidates.get(column)
                if candidate is None:
                    candidate = candidates[column] = _Candidate()
                candidate.covered += 1
                candidate.copies += len(values)
                candidate.values |= values
    size = len(rules)
    best = min(candidates.items(), key=lambda item: item[1].expected(size), default=None)
    if best is None:
        return None
    column, candidate = best
    remaining = candidate.expected(size)
    if size > LEAF_MAX:
        return column if remaining <= size / 2 else None
    return column if remaining <= DIRECT_MAX else None
