"""Payloads: the shape of the event that a filter or template at some place sees, from what the documents say at this moment.

Works on the last good trees and the document being written, not on a finished configuration: completion is wanted most while something is
broken. What cannot be read has an unknown shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from router.editor.names import stands_for
from router.shapes import UNKNOWN, SchemaShapes, Shape, event_shape, file_resolver, of_kinds
from router.shapes.kinds import Kind
from router.shapes.objects import ObjectShape
from router.syntax.loader import load
from router.syntax.snapshot import Snapshot
from router.syntax.tree import Path, Tree

__all__ = ["Payloads"]

_ANY_MAPPING = of_kinds(Kind.OBJECT)


class Payloads:
    """Shapes of events in one state of a configuration. `writing` is the document being written, where it could be read."""

    def __init__(self, snapshot: Snapshot, trees: Mapping[str, Tree], file: str, writing: Any) -> None:
        self._snapshot = snapshot
        self._documents = {name: tree.value for name, tree in trees.items()}
        self._file = file
        self._writing = writing
        self._library = SchemaShapes(file_resolver(snapshot.read))

    def root(self, path: Path) -> Shape:
        """Return the shape of the root that the expression or template at a path sees."""
        match path:
            case ("sources", _, "event", *_):
                return Shape(
                    Kind.OBJECT,
                    objects=(ObjectShape.of({"headers": _ANY_MAPPING, "query": _ANY_MAPPING, "body": UNKNOWN}),),
                )
            case ("event_types", str(name), "versions", str(number), *_):
                version = self._member("event_types", name, "versions", number)
                return event_shape({name: self._shape(version, self._home("event_types", name))})
            case ("transforms", str(name), *_):
                return self._events(
                    {kind for route in self._routes() if _uses(route, name) for kind in self._taken(route)}
                )
            case ("routes", str(name), *_):
                return self._events(self._taken(self._member("routes", name)))
            case _:
                return event_shape({})

    def names(self, section: str) -> dict[str, Any]:
        """Return the definitions of a section, by name."""
        found: dict[str, Any] = {}
        for _, document in self._all():
            members = document.get(section)
            for name, value in members.items() if isinstance(members, dict) else ():
                found.setdefault(name, value)
        return found

    def _events(self, names: set[str]) -> Shape:
        types = self.names("event_types")
        return event_shape({name: self._shape(types[name], self._home("event_types", name)) for name in sorted(names)})

    def _taken(self, route: Any) -> set[str]:
        """Return the event types that a route takes."""
        if not isinstance(route, dict):
            return set()
        known = self.names("event_types")
        if route.get("unmatched"):
            return set(known)
        events = route.get("events")
        written = [text for text in events if isinstance(text, str)] if isinstance(events, list) else []
        return {name for name in known if any(stands_for(text, name) for text in written)}

    def _routes(self) -> Iterator[Any]:
        yield from self.names("routes").values()

    def _member(self, *steps: str) -> Any:
        """Return what stands at a path, in the document being written first, then where it was last good."""
        for _, document in self._all():
            value: Any = document
            for step in steps:
                value = value.get(step) if isinstance(value, dict) else None
            if isinstance(value, dict) and (steps[0] != "routes" or "events" in value or "unmatched" in value):
                return value
        return None

    def _home(self, section: str, name: str) -> str:
        return next(
            (file for file, document in self._all() if name in (document.get(section) or {})),
            self._file,
        )

    def _all(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for file, document in ((self._file, self._writing), *self._documents.items()):
            if isinstance(document, dict):
                yield file, document

    def _shape(self, definition: Any, file: str) -> Shape:
        schema = definition.get("schema") if isinstance(definition, dict) else None
        if schema is None:
            return UNKNOWN
        if not isinstance(schema, str):
            return self._library.shape(schema, file)
        name = self._snapshot.resolve(file, schema)
        try:
            data = self._snapshot.read(name)
            content = orjson.loads(data) if not name.endswith((".yaml", ".yml")) else _yaml(name, data)
        except (OSError, ValueError):
            return UNKNOWN
        return self._library.shape(content, name)


def _yaml(name: str, data: bytes) -> Any:
    tree, _ = load(name, data)
    if tree is None:
        raise ValueError("not YAML")
    return tree.value


def _uses(route: Any, transform: str) -> bool:
    if not isinstance(route, dict):
        return False
    targets = route.get("targets")
    own = (
        [target.get("transform") for target in targets if isinstance(target, dict)] if isinstance(targets, list) else []
    )
    return transform in [route.get("transform"), *own]
