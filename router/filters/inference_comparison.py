"""Comparisons: whether two values can ever be equal, or stand in an order (RT303, RT304, RT305, RT311)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from router.filters.inference_conditions import mirrored
from router.filters.inference_report import alike, phrase, written
from router.filters.inference_scope import Scope, key_of
from router.filters.nodes import Call, Comparison, Field, Literal, Node, Projection, StringList
from router.shapes import BOOLEAN, Kind, Shape, of_kinds
from router.shapes.event import ATTRIBUTES

if TYPE_CHECKING:
    from router.filters.inference import Inference

__all__ = ["can_meet", "compare_shapes", "explain_miss"]

_BOTH: Final = of_kinds(BOOLEAN)
_TRUE: Final = of_kinds(Kind.TRUE)
_FALSE: Final = of_kinds(Kind.FALSE)
_BOTH_OR_NULL: Final = of_kinds(BOOLEAN | Kind.NULL)
_NULL: Final = of_kinds(Kind.NULL)
_SAME_TEXT: Final = "no value is both"


def compare_shapes(inference: Inference, node: Comparison, left: Shape, right: Shape, scope: Scope) -> Shape:
    """Return the outcome of a comparison of two shapes, reporting when the types alone decide it."""
    if left.is_never or right.is_never:
        return _BOTH
    if isinstance(node.left, Literal) == isinstance(node.right, Literal) and key_of(node.left) == key_of(node.right):
        return _of_itself(inference, node)
    if node.operator in ("==", "!="):
        return _equality(inference, node, left, right, scope)
    return _order(inference, node, left, right, scope)


def can_meet(left: Shape, right: Shape) -> bool:
    """Say whether some value may be in both."""
    return not (left & right).is_never


def _of_itself(inference: Inference, node: Comparison) -> Shape:
    """Report a comparison of something with itself."""
    report = inference.report
    is_true = node.operator in ("==", "<=", ">=")
    message = f"`{report.text(node)}` compares something with itself: {'always' if is_true else 'never'} true"
    report.say("RT312" if is_true else "RT311", "warning" if is_true else "error", node, message)
    return _TRUE if node.operator == "==" else _FALSE if node.operator == "!=" else _BOTH_OR_NULL


# ---- == and != --------------------------------------------------------------------------------------------------------------------
def _equality(inference: Inference, node: Comparison, left: Shape, right: Shape, scope: Scope) -> Shape:
    is_same = node.operator == "=="
    if not inference.report.muted and scope.is_event:
        _check_bare(inference, node.right, left)
        _check_bare(inference, node.left, right)
    if not can_meet(left, right):
        if not inference.report.muted:
            _report_unequal(inference, node, scope, left, right)
        return _FALSE if is_same else _TRUE
    values, others = left.values(), right.values()
    if values is not None and others is not None and len(values) == 1 and len(others) == 1:
        return _TRUE if is_same else _FALSE
    return _BOTH


def _check_bare(inference: Inference, node: Node, other: Shape) -> None:
    """Report a name that stands where one of the possible strings was meant, such as paid for 'paid'."""
    if isinstance(node, Field) and not node.quoted and node.name not in ATTRIBUTES:
        values = other.values()
        if values is not None and node.name in values:
            message = f"`{node.name}` is a field here, an extension of the event, not the string"
            inference.report.say("RT302", "warning", node, message, f"write {written(node.name)}")


def _report_unequal(inference: Inference, node: Comparison, scope: Scope, left: Shape, right: Shape) -> None:
    """Report a comparison that no value satisfies, by the schema's fault, or by what earlier conditions demand."""
    report = inference.report
    base = scope.base
    if base is not scope:
        first, second = inference.quiet(node.left, base), inference.quiet(node.right, base)
        if first.is_never or second.is_never:
            return
        if can_meet(first, second):
            _report_narrowed(inference, node, scope)
            return
        left, right = first, second
    if isinstance(node.left, Literal) and isinstance(node.right, Literal):
        message = f"`{report.text(node)}` compares two constants: {'never' if node.operator == '==' else 'always'} true"
        advice = "`==` binds tighter than `||`: write (field || default) == value"
        report.say("RT311" if node.operator == "==" else "RT312", "error", node, message, advice)
        return
    subject, other = (node.right, node.left) if isinstance(node.left, Literal | StringList) else (node.left, node.right)
    shape, wanted = (right, left) if subject is node.right else (left, right)
    never = "never true" if node.operator == "==" else "always true"
    if wanted.kinds == Kind.NULL and isinstance(other, Literal):
        if node.operator == "==":
            message = f"`{report.text(subject)}` is never null: `{report.text(node)}` is never true"
            report.say("RT303", "warning", node, message, f"it is {phrase(shape)}")
        return  # != null is a needless guard, which the conjunction reports as one
    code, message, help = explain_miss(report.text(subject), shape, report.text(other), wanted, other, subject)
    severity: Any = "error"
    place: Node = node if code == "RT303" else other if isinstance(other, Literal) else node
    if code == "RT305":
        severity = "warning"
    report.say(code, severity, place, f"{message}: `{report.text(node)}` is {never}", help)


