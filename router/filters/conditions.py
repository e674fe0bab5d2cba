"""Conditions: what an expression demands, in the terms that the index can look up.

A filter is brought into disjunctive form: it holds when one of its *clauses* holds, and a clause holds when all of its conditions do.
Negation is pushed inwards, which is exact for `&&`, `||`, `!`, `==` and `!=`. A condition is about one *probe* (an expression without
constants, mostly a path such as data.total) and is of one *kind*:

    equal     probe is one of some scalars              a == 'x', a == 'x' || a == 'y', contains(['x', 'y'], a), a != 'x'
    any       probe, or an element of it, is one of     any_in(a, ['x']), a[?b == 'x']
    has       the array has one of                      contains(a, 'x')                        fails on other than arrays and strings
    prefix    the string starts with one of             prefix(a, 'x'), glob(a, 'x*y')
    suffix    the string ends with one of               suffix(a, 'x')
    start     as prefix                                 starts_with(a, 'x')                     fails on other than strings
    stop      as suffix                                 ends_with(a, 'x')                       fails on other than strings
    network   the address is in one of                  cidr(a, '10.0.0.0/8')
    range     the number lies between                   a > `1`, a >= `1` && a < `9`
    truth     the value is true                         a, !a

A condition is *exact* when it holds if and only if the part of the filter it stands for is true; otherwise it is merely necessary. All
that is not covered by exact conditions is the clause's *rest*, and runs as code for the few events that pass the conditions.

Everything here depends on the shape of a filter only; operands are slots of its constants. So it is done once per shape.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from router.filters.codegen import Source
from router.filters.lexer import literal_kind
from router.filters.nodes import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    FilterProjection,
    Literal,
    Node,
    Not,
    Or,
    Projection,
    StringList,
    Sub,
    walk,
)
from router.filters.safety import can_fail

__all__ = ["CLAUSES_MAX", "FAILING_KINDS", "Clause", "Condition", "Operand", "Probe", "clauses_of"]

CLAUSES_MAX: Final = 16
"""Most clauses of one filter; a disjunction that needs more is one part that runs as code."""

FAILING_KINDS: Final = frozenset({"has", "start", "stop"})

_MERGED: Final = frozenset({"equal", "any", "has", "prefix", "suffix", "start", "stop", "network"})
"""Kinds whose operands are alternatives, so that conditions joined by `||` are one condition."""

_ORDERINGS: Final = frozenset({"<", "<=", ">", ">="})
_MIRROR: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TEXT_CALLS: Final = {
    "prefix": "prefix",
    "suffix": "suffix",
    "starts_with": "start",
    "ends_with": "stop",
    "cidr": "network",
}


class Probe(msgspec.Struct, frozen=True):
    """An expression without constants, whose value the index looks up: a path of names, or else generated code for it."""

    path: tuple[str, ...] | None
    code: str = ""


@functools.lru_cache(maxsize=4096)
def _interned(path: tuple[str, ...] | None, code: str) -> Probe:
    """Return the one Probe for an expression: thousands of shapes look at the same few fields."""
    return Probe(path, code)


class Operand(msgspec.Struct, frozen=True):
    """A constant of a condition: the filter's constant number `slot`, or `fixed` when slot is None. `many`: it is a collection of them.

    `sign` is the ordering that a range demands of the value. `head`: the constant is a tuple of globs, and what counts is how they begin.
    """

    slot: int | None = None
    fixed: Any = None
    many: bool = False
    sign: str = ""
    head: bool = False

    def values(self, constants: tuple[Any, ...]) -> tuple[Any, ...] | frozenset[Any]:
        """Return the scalars this operand stands for in a filter with these constants."""
        value = self.fixed if self.slot is None else constants[self.slot]
        if self.head:
            return tuple(pieces[0] for pieces in value)
        return value if self.many else (value,)


@functools.lru_cache(maxsize=1024)
def _slot(slot: int | None, *, many: bool = False, sign: str = "") -> Operand:
    """Return the one Operand for a constant."""
    return Operand(slot, many=many, sign=sign)


class Condition(msgspec.Struct, frozen=True, eq=False):
    """One thing a clause demands. `holds` False demands the opposite."""

    kind: str
    probe: Probe
    operands: tuple[Operand, ...]
    holds: bool
    exact: bool

    @property
    def column(self) -> tuple[str, Probe]:
        """What conditions of different filters must share to be looked up together."""
        return (self.kind, self.probe)

    def scalars(self, constants: tuple[Any, ...]) -> list[Any]:
        """Return all operands' values."""
        return [value for operand in self.operands for value in operand.values(constants)]


class Clause(msgspec.Struct, frozen=True, eq=False):
    """Conditions that must all hold, at most one a column, and the source of the rest (None: the conditions are all of it).

    `whole` says that the rest is the whole filter: what must run when any other way through the filter could fail.
    """

    conditions: tuple[Condition, ...]
    rest: str | None
    whole: bool


