"""Validating: a file of any kind against a JSON Schema of any kind.

The schema is read once, with the files that its relative references name; nothing is fetched. A document is loaded by the loader of the
routing language, so YAML means what it means there (1.2, core schema), and JSON is YAML.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

import msgspec
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource
from referencing.jsonschema import DRAFT202012, specification_with

from router.language.validation import validate
from router.syntax.diagnostic import Diagnostic, has_errors, in_order
from router.syntax.loader import load
from router.syntax.tree import Tree

__all__ = ["SchemaFile", "SchemaFileError", "read_schema", "validate_file"]

# Both are attrs classes whose arguments mypy does not see.
_registry: Any = Registry
_no_such: Any = NoSuchResource


class SchemaFileError(ValueError):
    """A file that is no JSON Schema; the text says why, in one line."""


class SchemaFile(msgspec.Struct, frozen=True, kw_only=True):
    """A schema and where the documents it refers to come from."""

    schema: Mapping[str, Any] | bool
    registry: Any


def read_schema(name: str, read: Callable[[str], bytes]) -> SchemaFile:
    """Return a schema, JSON or YAML. `read` gives the bytes of a file, and raises what it likes. Raises SchemaFileError."""
    schema = _parsed(name, read(name))
    if not isinstance(schema, Mapping | bool):
        raise SchemaFileError("a JSON Schema is a mapping, or true or false")
    dialect: Any = validator_for(
        schema, default=validator_for({"$schema": "https://json-schema.org/draft/2020-12/schema"})
    )
    try:
        dialect.check_schema(schema)
    except SchemaError as error:
        place = "/".join(str(step) for step in error.absolute_path)
        raise SchemaFileError(f"it is no valid JSON Schema at `/{place}`: {error.message[:200]}") from None

    named = str(schema.get("$schema", "")) if isinstance(schema, Mapping) else ""
    specification = specification_with(named, default=DRAFT202012)

    def retrieve(uri: str) -> Resource[Any]:
        path = _path(uri, name)
        if path is None:
            raise _no_such(ref=uri)
        return Resource.from_contents(_parsed(path, read(path)), default_specification=specification)

    if isinstance(schema, Mapping) and not any(key in schema for key in ("$id", "id")):
        schema = {**schema, ("id" if _is_old(schema) else "$id"): _address(name)}
    return SchemaFile(schema=schema, registry=_registry(retrieve=retrieve))


def _is_old(schema: Mapping[str, Any]) -> bool:
    return str(schema.get("$schema", "")).startswith(
        ("http://json-schema.org/draft-03", "http://json-schema.org/draft-04")
    )


def _address(name: str) -> str:
    return f"file://{quote(posixpath.abspath(name))}"


def _path(uri: str, name: str) -> str | None:
    """Return the file that a reference names, None for one that is no file."""
    plain, _ = urldefrag(urljoin(_address(name), uri))
    parts = urlsplit(plain)
    return unquote(parts.path) if parts.scheme == "file" and not parts.netloc else None


def _parsed(name: str, data: bytes) -> Any:
    tree, found = load(name, data)
    if tree is None or has_errors(found):
        first = found[0]
        raise SchemaFileError(f"it cannot be read: {first.message} ({first.span})")
    return tree.value


def validate_file(name: str, data: bytes, schema: SchemaFile) -> tuple[Tree | None, list[Diagnostic]]:
    """Return the document, None when it is no YAML, and what is wrong with it, in file order."""
    tree, found = load(name, data)
    if tree is None:
        return None, found
    return tree, in_order([*found, *validate(tree, schema.schema, registry=schema.registry)])
