"""Filters of templates on shapes: what comes out of each, and the fields that their `attribute` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.shapes import ABSENT, ALL, BOOLEAN, UNKNOWN, Kind, Shape, array_of, text
from router.transforms.catalogue import FILTERS
from router.transforms.inference_demand import demand
from router.transforms.inference_fields import check_steps, present
from router.transforms.inference_scope import Env
from router.transforms.template import nodes

if TYPE_CHECKING:
    from router.transforms.inference import _Walker

__all__ = ["INPUTS", "filtered"]

INPUTS: dict[str, Kind] = {
    **dict.fromkeys(("abs", "fixed", "isodate", "round"), Kind.NUMBER),
    "b64decode": Kind.STRING,
    **dict.fromkeys(("count", "length", "list", "reverse"), Kind.STRING | Kind.ARRAY | Kind.OBJECT),
    **dict.fromkeys(("dictsort", "items"), Kind.OBJECT),
    **dict.fromkeys(("first", "last"), Kind.STRING | Kind.ARRAY),
    **dict.fromkeys(("float", "int"), BOOLEAN | Kind.NUMBER | Kind.STRING),
    **dict.fromkeys(
        (
            "groupby",
            "join",
            "map",
            "max",
            "min",
            "reject",
            "rejectattr",
            "select",
            "selectattr",
            "sort",
            "sum",
            "unique",
        ),
        Kind.ARRAY | Kind.OBJECT,
    ),
    "tojson": ALL,
}
"""What each filter takes; those that are not listed take anything but null. A test tries them all."""

_TEXTS = frozenset(
    {"b64encode", "capitalize", "e", "escape", "fixed", "isodate", "join", "lower", "removeprefix", "removesuffix", "replace",
     "sha256", "string", "title", "tojson", "trim", "truncate", "upper", "urlencode"}
)  # fmt: skip
_NUMBERS = frozenset({"abs", "count", "float", "int", "length", "round", "sum"})
_SAME_LIST = frozenset({"list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"})
_ONE_OF_LIST = frozenset({"first", "last", "max", "min"})


def filtered(walker: _Walker, node: nodes.Filter, env: Env, *, maybe: bool) -> Shape:
    """Return the shape of a filter's value."""
    if node.node is None:
        return UNKNOWN
    if node.name in ("default", "d"):
        return _default(walker, node, env)
    base = walker.value(node.node, env, maybe=maybe)
    missing = ABSENT if maybe and base.absent else None
    base = present(base)
    if maybe:  # null passes through untouched
        base = base.only(~Kind.NULL)
    base = demand(walker.report, node.node, base, INPUTS.get(node.name, ALL & ~Kind.NULL), f"the filter `{node.name}`")
    for argument in (*node.args, *(keyword.value for keyword in _keywords(node))):
        walker.value(argument, env)
    found = _result(walker, node, base)
    return found if missing is None else found | missing


def _default(walker: _Walker, node: nodes.Filter, env: Env) -> Shape:
    if node.node is None:
        return UNKNOWN
    found = walker.value(node.node, env, maybe=True).only(~Kind.NULL)
    arguments = [*node.args, *(keyword.value for keyword in _keywords(node))]
    if not arguments:
        return found | text(values=frozenset(("",)))
    fallback = walker.value(arguments[0], env)
    for argument in arguments[1:]:
        walker.value(argument, env)
    return fallback if found.is_never else found | fallback


def _result(walker: _Walker, node: nodes.Filter, base: Shape) -> Shape:
    name = node.name
    is_list = base.kinds == Kind.ARRAY
    element = base.element() if is_list else UNKNOWN
    if element.is_never:
        element = UNKNOWN
    attribute = _attribute(node)
    if attribute is not None and is_list:
        owner, path = attribute
        followed = [check_steps(walker.report, owner, part.strip().split("."), element) for part in path.split(",")]
        if name == "map":
            return array_of(followed[0] if not followed[0].is_never else UNKNOWN)
    if name in _TEXTS:
        return text()
    if name in _NUMBERS:
        return Shape(Kind.NUMBER)
    if name in _SAME_LIST:
        return array_of(element) if is_list else UNKNOWN
    if name in _ONE_OF_LIST and is_list:
        return element
    return UNKNOWN


def _attribute(node: nodes.Filter) -> tuple[nodes.Node, str] | None:
    written: nodes.Expr | None = next(
        (keyword.value for keyword in _keywords(node) if keyword.key == "attribute"), None
    )
    if written is None and node.name in ("selectattr", "rejectattr", "groupby") and node.args:
        written = node.args[0]
    if not isinstance(written, nodes.Const) or not isinstance(written.value, str):
        return None
    is_several = node.name in FILTERS and FILTERS[node.name].attribute == "many"
    return (written, written.value) if is_several or "," not in written.value else None


def _keywords(node: nodes.Filter) -> list[nodes.Keyword]:
    # Jinja declares keyword arguments as pairs; its parser makes nodes of them.
    return list(node.kwargs)  # type: ignore[arg-type]