class _Part(msgspec.Struct, eq=False):
    """A piece of a filter on its way into a clause: its node, whether it must be true or false, and the condition it amounts to."""

    node: Node
    holds: bool
    condition: Condition | None


def clauses_of(tree: Node) -> tuple[Clause, ...]:
    """Return the clauses of a filter. An empty rest and no conditions: always true. No clauses: never true."""
    failing = can_fail(tree, root=True)
    alternatives = _alternatives(tree, holds=True)
    several = len(alternatives) > 1
    return tuple(_clause(parts, whole=failing and several) for parts in alternatives)


def _alternatives(node: Node, *, holds: bool) -> list[list[_Part]]:
    """Return the disjunctive form of a node that must be true (or false): a list of conjunctions."""
    if isinstance(node, Not):
        return _alternatives(node.operand, holds=not holds)
    if isinstance(node, And | Or):
        if isinstance(node, And) == holds:
            return _product(node, holds=holds)
        return _union(node, holds=holds)
    if isinstance(node, Literal) and node.slot is None:
        return [[]] if bool(node.value) == holds else []
    return [[_Part(node, holds, _condition(node, holds=holds))]]


def _product(node: And | Or, *, holds: bool) -> list[list[_Part]]:
    """All terms must hold: every combination of their alternatives, unless these are too many."""
    found: list[list[_Part]] = [[]]
    for term in node.terms:
        choices = _alternatives(term, holds=holds)
        if len(found) * len(choices) > CLAUSES_MAX:
            choices = [[_Part(term, holds, None)]]
        found = [[*parts, *choice] for parts in found for choice in choices]
    return found


def _union(node: And | Or, *, holds: bool) -> list[list[_Part]]:
    """One of the terms must hold. Single conditions on one column become one condition, however many they are."""
    found: list[list[_Part]] = []
    merged: dict[tuple[str, Probe, bool], list[_Part]] = {}
    for term in node.terms:
        for parts in _alternatives(term, holds=holds):
            condition = parts[0].condition if len(parts) == 1 else None
            if condition is None or not condition.exact or condition.holds is False or condition.kind not in _MERGED:
                found.append(parts)
                continue
            same = merged.setdefault((condition.kind, condition.probe, condition.holds), [])
            if not same:
                found.append(parts)
            same.append(parts[0])
    for same in merged.values():
        if len(same) > 1:
            _merge(same)
    if len(found) > CLAUSES_MAX:
        return [[_Part(node, holds, None)]]
    return found


def _merge(same: list[_Part]) -> None:
    """Make the first of several parts, which stands in the result, stand for all of them."""
    first = same[0]
    assert first.condition is not None  # noqa: S101 - only such parts are collected
    operands = tuple(operand for part in same if part.condition for operand in part.condition.operands)
    first.condition = msgspec.structs.replace(first.condition, operands=operands)
    terms = tuple(part.node if part.holds else Not(part.node.start, part.node.end, part.node) for part in same)
    first.node = Or(terms[0].start, terms[-1].end, terms)
    first.holds = True


def _clause(parts: list[_Part], *, whole: bool) -> Clause:
    """Choose one condition a column; the others, and what is not exact, become the rest."""
    chosen: dict[tuple[str, Probe], Condition] = {}
    rest: list[_Part] = []
    for part in parts:
        condition = part.condition
        if condition is None:
            rest.append(part)
            continue
        before = chosen.get(condition.column)
        joined = condition if before is None else _joined(before, condition)
        if joined is not None:
            chosen[condition.column] = joined
        if joined is None or not condition.exact:
            rest.append(part)
    return Clause(tuple(chosen.values()), _rest_source(rest), whole)


def _joined(one: Condition, other: Condition) -> Condition | None:
    """Return one condition for two on the same column that must both hold, or None where there is no such thing."""
    if one.holds != other.holds or not (one.exact and other.exact):
        return None
    # Both bounds of one number are one interval; what a value must not be is one set. Two sets it must be in would need intersecting.
    if one.holds != (one.kind == "range"):
        return None
    return msgspec.structs.replace(one, operands=(*one.operands, *other.operands))


def _rest_source(rest: list[_Part]) -> str | None:
    if not rest:
        return None
    terms = tuple(part.node if part.holds else Not(part.node.start, part.node.end, part.node) for part in rest)
    source = Source()
    source.define_truth("rest", terms[0] if len(terms) == 1 else And(0, 0, terms))
    return source.text


# ---- one condition ----------------------------------------------------------------------------------------------------------------


def _condition(node: Node, *, holds: bool) -> Condition | None:
    if isinstance(node, Comparison):
        return _comparison(node, holds=holds)
    if isinstance(node, Call):
        return _call(node, holds=holds)
    if isinstance(node, FilterProjection):
        return _existence(node) if holds else None
    probe = _probe(node)
    return None if probe is None else Condition("truth", probe, (), holds, exact=True)


