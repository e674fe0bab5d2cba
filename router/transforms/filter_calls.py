"""Filter calls: `| filter` and `is test` lowered to calls of their functions, with names and arguments checked while compiling.

`default`, `map` and `select` are written out here, because they take an operand that may be missing, or a filter or test by name.
"""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from router.syntax.nearest import nearest
from router.transforms.catalogue import COMPILED, FILTERS, REFUSED, FilterSpec
from router.transforms.code import call, constant, if_else, is_missing, load, walrus
from router.transforms.names import CHANCE
from router.transforms.predicates import PREDICATES
from router.transforms.template import JINJA_FILTERS, JINJA_TESTS, nodes

if TYPE_CHECKING:
    from router.transforms.expression import Expressions

__all__ = ["FUNCTION_PREFIX", "TEST_PREFIX", "attribute_path", "lower_filter", "lower_test"]

FUNCTION_PREFIX, TEST_PREFIX = "filter_", "test_"
"""What the functions of filters and tests are called in generated code, before their names."""

_NAMES = sorted({*FILTERS, *COMPILED})
_TEST_IDENTIFIERS = {name: f"{TEST_PREFIX}{index}" for index, name in enumerate(PREDICATES)}


def test_functions() -> dict[str, Any]:
    """Return the functions of all tests by their names in generated code."""
    return {_TEST_IDENTIFIERS[name]: predicate.function for name, predicate in PREDICATES.items()}


# -- filters


def lower_filter(emit: Expressions, node: nodes.Filter, *, strict: bool = True) -> ast.expr:
    """Lower `operand | filter(arguments)`."""
    if node.node is None or node.dyn_args is not None or node.dyn_kwargs is not None:
        return emit.report("RT408", node, "arguments are written out: `*` and `**` are not allowed")
    match node.name:
        case "default" | "d":
            return _default(emit, node, strict=strict)
        case "map":
            return _through(emit, node, _map(emit, node), strict=strict)
        case "select" | "reject" | "selectattr" | "rejectattr":
            return _through(emit, node, _select(emit, node), strict=strict)
    spec = FILTERS.get(node.name)
    if spec is None:
        return _unknown_filter(emit, node, node.name)
    named = _arguments(emit, node, spec)
    return _through(emit, node, (FUNCTION_PREFIX + node.name, [], named, spec.partial), strict=strict)


Call = tuple[str, list[ast.expr], dict[str, ast.expr], bool]
"""Function, positional arguments behind budget and operand, named ones, and whether the result may be missing."""


def _through(emit: Expressions, node: nodes.Filter, made: Call | None, *, strict: bool) -> ast.expr:
    if made is None:
        return constant(None)
    function, positional, named, partial = made
    if node.node is None:
        return constant(None)
    if strict:
        code = emit.placed(node, call(function, load("budget"), emit.value(node.node), *positional, **named))
        return emit.placed(node, call("present", code)) if partial else code
    operand = emit.shop.fresh("t")
    absent = ast.BoolOp(
        op=ast.Or(), values=[is_missing(walrus(operand, emit.maybe(node.node))), _is_none(load(operand))]
    )
    applied = emit.placed(node, call(function, load("budget"), load(operand), *positional, **named))
    return if_else(absent, load(operand), applied)


def _is_none(value: ast.expr, *, negated: bool = False) -> ast.expr:
    return ast.Compare(left=value, ops=[ast.IsNot() if negated else ast.Is()], comparators=[constant(None)])


def _unknown_filter(emit: Expressions, node: nodes.Node, name: str) -> ast.expr:
    if name in CHANCE:
        help = "take what is in the event: `id`, `time` or a field of `data`"
        return emit.report(
            "RT407", node, f"the filter `{name}`: the same event must always render to the same bytes", help, token=True
        )
    if name in REFUSED:
        return emit.report("RT408", node, f"the filter `{name}` is not allowed", REFUSED[name], token=True)
    close = nearest(name, _NAMES)
    if close is None and name in JINJA_FILTERS:
        return emit.report("RT408", node, f"Jinja's filter `{name}` is not available here", token=True)
    known = ", ".join(f"`{known}`" for known in _NAMES)
    return emit.report(
        "RT404",
        node,
        f"unknown filter `{name}`",
        f"did you mean `{close}`?" if close else f"there are {known}",
        token=True,
    )


