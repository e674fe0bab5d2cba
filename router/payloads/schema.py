"""PayloadSchema: one JSON Schema compiled for the run road, and the compiling of it.

`compile_schema` checks the schema against its draft, gathers the files it refers to, and builds the validator once. After that a verdict
costs microseconds and holds no Python: payloads are validated on every event. Sentences are made only for payloads that fail.

`format` is an annotation in every draft unless `formats` is set: 2020-12 says so, and one rule for all drafts is easier to remember than
two. A payload is refused for what its schema certainly forbids, not for what one of many readings of RFC 5322 makes of an address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import jsonschema_rs

from router.payloads.draft import DIALECTS, dialect_of, metaschema_errors
from router.payloads.explain import Violation, explain
from router.payloads.references import SchemaFiles, uri_of

__all__ = ["DETAIL_BYTES_MAX", "PayloadSchema", "SchemaError", "compile_schema"]

DETAIL_BYTES_MAX = 32 * 1024
"""Payloads up to this size have all their violations listed, larger ones the first only.

The validator makes every error before it hands out one, 3 to 9 us each, so a megabyte of wrong items would hold the loop for seconds; this much
of them holds it for 60 ms.
"""

_PROBLEMS_MAX = 20


class SchemaError(ValueError):
    """A schema that cannot be compiled; `problems` has (RFC 6901 pointer into the schema, one sentence) for each fault."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{pointer or '/'}: {message}" for pointer, message in problems))


class PayloadSchema:
    """A compiled schema. `dialect` is the draft's common name, such as `2020-12`."""

    __slots__ = ("_validator", "dialect")

    def __init__(self, validator: jsonschema_rs.Validator, dialect: str) -> None:
        self._validator = validator
        self.dialect = dialect

    def is_valid(self, data: Any) -> bool:
        """Say whether a payload (what `json.loads` returns) satisfies the schema."""
        return self._validator.is_valid(data)

    def violations(self, data: Any, limit: int = 20) -> tuple[Violation, ...]:
        """Return what is wrong with a payload, at most `limit` findings; empty when it is valid.

        A payload beyond DETAIL_BYTES_MAX yields its first violation only.
        """
        if self._validator.is_valid(data):
            return ()
        if len(json.dumps(data, separators=(",", ":"))) > DETAIL_BYTES_MAX:
            try:
                self._validator.validate(data)
            except jsonschema_rs.ValidationError as error:
                return (explain(error),)
        found: dict[Violation, None] = {}
        for failure in self._validator.iter_errors(data):
            if len(found) >= limit:
                break
            found[explain(failure)] = None
        return tuple(found)


def compile_schema(
    schema: Mapping[str, Any] | bool, *, base: str, read: Callable[[str], bytes], formats: bool = False
) -> PayloadSchema:
    """Compile a JSON Schema.

    `base` is the name of the file that the schema stands in; relative `$ref`s are read with `read(name)`, where the name is relative as
    `base` is (see `router.payloads.references`). `$schema` chooses the draft: 2020-12 (when absent), 2019-09, 07, 06 or 04. With `formats`
    the keyword `format` is asserted. Raises SchemaError with every fault found, of this schema and of the files it refers to.
    """
    document: Any = dict(schema) if isinstance(schema, Mapping) else schema
    try:
        json.dumps(document, allow_nan=False)
        jsonschema_rs.is_valid(
            {"const": 0}, document
        )  # it knows what it cannot read, such as names that are no strings
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError([("", f"the schema is not JSON: {error}")]) from error
    dialect = dialect_of(document)
    if dialect is None:
        raise SchemaError(
            [("/$schema", f"unknown JSON Schema draft: known are {', '.join(f'`{uri}`' for uri in DIALECTS)}")]
        )
    try:
        errors = metaschema_errors(document, dialect)
    except ValueError as error:  # names that are no strings, as YAML may have them
        raise SchemaError([("", f"the schema is not JSON: {error}")]) from error
    if errors:
        found = dict.fromkeys(explain(error) for error in errors)
        raise SchemaError([(violation.pointer, violation.detail) for violation in found][:_PROBLEMS_MAX])
    files = SchemaFiles(read)
    files.dialect = dialect
    uri = uri_of(base)
    try:
        validator = jsonschema_rs.validator_for(
            files.settle(document, base),
            base_uri=uri,
            retriever=files.retrieve,
            validate_formats=formats,
        )
    except jsonschema_rs.ValidationError as error:
        if not files.problems:
            raise SchemaError([_reference_problem(document, error)]) from error
    if files.problems:
        raise SchemaError(sorted((_pointer_of(document, uri, asked), message) for asked, message in files.problems))
    return PayloadSchema(validator, DIALECTS[dialect])


def _reference_problem(document: Any, error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    """Place a reference that leads nowhere: the validator says what it looked for, not where it is written."""
    message = error.message
    for pointer, reference in _references(document, ""):
        fragment = reference.split("#", 1)[-1]
        if (fragment and f"'{fragment}'" in message) or f"'{reference}'" in message:
            return pointer, f"`{reference}` leads nowhere: {message[:1].lower()}{message[1:]}"
    return "", message[:300]


def _pointer_of(document: Any, uri: str, asked: str) -> str:
    identifier = document.get("$id") if isinstance(document, dict) else None
    bases = [urljoin(uri, identifier), uri] if isinstance(identifier, str) else [uri]
    for pointer, reference in _references(document, ""):
        if any(urljoin(base, reference).split("#", 1)[0] == asked for base in bases):
            return pointer
    return ""


def _references(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            at = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if key in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(value, str):
                yield at, value
            else:
                yield from _references(value, at)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _references(value, f"{pointer}/{index}")
