"""What a condition wants: a condition of a filter -> a sentence about the values that would satisfy it, and a hint at the likely mistake.

The sentence follows the syntax tree: comparisons, functions of the language, `!`, `||`. It does not search for values; what it cannot put into
words is repeated as it is written. The hint looks at the event: a name that is missing but has a close relative, a number sent as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from router.filters.nodes import And, Call, Comparison, Field, Literal, Node, Not, Or, StringList, Sub, children, walk
from router.filters.parser import parse
from router.filters.problem import FilterSyntaxError
from router.syntax.nearest import nearest

__all__ = ["hint", "wanted"]

_WORDS: Final = {
    "==": "equal to",
    "!=": "anything but",
    "<": "a number below",
    "<=": "a number of at most",
    ">": "a number above",
    ">=": "a number of at least",
}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE: Final = {"==": "!=", "!=": "=="}
_FUNCTIONS: Final = {
    "starts_with": "a text that starts with",
    "ends_with": "a text that ends with",
    "prefix": "a text that starts with",
    "suffix": "a text that ends with",
    "glob": "a text like",
    "cidr": "an IP address in",
    "any_in": "one of, or an array with one of,",
}


def wanted(condition: str) -> str:
    """Return what would make a condition true, as `data.total: a number above 1000`."""
    return _sentence(parse(condition), condition, holds=True)


def _sentence(node: Node, text: str, *, holds: bool) -> str:
    match node:
        case Not():
            return _sentence(node.operand, text, holds=not holds)
        case Or() | And():
            glue = " or " if isinstance(node, Or) == holds else " and "
            return glue.join(_sentence(term, text, holds=holds) for term in node.terms)
        case Comparison():
            return _comparison(node, text, holds=holds)
        case Call():
            return _call(node, text, holds=holds)
        case _:
            written = _written(node, text)
            return f"{written}: {_TRUE if holds else _FALSE}"


_TRUE: Final = "a true value (not null, false, '', [] or {})"
_FALSE: Final = "null, false, '', [], {} or missing"


def _comparison(node: Comparison, text: str, *, holds: bool) -> str:
    operator, left, right = node.operator, node.left, node.right
    if isinstance(left, Literal) and not isinstance(right, Literal):
        operator, left, right = _TURNED[operator], right, left
    if not holds and operator in _OPPOSITE:
        operator, holds = _OPPOSITE[operator], True
    value = _value(right, text)
    if operator == "!=" and value == "null":
        return f"{_written(left, text)}: any value, not missing"
    if operator == "==" and value == "null":
        return f"{_written(left, text)}: null or missing"
    words = f"{_WORDS[operator]} {value}"
    return f"{_written(left, text)}: {words if holds else 'not ' + words}"


def _call(node: Call, text: str, *, holds: bool) -> str:
    negation = "" if holds else "not "
    arguments = node.arguments
    if node.name == "contains" and isinstance(arguments[0], StringList | Literal):
        return f"{_written(arguments[1], text)}: {negation}one of {_value(arguments[0], text)}"
    if node.name == "contains":
        place = _written(arguments[0], text)
        return f"{place}: {negation}an array or text with {_value(arguments[1], text)} in it"
    if node.name in _FUNCTIONS and len(arguments) > 1:
        place = _written(arguments[0], text)
        return f"{place}: {negation}{_FUNCTIONS[node.name]} {_value(arguments[1], text)}"
    return f"{_written(node, text)}: {_TRUE if holds else _FALSE}"


def _written(node: Node, text: str) -> str:
    written = text[node.start : node.end]
    if written.startswith("(") and written.endswith(")") and not isinstance(node, Call):
        inner = written[1:-1]
        try:
            parse(inner)
        except FilterSyntaxError:
            return written
        return inner
    return written


def _value(node: Node, text: str) -> str:
    if isinstance(node, Literal):
        return json.dumps(node.value, ensure_ascii=False)
    if isinstance(node, StringList):
        return ", ".join(json.dumps(value, ensure_ascii=False) for value in node.values)
    return f"the value of {_written(node, text)}"


def hint(condition: str, document: Mapping[str, Any]) -> str | None:
    """Return the likely mistake behind a condition that does not hold: a misspelt name, or a value of the wrong type. None: nothing strikes."""
    tree = parse(condition)
    for node in walk(tree):
        if isinstance(node, Comparison):
            found = _type_hint(node, condition, document)
            if found is not None:
                return found
    for path in _paths(tree):
        found = _name_hint(path, document)
        if found is not None:
            return found
    return None


def _paths(node: Node) -> Iterator[tuple[str, ...]]:
    """Yield the plain paths in an expression that start at the event, whole ones only."""
    path = _path(node)
    if path is not None:
        yield path
        return
    # To the right of a dot or inside brackets names belong to something else than the event.
    for child in children(node)[:1] if not isinstance(node, _OPERATORS) else children(node):
        yield from _paths(child)


_OPERATORS: Final = (And, Or, Not, Comparison, Call)


def _path(node: Node) -> tuple[str, ...] | None:
    """Return the names of a plain path such as data.customer.id; None for anything else."""
    if isinstance(node, Field):
        return (node.name,)
    if isinstance(node, Sub):
        left, right = _path(node.left), _path(node.right)
        return None if left is None or right is None else (*left, *right)
    return None


def _at(path: tuple[str, ...], document: Any) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _type_hint(node: Comparison, text: str, document: Mapping[str, Any]) -> str | None:
    for side, other in ((node.left, node.right), (node.right, node.left)):
        path = _path(side)
        if path is None or not isinstance(other, Literal):
            continue
        value, wanted_value = _at(path, document), other.value
        place = _written(side, text)
        if isinstance(value, str) and isinstance(wanted_value, int | float):
            return f"{place} is text in this event ({json.dumps(value)}), the filter compares it with {json.dumps(wanted_value)}"
        if isinstance(wanted_value, str) and isinstance(value, int | float):
            return f"{place} is {json.dumps(value)} in this event, no text; the filter compares it with {json.dumps(wanted_value)}"
        if isinstance(value, str) and isinstance(wanted_value, str) and _is_same_but_for_case(value, wanted_value):
            return f"{place} differs from {json.dumps(wanted_value)} in case or spaces only"
    return None


def _is_same_but_for_case(one: str, other: str) -> bool:
    return one != other and one.strip().lower() == other.strip().lower()


def _name_hint(path: tuple[str, ...], document: Mapping[str, Any]) -> str | None:
    for length in range(len(path)):
        parent = _at(path[:length], document)
        if not isinstance(parent, Mapping):
            return None
        if path[length] in parent:
            continue
        place = ".".join(path[:length])
        close = nearest(path[length], [name for name in parent if isinstance(name, str)])
        if close is not None:
            return f"the event has no `{'.'.join(path[: length + 1])}`; it has `{place + '.' if place else ''}{close}`"
        if length == 0 and "data" not in path[:1] and path[0] in (document.get("data") or {}):
            return f"the event has no attribute `{path[0]}`; its payload has `data.{path[0]}`"
        return None
    return None
