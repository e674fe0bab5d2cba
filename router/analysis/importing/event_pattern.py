"""Event patterns: a parsed EventBridge event pattern -> a checked tree, or a refusal where the service would refuse it.

The rules are those of aws/event-ruler's JsonRuleCompiler, as the service applies them: a field holds a non-empty array of values and
match expressions, or a non-empty object of further fields; `$or` holds at least two objects. Nothing is translated here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from router.analysis.importing.refusal import ImportRefusedError
from router.syntax.tree import Path

__all__ = ["Alternatives", "Fields", "Leaf", "Test", "read_pattern"]

_OPERATORS: Final = frozenset(
    {"exists", "prefix", "suffix", "anything-but", "numeric", "cidr", "equals-ignore-case", "wildcard"}
)
_DEPTH_MAX: Final = 100


class Test(msgspec.Struct, frozen=True):
    """One element of a field's array: `operator` (`equals` for a plain value; `not-…` inside anything-but) and its checked operand."""

    operator: str
    operand: Any


class Leaf(msgspec.Struct, frozen=True):
    """A field with the tests of which one must hold for one of its values."""

    name: str
    tests: tuple[Test, ...]
    path: Path


class Fields(msgspec.Struct, frozen=True):
    """An object of the pattern: all members must hold. `name` is empty for the pattern itself and the objects of `$or`."""

    name: str
    members: tuple[Leaf | Fields | Alternatives, ...]
    path: Path


class Alternatives(msgspec.Struct, frozen=True):
    """An `$or`: one of its objects must hold."""

    choices: tuple[Fields, ...]
    path: Path


def read_pattern(pattern: Any) -> Fields:
    """Return the checked tree of a pattern; raises ImportRefusedError with the path of what is wrong."""
    if not isinstance(pattern, dict):
        raise ImportRefusedError(f"an event pattern is a JSON object, not {_kind(pattern)}", ())
    return _fields("", pattern, ())


def _fields(name: str, value: dict[str, Any], path: Path) -> Fields:
    if not value:
        raise ImportRefusedError("an empty object matches nothing; write at least one field", path)
    if len(path) > _DEPTH_MAX:
        raise ImportRefusedError(f"the pattern is nested deeper than {_DEPTH_MAX} levels", path)
    return Fields(name, tuple(_member(key, item, (*path, key)) for key, item in value.items()), path)


def _member(name: str, value: Any, path: Path) -> Leaf | Fields | Alternatives:
    if name == "$or" and _is_or(value):
        choices = tuple(_fields("", choice, (*path, number)) for number, choice in enumerate(value))
        return Alternatives(choices, path)
    if isinstance(value, dict):
        return _fields(name, value, path)
    if not isinstance(value, list):
        raise ImportRefusedError(f"`{name}` must be an object or an array; write [{_shown(value)}]", path)
    # Only `detail` itself may list nothing: the service's own guide has rules with `"detail": []`. Nothing is in an empty list.
    if not value and path != ("detail",):
        raise ImportRefusedError("an empty array matches nothing; write at least one value", path)
    return Leaf(name, tuple(_test(item, (*path, number)) for number, item in enumerate(value)), path)


