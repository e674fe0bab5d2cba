"""Calls: whether arguments fit their functions (RT306, RT307), what constants a search can find (RT303, RT304), and what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from router.filters.functions import glob_matches, glob_pattern
from router.filters.inference_comparison import can_meet
from router.filters.inference_conditions import KINDS
from router.filters.inference_report import REPORTED, alike, phrase, written
from router.filters.inference_scope import Scope
from router.filters.nodes import Call, ExpressionArgument, Literal, Node, StringList
from router.filters.signatures import SIGNATURES, Parameter
from router.shapes import (
    BOOLEAN,
    NEVER,
    NULL,
    UNKNOWN,
    Kind,
    Shape,
    array_of,
    constant,
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
        _check_search(inference, node, shapes, scope)
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
        kinds |= KINDS[name.partition("[")[0]]
    report = inference.report
    subject = report.text(argument)
    needed = _needed(parameter)
    if not shape.kinds & kinds:
        what = phrase(shape.only(~Kind.NULL)) if shape.kinds & ~Kind.NULL else "null"
        message = f"{node.name}() takes {needed}, but `{subject}` is {what}"
        report.say("RT306", "error", argument, message, _misfit_help(node, subject, shape, kinds))
        return
    if shape.kinds & ~kinds and not shape.loose:
        _report_may_fail(inference, node, argument, shape, kinds, needed)
    if shape.kinds & Kind.ARRAY and any("[" in name for name in parameter.types):
        _check_elements(inference, node, argument, shape, parameter)


def _needed(parameter: Parameter) -> str:
    names = [name.replace("array[", "array of ").replace("]", "s") for name in parameter.types]
    first = names[0]
    return f"{'an' if first[:1] in 'aeio' else 'a'} {' or '.join(names)}"


def _misfit_help(node: Call, subject: str, shape: Shape, kinds: Kind) -> str | None:
    if kinds & Kind.STRING and shape.kinds & Kind.NUMBER:
        return f"write to_string({subject}) for its text, or compare the number"
    if kinds & Kind.STRING and shape.kinds & Kind.ARRAY and node.name in ("starts_with", "ends_with"):
        item = "prefix" if node.name == "starts_with" else "suffix"
        if not shape.element().objects:
            return f"to test the elements, write {subject}[?{item}(@, '…')]"
        return f"to test the elements, write {subject}[?{item}(field, '…')]"
    if kinds & Kind.ARRAY and shape.kinds & Kind.OBJECT:
        return f"for the values of its fields, write values({subject})"
    if kinds & Kind.NUMBER and shape.kinds & Kind.STRING:
        return f"write to_number({subject})"
    if node.name == "contains" and shape.kinds & (Kind.NUMBER | BOOLEAN):
        return "contains(list, value): the list comes first"
    return None


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


# ---- searches ---------------------------------------------------------------------------------------------------------------------
def _check_search(inference: Inference, node: Call, shapes: list[Shape], scope: Scope) -> None:
    if len(shapes) != 2:
        return
    first, second = node.arguments
    if node.name == "contains":
        if _constants(first) is not None:
            _check_list(inference, node, first, second, shapes[1], scope)
        else:
            _check_contained(inference, node, first, shapes[0], second, shapes[1])
    elif node.name == "any_in" and _constants(second) is not None:
        item = shapes[0].element() if shapes[0].kinds & Kind.ARRAY else NEVER
        _check_list(inference, node, second, first, shapes[0].only(~(Kind.ARRAY | Kind.NULL)) | item, scope)
    elif node.name in _AFFIXES and isinstance(first, Literal) and not isinstance(second, Literal | StringList):
        message = f"{node.name}() takes the text first: `{inference.report.text(first)}` is a constant"
        help = f"write {node.name}({inference.report.text(second)}, {inference.report.text(first)})"
        inference.report.say("RT306", "warning", node, message, help)
    elif node.name in _AFFIXES and isinstance(second, Literal | StringList):
        _check_affix(inference, node, first, shapes[0], second)


def _constants(node: Node) -> list[Any] | None:
    if isinstance(node, StringList):
        return list(node.values)
    if isinstance(node, Literal) and isinstance(node.value, list | tuple):
        return list(node.value)
    return None


def _check_list(inference: Inference, node: Call, constants: Node, subject: Node, shape: Shape, scope: Scope) -> None:
    """Report constants of a list that the value sought in it can never be."""
    values = _constants(constants) or []
    if shape.is_unknown or shape.is_never or len(values) > 10_000:
        return
    report = inference.report
    name = report.text(subject)
    real = shape.only(~Kind.NULL)
    if not real.kinds:
        return
    listed = one_of(values)
    if not real.kinds & listed.kinds:
        if not values:
            report.say("RT311", "error", constants, f"the list is empty: `{report.text(node)}` is never true")
            return
        message = f"`{name}` is {_article(real.types())}, the list has only {_plural(listed.types())}: never true"
        help = None
        if real.kinds & Kind.ARRAY and node.name == "contains":
            help = f"write any_in({name}, {report.text(constants)})"
        elif real.kinds & Kind.NUMBER and listed.kinds & Kind.STRING:
            help = "a list of numbers is written in backticks: `[1, 2]`"
        elif real.kinds & Kind.STRING and listed.kinds & Kind.NUMBER:
            help = "a list of strings is written ['a', 'b']"
        report.say("RT303", "error", node, message, help)
        return
    base = _without_narrowing(inference, subject, scope, real, node)
    places = _element_places(report.expression, constants, values)
    for value, place in zip(values, places, strict=True):
        if can_meet(constant(value), real):
            continue
        if base is not None and can_meet(constant(value), base):
            continue
        near = alike(value, real)
        help = f"did you mean {written(near)}?" if near is not None else f"it is {phrase(real)}"
        code = "RT304"
        if not constant(value).kinds & real.kinds:
            code, help = "RT303", f"the list mixes types; it is {phrase(real)}"
        elif isinstance(value, int | float) and real.numbers.values is None:
            code = "RT305"
        message = f"{written(value)} is never a value of `{name}`"
        report.say(code, "warning" if code == "RT305" else "error", place, message, help)


def _without_narrowing(inference: Inference, subject: Node, scope: Scope, real: Shape, node: Call) -> Shape | None:
    """Return the shape the sought value has before any condition; None where that is the same."""
    if scope.base is scope:
        return None
    found = inference.quiet(subject, scope.base).only(~Kind.NULL)
    if node.name == "any_in" and found.kinds & Kind.ARRAY:
        found = found.only(~Kind.ARRAY) | found.element()
    return found


_STRING: Final = re.compile(r"'[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
_JSON_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*|true|false|null', re.DOTALL)


def _element_places(expression: str, node: Node, values: list[Any]) -> list[tuple[int, int]]:
    """Return where each constant of a list stands, the whole list where that cannot be told."""
    pattern = _STRING if isinstance(node, StringList) else _JSON_STRING
    found = [match.span() for match in pattern.finditer(expression, node.start, node.end)]
    return found if len(found) == len(values) else [(node.start, node.end)] * len(values)


def _check_contained(inference: Inference, node: Call, holder: Node, shape: Shape, wanted: Node, value: Shape) -> None:
    """Report a search for something that the array or string can never have."""
    if shape.is_unknown or value.is_unknown or value.is_never or shape.loose:
        return
    report = inference.report
    name = report.text(holder)
    kinds = shape.kinds & (Kind.ARRAY | Kind.STRING)
    if kinds == Kind.STRING and not value.kinds & Kind.STRING and value.kinds & ~Kind.NULL:
        help = None
        if value.kinds & Kind.ARRAY:
            help = f"the list comes first: contains({report.text(wanted)}, {name})"
        elif isinstance(wanted, Literal) and isinstance(wanted.value, int | float):
            help = f"write '{report.text(wanted).strip('`')}' in single quotes"
        message = f"`{name}` is a string, which contains only strings, and `{report.text(wanted)}` is {phrase(value)}: never true"
        report.say("RT303", "error", node, message, help)
        return
    if kinds == Kind.STRING and isinstance(wanted, Literal) and isinstance(wanted.value, str):
        values = shape.text.values
        if values is not None and not any(wanted.value in each for each in values):
            report.say(
                "RT304",
                "error",
                wanted,
                f"no value of `{name}` contains {written(wanted.value)}",
                f"it is {phrase(shape.only(Kind.STRING))}",
            )
        return
    if kinds != Kind.ARRAY:
        return
    item = shape.element()
    if item.is_unknown or item.is_never or can_meet(item, value):
        return
    if not item.kinds & value.kinds:
        help = None
        if item.kinds & Kind.OBJECT:
            help = f"its elements are objects: write contains({name}[*].field, {report.text(wanted)})"
        message = f"the elements of `{name}` are {_plural(item.types())}, `{report.text(wanted)}` is {phrase(value)}: never true"
        report.say("RT303", "error", node, message, help)
        return
    values_wanted = value.values()
    if values_wanted:
        near = alike(values_wanted[0], item)
        help = f"did you mean {written(near)}?" if near is not None else f"an element is {phrase(item)}"
        report.say("RT304", "error", wanted, f"{written(values_wanted[0])} is never an element of `{name}`", help)


_AFFIXES: Final[dict[str, Callable[[str, str], bool]]] = {
    "starts_with": str.startswith,
    "prefix": str.startswith,
    "ends_with": str.endswith,
    "suffix": str.endswith,
    "glob": lambda value, pattern: glob_matches(value, glob_pattern(pattern)),
}


def _check_affix(inference: Inference, node: Call, subject: Node, shape: Shape, pattern: Node) -> None:
    """Report a start, end or pattern that none of the possible strings has; and a tolerant function of what is never a string."""
    report = inference.report
    name = report.text(subject)
    real = shape.only(~Kind.NULL)
    if shape.is_unknown or shape.is_never or not real.kinds:
        return
    if not real.kinds & Kind.STRING:
        if not SIGNATURES[node.name].fails:
            message = f"{node.name}() is for strings, but `{name}` is {phrase(real)}: never true"
            report.say("RT306", "error", subject, message, _misfit_help(node, name, real, Kind.STRING))
        return
    patterns = [each for each in _constants(pattern) or [getattr(pattern, "value", None)] if isinstance(each, str)]
    values = real.text.values
    if values is None or len(values) > _LISTED_MAX or not patterns or shape.loose:
        return
    test = _AFFIXES[node.name]
    if any(test(value, each) for value in values for each in patterns):
        return
    near = next((v for v in sorted(values) for each in patterns if test(v.casefold(), each.casefold())), None)
    help = f"did you mean {written(near)}?" if near is not None else f"it is {phrase(real.only(Kind.STRING))}"
    report.say("RT304", "error", pattern, f"no value of `{name}` fits {report.text(pattern)}", help)


def _article(types: list[str]) -> str:
    words = " or ".join(types)
    return f"{'an' if words[:1] in 'aeio' else 'a'} {words}"


def _plural(types: list[str]) -> str:
    return " and ".join(name if name in ("null", "true", "false") else f"{name}s" for name in types)


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
