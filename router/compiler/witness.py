"""Witness: a small payload that a JSON Schema allows, made from the schema alone.

    schema ─ candidates, simplest first ─► is_valid? ─► the first one that is

Generating for every keyword at once is not possible in general, so it is not attempted: a payload is built from what the schema says
most plainly (constants, enumerations, examples, required properties, limits, formats), branches of `oneOf` and `anyOf` are tried in turn,
and the compiled validator has the last word. What is returned is therefore always valid; for schemas that are too clever there is none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012, specification_with

from router.compiler.texts import text_of
from router.payloads.references import SchemaFiles, uri_of

__all__ = ["NOTHING", "Schemas", "witness"]

NOTHING: Final = object()
"""No payload: what `witness` returns when it finds none; None is a payload, null."""

_DEPTH_MAX = 24
_ATTEMPTS_MAX = 200
_ITEMS_MAX = 64


def witness(
    schema: Mapping[str, Any] | bool,
    *,
    base: str,
    read: Callable[[str], bytes],
    is_valid: Callable[[Any], bool],
    all_properties: bool = False,
) -> Any:
    """Return a payload that the schema allows, with its required properties only, or NOTHING.

    `base` is the name of the file the schema is in, `read` reads files that it refers to, `is_valid` judges a payload. With
    `all_properties` optional properties are filled in as far as possible. Deterministic; raises nothing.
    """
    try:
        schemas = Schemas.open(schema, base=base, read=read)
        builder = _Builder(schemas, all_properties=all_properties)
        for candidate in islice(builder.values(schemas.root, 0), _ATTEMPTS_MAX):
            if is_valid(candidate):
                return candidate
    except (RecursionError, ValueError, TypeError, OverflowError):
        pass
    return NOTHING


class Node:
    """A subschema, and the resolver that knows what its references are relative to."""

    __slots__ = ("resolver", "schema")

    def __init__(self, schema: Any, resolver: Any) -> None:
        self.schema = schema
        self.resolver = resolver

    def at(self, schema: Any) -> Node:
        """Return a subschema that is written within this one."""
        if isinstance(schema, dict) and isinstance(schema.get("$id"), str):
            return Node(schema, self.resolver.in_subresource(DRAFT202012.create_resource(schema)))
        return Node(schema, self.resolver)


class Schemas:
    """A schema and the files it refers to, opened for walking."""

    def __init__(self, root: Node) -> None:
        self.root = root

    @classmethod
    def open(cls, schema: Mapping[str, Any] | bool, *, base: str, read: Callable[[str], bytes]) -> Schemas:
        """Open a schema. `$ref` to other files is read when it is followed."""
        files = SchemaFiles(read)
        document = files.settle(schema, base)
        dialect = document.get("$schema") if isinstance(document, dict) else None
        specification = specification_with(dialect, default=DRAFT202012) if isinstance(dialect, str) else DRAFT202012
        if isinstance(dialect, str):
            files.dialect = dialect

        def retrieve(uri: str) -> Resource[Any]:
            return Resource.from_contents(files.retrieve(uri), default_specification=specification)

        uri = uri_of(base)
        registry: Registry[Any] = Registry(retrieve=retrieve).with_resource(  # type: ignore[call-arg]
            uri, specification.create_resource(document)
        )
        resolver = registry.resolver(uri)
        if isinstance(document, dict) and isinstance(document.get("$id"), str):
            resolver = resolver.in_subresource(specification.create_resource(document))
        return cls(Node(document, resolver))

    @staticmethod
    def follow(node: Node, reference: str) -> Node | None:
        """Return what a `$ref` leads to; None when it leads nowhere."""
        try:
            found = node.resolver.lookup(reference)
        except (Unresolvable, ValueError, KeyError):
            return None
        return Node(found.contents, found.resolver)


class _Builder:
    """Makes candidates for a subschema, simplest first."""

    def __init__(self, schemas: Schemas, *, all_properties: bool) -> None:
        self._follow = schemas.follow
        self._all = all_properties

    def values(self, node: Node, depth: int) -> Iterator[Any]:
        """Yield candidates; the first is the best guess."""
        for merged in self._merged(node, depth):
            yield from self._plain(merged, depth)

    def _merged(self, node: Node, depth: int) -> Iterator[dict[str, Any]]:
        """Yield the schema with `$ref`, `allOf` and each choice of `oneOf` and `anyOf` merged into one level.

        Values below are Nodes, so that their references stay relative to where they were written.
        """
        if depth > _DEPTH_MAX or node.schema is False:
            return
        if not isinstance(node.schema, dict):
            yield {}
            return
        own = _own(node)
        parts: list[list[dict[str, Any]]] = []
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(node.schema.get(keyword), str):
                target = self._follow(node, node.schema[keyword])
                parts.append(list(islice(self._merged(target, depth + 1), 8)) if target is not None else [])
        parts += (list(islice(self._merged(node.at(part), depth + 1), 8)) for part in node.schema.get("allOf") or ())
        for keyword in ("oneOf", "anyOf"):
            if node.schema.get(keyword):
                branches = (
                    one for part in node.schema[keyword] for one in islice(self._merged(node.at(part), depth + 1), 4)
                )
                parts.append(list(islice(branches, 16)))
        if "then" in node.schema or "else" in node.schema:
            options: list[dict[str, Any]] = [{}]
            for keyword in ("then", "else"):
                if keyword in node.schema:
                    options += islice(self._merged(node.at(node.schema[keyword]), depth + 1), 2)
            if "then" in node.schema and "if" in node.schema:
                for condition in islice(self._merged(node.at(node.schema["if"]), depth + 1), 2):
                    options += [
                        _join(condition, then)
                        for then in islice(self._merged(node.at(node.schema["then"]), depth + 1), 2)
                    ]
            parts.append(options)
        yield from _combine(own, parts)

    def _plain(self, merged: dict[str, Any], depth: int) -> Iterator[Any]:
        if "const" in merged:
            yield merged["const"]
            return
        if "enum" in merged:
            yield from (value for value in merged["enum"] if _is_of(value, merged.get("type")))
            return
        for kind in _kinds(merged):
            yield from self._of_kind(kind, merged, depth)
        yield from merged.get("examples", ())
        if "default" in merged:
            yield merged["default"]

    def _of_kind(self, kind: str, merged: dict[str, Any], depth: int) -> Iterator[Any]:
        match kind:
            case "object":
                yield from self._objects(merged, depth)
            case "array":
                yield from self._arrays(merged, depth)
            case "string":
                yield from text_of(merged)
            case "integer" | "number":
                yield from _numbers(merged, integer=kind == "integer")
            case "boolean":
                yield from (True, False)
            case _:
                yield None

    def _objects(self, merged: dict[str, Any], depth: int) -> Iterator[Any]:
        properties: dict[str, list[Node]] = merged.get("properties", {})
        names = list(dict.fromkeys(merged.get("required", ())))
        for name in list(names):
            names += (wanted for wanted in merged.get("dependentRequired", {}).get(name, ()) if wanted not in names)
        if self._all and depth < _DEPTH_MAX // 4:
            names += (name for name in properties if name not in names)
        choices: dict[str, list[Any]] = {}
        for name in names:
            found = list(islice(self._all_of(self._schemas_of(name, merged), depth + 1), 6))
            if found:
                choices[name] = found
            elif name in merged.get("required", ()):
                return
        for name, nodes in properties.items():
            if len(choices) >= merged.get("minProperties", 0):
                break
            if name not in choices:
                found = list(islice(self._all_of(nodes, depth + 1), 1))
                choices.update({name: found} if found else {})
        extra = 0
        while len(choices) < merged.get("minProperties", 0) and extra < _ITEMS_MAX:
            choices[f"key{extra}"] = list(
                islice(self._all_of(self._schemas_of(f"key{extra}", merged), depth + 1), 1)
            ) or [None]
            extra += 1
        first = {name: found[0] for name, found in choices.items()}
        yield first
        for name, found in choices.items():
            for other in found[1:]:
                yield {**first, name: other}

    def _schemas_of(self, name: str, merged: dict[str, Any]) -> list[Node]:
        return merged.get("properties", {}).get(name) or merged.get("additionalProperties") or []

    def _all_of(self, nodes: list[Node], depth: int) -> Iterator[Any]:
        if depth > _DEPTH_MAX:
            return
        if not nodes:
            yield "a"
            return
        levels = [list(islice(self._merged(node, depth), 16)) for node in nodes]
        for merged in _combine({}, levels):
            yield from self._plain(merged, depth)

    def _arrays(self, merged: dict[str, Any], depth: int) -> Iterator[Any]:
        prefix: list[Node] = merged.get("prefixItems", [])
        least = max(int(merged.get("minItems", 0)), int(merged.get("minContains", 1)) if "contains" in merged else 0)
        if least > _ITEMS_MAX:
            return
        items: list[Node] = merged.get("items", [])
        wanted: list[Any] = []
        for index in range(max(least, len(prefix) if self._all else 0)):
            nodes = [prefix[index]] if index < len(prefix) else merged.get("contains", []) + items
            found = next(
                (
                    one
                    for one in islice(self._all_of(nodes, depth + 1), 24)
                    if not merged.get("uniqueItems") or one not in wanted
                ),
                NOTHING,
            )
            if found is NOTHING:
                return
            wanted.append(found)
        if self._all and not wanted and items:
            wanted = list(islice(self._all_of(items, depth + 1), 1))
        yield wanted
        if wanted and not least:
            yield []


_LISTS = ("allOf", "oneOf", "anyOf")


def _own(node: Node) -> dict[str, Any]:
    own: dict[str, Any] = {}
    for keyword, value in node.schema.items():
        if keyword == "properties" and isinstance(value, dict):
            own[keyword] = {name: [node.at(part)] for name, part in value.items()}
        elif keyword == "prefixItems" or (keyword == "items" and isinstance(value, list)):
            own["prefixItems"] = [node.at(part) for part in value]
        elif keyword in ("items", "additionalProperties", "contains"):
            own[keyword] = [node.at(value)] if isinstance(value, dict) else []
            own[f"no {keyword}"] = value is False
        elif keyword == "dependencies" and isinstance(value, dict):
            own["dependentRequired"] = {name: wanted for name, wanted in value.items() if isinstance(wanted, list)}
        elif keyword == "type":
            own[keyword] = [value] if isinstance(value, str) else list(value)
        elif keyword not in _LISTS and not keyword.startswith("$"):
            own[keyword] = value
    return own


def _combine(own: dict[str, Any], parts: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield `own` joined with one of each of the parts: the first of all, then with one part varied at a time."""
    if any(not options for options in parts):
        return
    chosen = own
    for options in parts:
        chosen = _join(chosen, options[0])
    yield chosen
    for position, options in enumerate(parts):
        for option in options[1:]:
            varied = own
            for index, others in enumerate(parts):
                varied = _join(varied, option if index == position else others[0])
            yield varied


