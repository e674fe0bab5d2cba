"""Schema: from a JSON Schema to a shape.

Each keyword becomes a set, and a schema is the intersection of its keywords (drafts 4 to 2020-12). What shapes cannot say (`not`,
dependencies, conditions on more than one constant) is left out, which only makes the set larger, and marks it lossy.

Schemas are visited when their shape is asked for, once each; a reference that leads back to itself before any field or element has been
entered is unknown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urljoin

from router.shapes.kinds import ALL, NAMES, Kind
from router.shapes.objects import ANY_OBJECT, ObjectPart, ObjectShape
from router.shapes.resources import Resolver, Resource, no_files, references_replace
from router.shapes.scalars import ANY_NUMBER, ANY_TEXT, Numbers, Text
from router.shapes.shape import NEVER, UNKNOWN, Elements, Shape, one_of, union

__all__ = ["SchemaShapes", "shape_of"]

_DEFAULT_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_OBJECT_KEYWORDS: Final = ("properties", "patternProperties", "additionalProperties", "required")
_ARRAY_KEYWORDS: Final = ("items", "prefixItems", "additionalItems", "minItems", "maxItems")
_LOSSY_KEYWORDS: Final = (
    "not", "dependencies", "dependentSchemas", "dependentRequired", "propertyNames", "$dynamicRef", "$recursiveRef",
)  # fmt: skip


_UNRESOLVED: Final = Shape(ALL, objects=(ANY_OBJECT.marked(lossy=True),), loose=True)
"""What a reference stands for that cannot be followed."""

_EVALUATING: Final = Shape(ALL, objects=(ObjectShape((ObjectPart(explicit=True),)),), loose=True)
"""Evaluates fields that are not named, so that `unevaluatedProperties` does not forbid them."""


def shape_of(schema: Any, *, base: str = "", resolve: Resolver = no_files) -> Shape:
    """Return the shape of a schema. `base` names the document it is in; `resolve` finds the others it refers to."""
    return SchemaShapes(resolve).shape(schema, base)


class SchemaShapes:
    """Makes shapes, and remembers them by schema: schemas that share definitions share their shapes."""

    def __init__(self, resolve: Resolver = no_files) -> None:
        self._resolve = resolve
        self._shapes: dict[int, Shape] = {}
        self._parts: dict[int, ObjectPart] = {}
        self._busy: set[int] = set()
        self._resources: dict[int, Resource] = {}
        self._named: dict[str, Resource] = {}
        self._alive: list[Any] = []  # shapes are kept by the identity of their schema, so that must not be freed

    def shape(self, schema: Any, base: str = "", dialect: str = _DEFAULT_DIALECT) -> Shape:
        """Return the shape of a whole document, a plain JSON value."""
        return self._shape(schema, self._document(schema, base, dialect))

    # ---- resources ----------------------------------------------------------------------------------------------------------------
    def _document(self, schema: Any, name: str, dialect: str) -> Resource:
        found = self._resources.get(id(schema))
        if found is None:
            self._alive.append(schema)
            found = Resource(schema, name, "", dialect)
            identifier = found.identifier(schema) if isinstance(schema, dict) else None
            if identifier is not None:
                found.uri = identifier.rstrip("#")
                self._named.setdefault(found.uri, found)
            self._resources[id(schema)] = found
        return found

    def _within(self, schema: dict[str, Any], resource: Resource) -> Resource:
        """Return the resource that a schema is in, which is its own when it has an `$id`."""
        if schema is resource.root:
            return resource
        identifier = resource.identifier(schema)
        if identifier is None:
            return resource
        found = self._resources.get(id(schema))
        if found is None:
            found = Resource(schema, resource.name, urljoin(resource.uri, identifier).rstrip("#"), resource.dialect)
            self._resources[id(schema)] = found
            self._named.setdefault(found.uri, found)
        return found

    def _target(self, reference: str, resource: Resource) -> tuple[Any, Resource] | None:
        place, _, fragment = reference.partition("#")
        home = resource
        if place:
            found = self._elsewhere(place, resource)
            if found is None:
                return None
            home = found
        node = home.local(fragment)
        return None if node is None else (node, home)

    def _elsewhere(self, place: str, resource: Resource) -> Resource | None:
        uri = urljoin(resource.uri, place)
        if uri == resource.uri:
            return resource
        if uri in self._named:
            return self._named[uri]
        for known in list(self._resources.values()):
            node = known.embedded(uri)
            if node is not None:
                return known if node is known.root else self._within(node, known)
        found = self._resolve(resource.name, place)
        if found is None and "://" in uri and "://" in resource.uri:
            found = self._resolve(resource.name, _relative(resource.uri, uri))
        return None if found is None else self._document(found[1], found[0], resource.dialect)

    # ---- schemas ------------------------------------------------------------------------------------------------------------------
    def _later(self, schema: Any, resource: Resource) -> Callable[[], Shape]:
        return lambda: self._shape(schema, resource)

    def _shape(self, schema: Any, resource: Resource) -> Shape:
        if schema is True or not isinstance(schema, dict):
            return NEVER if schema is False else UNKNOWN
        known = self._shapes.get(id(schema))
        if known is not None:
            return known
        if id(schema) in self._busy:
            return _UNRESOLVED
        self._busy.add(id(schema))
        try:
            found = self._made(schema, self._within(schema, resource))
        finally:
            self._busy.discard(id(schema))
        self._shapes[id(schema)] = found
        return found

    def _made(self, schema: dict[str, Any], resource: Resource) -> Shape:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target = self._target(reference, resource)
            referred = _UNRESOLVED if target is None else self._shape(*target)
            if references_replace(resource.dialect):
                return referred
            found = self._own(schema, resource) & referred
        else:
            found = self._own(schema, resource)
        for each in _schemas_in(schema, "allOf"):
            found = found & self._shape(each, resource)
        for keyword in ("anyOf", "oneOf"):
            branches = _schemas_in(schema, keyword)
            if branches:
                found = found & union(self._shape(branch, resource) for branch in branches)
        if "if" in schema and ("then" in schema or "else" in schema):
            found = self._conditional(found, schema, resource)
        if any(keyword in schema for keyword in _LOSSY_KEYWORDS):
            found = found.replace(objects=tuple(each.marked(lossy=True) for each in found.objects), loose=True)
        if "if" in schema or schema.get("unevaluatedProperties", False) is not False:
            found = found & _EVALUATING
        if schema.get("unevaluatedProperties") is False:
            found = _sealed(found)
        return found

    def _own(self, schema: dict[str, Any], resource: Resource) -> Shape:
        """Return the set of what the keywords say that are not made of other schemas' sets."""
        kinds, is_stated = _kinds(schema)
        text = _text(schema) if kinds & Kind.STRING else ANY_TEXT
        numbers = _numbers(schema) if kinds & Kind.NUMBER else ANY_NUMBER
        objects = (ANY_OBJECT,)
        if kinds & Kind.OBJECT and any(keyword in schema for keyword in _OBJECT_KEYWORDS):
            objects = (ObjectShape((self._part(schema, resource),)),)
        elements = None
        if kinds & Kind.ARRAY and any(keyword in schema for keyword in _ARRAY_KEYWORDS):
            elements = self._elements(schema, resource)
        for kind, part in ((Kind.STRING, text), (Kind.NUMBER, numbers)):
            kinds = kinds & ~kind if part is None else kinds
        if kinds == ALL and not is_stated and objects[0] is ANY_OBJECT and elements is None and text is ANY_TEXT:
            found = UNKNOWN if numbers is ANY_NUMBER else Shape(kinds, numbers=numbers or ANY_NUMBER, loose=True)
        else:
            found = Shape(
                kinds,
                text=text or ANY_TEXT,
                numbers=numbers or ANY_NUMBER,
                elements=elements,
                objects=objects,
                loose=not is_stated,
            )
        if isinstance(schema.get("enum"), list):
            found = _enumerated(found, schema["enum"])
        if "const" in schema:
            found = _enumerated(found, [schema["const"]])
        return found

    def _part(self, schema: dict[str, Any], resource: Resource) -> ObjectPart:
        found = self._parts.get(id(schema))
        if found is None:
            properties = _mapping(schema.get("properties"))
            additional = schema.get("additionalProperties", True)
            required = schema.get("required")
            found = self._parts[id(schema)] = ObjectPart(
                {name: self._later(each, resource) for name, each in properties.items()},
                tuple(
                    (_pattern(pattern), self._later(each, resource))
                    for pattern, each in _mapping(schema.get("patternProperties")).items()
                ),
                additional
                if isinstance(additional, bool)
                else True
                if additional == {}
                else self._later(additional, resource),
                frozenset(name for name in required if isinstance(name, str))
                if isinstance(required, list)
                else frozenset(),
                explicit="additionalProperties" in schema and additional in (True, {}),
            )
        return found

    def _elements(self, schema: dict[str, Any], resource: Resource) -> Elements:
        items, prefix = schema.get("items", True), schema.get("prefixItems")
        if isinstance(items, list):  # drafts before 2020-12
            items, prefix = schema.get("additionalItems", True), items
        first = prefix if isinstance(prefix, list) else []
        length_max = _count(schema.get("maxItems"))
        if items is False:
            length_max = len(first) if length_max is None else min(length_max, len(first))
        return Elements(
            self._later(items, resource),
            tuple(self._later(each, resource) for each in first),
            _count(schema.get("minItems")) or 0,
            length_max,
        )

    def _conditional(self, found: Shape, schema: dict[str, Any], resource: Resource) -> Shape:
        then = self._shape(schema.get("then", True), resource)
        otherwise = self._shape(schema.get("else", True), resource)
        holds = found & self._shape(schema["if"], resource) & then
        test = _discriminator(schema["if"])
        if test is None:
            return (holds | (found & otherwise)).replace(loose=True)
        name, values, is_required = test
        fails = found.refine((name,), lambda shape: _unlike(shape, values, is_required=is_required))
        return holds | (fails & otherwise)


