"""Demands: what filters, operators and loops take, held against what their operands can be (RT403 for null, RT410 for other types)."""

from __future__ import annotations

from router.shapes import BOOLEAN, UNKNOWN, Kind, Shape
from router.transforms.inference_scope import Report
from router.transforms.template import nodes

__all__ = ["comparable", "demand"]

_WORDS = (
    (Kind.STRING, "a string"),
    (Kind.NUMBER, "a number"),
    (BOOLEAN, "a boolean"),
    (Kind.ARRAY, "a list"),
    (Kind.OBJECT, "an object"),
)


def demand(report: Report, node: nodes.Node, shape: Shape, kinds: Kind, what: str) -> Shape:
    """Report an operand that may be null where null is not taken, or that is never of a kind that is; unknown is never reported."""
    if shape.loose or shape.is_never:
        return shape
    if shape.kinds & Kind.NULL & ~kinds:
        written = report.text(node)
        may = "may be" if shape.kinds & ~Kind.NULL else "is"
        report.say(
            "RT403",
            "error",
            node,
            f"`{written}` {may} null, which {what} does not take",
            f"write `{written} | default(…)`",
        )
        return UNKNOWN
    if not shape.kinds & kinds:
        report.say(
            "RT410", "error", node, f"{what} takes {_listed(kinds)}; `{report.text(node)}` is {_listed(shape.kinds)}"
        )
        return UNKNOWN
    return shape


def comparable(report: Report, node: nodes.Compare, left: Shape, right: Shape) -> None:
    """Report an order of values that have none: only numbers, or texts, are one before the other."""
    if left.loose or right.loose or left.is_never or right.is_never:
        return
    ordered = Kind.NUMBER | Kind.STRING
    if not left.kinds & right.kinds & ordered:
        message = f"{_listed(left.kinds & ~Kind.NULL)} and {_listed(right.kinds & ~Kind.NULL)} have no order"
        report.say(
            "RT410",
            "error",
            node,
            f"`{report.text(node)}`: {message}",
            "compare a number with a number, a string with a string",
        )


def _listed(kinds: Kind) -> str:
    words = [word for kind, word in _WORDS if kinds & kind]
    return " or ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + " or " + words[-1]
