"""Expressions: what the cursor is on inside a JMESPath filter, and what could stand there.

    expression, cursor, root shape ─ mark, close, parse ─ walk with the shape of `@` at each step ─► Spot

The part before the cursor gets a made-up field at its end and its open brackets closed, so it parses however unfinished it is. Walking the
parsed filter with the shape of the current value (elements inside a projection, the result of the left side after a pipe) finds that
field again, and with it the value whose fields are wanted. Findings are not made here; unknown shapes complete to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from router.filters.nodes import (
    Call,
    Comparison,
    Current,
    ExpressionArgument,
    Field,
    FilterProjection,
    Flatten,
    Index,
    Literal,
    Node,
    Pipe,
    Projection,
    Slice,
    Sub,
    ValueProjection,
    children,
)
from router.filters.parser import parse
from router.filters.problem import FilterSyntaxError
from router.filters.signatures import SIGNATURES
from router.shapes import UNKNOWN, Shape, array_of

__all__ = ["Spot", "call_at", "field_at", "signature_text", "spot_in"]

_MARK = "cursor0mark"
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z|\Z")
_CLOSING = {"(": ")", "[": "]", "{": "}"}

_Visit = Callable[[Node, Shape], None]


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """What may be written at a cursor: fields of `scope`; functions too unless `is_member`; or one of `values` inside a text."""

    scope: Shape
    word: str
    is_member: bool
    values: tuple[Any, ...] = ()
    is_text: bool = False


def spot_in(before: str, root: Shape) -> Spot | None:
    """Return what may be written after `before`, the beginning of an expression; None inside a literal or where nothing parses."""
    quote, closers = _open(before)
    if quote == "`" or quote == '"':
        return None
    if quote == "'":
        start = before.rindex("'")
        return _text_spot(before[: start + 1] + _MARK + "'" + closers, before[start + 1 :], root)
    found = _WORD.search(before)
    word = found[0] if found is not None else ""
    stem = before[: len(before) - len(word)]
    scopes: list[Shape] = []

    def visit(node: Node, scope: Shape) -> None:
        if isinstance(node, Field) and node.name == _MARK:
            scopes.append(scope)

    if not _walked(stem + _MARK + closers, root, visit) or not scopes:
        return None
    return Spot(scope=scopes[0], word=word, is_member=stem.rstrip().endswith("."))


def _text_spot(expression: str, word: str, root: Shape) -> Spot | None:
    found: list[Shape] = []

    def visit(node: Node, scope: Shape) -> None:
        sides: tuple[Node, ...] = ()
        if isinstance(node, Comparison):
            sides = (node.left, node.right)
        elif isinstance(node, Call) and len(node.arguments) == 2:
            sides = node.arguments
        if any(_has_mark(side) for side in sides):
            found.extend(_shape(side, scope, lambda *_: None) for side in sides if not _has_mark(side))

    if not _walked(expression, root, visit):
        return None
    values = [value for shape in found for one in (shape, shape.element()) for value in one.values() or ()]
    texts = tuple(dict.fromkeys(value for value in values if isinstance(value, str)))
    return Spot(scope=UNKNOWN, word=word, is_member=True, values=texts, is_text=True)


def _has_mark(node: Node) -> bool:
    if isinstance(node, Literal):
        return bool(node.value == _MARK)
    values = getattr(node, "values", ())
    return _MARK in values or any(_has_mark(child) for child in children(node))


def field_at(expression: str, at: int, root: Shape) -> tuple[Field, Shape] | None:
    """Return the field that the code point `at` is in, and the shape of its value."""
    found: list[tuple[Field, Shape]] = []

    def visit(node: Node, scope: Shape) -> None:
        if isinstance(node, Field) and node.start <= at <= node.end:
            found.append((node, scope.field(node.name)))

    _walked(expression, root, visit)
    return found[0] if found else None


def call_at(expression: str, at: int) -> str | None:
    """Return the function whose name the code point `at` is in."""
    for found in re.finditer(r"[a-z_][a-z0-9_]*(?=\s*\()", expression):
        if found.start() <= at <= found.end() and found[0] in SIGNATURES:
            return found[0]
    return None


def signature_text(name: str) -> str:
    """Return a function as it is called: `contains(array|string, any)`."""
    signature = SIGNATURES[name]
    shown = ["|".join(parameter.types) or "any" for parameter in signature.parameters]
    return f"{name}({', '.join(shown)}{', …' if signature.variadic else ''})"


def _open(text: str) -> tuple[str, str]:
    """Return the quote that is open at the end, and what closes the open brackets."""
    brackets: list[str] = []
    quote = ""
    escaped = False
    for character in text:
        if quote:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
        elif character in "'\"`":
            quote = character
        elif character in _CLOSING:
            brackets.append(_CLOSING[character])
        elif brackets and character == brackets[-1]:
            brackets.pop()
    return quote, "".join(reversed(brackets))


def _walked(expression: str, root: Shape, visit: _Visit) -> bool:
    try:
        node = parse(expression)
    except FilterSyntaxError:
        return False
    _shape(node, root, visit)
    return True


def _shape(node: Node, scope: Shape, visit: _Visit) -> Shape:
    """Return the shape of a node's value where `@` has the shape `scope`; visit every node on the way."""
    visit(node, scope)
    match node:
        case Current():
            return scope
        case Field():
            return scope.field(node.name)
        case Sub() | Pipe():
            return _shape(node.right, _shape(node.left, scope, visit), visit)
        case Index():
            return _shape(node.left, scope, visit).element()
        case Slice():
            return _shape(node.left, scope, visit)
        case Flatten():
            inner = _shape(node.left, scope, visit)
            element = inner.element()
            return element if not element.element().is_never else inner
        case Projection():
            return array_of(_shape(node.right, _shape(node.left, scope, visit).element(), visit))
        case ValueProjection():
            return array_of(_shape(node.right, _shape(node.left, scope, visit).member(), visit))
        case FilterProjection():
            element = _shape(node.left, scope, visit).element()
            _shape(node.condition, element, visit)
            return array_of(_shape(node.right, element, visit))
        case Call():
            return _call(node, scope, visit)
        case _:
            for child in children(node):
                _shape(child, scope, visit)
            return UNKNOWN


def _call(node: Call, scope: Shape, visit: _Visit) -> Shape:
    plain = [argument for argument in node.arguments if not isinstance(argument, ExpressionArgument)]
    shapes = [_shape(argument, scope, visit) for argument in plain]
    element = shapes[0].element() if shapes else UNKNOWN
    for argument in node.arguments:
        if isinstance(argument, ExpressionArgument):
            _shape(argument.expression, element, visit)
    match node.name:
        case "sort" | "sort_by" | "reverse" | "not_null" | "merge" if shapes:
            return shapes[0]
        case "max" | "min" | "max_by" | "min_by":
            return element
        case _:
            return UNKNOWN
