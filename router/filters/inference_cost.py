"""Cost: filters that the index cannot narrow down (RT314), and filters that do much work on one event (RT315)."""

from __future__ import annotations

from typing import Final

from router.filters.inference_report import Report
from router.filters.nodes import (
    Call,
    Current,
    ExpressionArgument,
    FilterProjection,
    Literal,
    Node,
    Projection,
    StringList,
    Sub,
    ValueProjection,
    children,
)
from router.filters.problem import FilterSyntaxError
from router.filters.shape import bind

__all__ = ["COST_MAX", "cost_of", "judge_cost"]

COST_MAX: Final = 1000
"""Steps of one filter on one event beyond which it is worth a warning: about a tenth of a millisecond."""

_ELEMENTS: Final = 10
"""Elements that an array is taken to have."""

_FLAT_CODE_POINTS_MAX: Final = 100
"""A shorter filter with at most one pair of brackets cannot cost more than COST_MAX."""

_CALLS: Final = {"sort": 20, "sort_by": 20, "to_string": 10, "glob": 2, "merge": 5, "join": 5, "map": 2}
"""Steps of functions that do more than look; all others are one."""


def judge_cost(report: Report, tree: Node) -> None:
    """Report a filter that every event of its types must run, and one that takes long."""
    written = report.expression
    is_flat = len(written) < _FLAT_CODE_POINTS_MAX and written.count("[") + written.count("*") < 2
    steps = 0 if is_flat else cost_of(tree)
    if steps > COST_MAX:
        message = f"this filter takes about {steps} steps for an event, counting {_ELEMENTS} elements to an array"
        help = "put a cheap condition in front with &&, or let the sender put what is asked for into a field of its own"
        report.say("RT315", "warning", (0, len(report.expression)), message, help)
    try:
        clauses = bind(report.expression)[0].clauses
    except FilterSyntaxError:  # an argument that the compiler of filters refuses, and says so
        return
    if any(not any(condition.holds for condition in clause.conditions) for clause in clauses):
        message = "nothing in this filter can be looked up: it is evaluated for every event of its types"
        help = "join it with &&, to a comparison of a field with a constant, to contains(['a', 'b'], field) or to prefix(field, 'a')"
        report.say("RT314", "info", (0, len(report.expression)), message, help)


def cost_of(tree: Node) -> int:
    """Return about how many steps an expression takes; what is done to each element of an array counts for each."""
    total = 0
    stack = [(tree, 1)]
    while stack:
        node, times = stack.pop()
        if isinstance(node, Call):
            total += times * _CALLS.get(node.name, 1)
        elif not isinstance(node, Current | Literal | StringList | Sub):
            total += times
        if isinstance(node, Projection | ValueProjection):
            stack += [(node.left, times), (node.right, times * _ELEMENTS)]
        elif isinstance(node, FilterProjection):
            stack += [(node.left, times), (node.condition, times * _ELEMENTS), (node.right, times * _ELEMENTS)]
        else:
            inner = times * _ELEMENTS if isinstance(node, ExpressionArgument) else times
            stack += [(child, inner) for child in children(node)]
    return total
