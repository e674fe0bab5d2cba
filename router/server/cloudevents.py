"""The CloudEvents 1.0.2 HTTP codec, inwards: request headers and body to Events.

The content mode is told by Content-Type alone (HTTP binding, section 3): `application/cloudevents-batch…` is a batch,
`application/cloudevents…` one structured event, anything else binary, where attributes are `ce-` headers. In a structured request the
body rules and `ce-` headers are ignored.

Payload bytes are kept exactly: in binary mode the body, in structured mode the very octets of the `data` member. JSON is decoded once.
Implied types are made explicit, so an Event with JSON data always says so. Every fault is an EventError; nothing else is raised.

The rules for attributes are in `router.server.attributes`, the decoding of header values in `router.server.header_decoding`. Writing events is
`router.server.cloudevents_encoding` and `router.event_headers`.
"""

from __future__ import annotations

import binascii
import codecs
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from router.errors import EventError, EventFault
from router.event import Event
from router.server.attributes import Noted, build_event, ignore, malformed
from router.server.header_decoding import decode_header_value
from router.server.json_decoding import (
    decode_json,
    decode_members,
    decode_values,
    is_json_media_type,
    media_type_parameters,
)

__all__ = [
    "BATCH_EVENTS_MAX",
    "ContentMode",
    "content_mode",
    "decode",
    "decode_batch",
    "decode_binary",
    "decode_structured",
]

BATCH_EVENTS_MAX = 1000
"""Most events in one batch; with the body limit of 1 MiB an average of 1 KiB each."""

Headers = Iterable[tuple[bytes, bytes]]
"""Header fields as ASGI gives them: names in lower case, values as octets."""

_TEXT_CODECS = frozenset({"ascii", "utf-8", "iso8859-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"})
"""Charsets we decode, by Python's names; others of its codecs (punycode, zip, …) are no business of a stranger's header."""


class ContentMode(StrEnum):
    """How an HTTP message carries events."""

    BINARY = "binary"
    STRUCTURED = "structured"
    BATCH = "batch"


def content_mode(content_type: str) -> ContentMode:
    """Return the content mode that a Content-Type (possibly empty) stands for; case does not matter."""
    lowered = content_type.lstrip().lower()
    if not lowered.startswith("application/cloudevents"):
        return ContentMode.BINARY
    if lowered.startswith("application/cloudevents-batch"):
        return ContentMode.BATCH
    return ContentMode.STRUCTURED


def decode(headers: Headers, body: bytes, *, strict: bool = False, noted: Noted = ignore) -> tuple[Event, ...]:
    """Return the events of one HTTP message: one, or any number (also none) in batch mode.

    Raises EventError: malformed, unsupported-media-type for a format other than JSON, too-large for a batch of too many.
    """
    fields = list(headers)
    content_type = next((value.decode("latin-1").strip() for name, value in fields if name == b"content-type"), "")
    match content_mode(content_type):
        case ContentMode.BINARY:
            return (decode_binary(fields, body, content_type, strict=strict, noted=noted),)
        case ContentMode.STRUCTURED:
            _require_json_format(content_type, "application/cloudevents+json")
            return (decode_structured(body, strict=strict, noted=noted),)
        case ContentMode.BATCH:
            _require_json_format(content_type, "application/cloudevents-batch+json")
            return decode_batch(body, strict=strict, noted=noted)


def decode_binary(
    headers: Headers, body: bytes, content_type: str, *, strict: bool = False, noted: Noted = ignore
) -> Event:
    """Return the event of a binary-mode message: attributes from `ce-` headers, data from the body. An empty body is no data."""
    attributes: dict[str, Any] = {}
    for name, raw in headers:
        if not name.startswith(b"ce-"):
            continue
        attribute = name[3:].decode("latin-1")
        if attribute == "datacontenttype":
            malformed("header ce-datacontenttype is not allowed; the Content-Type header says it in binary mode")
        if attribute in attributes:
            malformed(f"header ce-{attribute} occurs twice")
        attributes[attribute] = decode_header_value(attribute, raw, strict=strict, noted=noted)
    if content_type:
        attributes["datacontenttype"] = content_type
    hint = "; in binary mode attributes are ce- headers such as `ce-type: order.paid`"
    data = decode_payload(body, content_type) if body else None
    return build_event(attributes, data=data, body=body or None, strict=strict, noted=noted, hint=hint)


