"""Tree: the syntax tree as inference wants it, with every operator's base spelled out.

The parser reads `data.items[0]` as `data` followed by `items[0]`, because brackets bind tighter than dots. It means `data.items` followed
by `[0]`, and only so can a condition on `data.items` be found again. Same value, other shape.
"""

from __future__ import annotations

import msgspec

from router.filters.nodes import (
    And,
    Call,
    Comparison,
    Current,
    ExpressionArgument,
    Field,
    FilterProjection,
    Flatten,
    Index,
    Literal,
    MultiSelectHash,
    MultiSelectList,
    Node,
    Not,
    Or,
    Pipe,
    Projection,
    Slice,
    StringList,
    Sub,
    ValueProjection,
)

__all__ = ["rebased"]


def rebased(node: Node) -> Node:
    """Return a tree of the same meaning in which each postfix operator has all that stands before it as its base."""
    match node:
        case Current() | Field() | Literal() | StringList():
            return node
        case Sub():
            return _attached(rebased(node.left), rebased(node.right))
        case Index() | Slice() | Flatten():
            return msgspec.structs.replace(node, left=rebased(node.left))
        case FilterProjection():
            left, condition, right = rebased(node.left), rebased(node.condition), rebased(node.right)
            return FilterProjection(node.start, node.end, left, condition, right)
        case Pipe() | Projection() | ValueProjection() | Comparison():
            return msgspec.structs.replace(node, left=rebased(node.left), right=rebased(node.right))
        case And() | Or():
            return msgspec.structs.replace(node, terms=tuple(rebased(term) for term in node.terms))
        case Not():
            return msgspec.structs.replace(node, operand=rebased(node.operand))
        case Call():
            return msgspec.structs.replace(node, arguments=tuple(rebased(argument) for argument in node.arguments))
        case ExpressionArgument():
            return msgspec.structs.replace(node, expression=rebased(node.expression))
        case MultiSelectList():
            return msgspec.structs.replace(node, items=tuple(rebased(item) for item in node.items))
        case MultiSelectHash():
            return msgspec.structs.replace(node, pairs=tuple((name, rebased(value)) for name, value in node.pairs))
    return node


def _attached(left: Node, right: Node) -> Node:
    """Return `right` applied to `left`, with `left` as the innermost base of `right`."""
    match right:
        case Current():
            return left
        case Sub():
            return Sub(left.start, right.end, _attached(left, right.left), right.right)
        case Index() | Slice() | Flatten() | Projection() | ValueProjection() | FilterProjection():
            return msgspec.structs.replace(right, start=left.start, left=_attached(left, right.left))
    return Sub(left.start, right.end, left, right)
