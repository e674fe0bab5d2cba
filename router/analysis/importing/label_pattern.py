"""Label pattern: a regular expression over a label -> a condition over `data.labels`, where the expression is a list of texts in disguise.

Most expressions in routing trees are: `foo|bar`, `^(a|b)-.*$`, `web-[123]`, `.+`. Those are written out as texts and globs, as exactly as Alertmanager
compares them: anchored on both sides, a missing label is an empty one. What would need a regular expression (`\\d{3,}`) is refused: filters
have none, so that no event can make one slow. `.` does not match a newline in Alertmanager and does here; labels have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from router.analysis.importing.expressions import disjunction, literal, strings

__all__ = ["PatternError", "condition_of_pattern"]

_TEXTS_MAX: Final = 256
_parse: Any = re._parser.parse  # type: ignore[attr-defined]  # noqa: SLF001  # the standard library's own reading of an expression

Piece = tuple[str, ...]
"""A text with wildcards: literal parts, between which any run of characters may stand."""
_ANY: Piece = ("", "")
_SOME: Final = "\0"
"""Stands for one character or more at the end of a part; cannot occur in a label that YAML can write."""


class PatternError(ValueError):
    """An expression that cannot be written as texts and globs; the text says which part."""


def condition_of_pattern(label: str, expression: str) -> str | None:
    """Return the condition that a label fits an expression; None when every label does. Raises PatternError."""
    try:
        parsed = _parse(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"`{expression}` is no regular expression: {error}") from None
    if parsed.state.flags & ~re.UNICODE:
        raise PatternError("flags such as (?i) have no equivalent in filters")
    pieces = list(dict.fromkeys(_sequence(list(parsed))))
    if _ANY in pieces:
        return None
    terms = []
    if ("",) in pieces:
        terms.append(f"!({label})")
    texts = [piece[0] for piece in pieces if len(piece) == 1 and piece[0] and _SOME not in piece[0]]
    if texts:
        terms.append(f"{label} == {literal(texts[0])}" if len(texts) == 1 else f"any_in({label}, {strings(texts)})")
    for piece in pieces:
        if len(piece) == 1 and _SOME not in piece[0]:
            continue
        terms.append(_wild(label, piece))
    return disjunction(terms)


def _wild(label: str, piece: Piece) -> str:
    """Return the condition of a text with wildcards; `.+` alone is a label that is there."""
    if piece == (_SOME,):
        return label
    if any(_SOME in part for part in piece):
        raise PatternError("`.+` beside other text cannot be written as a glob; `.*` can")
    return f"glob({label}, {literal('*'.join(_escaped(part) for part in piece))})"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*")


def _sequence(items: list[Any]) -> list[Piece]:
    found: list[Piece] = [("",)]
    for item in items:
        options = list(_options(item))
        if len(found) * len(options) > _TEXTS_MAX:
            raise PatternError(f"written out, the expression has more than {_TEXTS_MAX} texts")
        found = [_joined(left, right) for left, right in product(found, options)]
    return found


def _joined(left: Piece, right: Piece) -> Piece:
    joined = (*left[:-1], left[-1] + right[0], *right[1:])
    # Two wildcards in a row are one.
    return joined[:1] + tuple(part for number, part in enumerate(joined[1:], 1) if part or number == len(joined) - 1)


def _options(item: Any) -> Iterator[Piece]:
    operator, argument = str(item[0]), item[1]
    match operator:
        case "LITERAL":
            yield (chr(argument),)
        case "AT" if str(argument) in ("AT_BEGINNING", "AT_END", "AT_BEGINNING_STRING", "AT_END_STRING"):
            yield ("",)  # at either end only; elsewhere the expression could match nothing at all
        case "IN":
            for text in _members(argument):
                yield (text,)
        case "BRANCH":
            for branch in argument[1]:
                yield from _sequence(list(branch))
        case "SUBPATTERN" if not argument[1] and not argument[2]:
            yield from _sequence(list(argument[3]))
        case "MAX_REPEAT" | "MIN_REPEAT":
            yield from _repeated(*argument)
        case _:
            raise PatternError(
                f"{_WORDS.get(operator, operator.lower().replace('_', ' '))} has no equivalent in filters"
            )


_WORDS: Final = {"ANY": "`.` without * or +", "CATEGORY": "a class of characters", "SUBPATTERN": "a group with flags"}


def _repeated(low: int, high: Any, inner: Any) -> Iterator[Piece]:
    items = list(inner)
    unbounded = str(high) == "MAXREPEAT"
    if len(items) == 1 and str(items[0][0]) == "ANY" and unbounded and low in (0, 1):
        yield _ANY if low == 0 else (_SOME,)
    elif not unbounded and int(high) <= 8:
        for count in range(low, int(high) + 1):
            yield from _sequence(items * count)
    else:
        raise PatternError("a repetition other than .* and .+ has no equivalent in filters")


def _members(parts: Any) -> list[str]:
    found: list[str] = []
    for operator, argument in parts:
        if str(operator) == "LITERAL":
            found.append(chr(argument))
        elif str(operator) == "RANGE" and argument[1] - argument[0] < _TEXTS_MAX:
            found += [chr(number) for number in range(argument[0], argument[1] + 1)]
        else:
            raise PatternError("a class of characters such as \\d or [^a] has no equivalent in filters")
    return found