def _default(emit: Expressions, node: nodes.Filter, *, strict: bool) -> ast.expr:
    bound = _bind(emit, node, _DEFAULT)
    if bound is None or node.node is None:
        return constant(None)
    boolean = bound.arguments.get("boolean")
    if boolean is not None and not (isinstance(boolean, nodes.Const) and isinstance(boolean.value, bool)):
        return emit.report("RT404", boolean, "`boolean` must be `true` or `false`")
    written = bound.arguments.get("default_value")
    fallback = constant("") if written is None else emit.value(written) if strict else emit.maybe(written)
    operand = emit.shop.fresh("t")
    there = is_missing(walrus(operand, emit.maybe(node.node)), negated=True)
    useful = load(operand) if boolean is not None and boolean.value else _is_none(load(operand), negated=True)
    return if_else(ast.BoolOp(op=ast.And(), values=[there, useful]), load(operand), fallback)


def _default_signature(default_value: Any = "", boolean: bool = False) -> None:
    """Carry the signature of `default`."""


_DEFAULT = inspect.signature(_default_signature)


# -- arguments


def _bind(emit: Expressions, node: nodes.Filter, signature: inspect.Signature) -> inspect.BoundArguments | None:
    named = _named(node)
    if len(named) != len(node.kwargs):
        emit.report("RT404", node, "an argument is given twice")
        return None
    try:
        return signature.bind(*node.args, **named)
    except TypeError as error:
        emit.report(
            "RT404", node, f"the filter `{node.name}` {_mismatch(error)}", f"write `{_usage(node.name, signature)}`"
        )
        return None


def _named(node: nodes.Filter) -> dict[str, nodes.Expr]:
    # Jinja declares keyword arguments as pairs; its parser makes nodes of them.
    keywords: list[Any] = list(node.kwargs)
    return {keyword.key: keyword.value for keyword in keywords}


def _mismatch(error: TypeError) -> str:
    message = str(error)
    if "too many" in message:
        return "takes fewer arguments"
    if "missing" in message:
        return f"needs the argument {message.rsplit(' ', 1)[-1]}".replace("'", "`")
    if "unexpected keyword" in message:
        return f"takes no argument {message.rsplit(' ', 1)[-1]}".replace("'", "`")
    return f"cannot be called so: {message}"


def _usage(name: str, signature: inspect.Signature) -> str:
    words = []
    for parameter in signature.parameters.values():
        plain = parameter.default is parameter.empty or not isinstance(parameter.default, str | int | float)
        value = {True: "true", False: "false"}.get(parameter.default, repr(parameter.default)) if not plain else ""
        words.append(parameter.name if plain else f"{parameter.name}={value}")
    return f"value | {name}" + (f"({', '.join(words)})" if words else "")


def _arguments(emit: Expressions, node: nodes.Filter, spec: FilterSpec) -> dict[str, ast.expr]:
    bound = _bind(emit, node, spec.signature)
    if bound is None:
        return {}
    named = {}
    for name, argument in bound.arguments.items():
        if name == "attribute" and spec.attribute is not None:
            if isinstance(argument, nodes.Const) and argument.value is None:
                continue
            named[name] = constant(attribute_path(emit, argument, several=spec.attribute == "many"))
        else:
            named[name] = emit.value(argument)
    return named


def attribute_path(emit: Expressions, node: nodes.Expr, *, several: bool = False) -> tuple[Any, ...]:
    """Return the steps that an `attribute` argument such as `'customer.name'` names; with `several`, one such tuple for each comma."""
    if not isinstance(node, nodes.Const) or type(node.value) not in (str, int):
        emit.report("RT404", node, "`attribute` must be written out, such as `'customer.name'`")
        return ()
    paths = [_steps(part.strip()) for part in str(node.value).split(",")] if several else [_steps(str(node.value))]
    return tuple(paths) if several else paths[0]


def _steps(text: str) -> tuple[str | int, ...]:
    return tuple(
        int(step) if step.isascii() and step.isdecimal() and len(step) < 10 else step for step in text.split(".")
    )


