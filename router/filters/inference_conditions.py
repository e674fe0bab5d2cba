"""Conditions: what is known where a condition holds, and where it does not. The narrowing that guards rely on.

`assume` gives a superset in both directions: where it cannot say anything it returns the scope as it is; None says that no event gets
there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from router.filters.inference_scope import Scope, fits, key_of, path_of
from router.filters.nodes import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    FilterProjection,
    Flatten,
    Index,
    Literal,
    Node,
    Not,
    Or,
    Projection,
    Slice,
    StringList,
    Sub,
    ValueProjection,
)
from router.filters.signatures import SIGNATURES
from router.shapes import BOOLEAN, UNKNOWN, Kind, Shape, array_of, number, one_of, union

if TYPE_CHECKING:
    from router.filters.inference import Inference

__all__ = ["KINDS", "STEPS_MAX", "assume", "mirrored", "narrowed"]

STEPS_MAX: Final = 10_000
"""Conditions looked at for one filter, about 0.1 s of them: alternatives within alternatives would double the work at each level."""

_BRANCHES_MAX: Final = 16
mirrored: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_CONTRARY: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
KINDS: Final = {
    "string": Kind.STRING,
    "number": Kind.NUMBER,
    "array": Kind.ARRAY,
    "object": Kind.OBJECT,
    "boolean": BOOLEAN,
    "null": Kind.NULL,
}
_TEXT_ONLY: Final = frozenset({"prefix", "suffix", "glob", "cidr", "lower"})
"""Functions of ours that are true of strings only."""


def assume(inference: Inference, node: Node, holds: bool, scope: Scope) -> Scope | None:
    """Return the scope for where a node is true (or false)."""
    inference.steps += 1
    if inference.steps > STEPS_MAX:
        return scope
    match node:
        case Not():
            return assume(inference, node.operand, not holds, scope)
        case And() | Or() if isinstance(node, And) == holds:
            reached: Scope | None = scope
            for term in node.terms:
                reached = None if reached is None else assume(inference, term, holds, reached)
            return reached
        case And() | Or():
            return _any_of(inference, node.terms, holds, scope)
        case Comparison():
            return _comparison(inference, node, holds, scope)
        case Call():
            return _call(inference, node, holds, scope)
        case FilterProjection() | Projection() | ValueProjection() if holds:
            return _projection(inference, node, scope)
    return narrowed(inference, node, Shape.truthy if holds else Shape.falsy, scope)


def _any_of(inference: Inference, terms: tuple[Node, ...], holds: bool, scope: Scope) -> Scope | None:
    """Return the scope for where one of several terms is true (or false), which one is not known."""
    if len(terms) > _BRANCHES_MAX:
        return scope
    found: Scope | None = None
    left: Scope | None = scope
    for term in terms:
        if left is None:
            break
        branch = assume(inference, term, holds, left)
        if branch is not None:
            found = branch if found is None else found.joined(branch)
        left = assume(inference, term, not holds, left)
    return found


def narrowed(inference: Inference, node: Node, narrow: Callable[[Shape], Shape], scope: Scope) -> Scope | None:
    """Return the scope in which a node's value is in what `narrow` makes of its shape; None when nothing is."""
    path = path_of(node)
    if path is not None:
        shape = scope.shape.refine(path, narrow)
        return None if shape.is_never else scope.with_shape(shape)
    before = inference.quiet(node, scope)
    after = narrow(before)
    if after.is_never:
        return None
    if isinstance(node, Literal | StringList) or after is before:
        return scope
    reached: Scope | None = scope.with_fact(key_of(node), after)
    base = _needed(node)
    if base is not None and not after.may_be_null and reached is not None:
        reached = narrowed(inference, base[0], lambda shape: shape.only(base[1]), reached)
    return reached


