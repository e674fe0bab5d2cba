"""Operators: what `+ - * / // %`, `~`, comparisons, `in`, `[…]` and `for` mean, on JSON values only.

They do less than Python's. `*` and `%` are for numbers (Python would repeat and format strings: a billion bytes from ten characters), `+` is
for two numbers, two strings or two lists. A boolean is no number. Each spends what it costs before it does it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from router.transforms.budget import MISSING, Budget, plain, weigh
from router.transforms.limits import INTEGER_MAX, INTEGER_MIN, TEXT_PER_STEP
from router.transforms.problem import Fault, kind_of

__all__ = [
    "add",
    "concat",
    "dig",
    "divide",
    "each",
    "equal",
    "field",
    "floor_divide",
    "greater",
    "greater_equal",
    "item",
    "key",
    "known",
    "less",
    "less_equal",
    "modulo",
    "multiply",
    "negative",
    "number",
    "piece",
    "positive",
    "present",
    "slice_of",
    "subtract",
    "unequal",
    "unpack",
    "within",
]

_CONTAINERS = (dict, list)


# -- arithmetic


def number(value: int | float) -> int | float:
    """Pass a number that JSON can hold: finite, and an integer of at most 64 bits."""
    if type(value) is float:
        if not math.isfinite(value):
            raise Fault("the result is no finite number")
    elif not INTEGER_MIN <= value <= INTEGER_MAX:
        raise Fault("the result needs more than 64 bits")
    return value


def _operands(symbol: str, left: Any, right: Any) -> None:
    for value in (left, right):
        if type(value) is not int and type(value) is not float:
            hint = "; put texts together with `~`" if symbol == "+" else ""
            raise Fault(f"`{symbol}` cannot be applied to {kind_of(value)}{hint}")


def add(budget: Budget, left: Any, right: Any) -> Any:
    """Add two numbers, or join two strings or two lists."""
    if type(left) is str and type(right) is str:
        budget.spend_text(len(left) + len(right))
        return left + right
    if type(left) is list and type(right) is list:
        budget.spend(len(left) + len(right))
        return left + right
    _operands("+", left, right)
    return number(left + right)


def subtract(left: Any, right: Any) -> Any:
    """Subtract numbers."""
    _operands("-", left, right)
    return number(left - right)


def multiply(left: Any, right: Any) -> Any:
    """Multiply numbers."""
    _operands("*", left, right)
    return number(left * right)


def divide(left: Any, right: Any) -> Any:
    """Divide numbers; always a float."""
    _operands("/", left, right)
    _not_zero(right)
    return number(left / right)


def floor_divide(left: Any, right: Any) -> Any:
    """Divide numbers and round down."""
    _operands("//", left, right)
    _not_zero(right)
    return number(left // right)


def modulo(left: Any, right: Any) -> Any:
    """Return the remainder, with the sign of the divisor as in Python."""
    _operands("%", left, right)
    _not_zero(right)
    return number(left % right)


def _not_zero(value: int | float) -> None:
    if value == 0:
        raise Fault("divides by zero")


def negative(value: Any) -> Any:
    """Negate a number."""
    _operands("-", value, value)
    return number(-value)


def positive(value: Any) -> Any:
    """Pass a number."""
    _operands("+", value, value)
    return value


def concat(budget: Budget, values: Sequence[Any]) -> str:
    """Join the texts of values (`~`)."""
    texts = [plain(budget, value) for value in values]
    budget.spend_text(sum(map(len, texts)))
    return "".join(texts)


# -- comparison


def _compare_cost(budget: Budget, left: Any, right: Any) -> None:
    kind = type(left)
    if kind is not type(right) or left is right:
        return
    if kind is str:
        if len(left) == len(right):
            budget.spend(len(left) // TEXT_PER_STEP)
    elif kind in _CONTAINERS and len(left) == len(right):
        weigh(budget, left)


def equal(budget: Budget, left: Any, right: Any) -> bool:
    """Compare any two values."""
    _compare_cost(budget, left, right)
    return bool(left == right)


def unequal(budget: Budget, left: Any, right: Any) -> bool:
    """Compare any two values."""
    return not equal(budget, left, right)


def _ordered(budget: Budget, left: Any, right: Any) -> None:
    if type(left) is str and type(right) is str:
        budget.spend(min(len(left), len(right)) // TEXT_PER_STEP)
        return
    for value in (left, right):
        if type(value) is not int and type(value) is not float:
            raise Fault(f"{kind_of(left)} and {kind_of(right)} have no order")


def less(budget: Budget, left: Any, right: Any) -> bool:
    """Compare two numbers or two strings."""
    _ordered(budget, left, right)
    return bool(left < right)


def less_equal(budget: Budget, left: Any, right: Any) -> bool:
    """Compare two numbers or two strings."""
    _ordered(budget, left, right)
    return bool(left <= right)


def greater(budget: Budget, left: Any, right: Any) -> bool:
    """Compare two numbers or two strings."""
    _ordered(budget, left, right)
    return bool(left > right)


def greater_equal(budget: Budget, left: Any, right: Any) -> bool:
    """Compare two numbers or two strings."""
    _ordered(budget, left, right)
    return bool(left >= right)


def within(budget: Budget, value: Any, container: Any) -> bool:
    """Say whether a list holds a value, an object a member name, or a string another."""
    if type(container) is str:
        if type(value) is not str:
            raise Fault(f"a string cannot hold {kind_of(value)}")
        budget.spend(1 + len(container) // TEXT_PER_STEP)
        return value in container
    if type(container) is dict:
        return type(value) is str and value in container
    if type(container) is not list:
        raise Fault(f"`in` needs a list, an object or a string on its right, not {kind_of(container)}")
    budget.spend(1 + len(container))
    if type(value) in _CONTAINERS or (type(value) is str and len(value) > TEXT_PER_STEP):
        weigh(budget, container)
    return value in container


# -- access


def dig(value: Any, *keys: str | int) -> Any:
    """Follow member names and indexes; MISSING when the way ends early."""
    try:
        for step in keys:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return MISSING
    return value


def field(value: Any, step: str | int) -> Any:
    """Return one member of a computed value."""
    found = dig(value, step)
    if found is MISSING:
        raise Fault(f"{kind_of(value)} without `{step}`" if type(value) in _CONTAINERS else f"is {kind_of(value)}")
    return found


def item(value: Any, index: Any) -> Any:
    """Return the member that a computed name or index names; MISSING when there is none."""
    kind = type(index)
    if kind is not (str if type(value) is dict else int):
        if type(value) is dict or type(value) is list or type(value) is str:
            raise Fault(f"{kind_of(value)} cannot be indexed with {kind_of(index)}")
        return MISSING
    return dig(value, index)


def slice_of(budget: Budget, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """Return a part of a list or string."""
    if type(value) is not list and type(value) is not str:
        raise Fault(f"only a list or a string has slices, not {kind_of(value)}")
    for bound in (start, stop, step):
        if bound is not None and type(bound) is not int:
            raise Fault(f"a slice is written with integers, not {kind_of(bound)}")
    if step == 0:
        raise Fault("a slice cannot have the step 0")
    found = value[start:stop:step]
    budget.spend(1 + (len(found) // TEXT_PER_STEP if type(found) is str else len(found)))
    return found


def present(value: Any) -> Any:
    """Pass a value that is there."""
    if value is MISSING:
        raise Fault("there is no such value; say what to use instead with `| default(…)`")
    return value


def known(value: Any, name: str) -> Any:
    """Pass a variable that has been set."""
    if value is MISSING:
        raise Fault(f"`{name}` has not been set here")
    return value


def key(value: Any) -> str:
    """Pass the name of a member that a template writes."""
    if type(value) is not str:
        raise Fault(f"the name of a member must be a string, not {kind_of(value)}")
    return value


# -- loops


def each(budget: Budget, value: Any, cost: int) -> list[Any]:
    """Return what a loop visits: the items of a list, the names of an object. Spends the whole loop at once, `cost` steps a turn."""
    if type(value) is dict:
        value = list(value)
    elif type(value) is not list:
        hint = "; loop over its characters with `| list`" if type(value) is str else ""
        raise Fault(f"a loop needs a list or an object, not {kind_of(value)}{hint}")
    budget.spend(len(value) * cost)
    return value  # type: ignore[no-any-return]


def unpack(value: Any, count: int) -> list[Any]:
    """Return the parts of an item that a loop takes apart, as in `for name, value in data.labels | items`."""
    if type(value) is not list or len(value) != count:
        raise Fault(
            f"the loop takes {count} parts from each item, and one has not so many; for an object write `| items`"
        )
    return value


def piece(budget: Budget, value: Any) -> str:
    """Return the text of a value, having spent its length."""
    text = plain(budget, value)
    budget.spend(1 + len(text) // TEXT_PER_STEP)
    return text
