"""Plain JSON on POST /events: for a shell script that has a payload and no CloudEvents library.

`POST /events?type=order.paid` with `Content-Type: application/json` is an event whose data is the body. The query may also name `source`
(default `/http`), `subject`, `time`, `id` and `dataschema`.

Without `id`, the `Idempotency-Key` header is the id; without that it is derived from type, source, subject, time and body, so that a
request sent again after a time-out is recognised as a repeat. Two events that are really equal need ids (or times) of their own.

Only JSON media types are taken: a web page cannot send those across sites without asking first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from router.errors import EventError, EventFault
from router.event import Event
from router.server.attributes import Noted, build_event, ignore
from router.server.cloudevents import decode_payload
from router.server.json_decoding import is_json_media_type

__all__ = ["DEFAULT_SOURCE", "decode_plain", "derived_id", "has_event_headers", "refuse_plain"]

DEFAULT_SOURCE = "/http"
_FROM_QUERY = ("type", "source", "subject", "time", "id", "dataschema")

_HOW = (
    "send a CloudEvent: `Content-Type: application/cloudevents+json` with the whole event as the body, or headers `ce-specversion: 1.0`, "
    "`ce-type`, `ce-source` and `ce-id` with the data as the body; or send plain JSON to /events?type=<event type>"
)


def has_event_headers(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether any header is a `ce-` one."""
    return any(name.startswith(b"ce-") for name, _ in headers)


def refuse_plain(content_type: str) -> EventError:
    """Return the refusal of a request that is neither a CloudEvent nor plain JSON with a type, with what to send instead."""
    if content_type and not is_json_media_type(content_type):
        return EventError(EventFault.UNSUPPORTED, f"Content-Type {content_type[:80]!a} carries no event here; {_HOW}")
    return EventError(EventFault.MALFORMED, f"this is no CloudEvent; {_HOW}")


def decode_plain(
    headers: Iterable[tuple[bytes, bytes]],
    query: bytes,
    body: bytes,
    content_type: str,
    *,
    strict: bool = False,
    noted: Noted = ignore,
) -> Event:
    """Return the event of a plain JSON request. Raises EventError, with directions where the request has no `type`."""
    try:
        fields = dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50))
    except ValueError:
        raise EventError(EventFault.MALFORMED, "the query string is not percent-encoded UTF-8") from None
    if not fields.get("type") or not is_json_media_type(content_type):
        raise refuse_plain(content_type)
    attributes = {name: fields[name] for name in _FROM_QUERY if name in fields}
    attributes["specversion"] = "1.0"
    attributes["datacontenttype"] = content_type
    attributes.setdefault("source", DEFAULT_SOURCE)
    if "id" not in attributes:
        key = next((value for name, value in headers if name == b"idempotency-key"), b"")
        attributes["id"] = key.decode("latin-1").strip().strip('"') or derived_id(attributes, body)
    data = decode_payload(body, content_type) if body else None
    return build_event(attributes, data=data, body=body or None, strict=strict, noted=noted)


def derived_id(attributes: Mapping[str, str], body: bytes) -> str:
    """Return an id that the same type, source, subject, time and body always give: `sha256-` and 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in ("type", "source", "subject", "time"):
        text = attributes.get(name, "").encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(text), text))
    digest.update(body)
    return f"sha256-{digest.hexdigest()[:32]}"
