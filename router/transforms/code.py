"""Code: the few shapes of Python that templates are compiled to, as syntax trees.

A template never becomes Python *text*: names and strings of the author enter as constants of a tree, so nothing can be smuggled in, and
Python's own parser (with its limit of 200 parentheses) is not in the way. The line of a node is the number of its *site*, the place in the
template that it came from: when something is raised, the traceback's line number leads back there. It costs nothing until then.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any

__all__ = [
    "FILENAME",
    "assign",
    "at",
    "call",
    "constant",
    "for_each",
    "function",
    "if_else",
    "is_missing",
    "load",
    "load_functions",
    "member",
    "statement",
    "walrus",
]

FILENAME = "<template>"


def load(name: str) -> ast.expr:
    """Return the reading of a variable."""
    return ast.Name(id=name, ctx=ast.Load())


def constant(value: Any) -> ast.expr:
    """Return a constant: None, a boolean, number or string, or a tuple of those."""
    if isinstance(value, tuple):
        return ast.Tuple(elts=[constant(part) for part in value], ctx=ast.Load())
    return ast.Constant(value=value)


def call(function: str, *arguments: ast.expr, **named: ast.expr) -> ast.expr:
    """Return the call of a function of the run time."""
    return ast.Call(
        func=load(function),
        args=list(arguments),
        keywords=[ast.keyword(arg=name, value=value) for name, value in named.items()],
    )


def member(value: ast.expr, key: str | int) -> ast.expr:
    """Return `value[key]`."""
    return ast.Subscript(value=value, slice=ast.Constant(value=key), ctx=ast.Load())


def walrus(name: str, value: ast.expr) -> ast.expr:
    """Return `(name := value)`."""
    return ast.NamedExpr(target=ast.Name(id=name, ctx=ast.Store()), value=value)


def if_else(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """Return `then if test else otherwise`."""
    return ast.IfExp(test=test, body=then, orelse=otherwise)


def is_missing(value: ast.expr, *, negated: bool = False) -> ast.expr:
    """Return the comparison of a value with MISSING."""
    return ast.Compare(left=value, ops=[ast.IsNot() if negated else ast.Is()], comparators=[load("MISSING")])


def at(site: int, node: ast.expr) -> ast.expr:
    """Give a node its site; its parts inherit it unless they have their own."""
    node.lineno = node.end_lineno = site
    node.col_offset = node.end_col_offset = 0
    return node


def assign(name: str, value: ast.expr) -> ast.stmt:
    """Return `name = value`."""
    return ast.Assign(targets=[ast.Name(id=name, ctx=ast.Store())], value=value)


def statement(value: ast.expr) -> ast.stmt:
    """Return an expression that is evaluated for its effect."""
    return ast.Expr(value=value)


def for_each(names: Sequence[str], values: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    """Return `for names in values: body`."""
    stores: list[ast.expr] = [ast.Name(id=name, ctx=ast.Store()) for name in names]
    target = stores[0] if len(stores) == 1 else ast.Tuple(elts=stores, ctx=ast.Store())
    return ast.For(target=target, iter=values, body=body, orelse=[])


def function(name: str, body: list[ast.stmt]) -> ast.stmt:
    """Return `def name(event, budget): body`."""
    arguments = ast.arguments(
        posonlyargs=[ast.arg(arg="event"), ast.arg(arg="budget")], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    definition = ast.FunctionDef(name=name, args=arguments, body=body, decorator_list=[], returns=None)
    if "type_params" in ast.FunctionDef._fields:  # from Python 3.12 on
        definition.type_params = []  # type: ignore[attr-defined, unused-ignore]
    return definition


def load_functions(functions: list[ast.stmt], namespace: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Compile functions and return them by name. They see `namespace` and nothing else, not even Python's built-ins."""
    module = ast.Module(body=functions, type_ignores=[])
    _locate(module)
    code: CodeType = compile(module, FILENAME, "exec", dont_inherit=True)
    known: dict[str, Any] = {**namespace, "__builtins__": {}}
    exec(code, known)  # noqa: S102 - the tree was built here, from an allow-list of shapes
    return {name: value for name, value in known.items() if name not in namespace and name != "__builtins__"}


def _locate(module: ast.AST) -> None:
    """Give every node without a line that of the node around it, as `ast.fix_missing_locations` does, in a quarter of the time."""
    pending: list[tuple[ast.AST, int]] = [(module, 1)]
    while pending:
        node, line = pending.pop()
        if isinstance(node, ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword):
            own = getattr(node, "lineno", None)
            if own is None:
                node.lineno = node.end_lineno = line
                node.col_offset = node.end_col_offset = 0
            else:
                line = own
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                pending += [(inner, line) for inner in value if isinstance(inner, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                pending.append((value, line))
