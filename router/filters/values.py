"""Values: what JMESPath means by true, equal and less, on JSON values as Python holds them.

Three places where Python would say otherwise, and all of them decide matches: 0 is true; true is not 1, also inside arrays and
objects; only numbers have an order, and anything else compared by order is null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

__all__ = ["ORDER", "compare", "contains_value", "is_equal", "is_number", "is_true", "type_name"]


def is_true(value: Any) -> bool:
    """Say whether a value is true: all are but null, false, "", [] and {}."""
    return bool(value) or (value is not False and value == 0)


def is_number(value: Any) -> bool:
    """Say whether a value is a JSON number."""
    return type(value) is int or type(value) is float


def is_equal(left: Any, right: Any) -> bool:
    """Say whether two values are equal, of one type all the way down."""
    kind = type(left)
    if kind is list:
        return (
            type(right) is list
            and len(left) == len(right)
            and all(is_equal(a, b) for a, b in zip(left, right, strict=True))
        )
    if kind is dict:
        return (
            type(right) is dict
            and len(left) == len(right)
            and all(name in right and is_equal(value, right[name]) for name, value in left.items())
        )
    if kind is bool or type(right) is bool:
        return left is right
    return bool(left == right)


def contains_value(items: list[Any] | tuple[Any, ...], wanted: Any) -> bool:
    """Say whether an array has an element equal to a value."""
    kind = type(wanted)
    if kind is str or wanted is None:
        return wanted in items
    return any(is_equal(item, wanted) for item in items)


ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(sign: str, left: Any, right: Any) -> bool | None:
    """Return left `sign` right; null when order is asked of anything but two numbers."""
    if sign == "==":
        return is_equal(left, right)
    if sign == "!=":
        return not is_equal(left, right)
    return ORDER[sign](left, right) if is_number(left) and is_number(right) else None


def type_name(value: Any) -> str:
    """Return JMESPath's name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, list) else "object"
