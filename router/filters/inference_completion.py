"""Completion: what may be written at a place in a filter. For editors; the expression is usually unfinished.

The text before the place is cut down to the path that is being written, and everything the path is relative to (`[?`, `|`, `.{`) is followed
from the outside in, so that the rest of the expression need not parse.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from router.filters.inference import Inference
from router.filters.inference_report import phrase, quoted, written
from router.filters.inference_scope import Scope
from router.filters.inference_tree import rebased
from router.filters.nodes import Field, Index, Node, Projection, Sub
from router.filters.parser import parse
from router.filters.problem import FilterSyntaxError
from router.filters.signatures import SIGNATURES
from router.shapes import Kind, Shape

__all__ = ["Candidate", "fields_at", "shape_at"]

_NAME: Final = re.compile(r'"[^"]*"?$|[A-Za-z_][A-Za-z0-9_]*$')
_PATH: Final = re.compile(r"(?:[\w\"@\-]+|\[[^\[\]?]*\]|\.|\*)+$")
_COMPARED: Final = re.compile(r"(?:==|!=)\s*('[^']*)?$")
_LISTED: Final = re.compile(r"\[\s*(?:'[^']*'\s*,\s*)*('[^']*)?$")
_VALUES_MAX: Final = 100


class Candidate(msgspec.Struct, frozen=True):
    """Something that may be written: the text, what it is (`field`, `value` or `function`), and its type in words."""

    text: str
    kind: str
    detail: str


def fields_at(expression: str, offset: int, event: Shape) -> list[Candidate]:
    """Return what may be written at `offset` (code points), what the schema names first; a name begun there is not regarded.

    Fields after a dot or where a path begins, there with functions; the possible constants after `==`, `!=` and in `contains([…`.
    """
    before = expression[:offset]
    compared = _COMPARED.search(before)
    if compared is not None:
        subject = _PATH.search(before[: compared.start()].rstrip())
        shape = _shape_of(before[: subject.start()], subject[0], event) if subject is not None else None
        return _values(shape) if shape is not None else []
    listed = _LISTED.search(before)
    if listed is not None:
        inside = re.match(r"[^\]]*\]\s*,\s*([\w.\"]+)", expression[offset:])
        shape = _shape_of(before[: listed.start()], inside[1], event) if inside is not None else None
        if shape is not None:
            return _values(shape)
    if before.count("'") % 2 or before.count("`") % 2:
        return []
    begun = _NAME.search(before)
    stem = before[: begun.start()] if begun is not None else before
    if stem.endswith("."):
        path = _PATH.search(stem[:-1])
        shape = _shape_of(stem[: path.start()], path[0], event) if path is not None else None
        return _fields(shape) if shape is not None else []
    here = _context(stem, event)
    return ([] if here is None else _fields(here)) + _functions()


def shape_at(expression: str, offset: int, event: Shape) -> tuple[str, Shape] | None:
    """Return the path that stands at `offset`, up to the name there, and its shape; None where no field stands."""
    after = re.match(r'[A-Za-z0-9_]*"?', expression[offset:])
    end = offset + (after.end() if after is not None else 0)
    path = _PATH.search(expression[:end])
    if path is None or not _NAME.search(path[0]) or expression[end : end + 1] == "(":
        return None
    shape = _shape_of(expression[: path.start()], path[0], event)
    return None if shape is None else (path[0], shape)


def _shape_of(before: str, path: str, event: Shape) -> Shape | None:
    """Return the shape of a path that follows some text; an array stands for its elements where the path ends in a projection."""
    here = _context(before, event)
    if here is None:
        return None
    try:
        tree = rebased(parse(path))
    except FilterSyntaxError:
        return None
    found = Inference(path).quiet(tree, Scope(here, is_event=here is event))
    return found.element() if _is_projected(tree) else found


def _is_projected(node: Node) -> bool:
    while isinstance(node, Sub | Index):
        node = node.left
    return isinstance(node, Projection) and not isinstance(node, Field)


def _context(before: str, event: Shape) -> Shape | None:
    """Return the shape of the value that names refer to behind some text: the event, or the element of the innermost open `[?`."""
    opened = _open_filter(before)
    if opened is None:
        return event
    outer = before[:opened]
    path = _PATH.search(outer)
    if path is None:
        return None
    holder = _shape_of(outer[: path.start()], path[0], event)
    return holder.element() if holder is not None and holder.kinds & Kind.ARRAY else holder


def _open_filter(text: str) -> int | None:
    """Return where the innermost `[?` that is not closed begins."""
    stack: list[tuple[int, bool]] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character in "'`\"":
            end = text.find(character, position + 1)
            position = len(text) if end < 0 else end
        elif character == "[":
            stack.append((position, text[position + 1 : position + 2] == "?"))
        elif character == "]" and stack:
            stack.pop()
        position += 1
    return next((start for start, is_filter in reversed(stack) if is_filter), None)


def _fields(shape: Shape) -> list[Candidate]:
    return [Candidate(quoted(name), "field", phrase(shape.field(name))) for name in shape.names]


def _values(shape: Shape) -> list[Candidate]:
    if shape.is_unknown:
        return []
    texts = shape.text.values if shape.kinds & Kind.STRING else None
    found = [Candidate(written(value), "value", "string") for value in sorted(texts or ())[:_VALUES_MAX]]
    if shape.kinds & (Kind.TRUE | Kind.FALSE):
        found += [Candidate("`true`", "value", "boolean"), Candidate("`false`", "value", "boolean")]
    return found


def _functions() -> list[Candidate]:
    return [Candidate(name, "function", f"takes {signature.arity}") for name, signature in SIGNATURES.items()]
