"""Vocabulary: what the language's JSON Schema says about a place: the keys that may stand there, the values, and what they mean.

Walks the schema along a path of a document. Alternatives (`oneOf`, `then`, `else`) are all taken, since a document that is being written
does not say yet which one it will be. Only names and texts are read; validating is `router.language`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from router.language.schema import config_schema
from router.syntax.tree import Path

__all__ = ["Key", "about", "is_mapping", "keys_at", "rivals", "values_at"]

_Schema = Mapping[str, Any]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key that a mapping may have, and what the schema says about its value."""

    name: str
    description: str | None = None
    default: str | None = None
    examples: tuple[str, ...] = ()
    kind: str = ""
    is_required: bool = False

    def manual(self) -> str:
        """Return it all as Markdown."""
        said = [f"**`{self.name}`**" + (f": {self.kind}" if self.kind else "")]
        if self.description:
            said.append(self.description)
        if self.default is not None:
            said.append(f"Default: `{self.default}`")
        if self.examples:
            said.append("For example " + ", ".join(f"`{example}`" for example in self.examples))
        return "\n\n".join(said)


def keys_at(path: Path) -> list[Key]:
    """Return the keys that a mapping at a path may have; none where they are names that the author chooses."""
    found: dict[str, Key] = {}
    required: set[str] = set()
    for schema in _at(path):
        required.update(schema.get("required", ()))
        for name in schema.get("properties", {}):
            if name not in found and (key := about((*path, name))) is not None:
                found[name] = key
    return [msgspec.structs.replace(key, is_required=name in required) for name, key in found.items()]


def rivals(path: Path, present: set[str]) -> set[str]:
    """Return the keys that may not stand beside those present in the mapping at a path: of `url` and `urls` there is one."""
    groups = [set(schema["x-one-of-keys"]) for schema in _at(path) if "x-one-of-keys" in schema]
    return {name for group in groups if group & present for name in group}


def about(path: Path) -> Key | None:
    """Return what the schema says about the value at a path; None when it has nothing there."""
    schemas = list(_at(path))
    if not schemas or not path:
        return None

    def first(keyword: str) -> Any:
        return next((schema[keyword] for schema in schemas if keyword in schema), None)

    default = first("default")
    examples = first("examples") or ()
    return Key(
        name=str(path[-1]),
        description=first("description"),
        default=None if default is None else _shown(default),
        examples=tuple(_shown(example) for example in examples[:3]),
        kind=_kind(schemas),
    )


def values_at(path: Path) -> list[str]:
    """Return values that may be written at a path, where the schema lists them: constants, and examples of scalars."""
    found: dict[str, None] = {}
    for schema in _at(path):
        listed = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
        if "boolean" in _types(schema):
            listed += [True, False]
        listed += [schema["default"]] if isinstance(schema.get("default"), str) else []
        listed += [example for example in schema.get("examples", ()) if isinstance(example, str)]
        found.update(dict.fromkeys(_shown(value) for value in listed))
    return list(found)


def is_mapping(path: Path) -> bool:
    """Say whether a mapping may stand at a path."""
    return any("object" in _types(schema) or "properties" in schema for schema in _at(path))


def _at(path: Path) -> Iterator[_Schema]:
    """Yield every schema that may be about a path, the nearest first."""
    schemas: list[_Schema] = list(_alternatives(config_schema(), set()))
    for step in path:
        inner: list[_Schema] = []
        for schema in schemas:
            child = _child(schema, step)
            if child is not None:
                inner += _alternatives(child, set())
        schemas = inner
    yield from schemas


def _child(schema: _Schema, step: str | int) -> _Schema | None:
    if isinstance(step, int):
        child = schema.get("items")
    else:
        child = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    return child if isinstance(child, dict) else None


def _alternatives(schema: _Schema, seen: set[str]) -> Iterator[_Schema]:
    if schema.get("not") == {}:
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        yield from _alternatives(_resolved(reference), {*seen, reference})
    for keyword in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(keyword, ()):
            yield from _alternatives(inner, seen)
    for keyword in ("then", "else"):
        if isinstance(schema.get(keyword), dict):
            yield from _alternatives(schema[keyword], seen)


def _resolved(reference: str) -> _Schema:
    found: Any = config_schema()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    resolved: _Schema = found
    return resolved


def _types(schema: _Schema) -> list[str]:
    written = schema.get("type", ())
    return [written] if isinstance(written, str) else list(written)


def _kind(schemas: list[_Schema]) -> str:
    for schema in schemas:
        if "x-scalar" in schema:
            return str(schema["x-scalar"])
        if "enum" in schema:
            return " or ".join(f"`{_shown(value)}`" for value in schema["enum"])
        types = [name for name in _types(schema) if name != "null"]
        if "integer" in types or "boolean" in types:  # text may stand there only as `${NAME}` or a word of the examples
            return " or ".join(name for name in types if name != "string")
        if types:
            return " or ".join(
                {"object": "mapping", "array": "list", "string": "text"}.get(name, name) for name in types
            )
    return ""


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
