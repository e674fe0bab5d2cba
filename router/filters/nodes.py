"""Nodes: the syntax tree of an expression, each node with its place.

The parser makes them; the code generator, the checks, the index builder and the type checker read them. A tree is immutable and is
dropped once its code exists. `start` and `end` are offsets in code points into the expression, the end exclusive.

The shapes follow the JMESPath grammar with three simplifications: chains of `&&` and of `||` are one node each, so that 1,500 terms
are not 1,500 levels; a list of plain strings (`['DE', 'FR']`) is one StringList; every postfix operator names its base, which is
Current where none is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final

import msgspec

__all__ = [
    "And",
    "Call",
    "Comparison",
    "Current",
    "ExpressionArgument",
    "Field",
    "FilterProjection",
    "Flatten",
    "Index",
    "Literal",
    "MultiSelectHash",
    "MultiSelectList",
    "Node",
    "Not",
    "Or",
    "Pipe",
    "Projection",
    "Slice",
    "StringList",
    "Sub",
    "ValueProjection",
    "children",
    "depth",
    "walk",
]


class Node(msgspec.Struct, frozen=True):
    """Base of every node."""

    start: int
    end: int


class Current(Node, frozen=True, tag=True):
    """The value the expression is applied to: `@`, or a base that is not written (then start equals end)."""


class Field(Node, frozen=True, tag=True):
    """A member of an object: null for anything else, or when absent."""

    name: str
    quoted: bool = False


class Literal(Node, frozen=True, tag=True):
    """A JSON literal or raw string. `slot` numbers the constant among those that can vary between filters of one shape; None: fixed."""

    value: Any
    slot: int | None = None


class StringList(Node, frozen=True, tag=True):
    """A multi-select list of string constants only. Null where the current value is null, as every multi-select list."""

    values: tuple[str, ...]
    slot: int


class Sub(Node, frozen=True, tag=True):
    """`left.right`: right applied to the value of left, also when that is null."""

    left: Node
    right: Node


class Pipe(Node, frozen=True, tag=True):
    """`left | right`: as Sub, but ends a projection."""

    left: Node
    right: Node


class Index(Node, frozen=True, tag=True):
    """`left[index]` of an array, negative from its end; null for anything else."""

    left: Node
    index: int


class Slice(Node, frozen=True, tag=True):
    """`left[first:last:step]` of an array; null for anything else. Always the base of a Projection."""

    left: Node
    first: int | None
    last: int | None
    step: int | None


class Flatten(Node, frozen=True, tag=True):
    """`left[]`: one level of arrays merged; null unless an array. Always the base of a Projection."""

    left: Node


class Projection(Node, frozen=True, tag=True):
    """`right` applied to each element of the array `left`, nulls dropped; null unless an array."""

    left: Node
    right: Node


class ValueProjection(Node, frozen=True, tag=True):
    """`left.*`: `right` applied to each member's value of the object `left`, nulls dropped; null unless an object."""

    left: Node
    right: Node


class FilterProjection(Node, frozen=True, tag=True):
    """`left[?condition]`: as Projection, over the elements for which the condition is true."""

    left: Node
    condition: Node
    right: Node


class Comparison(Node, frozen=True, tag=True):
    """`left operator right`, the operator one of == != < <= > >=."""

    operator: str
    left: Node
    right: Node


class And(Node, frozen=True, tag=True):
    """`a && b && …`: the first operand that is false, otherwise the last."""

    terms: tuple[Node, ...]


class Or(Node, frozen=True, tag=True):
    """`a || b || …`: the first operand that is true, otherwise the last."""

    terms: tuple[Node, ...]


class Not(Node, frozen=True, tag=True):
    """`!operand`. It binds tighter than a dot, see the check RT308."""

    operand: Node


class MultiSelectList(Node, frozen=True, tag=True):
    """`[a, b]`: an array of the values; null where the current value is null."""

    items: tuple[Node, ...]


class MultiSelectHash(Node, frozen=True, tag=True):
    """`{k: a, l: b}`: an object of the values; null where the current value is null."""

    pairs: tuple[tuple[str, Node], ...]


class Call(Node, frozen=True, tag=True):
    """`name(arguments)`; `name_end` is where the name ends."""

    name: str
    arguments: tuple[Node, ...]
    name_end: int


class ExpressionArgument(Node, frozen=True, tag=True):
    """`&expression`, an argument such as sort_by takes."""

    expression: Node


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct sub-expressions of a node, in the order they are written."""
    return _CHILDREN[type(node)](node)


def _sides(node: Any) -> tuple[Node, ...]:
    return (node.left, node.right)


def _left(node: Any) -> tuple[Node, ...]:
    return (node.left,)


def _none(_: Any) -> tuple[Node, ...]:
    return ()


_CHILDREN: Final[dict[type[Node], Callable[[Any], tuple[Node, ...]]]] = {
    Current: _none,
    Field: _none,
    Literal: _none,
    StringList: _none,
    Sub: _sides,
    Pipe: _sides,
    Projection: _sides,
    ValueProjection: _sides,
    Comparison: _sides,
    And: attrgetter("terms"),
    Or: attrgetter("terms"),
    FilterProjection: attrgetter("left", "condition", "right"),
    Call: attrgetter("arguments"),
    Index: _left,
    Slice: _left,
    Flatten: _left,
    Not: lambda node: (node.operand,),
    ExpressionArgument: lambda node: (node.expression,),
    MultiSelectList: attrgetter("items"),
    MultiSelectHash: lambda node: tuple(value for _, value in node.pairs),
}
"""By type: a walk asks for every node there is."""


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, parents first, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        below = children(current)
        if below:
            stack.extend(reversed(below))


def depth(node: Node) -> int:
    """Return how many nodes the longest way down has, without recursion."""
    deepest = 0
    stack = [(node, 1)]
    while stack:
        current, level = stack.pop()
        deepest = max(deepest, level)
        stack.extend((child, level + 1) for child in children(current))
    return deepest