def _is_or(value: Any) -> bool:
    """Say whether `$or` is the operator: two or more objects, none with the name of an operator as a field. Otherwise it is a field."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(choice, dict) and choice and not _OPERATORS.intersection(choice) for choice in value)
    )


def _test(value: Any, path: Path) -> Test:
    if isinstance(value, list):
        raise ImportRefusedError("an array within an array of values is not a pattern", path)
    if not isinstance(value, dict):
        return Test("equals", value)
    if len(value) != 1:
        raise ImportRefusedError("a match expression has exactly one operator", path)
    ((operator, operand),) = value.items()
    inner = (*path, operator)
    match operator:
        case "exists":
            if not isinstance(operand, bool):
                raise ImportRefusedError("`exists` is true or false", inner)
            return Test("exists", operand)
        case "prefix" | "suffix":
            return _affix(operator, operand, inner)
        case "anything-but":
            return _anything_but(operand, inner)
        case "numeric":
            return Test("numeric", _numeric(operand, inner))
        case "cidr":
            return Test("cidr", _network(operand, inner))
        case "equals-ignore-case":
            return Test("equals-ignore-case", _text(operator, operand, inner))
        case "wildcard":
            return Test("wildcard", _wildcard(operand, inner))
    known = ", ".join(sorted(_OPERATORS))
    raise ImportRefusedError(f"`{operator}` is no operator of event patterns; there are {known}", inner)


def _affix(operator: str, operand: Any, path: Path) -> Test:
    if isinstance(operand, dict):
        if list(operand) != ["equals-ignore-case"]:
            raise ImportRefusedError(f"`{operator}` takes a string or {{equals-ignore-case: string}}", path)
        return Test(f"{operator}-ignore-case", _text("equals-ignore-case", *_only(operand, path)))
    return Test(operator, _text(operator, operand, path))


def _only(value: dict[str, Any], path: Path) -> tuple[Any, Path]:
    ((name, item),) = value.items()
    return item, (*path, name)


def _anything_but(operand: Any, path: Path) -> Test:
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise ImportRefusedError(
                "`anything-but` takes values or one of prefix, suffix, equals-ignore-case, wildcard", path
            )
        ((operator, inner),) = operand.items()
        place = (*path, operator)
        many = inner if isinstance(inner, list) else [inner]
        if not many:
            raise ImportRefusedError("an empty array excludes nothing", place)
        check = _wildcard if operator == "wildcard" else lambda item, at: _text(operator, item, at)
        texts = [
            check(item, (*place, number) if isinstance(inner, list) else place) for number, item in enumerate(many)
        ]
        if operator in ("prefix", "suffix") and "" in texts:
            raise ImportRefusedError(f"an empty {operator} excludes every string", place)
        return Test(f"not-{operator}", texts)
    many = operand if isinstance(operand, list) else [operand]
    if not many:
        raise ImportRefusedError("an empty array excludes nothing", path)
    for number, item in enumerate(many):
        if isinstance(item, bool) or not isinstance(item, str | int | float):
            place = (*path, number) if isinstance(operand, list) else path
            raise ImportRefusedError(f"`anything-but` takes strings or numbers, not {_kind(item)}", place)
    if len({isinstance(item, str) for item in many}) > 1:
        raise ImportRefusedError("`anything-but` takes strings or numbers, not both in one array", path)
    return Test("not-equals", many)


def _numeric(operand: Any, path: Path) -> list[tuple[str, Any]]:
    """Return the one or two comparisons; two are a range, lower bound first."""
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise ImportRefusedError('`numeric` takes ["<", number] or a range such as [">", 0, "<=", 5]', path)
    pairs = list(zip(operand[::2], operand[1::2], strict=True))
    for number, (operator, value) in enumerate(pairs):
        if operator not in ("=", "<", "<=", ">", ">="):
            raise ImportRefusedError("`numeric` compares by =, <, <=, > or >=", (*path, 2 * number))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ImportRefusedError(f"`numeric` compares with a number, not {_kind(value)}", (*path, 2 * number + 1))
    if len(pairs) == 2:
        (low, bottom), (high, top) = pairs
        if low not in (">", ">=") or high not in ("<", "<="):
            raise ImportRefusedError("a range starts with > or >= and ends with < or <=", path)
        if bottom >= top:
            raise ImportRefusedError("the lower bound of the range must be less than the upper", path)
    return pairs


def _network(operand: Any, path: Path) -> str:
    text = _text("cidr", operand, path)
    if text.count("/") != 1:
        raise ImportRefusedError("`cidr` takes a network such as 10.0.0.0/24, with one /", path)
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ImportRefusedError(f"`{text}` is no network; write one such as 10.0.0.0/24", path) from None
    return text


def _wildcard(operand: Any, path: Path) -> str:
    text = _text("wildcard", operand, path)
    position = 0
    was_star = False
    while position < len(text):
        character = text[position]
        if character == "\\":
            if text[position + 1 : position + 2] not in ("*", "\\"):
                raise ImportRefusedError("in a wildcard, a backslash stands before * or another backslash", path)
            position += 1
        elif character == "*" and was_star:
            raise ImportRefusedError("two * in a row in a wildcard mean no more than one", path)
        was_star = character == "*"
        position += 1
    return text


def _text(operator: str, operand: Any, path: Path) -> str:
    if not isinstance(operand, str):
        raise ImportRefusedError(f"`{operator}` takes a string, not {_kind(operand)}", path)
    return operand


def _kind(value: Any) -> str:
    names: Sequence[tuple[type, str]] = (
        (bool, "a boolean"),
        (str, "a string"),
        (dict, "an object"),
        (list, "an array"),
    )
    if value is None:
        return "null"
    return next((name for kind, name in names if isinstance(value, kind)), "a number")


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
