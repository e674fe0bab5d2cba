"""Functions: their bodies at run time.

Each takes evaluated arguments (an `&expression` is a Python callable) and returns a JSON value, or raises FilterError with fault
invalid-type. Functions of ours never raise. The number of arguments was checked when the filter was parsed.
"""

from __future__ import annotations

import functools
import json
import math
import socket
from collections.abc import Callable, Container
from typing import Any, Final, NoReturn

from router.filters.paths import branches, leaves
from router.filters.problem import FilterError
from router.filters.values import contains_value, is_equal, is_number, type_name

__all__ = [
    "FUNCTIONS",
    "address_bits",
    "any_string_in",
    "glob_pattern",
    "in_networks",
    "matches_globs",
    "network_bits",
    "wrong_type",
]

Expression = Callable[[Any], Any]


def wrong_type(function: str, value: Any, expected: str) -> NoReturn:
    """Raise the error for an argument of the wrong type. The value itself is not shown: it is the sender's data."""
    raise FilterError(f"{function}() needs {expected}, got {_described(value)}")


def _described(value: Any) -> str:
    if value is None:
        return "null (a missing field is null)"
    if isinstance(value, list):
        return "an array of other values" if value else "an empty array"
    name = type_name(value)
    return f"{'an' if name == 'object' else 'a'} {name}"


def _number(function: str, value: Any) -> Any:
    return value if is_number(value) else wrong_type(function, value, "a number")


def _string(function: str, value: Any) -> str:
    return value if isinstance(value, str) else wrong_type(function, value, "a string")


def _array(function: str, value: Any) -> list[Any]:
    return value if isinstance(value, list) else wrong_type(function, value, "an array")


