"""Writing scalars: a text -> how it is written in YAML, the one canonical way.

Plain where plain means exactly this text to readers of YAML 1.1 and 1.2 alike, in double quotes otherwise, in single quotes where that
saves escapes. Knows one line only; block scalars are left as their authors wrote them.
"""

from __future__ import annotations

import re

from router.syntax.scalars import reading_of_1_1, resolve

__all__ = ["can_be_plain", "quoted", "scalar_text"]

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW = frozenset(",[]{}")
_LIKE_A_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt \t].*)?")
_WORDS_OF_1_1 = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\x07": "\\a", "\x1b": "\\e"}


def scalar_text(text: str, *, is_flow: bool, is_key: bool = False) -> str:
    """Return how a text is written on one line; `is_flow`: inside brackets or braces."""
    return text if can_be_plain(text, is_flow=is_flow, is_key=is_key) else quoted(text)


def can_be_plain(text: str, *, is_flow: bool, is_key: bool = False) -> bool:
    """Say whether a text needs no quotes."""
    if not text or text != text.strip() or not text.isprintable() or text.startswith(("---", "...", "<<", "=")):
        return False
    if text[0] in _INDICATORS:
        return False
    if "{{" in text or "{%" in text:  # a template; authors are used to seeing quotes around it
        return False
    if ": " in text or " #" in text or text.endswith(":"):
        return False
    if is_flow and (any(character in _FLOW for character in text) or (":" in text and not _is_harmless_colon(text))):
        return False
    if is_key and len(text) > 120:
        return False
    if text.lower() in _WORDS_OF_1_1 or _LIKE_A_DATE.fullmatch(text) is not None:
        return False
    return isinstance(resolve(text), str) and reading_of_1_1(text) is None


def _is_harmless_colon(text: str) -> bool:
    """Say whether every colon stands between two ordinary characters, as in `https://x` and `a:b`."""
    return re.search(r":(?![A-Za-z0-9/])", text) is None


def quoted(text: str) -> str:
    """Return a text in quotes, on one line."""
    if text.isprintable() and ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() and character not in "\x85\xa0\u2028\u2029\ufeff":
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
