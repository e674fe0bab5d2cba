"""References: the schema files that a schema points at, found by relative path and read through the caller's `read`.

A document's *name* is what `read` takes: a path with `/`, relative (`schemas/order.json`, `../shared/money.json`) or absolute. JSON Schema
resolves references between URIs, so names are mapped to `file:` URIs under a made-up working directory, deep enough for `..` to climb.

`$id` changes the base that a document's references resolve against, often to an `https:` address where nothing is published. So a
document that cannot be had under its own URI is looked for where it would be *relative to the file that carries the `$id`*: with
`"$id": "https://example.com/schemas/order.json"` in `schemas/order.json`, `$ref: money.json` is `schemas/money.json`.

Nothing is ever fetched over the network. The published meta-schemas come with the validator.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson

from router.payloads.draft import DEFAULT_DIALECT, DRAFT_4, dialect_of, metaschema_errors
from router.payloads.explain import explain
from router.syntax.loader import load

__all__ = ["SchemaFiles", "uri_of"]

_WORKING_DIRECTORY = "/w" * 32 + "/"  # 32 levels of `..` before a path can climb out of it
_YAML_SUFFIXES = (".yaml", ".yml")
_OBJECTIONS_MAX = 5


def uri_of(name: str) -> str:
    """Return the URI that stands for a document's name."""
    if name.startswith("/"):
        return "file://absolute" + quote(posixpath.normpath(name))
    return "file://" + quote(posixpath.normpath(_WORKING_DIRECTORY + name))


def _name_of(uri: str) -> str | None:
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    if parts.netloc == "absolute":
        return path
    name = posixpath.relpath(path, _WORKING_DIRECTORY)
    return None if parts.netloc or not path.startswith("/w/") else name


class SchemaFiles:
    """Hands the validator the documents it asks for, and keeps what went wrong.

    `problems` has (URI asked for, one sentence) for every document that could not be had or is no schema.
    """

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._homes: list[tuple[str, str]] = []  # (URI a document calls itself, name of its file)
        self.problems: list[tuple[str, str]] = []
        self.dialect = DEFAULT_DIALECT

    def settle(self, document: Any, name: str) -> Any:
        """Return a document as the validator shall see it, having remembered where it lives.

        The meta-schema is written the one way the validator knows. An `$id` that is an address is kept; one that is only a name is left out,
        because the document already has one, its file's.
        """
        if not isinstance(document, dict):
            return document
        dialect = dialect_of(document, self.dialect) or self.dialect
        keyword = "id" if dialect == DRAFT_4 else "$id"
        identifier = document.get(keyword)
        if isinstance(identifier, str) and urlsplit(identifier).scheme:
            self._homes.append((identifier, name))
        elif isinstance(identifier, str) and not identifier.startswith("#"):
            document = {key: value for key, value in document.items() if key != keyword}
        return {**document, "$schema": dialect}

    def retrieve(self, uri: str) -> Any:
        """Return the document at a URI; `true`, with a problem kept, where there is none, so that one run finds them all."""
        tried = self._candidates(uri)
        for name in tried:
            try:
                data = self._read(name)
            except OSError:
                continue
            return self.settle(self._decode(name, data, uri), name)
        self.problems.append((uri, _refusal(uri, tried)))
        return True

    def _candidates(self, uri: str) -> list[str]:
        names = []
        own = _name_of(uri)
        if own is not None:
            names.append(own)
        target = urlsplit(uri)
        for home, name in self._homes:
            base = urlsplit(home)
            if (base.scheme, base.netloc) == (target.scheme, target.netloc) and base.path.startswith("/"):
                step = posixpath.relpath(unquote(target.path), posixpath.dirname(unquote(base.path)))
                names.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), step)))
        return list(dict.fromkeys(names))

    def _decode(self, name: str, data: bytes, uri: str) -> Any:
        try:
            document = _parse(name, data)
        except ValueError as error:
            self.problems.append(
                (uri, f"`{name}` is not {'YAML' if name.endswith(_YAML_SUFFIXES) else 'JSON'}: {error}")
            )
            return True
        if not isinstance(document, dict | bool):
            self.problems.append((uri, f"`{name}` holds no JSON Schema: a schema is an object or a boolean"))
            return True
        dialect = dialect_of(document, self.dialect)
        if dialect is None:
            self.problems.append((uri, f"`{name}` has an unknown `$schema`"))
            return True
        objections = [explain(error) for error in metaschema_errors(document, dialect)[:_OBJECTIONS_MAX]]
        for found in objections:
            self.problems.append((uri, f"`{name}` is not a valid schema at `{found.pointer or '/'}`: {found.detail}"))
        return True if objections else document


def _parse(name: str, data: bytes) -> Any:
    if not name.endswith(_YAML_SUFFIXES):
        return orjson.loads(data)
    tree, diagnostics = load(name, data)
    if tree is None or diagnostics:
        raise ValueError(diagnostics[0].message if diagnostics else "it is empty")
    return tree.value


def _refusal(uri: str, tried: list[str]) -> str:
    if tried:
        return f"cannot read the schema `{tried[0]}`" + (f" (nor `{tried[1]}`)" if len(tried) > 1 else "")
    return f"`{uri}` is not read over the network: put the schema in a file and refer to it by its relative path"
