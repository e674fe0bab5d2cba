"""Calls: whether arguments fit their functions (RT306, RT307), and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from router.filters.inference_conditions import KINDS
from router.filters.inference_report import REPORTED, phrase
from router.filters.inference_scope import Scope
from router.filters.inference_search import check_search, misfit_help
from router.filters.nodes import Call, ExpressionArgument, Node
from router.filters.signatures import SIGNATURES, Parameter
from router.shapes import (
    BOOLEAN,
    NEVER,
    NULL,
    UNKNOWN,
    Kind,
    Shape,
    array_of,
    number,
    of_kinds,
    one_of,
    text,
    union,
)

if TYPE_CHECKING:
    from router.filters.inference import Inference

__all__ = ["call"]

_LISTED_MAX: Final = 64
_TOLERANT: Final = {"starts_with": "prefix", "ends_with": "suffix"}


def call(inference: Inference, node: Call, scope: Scope) -> Shape:
    """Return the shape of what a call returns, reporting arguments that do not fit."""
    signature = SIGNATURES.get(node.name)
    if signature is None:
        return UNKNOWN
    shapes = [
        UNKNOWN if isinstance(argument, ExpressionArgument) else inference.value(argument, scope)
        for argument in node.arguments
    ]
    keys = _expressions(inference, node, shapes)
    before = len(inference.report.problems)
    if not inference.report.muted and signature.fails:
        for position, (argument, shape) in enumerate(zip(node.arguments, shapes, strict=True)):
            parameter = signature.parameters[min(position, len(signature.parameters) - 1)]
            if isinstance(argument, ExpressionArgument):
                continue
            _check_argument(inference, node, argument, shape, parameter)
        if node.name in ("sort_by", "max_by", "min_by"):
            _check_keys(inference, node, keys)
    if not inference.report.muted:
        check_search(inference, node, shapes, scope)
    if any(problem.code == "RT306" for problem in inference.report.problems[before:]):
        return REPORTED
    returned = _RETURNS.get(node.name)
    return UNKNOWN if returned is None else returned(shapes, keys)


def _expressions(inference: Inference, node: Call, shapes: list[Shape]) -> Shape:
    """Return the shape of what `&expression` makes of an element; NEVER where there is none."""
    for position, argument in enumerate(node.arguments):
        if isinstance(argument, ExpressionArgument):
            others = [shape for other, shape in enumerate(shapes) if other != position]
            item = others[0].element() if others else UNKNOWN
            return NEVER if item.is_never else inference.value(argument.expression, Scope(item))
    return NEVER


# ---- arguments --------------------------------------------------------------------------------------------------------------------
def _check_argument(inference: Inference, node: Call, argument: Node, shape: Shape, parameter: Parameter) -> None:
    if not parameter.types or shape.is_unknown or shape.is_never:
        return
    kinds = Kind(0)
    for name in parameter.types:
        kinds |= KINDS.get(name.partition("[")[0], Kind(0))
    if not kinds:  # an &expression is wanted, as has been said
        return
    report = inference.report
    subject = report.text(argument)
    needed = _needed(parameter)
    if not shape.kinds & kinds:
        what = phrase(shape.only(~Kind.NULL)) if shape.kinds & ~Kind.NULL else "null"
        message = f"{node.name}() takes {needed}, but `{subject}` is {what}"
        report.say("RT306", "error", argument, message, misfit_help(node, subject, shape, kinds))
        return
    if shape.kinds & ~kinds and not shape.loose:
        _report_may_fail(inference, node, argument, shape, kinds, needed)
    if shape.kinds & Kind.ARRAY and any("[" in name for name in parameter.types):
        _check_elements(inference, node, argument, shape, parameter)


def _needed(parameter: Parameter) -> str:
    names = [name.replace("array[", "array of ").replace("]", "s") for name in parameter.types]
    first = names[0]
    return f"{'an' if first[:1] in 'aeio' else 'a'} {' or '.join(names)}"


def _report_may_fail(inference: Inference, node: Call, argument: Node, shape: Shape, kinds: Kind, needed: str) -> None:
    report = inference.report
    subject, whole = report.text(argument), report.text(node)
    bad = shape.only(~kinds)
    if bad.kinds == Kind.NULL:
        reason = "may be missing" if shape.absent else "may be null"
        help = f"guard it: {subject} && {whole}"
        tolerant = _TOLERANT.get(node.name)
        if tolerant is not None:
            rest = ", ".join(report.text(each) for each in node.arguments[1:])
            help += f"; or write {tolerant}({subject}, {rest}), which takes null"
        elif node.name == "contains":
            rest = ", ".join(report.text(each) for each in node.arguments[1:])
            help += f"; or write any_in({subject}, {rest}), which takes null" if not shape.kinds & Kind.STRING else ""
    else:
        reason = f"may be {phrase(bad)}"
        names = [name for name, kind in KINDS.items() if kind & kinds & shape.kinds]
        help = f"guard it: type({subject}) == '{names[0]}' && {whole}" if names else ""
    message = f"{node.name}() fails when its argument is not {needed}, and `{subject}` {reason}"
    report.say("RT307", "error", argument, message, help or None)


def _check_elements(inference: Inference, node: Call, argument: Node, shape: Shape, parameter: Parameter) -> None:
    item = shape.element()
    if item.is_never or item.is_unknown:
        return
    allowed = [KINDS[name.partition("[")[2].rstrip("]")] for name in parameter.types if "[" in name]
    report = inference.report
    subject = report.text(argument)
    if not any(item.kinds & kind for kind in allowed):
        message = f"{node.name}() takes {_needed(parameter)}, but an element of `{subject}` is {phrase(item)}"
        help = f"choose a field of the elements: {subject}[*].field" if item.kinds & Kind.OBJECT else None
        report.say("RT306", "error", argument, message, help)
    elif not item.loose and not any(item.kinds & ~kind == 0 for kind in allowed):
        message = f"{node.name}() takes {_needed(parameter)}, and an element of `{subject}` may be {phrase(item)}"
        help = f"drop the others: {subject}[?type(@) == '{'number' if item.kinds & Kind.NUMBER else 'string'}']"
        if item.may_be_null and any((item.kinds & ~Kind.NULL) & ~kind == 0 for kind in allowed):
            help = f"drop the nulls: {subject}[?@ != `null`]"
        report.say("RT307", "error", argument, message, help)


def _check_keys(inference: Inference, node: Call, keys: Shape) -> None:
    if keys.is_never or keys.is_unknown or len(node.arguments) < 2:
        return
    argument = node.arguments[1]
    report = inference.report
    if not keys.kinds & (Kind.NUMBER | Kind.STRING):
        message = (
            f"{node.name}() takes keys that are numbers or strings, but `{report.text(argument)}` is {phrase(keys)}"
        )
        report.say("RT306", "error", argument, message)
    elif not keys.loose and keys.kinds & ~Kind.NUMBER and keys.kinds & ~Kind.STRING:
        source, key = report.text(node.arguments[0]), report.text(argument).lstrip("& ")
        message = f"{node.name}() fails when keys are not all numbers or all strings, and `{key}` may be {phrase(keys)}"
        report.say("RT307", "error", argument, message, f"drop the others first: {source}[?{key}]")


# ---- results ----------------------------------------------------------------------------------------------------------------------
_BOOLEAN: Final = of_kinds(BOOLEAN)
_NUMBER: Final = number()
_STRING_SHAPE: Final = text()
_TYPES: Final = ("string", "number", "array", "object", "boolean", "null")


def _length(shape: Shape) -> Shape:
    low, high = 0, None
    lows: list[int] = []
    highs: list[int | None] = []
    if shape.kinds & Kind.STRING:
        values = shape.text.values
        lows.append(shape.text.length_min if values is None else min(map(len, values)))
        highs.append(shape.text.length_max if values is None else max(map(len, values)))
    if shape.kinds & Kind.ARRAY:
        lows.append(shape.elements.length_min)
        highs.append(shape.elements.length_max)
    if shape.kinds & Kind.OBJECT:
        lows.append(0)
        highs.append(None)
    if lows:
        low = min(lows)
        high = None if None in highs else max(each for each in highs if each is not None)
    return number(minimum=low, maximum=high, integer=True)


def _extreme(shape: Shape) -> Shape:
    item = shape.element().only(Kind.NUMBER | Kind.STRING)
    found = item if not item.is_never else UNKNOWN
    return found if shape.elements.length_min > 0 else found | NULL


def _extreme_by(shape: Shape) -> Shape:
    item = shape.element()
    found = UNKNOWN if item.is_never else item
    return found if shape.elements.length_min > 0 else found | NULL


def _lower(shape: Shape) -> Shape:
    found = NEVER
    if shape.kinds & Kind.STRING:
        values = shape.text.values
        found = text(patterns=("^[^A-Z]*$",)) if values is None else one_of({value.lower() for value in values})
    return (found | NULL if shape.kinds & ~Kind.STRING else found).replace(loose=shape.loose)


def _not_null(shapes: list[Shape]) -> Shape:
    found = union(shape.only(~Kind.NULL) for shape in shapes)
    return found | NULL if all(shape.may_be_null for shape in shapes) else found


def _type(shape: Shape) -> Shape:
    return one_of([name for name in _TYPES if shape.kinds & KINDS[name]])


def _to_number(shape: Shape) -> Shape:
    return _NUMBER.replace(numbers=shape.numbers) if shape.kinds == Kind.NUMBER else _NUMBER | NULL


def _ending(shapes: list[Shape]) -> Shape:
    return _BOOLEAN


def _rounded(shape: Shape) -> Shape:
    return number(integer=True)


def _absolute(shape: Shape) -> Shape:
    low = shape.numbers.bounds()[0] if shape.kinds & Kind.NUMBER else None
    return number(minimum=0) if low is None or low < 0 else _NUMBER.replace(numbers=shape.numbers)


def _same(shape: Shape) -> Shape:
    if not shape.kinds & Kind.ARRAY:
        return UNKNOWN
    return array_of(shape.element(), shape.elements.length_min, shape.elements.length_max)


_Return = Callable[[list[Shape], Shape], Shape]

_RETURNS: Final[dict[str, _Return]] = {
    "abs": lambda shapes, _: _absolute(shapes[0]),
    "avg": lambda shapes, _: _NUMBER if shapes[0].elements.length_min > 0 else _NUMBER | NULL,
    "ceil": lambda shapes, _: _rounded(shapes[0]),
    "contains": lambda shapes, _: _BOOLEAN,
    "ends_with": lambda shapes, _: _BOOLEAN,
    "floor": lambda shapes, _: _rounded(shapes[0]),
    "join": lambda shapes, _: _STRING_SHAPE,
    "keys": lambda shapes, _: array_of(_STRING_SHAPE),
    "length": lambda shapes, _: _length(shapes[0]),
    "map": lambda shapes, key: array_of(UNKNOWN if key.is_never else key),
    "max": lambda shapes, _: _extreme(shapes[0]),
    "max_by": lambda shapes, _: _extreme_by(shapes[0]),
    "min": lambda shapes, _: _extreme(shapes[0]),
    "min_by": lambda shapes, _: _extreme_by(shapes[0]),
    "not_null": lambda shapes, _: _not_null(shapes),
    "reverse": lambda shapes, _: _STRING_SHAPE if shapes[0].kinds == Kind.STRING else _same(shapes[0]),
    "sort": lambda shapes, _: _same(shapes[0]),
    "sort_by": lambda shapes, _: _same(shapes[0]),
    "starts_with": lambda shapes, _: _BOOLEAN,
    "sum": lambda shapes, _: _NUMBER,
    "to_array": lambda shapes, _: shapes[0] if shapes[0].kinds == Kind.ARRAY else array_of(UNKNOWN),
    "to_number": lambda shapes, _: _to_number(shapes[0]),
    "to_string": lambda shapes, _: shapes[0] if shapes[0].kinds == Kind.STRING else _STRING_SHAPE,
    "type": lambda shapes, _: _type(shapes[0]),
    "values": lambda shapes, _: array_of(shapes[0].member()),
    "any_in": lambda shapes, _: _BOOLEAN,
    "branches": lambda shapes, _: array_of(UNKNOWN),
    "cidr": lambda shapes, _: _BOOLEAN,
    "glob": lambda shapes, _: _BOOLEAN,
    "leaves": lambda shapes, _: array_of(UNKNOWN),
    "lower": lambda shapes, _: _lower(shapes[0]),
    "prefix": lambda shapes, _: _BOOLEAN,
    "suffix": lambda shapes, _: _BOOLEAN,
}
