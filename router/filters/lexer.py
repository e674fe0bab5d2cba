"""Lexer: the text of an expression as tokens with their places, and as a shape with its constants.

Two readings of the same text. `tokens` serves the parser. `shape_key` serves speed: two filters that differ only in constants have the
same key, so ten thousand routes written from one pattern are parsed and compiled once. Both number the constants the same way (a
property test holds them together); the numbers are the slots of `nodes.Literal` and `nodes.StringList`.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, NoReturn

from router.filters.problem import FilterSyntaxError

__all__ = ["EXPRESSION_CODE_POINTS_MAX", "Token", "literal_kind", "shape_key", "tokens"]

EXPRESSION_CODE_POINTS_MAX = 1 << 20
"""Longest expression accepted; a list of 50,000 country codes still fits."""


class Token(NamedTuple):
    """One token: `kind` is the operator itself, or one of name, quoted, number, literal, strings, end."""

    kind: str
    value: Any
    start: int
    end: int
    slot: int | None = None


_WHITE = r"[ \t\n\r]"
_RAW = r"'[^'\\]*(?:\\.[^'\\]*)*'"
_JSON = r"`[^`\\]*(?:\\.[^`\\]*)*`"
_QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(
    rf"(?P<white>{_WHITE}+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<raw>{_RAW})|(?P<json>{_JSON})|(?P<quoted>{_QUOTED})"
    r"|(?P<number>-?[0-9]+)|(?P<operator>\[\]|\[\?|\|\||&&|==|!=|<=|>=|[.*\[\],:@(){}|&<>!])",
    re.DOTALL,
)
_CONSTANT = re.compile(rf"{_RAW}|{_JSON}|{_QUOTED}", re.DOTALL)
_STRINGS = re.compile(rf"\[{_WHITE}*\x00s(?:{_WHITE}*,{_WHITE}*\x00s)*{_WHITE}*\]")
_SLOT = re.compile(r"\x00[snbeAJ]")


class _NotJsonError(ValueError):
    """A backtick literal that is not JSON."""


def _forbid_constant(text: str) -> NoReturn:
    raise _NotJsonError(f"`{text}` is not JSON")


def _json_value(lexeme: str) -> Any:
    """Return the value of a backtick literal. Python's json also reads NaN and Infinity, which JSON has not."""
    body = lexeme[1:-1].replace("\\`", "`")
    try:
        return json.loads(body, parse_constant=_forbid_constant)
    except (ValueError, RecursionError) as error:
        raise _NotJsonError(str(error)) from error


def _raw_value(lexeme: str) -> str:
    return lexeme[1:-1].replace("\\'", "'")


def literal_kind(value: Any) -> str:
    """Return what the code for a constant depends on; constants of one kind share code.

    s string, e empty string, n number, b the numbers 0 and 1 (which Python takes for booleans), A array of strings, J any other array or
    object; t, f and z for true, false and null, which are part of the shape.
    """
    if isinstance(value, str):
        return "s" if value else "e"
    if value is None:
        return "z"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int | float):
        return "b" if value in (0, 1) else "n"
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "A"
    return "J"


def shape_key(expression: str) -> tuple[str, tuple[Any, ...]]:
    """Return the text with its constants taken out, and the constants.

    Never raises: what is not a token stays in the key as it is and fails in the parser. The key of a J constant contains the constant,
    because code for nested values depends on them.
    """
    constants: list[Any] = []

    def take(found: re.Match[str]) -> str:
        lexeme = found[0]
        first = lexeme[0]
        if first == "'":
            text = _raw_value(lexeme)
            constants.append(text)
            return "\x00s" if text else "\x00e"
        if first == '"':
            return lexeme
        try:
            value = _json_value(lexeme)
        except _NotJsonError:
            return lexeme
        kind = literal_kind(value)
        if kind in "tfz":
            return "\x00" + kind
        constants.append(tuple(value) if kind == "A" else value)
        return f"\x00J{lexeme}" if kind == "J" else "\x00" + kind

    key = _CONSTANT.sub(take, expression)
    if "[" in key and "\x00s" in key and _STRINGS.search(key):
        return _group(key, constants)
    return key, tuple(constants)


def _group(key: str, constants: list[Any]) -> tuple[str, tuple[Any, ...]]:
    """Join each bracketed run of string constants into one constant."""
    grouped: list[Any] = []
    pieces: list[str] = []
    position = 0
    taken = 0
    for found in _STRINGS.finditer(key):
        between = key[position : found.start()]
        count = len(_SLOT.findall(between))
        grouped += constants[taken : taken + count]
        taken += count
        count = found[0].count("\x00s")
        grouped.append(tuple(constants[taken : taken + count]))
        taken += count
        pieces += (between, "\x00L")
        position = found.end()
    pieces.append(key[position:])
    grouped += constants[taken:]
    return "".join(pieces), tuple(grouped)


