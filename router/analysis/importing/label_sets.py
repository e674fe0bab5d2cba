"""Label sets: conditions that list a label's texts -> one condition for each label, saying the same.

Flattening a tree repeats itself (`x is a`, `x is not b`, `x is not b or c`). What is said of one label by lists of texts is drawn together; everything
else stays as it is. A list from which nothing is left belongs to a node that no alert can reach.
"""

from __future__ import annotations

from collections.abc import Sequence

from router.analysis.importing.expressions import literal, strings
from router.filters.nodes import Call, Comparison, Literal, Node, Not, StringList
from router.filters.parser import parse

__all__ = ["simplified"]

Listed = tuple[str, tuple[str, ...], bool]
"""A label, texts, and whether it is one of them (else: none of them)."""


def simplified(conditions: Sequence[str]) -> tuple[str, ...] | None:
    """Return conditions that hold for the same alerts, in order of first mention; None when none can meet them all."""
    allowed: dict[str, list[str]] = {}
    excluded: dict[str, list[str]] = {}
    order: dict[str, str | None] = {}
    for condition in conditions:
        listed = _listed(parse(condition), condition)
        if listed is None:
            order.setdefault(condition, None)
            continue
        label, texts, holds = listed
        order.setdefault(f"label {label}", label)
        if not holds:
            excluded[label] = list(dict.fromkeys([*excluded.get(label, ()), *texts]))
        elif label in allowed:
            allowed[label] = [text for text in allowed[label] if text in texts]
        else:
            allowed[label] = list(texts)
    found = []
    for condition, label_named in order.items():
        if label_named is None:
            found.append(condition)
        elif label_named not in allowed:
            found.append(_none_of(label_named, excluded[label_named]))
        else:
            left = [text for text in allowed[label_named] if text not in excluded.get(label_named, ())]
            if not left:
                return None
            found.append(_one_of(label_named, left))
    return tuple(found)


def _one_of(label: str, texts: list[str]) -> str:
    return f"{label} == {literal(texts[0])}" if len(texts) == 1 else f"any_in({label}, {strings(texts)})"


def _none_of(label: str, texts: list[str]) -> str:
    return f"{label} != {literal(texts[0])}" if len(texts) == 1 else f"!(any_in({label}, {strings(texts)}))"


def _listed(node: Node, text: str) -> Listed | None:
    if isinstance(node, Not):
        inner = _listed(node.operand, text)
        return None if inner is None else (inner[0], inner[1], not inner[2])
    if isinstance(node, Comparison) and node.operator in ("==", "!=") and isinstance(node.right, Literal):
        value = node.right.value
        label = text[node.left.start : node.left.end]
        return (label, (value,), node.operator == "==") if isinstance(value, str) and value else None
    if isinstance(node, Call) and node.name == "any_in" and isinstance(node.arguments[1], StringList | Literal):
        second = node.arguments[1]
        values = second.values if isinstance(second, StringList) else second.value
        if isinstance(values, tuple | list) and all(isinstance(value, str) and value for value in values):
            return text[node.arguments[0].start : node.arguments[0].end], tuple(values), True
    return None