def decode_structured(body: bytes, *, strict: bool = False, noted: Noted = ignore, what: str = "the body") -> Event:
    """Return the event of a JSON document (CloudEvents JSON format 1.0.2, section 3)."""
    members = decode_members(body, what)
    raw_data = members.pop("data", None)
    raw_base64 = members.pop("data_base64", None)
    attributes = {name: decode_json(raw, f"`{name}`") for name, raw in members.items()}
    declared = attributes.get("datacontenttype")
    data: Any = None
    octets: bytes | None = None
    # A null data_base64 is an absent one; a null `data` is JSON's null.
    if raw_base64 is not None and raw_base64 != b"null":
        if raw_data is not None and raw_data != b"null":
            malformed("`data` and `data_base64` exclude each other")
        octets = _from_base64(raw_base64)
        data = decode_payload(octets, declared) if isinstance(declared, str) and octets else None
    elif raw_data is not None:
        if declared is None:
            attributes["datacontenttype"] = declared = "application/json"
        if not isinstance(declared, str) or is_json_media_type(declared):
            octets, data = raw_data, decode_json(raw_data, "`data`")
        else:
            octets = _from_text(raw_data, declared)
    return build_event(attributes, data=data, body=octets, strict=strict, noted=noted)


def decode_batch(body: bytes, *, strict: bool = False, noted: Noted = ignore) -> tuple[Event, ...]:
    """Return the events of a JSON batch, in order; `[]` is a batch of none. One bad event makes the whole batch bad."""
    documents = decode_values(body, "the body")
    if len(documents) > BATCH_EVENTS_MAX:
        raise EventError(
            EventFault.TOO_LARGE, f"the batch has {len(documents)} events; at most {BATCH_EVENTS_MAX} are taken at once"
        )
    events = []
    for index, document in enumerate(documents):
        try:
            events.append(decode_structured(document, strict=strict, noted=noted, what="the event"))
        except EventError as error:
            detail = f"event {index} of the batch: {error.detail}"
            raise EventError(error.fault, detail, ({"pointer": f"/{index}", "detail": error.detail},)) from None
    return tuple(events)


def decode_payload(body: bytes, content_type: str) -> Any:
    """Return the value of a payload when its media type declares JSON, else None. Raises EventError when it is not valid JSON."""
    if not is_json_media_type(content_type):
        return None
    charset = _charset(content_type)
    if charset in ("utf-8", "ascii"):
        return decode_json(body, "the data")
    try:
        return decode_json(body.decode(charset).encode("utf-8"), "the data")
    except UnicodeError:
        malformed(f"the data is not {charset}, which its media type declares")


def _require_json_format(content_type: str, expected: str) -> None:
    essence = content_type.partition(";")[0].strip().lower()
    if essence != expected:
        raise EventError(EventFault.UNSUPPORTED, f"the event format {essence!a} is not understood; send {expected}")
    if _charset(content_type) not in ("utf-8", "ascii"):
        raise EventError(EventFault.UNSUPPORTED, "JSON events are UTF-8 (RFC 8259, section 8.1); send no other charset")


def _charset(content_type: str) -> str:
    if "charset" not in content_type.lower():
        return "utf-8"
    declared = media_type_parameters(content_type).get("charset", "utf-8")
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        name = ""
    if name not in _TEXT_CODECS:
        raise EventError(EventFault.UNSUPPORTED, f"the charset {ascii(declared)[:60]} is not understood; send UTF-8")
    return name


def _from_base64(raw: bytes) -> bytes:
    text = decode_json(raw, "`data_base64`")
    if not isinstance(text, str):
        malformed("`data_base64` must be a string")
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        malformed("`data_base64` is not valid Base64 (RFC 4648, section 4)")


def _from_text(raw: bytes, content_type: str) -> bytes:
    text = decode_json(raw, "`data`")
    if not isinstance(text, str):
        malformed(
            f"`data` must be a string, because `datacontenttype` {ascii(content_type)[:80]} is not JSON; send other bytes as `data_base64`"
        )
    try:
        return text.encode(_charset(content_type))
    except UnicodeError:
        malformed("`data` has characters that the charset of `datacontenttype` does not have")