def tokens(expression: str) -> list[Token]:
    """Return the tokens, ending with one of kind `end`; raises FilterSyntaxError."""
    if len(expression) > EXPRESSION_CODE_POINTS_MAX:
        raise FilterSyntaxError(
            f"the expression has {len(expression):,} characters, more than {EXPRESSION_CODE_POINTS_MAX:,}", 0, 1
        )
    found: list[Token] = []
    position = 0
    length = len(expression)
    while position < length:
        token = _TOKEN.match(expression, position)
        if token is None:
            raise _unknown(expression, position)
        if token.lastgroup != "white":
            found.append(_token(token.lastgroup or "", token[0], position, token.end()))
        position = token.end()
    found.append(Token("end", "", length, length))
    return _with_slots(found)


def _token(group: str, lexeme: str, start: int, end: int) -> Token:
    if group == "operator":
        return Token(lexeme, lexeme, start, end)
    if group == "name":
        return Token("name", lexeme, start, end)
    if group == "raw":
        return Token("literal", _raw_value(lexeme), start, end)
    if group == "number":
        if len(lexeme) > 20:
            raise FilterSyntaxError("the index has too many digits", start, end)
        return Token("number", int(lexeme), start, end)
    if group == "quoted":
        try:
            return Token("quoted", json.loads(lexeme), start, end)
        except ValueError:
            help = "inside double quotes JSON's escapes apply: \\\" \\\\ \\n \\u00e9"
            raise FilterSyntaxError(f"{_shown(lexeme)} is not a valid quoted field name", start, end, help) from None
    try:
        return Token("literal", _json_value(lexeme), start, end)
    except _NotJsonError:
        raise _not_json(lexeme, start, end) from None


def _not_json(lexeme: str, start: int, end: int) -> FilterSyntaxError:
    body = lexeme[1:-1].strip()
    quoted = body.replace("'", "\\'")
    help = (
        f"for a string write '{quoted}'"
        if body and len(body) < 60
        else "backticks hold a JSON value: `10`, `true`, `[1, 2]`"
    )
    return FilterSyntaxError(f"{_shown(lexeme)} is not a JSON value", start, end, help)


def _unknown(expression: str, position: int) -> FilterSyntaxError:
    character = expression[position]
    if character in "'\"`":
        name = {"'": "string", '"': "quoted field name", "`": "literal"}[character]
        return FilterSyntaxError(
            f"the {name} that starts here has no closing {character}",
            position,
            len(expression),
            f"add {character} at its end",
        )
    help = None
    if character == "=":
        help = "to compare, write =="
    elif character == "?":
        help = "a filter over an array starts with [? without a space between"
    elif character in "+/%":
        help = "JMESPath has no arithmetic; have the sender or a transform compute the value"
    elif character == "-":
        help = f'a field name with - needs double quotes, as in "content-type"; a negative number needs backticks, as in `{-1}`'
    elif character == "$":
        help = "the event is the root already: write data.total, not $.data.total"
    elif character in "‘’“”":
        help = "write a straight quote: '"
    return FilterSyntaxError(f"unexpected `{character}`", position, position + 1, help)


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"


def _with_slots(found: list[Token]) -> list[Token]:
    """Number the constants, and join bracketed runs of strings, exactly as shape_key does."""
    numbered: list[Token] = []
    slot = 0
    index = 0
    while index < len(found):
        token = found[index]
        if token.kind == "[":
            last = _strings_end(found, index)
            if last:
                values = tuple(item.value for item in found[index + 1 : last : 2])
                numbered.append(Token("strings", values, token.start, found[last].end, slot))
                slot += 1
                index = last + 1
                continue
        elif token.kind == "literal" and literal_kind(token.value) not in "tfz":
            token = token._replace(slot=slot)
            slot += 1
        numbered.append(token)
        index += 1
    return numbered


def _strings_end(found: list[Token], index: int) -> int:
    """Return the index of the `]` that ends a run of strings beginning at `[`, or 0."""
    index += 1
    while found[index].kind == "literal" and literal_kind(found[index].value) == "s":
        if found[index + 1].kind == "]":
            return index + 1
        if found[index + 1].kind != ",":
            return 0
        index += 2
    return 0
