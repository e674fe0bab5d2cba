"""Strict JSON: the one way in which the server turns bytes into values.

Bytes in, plain Python values out, or an EventError (malformed) that says where. The rules, so that no two parts of the program can read
one document differently:

- RFC 8259 in UTF-8, nothing more: no byte order mark, no NaN, no comments, no trailing commas, no lone surrogates, no control characters.
- Numbers that no IEEE double can hold are refused; integers of more than 64 bits become the nearest double, as RFC 8259 section 6 warns.
- A repeated key takes its last value.
- More than JSON_DEPTH_MAX nested arrays and objects are refused, so that no later stage can exhaust its stack.

It does not know what a CloudEvent is.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from router.errors import EventError, EventFault

__all__ = [
    "JSON_DEPTH_MAX",
    "decode_json",
    "decode_members",
    "decode_values",
    "is_json_media_type",
    "media_type_parameters",
]

JSON_DEPTH_MAX = 200
"""Deepest nesting accepted. Real payloads stay below 20; orjson writes at most 254 levels and Python recurses about 1,000."""

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VALUES = msgspec.json.Decoder(list[msgspec.Raw])


def decode_json(data: bytes, what: str) -> Any:
    """Return the value of a JSON document; `what` names it in the error, for example `the body`."""
    try:
        value = orjson.loads(data)
    except ValueError as error:
        raise EventError(EventFault.MALFORMED, f"{what} is not valid JSON: {error}") from None
    # A document with few brackets cannot be deep, and counting them costs next to nothing.
    if data.count(b"[") + data.count(b"{") > JSON_DEPTH_MAX and _depth_exceeds(value, JSON_DEPTH_MAX):
        raise EventError(EventFault.MALFORMED, f"{what} nests more than {JSON_DEPTH_MAX} arrays and objects")
    return value


def decode_members(data: bytes, what: str) -> dict[str, bytes]:
    """Return the members of a JSON object, each value as its exact bytes (still to be decoded with `decode_json`)."""
    try:
        return {name: bytes(value) for name, value in _MEMBERS.decode(data).items()}
    except msgspec.ValidationError:
        raise EventError(EventFault.MALFORMED, f"{what} must be a JSON object") from None
    except (ValueError, RecursionError) as error:
        raise EventError(EventFault.MALFORMED, f"{what} is not valid JSON: {error}") from None


def decode_values(data: bytes, what: str) -> list[bytes]:
    """Return the elements of a JSON array, each as its exact bytes (still to be decoded)."""
    try:
        return [bytes(value) for value in _VALUES.decode(data)]
    except msgspec.ValidationError:
        raise EventError(EventFault.MALFORMED, f"{what} must be a JSON array") from None
    except (ValueError, RecursionError) as error:
        raise EventError(EventFault.MALFORMED, f"{what} is not valid JSON: {error}") from None


def is_json_media_type(content_type: str) -> bool:
    """Say whether a media type declares JSON: subtype `json` or suffix `+json` (CloudEvents 1.0.2 JSON format, section 3.1)."""
    essence = content_type.partition(";")[0].strip().lower()
    return essence.endswith(("/json", "+json"))


def media_type_parameters(content_type: str) -> dict[str, str]:
    """Return the parameters of a media type, names and values lower-cased, quotes removed."""
    parameters = {}
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"').lower()
    return parameters


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)
