"""Predicates: what `is …` asks, and what `select` and its like apply to items.

One function a test, budget first, value second. They see values that are there; what is missing passes `undefined` only, and the callers
see to that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from router.transforms.budget import Budget
from router.transforms.operators import equal, greater, greater_equal, less, less_equal, unequal, within
from router.transforms.problem import Fault, kind_of

__all__ = ["PREDICATES", "Predicate", "is_undefined"]


class Predicate(NamedTuple):
    """A test and the number of arguments that it takes."""

    function: Callable[..., bool]
    arguments: int = 0


def is_undefined(budget: Budget, value: Any) -> bool:
    """Say that a value is missing, which a value that is there never is."""
    return False


def _is_defined(budget: Budget, value: Any) -> bool:
    return True


def _of(*kinds: type) -> Predicate:
    def matches(budget: Budget, value: Any) -> bool:
        return type(value) in kinds

    return Predicate(matches)


def _is_none(budget: Budget, value: Any) -> bool:
    return value is None


def _is_true(budget: Budget, value: Any) -> bool:
    return value is True


def _is_false(budget: Budget, value: Any) -> bool:
    return value is False


def _integer(name: str, value: Any) -> int:
    if type(value) is not int:
        raise Fault(f"`{name}` needs an integer, not {kind_of(value)}")
    return value


def _is_odd(budget: Budget, value: Any) -> bool:
    return _integer("odd", value) % 2 == 1


def _is_even(budget: Budget, value: Any) -> bool:
    return _integer("even", value) % 2 == 0


def _is_divisible(budget: Budget, value: Any, divisor: Any) -> bool:
    if _integer("divisibleby", divisor) == 0:
        raise Fault("divides by zero")
    return _integer("divisibleby", value) % int(divisor) == 0


def _is_lower(budget: Budget, value: Any) -> bool:
    budget.spend_text(len(value) if type(value) is str else 0)
    return type(value) is str and value.islower()


def _is_upper(budget: Budget, value: Any) -> bool:
    budget.spend_text(len(value) if type(value) is str else 0)
    return type(value) is str and value.isupper()


PREDICATES: dict[str, Predicate] = {
    "defined": Predicate(_is_defined),
    "undefined": Predicate(is_undefined),
    "none": Predicate(_is_none),
    "boolean": _of(bool),
    "true": Predicate(_is_true),
    "false": Predicate(_is_false),
    "integer": _of(int),
    "float": _of(float),
    "number": _of(int, float),
    "string": _of(str),
    "mapping": _of(dict),
    "sequence": _of(list, str, dict),
    "iterable": _of(list, str, dict),
    "lower": Predicate(_is_lower),
    "upper": Predicate(_is_upper),
    "odd": Predicate(_is_odd),
    "even": Predicate(_is_even),
    "divisibleby": Predicate(_is_divisible, 1),
    "in": Predicate(within, 1),
    **dict.fromkeys(("eq", "equalto", "=="), Predicate(equal, 1)),
    **dict.fromkeys(("ne", "!="), Predicate(unequal, 1)),
    **dict.fromkeys(("lt", "lessthan", "<"), Predicate(less, 1)),
    **dict.fromkeys(("le", "<="), Predicate(less_equal, 1)),
    **dict.fromkeys(("gt", "greaterthan", ">"), Predicate(greater, 1)),
    **dict.fromkeys(("ge", ">="), Predicate(greater_equal, 1)),
}
"""Every test, by the name that templates use. In Jinja a boolean is a number too; here it is not, as in JSON."""
