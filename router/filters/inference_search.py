"""Searches: constants that a call can never find, as in contains(['a', 'b'], field) or prefix(field, 'a') (RT303, RT304, RT305)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from router.filters.functions import glob_matches, glob_pattern
from router.filters.inference_comparison import can_meet
from router.filters.inference_report import alike, phrase, written
from router.filters.inference_scope import Scope
from router.filters.nodes import Call, Literal, Node, StringList
from router.filters.signatures import SIGNATURES
from router.shapes import BOOLEAN, NEVER, Kind, Shape, constant, one_of

if TYPE_CHECKING:
    from router.filters.inference import Inference

__all__ = ["check_search", "misfit_help"]

_LISTED_MAX: Final = 64
_ELEMENTS_MAX: Final = 10_000


def check_search(inference: Inference, node: Call, shapes: list[Shape], scope: Scope) -> None:
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
    if shape.is_unknown or shape.is_never or len(values) > _ELEMENTS_MAX:
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
            report.say("RT306", "error", subject, message, misfit_help(node, name, real, Kind.STRING))
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


def misfit_help(node: Call, subject: str, shape: Shape, kinds: Kind) -> str | None:
    """Say what to write for an argument of a type that a function never takes."""
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
