"""Inference: what each part of a template can be, from what its events can be; and what follows that the writer did not mean.

An abstract interpreter over Jinja's syntax tree, with shapes in place of values (see `router.shapes`). It walks a transform as the compiler
does: text is strict, so a field that may be missing must stand under `default` or behind a condition that asks for it; conditions narrow
what the parts behind them see. A part that has been reported is unknown from there on: one mistake, one finding.

    infer(payload, content_type=…, headers=…, event=event_shape({...}))  ->  problems RT402, RT403, RT405, RT410

Syntax, unknown names and what is not allowed are found by compiling; nothing is said here of a template that does not parse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from router.shapes import ALL, UNKNOWN, Kind, Shape, array_of, constant, text, union
from router.transforms.catalogue import FILTERS
from router.transforms.headers import is_json
from router.transforms.inference_conditions import assume, joined
from router.transforms.inference_demand import comparable, demand
from router.transforms.inference_fields import member_of, present, root_of
from router.transforms.inference_filters import filtered
from router.transforms.inference_scope import Env, Report
from router.transforms.problem import Path, TransformProblem
from router.transforms.template import Template, TemplateFault, has_markup, nodes, parse
from router.transforms.workshop import Extents

__all__ = ["infer"]


def infer(
    payload: Any, *, content_type: str, headers: Mapping[str, str], event: Shape, payload_path: Path = ("payload",)
) -> list[TransformProblem]:
    """Return what the types of events say against a transform, in the order of its definition.

    `event` is the shape of the root object of the events that reach the transform. Never raises for a fault of a template.
    """
    problems: list[TransformProblem] = []
    for path, source in _leaves(payload, payload_path):
        is_body = path == payload_path
        problems += _infer_text(source, path, event, is_text=is_body and not is_json(content_type), is_body=is_body)
    for name, source in headers.items():
        problems += _infer_text(source, ("headers", name), event, is_text=True, is_body=False)
    return problems


def _leaves(value: Any, path: Path) -> Iterable[tuple[Path, str]]:
    if isinstance(value, str):
        if has_markup(value):
            yield path, value
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _leaves(entry, (*path, name))
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            yield from _leaves(entry, (*path, index))


@lru_cache(maxsize=4096)
def _parsed(source: str) -> Template | None:
    try:
        return parse(source)
    except TemplateFault:
        return None


def _infer_text(source: str, path: Path, event: Shape, *, is_text: bool, is_body: bool) -> Iterable[TransformProblem]:
    try:
        return _walked(source, path, event, is_text, is_body)
    except RecursionError:
        return ()


@lru_cache(maxsize=4096)
def _walked(source: str, path: Path, event: Shape, is_text: bool, is_body: bool) -> tuple[TransformProblem, ...]:
    """Judge one text; remembered, since routes of one event type ask for the same fields at the same places. Shapes are told apart by identity."""
    template = _parsed(source)
    if template is None:
        return ()
    report = Report(path, Extents(template))
    is_value = template.expression() is not None and not is_text  # it keeps its type, null too
    walker = _Walker(report, is_value=is_value, is_json_text=is_body and not is_text and not is_value)
    walker.body(template.body, Env(event))
    return tuple(sorted(report.problems, key=lambda problem: problem.start))


class _Walker:
    """Walks the statements and expressions of one template."""

    def __init__(self, report: Report, *, is_value: bool, is_json_text: bool) -> None:
        self.report = report
        self._is_value = is_value
        self._is_json_text = is_json_text

    # -- statements

    def body(self, body: Iterable[nodes.Node], env: Env | None) -> Env | None:
        """Walk statements in order; None where no event gets."""
        for node in body:
            if env is None:
                return None
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        self._output(part, env)
                case nodes.If():
                    env = self._if(node, env)
                case nodes.For():
                    self._for(node, env)
                case nodes.Assign(target=nodes.Name() as target):
                    env = env.bound(target.name, self.value(node.node, env))
        return env

    def _output(self, node: nodes.Expr, env: Env) -> None:
        if isinstance(node, nodes.TemplateData):
            return
        found = self.value(node, env)
        if not self._is_value:
            found = demand(self.report, node, found, _TEXT, "text")
        if self._is_json_text:
            self._judge_json(node, found)

    def _if(self, node: nodes.If, env: Env) -> Env | None:
        outcomes: list[Env | None] = []
        rest: Env | None = env
        for branch in (node, *node.elif_):
            if rest is None:
                break
            self.value(branch.test, rest)
            outcomes.append(self.body(branch.body, assume(self, branch.test, True, rest)))
            rest = assume(self, branch.test, False, rest)
        outcomes.append(self.body(node.else_, rest))
        reached = [outcome for outcome in outcomes if outcome is not None]
        if not reached:
            return None
        # What a branch learns of the event ends with it; what it sets does not.
        return env.with_variables(joined(reached).variables)

    def _for(self, node: nodes.For, env: Env) -> None:
        entries = demand(self.report, node.iter, self.value(node.iter, env), Kind.ARRAY | Kind.OBJECT, "a loop")
        element = entries.element() if entries.kinds & Kind.ARRAY else UNKNOWN
        if entries.kinds & ~Kind.ARRAY or element.is_never:
            element = UNKNOWN
        targets = [node.target] if isinstance(node.target, nodes.Name) else getattr(node.target, "items", [])
        inner: Env | None = env.bound("loop", UNKNOWN)
        for target in targets:
            if isinstance(target, nodes.Name) and inner is not None:
                inner = inner.bound(target.name, element if len(targets) == 1 else UNKNOWN)
        if node.test is not None and inner is not None:
            self.value(node.test, inner)
            inner = assume(self, node.test, True, inner)
        self.body(node.body, inner)
        self.body(node.else_, env)

    # -- expressions

    def value(self, node: nodes.Node, env: Env, *, maybe: bool = False) -> Shape:
        """Return the shape of an expression's value, reporting what is wrong in it. With `maybe` it may be missing."""
        match node:
            case nodes.Name():
                found = env.variables.get(node.name)
                return found if found is not None else root_of(self.report, node, env, maybe=maybe)
            case nodes.Getattr():
                return member_of(self, node, node.attr, env, maybe=maybe)
            case nodes.Getitem():
                return self._item(node, env, maybe=maybe)
            case nodes.Const():
                return _constant(node.value)
            case nodes.Filter():
                return filtered(self, node, env, maybe=maybe)
            case nodes.CondExpr():
                return self._condition(node, env, maybe=maybe)
            case _:
                return self._operation(node, env)

    def _operation(self, node: nodes.Node, env: Env) -> Shape:
        match node:
            case nodes.And() | nodes.Or():
                left = self.value(node.left, env)
                rest = assume(self, node.left, isinstance(node, nodes.And), env)
                right = self.value(node.right, rest) if rest is not None else left
                return left | right
            case nodes.Test():
                self.value(node.node, env, maybe=node.name in ("defined", "undefined"))
                for argument in node.args:
                    self.value(argument, env)
                return _TRUTH
            case nodes.List() | nodes.Tuple():
                entries = [self.value(entry, env) for entry in node.items]
                return array_of(union(entries) if entries else UNKNOWN)
            case nodes.Compare(ops=[nodes.Operand(op="lt" | "lteq" | "gt" | "gteq") as operand]):
                sides = [(side, self.value(side, env)) for side in (node.expr, operand.expr)]
                left, right = (demand(self.report, side, shape, _TEXT, "an order") for side, shape in sides)
                comparable(self.report, node, left, right)
                return _TRUTH
            case nodes.Concat():
                for part in node.nodes:
                    demand(self.report, part, self.value(part, env), _TEXT, "`~`")
                return text()
            case _ if type(node) in _ARITHMETIC:
                sign = _ARITHMETIC[type(node)]
                for child in node.iter_child_nodes():
                    demand(self.report, child, self.value(child, env), Kind.NUMBER, f"`{sign}`")
                return _NUMBER
            case _:
                for child in node.iter_child_nodes():
                    self.value(child, env)
                return _RESULTS.get(type(node), UNKNOWN)

    def quiet(self, node: nodes.Node, env: Env, *, maybe: bool = False) -> Shape:
        """Return the shape of an expression's value without reporting anything."""
        self.report.muted += 1
        try:
            return self.value(node, env, maybe=maybe)
        finally:
            self.report.muted -= 1

    def _item(self, node: nodes.Getitem, env: Env, *, maybe: bool) -> Shape:
        key = _constant_key(node.arg)
        if key is not None:
            return member_of(self, node, key, env, maybe=maybe)
        base = present(self.value(node.node, env, maybe=maybe))
        for child in node.arg.iter_child_nodes() if isinstance(node.arg, nodes.Slice) else (node.arg,):
            self.value(child, env)
        if isinstance(node.arg, nodes.Slice):
            return (
                array_of(base.element()) if base.kinds == Kind.ARRAY else base if base.kinds == Kind.STRING else UNKNOWN
            )
        return UNKNOWN

    def _condition(self, node: nodes.CondExpr, env: Env, *, maybe: bool) -> Shape:
        self.value(node.test, env)
        chosen = [(node.expr1, assume(self, node.test, True, env))]
        if node.expr2 is not None:
            chosen.append((node.expr2, assume(self, node.test, False, env)))
        return union([self.value(branch, reached, maybe=maybe) for branch, reached in chosen if reached is not None])

    # -- text put into JSON

    def _judge_json(self, node: nodes.Expr, found: Shape) -> None:
        if _is_escaped(node) or not found.kinds & (Kind.STRING | Kind.ARRAY | Kind.OBJECT):
            return
        listed = found.text.values if found.kinds & Kind.STRING else None
        is_listed = listed is not None and not found.loose and not found.kinds & (Kind.ARRAY | Kind.OBJECT)
        if is_listed and all(value.isprintable() and not {'"', "\\"} & set(value) for value in listed or ()):
            return
        is_certain = (
            bool(found.kinds & Kind.STRING) and not found.loose and not found.text.patterns and not found.text.format
        )
        written = self.report.extents.text(node)
        self.report.say(
            "RT405",
            "error" if is_certain else "warning",
            node,
            "text is put into JSON as it is: a quote in it breaks the document, or changes it",
            f"write `{{{{ {written} | tojson }}}}` without quotes around it, or a structured payload",
        )


