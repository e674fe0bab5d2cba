"""Scope: what a part of a filter may assume of the value it is applied to.

`shape` is the value's shape after everything that must hold for this part to be reached: in `a && b`, b is only reached where a is true.
`facts` are shapes of expressions that are no plain paths, such as `length(data.items)`. Two earlier views are kept for the messages:
`firm` knows only what `&&` has demanded (what `||` has left over narrows too, but a branch that repeats an earlier one is no mistake),
and `base` knows the schema alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from router.filters.nodes import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    FilterProjection,
    Index,
    Literal,
    MultiSelectHash,
    Node,
    Or,
    Slice,
    StringList,
    Sub,
    children,
)
from router.filters.signatures import SIGNATURES
from router.shapes import Shape

__all__ = ["Key", "Scope", "fits", "key_of", "path_of"]

Key = tuple[object, ...]


class Scope:
    """The value a part of a filter is applied to. `is_event` says that it is the event itself, `label` what it is called in messages."""

    __slots__ = ("_base", "_firm", "facts", "is_event", "label", "shape")

    def __init__(
        self,
        shape: Shape,
        facts: Mapping[Key, Shape] | None = None,
        *,
        is_event: bool = False,
        label: str = "the value here",
        firm: Scope | None = None,
        base: Scope | None = None,
    ) -> None:
        self.shape = shape
        self.facts = facts or {}
        self.is_event = is_event
        self.label = label
        self._firm = firm
        self._base = base

    @property
    def base(self) -> Scope:
        """The scope as the schema alone makes it."""
        return self if self._base is None else self._base

    @property
    def firm(self) -> Scope:
        """The scope as the conditions joined by `&&` make it."""
        return self if self._firm is None else self._firm

    def with_shape(self, shape: Shape) -> Scope:
        """Return the scope with its value narrowed."""
        if shape is self.shape:
            return self
        return Scope(shape, self.facts, is_event=self.is_event, label=self.label, firm=self._firm, base=self.base)

    def with_fact(self, key: Key, shape: Shape) -> Scope:
        """Return the scope with the value of an expression narrowed."""
        return Scope(
            self.shape,
            {**self.facts, key: shape},
            is_event=self.is_event,
            label=self.label,
            firm=self._firm,
            base=self.base,
        )

    def tentative(self, firm: Scope) -> Scope:
        """Return the scope as one whose last narrowing came from an alternative that does not hold."""
        if self is firm:
            return self
        return Scope(self.shape, self.facts, is_event=self.is_event, label=self.label, firm=firm, base=self.base)

    def joined(self, other: Scope) -> Scope:
        """Return a scope for where either holds."""
        facts = {key: shape | other.facts[key] for key, shape in self.facts.items() if key in other.facts}
        return Scope(
            self.shape | other.shape, facts, is_event=self.is_event, label=self.label, firm=self._firm, base=self.base
        )


def path_of(node: Node) -> tuple[str, ...] | None:
    """Return the names of a plain path such as data.customer.name, () for the current value; None for all else."""
    names: list[str] = []
    while isinstance(node, Sub):
        if not isinstance(node.right, Field):
            return None
        names.append(node.right.name)
        node = node.left
    if isinstance(node, Field):
        names.append(node.name)
    elif not isinstance(node, Current):
        return None
    return tuple(reversed(names))


def key_of(node: Node) -> Key:
    """Return what two expressions share that mean the same, wherever they stand."""
    own: tuple[object, ...] = ()
    match node:
        case Field():
            own = (node.name,)
        case Literal():
            own = (repr(node.value),)
        case StringList():
            own = node.values
        case Index():
            own = (node.index,)
        case Slice():
            own = (node.first, node.last, node.step)
        case Comparison():
            own = (node.operator,)
        case Call():
            own = (node.name,)
        case MultiSelectHash():
            own = tuple(name for name, _ in node.pairs)
        case And() | Or() | FilterProjection():
            own = ()
    return (type(node).__name__, *own, *(key_of(child) for child in children(node)))


def fits(node: Call) -> bool:
    """Say whether a function exists and takes that many arguments."""
    signature = SIGNATURES.get(node.name)
    given = len(node.arguments)
    return signature is not None and (
        given == len(signature.parameters) or (signature.variadic and given > len(signature.parameters))
    )
