"""XML text for the formats that need it: elements are written, never read, so a parser library would be too much.

Characters that XML 1.0 has no way to write (section 2.2) become U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["DECLARATION", "attributes", "text"]

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_ATTRIBUTE = {**_TEXT, ord('"'): "&quot;", ord("\t"): "&#9;", ord("\n"): "&#10;"}


def text(content: str) -> str:
    """Return content fit to stand between tags."""
    return _FORBIDDEN.sub("\ufffd", content).translate(_TEXT)


def attributes(values: Mapping[str, str | int]) -> str:
    """Return ` name="value"` for each."""
    return "".join(
        f' {name}="{_FORBIDDEN.sub(chr(0xFFFD), str(value)).translate(_ATTRIBUTE)}"' for name, value in values.items()
    )