def _object(function: str, value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else wrong_type(function, value, "an object")


def _numbers(function: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(map(is_number, value)):
        wrong_type(function, value, "an array of numbers")
    return value


def _strings(function: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        wrong_type(function, value, "an array of strings")
    return value


def _ordered(function: str, value: Any) -> list[Any]:
    """Return the array when its elements have an order: all numbers or all strings."""
    if not isinstance(value, list) or not (all(map(is_number, value)) or all(isinstance(item, str) for item in value)):
        wrong_type(function, value, "an array of only numbers or only strings")
    return value


# ---- JMESPath 1.0 -----------------------------------------------------------------------------------------------------------------


def _avg(value: Any) -> Any:
    items = _numbers("avg", value)
    return sum(items) / len(items) if items else None


def _contains(subject: Any, wanted: Any) -> bool:
    if isinstance(subject, str):
        return isinstance(wanted, str) and wanted in subject
    if not isinstance(subject, list):
        wrong_type("contains", subject, "an array or a string")
    return contains_value(subject, wanted)


def _length(value: Any) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    wrong_type("length", value, "a string, an array or an object")


def _map(expression: Expression, value: Any) -> list[Any]:
    return [expression(item) for item in _array("map", value)]


def _max(value: Any) -> Any:
    items = _ordered("max", value)
    return max(items) if items else None


def _min(value: Any) -> Any:
    items = _ordered("min", value)
    return min(items) if items else None


def _merge(*values: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for value in values:
        merged.update(_object("merge", value))
    return merged


def _not_null(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _reverse(value: Any) -> Any:
    if isinstance(value, str | list):
        return value[::-1]
    wrong_type("reverse", value, "a string or an array")


def _keyed(function: str, items: list[Any], expression: Expression) -> list[Any]:
    keys = [expression(item) for item in items]
    if not (all(map(is_number, keys)) or all(isinstance(key, str) for key in keys)):
        strange = next((key for key in keys if not is_number(key) and not isinstance(key, str)), keys)
        wrong_type(function, strange, "keys that are all numbers or all strings")
    return keys


def _sort_by(value: Any, expression: Expression) -> list[Any]:
    items = _array("sort_by", value)
    keys = _keyed("sort_by", items, expression)
    return [items[index] for index in sorted(range(len(items)), key=keys.__getitem__)]


def _max_by(value: Any, expression: Expression) -> Any:
    items = _array("max_by", value)
    keys = _keyed("max_by", items, expression)
    return items[max(range(len(items)), key=keys.__getitem__)] if items else None


def _min_by(value: Any, expression: Expression) -> Any:
    items = _array("min_by", value)
    keys = _keyed("min_by", items, expression)
    return items[min(range(len(items)), key=keys.__getitem__)] if items else None


def _to_number(value: Any) -> Any:
    """Return the number a string spells, in JSON's or Python's plain notation; null for what is none. Never NaN or infinite."""
    if is_number(value):
        return value
    if not isinstance(value, str) or "_" in value:
        return None
    try:
        return int(value)
    except ValueError:
        try:
            number = float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None


def _to_string(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=str)


# ---- Ours: any argument, no failure -------------------------------------------------------------------------------------------------


def _patterns(pattern: Any) -> tuple[str, ...]:
    """Return the patterns of a string or an array of strings; what is neither has none."""
    if isinstance(pattern, str):
        return (pattern,)
    return tuple(item for item in pattern if isinstance(item, str)) if isinstance(pattern, list | tuple) else ()


def _prefix(value: Any, pattern: Any) -> bool:
    return isinstance(value, str) and value.startswith(_patterns(pattern))


def _suffix(value: Any, pattern: Any) -> bool:
    return isinstance(value, str) and value.endswith(_patterns(pattern))


def _lower(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) else None


@functools.lru_cache(maxsize=4096)
def glob_pattern(pattern: str) -> tuple[str, ...]:
    """Split a glob at its stars, so that n stars give n + 1 pieces. `*` is any run of characters, `\\*` a star, `\\\\` a backslash."""
    pieces = [""]
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and pattern[position + 1 : position + 2] in ("*", "\\"):
            position += 1
            pieces[-1] += pattern[position]
        elif character == "*":
            pieces.append("")
        else:
            pieces[-1] += character
        position += 1
    return tuple(pieces)


def glob_matches(value: str, pieces: tuple[str, ...]) -> bool:
    """Say whether a whole string fits the pieces of a glob. Each is sought once, leftmost first: no backtracking."""
    first, *rest = pieces
    if not rest:
        return value == first
    last = rest.pop()
    if not value.startswith(first) or len(value) < len(first) + len(last) or not value.endswith(last):
        return False
    position = len(first)
    end = len(value) - len(last)
    for piece in rest:
        position = value.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True


def _glob(value: Any, pattern: Any) -> bool:
    return isinstance(value, str) and any(glob_matches(value, glob_pattern(each)) for each in _patterns(pattern))


def matches_globs(value: Any, globs: tuple[tuple[str, ...], ...]) -> bool:
    """Do as glob() does, with the patterns taken apart already; the usual ones, of up to two stars, without more calls."""
    if not isinstance(value, str):
        return False
    for pieces in globs:
        if len(pieces) == 3:
            first, middle, last = pieces
            if first or last:
                if not value.startswith(first) or not value.endswith(last):
                    continue
                if value.find(middle, len(first), len(value) - len(last)) >= 0 and len(value) >= len(first) + len(last):
                    return True
            elif middle in value:
                return True
        elif value.startswith(pieces[0]) and glob_matches(value, pieces):
            return True
    return False


@functools.lru_cache(maxsize=4096)
def network_bits(network: str) -> str | None:
    """Return a network such as 10.0.0.0/8 as the bits that its addresses start with, after the family; None when it is none."""
    text, slash, length = network.partition("/")
    bits = address_bits(text)
    if bits is None:
        return None
    if not slash:
        return bits
    if not (length.isascii() and length.isdigit() and len(length) <= 3) or int(length) > len(bits) - 1:
        return None
    return bits[: int(length) + 1]


def address_bits(address: Any) -> str | None:
    """Return an IPv4 or IPv6 address as "4" or "6" and its bits; None when it is none. No look-up: text only."""
    if not isinstance(address, str):
        return None
    try:
        if ":" in address:
            return f"6{int.from_bytes(socket.inet_pton(socket.AF_INET6, address), 'big'):0128b}"
        return f"4{int.from_bytes(socket.inet_pton(socket.AF_INET, address), 'big'):032b}"
    except (OSError, ValueError):
        return None


def _cidr(value: Any, network: Any) -> bool:
    bits = address_bits(value)
    if bits is None:
        return False
    networks = (network_bits(each) for each in _patterns(network))
    return any(each is not None and bits.startswith(each) for each in networks)


def in_networks(value: Any, networks: tuple[str, ...]) -> bool:
    """Do as cidr() does, with the networks taken apart already."""
    bits = address_bits(value)
    return bits is not None and bits.startswith(networks)


def any_string_in(value: Any, wanted: Container[str]) -> bool:
    """Do as any_in() does, where only strings are wanted."""
    if isinstance(value, list):
        return any(type(item) is str and item in wanted for item in value)
    return type(value) is str and value in wanted


def _any_in(value: Any, wanted: Any) -> bool:
    """Say whether a value, or any element of it when it is an array, is one of those wanted."""
    choices = wanted if isinstance(wanted, list | tuple) else [wanted]
    if isinstance(value, list):
        return any(contains_value(choices, item) for item in value)
    return value is not None and any(is_equal(value, choice) for choice in choices)


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": lambda value: abs(_number("abs", value)),
    "avg": _avg,
    "ceil": lambda value: math.ceil(_number("ceil", value)),
    "contains": _contains,
    "ends_with": lambda value, end: _string("ends_with", value).endswith(_string("ends_with", end)),
    "floor": lambda value: math.floor(_number("floor", value)),
    "join": lambda glue, items: _string("join", glue).join(_strings("join", items)),
    "keys": lambda value: list(_object("keys", value)),
    "length": _length,
    "map": _map,
    "max": _max,
    "max_by": _max_by,
    "merge": _merge,
    "min": _min,
    "min_by": _min_by,
    "not_null": _not_null,
    "reverse": _reverse,
    "sort": lambda value: sorted(_ordered("sort", value)),
    "sort_by": _sort_by,
    "starts_with": lambda value, start: _string("starts_with", value).startswith(_string("starts_with", start)),
    "sum": lambda value: sum(_numbers("sum", value)),
    "to_array": lambda value: value if isinstance(value, list) else [value],
    "to_number": _to_number,
    "to_string": _to_string,
    "type": type_name,
    "values": lambda value: list(_object("values", value).values()),
    "any_in": _any_in,
    "branches": branches,
    "cidr": _cidr,
    "glob": _glob,
    "leaves": leaves,
    "lower": _lower,
    "prefix": _prefix,
    "suffix": _suffix,
}
