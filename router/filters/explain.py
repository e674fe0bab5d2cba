"""Explain: why a route holds for an event, or why not, condition by condition.

Slow and thorough: every operand of the filter's outermost `&&` is evaluated by itself, also those that a run would not have reached.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from router.filters.codegen import Source
from router.filters.columns import column_of
from router.filters.filter import Filter
from router.filters.nodes import (
    And,
    Call,
    Comparison,
    Current,
    ExpressionArgument,
    Field,
    Node,
    Not,
    Or,
    StringList,
    children,
    walk,
)
from router.filters.nodes import Literal as LiteralNode
from router.filters.parser import parse
from router.filters.problem import FilterError
from router.filters.rules import probe_reader
from router.filters.shape import run_text

__all__ = ["Explanation", "Seen", "Verdict", "explain_filter", "explain_route", "is_ruled_out"]


class Seen(msgspec.Struct, frozen=True):
    """An expression of a condition and its value in the event; `failed` has the message in place of a value that cannot be computed."""

    text: str
    value: Any = None
    failed: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One condition: its text and place in the filter (code points, end exclusive), its verdict by itself, and the values it saw."""

    text: str
    start: int
    end: int
    verdict: Literal["true", "false", "failed"]
    failure: str | None = None
    seen: tuple[Seen, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a route holds or not. `takes_type` says whether its event types include the event's; `failure` is the filter's, if it failed."""

    position: int
    matched: bool
    takes_type: bool
    conditions: tuple[Verdict, ...] = ()
    failure: str | None = None


def explain_route(
    position: int, types: frozenset[str] | None, filter: Filter | None, document: dict[str, Any]
) -> Explanation:
    """Return why a route holds for an event, or why not."""
    kind = document.get("type")
    takes_type = types is None or (isinstance(kind, str) and kind in types)
    if filter is None:
        return Explanation(position=position, matched=takes_type, takes_type=takes_type)
    failure = None
    holds = False
    try:
        holds = filter.matches(document)
    except FilterError as error:
        failure = str(error)
    return Explanation(
        position=position,
        matched=takes_type and holds,
        takes_type=takes_type,
        conditions=explain_filter(filter, document),
        failure=failure,
    )


def explain_filter(filter: Filter, document: Any) -> tuple[Verdict, ...]:
    """Return the verdict of each condition that the filter joins by `&&`; one verdict when there is no `&&`."""
    tree = parse(filter.expression)
    terms = tree.terms if isinstance(tree, And) else (tree,)
    return tuple(_verdict(filter, term, document) for term in terms)


def _verdict(filter: Filter, node: Node, document: Any) -> Verdict:
    verdict: Literal["true", "false", "failed"] = "failed"
    failure = None
    try:
        source = Source()
        source.define_truth("truth", node)
        verdict = "true" if run_text(source.text, "truth")(document, filter.constants) else "false"
    except (FilterError, ArithmeticError, RecursionError) as error:
        failure = str(error)
    return Verdict(
        text=filter.expression[node.start : node.end],
        start=node.start,
        end=node.end,
        verdict=verdict,
        failure=failure,
        seen=tuple(_seen(filter, operand, document) for operand in _operands(node)),
    )


def _seen(filter: Filter, node: Node, document: Any) -> Seen:
    text = filter.expression[node.start : node.end]
    source = Source()
    source.define_value("value", node)
    try:
        return Seen(text, run_text(source.text, "value")(document, filter.constants))
    except (FilterError, ArithmeticError, RecursionError) as error:
        return Seen(text, failed=str(error))


def _operands(node: Node) -> list[Node]:
    """Return the expressions whose values decide a condition: through operators and functions down to what reads the event, once each."""
    found: dict[Any, Node] = {}
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, And | Or | Not | Comparison | Call):
            stack.extend(reversed(children(current)))
        elif not isinstance(current, LiteralNode | StringList | ExpressionArgument) and any(
            isinstance(part, Field | Current) for part in walk(current)
        ):
            found.setdefault((current.start, current.end), current)
    return list(found.values())


def is_ruled_out(filter: Filter, document: dict[str, Any]) -> bool:
    """Say whether the filter's conditions alone show that it does not hold: each of its clauses has one that is false."""
    for clause in filter.shape.clauses:
        for condition in clause.conditions:
            column = column_of(condition.kind, [(0, condition, filter.constants)], 1)
            if column.narrow(probe_reader(condition.probe)(document)) == 0:
                break
        else:
            return False
    return True
