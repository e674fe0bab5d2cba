"""Paths: what stands at a dotted path of JSON, through arrays on the way, as event patterns (Amazon EventBridge) see it.

`leaves` gives values that are no objects, `branches` gives objects. An array on the way, or at the end, stands for each of its elements,
arrays within arrays too. A member's name may itself have dots in it: `a.b` finds `{"a": {"b": 1}}` and `{"a.b": 1}`, because such patterns
compare flattened names. Any value is taken, nothing fails, and the cost is linear in the value.
"""

from __future__ import annotations

from typing import Any

__all__ = ["branches", "leaves"]


def leaves(value: Any, path: Any) -> list[Any]:
    """Return the values at a path that are neither object nor array, in order, null among them."""
    if not isinstance(path, str):
        return []
    found = []
    stack: list[tuple[Any, str | None]] = [(value, path)]
    while stack:
        current, rest = stack.pop()
        if isinstance(current, list):
            stack += [(item, rest) for item in reversed(current)]
        elif rest is None:
            if not isinstance(current, dict):
                found.append(current)
        elif isinstance(current, dict):
            stack += reversed(_members(current, rest))
    return found


def branches(value: Any, path: Any) -> list[dict[str, Any]]:
    """Return the objects at a path, in order. Members such as `a.b` count as members `b` of an object at `a`."""
    if not isinstance(path, str):
        return []
    found: list[dict[str, Any]] = []
    stack: list[tuple[Any, str | None, dict[str, Any]]] = [(value, path, {})]
    while stack:
        current, rest, joined = stack.pop()
        if isinstance(current, list):
            stack += [(item, rest, joined) for item in reversed(current)]
        elif not isinstance(current, dict):
            continue
        elif rest is None:
            found.append({**joined, **current} if joined else current)
        else:
            start = rest + "."
            inner = {name[len(start) :]: item for name, item in current.items() if name.startswith(start)}
            if inner and rest not in current:
                found.append(inner)
            stack += [(item, left, inner if left is None else {}) for item, left in reversed(_members(current, rest))]
    return found


def _members(value: dict[str, Any], path: str) -> list[tuple[Any, str | None]]:
    """Return each member that a path can start with, and what is left of the path there (None: nothing)."""
    found: list[tuple[Any, str | None]] = []
    dot = path.find(".")
    while dot >= 0:
        if path[:dot] in value:
            found.append((value[path[:dot]], path[dot + 1 :]))
        dot = path.find(".", dot + 1)
    if path in value:
        found.append((value[path], None))
    return found
