"""Expressions: Jinja's expression nodes lowered to Python's, from an allow-list; everything else is a problem.

    {{ data.customer.name }}                 event["data"]["customer"]["name"]
    {{ data.note | default('-') }}           t if (t := dig(event, "data", "note")) is not MISSING and t is not None else "-"
    {{ data.total * 2 | round }}             multiply(event["data"]["total"], rounded(budget, 2))

Two modes. `value` is strict: what is missing raises. `maybe` yields MISSING instead, for the operand of `default` and `is defined`; there a
missing or null value also passes through filters untouched, so that `data.name | upper | default('-')` means what it says.

Lookups are by key only. `data.items` is the member `items`, never a method: there is no way from a value to an attribute of Python.
"""

from __future__ import annotations

import ast
import math
from typing import Any

from router.syntax.nearest import nearest
from router.transforms import filter_calls
from router.transforms.code import at, call, constant, if_else, load, member, walrus
from router.transforms.limits import INTEGER_MAX, INTEGER_MIN
from router.transforms.names import CALL_HELP, CHANCE, LOOP_FIELDS, construct_of, root_problem
from router.transforms.problem import Path
from router.transforms.template import Template, nodes
from router.transforms.workshop import Extents, Reference, Scope, Site, Workshop

__all__ = ["Expressions"]

Keys = tuple[str | int, ...]

_ARITHMETIC: dict[type[nodes.Node], tuple[str, bool]] = {
    nodes.Add: ("add", True),
    nodes.Sub: ("subtract", False),
    nodes.Mul: ("multiply", False),
    nodes.Div: ("divide", False),
    nodes.FloorDiv: ("floor_divide", False),
    nodes.Mod: ("modulo", False),
}
"""Operator node: function, and whether it takes the budget."""

_COMPARISONS = {
    "eq": "equal",
    "ne": "unequal",
    "lt": "less",
    "lteq": "less_equal",
    "gt": "greater",
    "gteq": "greater_equal",
}

_LOOP_CODE: dict[str, str] = {
    "index0": "{index}",
    "index": "{index} + 1",
    "first": "{index} == 0",
    "last": "{index} == len({entries}) - 1",
    "length": "len({entries})",
    "revindex0": "len({entries}) - {index} - 1",
    "revindex": "len({entries}) - {index}",
}