def _join(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    joined = dict(left)
    for keyword, value in right.items():
        joined[keyword] = _joined(keyword, left[keyword], value) if keyword in left else value
    return joined


def _joined(keyword: str, left: Any, right: Any) -> Any:
    match keyword:
        case "properties":
            return {
                name: left.get(name, []) + right.get(name, []) for name in (*left, *(n for n in right if n not in left))
            }
        case "required" | "items" | "additionalProperties" | "contains":
            return [*left, *right]
        case "type":
            both = [kind for kind in left if kind in right or (kind == "integer" and "number" in right)]
            return both + [kind for kind in right if kind == "integer" and "number" in left and kind not in both]
        case "enum":
            kept = {json.dumps(value, sort_keys=True) for value in right}
            return [value for value in left if json.dumps(value, sort_keys=True) in kept]
        case "dependentRequired":
            return {**left, **right}
        case "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" if not isinstance(left, bool):
            return max(left, right)
        case "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" if not isinstance(left, bool):
            return min(left, right)
        case _:
            return right


_OBJECT_WORDS = frozenset({"properties", "required", "additionalProperties", "patternProperties", "minProperties"})
_ARRAY_WORDS = frozenset({"items", "prefixItems", "minItems", "contains"})
_TEXT_WORDS = frozenset({"minLength", "maxLength", "pattern", "format"})
_NUMBER_WORDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_KINDS = (("object", _OBJECT_WORDS), ("array", _ARRAY_WORDS), ("string", _TEXT_WORDS), ("number", _NUMBER_WORDS))


def _is_of(value: Any, kinds: list[str] | None) -> bool:
    """Say whether a listed value is of one of the types; `integer` counts as number, the validator tells them apart."""
    if kinds is None:
        return True
    if isinstance(value, bool):
        return "boolean" in kinds
    names = {str: "string", int: "number", float: "number", dict: "object", list: "array", type(None): "null"}
    name = names[type(value)]
    return name in kinds or (name == "number" and "integer" in kinds)


def _kinds(merged: dict[str, Any]) -> list[str]:
    if "type" in merged:
        return sorted(merged["type"], key=lambda kind: kind == "null")
    return [kind for kind, words in _KINDS if not words.isdisjoint(merged)] or ["object"]


def _numbers(merged: dict[str, Any], *, integer: bool) -> Iterator[float]:
    low, high = _number(merged.get("minimum")), _number(merged.get("maximum"))
    above, below = _number(merged.get("exclusiveMinimum")), _number(merged.get("exclusiveMaximum"))
    step = _number(merged.get("multipleOf"))
    grain = step or (1 if integer else 0.5)
    if merged.get("exclusiveMinimum") is True:  # draft-04: the limit itself is excluded
        above, low = low, None
    if merged.get("exclusiveMaximum") is True:
        below, high = high, None
    guesses = [0, 1, low, high]
    if above is not None:
        guesses.append(above + grain)
    if below is not None:
        guesses.append(below - grain)
    floor, ceiling = (low if above is None else above), (high if below is None else below)
    if floor is not None and ceiling is not None:
        guesses.append((floor + ceiling) / 2)
    if floor is not None and step:
        guesses.append(math.floor(floor / step + 1) * step)
    for guess in guesses:
        if guess is not None:
            value = _fitted(guess, step, integer=integer)
            if (
                (low is None or value >= low)
                and (high is None or value <= high)
                and (above is None or value > above)
                and (below is None or value < below)
            ):
                yield value


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _fitted(value: float, step: float | None, *, integer: bool) -> float:
    if step:
        value = math.ceil(value / step) * step
    return math.ceil(value) if integer else value