def _needed(node: Node) -> tuple[Node, Kind] | None:
    """Return what must be of which kind for a node to be anything but null."""
    match node:
        case Sub() if isinstance(node.right, Field) and not isinstance(node.left, Not):
            return node.left, Kind.OBJECT
        case Index() | Slice() | Flatten():
            return node.left, Kind.ARRAY
        case Projection() if isinstance(node.left, Slice | Flatten):
            return node.left.left, Kind.ARRAY
        case Projection() | FilterProjection():
            return node.left, Kind.ARRAY
        case ValueProjection():
            return node.left, Kind.OBJECT
    return None


def _projection(inference: Inference, node: Node, scope: Scope) -> Scope | None:
    """Where a projection is true, its base is an array (or object) with something in it."""
    reached = narrowed(inference, node, Shape.truthy, scope)
    base = _needed(node)
    if reached is None or base is None:
        return reached
    return narrowed(inference, base[0], Shape.truthy, reached)


# ---- comparisons ------------------------------------------------------------------------------------------------------------------
def _comparison(inference: Inference, node: Comparison, holds: bool, scope: Scope) -> Scope | None:
    reached: Scope | None = scope
    for subject, other, operator in (
        (node.left, node.right, node.operator),
        (node.right, node.left, mirrored[node.operator]),
    ):
        if reached is None or isinstance(subject, Literal | StringList):
            continue
        shape = inference.quiet(other, reached)
        reached = _compared(inference, subject, operator, shape, holds, reached)
    return reached


def _compared(
    inference: Inference, subject: Node, operator: str, other: Shape, holds: bool, scope: Scope
) -> Scope | None:
    if operator in ("==", "!="):
        if (operator == "==") == holds:
            found = narrowed(inference, subject, lambda shape: shape & other.replace(absent=shape.absent), scope)
            return found if found is None else _through_call(inference, subject, other, found)
        values = other.values()
        if values is None or len(values) != 1:
            return scope
        return narrowed(inference, subject, lambda shape: shape.without(values), scope)
    sign = operator if holds else _CONTRARY[operator]
    bounds = _bounds(sign, other)
    if holds:
        found = narrowed(inference, subject, lambda shape: shape.only(Kind.NUMBER) & bounds, scope)
        if found is not None and isinstance(subject, Call) and subject.name == "length" and subject.arguments:
            return _lengthened(inference, subject.arguments[0], bounds, found)
        return found
    if other.kinds != Kind.NUMBER:
        return scope
    return narrowed(
        inference, subject, lambda shape: shape.only(~Kind.NUMBER) | (shape.only(Kind.NUMBER) & bounds), scope
    )


def _bounds(sign: str, other: Shape) -> Shape:
    """Return the numbers that stand in an order to some number of a shape."""
    if not other.kinds & Kind.NUMBER:
        return number()
    low, open_low, high, open_high = other.numbers.bounds()
    if sign in ("<", "<="):
        return number() if high is None else number(maximum=high, open_maximum=open_high or sign == "<")
    return number() if low is None else number(minimum=low, open_minimum=open_low or sign == ">")


def _through_call(inference: Inference, subject: Node, other: Shape, scope: Scope) -> Scope | None:
    """Take `type(x) == 'string'` and `length(x) == 2` to mean something of x."""
    if not isinstance(subject, Call) or not subject.arguments:
        return scope
    if subject.name == "type" and other.kinds == Kind.STRING and other.text.values is not None:
        kinds = Kind(0)
        for name in other.text.values:
            kinds |= KINDS.get(name, Kind(0))
        return narrowed(inference, subject.arguments[0], lambda shape: shape.only(kinds), scope)
    if subject.name == "length" and other.kinds == Kind.NUMBER:
        return _lengthened(inference, subject.arguments[0], other, scope)
    if subject.name in ("lower", "abs", "to_number") and not other.may_be_null:
        return narrowed(inference, subject.arguments[0], lambda shape: shape.only(~Kind.NULL), scope)
    return scope


