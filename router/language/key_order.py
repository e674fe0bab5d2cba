"""The canonical order of keys: the one in which the language's schema, and the reference, list them.

Data of others (schemas, examples, payloads, headers) has no order of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from router.language.schema import config_schema
from router.syntax.tree import Path

__all__ = ["key_order"]


def key_order(path: Path) -> Sequence[str] | None:
    """Return the keys that the mapping at a path of a document may have, in order; None where names are the author's."""
    schemas: list[Mapping[str, Any]] = [config_schema()]
    for step in path:
        schemas = [inner for schema in schemas for part in _parts(schema) for inner in _members(part, step)]
        if not schemas:
            return None
    for schema in schemas:
        for part in _parts(schema):
            if part.get("properties"):
                return _names(part)
    return None


def _names(schema: Mapping[str, Any]) -> Sequence[str]:
    return tuple(schema["properties"])


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and every alternative in it, references followed."""
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _definition(reference)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            yield from _parts(part)
    for keyword in ("if", "then", "else"):
        if isinstance(schema.get(keyword), Mapping) and keyword != "if":
            yield from _parts(schema[keyword])


@cache
def _definition(reference: str) -> tuple[Mapping[str, Any], ...]:
    if not reference.startswith("#/$defs/"):
        return ()
    return tuple(_parts(config_schema()["$defs"][reference.removeprefix("#/$defs/")]))


def _members(schema: Mapping[str, Any], step: str | int) -> Iterator[Mapping[str, Any]]:
    if isinstance(step, int):
        candidates = [schema.get("items")]
    else:
        properties = schema.get("properties", {})
        candidates = [properties[step] if step in properties else schema.get("additionalProperties")]
    yield from (inner for inner in candidates if isinstance(inner, Mapping))
