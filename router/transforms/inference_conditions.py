"""Conditions: what is known where a condition of a template holds, and where it does not. The narrowing that guards rely on.

`assume` gives a superset in both directions: where it cannot say anything it returns the scope as it is; None says that no event gets
there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from router.shapes import BOOLEAN, Kind, Shape, constant, one_of
from router.transforms.inference_fields import path_of, present
from router.transforms.inference_scope import Env
from router.transforms.template import nodes

if TYPE_CHECKING:
    from router.transforms.inference import _Walker

__all__ = ["assume", "joined"]

_KINDS = {
    "none": Kind.NULL,
    "string": Kind.STRING,
    "boolean": BOOLEAN,
    "number": Kind.NUMBER,
    "mapping": Kind.OBJECT,
    "true": Kind.TRUE,
    "false": Kind.FALSE,
}


def assume(walker: _Walker, node: nodes.Node, holds: bool, env: Env) -> Env | None:
    """Return the scope for where a condition holds (or does not)."""
    match node:
        case nodes.Not():
            return assume(walker, node.node, not holds, env)
        case nodes.And() | nodes.Or():
            return _joint(walker, node, holds, env)
        case nodes.Test():
            return _test(node, holds, env)
        case nodes.Compare(ops=[nodes.Operand() as operand]):
            return _compare(node.expr, operand, holds, env)
        case nodes.Filter(name="default" | "d"):
            return _defaulted(node, holds, env)
        case nodes.Filter(name="length" | "count" | "trim" | "string" | "list"):
            return _narrowed(node.node, Shape.truthy, env) if holds and node.node is not None else env
        case nodes.Const():
            return env if bool(node.value) == holds else None
        case _:
            return _narrowed(node, Shape.truthy if holds else present, env)


def joined(envs: Sequence[Env]) -> Env:
    """Return a scope for where any of several is."""
    found = envs[0]
    for other in envs[1:]:
        names = [name for name in found.variables if name in other.variables]
        variables = {name: found.variables[name] | other.variables[name] for name in names}
        found = Env(found.event | other.event, variables)
    return found


def _joint(walker: _Walker, node: nodes.And | nodes.Or, holds: bool, env: Env) -> Env | None:
    first = assume(walker, node.left, holds, env)
    if isinstance(node, nodes.And) == holds:  # both hold, or neither does
        return None if first is None else assume(walker, node.right, holds, first)
    between = assume(walker, node.left, not holds, env)
    second = None if between is None else assume(walker, node.right, holds, between)
    reached = [outcome for outcome in (first, second) if outcome is not None]
    return joined(reached) if reached else None


def _narrowed(node: nodes.Node, narrow: Callable[[Shape], Shape], env: Env) -> Env | None:
    path = path_of(node)
    return env if path is None else env.refined(path, narrow)


def _test(node: nodes.Test, holds: bool, env: Env) -> Env | None:
    if node.name in ("defined", "undefined"):
        if (node.name == "defined") == holds:
            return _narrowed(node.node, present, env)
        return env
    kinds = _KINDS.get(node.name)
    if kinds is None:
        return _narrowed(node.node, present, env)
    if holds:
        return _narrowed(node.node, lambda shape: present(shape).only(kinds), env)
    return _narrowed(node.node, lambda shape: present(shape).only(~kinds), env)


def _compare(left: nodes.Expr, operand: nodes.Operand, holds: bool, env: Env) -> Env | None:
    match operand.op:
        case "eq" | "ne":
            target, value = (left, operand.expr) if isinstance(operand.expr, nodes.Const) else (operand.expr, left)
            if isinstance(value, nodes.Const) and isinstance(value.value, str):
                return _equal(target, [value.value], (operand.op == "eq") == holds, env)
        case "in" | "notin":
            is_in = (operand.op == "in") == holds
            if isinstance(operand.expr, nodes.List | nodes.Tuple):
                values = [item.value for item in operand.expr.items if isinstance(item, nodes.Const)]
                if len(values) == len(operand.expr.items) and all(isinstance(value, str) for value in values):
                    return _equal(left, values, is_in, env)
            elif isinstance(left, nodes.Const) and isinstance(left.value, str) and is_in:
                path = path_of(operand.expr)
                if path is not None:  # `'note' in data`: the member is there
                    return _has_member(path, left.value, env)
    for side in (left, operand.expr):
        reached = _narrowed(side, present, env)
        if reached is None:
            return None
        env = reached
    return env


def _equal(node: nodes.Expr, values: list[Any], holds: bool, env: Env) -> Env | None:
    wanted = one_of(values) if len(values) != 1 else constant(values[0])
    if holds:
        return _narrowed(node, lambda shape: present(shape) & wanted, env)
    return _narrowed(node, lambda shape: present(shape).without(values), env)


def _has_member(path: tuple[str, ...], name: str, env: Env) -> Env | None:
    holder: Shape | None = env.variables.get(path[0]) if path[0] in env.variables else env.event.field(path[0])
    for step in path[1:]:
        holder = None if holder is None else holder.field(step)
    if holder is None or present(holder).kinds != Kind.OBJECT:
        return env
    return env.refined((*path, name), present)


def _defaulted(node: nodes.Filter, holds: bool, env: Env) -> Env | None:
    """Narrow by `{% if data.note | default(false) %}`: where it holds, the value is there and true."""
    fallback = node.args[0] if node.args else None
    is_falsy = (
        fallback is None
        or (isinstance(fallback, nodes.Const) and not fallback.value)
        or (isinstance(fallback, nodes.List | nodes.Dict) and not fallback.items)
    )
    if holds and is_falsy and node.node is not None:
        return _narrowed(node.node, lambda shape: present(shape).truthy(), env)
    return env
