"""Candidates: events that may tell two versions of a route apart, from examples, schemas and the constants in both filters.

    payloads (examples, one made from the schema) × values for the paths that the filters read (constants and their neighbours, none)

Only payloads that their event type's schema allows are kept. Bounded: past the bound, differences may go unseen, and none is invented.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import islice, product
from typing import Any, Final

from router.analysis.route_tests import read_example
from router.compiler import Compilation
from router.compiler.witness import NOTHING, witness
from router.filters.nodes import Call, Comparison, Field, Literal, Node, StringList, Sub, children, walk
from router.filters.parser import parse
from router.plan import PlannedRoute
from router.syntax.snapshot import Snapshot

__all__ = ["candidates"]

_COMBINATIONS_MAX: Final = 4000
_MISSING: Final = object()
Source = tuple[Compilation, Snapshot]


def candidates(
    before: PlannedRoute | None, after: PlannedRoute | None, old: Source, new: Source
) -> Iterator[dict[str, Any]]:
    """Yield event documents, simplest first."""
    routes = [route for route in (before, after) if route is not None]
    values: dict[tuple[str, ...], list[Any]] = {}
    for route in routes:
        if route.filter is not None:
            _collect(parse(route.filter.expression), values)
    types = {name for route in routes for name in route.events}
    if any(route.unmatched for route in routes):
        types |= {*new[0].configuration.event_types}
    for name in sorted(types):
        for payload in _payloads(name, (new, old)):
            event = {"id": "witness", "source": "/witness", "type": name, "specversion": "1.0", "data": payload}
            yield event
            choices = [[_MISSING, *found] for found in values.values()]
            for chosen in islice(product(*choices), _COMBINATIONS_MAX):
                changed = copy.deepcopy(event)
                for path, value in zip(values, chosen, strict=True):
                    _put(changed, path, value)
                if _is_allowed(name, changed["data"], (new, old)):
                    yield changed


def _payloads(name: str, sources: tuple[Source, ...]) -> Iterator[Any]:
    for compilation, snapshot in sources:
        event_type = compilation.configuration.event_types.get(name)
        if event_type is None:
            continue
        for number in range(len(event_type.examples)):
            try:
                yield read_example(f"{name}#{number}", compilation.configuration, snapshot)[1]
            except (LookupError, OSError, ValueError):
                continue
        if event_type.schema is None:
            yield {}
            continue
        planned = compilation.plan.event_types[name].schema if compilation.plan is not None else None
        if planned is not None and not isinstance(event_type.schema, str):
            base = compilation.configuration.origin[("event_types", name)].tree.file
            made = witness(event_type.schema, base=base, read=snapshot.read, is_valid=planned.is_valid)
            if made is not NOTHING:
                yield made


def _is_allowed(name: str, payload: Any, sources: tuple[Source, ...]) -> bool:
    for compilation, _ in sources:
        planned = compilation.plan.event_types.get(name) if compilation.plan is not None else None
        if planned is not None and (planned.schema is None or planned.schema.is_valid(payload)):
            return True
    return False


def _collect(node: Node, values: dict[tuple[str, ...], list[Any]]) -> None:
    """Collect the values that a filter compares its paths with, and their neighbours."""
    for part in walk(node):
        if isinstance(part, Comparison | Call):
            sides = children(part)
            constants = [value for side in sides for value in _constants(side)]
            for side in sides:
                for inner in walk(side):
                    path = _path(inner)
                    if path is not None and path[0] == "data" and len(path) > 1:
                        _add(values.setdefault(path, []), [each for value in constants for each in _near(value)])
        path = _path(part)
        if path is not None and path[0] == "data" and len(path) > 1:
            _add(values.setdefault(path, []), [])
    for path in [path for path in values if any(other[: len(path)] == path != other for other in values)]:
        del values[path]
    for found in values.values():
        _add(found, [None] if found else [True, "x", None])


def _add(found: list[Any], more: list[Any]) -> None:
    for value in more:
        if not any(type(value) is type(each) and value == each for each in found):
            found.append(value)


def _constants(node: Node) -> list[Any]:
    if isinstance(node, StringList):
        return list(node.values)
    if isinstance(node, Literal):
        return list(node.value) if isinstance(node.value, list) else [node.value]
    return []


def _near(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [value, not value]
    if isinstance(value, int | float):
        return [value, value + 1, value - 1]
    return [value, value + "x", "x" + value] if isinstance(value, str) else [value]


def _path(node: Node) -> tuple[str, ...] | None:
    if isinstance(node, Field):
        return (node.name,)
    if isinstance(node, Sub) and isinstance(node.right, Field):
        left = _path(node.left)
        return None if left is None else (*left, node.right.name)
    return None


def _put(document: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if value is _MISSING:
        return  # as the payload has it
    current = document
    for name in path[:-1]:
        if not isinstance(current.get(name), dict):
            current[name] = {}
        current = current[name]
    if value is None:
        current.pop(path[-1], None)
    else:
        current[path[-1]] = value