def _report_narrowed(inference: Inference, node: Comparison, scope: Scope) -> None:
    report = inference.report
    if node.operator != "==":
        return  # always true here: the conjunction says that it is superfluous
    firm = scope.firm
    if firm is not scope and can_meet(inference.quiet(node.left, firm), inference.quiet(node.right, firm)):
        return
    subject = node.right if isinstance(node.left, Literal) else node.left
    left_over = inference.quiet(subject, firm)
    report.say(
        "RT311",
        "error",
        node,
        f"`{report.text(node)}` contradicts the conditions before it, which leave `{report.text(subject)}` as {phrase(left_over)}",
        "join alternatives with `||`, or write contains([…], field)",
    )


def explain_miss(
    subject_text: str, shape: Shape, other_text: str, wanted: Shape, other: Node, subject: Node
) -> tuple[str, str, str | None]:
    """Return code, message and help for two values that are never equal."""
    real = shape.only(~Kind.NULL)
    if not real.kinds & wanted.kinds:
        types = " or ".join(real.types()) or "null"
        message = f"`{subject_text}` is {_article(types)}, {_shown(other_text, wanted, other)} is {_article(' or '.join(wanted.only(~Kind.NULL).types()) or 'null')}"
        return "RT303", message, _type_help(subject_text, real, other, wanted, subject)
    constants = wanted.values()
    if wanted.kinds & Kind.NUMBER and constants and not (real.kinds & Kind.NUMBER and real.numbers.values is not None):
        numbers = real.only(Kind.NUMBER)
        value = constants[0]
        code = "RT304" if numbers.numbers.integer and value % 1 else "RT305"
        return code, f"`{subject_text}` is {phrase(numbers)}, never {written(value)}", None
    if constants:
        value = constants[0]
        if isinstance(subject, Call) and subject.name == "lower" and isinstance(value, str) and value != value.lower():
            message = f"{subject_text} has no upper-case letters, {written(value)} has"
            return "RT304", message, f"write {written(value.lower())}"
        near = alike(value, real)
        help = f"did you mean {written(near)}?" if near is not None else None
        listed = phrase(real.only(wanted.kinds & ~Kind.NULL))
        help = help or f"it is {listed}"
        known = "one of its values" if real.values() is not None else "possible"
        return "RT304", f"{written(constants[0])} is not {known}: `{subject_text}` is {listed}", help
    return (
        "RT304",
        f"`{subject_text}` is {phrase(real)}, `{other_text}` is {phrase(wanted)}, and {_SAME_TEXT}",
        None,
    )


def _shown(text: str, shape: Shape, node: Node) -> str:
    return text if isinstance(node, Literal) and text[:1] in "'`" else f"`{text}`"


def _article(types: str) -> str:
    if types in ("null", "true", "false"):
        return types
    return f"{'an' if types[:1] in 'aeio' else 'a'} {types}"


