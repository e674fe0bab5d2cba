"""Records as the operators' API shows them: plain values for JSON.

Times are Unix milliseconds (`…_at_ms`), as everywhere in the program. Bodies are shown as text where they are UTF-8, else as Base64. No secret
can occur: records hold none.
"""

from __future__ import annotations

import binascii
from typing import Any

import msgspec
import orjson

from router.delivery.record import Attempt, Delivery
from router.event import Event
from router.runtime.reload_report import ReloadReport
from router.server.cloudevents_encoding import structured_document
from router.store.port import Page, RevisionRecord, StoredEvent
from router.syntax.diagnostic import Diagnostic

__all__ = [
    "attempt_view",
    "delivery_view",
    "diagnostic_view",
    "event_view",
    "page_view",
    "reload_view",
    "revision_view",
]


def event_view(stored: StoredEvent) -> dict[str, Any]:
    """Return an accepted event: our facts, and the event itself in CloudEvents JSON format under `event`."""
    return {
        "key": stored.key,
        "revision": stored.revision,
        "received_at_ms": stored.received_at_ms,
        "event": _event_document(stored.event),
    }


def delivery_view(delivery: Delivery, *, with_body: bool = False) -> dict[str, Any]:
    """Return a delivery; body and headers only where one is looked at, not in listings."""
    view: dict[str, Any] = {
        "id": delivery.id,
        "state": delivery.state.value,
        "event_key": delivery.event_key,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "route": delivery.route,
        "endpoint": delivery.endpoint,
        "revision": delivery.revision,
        "attempts": delivery.attempts,
        "created_at_ms": delivery.created_at_ms,
        "due_at_ms": delivery.due_at_ms,
        "updated_at_ms": delivery.updated_at_ms,
        "reason": delivery.reason,
    }
    if with_body:
        view["headers"] = dict(delivery.headers)
        view.update(_octets("body", delivery.body))
    return view


def attempt_view(attempt: Attempt) -> dict[str, Any]:
    """Return one attempt."""
    return {
        "number": attempt.number,
        "started_at_ms": attempt.started_at_ms,
        "duration_ms": attempt.duration_ms,
        "outcome": attempt.outcome.value,
        "status": attempt.status,
        "error": attempt.error,
        "answer": attempt.answer.decode("utf-8", "replace"),
    }


def revision_view(record: RevisionRecord) -> dict[str, Any]:
    """Return a revision without its snapshot."""
    return {
        "revision": record.revision,
        "state": record.state.value,
        "at_ms": record.at_ms,
        "commit": record.commit,
        "diagnostics": orjson.loads(record.diagnostics or "[]"),
    }


def diagnostic_view(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a finding about a configuration."""
    view: dict[str, Any] = msgspec.to_builtins(diagnostic)
    return view


def reload_view(report: ReloadReport) -> dict[str, Any]:
    """Return what a reload came to."""
    return {
        "applied": report.applied,
        "changed": report.changed,
        "revision": report.revision,
        "at_ms": report.at_ms,
        "reason": report.reason,
        "diagnostics": [diagnostic_view(diagnostic) for diagnostic in report.diagnostics],
    }


def page_view(page: Page[Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one page of a listing."""
    return {"items": items, "next": page.next_cursor}


def _event_document(event: Event) -> dict[str, Any]:
    document = structured_document(event)
    if isinstance(document.get("data"), msgspec.Raw):
        document["data"] = orjson.Fragment(bytes(document["data"]))
    return document


def _octets(name: str, octets: bytes) -> dict[str, str]:
    try:
        return {name: octets.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": binascii.b2a_base64(octets, newline=False).decode("ascii")}
