"""Safety: which expressions can fail at run time, told from their text alone.

Only functions fail, and only on arguments of a wrong type. The index needs to know because a filter that fails anywhere does not match
at all: `starts_with(a, 'x') || b == 'y'` without `a` is a failure, not a match by its second half.
"""

from __future__ import annotations

from typing import Final

from router.filters.nodes import (
    Call,
    Comparison,
    ExpressionArgument,
    FilterProjection,
    Literal,
    MultiSelectList,
    Node,
    Not,
    Pipe,
    Projection,
    StringList,
    Sub,
    ValueProjection,
    children,
)
from router.filters.signatures import SIGNATURES, Parameter
from router.filters.values import type_name

__all__ = ["can_fail"]

_RESULT: Final = {"to_string": "string", "type": "string", "to_array": "array"}
"""Functions whose result has one type whatever they are given."""


def can_fail(node: Node, *, root: bool) -> bool:
    """Say whether evaluating may raise FilterError. `root` says that the current value is the event, which is never null."""
    if isinstance(node, Call):
        signature = SIGNATURES[node.name]
        if signature.fails:
            parameters = list(signature.parameters)
            parameters += parameters[-1:] * (len(node.arguments) - len(parameters))
            if not all(map(lambda p, a: _accepts(p, a, root=root), parameters, node.arguments)):
                return True
    if isinstance(node, Sub | Pipe):
        return can_fail(node.left, root=root) or can_fail(node.right, root=False)
    if isinstance(node, Projection | ValueProjection | FilterProjection):
        inner = can_fail(node.right, root=False) or (
            isinstance(node, FilterProjection) and can_fail(node.condition, root=False)
        )
        return inner or can_fail(node.left, root=root)
    if isinstance(node, Call):  # what `&expression` is applied to is an element, which may be null
        return any(can_fail(child, root=root and not isinstance(child, ExpressionArgument)) for child in node.arguments)
    return any(can_fail(child, root=root) for child in children(node))


def _accepts(parameter: Parameter, argument: Node, *, root: bool) -> bool:
    """Say whether the argument's type is certain, and one of the parameter's."""
    if not parameter.types:
        return True
    certain = _certain_type(argument, root=root)
    return certain is not None and certain in parameter.types


def _certain_type(node: Node, *, root: bool) -> str | None:
    match node:
        case Literal():
            return type_name(node.value)
        case StringList() | MultiSelectList():
            return "array" if root else None
        case Comparison() if node.operator in ("==", "!="):
            return "boolean"
        case Not():
            return "boolean"
        case Call():
            return _RESULT.get(node.name)
        case _:
            return None
