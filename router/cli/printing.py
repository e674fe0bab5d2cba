"""Where output goes: results to stdout, everything about the run to stderr, colours only to a terminal that wants them.

Text that comes from outside (configuration, events, answers) passes `printable` before it reaches a terminal, so that no file can move
the cursor, change the title or hide what it says.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Mapping
from typing import TextIO

__all__ = ["Style", "complain", "printable", "say", "style_for"]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


class Style:
    """Puts colours around text, or leaves it alone."""

    def __init__(self, *, colours: bool) -> None:
        self.colours = colours

    def __call__(self, text: str, *names: str) -> str:
        """Return the text with the named attributes (`bold`, `dim` or a colour)."""
        if not self.colours or not names or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


def style_for(stream: TextIO, choice: str = "auto", environ: Mapping[str, str] = os.environ) -> Style:
    """Decide about colours: `always` and `never` are obeyed, `auto` wants a terminal, no NO_COLOR (no-color.org) and no dumb TERM."""
    if choice != "auto":
        return Style(colours=choice == "always")
    wanted = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    return Style(colours=wanted and stream.isatty())


def complain(message: str) -> None:
    """Print one error line on stderr."""
    print(f"router: {printable(message)}", file=sys.stderr, flush=True)


def say(message: str) -> None:
    """Print a remark about the run on stderr."""
    print(printable(message), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return the text with control and direction-changing characters made visible; newlines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\t" or (
        character not in _BIDI and unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
    ):
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
