"""The CloudEvents 1.0.2 codec, outwards: an Event as one JSON document (structured mode) or as headers and body (binary mode).

The JSON data of an Event goes into the document as the very octets it came in with. Sending is not done here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import msgspec

from router.event import Event
from router.event_headers import binary_headers
from router.server.json_decoding import is_json_media_type, media_type_parameters

__all__ = [
    "BATCH_CONTENT_TYPE",
    "STRUCTURED_CONTENT_TYPE",
    "encode_batch",
    "encode_binary",
    "encode_structured",
    "structured_document",
]

STRUCTURED_CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json; charset=utf-8"


def structured_document(event: Event) -> dict[str, Any]:
    """Return the members of the JSON document; `data` is a `msgspec.Raw` of its exact octets where the payload is JSON.

    Payloads that are not JSON go as text when they are UTF-8 and declared as text, else as Base64.
    """
    document = {name: value for name, value in event.document().items() if name != "data"}
    if event.body is None:
        return document
    declared = event.datacontenttype
    charset = media_type_parameters(declared or "").get("charset", "utf-8")
    if declared is not None and is_json_media_type(declared) and charset in ("utf-8", "us-ascii"):
        document["data"] = msgspec.Raw(event.body)
    elif declared is not None and declared.lower().startswith("text/") and charset == "utf-8" and _is_utf8(event.body):
        document["data"] = event.body.decode("utf-8")
    else:
        document["data_base64"] = base64.b64encode(event.body).decode("ascii")
    return document


def encode_structured(event: Event) -> bytes:
    """Return the event as a JSON document, to be sent as STRUCTURED_CONTENT_TYPE."""
    return msgspec.json.encode(structured_document(event))


def encode_batch(events: Iterable[Event]) -> bytes:
    """Return events as a JSON batch, to be sent as BATCH_CONTENT_TYPE."""
    return msgspec.json.encode([structured_document(event) for event in events])


def encode_binary(event: Event) -> tuple[dict[str, str], bytes]:
    """Return the headers (lower-case names) and body of the event in binary mode."""
    return binary_headers(event), event.body or b""


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
