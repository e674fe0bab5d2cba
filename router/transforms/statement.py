"""Statements: the text of a template lowered to code that yields it; `if`, `for` and `set`, and nothing else.

A template without statements is one expression, `"".join((…))`. One with them becomes a function that appends pieces to a list:

    {% for line in data.lines %}{{ line.sku }} {% endfor %}

    pieces = []
    for v in each(budget, event["data"]["lines"], 1):
        pieces.append(output(budget, v["sku"]))
        put(budget, pieces, " ")
    return "".join(pieces)

Variables live where Jinja has them: one set inside a loop ends with its turn. Where that would surprise (a loop that sets a variable from
outside, and loses it) the compiler objects.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from router.transforms.code import (
    assign,
    call,
    constant,
    for_each,
    function,
    load,
    statement,
)
from router.transforms.expression import Expressions
from router.transforms.limits import BRANCHES_MAX, LOOPS_NESTED_MAX, NODES_PER_STEP
from router.transforms.names import ROOTS, construct_of
from router.transforms.template import Template, nodes
from router.transforms.workshop import Loop, Scope, Variable

__all__ = ["lower_text"]


def lower_text(emit: Expressions, template: Template) -> ast.expr:
    """Return code that yields the text of a template."""
    if all(isinstance(node, nodes.Output) for node in template.body):
        parts = [part for node in template.body if isinstance(node, nodes.Output) for part in node.nodes]
        pieces: list[ast.expr] = [_piece(emit, part) for part in parts]
        return _joined(ast.Tuple(elts=pieces, ctx=ast.Load()))
    name = emit.shop.fresh("text")
    writer = _Writer(emit)
    body = [
        assign("pieces", ast.List(elts=[], ctx=ast.Load())),
        *writer.block(template.body),
        ast.Return(value=_joined(load("pieces"))),
    ]
    emit.shop.functions.append(function(name, body))
    return call(name, load("event"), load("budget"))


def _joined(pieces: ast.expr) -> ast.expr:
    return ast.Call(
        func=ast.Attribute(value=ast.Constant(value=""), attr="join", ctx=ast.Load()), args=[pieces], keywords=[]
    )


def _piece(emit: Expressions, node: nodes.Expr) -> ast.expr:
    if isinstance(node, nodes.TemplateData):
        return constant(node.data)
    return emit.placed(node, call("output", load("budget"), emit.value(node)))


def _assignments(body: Iterable[nodes.Node]) -> Iterator[nodes.Assign]:
    """Yield what a body sets itself, its branches included, but not within the turns of its loops."""
    for node in body:
        match node:
            case nodes.Assign():
                yield node
            case nodes.If():
                yield from _assignments(node.body)
                yield from _assignments(node.elif_)
                yield from _assignments(node.else_)
            case nodes.For():
                yield from _assignments(node.else_)


class _Writer:
    """Lowers the statements of one template."""

    def __init__(self, emit: Expressions) -> None:
        self._emit = emit
        self._loops = 0

    def block(self, body: list[nodes.Node]) -> list[ast.stmt]:
        """Lower a body with a scope of its own: the whole template, or one turn of a loop."""
        code: list[ast.stmt] = []
        for node in _assignments(body):
            if not isinstance(node.target, nodes.Name):
                continue
            name = node.target.name
            if name not in self._emit.scope.variables and self._may_set(node, name):
                local = self._emit.shop.fresh("v")
                self._emit.scope.variables[name] = Variable(local, "set")
                code.append(assign(local, load("MISSING")))
        code.extend(self._statements(body))
        return code

    def _may_set(self, node: nodes.Assign, name: str) -> bool:
        emit = self._emit
        if name in ROOTS or name == "loop":
            emit.report("RT408", node.target, f"`{name}` cannot be set: it is the event's own", "take another name")
            return False
        outer = emit.scope.find(name)
        if outer is not None:
            help = "a loop cannot change it, each turn starts anew; filters such as `sum` and `selectattr` gather over a list"
            emit.report("RT408", node.target, f"`{name}` is already set outside this loop", help)
        return outer is None

    def _statements(self, body: Iterable[nodes.Node]) -> list[ast.stmt]:
        code: list[ast.stmt] = []
        for node in body:
            match node:
                case nodes.Output():
                    code.extend(self._output(part) for part in node.nodes)
                case nodes.If():
                    code.append(self._if(node))
                case nodes.For():
                    code.extend(self._for(node))
                case nodes.Assign():
                    code.extend(self._set(node))
                case _:
                    self._emit.report(
                        "RT408",
                        node,
                        f"{construct_of(node)} is not allowed in templates",
                        "templates have `{% if %}`, `{% for %}` and `{% set name = value %}`",
                        token=True,
                    )
        return code or [ast.Pass()]

    def _output(self, node: nodes.Expr) -> ast.stmt:
        piece = _piece(self._emit, node)
        if self._loops and isinstance(node, nodes.TemplateData):
            return statement(self._emit.placed(node, call("put", load("budget"), load("pieces"), piece)))
        append = ast.Attribute(value=load("pieces"), attr="append", ctx=ast.Load())
        return statement(ast.Call(func=append, args=[piece], keywords=[]))

    def _if(self, node: nodes.If) -> ast.stmt:
        if len(node.elif_) > BRANCHES_MAX:
            help = "look the value up: `{'a': 1, 'b': 2}[data.x]`"
            self._emit.report("RT409", node, f"more than {BRANCHES_MAX} branches", help, token=True)
            return ast.Pass()
        otherwise = self._statements(node.else_) if node.else_ else []
        for branch in reversed(node.elif_):
            otherwise = [
                ast.If(test=self._emit.value(branch.test), body=self._statements(branch.body), orelse=otherwise)
            ]
        return ast.If(test=self._emit.value(node.test), body=self._statements(node.body), orelse=otherwise)

    def _set(self, node: nodes.Assign) -> list[ast.stmt]:
        emit = self._emit
        if not isinstance(node.target, nodes.Name):
            emit.report("RT408", node, "`set` takes one name", "write one `{% set %}` for each name")
            return []
        variable = emit.scope.variables.get(node.target.name)
        value = emit.value(node.node)
        return [] if variable is None else [assign(variable.local, value)]

    def _for(self, node: nodes.For) -> list[ast.stmt]:
        emit = self._emit
        names = self._targets(node)
        if names is None:
            return []
        if self._loops >= LOOPS_NESTED_MAX:
            emit.report("RT409", node, f"more than {LOOPS_NESTED_MAX} loops within each other", token=True)
            return []
        entries, index = emit.shop.fresh("entries"), emit.shop.fresh("index")
        cost = 1 + sum(1 for child in node.body for _ in child.find_all(nodes.Node)) // NODES_PER_STEP
        code = [
            assign(entries, emit.placed(node.iter, call("each", load("budget"), emit.value(node.iter), constant(cost))))
        ]
        outer = emit.scope
        self._loops += 1
        try:
            if node.test is not None:
                code.extend(self._filtered(node, entries, names))
            emit.scope = Scope(outer, Loop(index, entries))
            entry = emit.shop.fresh("entry")
            body = [*self._bind(node, entry, names), *self.block(node.body)]
            code.append(for_each([index, entry], call("enumerate", load(entries)), body))
        finally:
            emit.scope = outer
            self._loops -= 1
        if node.else_:
            nothing = ast.UnaryOp(op=ast.Not(), operand=load(entries))
            code.append(ast.If(test=nothing, body=self._statements(node.else_), orelse=[]))
        return code

    def _filtered(self, node: nodes.For, entries: str, names: list[str]) -> list[ast.stmt]:
        """Lower `for … in … if …`: the list without what the condition leaves out, so that `loop.last` and `else` are right."""
        emit = self._emit
        if node.test is None:
            return []
        emit.scope = Scope(emit.scope)
        kept, entry = emit.shop.fresh("kept"), emit.shop.fresh("entry")
        bound = self._bind(node, entry, names)
        append = ast.Attribute(value=load(kept), attr="append", ctx=ast.Load())
        keep = statement(ast.Call(func=append, args=[load(entry)], keywords=[]))
        condition = ast.If(test=emit.value(node.test), body=[keep], orelse=[])
        emit.scope = emit.scope.parent or emit.scope
        return [
            assign(kept, ast.List(elts=[], ctx=ast.Load())),
            for_each([entry], load(entries), [*bound, condition]),
            assign(entries, load(kept)),
        ]

    def _targets(self, node: nodes.For) -> list[str] | None:
        emit = self._emit
        targets = node.target.items if isinstance(node.target, nodes.Tuple) else [node.target]
        names = [target.name for target in targets if isinstance(target, nodes.Name)]
        if node.recursive:
            emit.report("RT408", node, "a recursive loop is not allowed", token=True)
        elif len(names) != len(targets) or len(set(names)) != len(names):
            emit.report("RT408", node.target, "a loop takes one name, or several different ones with commas")
        elif any(name in ROOTS or name == "loop" for name in names):
            taken = next(name for name in names if name in ROOTS or name == "loop")
            emit.report(
                "RT408", node.target, f"`{taken}` cannot name an item: it is the event's own", "take another name"
            )
        else:
            return names
        return None

    def _bind(self, node: nodes.For, entry: str, names: list[str]) -> list[ast.stmt]:
        emit = self._emit
        locals_ = [emit.shop.fresh("v") for _ in names]
        for name, local in zip(names, locals_, strict=True):
            emit.scope.variables[name] = Variable(local, "loop")
        if len(names) == 1:
            return [assign(locals_[0], load(entry))]
        parts = emit.placed(node.target, call("unpack", load(entry), constant(len(names))))
        store = ast.Tuple(elts=[ast.Name(id=local, ctx=ast.Store()) for local in locals_], ctx=ast.Store())
        return [ast.Assign(targets=[store], value=parts)]
