"""Cursors: where a listing goes on, as text that callers only hand back.

A listing is ordered by time, newest first, and by a sequence number among equals. The cursor names the last row of a page by exactly
these two, so rows that come in or go away meanwhile neither repeat nor hide others. Both stores use it; it knows nothing of either.
"""

from __future__ import annotations

import base64
import binascii
import struct

__all__ = ["decode_cursor", "encode_cursor"]

_LAYOUT = struct.Struct(">cqq")
_MARKS = {"event": b"E", "delivery": b"D"}


def encode_cursor(what: str, at_ms: int, seq: int) -> str:
    """Return the cursor after a row; `what` is the listing (`event`, `delivery`), `at_ms` and `seq` the row's place in it."""
    return base64.urlsafe_b64encode(_LAYOUT.pack(_MARKS[what], at_ms, seq)).rstrip(b"=").decode()


def decode_cursor(what: str, cursor: str) -> tuple[int, int]:
    """Return `(at_ms, seq)`; raise ValueError for a text that `encode_cursor` did not make for this listing."""
    try:
        packed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mark, at_ms, seq = _LAYOUT.unpack(packed)
    except (UnicodeEncodeError, binascii.Error, struct.error):
        mark, at_ms, seq = b"", 0, 0
    if mark != _MARKS[what] or encode_cursor(what, at_ms, seq) != cursor:
        shown = cursor if len(cursor) <= 40 else f"{cursor[:40]}…"
        raise ValueError(
            f"{shown!r} is not a cursor of this listing; pass the next_cursor of its previous page, or none"
        )
    return at_ms, seq
