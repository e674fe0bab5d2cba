"""Resources: the documents a schema is spread over, and where each `$ref` leads.

A *resource* is a schema with a base URI of its own: a document, or a part of one that carries `$id`. References resolve against it
(JSON Schema 2020-12 core, section 8.2). Other documents come from the caller's `Resolver`; what cannot be found is not an error here,
the compiler of payload schemas reports it: the reference's shape is unknown.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import unquote, urljoin

import orjson

from router.syntax.loader import load

__all__ = ["Resolver", "Resource", "file_resolver", "no_files", "references_replace"]

Resolver = Callable[[str, str], tuple[str, Any] | None]
"""Takes a document's name and a reference without fragment that stands in it; returns the other's name and content, None if none."""

_YAML_SUFFIXES: Final = (".yaml", ".yml")
_DOCUMENT_KEYWORDS: Final = ("enum", "const", "default", "examples")


def no_files(base: str, reference: str) -> tuple[str, Any] | None:
    """Resolve nothing: for schemas in one piece."""
    return None


def file_resolver(read: Callable[[str], bytes]) -> Resolver:
    """Return a resolver that reads JSON and YAML files by relative path; `read` raises OSError for what does not exist."""
    known: dict[str, Any] = {}

    def resolve(base: str, reference: str) -> tuple[str, Any] | None:
        if "://" in reference:
            return None
        name = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(reference)))
        if name not in known:
            try:
                known[name] = _decoded(name, read(name))
            except (OSError, ValueError):
                return None
        return name, known[name]

    return resolve


def _decoded(name: str, data: bytes) -> Any:
    if not name.endswith(_YAML_SUFFIXES):
        return orjson.loads(data)
    tree, _ = load(name, data)
    if tree is None:
        raise ValueError("not YAML")
    return tree.value


def references_replace(dialect: str) -> bool:
    """Say whether keywords beside `$ref` are ignored: drafts 4, 6 and 7 (draft-07 core, section 8.3)."""
    return "draft-0" in dialect


class Resource:
    """A schema with a base URI. `root` is its content, `name` the document it is in, `uri` what it calls itself ("" if nothing)."""

    __slots__ = ("_anchors", "_embedded", "dialect", "name", "root", "uri")

    def __init__(self, root: Any, name: str, uri: str, dialect: str) -> None:
        self.root = root
        self.name = name
        self.uri = uri
        written = root.get("$schema") if isinstance(root, dict) else None
        self.dialect = written if isinstance(written, str) else dialect
        self._anchors: dict[str, Any] | None = None
        self._embedded: dict[str, Any] | None = None

    def identifier(self, schema: dict[str, Any]) -> str | None:
        """Return the `$id` by which a schema becomes a resource of its own."""
        if "$ref" in schema and references_replace(self.dialect):
            return None
        found = schema.get("id" if "draft-04" in self.dialect else "$id")
        return found if isinstance(found, str) and not found.startswith("#") else None

    def local(self, fragment: str) -> Any:
        """Return what a fragment points at; None when nothing is there."""
        if not fragment:
            return self.root
        if not fragment.startswith("/"):
            if self._anchors is None:
                self._anchors = dict(self._find_anchors())
            return self._anchors.get(fragment)
        node = self.root
        for step in unquote(fragment)[1:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                return None
        return node

    def embedded(self, uri: str) -> Any:
        """Return the schema within this one that calls itself by a URI; None when there is none."""
        if self._embedded is None:
            self._embedded = {}
            for schema in _schemas(self.root):
                name = self.identifier(schema)
                if name is not None:
                    self._embedded.setdefault(urljoin(self.uri, name).rstrip("#"), schema)
        return self._embedded.get(uri)

    def _find_anchors(self) -> Iterator[tuple[str, Any]]:
        for schema in _schemas(self.root, self):
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(schema.get(key), str):
                    yield schema[key], schema
            for key in ("$id", "id"):
                if isinstance(schema.get(key), str) and schema[key].startswith("#"):
                    yield schema[key][1:], schema


def _schemas(node: Any, resource: Resource | None = None) -> Iterator[dict[str, Any]]:
    """Yield every object that may be a schema, without recursion; those of one resource only, if one is given."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            if resource is not None and current is not resource.root and resource.identifier(current) is not None:
                continue
            yield current
            stack.extend(value for key, value in current.items() if key not in _DOCUMENT_KEYWORDS)
        elif isinstance(current, list):
            stack.extend(current)