def _relative(base: str, uri: str) -> str:
    """Return a URI as a path relative to the document that calls itself `base`; itself when it is not near."""
    folder = base.rsplit("/", 1)[0] + "/"
    return uri.removeprefix(folder)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _schemas_in(schema: dict[str, Any], keyword: str) -> list[Any]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def _count(value: Any) -> int | None:
    return int(value) if _is_number(value) and value >= 0 else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _kinds(schema: dict[str, Any]) -> tuple[Kind, bool]:
    """Return the kinds that `type` allows, and whether it is there."""
    written = schema.get("type")
    names = [written] if isinstance(written, str) else written
    if not isinstance(names, list) or not names:
        return ALL, "enum" in schema or "const" in schema
    kinds = Kind(0)
    for name in names:
        kinds |= NAMES.get(name, ALL) if isinstance(name, str) else ALL
    return kinds, True


def _enumerated(shape: Shape, values: list[Any]) -> Shape:
    listed = one_of(values)
    kinds = shape.kinds & listed.kinds
    text = shape.text.met(listed.text) if kinds & Kind.STRING else ANY_TEXT
    numbers = shape.numbers.met(listed.numbers) if kinds & Kind.NUMBER else ANY_NUMBER
    kinds = kinds & ~Kind.STRING if text is None else kinds
    kinds = kinds & ~Kind.NUMBER if numbers is None else kinds
    return shape.replace(kinds=kinds, text=text or ANY_TEXT, numbers=numbers or ANY_NUMBER, loose=False)