# -- map and select


def _map(emit: Expressions, node: nodes.Filter) -> Call | None:
    named = _named(node)
    if "attribute" in named and not node.args and set(named) <= {"attribute", "default"}:
        positional = [constant(attribute_path(emit, named["attribute"]))]
        if "default" in named:
            positional.append(emit.value(named["default"]))
        return "map_attribute", positional, {}, False
    name = _literal(node.args[0]) if node.args else None
    if name is None or named:
        emit.report(
            "RT404",
            node,
            "`map` takes an attribute or the name of a filter",
            "write `map(attribute='name')` or `map('upper')`",
        )
        return None
    spec = FILTERS.get(name)
    if spec is None:
        if name in COMPILED:
            emit.report("RT404", node.args[0], f"`map` cannot apply `{name}`", "write a loop")
        else:
            _unknown_filter(emit, node.args[0], name)
        return None
    bound = _bind(
        emit, nodes.Filter(node.node, name, node.args[1:], [], None, None, lineno=node.lineno), spec.signature
    )
    if bound is None:
        return None
    if spec.attribute is not None and "attribute" in bound.arguments:
        emit.report("RT404", node, f"within `map`, `{name}` takes no attribute", "write a loop")
        return None
    return "map_filter", [load(FUNCTION_PREFIX + name), *map(emit.value, node.args[1:])], {}, False


def _select(emit: Expressions, node: nodes.Filter) -> Call | None:
    arguments = list(node.args)
    path: tuple[Any, ...] = ()
    if node.kwargs or (node.name.endswith("attr") and not arguments):
        emit.report("RT404", node, f"`{node.name}` takes positional arguments", f"write `{_SELECT_USAGE[node.name]}`")
        return None
    if node.name.endswith("attr"):
        path = attribute_path(emit, arguments.pop(0))
    predicate = constant(None)
    if arguments:
        written = arguments.pop(0)
        name = _literal(written)
        if name is None:
            emit.report("RT404", written, "the test must be written out", f"write `{_SELECT_USAGE[node.name]}`")
            return None
        if not _check_test(emit, written, name, len(arguments)):
            return None
        predicate = load(_TEST_IDENTIFIERS[name])
    keep = constant(node.name.startswith("select"))
    return "select", [constant(path), predicate, keep, *map(emit.value, arguments)], {}, False


_SELECT_USAGE = {
    "select": "list | select('gt', 10)",
    "reject": "list | reject('none')",
    "selectattr": "list | selectattr('status', 'eq', 'open')",
    "rejectattr": "list | rejectattr('deleted')",
}


def _literal(node: nodes.Expr) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


# -- tests


def lower_test(emit: Expressions, node: nodes.Test) -> ast.expr:
    """Lower `operand is test(arguments)`."""
    if node.dyn_args is not None or node.dyn_kwargs is not None or node.kwargs:
        return emit.report("RT408", node, "arguments of a test are written out, without names")
    if not _check_test(emit, node, node.name, len(node.args)):
        return constant(None)
    if node.name in ("defined", "undefined"):
        return is_missing(emit.maybe(node.node), negated=node.name == "defined")
    arguments = map(emit.value, node.args)
    return emit.placed(node, call(_TEST_IDENTIFIERS[node.name], load("budget"), emit.value(node.node), *arguments))


def _check_test(emit: Expressions, node: nodes.Expr, name: str, count: int) -> bool:
    predicate = PREDICATES.get(name)
    if predicate is None:
        close = nearest(name, PREDICATES)
        if close is None and name in JINJA_TESTS:
            emit.report("RT408", node, f"Jinja's test `{name}` is not available here")
        else:
            known = ", ".join(f"`{known}`" for known in PREDICATES if known.isalpha())
            emit.report(
                "RT404", node, f"unknown test `{name}`", f"did you mean `{close}`?" if close else f"there are {known}"
            )
        return False
    if count != predicate.arguments:
        takes = "no argument" if predicate.arguments == 0 else "one argument"
        emit.report("RT404", node, f"the test `{name}` takes {takes}")
        return False
    return True
