"""Tree: a structured payload, or a text one, lowered to one expression that builds it."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from router.transforms.catalogue import FILTERS
from router.transforms.code import call, constant, load
from router.transforms.expression import Expressions
from router.transforms.limits import INTEGER_MAX, INTEGER_MIN, NODES_MAX, TREE_DEPTH_MAX
from router.transforms.problem import Path
from router.transforms.statement import lower_text
from router.transforms.template import Template, TemplateFault, has_markup, nodes, parse
from router.transforms.workshop import Reference, Workshop

__all__ = ["Trees", "compile_text", "open_template"]


def open_template(shop: Workshop, text: str, path: Path) -> tuple[Expressions, Template] | None:
    """Parse a template; None, with a problem kept, when it is none."""
    try:
        template = parse(text)
    except TemplateFault as fault:
        shop.report(fault.code, path, (fault.start, fault.end), fault.message, fault.help)
        return None
    return Expressions(shop, template, path), template


def compile_text(shop: Workshop, text: str, path: Path, *, json: bool = False) -> ast.expr:
    """Lower a text template. With `json` every output that could break out of a JSON string is warned of (RT405)."""
    return _lowered(shop, text, path, _json_text if json else _plain_text)


def _plain_text(shop: Workshop, text: str, path: Path) -> ast.expr:
    opened = open_template(shop, text, path)
    return constant("") if opened is None else lower_text(*opened)


def _json_text(shop: Workshop, text: str, path: Path) -> ast.expr:
    opened = open_template(shop, text, path)
    if opened is None:
        return constant("")
    _warn_unescaped(*opened)
    return lower_text(*opened)


def _leaf(shop: Workshop, text: str, path: Path) -> ast.expr:
    opened = open_template(shop, text, path)
    if opened is None:
        return constant(None)
    emit, template = opened
    expression = template.expression()
    return lower_text(emit, template) if expression is None else _typed(emit, expression)


def _root_leaf(shop: Workshop, text: str, path: Path) -> ast.expr:
    opened = open_template(shop, text, path)
    if opened is None:
        return constant(None)
    emit, template = opened
    expression = template.expression()
    if expression is None:
        return lower_text(emit, template)
    if isinstance(expression, nodes.Filter) and expression.name == "tojson" and expression.node is not None:
        expression = expression.node
    return _typed(emit, expression)


def _typed(emit: Expressions, expression: nodes.Expr) -> ast.expr:
    return emit.placed(expression, call("leaf", load("budget"), emit.value(expression)))


# -- checking


_Lower = Callable[[Workshop, str, Path], ast.expr]

_TEXTS_MAX: Final = 4_000
"""How many texts that are well made are remembered: in a configuration the same fields go to the same places many times."""


def _lowered(shop: Workshop, text: str, path: Path, lower: _Lower) -> ast.expr:
    """Lower a text; in a shop that is only checking, from memory where the same text has been seen at the same path."""
    if not shop.checking:
        return lower(shop, text, path)
    try:
        shop.references += _sound(text, path, lower)
    except _UnsoundError as error:
        shop.references += error.shop.references
        shop.problems += error.shop.problems
    return _NO_CODE


@lru_cache(maxsize=_TEXTS_MAX)
def _sound(text: str, path: Path, lower: _Lower) -> tuple[Reference, ...]:
    """Return the references of a text that has no problem. Raises _UnsoundError, which is not remembered, for one that has."""
    shop = Workshop()
    lower(shop, text, path)
    if shop.problems:
        raise _UnsoundError(shop)
    return tuple(shop.references)


class _UnsoundError(Exception):
    """A text with problems, or warnings; never leaves this module."""

    def __init__(self, shop: Workshop) -> None:
        super().__init__()
        self.shop = shop


_NO_CODE: Final = constant(None)


class Trees:
    """Lowers structured payloads, counting their nodes."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._count = 0

    def lower(self, value: Any, path: Path) -> ast.expr:
        """Return code that builds a value of a payload: what YAML wrote, with string leaves rendered."""
        self._count += 1
        if self._count == NODES_MAX:
            self._shop.report("RT409", path, (0, 0), f"the payload has more than {NODES_MAX:,} nodes")
        if self._count >= NODES_MAX:
            return constant(None)
        match value:
            case dict() | list() if len(path) > TREE_DEPTH_MAX:
                self._shop.report("RT409", path, (0, 0), f"the payload has more than {TREE_DEPTH_MAX} levels")
                return constant(None)
            case dict():
                return self._object(value, path)
            case list():
                entries = [self.lower(entry, (*path, index)) for index, entry in enumerate(value)]
                return ast.List(elts=entries, ctx=ast.Load())
            case str():
                return self.leaf(value, path)
            case bool() | None:
                return constant(value)
            case int() if INTEGER_MIN <= value <= INTEGER_MAX:
                return constant(value)
            case float() if math.isfinite(value):
                return constant(value)
            case _:
                self._shop.report("RT408", path, (0, len(str(value))), "JSON has no such value")
                return constant(None)

    def _object(self, value: dict[Any, Any], path: Path) -> ast.expr:
        keys: list[ast.expr | None] = []
        values = []
        for name, entry in value.items():
            place = (*path, name)
            if not isinstance(name, str):
                self._shop.report("RT408", place, (0, 0), f"the name `{name}` is no string", "put it in quotes")
            elif has_markup(name):
                message = f"names are literal: `{name}` is sent as it stands"
                self._shop.report(
                    "RT408", place, (0, 0), message, "a computed name needs `{{ {expr: value} }}`", "warning"
                )
            keys.append(constant(str(name)))
            values.append(self.lower(entry, place))
        return ast.Dict(keys=keys, values=values)

    def leaf(self, text: str, path: Path, *, root: bool = False) -> ast.expr:
        """Lower a string leaf: literal, one expression that keeps its type, or text with expressions in it.

        A `root` leaf is the whole body, so `{{ data | tojson }}` is the value itself there, not a string that holds JSON.
        """
        if not has_markup(text):
            return constant(text)
        return _lowered(self._shop, text, path, _root_leaf if root else _leaf)


def _warn_unescaped(emit: Expressions, template: Template) -> None:
    for node in template.body:
        for output in (node, *node.find_all(nodes.Output)):
            for part in output.nodes if isinstance(output, nodes.Output) else ():
                if not _is_safe(part):
                    emit.shop.report(
                        "RT405",
                        emit.path,
                        emit.extents.source(part),
                        "text is put into JSON as it is: a quote in it breaks the document, or changes it",
                        f"write `{{{{ {emit.extents.text(part)} | tojson }}}}` without quotes around it, or a structured payload",
                        "warning",
                    )


def _is_safe(node: nodes.Expr) -> bool:
    match node:
        case nodes.TemplateData() | nodes.Const():
            return True
        case nodes.CondExpr():
            return _is_safe(node.expr1) and (node.expr2 is None or _is_safe(node.expr2))
        case nodes.Filter():
            return node.name in FILTERS and FILTERS[node.name].safe
        case nodes.Test() | nodes.Compare() | nodes.Not():
            return True
        case nodes.Getattr(node=nodes.Name(name="loop")):
            return True
        case _:
            return False
