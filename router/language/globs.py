"""Globs over the names of event types, by segment.

A name's segments are separated by `.`. In a glob, `*` is exactly one segment and `**` is one or more: `order.*` matches `order.paid` but
neither `order` nor `order.item.paid`; `order.**` matches both of the longer ones; `**` matches every name. Everything else is literal:
a `*` beside other characters in a segment is not part of the language (the schema refuses it).
"""

from __future__ import annotations

__all__ = ["is_glob", "matches_glob"]


def is_glob(pattern: str) -> bool:
    """Say whether a pattern may match more than the name it spells."""
    return "*" in pattern


def matches_glob(pattern: str, name: str) -> bool:
    """Say whether `name` is among the names that `pattern` stands for; a pattern without `*` stands for itself."""
    if not is_glob(pattern):
        return pattern == name
    segments = name.split(".")
    # reachable[i]: the pattern read so far matches exactly the first i segments
    reachable = {0}
    for part in pattern.split("."):
        if part == "**":
            reachable = set(range(min(reachable) + 1, len(segments) + 1))
        else:
            reachable = {i + 1 for i in reachable if i < len(segments) and part in ("*", segments[i])}
        if not reachable:
            return False
    return len(segments) in reachable