def _lengthened(inference: Inference, subject: Node, lengths: Shape, scope: Scope) -> Scope | None:
    """Return the scope in which the length of something is among some numbers."""
    low, open_low, _, _ = lengths.numbers.bounds()
    if low is None or low < 0 or (low == 0 and not open_low):
        return scope
    return narrowed(inference, subject, Shape.truthy, scope)


# ---- calls ------------------------------------------------------------------------------------------------------------------------
def _call(inference: Inference, node: Call, holds: bool, scope: Scope) -> Scope | None:
    if not fits(node):
        return scope
    reached = _returned(inference, node, scope)
    if reached is None:
        return None
    arguments = node.arguments
    if node.name in ("contains", "any_in") and len(arguments) == 2:
        return _membership(inference, node, holds, reached)
    if node.name in _TEXT_ONLY and holds and arguments:
        reached = narrowed(inference, arguments[0], lambda shape: shape.only(Kind.STRING), reached)
    if node.name == "starts_with" and holds and reached is not None and isinstance(arguments[1], Literal):
        start = arguments[1].value
        if isinstance(start, str):
            reached = narrowed(inference, arguments[0], lambda shape: _starting(shape, start), reached)
    if node.name == "not_null" and len(arguments) == 1 and reached is not None:
        return assume(inference, arguments[0], holds, reached)
    if reached is None:
        return None
    found = inference.quiet(node, reached)
    outcome = found.truthy() if holds else found.falsy()
    return None if outcome.is_never else reached.with_fact(key_of(node), outcome)


def _starting(shape: Shape, start: str) -> Shape:
    if shape.kinds & Kind.STRING and shape.text.values is not None:
        return shape & one_of(value for value in shape.text.values if value.startswith(start))
    return shape


def _returned(inference: Inference, node: Call, scope: Scope) -> Scope | None:
    """Return the scope for where a call did not fail: its arguments were of the types it takes."""
    signature = SIGNATURES.get(node.name)
    if signature is None or not signature.fails:
        return scope
    reached: Scope | None = scope
    for position, argument in enumerate(node.arguments):
        names = signature.parameters[min(position, len(signature.parameters) - 1)].types
        kinds = Kind(0)
        for name in names:
            kinds |= KINDS.get(name.partition("[")[0], Kind(0))
        if kinds and reached is not None and not isinstance(argument, Literal | StringList | Current):
            after = narrowed(inference, argument, lambda shape, kinds=kinds: shape.only(kinds), reached)  # type: ignore[misc]
            reached = after if after is not None else reached
    return reached


def _membership(inference: Inference, node: Call, holds: bool, scope: Scope) -> Scope | None:
    subject, wanted = node.arguments if node.name == "any_in" else node.arguments[::-1]
    choices = _choices(inference, wanted, scope)
    if choices is not None:
        values = choices.values()
        if not holds:
            # Each value is excluded only where the subject is that value itself, which any_in's arrays are not.
            return scope if values is None else narrowed(inference, subject, lambda shape: shape.without(values), scope)
        if node.name == "any_in":
            choices = choices.only(~Kind.NULL) | array_of(union([choices, UNKNOWN]), 1)
        return narrowed(inference, subject, lambda shape: shape & choices.replace(absent=shape.absent), scope)
    if not holds:
        return scope
    if node.name == "any_in":
        return narrowed(inference, subject, lambda shape: shape.only(~Kind.NULL), scope)
    return narrowed(inference, node.arguments[0], Shape.truthy, scope) if _is_filled(subject) else scope


def _is_filled(node: Node) -> bool:
    """Say whether a constant is found only in what is not empty."""
    return isinstance(node, Literal) and node.value != ""


def _choices(inference: Inference, node: Node, scope: Scope) -> Shape | None:
    """Return the shape of the elements of an array of constants, None for anything else."""
    if isinstance(node, StringList):
        return one_of(node.values)
    if isinstance(node, Literal) and isinstance(node.value, list | tuple):
        if any(isinstance(item, list | dict) for item in node.value):
            return None
        return one_of(node.value)
    return None
