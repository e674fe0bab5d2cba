"""Query parameters of the operators' API: read, checked, with an error that says what to write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

__all__ = ["LIMIT_DEFAULT", "LIMIT_MAX", "QueryError", "moment_ms", "page_limit"]

LIMIT_DEFAULT = 50
LIMIT_MAX = 500
"""Items on a page."""


class QueryError(ValueError):
    """A query parameter that means nothing; the message says what to write."""


def page_limit(query: Mapping[str, str], *, maximum: int = LIMIT_MAX) -> int:
    """Return `limit`, by default LIMIT_DEFAULT."""
    text = query.get("limit")
    if text is None:
        return min(LIMIT_DEFAULT, maximum)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= maximum):
        raise QueryError(f"`limit` is a whole number from 1 to {maximum}")
    return int(text)


def moment_ms(query: Mapping[str, str], name: str) -> int | None:
    """Return a point in time in Unix milliseconds; written as such, or as an RFC 3339 timestamp."""
    text = query.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    try:
        # A `+` in a query is a space unless it was escaped; timestamps have no other use for one.
        moment = dt.datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise QueryError(f"`{name}` is Unix milliseconds or a timestamp with zone such as 2026-03-01T12:00:00Z")
    return int(moment.timestamp() * 1000)