def _comparison(node: Comparison, *, holds: bool) -> Condition | None:
    subject, constant, sign = node.left, node.right, node.operator
    if isinstance(subject, Literal):
        subject, constant, sign = constant, subject, _MIRROR.get(sign, sign)
    probe = _probe(subject)
    if probe is None or not isinstance(constant, Literal):
        return None
    kind = literal_kind(constant.value)
    if sign in _ORDERINGS:
        return (
            Condition("range", probe, (_slot(constant.slot, sign=sign),), holds, exact=True) if kind in "nb" else None
        )
    if kind in "AJ":
        return None
    return Condition("equal", probe, (_operand(constant),), holds == (sign == "=="), exact=True)


def _operand(constant: Literal) -> Operand:
    return Operand(None, constant.value) if constant.slot is None else _slot(constant.slot)


def _call(node: Call, *, holds: bool) -> Condition | None:
    if node.name == "contains":
        return _contains(*node.arguments, holds=holds)
    if node.name == "any_in":
        probe = _probe(node.arguments[0])
        operand = _choices(node.arguments[1])
        return None if probe is None or operand is None else Condition("any", probe, (operand,), holds, exact=True)
    if node.name == "glob":
        probe = _probe(node.arguments[0])
        operand = _text(node.arguments[1], listed=True)
        if probe is None or operand is None or not holds:  # how it begins is necessary, so of no use to a negation
            return None
        return Condition("prefix", probe, (Operand(operand.slot, many=True, head=True),), holds=True, exact=False)
    kind = _TEXT_CALLS.get(node.name)
    if kind is not None:
        probe = _probe(node.arguments[0])
        operand = _text(node.arguments[1], listed=kind not in FAILING_KINDS)
        if operand is not None and kind == "network":  # its constant is a tuple of networks in any case, see shape
            operand = Operand(operand.slot, many=True)
        return None if probe is None or operand is None else Condition(kind, probe, (operand,), holds, exact=True)
    probe = _probe(node)
    return None if probe is None else Condition("truth", probe, (), holds, exact=True)


def _contains(subject: Node, wanted: Node, *, holds: bool) -> Condition | None:
    choices = _choices(subject)
    if choices is not None:
        probe = _probe(wanted)
        return None if probe is None else Condition("equal", probe, (choices,), holds, exact=True)
    probe = _probe(subject)
    if probe is None or not isinstance(wanted, Literal) or literal_kind(wanted.value) in "AJ":
        return None
    return Condition("has", probe, (_operand(wanted),), holds, exact=True)


def _choices(node: Node) -> Operand | None:
    """Return the scalars of an array of constants."""
    if isinstance(node, StringList):
        return _slot(node.slot, many=True)
    if not isinstance(node, Literal) or not isinstance(node.value, list):
        return None
    if literal_kind(node.value) == "A":
        return _slot(node.slot, many=True)
    if any(isinstance(item, list | dict) or item is None for item in node.value):
        return None
    return Operand(None, tuple(node.value), many=True)


def _text(node: Node, *, listed: bool) -> Operand | None:
    """Return string constants; `listed` allows an array of them."""
    if isinstance(node, Literal) and literal_kind(node.value) == "s":
        return _slot(node.slot)
    if listed and (isinstance(node, StringList) or (isinstance(node, Literal) and literal_kind(node.value) == "A")):
        return _slot(node.slot, many=True)
    return None


def _existence(node: FilterProjection) -> Condition | None:
    """Return the condition that `list[?member == 'x' …]` has an element: one of the list's members is x."""
    if can_fail(node, root=True):
        return None
    exact = isinstance(node.right, Current)
    terms = node.condition.terms if isinstance(node.condition, And) else (node.condition,)
    for term in terms:
        inner = _condition(term, holds=True)
        if inner is None or inner.kind != "equal" or not inner.holds:
            continue
        values = [operand.fixed for operand in inner.operands if operand.slot is None]
        if None in values or not isinstance(term, Comparison | Call):
            continue
        member = next(child for child in _subjects(term) if not isinstance(child, Literal | StringList))
        probe = _probe(Projection(node.start, node.end, node.left, member))
        if probe is not None and isinstance(member, Field | Sub | Current):
            return Condition("any", probe, inner.operands, holds=True, exact=exact and len(terms) == 1)
    return None


def _subjects(node: Comparison | Call) -> Iterator[Node]:
    if isinstance(node, Comparison):
        yield from (node.left, node.right)
    else:
        yield from node.arguments


def _probe(node: Node) -> Probe | None:
    """Return the probe for an expression, or None when it has constants of its own or can fail."""
    path = _path(node)
    if path is not None:
        return _interned(path, "")
    if any(isinstance(part, Literal | StringList) and part.slot is not None for part in walk(node)) or can_fail(
        node, root=True
    ):
        return None
    source = Source()
    source.define_value("probe", node)
    return _interned(None, source.text)


def _path(node: Node) -> tuple[str, ...] | None:
    names: list[str] = []
    while isinstance(node, Sub) and isinstance(node.right, Field):
        names.append(node.right.name)
        node = node.left
    if not isinstance(node, Field):
        return None
    names.append(node.name)
    return tuple(reversed(names))
