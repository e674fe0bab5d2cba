"""Verdicts: conditions that decide nothing (RT311, RT312), values used as conditions (RT310), and types a filter is not for (RT313)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.filters.inference_report import phrase
from router.filters.inference_scope import Scope
from router.filters.nodes import (
    And,
    Comparison,
    FilterProjection,
    Literal,
    Node,
    Not,
    Or,
    Pipe,
    Projection,
    StringList,
    ValueProjection,
)
from router.shapes import BOOLEAN, Kind, Shape

if TYPE_CHECKING:
    from router.filters.inference import Inference

__all__ = ["judge_conjunct", "judge_disjunct", "judge_whole"]


def judge_conjunct(
    inference: Inference, term: Node, scope: Scope, found: Shape, before: int, after: Scope | None
) -> None:
    """Report a term of a conjunction that is never or always true, unless something has been said of it since `before`.

    `after` is the scope for where it is true.
    """
    report = inference.report
    if report.muted or len(report.problems) > before:
        return
    if after is None or not found.may_be_true:
        _never(inference, term, scope)
    elif not found.may_be_false and not found.is_never:
        _always(inference, term, scope, found)


def judge_disjunct(inference: Inference, whole: Or, term: Node, scope: Scope, found: Shape, before: int) -> None:
    """Report an alternative that is always true; together with those before it, when it is what they leave over."""
    report = inference.report
    if report.muted or len(report.problems) > before or found.may_be_false or found.is_never:
        return
    if isinstance(term, Literal | StringList):
        first = inference.quiet(whole.terms[0], scope.base)
        if first.kinds & ~(BOOLEAN | Kind.NULL) or first.loose:  # a default, as in note || 'none'
            return
        text = report.text(term)
        message = f"`{text}` is always true: it stands alone, it is not compared with anything"
        report.say(
            "RT312",
            "warning",
            term,
            message,
            f"repeat the comparison, as in {report.text(whole.terms[0])} || field == {text}",
        )
        return
    alone = inference.quiet(term, scope.firm)
    if not alone.may_be_false:
        _always(inference, term, scope.firm, alone)
    elif alone.kinds & ~BOOLEAN == 0 or isinstance(term, Comparison | Not):
        report.say(
            "RT312",
            "warning",
            whole,
            f"`{report.text(whole)}` is always true: where the rest is false, `{report.text(term)}` is true",
            "did you mean `&&`?",
        )


def _never(inference: Inference, term: Node, scope: Scope) -> None:
    report = inference.report
    text = report.text(term)
    firm = scope.firm
    if firm is not scope and inference.quiet(term, firm).may_be_true and inference.assume(term, True, firm) is not None:
        return  # only what an alternative before it left over excludes it: it is superfluous, not wrong
    alone = inference.quiet(term, scope.base)
    if alone.may_be_true and inference.assume(term, True, scope.base) is not None:
        report.say(
            "RT311",
            "error",
            term,
            f"`{text}` contradicts the conditions before it: the filter can never hold",
            "join alternatives with `||`",
        )
    else:
        report.say("RT311", "error", term, f"`{text}` can never be true", _constant_help(term))


def _constant_help(term: Node) -> str | None:
    if isinstance(term, Literal) and term.value is False:
        return "to switch a route off, say `enabled: false`"
    return None


def _always(inference: Inference, term: Node, scope: Scope, found: Shape) -> None:
    report = inference.report
    text = report.text(term)
    alone = inference.quiet(term, scope.base)
    if alone.may_be_false:
        report.say(
            "RT312",
            "warning",
            term,
            f"`{text}` is always true here: the conditions before it say so already",
            "leave it out",
        )
    elif found.kinds == Kind.NUMBER:
        report.say(
            "RT312",
            "warning",
            term,
            f"`{text}` is always true: it is a number, and every number is true, 0 too",
            f"compare it: {text} > `0`",
        )
    else:
        why = f": it is {phrase(found)}, never empty or missing" if found.kinds & ~BOOLEAN else ""
        report.say("RT312", "warning", term, f"`{text}` is always true{why}", "leave it out")


def judge_whole(inference: Inference, tree: Node, scope: Scope, result: Shape, named: frozenset[str] | None) -> None:
    """Report what is wrong with a filter as a whole: its value, and the event types it is not for."""
    report = inference.report
    for node in _results(tree):
        _judge_result(inference, node, inference.quiet(node, scope) if node is not tree else result)
    said = any(problem.code not in ("RT310", "RT313") for problem in report.problems)
    if not isinstance(tree, And | Or) and not said:
        judge_conjunct(inference, tree, scope, result, len(report.problems), inference.assume(tree, True, scope))
    _judge_types(inference, tree, scope, named)


def _results(tree: Node) -> list[Node]:
    """Return the parts of a filter whose value can be the filter's."""
    found, stack = [], [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Or):
            stack += node.terms
        elif isinstance(node, And):
            stack.append(node.terms[-1])
        else:
            found.append(node)
    return found


def _judge_result(inference: Inference, node: Node, found: Shape) -> None:
    kinds = found.kinds & ~(BOOLEAN | Kind.NULL)
    if not kinds or found.loose or isinstance(node, FilterProjection | StringList):
        return
    report = inference.report
    text = report.text(node)
    what = phrase(found.only(kinds))
    help = {
        Kind.STRING: f"compare it, as in {text} == '…'; for any that is not empty write {text} != ''",
        Kind.NUMBER: f"compare it, as in {text} > `0`: every number is true, 0 too",
        Kind.ARRAY: f"write length({text}) > `0`",
        Kind.OBJECT: f"write {text} != `null`",
    }.get(kinds)
    if isinstance(node, Literal):
        help = "compare something with it"
    elif isinstance(node, Projection | ValueProjection | Pipe) and kinds == Kind.ARRAY:
        help = "to test for one element write […][?condition]; a list is true when it is not empty"
    report.say("RT310", "warning", node, f"the filter's value is `{text}`: {what}, not true or false", help)


def _judge_types(inference: Inference, tree: Node, scope: Scope, named: frozenset[str] | None) -> None:
    """Report fields that only some of the event types have. An error where the filter can then never hold for one that is named."""
    report = inference.report
    for node, path, having, lacking in report.lacking:
        dead = [label for label in lacking if _is_dead(inference, tree, scope, label)]
        is_grave = any(named is None or label in named for label in dead)
        field = ".".join(path)
        message = f"`{field}` is a field of {_types(having)}, but not of {_types(lacking)}"
        if dead:
            message += ": the filter never holds for " + ("it" if len(dead) == 1 else "them")
            help = "name only the types that have it in `events`, or write a route of its own for the others"
        else:
            help = f"begin with type == '{having[0]}' && …" if len(having) == 1 else "it is null for the others"
        report.say("RT313", "error" if is_grave else "warning", node, message, help)


def _is_dead(inference: Inference, tree: Node, scope: Scope, label: str) -> bool:
    only = tuple(each for each in scope.shape.objects if each.label == label)
    return inference.assume(tree, True, scope.with_shape(scope.shape.replace(objects=only))) is None


def _types(labels: list[str]) -> str:
    shown = ", ".join(f"`{label}`" for label in labels[:3])
    return shown + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
