"""Inference: what each part of a filter can be, from what its events can be; and what follows that the writer did not mean.

An abstract interpreter: it runs the expression on shapes in place of values (see `router.shapes`). The value of every node is a superset
of what it can be at run time, so "this is never true" is proven; conditions narrow what the parts behind them see (see
`inference_conditions`). A part that has been reported is unknown from there on: one mistake, one finding.

    infer(expression, event_shape({...}))  ->  problems RT302 to RT315, with places in code points

Syntax, unknown functions, precedence and bare literals (RT301, RT306, RT308, RT309) are `checks.problems`; nothing is said here of an
expression that does not compile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from router.filters.inference_calls import call
from router.filters.inference_comparison import compare_shapes
from router.filters.inference_conditions import STEPS_MAX, assume, narrowed
from router.filters.inference_cost import judge_cost
from router.filters.inference_fields import field_of
from router.filters.inference_report import REPORTED, Report, phrase
from router.filters.inference_scope import Scope, fits, key_of, path_of
from router.filters.inference_tree import rebased
from router.filters.inference_verdict import judge_conjunct, judge_disjunct, judge_whole
from router.filters.nodes import (
    And,
    Call,
    Comparison,
    Current,
    ExpressionArgument,
    Field,
    FilterProjection,
    Flatten,
    Index,
    Literal,
    MultiSelectHash,
    MultiSelectList,
    Node,
    Not,
    Or,
    Pipe,
    Projection,
    Slice,
    StringList,
    Sub,
    ValueProjection,
)
from router.filters.parser import parse
from router.filters.problem import FilterProblem, FilterSyntaxError
from router.shapes import (
    ABSENT,
    BOOLEAN,
    NEVER,
    NULL,
    UNKNOWN,
    Kind,
    ObjectShape,
    Shape,
    array_of,
    constant,
    of_kinds,
    one_of,
    union,
)

__all__ = ["Inference", "infer"]

_CONSTANT_ELEMENTS_MAX: Final = 64
_NARROWED: Final = frozenset({"RT307", "RT311", "RT312", "RT313"})
"""Findings that rest on narrowing: not made of a filter that is too intricate to be followed to its end."""


def infer(expression: str, event: Shape, *, named: frozenset[str] | None = None) -> list[FilterProblem]:
    """Return what the types of events say against a filter, in the order of its text.

    `event` is the shape of the root object, usually `shapes.event_shape` of the route's event types; `named` are those of them that the
    route names one by one (None: all), as opposed to those that a glob stands for.
    """
    try:
        tree = rebased(parse(expression))
    except FilterSyntaxError:
        return []
    inference = Inference(expression)
    scope = Scope(event, is_event=True)
    try:
        result = inference.value(tree, scope)
        judge_whole(inference, tree, scope, result, named)
    except RecursionError:  # nested as deep as the parser allows, within a caller that is deep already
        return []
    if inference.is_runnable and not any(problem.severity == "error" for problem in inference.report.problems):
        judge_cost(inference.report, tree)
    problems = inference.report.problems
    if inference.steps > STEPS_MAX:
        problems = [problem for problem in problems if problem.code not in _NARROWED]
    return sorted(problems, key=lambda problem: (problem.start, problem.end, problem.code))


class Inference:
    """One run over one expression."""

    __slots__ = ("is_runnable", "report", "steps")

    def __init__(self, expression: str) -> None:
        self.report = Report(expression)
        self.is_runnable = True
        self.steps = 0

    def value(self, node: Node, scope: Scope) -> Shape:
        """Return the shape of a node's value, reporting what is wrong in it."""
        found = _VALUES[type(node)](self, node, scope)
        if scope.facts:
            known = scope.facts.get(key_of(node))
            if known is not None:
                found = found & known
        return found

    def quiet(self, node: Node, scope: Scope) -> Shape:
        """Return the shape of a node's value without reporting anything."""
        self.report.muted += 1
        try:
            return self.value(node, scope)
        finally:
            self.report.muted -= 1

    def assume(self, node: Node, holds: bool, scope: Scope) -> Scope | None:
        """Return the scope for where a condition holds (or does not), None when that cannot be."""
        self.report.muted += 1
        try:
            return assume(self, node, holds, scope)
        finally:
            self.report.muted -= 1

    # ---- values -------------------------------------------------------------------------------------------------------------------
    def current(self, node: Current, scope: Scope) -> Shape:
        return scope.shape

    def field(self, node: Field, scope: Scope) -> Shape:
        return field_of(self.report, None, scope.shape, node, scope, (node.name,))

    def literal(self, node: Literal, scope: Scope) -> Shape:
        if isinstance(node.value, list | tuple):
            count = len(node.value)
            if count > _CONSTANT_ELEMENTS_MAX or all(not isinstance(item, list | dict) for item in node.value):
                return array_of(one_of(node.value), count, count)
        return constant(node.value)

    def strings(self, node: StringList, scope: Scope) -> Shape:
        found = array_of(one_of(node.values), len(node.values), len(node.values))
        return found | NULL if scope.shape.may_be_null else found

    def sub(self, node: Sub, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        if isinstance(node.left, Not):  # RT308 has been said
            return REPORTED
        if isinstance(node.right, Field):
            return field_of(self.report, node.left, base, node.right, scope, path_of(node))
        return self.value(node.right, Scope(base, label=f"`{self.report.text(node.left)}`"))

    def pipe(self, node: Pipe, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        is_event = scope.is_event and isinstance(node.left, Current)
        return self.value(node.right, Scope(base, is_event=is_event, label=f"`{self.report.text(node.left)}`"))

    def index(self, node: Index, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        self.need(node.left, base, Kind.ARRAY, node, "an index")
        if base is REPORTED or not base.kinds & Kind.ARRAY:
            return ABSENT if base.kinds & ~Kind.NULL == 0 else REPORTED
        elements = base.elements
        beyond = node.index if node.index >= 0 else -node.index - 1
        if elements.length_max is not None and beyond >= elements.length_max:
            return ABSENT
        item = elements.at(node.index)
        found = item if base.kinds == Kind.ARRAY and beyond < elements.length_min else item | ABSENT
        return found.replace(loose=True) if base.loose and not found.loose else found

    def slice(self, node: Slice, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        self.need(node.left, base, Kind.ARRAY, node, "a slice")
        return self.listing(base, base.element())

    def flatten(self, node: Flatten, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        self.need(node.left, base, Kind.ARRAY, node, "[]")
        if base is REPORTED:
            return REPORTED
        item = base.element()
        inner = item.element() if item.kinds & Kind.ARRAY else NEVER
        return self.listing(base, item.only(~Kind.ARRAY) | inner)

    def projection(self, node: Projection, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        if not isinstance(node.left, Slice | Flatten):
            self.need(node.left, base, Kind.ARRAY, node, "[*]")
        return self.projected(base, base.element(), node.right, node.left)

    def values(self, node: ValueProjection, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        self.need(node.left, base, Kind.OBJECT, node, ".*")
        if base is REPORTED or base.kinds & Kind.OBJECT == 0:
            return ABSENT if base.kinds & ~Kind.NULL == 0 else REPORTED
        item = base.member().only(~Kind.NULL)
        found = array_of(self.value(node.right, self.inside(item, node.left)).only(~Kind.NULL))
        return found if base.kinds == Kind.OBJECT else found | ABSENT.replace(loose=base.loose)

    def filtered(self, node: FilterProjection, scope: Scope) -> Shape:
        base = self.value(node.left, scope)
        self.need(node.left, base, Kind.ARRAY, node, "[?…]")
        if base is REPORTED:
            return REPORTED
        item = base.element()
        if item.is_never:
            return self.listing(base, NEVER)
        inner = self.inside(item, node.left)
        before = len(self.report.problems)
        condition = self.value(node.condition, inner)
        kept = self.assume(node.condition, True, inner)
        judge_conjunct(self, node.condition, inner, condition, before, kept)
        return self.projected(base, NEVER if kept is None else kept.shape, node.right, node.left)

    def projected(self, base: Shape, item: Shape, right: Node, holder: Node) -> Shape:
        """Return the array that a projection makes of elements."""
        if item.is_never:
            return self.listing(base, NEVER)
        found = self.value(right, self.inside(item, holder))
        return self.listing(base, found if found is REPORTED else found.only(~Kind.NULL))

    def inside(self, item: Shape, holder: Node) -> Scope:
        """Return the scope of an element of what a projection is over."""
        if isinstance(holder, Slice | Flatten):
            holder = holder.left
        text = self.report.text(holder)
        return Scope(item, label=f"an element of `{text}`" if text else "an element")

    def listing(self, base: Shape, item: Shape) -> Shape:
        """Return the shape of an array made from an array; null where that is none."""
        if base is REPORTED or item is REPORTED or not base.kinds & Kind.ARRAY:
            return ABSENT if base.kinds & ~Kind.NULL == 0 else REPORTED
        found = array_of(item)
        return found if base.kinds == Kind.ARRAY else found | ABSENT.replace(loose=base.loose)

    def need(self, holder: Node, base: Shape, kind: Kind, node: Node, what: str) -> None:
        """Report an operator on a value that is never of the kind it is for."""
        if base.kinds & kind or base.kinds & ~Kind.NULL == 0:
            return
        needed = "an array" if kind == Kind.ARRAY else "an object"
        help = None
        if kind == Kind.ARRAY and base.kinds & Kind.OBJECT:
            help = "a field is written with a dot; leave the brackets out"
        elif kind == Kind.ARRAY and base.kinds & Kind.STRING:
            help = "a string has no elements: use starts_with(), ends_with() or contains()"
        elif kind == Kind.OBJECT and base.kinds & Kind.ARRAY:
            help = "for every element write [*]"
        self.report.say(
            "RT303",
            "error",
            (holder.start, max(node.end, holder.end)),
            f"{what} is for {needed}, but `{self.report.text(holder) or '@'}` is {phrase(base.only(~Kind.NULL))}: always null",
            help,
        )

    def comparison(self, node: Comparison, scope: Scope) -> Shape:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        return compare_shapes(self, node, left, right, scope)

    def both(self, node: And, scope: Scope) -> Shape:
        outcomes: list[Shape] = []
        last = len(node.terms) - 1
        reachable: Scope | None = scope
        for position, term in enumerate(node.terms):
            if reachable is None:
                break
            before = len(self.report.problems)
            found = self.value(term, reachable)
            after = None
            if position < last or not self.report.muted:
                after = self.assume(term, True, reachable)
                judge_conjunct(self, term, reachable, found, before, after)
            outcomes.append(found if position == last else found.falsy())
            reachable = after if after is not None or not found.may_be_true else reachable
        return union(outcomes)

    def either(self, node: Or, scope: Scope) -> Shape:
        outcomes: list[Shape] = []
        last = len(node.terms) - 1
        reachable: Scope | None = scope
        for position, term in enumerate(node.terms):
            if reachable is None:
                break
            before = len(self.report.problems)
            found = self.value(term, reachable)
            judge_disjunct(self, node, term, reachable, found, before)
            outcomes.append(found if position == last else found.truthy())
            if position < last:
                after = self.assume(term, False, reachable)
                reachable = None if after is None else after.tentative(scope.firm)
        return union(outcomes)

    def negation(self, node: Not, scope: Scope) -> Shape:
        self.report.negated = not self.report.negated
        try:
            operand = self.value(node.operand, scope)
        finally:
            self.report.negated = not self.report.negated
        kinds = Kind(0)
        if operand.may_be_true:
            kinds |= Kind.FALSE
        if operand.may_be_false:
            kinds |= Kind.TRUE
        return of_kinds(kinds or BOOLEAN)

    def select_list(self, node: MultiSelectList, scope: Scope) -> Shape:
        parts = [self.value(item, scope) for item in node.items]
        found = array_of(union(parts), len(parts), len(parts))
        return found | NULL if scope.shape.may_be_null else found

    def select_hash(self, node: MultiSelectHash, scope: Scope) -> Shape:
        fields = {name: self.value(value, scope).replace(absent=False) for name, value in node.pairs}
        found = Shape(Kind.OBJECT, objects=(ObjectShape.of(fields),))
        return found | NULL if scope.shape.may_be_null else found

    def call(self, node: Call, scope: Scope) -> Shape:
        if not fits(node):  # RT306 has been said
            self.is_runnable = False
            for argument in node.arguments:
                if not isinstance(argument, ExpressionArgument):
                    self.value(argument, scope)
            return UNKNOWN
        return call(self, node, scope)

    def narrowed(self, node: Node, narrow: Callable[[Shape], Shape], scope: Scope) -> Scope | None:
        """Return the scope in which a node's value is in what `narrow` makes of its shape."""
        return narrowed(self, node, narrow, scope)


_Value = Callable[[Inference, Any, Scope], Shape]

_VALUES: Final[dict[type[Node], _Value]] = {
    Current: Inference.current,
    Field: Inference.field,
    Literal: Inference.literal,
    StringList: Inference.strings,
    Sub: Inference.sub,
    Pipe: Inference.pipe,
    Index: Inference.index,
    Slice: Inference.slice,
    Flatten: Inference.flatten,
    Projection: Inference.projection,
    ValueProjection: Inference.values,
    FilterProjection: Inference.filtered,
    Comparison: Inference.comparison,
    And: Inference.both,
    Or: Inference.either,
    Not: Inference.negation,
    MultiSelectList: Inference.select_list,
    MultiSelectHash: Inference.select_hash,
    Call: Inference.call,
}
