"""Expressions: pieces of filters as text, quoted so that every value comes out of the filter as it went in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["conjunction", "disjunction", "is_atomic", "literal", "negation", "strings"]


def literal(value: Any) -> str:
    """Return a value as a raw string where that is exact and readable, else as a JSON literal."""
    if isinstance(value, str) and value.isprintable() and not set(value) & {"'", "\\"}:
        return f"'{value}'"
    text = json.dumps(value, ensure_ascii=not (isinstance(value, str) and value.isprintable()))
    return "`" + text.replace("`", "\\`") + "`"


def strings(values: Sequence[Any]) -> str:
    """Return a list of values: of raw strings where all are, else a JSON literal."""
    parts = [literal(value) for value in values]
    if all(part.startswith("'") for part in parts):
        return "[" + ", ".join(parts) + "]"
    return literal(list(values))


def conjunction(terms: Sequence[str]) -> str:
    """Join terms by `&&`, each in brackets where it needs them."""
    return " && ".join(_grouped(term) for term in terms) if len(terms) > 1 else terms[0]


def disjunction(terms: Iterable[str]) -> str:
    """Join terms by `||`, without repetitions."""
    return " || ".join(dict.fromkeys(terms))


def negation(term: str) -> str:
    """Negate a term."""
    return f"!({term})"


def _grouped(term: str) -> str:
    return term if is_atomic(term) else f"({term})"


def is_atomic(term: str) -> bool:
    """Say whether a term can be joined by `&&` as it is: no `||` stands outside of all brackets and quotes."""
    depth = 0
    quote = ""
    position = 0
    while position < len(term):
        character = term[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'`\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and term.startswith("||", position):
            return False
        position += 1
    return True