class Expressions:
    """Lowers the expressions of one template. `scope` is where the statement that holds them stands."""

    def __init__(self, shop: Workshop, template: Template, path: Path) -> None:
        self.shop = shop
        self.path = path
        self.scope = Scope()
        self.extents = Extents(template)

    # -- places

    def report(
        self, code: str, node: nodes.Node, message: str, help: str | None = None, *, token: bool = False
    ) -> ast.expr:
        """Keep a problem at a node (or only its own token) and return a stand-in for its value."""
        span = self.extents.token(node.lineno) if token else self.extents.source(node)
        self.shop.report(code, self.path, span, message, help)
        return constant(None)

    def placed(
        self, node: nodes.Node, code: ast.expr, *, root: str | None = None, text: str = "", keys: Keys = ()
    ) -> ast.expr:
        """Make a node of the generated code lead back to a node of the template."""
        start, end = self.extents.source(node)
        site = Site(
            path=self.path,
            expression=self.extents.text(node),
            start=start,
            end=end,
            root=root,
            root_text=text,
            keys=keys,
        )
        return at(self.shop.site(site), code)

    # -- the two modes

    def value(self, node: nodes.Node) -> ast.expr:
        """Return code that yields the node's value, and raises when it is missing."""
        match node:
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                return self._access(node)
            case nodes.TemplateData():
                return constant(node.data)
            case nodes.Const():
                return self._constant(node)
            case nodes.List() | nodes.Tuple():
                return self._list(node)
            case nodes.Dict():
                return self._object(node)
            case nodes.Filter():
                return filter_calls.lower_filter(self, node)
            case nodes.Test():
                return filter_calls.lower_test(self, node)
            case _:
                return self._operator(node)

    def _operator(self, node: nodes.Node) -> ast.expr:
        match node:
            case nodes.Pow():
                return self.report("RT409", node, "`**` is not allowed: its result can be larger than any memory")
            case nodes.BinExpr() if type(node) in _ARITHMETIC:
                return self._arithmetic(node)
            case nodes.And() | nodes.Or():
                operator = ast.And() if isinstance(node, nodes.And) else ast.Or()
                return ast.BoolOp(op=operator, values=[self.value(node.left), self.value(node.right)])
            case nodes.Not():
                return ast.UnaryOp(op=ast.Not(), operand=self.value(node.node))
            case nodes.Neg() | nodes.Pos():
                function = "negative" if isinstance(node, nodes.Neg) else "positive"
                return self.placed(node, call(function, self.value(node.node)))
            case nodes.Concat():
                parts = ast.Tuple(elts=[self.value(part) for part in node.nodes], ctx=ast.Load())
                return self.placed(node, call("concat", load("budget"), parts))
            case nodes.Compare():
                return self._compare(node)
            case nodes.CondExpr():
                return self._condition(node)
            case nodes.Call():
                return self._call(node)
            case _:
                return self.report("RT408", node, f"{construct_of(node)} is not allowed in templates")

    def maybe(self, node: nodes.Node) -> ast.expr:
        """Return code that yields the node's value, or MISSING."""
        match node:
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                return self._access(node, strict=False)
            case nodes.Filter():
                return filter_calls.lower_filter(self, node, strict=False)
            case nodes.CondExpr() if node.expr2 is not None:
                return if_else(self.value(node.test), self.maybe(node.expr1), self.maybe(node.expr2))
            case _:
                return self.value(node)

    # -- access

    def _access(self, node: nodes.Node, *, strict: bool = True) -> ast.expr:
        base, keys = _chain(node)
        if isinstance(base, nodes.Name):
            return self._named(node, base, keys, strict=strict)
        if isinstance(base, nodes.Getitem):
            code = self._computed(base, strict=strict)
        else:
            code = self.value(base) if strict else self.maybe(base)
        for key in keys if strict else ():
            code = self.placed(node, call("field", code, constant(key)))
        return code if strict or not keys else call("dig", code, *map(constant, keys))

    def _named(self, node: nodes.Node, base: nodes.Name, keys: Keys, *, strict: bool) -> ast.expr:
        if base.name == "loop" and self.scope.innermost_loop() is not None:
            return self._loop_field(node, keys)
        variable = self.scope.find(base.name)
        if variable is None:
            problem = root_problem(base.name)
            if problem is not None:
                return self.report("RT407" if base.name in CHANCE else "RT402", base, *problem)
            root, text, keys = "event", "", (base.name, *keys)
            start, end = self.extents.source(node)
            self.shop.references.append(Reference(path=self.path, keys=keys, start=start, end=end, guarded=not strict))
        else:
            root, text = variable.local, base.name
        if not strict:
            return call("dig", load(root), *map(constant, keys)) if keys else load(root)
        code = load(root)
        if variable is not None and variable.kind == "set":
            code = self.placed(base, call("known", code, constant(base.name)))
        for key in keys:
            code = member(code, key)
        return self.placed(node, code, root=root, text=text, keys=keys) if keys else code

    def _loop_field(self, node: nodes.Node, keys: Keys) -> ast.expr:
        loop = self.scope.innermost_loop()
        name = str(keys[0]) if len(keys) == 1 else ""
        if loop is None or name not in _LOOP_CODE:
            close = nearest(name, LOOP_FIELDS) if name else None
            known = ", ".join(f"`loop.{field}`" for field in LOOP_FIELDS)
            return self.report(
                "RT408",
                node,
                f"`{self.extents.text(node)}` is not available",
                f"did you mean `loop.{close}`?" if close else f"there is {known}",
            )
        return ast.parse(_LOOP_CODE[name].format(index=loop.index, entries=loop.entries), mode="eval").body

    def _computed(self, node: nodes.Getitem, *, strict: bool) -> ast.expr:
        """Lower `value[…]` with an index that is not a constant, or a slice."""
        if isinstance(node.arg, nodes.Slice):
            bounds = [
                constant(None) if part is None else self.value(part)
                for part in (node.arg.start, node.arg.stop, node.arg.step)
            ]
            return self.placed(node, call("slice_of", load("budget"), self.value(node.node), *bounds))
        if isinstance(node.arg, nodes.Tuple):
            return self.report("RT408", node, "an index is one value", "write `value['a']['b']`")
        if not strict:
            return self.placed(node, call("item", self.maybe(node.node), self.value(node.arg)))
        found = self.placed(node, call("item", self.value(node.node), self.value(node.arg)))
        return self.placed(node, call("present", found))

    # -- literals

    def _constant(self, node: nodes.Const) -> ast.expr:
        value: Any = node.value
        if isinstance(value, float) and not math.isfinite(value):
            return self.report("RT409", node, "the number is too large for JSON")
        if isinstance(value, int) and not INTEGER_MIN <= value <= INTEGER_MAX:
            return self.report("RT409", node, "the number needs more than 64 bits")
        if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            return self.report("RT401", node, "half of a surrogate pair is no character", "write `\\U0001F600`")
        return constant(value)

    def _list(self, node: nodes.List | nodes.Tuple) -> ast.expr:
        entries = ast.List(elts=[self.value(entry) for entry in node.items], ctx=ast.Load())
        return self.placed(node, call("built", load("budget"), entries))

    def _object(self, node: nodes.Dict) -> ast.expr:
        keys: list[ast.expr | None] = []
        for pair in node.items:
            if isinstance(pair.key, nodes.Const) and not isinstance(pair.key.value, str):
                keys.append(self.report("RT408", pair.key, "the name of a member must be a string", "put it in quotes"))
            elif isinstance(pair.key, nodes.Const):
                keys.append(self._constant(pair.key))
            else:
                keys.append(self.placed(pair.key, call("key", self.value(pair.key))))
        written = ast.Dict(keys=keys, values=[self.value(pair.value) for pair in node.items])
        return self.placed(node, call("built", load("budget"), written))

    # -- operators

    def _arithmetic(self, node: nodes.BinExpr) -> ast.expr:
        function, spends = _ARITHMETIC[type(node)]
        hazard = _hazard(node)
        if hazard is not None:
            return self.report("RT409", node, *hazard)
        operands = [self.value(node.left), self.value(node.right)]
        return self.placed(node, call(function, *([load("budget")] if spends else []), *operands))

    def _compare(self, node: nodes.Compare) -> ast.expr:
        tests: list[ast.expr] = []
        left_node, left = node.expr, self.value(node.expr)
        for position, operand in enumerate(node.ops):
            right = self.value(operand.expr)
            following = left
            if position + 1 < len(node.ops):  # `a < b < c` evaluates b once
                name = self.shop.fresh("t")
                right, following = walrus(name, right), load(name)
            tests.append(self._comparison(node, operand.op, (left_node, left), (operand.expr, right)))
            left_node, left = operand.expr, following
        return tests[0] if len(tests) == 1 else ast.BoolOp(op=ast.And(), values=tests)

    def _comparison(
        self, node: nodes.Compare, operator: str, left: tuple[nodes.Expr, ast.expr], right: tuple[nodes.Expr, ast.expr]
    ) -> ast.expr:
        if operator in ("in", "notin"):
            found = self.placed(node, call("within", load("budget"), left[1], right[1]))
            return found if operator == "in" else ast.UnaryOp(op=ast.Not(), operand=found)
        if operator in ("eq", "ne") and (isinstance(left[0], nodes.Const) or isinstance(right[0], nodes.Const)):
            # Comparing with a constant costs no more than the constant is long.
            sign = ast.Eq() if operator == "eq" else ast.NotEq()
            return ast.Compare(left=left[1], ops=[sign], comparators=[right[1]])
        return self.placed(node, call(_COMPARISONS[operator], load("budget"), left[1], right[1]))

    def _condition(self, node: nodes.CondExpr) -> ast.expr:
        if node.expr2 is None:
            return self.report(
                "RT408",
                node,
                "an `if` without `else` has no value when the condition does not hold",
                "add `else ''`, or what else to write",
            )
        return if_else(self.value(node.test), self.value(node.expr1), self.value(node.expr2))

    def _call(self, node: nodes.Call) -> ast.expr:
        callee = node.node
        name = (
            callee.attr if isinstance(callee, nodes.Getattr) else callee.name if isinstance(callee, nodes.Name) else ""
        )
        if name in CHANCE:
            help = CALL_HELP.get(name, "take what is in the event: `id`, `time` or a field of `data`")
            return self.report("RT407", node, f"`{name}(…)`: the same event must always render to the same bytes", help)
        return self.report(
            "RT408",
            node,
            f"`{name}(…)` is a call, and templates call nothing" if name else "templates call nothing",
            CALL_HELP.get(name, "use a filter: `value | name`"),
        )


