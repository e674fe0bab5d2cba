"""Needs: which parts of an event an expression can look at.

The expression is followed with a place in the event where Python code would follow it with a value. A place is *whole* when anything
about its value may count: it is compared, handed to a function, tested for truth or returned. Otherwise only what is named below it
counts, and whether it is null, an object or an array. An event without the parts that are not needed gives every expression that was
followed the same result, and the same failure.
"""

from __future__ import annotations

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
    children,
)

__all__ = ["Need", "add_truth"]


class Need:
    """What is needed of a place: all of it, or some members when it is an object and something of each item when it is an array."""

    __slots__ = ("items", "members", "whole")

    def __init__(self) -> None:
        self.whole = False
        self.members: dict[str, Need] = {}
        self.items: Need | None = None

    def member(self, name: str) -> Need:
        """Return the place below a name."""
        return self.members.setdefault(name, Need())

    def item(self) -> Need:
        """Return the place that stands for every item."""
        if self.items is None:
            self.items = Need()
        return self.items


def add_truth(node: Node, at: Need | None) -> None:
    """Add what is needed to say whether an expression is true, applied to a place; None is a place needed whole already."""
    match node:
        case And() | Or() | Not():
            for operand in children(node):
                add_truth(operand, at)
        case (
            Projection() | FilterProjection()
        ):  # true when it has an element: what that is does not matter, unless it is null
            _elements(node, at)
        case _:
            _add_value(node, at)


def _add_value(node: Node, at: Need | None) -> None:
    """Add what is needed to know an expression's value entirely."""
    place = _followed(node, at)
    if place is not None:
        place.whole = True


def _followed(node: Node, at: Need | None) -> Need | None:
    """Return the place an expression leads to; None when its value is no place of the event, or is needed whole already."""
    match node:
        case Current():
            return at
        case Field():
            return None if at is None else at.member(node.name)
        case Sub() | Pipe():
            return _followed(node.right, _followed(node.left, at))
        case Index():
            array = _followed(node.left, at)
            return None if array is None else array.item()
        case Slice():
            return _followed(node.left, at)
        case Projection() | FilterProjection():
            element = _elements(node, at)
            if element is not None:
                element.whole = True
            return None
        case Literal() | StringList():
            return None
        case Flatten() | ValueProjection():
            # Whatever is applied to the values afterwards only sees what is needed whole already.
            _add_value(node.left, at)
            return None
        case And() | Or() | Not() | Comparison() | Call() | MultiSelectList() | MultiSelectHash():
            for part in children(node):
                # `&expression` is applied to elements of another argument, and all arguments are needed whole.
                if not isinstance(part, ExpressionArgument):
                    _add_value(part, at)
            return None
        case _:
            raise AssertionError(node)


def _elements(node: Projection | FilterProjection, at: Need | None) -> Need | None:
    """Follow a projection; return the place of its elements, of which as yet only null or not null is needed."""
    array = _followed(node.left, at)
    item = None if array is None else array.item()
    if isinstance(node, FilterProjection):
        add_truth(node.condition, item)
    return _followed(node.right, item)
