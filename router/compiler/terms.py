"""Terms: what a filter demands, as a set of texts in one form, so that filters can be compared.

`a && b` demands a and b; the order, white space and grouping of what is written do not matter, nor on which side of a comparison a
literal stands. Equal sets mean equal filters; a subset demands less. Different sets may still mean the same: nothing follows from that.
"""

from __future__ import annotations

import json
from functools import lru_cache

from router.filters.nodes import And, Call, Comparison, Current, Literal, Node, Not, Or, StringList
from router.filters.parser import parse
from router.filters.problem import FilterSyntaxError

__all__ = ["filter_terms"]

_PLACES = ("start", "end", "slot", "name_end", "quoted")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@lru_cache(maxsize=4096)
def filter_terms(expression: str) -> frozenset[str] | None:
    """Return the terms of which every one must hold; None for an expression that cannot be parsed."""
    try:
        node = parse(expression)
    except FilterSyntaxError:
        return None
    return frozenset(_terms(node))


def _terms(node: Node) -> list[str]:
    if isinstance(node, And):
        return [term for part in node.terms for term in _terms(part)]
    return [_truth(node)]


def _truth(node: Node) -> str:
    """Return the form of a node of which only the truth matters: there the order of `&&` and `||` does not."""
    match node:
        case And() | Or():
            word = " && " if isinstance(node, And) else " || "
            return "(" + word.join(sorted({_truth(term) for term in node.terms})) + ")"
        case Not():
            return f"!({_truth(node.operand)})"
        case _:
            return _text(node)


def _text(node: Node) -> str:
    match node:
        case Current():
            return "@"
        case Literal():
            return json.dumps(node.value, sort_keys=True)
        case StringList():
            return "list" + json.dumps(node.values)
        case Comparison():
            left, right, operator = _text(node.left), _text(node.right), node.operator
            if isinstance(node.left, Literal) or (operator in ("==", "!=") and left > right):
                left, right, operator = right, left, _MIRRORED[operator]
            return f"({left} {operator} {right})"
        case Call(name="contains", arguments=(StringList() as choices, wanted)):
            return f"in({json.dumps(sorted(set(choices.values)))},{_text(wanted)})"
        case _:
            return _shape(node)


def _shape(node: Node) -> str:
    """Return any other node as the name of its kind and its fields, without its place."""
    fields = (field for field in node.__struct_fields__ if field not in _PLACES)
    return f"{type(node).__name__}({','.join(_member(getattr(node, field)) for field in fields)})"


def _member(value: object) -> str:
    if isinstance(value, Node):
        return _text(value)
    if isinstance(value, tuple):
        return "[" + ",".join(_member(one) for one in value) + "]"
    return json.dumps(value)
