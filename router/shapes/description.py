"""Description: a shape in the words of a message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from router.shapes.kinds import ALL, BOOLEAN, Kind

if TYPE_CHECKING:
    from router.shapes.scalars import Numbers, Text
    from router.shapes.shape import Shape

__all__ = ["described", "listed", "written"]

_SHOWN_MAX = 8


def described(shape: Shape) -> str:
    """Return what a value may be: `string, one of 'new', 'paid'` or `number from 0 to 100, or null`."""
    if shape.is_never:
        return "nothing"
    if shape.loose and shape.kinds | Kind.NULL == ALL:
        return "anything"
    kinds = shape.kinds
    said = []
    if kinds & Kind.STRING:
        said.append(_text(shape.text))
    if kinds & Kind.NUMBER:
        said.append(_numbers(shape.numbers))
    if kinds & BOOLEAN:
        said.append("boolean" if kinds & BOOLEAN == BOOLEAN else "true" if kinds & Kind.TRUE else "false")
    if kinds & Kind.ARRAY:
        item = shape.elements.all()
        inner = [] if item.loose else [name for name in item.types() if name != "null"]
        said.append(f"array of {inner[0]}s" if len(inner) == 1 and inner[0] not in ("true", "false") else "array")
    if kinds & Kind.OBJECT:
        said.append("object")
    if kinds & Kind.NULL:
        said.append("null")
    if len(said) == 1:
        return said[0]
    return (
        ", ".join(said[:-1]) + " or " + said[-1]
        if ", " not in "".join(said[:-1])
        else "; ".join(said[:-1]) + "; or " + said[-1]
    )


def written(value: Any) -> str:
    """Return a constant as a filter writes it."""
    if isinstance(value, str):
        return "'" + value.replace("'", "\\'") + "'"
    return "`" + json.dumps(value, ensure_ascii=False) + "`"


def listed(values: list[Any]) -> str:
    """Return constants for a message, the first few of many."""
    shown = ", ".join(written(value) for value in values[:_SHOWN_MAX])
    return shown + (f", … ({len(values)} in all)" if len(values) > _SHOWN_MAX else "")


def _text(text: Text) -> str:
    if text.values is not None:
        values: list[Any] = sorted(text.values)
        return f"string, always {listed(values)}" if len(values) == 1 else f"string, one of {listed(values)}"
    if text.format is not None:
        return f"string ({text.format})"
    if text.patterns:
        return f"string that matches {text.patterns[0]}"
    if text.length_max is not None:
        return f"string of at most {text.length_max} characters"
    return "string"


def _numbers(numbers: Numbers) -> str:
    name = "integer" if numbers.integer else "number"
    if numbers.values is not None:
        values: list[Any] = sorted(numbers.values)
        return f"{name}, always {listed(values)}" if len(values) == 1 else f"{name}, one of {listed(values)}"
    low, high = numbers.minimum, numbers.maximum
    if low is not None and high is not None and not numbers.open_minimum and not numbers.open_maximum:
        return f"{name} from {_plain(low)} to {_plain(high)}"
    said = []
    if low is not None:
        said.append(f"{'above' if numbers.open_minimum else 'at least'} {_plain(low)}")
    if high is not None:
        said.append(f"{'below' if numbers.open_maximum else 'at most'} {_plain(high)}")
    return f"{name} {' and '.join(said)}" if said else name


def _plain(value: float) -> str:
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else str(value)
