"""The rules of CloudEvents 1.0.2 for context attributes, whatever they came in on.

Names and values in, an EventError (malformed) out when one breaks the specification. `Leniency` names the deviations that real senders
are known for and that may be forgiven; each one forgiven is noted, so that it can be counted. Decoding from headers or JSON is done before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NoReturn

from router.errors import EventError, EventFault
from router.event import CORE_ATTRIBUTES, Event

__all__ = ["Leniency", "Noted", "build_event", "ignore", "malformed"]


class Leniency(StrEnum):
    """A deviation from the specification that lenient decoding accepts."""

    RAW_SPACE = "raw-space"  # a header value with a bare space or quote (Go and Java senders)
    STRAY_PERCENT = "stray-percent"  # `%` that starts no escape
    RAW_NON_ASCII = "raw-non-ascii"  # header octets above 0x7E, as Node.js sends them
    IRI = "iri"  # non-ASCII characters in `source` or `dataschema`
    RELATIVE_DATASCHEMA = "relative-dataschema"  # `dataschema` without a scheme


Noted = Callable[[Leniency], None]
"""Told of every deviation that was forgiven."""


def ignore(_what: Leniency) -> None:
    """Forgive without a word."""


def malformed(detail: str) -> NoReturn:
    """Raise EventError (malformed)."""
    raise EventError(EventFault.MALFORMED, detail)


_NAME = re.compile(r"[a-z0-9]+")
# Section 3 "Type System": no C0 and C1 controls, no noncharacters, no unpaired surrogates.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(p * 65536 + 65534)}{chr(p * 65536 + 65535)}" for p in range(17))
    + "]"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# RFC 3986 appendix A: unreserved, sub-delims, gen-delims and complete escapes; non-ASCII is looked at apart.
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=\u0080-\U0010ffff]|%[0-9A-Fa-f]{2})+")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+*'`|~%-]+/[A-Za-z0-9!#$&^_.+*'`|~%-]+[ \t]*(?:;.*)?", re.DOTALL)
# RFC 3339 section 5.6; `T` and `Z` may be lower case, a space in place of `T` is for other protocols.
_TIME = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
_ESSENTIAL = ("specversion", "id", "source", "type")


def build_event(
    attributes: Mapping[str, Any],
    *,
    data: Any,
    body: bytes | None,
    strict: bool = False,
    noted: Noted = ignore,
    hint: str = "",
) -> Event:
    """Return the Event with these attributes (null ones are absent), after checking every rule.

    `hint` ends the message about missing attributes: what this sender should write. Raises EventError (malformed).
    """
    present = {name: value for name, value in attributes.items() if value is not None}
    missing = [name for name in _ESSENTIAL if name not in present]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        malformed(
            f"the required attribute{'s' if len(missing) > 1 else ''} {names} {'are' if len(missing) > 1 else 'is'} missing{hint}"
        )
    if present["specversion"] != "1.0":
        malformed(f'`specversion` is {_shown(present["specversion"])}; this server understands "1.0"')
    extensions: dict[str, str | int | bool] = {}
    core: dict[str, str] = {}
    for name, value in present.items():
        if name in CORE_ATTRIBUTES:
            core[name] = _text(name, value)
        else:
            extensions[name] = _extension(name, value)
    _check_uri("source", core["source"], strict, noted)
    if "time" in core:
        _check_time(core["time"])
    if "dataschema" in core:
        _check_dataschema(core["dataschema"], strict, noted)
    if "datacontenttype" in core and _MEDIA_TYPE.fullmatch(core["datacontenttype"]) is None:
        malformed(f"`datacontenttype` is {_shown(core['datacontenttype'])}, not a media type such as application/json")
    return Event(**core, extensions=extensions, data=data, body=body)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        malformed(f"`{name}` must be a string, not {_kind(value)}")
    if not value:
        malformed(
            f"`{name}` is empty; write a non-empty string or leave it out"
            if name not in _ESSENTIAL
            else f"`{name}` is empty"
        )
    _check_characters(name, value)
    return value


def _extension(name: str, value: Any) -> str | int | bool:
    if _NAME.fullmatch(name) is None:
        malformed(f"attribute name {_shown(name)} is not allowed: names are lower-case letters a-z and digits")
    if name == "data":
        malformed("an attribute cannot be named `data`")
    if isinstance(value, str):
        _check_characters(name, value)
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            malformed(f"`{name}` is {value}; integers are limited to 32 bits, larger ones are written as strings")
        return value
    malformed(f"extension attribute `{name}` must be a string, a boolean or an integer, not {_kind(value)}")


def _check_characters(name: str, value: str) -> None:
    if value.isascii() and value.isprintable():
        return
    found = _FORBIDDEN.search(value)
    if found is not None:
        malformed(
            f"`{name}` contains the character U+{ord(found.group()):04X}, which CloudEvents strings may not contain"
        )


def _check_uri(name: str, value: str, strict: bool, noted: Noted) -> None:
    if _URI.fullmatch(value) is None or value.count("#") > 1:
        malformed(
            f"`{name}` is {_shown(value)}, not a URI-reference (RFC 3986); percent-encode spaces and other reserved characters"
        )
    if not value.isascii():
        if strict:
            malformed(f"`{name}` has characters outside ASCII; percent-encode them (RFC 3986)")
        noted(Leniency.IRI)


def _check_dataschema(value: str, strict: bool, noted: Noted) -> None:
    _check_uri("dataschema", value, strict, noted)
    if _SCHEME.match(value) is None:
        if strict:
            malformed("`dataschema` must be an absolute URI, with a scheme such as https:")
        noted(Leniency.RELATIVE_DATASCHEMA)


def _check_time(value: str) -> None:
    found = _TIME.fullmatch(value)
    if found is not None:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if day <= _MONTH_DAYS[month - 1] and (month != 2 or day <= 28 or is_leap):
            return
    malformed(f"`time` is {_shown(value)}, not an RFC 3339 timestamp such as 2026-03-01T12:00:00Z")


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case list():
            return "an array"
        case dict():
            return "an object"
        case _:
            return f"a {type(value).__name__}"


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
