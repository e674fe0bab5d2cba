"""Budget: what one render may still spend, and the two ways in which values leave a template: as JSON values and as text.

Every loop, filter and operator spends steps before it works, every output spends room before it is kept. So a hostile or careless
template ends in a Fault while it is still small, not in an out-of-memory kill.

Text has one rule everywhere (in mixed text, `~`, `join`, `string`): strings stand as they are, everything else as JSON writes it.
null has no text: a payload that says `None` or nothing where a name belonged is worse than one that says what is missing.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from router.transforms.limits import OUTPUT_BYTES_MAX, STEPS_MAX, TEXT_PER_STEP
from router.transforms.problem import Fault, kind_of

__all__ = ["MISSING", "Budget", "Missing", "built", "encode", "leaf", "output", "plain", "put", "weigh"]


class Missing:
    """The value of what is not there; never part of an output, and nothing in a template can hold it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class Budget:
    """The steps and the room (bytes of output) that one render has left."""

    __slots__ = ("room", "steps")

    def __init__(self) -> None:
        self.steps = STEPS_MAX
        self.room = OUTPUT_BYTES_MAX

    def spend(self, steps: int) -> None:
        """Take steps; Fault when they are used up."""
        self.steps -= steps
        if self.steps < 0:
            raise Fault(f"takes more than {STEPS_MAX:,} steps: loop over less")

    def spend_text(self, length: int) -> None:
        """Take the steps that handling a text of this length costs; Fault when the text itself is too long."""
        if length > OUTPUT_BYTES_MAX:
            raise Fault(f"makes a text of more than {OUTPUT_BYTES_MAX:,} characters")
        self.spend(1 + length // TEXT_PER_STEP)

    def fill(self, size: int) -> None:
        """Take room; Fault when there is none."""
        self.room -= size
        if self.room < 0:
            raise Fault(f"the output is larger than {OUTPUT_BYTES_MAX:,} bytes")


def encode(value: Any) -> bytes:
    """Return a value as JSON; Fault for what JSON cannot say."""
    try:
        return orjson.dumps(value)
    except (TypeError, RecursionError) as error:
        raise Fault(f"is not JSON: {error}") from error


def weigh(budget: Budget, value: dict[str, Any] | list[Any]) -> int:
    """Return the size of an object or list as JSON, having spent the steps to find out."""
    size = len(encode(value))
    budget.spend(1 + size // TEXT_PER_STEP)
    return size


def leaf(budget: Budget, value: Any) -> Any:
    """Let a value out into a structured payload."""
    kind = type(value)
    if kind is str:
        budget.room -= len(value)
        if budget.room < 0:
            budget.fill(0)
    elif kind is dict or kind is list:
        budget.fill(len(encode(value)))
    return value


def plain(budget: Budget, value: Any) -> str:
    """Return the text of a value."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return int.__repr__(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        raise Fault("is null, and null has no text: say what to write with `| default('…')`")
    if value is MISSING:
        raise Fault("is missing")
    encoded = encode(value)
    budget.spend(1 + len(encoded) // TEXT_PER_STEP)
    return encoded.decode()


def output(budget: Budget, value: Any) -> str:
    """Let the text of a value out into a text."""
    text = value if type(value) is str else plain(budget, value)
    budget.room -= len(text)
    if budget.room < 0:
        budget.fill(0)
    return text


def put(budget: Budget, pieces: list[str], text: str) -> None:
    """Let a fixed text out, in a loop."""
    budget.fill(len(text))
    pieces.append(text)


def built(budget: Budget, value: Any) -> Any:
    """Pass a list or object that a template has just written, having spent what its parts weigh.

    Without this `{% set a = [a, a] %}`, a few dozen times over, is a value that no memory can hold once it is written out.
    """
    budget.spend(len(value))
    for item in value.values() if type(value) is dict else value:
        kind = type(item)
        if kind is dict or kind is list:
            if weigh(budget, item) > OUTPUT_BYTES_MAX:
                raise Fault(f"makes a value of more than {OUTPUT_BYTES_MAX:,} bytes")
        elif kind is str:
            budget.spend(len(item) // TEXT_PER_STEP)
        elif item is MISSING:
            raise Fault(f"has a member that is {kind_of(item)}")
    return value
