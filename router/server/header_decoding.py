"""Attribute values out of HTTP header octets (CloudEvents HTTP binding 1.0.2, section 3.1.3.2).

First a double-quoted string is undone, then one round of percent-decoding; the octets must be UTF-8. Go, Java and Node.js senders do not
encode as the binding demands, so bare spaces, stray `%` and raw non-ASCII octets are forgiven (and noted) unless `strict`. Octets that
cannot be UTF-8 after decoding are always refused. Encoding, the other direction, is `router.event_headers`.
"""

from __future__ import annotations

import re

from router.server.attributes import Leniency, Noted, ignore, malformed

__all__ = ["decode_header_value"]

_PLAIN = re.compile(rb"[!#$&-~]*")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})?")
_BACKSLASH = re.compile(rb"\\(.)", re.DOTALL)


def decode_header_value(name: str, raw: bytes, *, strict: bool = False, noted: Noted = ignore) -> str:
    """Return the text of attribute `name` from its header octets. Raises EventError (malformed)."""
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    octets = raw.strip(b" \t")
    if len(octets) >= 2 and octets[:1] == octets[-1:] == b'"' and not _ends_in_escape(octets[:-1]):
        octets = _BACKSLASH.sub(rb"\1", octets[1:-1])
    elif b" " in octets or b'"' in octets:
        if strict:
            malformed(f"header ce-{name} has a bare space or double quote; percent-encode it as %20 or %22")
        noted(Leniency.RAW_SPACE)
    if not octets.isascii():
        octets = _as_utf8(name, octets, strict, noted)
    if b"%" in octets:
        octets = _percent_decode(name, octets, strict, noted)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        malformed(f"header ce-{name} is not UTF-8 after percent-decoding")


def _ends_in_escape(octets: bytes) -> bool:
    return (len(octets) - len(octets.rstrip(b"\\"))) % 2 == 1


def _as_utf8(name: str, octets: bytes, strict: bool, noted: Noted) -> bytes:
    if strict:
        malformed(f"header ce-{name} has octets outside ASCII; percent-encode them as UTF-8")
    noted(Leniency.RAW_NON_ASCII)
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        # Node.js writes header text as Latin-1 (RFC 9110 section 5.5 tells of this history).
        return octets.decode("latin-1").encode("utf-8")
    return octets


def _percent_decode(name: str, octets: bytes, strict: bool, noted: Noted) -> bytes:
    def decoded(found: re.Match[bytes]) -> bytes:
        if found[1] is not None:
            return bytes((int(found[1], 16),))
        if strict:
            malformed(f"header ce-{name} has a `%` that starts no escape; write it as %25")
        noted(Leniency.STRAY_PERCENT)
        return b"%"

    return _ESCAPE.sub(decoded, octets)