def _text(schema: dict[str, Any]) -> Text | None:
    length_min, length_max = schema.get("minLength"), schema.get("maxLength")
    pattern, format = schema.get("pattern"), schema.get("format")
    if length_min is None and length_max is None and pattern is None and format is None:
        return ANY_TEXT
    low, high = _count(length_min) or 0, _count(length_max)
    if high is not None and low > high:
        return None
    return Text(
        length_min=low,
        length_max=high,
        patterns=(pattern,) if isinstance(pattern, str) else (),
        format=format if isinstance(format, str) else None,
    )


def _numbers(schema: dict[str, Any]) -> Numbers | None:
    written = schema.get("type")
    integer = written == "integer" or (isinstance(written, list) and "integer" in written and "number" not in written)
    low, high = schema.get("minimum"), schema.get("maximum")
    open_low, open_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    found: Numbers | None = Numbers(integer=True) if integer or schema.get("multipleOf") == 1 else ANY_NUMBER
    bounds = [
        Numbers(minimum=low, open_minimum=open_low is True) if _is_number(low) else None,
        Numbers(maximum=high, open_maximum=open_high is True) if _is_number(high) else None,
        Numbers(minimum=open_low, open_minimum=True) if _is_number(open_low) else None,
        Numbers(maximum=open_high, open_maximum=True) if _is_number(open_high) else None,
    ]
    for bound in bounds:
        if bound is not None and found is not None:
            found = found.met(bound)
    return found


def _pattern(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return None


def _sealed(shape: Shape) -> Shape:
    """Return the shape without fields that none of its schemas evaluates. What any alternative names may be there: anyOf may hold twice."""
    allowed = {name for alternative in shape.objects for name in alternative.names}
    if any(part.patterns or part.additional not in (True, False) for each in shape.objects for part in each.parts):
        return shape
    if any(each.is_explicitly_open or each.lossy for each in shape.objects):
        return shape
    if len(shape.objects) > 1:
        fence = ObjectPart({name: lambda: UNKNOWN for name in sorted(allowed)}, additional=False)
        return shape.replace(
            objects=tuple(
                ObjectShape((*each.parts, fence), each.overrides, label=each.label, lossy=each.lossy)
                for each in shape.objects
            )
        )
    return shape.replace(objects=tuple(each.marked(is_sealed=True) for each in shape.objects))


def _discriminator(condition: Any) -> tuple[str, list[Any], bool] | None:
    """Read `if: {properties: {name: {const|enum}}, required: [name]}`: the name, the values, whether it must be there."""
    if not isinstance(condition, dict) or not set(condition) <= {"properties", "required", "type"}:
        return None
    properties, required = condition.get("properties"), condition.get("required", [])
    if not isinstance(properties, dict) or len(properties) != 1 or condition.get("type", "object") != "object":
        return None
    ((name, test),) = properties.items()
    if not isinstance(test, dict) or not set(test) <= {"const", "enum", "type"} or required not in ([], [name]):
        return None
    values = test["enum"] if isinstance(test.get("enum"), list) else [test["const"]] if "const" in test else []
    if not values or any(isinstance(value, list | dict) for value in values):
        return None
    return name, values, required == [name]


def _unlike(shape: Shape, values: list[Any], *, is_required: bool) -> Shape:
    """Return the part for which the condition on a field does not hold: another value, or none where the field must be there."""
    left = shape.without(value for value in values if value is not None)
    if shape.absent and not is_required:
        return left.only(~Kind.NULL) if not left.loose else left
    return left
