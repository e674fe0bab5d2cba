"""Draft: which version of JSON Schema a schema is written in, and what that version says a schema may be.

`$schema` decides; without it a schema is 2020-12. Every draft that the validator implements is accepted, a meta-schema of somebody's own is
not: its vocabulary could not be checked here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jsonschema_rs

__all__ = ["DEFAULT_DIALECT", "DIALECTS", "DRAFT_4", "MetaschemaError", "dialect_of", "metaschema_errors"]

DEFAULT_DIALECT = "https://json-schema.org/draft/2020-12/schema"

DRAFT_4 = "http://json-schema.org/draft-04/schema"

DIALECTS: dict[str, str] = {
    DEFAULT_DIALECT: "2020-12",
    "https://json-schema.org/draft/2019-09/schema": "2019-09",
    "http://json-schema.org/draft-07/schema": "draft-07",
    "http://json-schema.org/draft-06/schema": "draft-06",
    DRAFT_4: "draft-04",
}
"""Meta-schema URIs without fragment, and the names people call them by."""

MetaschemaError = jsonschema_rs.ValidationError

_ERRORS_MAX = 50


def dialect_of(schema: Any, default: str = DEFAULT_DIALECT) -> str | None:
    """Return the meta-schema URI a schema is written in; None when its `$schema` names one that is not known.

    An empty fragment (`…/schema#`, as drafts 4 to 7 write it) and the other of http and https mean the same draft.
    """
    written = schema.get("$schema") if isinstance(schema, dict) else None
    if written is None:
        return default
    if not isinstance(written, str):
        return None
    bare = written.removesuffix("#")
    rest = bare.split("://", 1)[-1]
    return next((uri for uri in DIALECTS if uri.split("://", 1)[1] == rest), None)


def metaschema_errors(schema: Any, dialect: str) -> list[MetaschemaError]:
    """Return what the draft itself objects to in a schema: wrong keyword values, patterns that are no regular expressions."""
    validator = _metaschema(dialect)
    if validator.is_valid(schema):
        return []
    errors = []
    for error in validator.iter_errors(schema):
        errors.append(error)
        if len(errors) == _ERRORS_MAX:
            break
    return errors


@lru_cache(maxsize=8)
def _metaschema(dialect: str) -> jsonschema_rs.Validator:
    # Formats are asserted here, whatever the draft says: `pattern` must be a regular expression and `$ref` a URI reference.
    return jsonschema_rs.validator_for({"$schema": dialect, "allOf": [{"$ref": dialect}]}, validate_formats=True)