_TRUTH = Shape(Kind.FALSE | Kind.TRUE)
_NUMBER = Shape(Kind.NUMBER)
_TEXT = ALL & ~Kind.NULL
_ARITHMETIC: dict[type[nodes.Node], str] = {
    nodes.Add: "+",
    nodes.Sub: "-",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Neg: "-",
    nodes.Pos: "+",
}
_RESULTS: dict[type[nodes.Node], Shape] = {nodes.Not: _TRUTH, nodes.Compare: _TRUTH}
"""What operators make, whatever their operands."""


def _constant(value: Any) -> Shape:
    return constant(value) if value is None or isinstance(value, str | int | float) else UNKNOWN


def _constant_key(node: nodes.Expr) -> str | int | None:
    if isinstance(node, nodes.Const) and type(node.value) in (str, int):
        return node.value  # type: ignore[no-any-return]
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const) and type(node.node.value) is int:
        return -node.node.value
    return None


def _is_escaped(node: nodes.Expr) -> bool:
    match node:
        case nodes.Const() | nodes.Test() | nodes.Compare() | nodes.Not():
            return True
        case nodes.CondExpr():
            return _is_escaped(node.expr1) and (node.expr2 is None or _is_escaped(node.expr2))
        case nodes.Filter():
            return node.name in FILTERS and FILTERS[node.name].safe
        case nodes.Getattr(node=nodes.Name(name="loop")):
            return True
        case _:
            return False
