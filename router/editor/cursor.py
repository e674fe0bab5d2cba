"""Cursor: where in a document an editor's cursor is, in a text that is just being written and may not be YAML at all.

    text, offset ─ put a mark at the cursor ─► load ─► find the mark ─► Cursor

The mark is one private character. The text with it is parsed as it stands; if that fails, with the rest of the line dropped and open quotes
and brackets closed; if that fails, with a colon, since a key is being typed; and all that again for the *spine*, the lines above that the
cursor's line is indented below, which survives whatever is broken elsewhere. Where the mark comes out says what is being written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from router.syntax.loader import load
from router.syntax.tree import Path

__all__ = ["Cursor", "locate"]

_MARK = "\uf8f0"
_CLOSING = {"{": "}", "[": "]", "(": ")"}


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a cursor is.

    `path` is that of the value being written or, with `is_key`, of the mapping whose key is. `text` is the scalar without the mark and `at`
    the code point in it that the cursor is before. `document` is what the text says around it, as far as it could be read. `is_bare` says
    that nothing but the word is on the line, so that it may become a key.
    """

    path: Path
    is_key: bool
    text: str
    at: int
    document: Any
    is_bare: bool

    @property
    def before(self) -> str:
        """Return the scalar up to the cursor."""
        return self.text[: self.at]


def locate(text: str, offset: int) -> Cursor | None:
    """Return where the code point `offset` of a document is; None where nothing can be told, as in a comment."""
    for candidate in _candidates(text, offset):
        tree, _ = load("", candidate.encode("utf-8", "surrogatepass"))
        if tree is None:
            continue
        found = _find(tree.value, ())
        if found is not None:
            path, is_key, scalar = found
            at = scalar.index(_MARK)
            return Cursor(
                path=path,
                is_key=is_key,
                text=scalar[:at] + scalar[at + 1 :],
                at=at,
                document=tree.value,
                is_bare=_is_bare(text, offset),
            )
    return None


def _candidates(text: str, offset: int) -> Iterator[str]:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    rest = text[len(text) if end < 0 else end :]
    line = text[start:offset] + _MARK
    yield text[:offset] + _MARK + text[offset:]
    closed = line + _closers(line)
    keyed = line + ":" + _closers(line)
    if not line.rstrip(_MARK).strip() or line.lstrip().startswith(("-", _MARK)) or "{" in line or ":" not in line:
        yield text[:start] + keyed + rest
    yield text[:start] + closed + rest
    yield text[:start] + keyed + rest
    spine = "".join(above + "\n" for above in _spine(text[:start], len(line) - len(line.lstrip())))
    yield spine + closed
    yield spine + keyed


def _closers(line: str) -> str:
    """Return what closes the quotes and brackets that a line leaves open, as far as one line can tell."""
    open_brackets: list[str] = []
    quote = ""
    previous = " "
    for character in line:
        if quote:
            quote = "" if character == quote and previous != "\\" else quote
        elif character in "'\"" and previous in " [{,:(":
            quote = character
        elif character in "{[" and (open_brackets or previous in " [{,"):
            open_brackets.append(_CLOSING[character])
        elif open_brackets and character == open_brackets[-1]:
            open_brackets.pop()
        previous = character
    return quote + "".join(reversed(open_brackets))


def _spine(above: str, indentation: int) -> list[str]:
    """Return the lines above that enclose a line of this indentation, outermost first."""
    found: list[str] = []
    for line in reversed(above.split("\n")):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        own = len(line) - len(line.lstrip())
        is_item = words.startswith("- ")
        if own < indentation or (own == indentation and is_item and not found):
            if words.endswith((":", "|", ">", "|-", ">-")) or is_item:
                found.append(line)
            indentation = own
        if indentation == 0:
            break
    return list(reversed(found))


def _find(value: Any, path: Path) -> tuple[Path, bool, str] | None:
    """Find the mark; a path that ends in a key's mapping comes with True."""
    if isinstance(value, str):
        return (path, False, value) if _MARK in value else None
    if isinstance(value, dict):
        for key, inner in value.items():
            if _MARK in key:
                return path, True, key
            found = _find(inner, (*path, key))
            if found is not None:
                return found
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found = _find(inner, (*path, index))
            if found is not None:
                return found
    return None


def _is_bare(text: str, offset: int) -> bool:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start : len(text) if end < 0 else end].strip().removeprefix("- ").strip().strip("-")
    return all(character.isalnum() or character == "_" for character in line)