def _type_help(subject_text: str, real: Shape, other: Node, wanted: Shape, subject: Node) -> str | None:
    """Say what to write where the types of a comparison do not fit."""
    constant = other.value if isinstance(other, Literal) else None
    if isinstance(constant, str):
        plain = constant.strip()
        if real.kinds & Kind.NUMBER and _is_number(plain):
            return f"a number is written in backticks: `{plain}`"
        if real.kinds & BOOLEAN and plain.lower() in ("true", "false"):
            return f"write {subject_text}" if plain.lower() == "true" else f"write !({subject_text})"
        if real.kinds & BOOLEAN:
            return f"it is true or false: write {subject_text} or !({subject_text})"
    if real.kinds & Kind.ARRAY and wanted.kinds & ~Kind.ARRAY and other is not None:
        if isinstance(subject, Projection) or not real.element().objects:
            return (
                f"to look for it in the array, write contains({subject_text}, {written(constant)})"
                if constant is not None
                else "look into the array with contains() or [?…]"
            )
        return f"look into the array: {subject_text}[?field == value]"
    if real.kinds & Kind.STRING and isinstance(constant, int | float):
        return f"a string is written in single quotes: '{str(constant).lower() if isinstance(constant, bool) else constant}'"
    if real.kinds & Kind.STRING and wanted.kinds & Kind.ARRAY:
        return f"for one of several, write contains(list, {subject_text})"
    if real.kinds & Kind.OBJECT and real.names:
        return f"compare one of its fields: {', '.join(real.names[:6])}"
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# ---- < <= > >= --------------------------------------------------------------------------------------------------------------------
def _order(inference: Inference, node: Comparison, left: Shape, right: Shape, scope: Scope) -> Shape:
    muted = bool(inference.report.muted)
    for side, shape, other in ((node.left, left, node.right), (node.right, right, node.left)):
        if shape.kinds & Kind.NUMBER:
            continue
        if (not muted and shape.kinds & ~Kind.NULL) or (not muted and isinstance(side, Literal)):
            _report_unordered(inference, node, side, shape, other)
        return _NULL
    outcome = _ordered(node.operator, left, right)
    may_be_null = (left.kinds | right.kinds) & ~Kind.NUMBER
    if outcome is _FALSE and not muted:
        _report_range(inference, node, left, right, scope)
    if not may_be_null:
        return outcome
    return outcome | _NULL


def _ordered(operator: str, left: Shape, right: Shape) -> Shape:
    """Return what an ordering of two numbers can be, from their bounds."""
    if operator in (">", ">="):
        left, right, operator = right, left, mirrored[operator]
    low, open_low, high, open_high = left.numbers.bounds()
    other_low, other_open_low, other_high, other_open_high = right.numbers.bounds()
    is_strict = operator == "<"
    if high is not None and other_low is not None:
        touches = high == other_low
        if high < other_low or (touches and (not is_strict or open_high or other_open_low)):
            return _TRUE
    if low is not None and other_high is not None:
        touches = low == other_high
        if low > other_high or (touches and (is_strict or open_low or other_open_high)):
            return _FALSE
    return _BOTH


def _report_unordered(inference: Inference, node: Comparison, side: Node, shape: Shape, other: Node) -> None:
    report = inference.report
    text = report.text(side)
    help = None
    real = shape.only(~Kind.NULL)
    if isinstance(side, Literal) and isinstance(side.value, str) and _is_number(side.value):
        help = f"a number is written in backticks: `{side.value.strip()}`"
    elif real.kinds & Kind.STRING and real.text.format in ("date-time", "date", "time"):
        help = (
            "times are strings, and strings have no order in JMESPath; compare with ==, or with starts_with() for a day"
        )
    elif real.kinds & Kind.STRING:
        help = "strings have no order in JMESPath: compare with ==, or with contains([…], field)"
    elif real.kinds & (Kind.ARRAY | Kind.OBJECT):
        help = f"to compare how many there are, write length({text})"
    what = phrase(of_kinds(real.kinds) if isinstance(side, Literal) else real) if real.kinds else "null"
    message = f"`{node.operator}` orders numbers, and {_shown(text, shape, side)} is {what}: never true"
    report.say("RT303", "error", node, message, help)


def _report_range(inference: Inference, node: Comparison, left: Shape, right: Shape, scope: Scope) -> None:
    report = inference.report
    base = scope.base
    if base is not scope:
        first, second = inference.quiet(node.left, base), inference.quiet(node.right, base)
        if _ordered(node.operator, first, second) is not _FALSE:
            firm = scope.firm
            if (
                firm is scope
                or _ordered(node.operator, inference.quiet(node.left, firm), inference.quiet(node.right, firm))
                is _FALSE
            ):
                subject = node.right if isinstance(node.left, Literal) else node.left
                known = phrase(inference.quiet(subject, firm).only(Kind.NUMBER))
                report.say(
                    "RT311",
                    "error",
                    node,
                    f"`{report.text(node)}` contradicts the conditions before it, which leave `{report.text(subject)}` as {known}",
                )
            return
        left, right = first, second
    subject, shape = (node.right, right) if isinstance(node.left, Literal) else (node.left, left)
    report.say(
        "RT305",
        "warning",
        node,
        f"`{report.text(node)}` can never hold: `{report.text(subject)}` is {phrase(shape.only(Kind.NUMBER))}",
    )
