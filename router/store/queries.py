"""Named queries: the SQL of the store, read from its .sql files.

A file is a head comment and then queries, each introduced by `-- name: <name>` and at least one comment line that says what it is for.
Names are unique over all files. The schema's files (`schema_0001.sql`, ...) are scripts, not queries. This module only reads text; it
knows neither SQLite nor rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec

__all__ = ["Query", "parse_queries", "queries", "schema_scripts"]

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One statement: its name, what it is for, and its text without comments."""

    name: str
    purpose: str
    sql: str


def parse_queries(text: str) -> tuple[Query, ...]:
    """Return the queries of one file; raise ValueError where one has no purpose or no statement."""
    parts = _NAME.split(text)
    found = []
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        lines = body.strip().splitlines()
        purpose = " ".join(line[3:] for line in lines if line.startswith("-- "))
        sql = "\n".join(line for line in lines if not line.startswith("--")).strip().removesuffix(";")
        if not purpose or not sql:
            raise ValueError(f"query {name!r} needs a comment that says what it is for, and a statement")
        found.append(Query(name=name, purpose=purpose, sql=sql))
    return tuple(found)


@cache
def queries() -> Mapping[str, Query]:
    """Return all queries by name."""
    found: dict[str, Query] = {}
    for file in ("writing.sql", "reading.sql"):
        for query in parse_queries(_text(file)):
            if query.name in found:
                raise ValueError(f"there are two queries named {query.name!r}")
            found[query.name] = query
    return MappingProxyType(found)


@cache
def schema_scripts() -> tuple[str, ...]:
    """Return the scripts that lead from an empty file to the present schema; the n-th leads to version n."""
    names = sorted(file.name for file in (files("router.store") / "sql").iterdir() if file.name.startswith("schema_"))
    return tuple(_text(name) for name in names)


def _text(name: str) -> str:
    return (files("router.store") / "sql" / name).read_text(encoding="utf-8")