def _chain(node: nodes.Node) -> tuple[nodes.Node, Keys]:
    """Return what an access starts from, and the constant steps from there."""
    keys: list[str | int] = []
    while True:
        if isinstance(node, nodes.Getattr):
            keys.append(node.attr)
        elif (
            isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and type(node.arg.value) in (str, int)
        ):
            keys.append(node.arg.value)
        elif (
            isinstance(node, nodes.Getitem)
            and isinstance(node.arg, nodes.Neg)
            and isinstance(node.arg.node, nodes.Const)
            and type(node.arg.node.value) is int
        ):
            keys.append(-node.arg.node.value)
        else:
            return node, tuple(reversed(keys))
        node = node.node


def _hazard(node: nodes.BinExpr) -> tuple[str, str] | None:
    """Return message and help for `*` and `%` that Python would take for repetition and formatting."""
    if isinstance(node, nodes.Mul):
        for side in (node.left, node.right):
            if isinstance(side, nodes.List | nodes.Tuple) or (
                isinstance(side, nodes.Const) and isinstance(side.value, str)
            ):
                return "`*` multiplies numbers; it does not repeat texts or lists", "write the text out"
    if isinstance(node, nodes.Mod) and isinstance(node.left, nodes.Const) and isinstance(node.left.value, str):
        return (
            "`%` is the remainder of numbers; it does not format texts",
            "put texts together with `~`, write decimals with `| fixed(2)`",
        )
    return None
