"""CloudEvents attributes as HTTP headers: the encoding of the binary content mode (HTTP protocol binding 1.0.2, section 3.1.3).

Data flows outwards only: an Event goes in, headers come out, for deliveries without a transform. The way in (decoding) is
`router.server`'s. Nothing here checks an attribute; the codec did before the Event existed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.event import Event

__all__ = ["attribute_texts", "binary_headers", "encode_header_value"]

_MUST_ENCODE = re.compile(r"[^!#$&-~]")
"""Section 3.1.3.2: space, `"`, `%` and everything outside U+0021..U+007E."""


def _escape(match: re.Match[str]) -> str:
    # A lone surrogate cannot be UTF-8; the codec refuses it, a library caller's one becomes U+FFFD rather than a failed delivery.
    octets = match.group().encode("utf-8", "replace" if "\ud800" <= match.group() <= "\udfff" else "strict")
    return "".join(f"%{octet:02X}" for octet in octets)


def encode_header_value(text: str) -> str:
    """Return `text` as an HTTP header value: percent-encoded UTF-8, upper-case digits, only where the binding demands it."""
    return _MUST_ENCODE.sub(_escape, text)


def attribute_texts(event: Event) -> Iterator[tuple[str, str]]:
    """Yield every context attribute that is set, extensions included, but `datacontenttype`, in its canonical text form.

    Booleans are `true` and `false`, integers decimal (CloudEvents 1.0.2, "Type System").
    """
    yield "specversion", event.specversion
    yield "id", event.id
    yield "source", event.source
    yield "type", event.type
    if event.time is not None:
        yield "time", event.time
    if event.subject is not None:
        yield "subject", event.subject
    if event.dataschema is not None:
        yield "dataschema", event.dataschema
    for name, value in event.extensions.items():
        if isinstance(value, bool):
            yield name, "true" if value else "false"
        else:
            yield name, str(value)


def binary_headers(event: Event) -> dict[str, str]:
    """Return the headers of an event in binary content mode, lower-case names: `ce-*`, and `content-type` where the event has data.

    The request body that goes with them is `event.body`. A body of unknown type is `application/octet-stream` (RFC 9110, section 8.3):
    the codec has made every implied type explicit, so an Event whose data is JSON says so.
    """
    headers = {f"ce-{name}": encode_header_value(text) for name, text in attribute_texts(event)}
    if event.datacontenttype is not None:
        headers["content-type"] = event.datacontenttype
    elif event.body is not None:
        headers["content-type"] = "application/octet-stream"
    return headers
