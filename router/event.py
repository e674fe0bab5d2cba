"""Event: one CloudEvents 1.0 event, immutable.

Decoders (`router.server`) make it, filters and templates read its `document()`, the store keeps it. It checks nothing itself: the codec
has done so before an Event exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from router.errors import EventError, EventFault

__all__ = ["CORE_ATTRIBUTES", "Event"]

CORE_ATTRIBUTES = ("id", "source", "type", "specversion", "time", "subject", "datacontenttype", "dataschema")
"""The context attributes that CloudEvents 1.0.2 names, in the order we write them; all others are extensions."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event.

    `data` is the decoded JSON value when the payload is JSON, otherwise None. `body` is the payload exactly as it came in (None when the
    event has no data), so that a delivery without transform sends the sender's own bytes. `extensions` holds strings, 32-bit integers
    and booleans under lower-case names (CloudEvents 1.0.2, "Type System").
    """

    id: str
    source: str
    type: str
    specversion: str = "1.0"
    time: str | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    extensions: Mapping[str, str | int | bool] = {}
    data: Any = None
    body: bytes | None = None

    def document(self) -> dict[str, Any]:
        """Return the root object that filters and templates see: attributes, extensions and `data`, absent ones left out."""
        document: dict[str, Any] = {
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "specversion": self.specversion,
        }
        if self.time is not None:
            document["time"] = self.time
        if self.subject is not None:
            document["subject"] = self.subject
        if self.datacontenttype is not None:
            document["datacontenttype"] = self.datacontenttype
        if self.dataschema is not None:
            document["dataschema"] = self.dataschema
        if self.extensions:
            document.update(self.extensions)
        document["data"] = self.data
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Event:
        """Make an Event from a CloudEvents dict such as a test or a library user writes.

        Missing `id`, `source` and `specversion` are filled with `test-event`, `/test` and `1.0`, because a test states only what matters
        to it. Raises EventError (malformed) when `type` is missing or an attribute has a type CloudEvents does not allow.
        """
        if not isinstance(document.get("type"), str) or not document["type"]:
            raise EventError(EventFault.MALFORMED, "the event has no `type`; write one, for example `type: order.paid`")
        extensions: dict[str, str | int | bool] = {}
        for name, value in document.items():
            if name in CORE_ATTRIBUTES:
                if value is not None and not isinstance(value, str):
                    raise EventError(
                        EventFault.MALFORMED, f"attribute `{name}` must be a string, not {type(value).__name__}"
                    )
            elif name not in ("data", "data_base64") and value is not None:
                if not isinstance(value, str | int | bool):
                    raise EventError(EventFault.MALFORMED, f"extension `{name}` must be a string, integer or boolean")
                extensions[name] = value
        data = document.get("data")
        body = msgspec.json.encode(data) if "data" in document else None
        return cls(
            id=document.get("id") or "test-event",
            source=document.get("source") or "/test",
            type=document["type"],
            specversion=document.get("specversion") or "1.0",
            time=document.get("time"),
            subject=document.get("subject"),
            datacontenttype=document.get("datacontenttype") or ("application/json" if body is not None else None),
            dataschema=document.get("dataschema"),
            extensions=extensions,
            data=data,
            body=body,
        )
