"""Texts: strings that the keywords of a string schema allow, best guess first: by format, by pattern, by length.

Patterns are read with Python's own parser of regular expressions and answered with the shortest text that takes each first branch. What
comes out is a guess that a validator must confirm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["text_of"]

_BY_FORMAT: Mapping[str, str] = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "a@example.com",
    "idn-email": "a@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/a",
    "iri": "https://example.com/",
    "iri-reference": "/a",
    "uri-template": "/a",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/a",
    "relative-json-pointer": "0",
    "regex": "a",
}
_LENGTH_MAX = 4096


def text_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield texts for `format`, `pattern`, `minLength` and `maxLength`."""
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    if least > _LENGTH_MAX:
        return
    guesses: list[str] = []
    if isinstance(schema.get("pattern"), str):
        for repeated in (0, 1, least):
            guess = _matching(schema["pattern"], repeated)
            guesses += [guess] if guess is not None else []
    if schema.get("format") in _BY_FORMAT:
        guesses.append(_BY_FORMAT[schema["format"]])
    guesses += ["a", "0", "A"]
    for guess in guesses:
        padded = guess + (guess[-1:] or "a") * max(0, least - len(guess))
        yield padded if most is None else padded[: int(most)]


def _matching(pattern: str, repeated: int) -> str | None:
    """Return a text that a pattern matches, each repetition taken at least so often; None when the pattern is beyond this."""
    try:
        parsed = re._parser.parse(pattern)  # type: ignore[attr-defined]  # noqa: SLF001 - the standard library's own reading of it
        return "".join(_part(name, value, repeated) for name, value in parsed)
    except (re.error, ValueError, KeyError, RecursionError, OverflowError):
        return None


def _part(operation: Any, value: Any, repeated: int) -> str:
    match str(operation):
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return "a" if value != ord("a") else "b"
        case "ANY":
            return "a"
        case "IN":
            return _one_of(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = value
            count: int = min(max(int(least), min(repeated, 64)), int(most))
            return "".join(_part(name, part, repeated) for name, part in inner) * count
        case "SUBPATTERN":
            return "".join(_part(name, part, repeated) for name, part in value[-1])
        case "BRANCH":
            return "".join(_part(name, part, repeated) for name, part in value[1][0])
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""
        case other:
            raise ValueError(other)


_CATEGORIES = {
    "CATEGORY_DIGIT": "0",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_SPACE": "a",
}


def _one_of(choices: list[tuple[Any, Any]]) -> str:
    first, value = choices[0]
    if str(first) != "NEGATE":
        match str(first):
            case "LITERAL":
                return chr(value)
            case "RANGE":
                return chr(value[0])
            case _:
                return _CATEGORIES[str(value)]
    for guess in "a0A-_ .~":
        if not any(_has(kind, value, guess) for kind, value in choices[1:]):
            return guess
    raise ValueError("no character is left")


def _has(kind: Any, value: Any, character: str) -> bool:
    match str(kind):
        case "LITERAL":
            return bool(ord(character) == value)
        case "RANGE":
            return bool(value[0] <= ord(character) <= value[1])
        case _:
            found = {
                "CATEGORY_DIGIT": character.isdigit(),
                "CATEGORY_WORD": character.isalnum() or character == "_",
                "CATEGORY_SPACE": character.isspace(),
            }
            return found.get(str(value), True)
