"""POST /events: the hot path, a bare ASGI callable.

    request ── body, bounded ──► codec ──► Event(s) ──► host.accept ──► answer

The answer is sent after the host has committed: 202 for a new event, 200 with the first acceptance for a repeat (same `source` and `id`).
A batch is accepted whole or not at all as far as its events can be judged beforehand: every event is decoded and checked against its type
first, and one bad event refuses all. What cannot be judged beforehand, a store that fails half way, answers 503; sending the batch again is
safe, because the part that was kept answers as a repeat.

OPTIONS is the receiver's side of the CloudEvents handshake (http-webhook 1.0.2, section 4). No framework is involved on this path.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

from starlette.types import Receive, Scope, Send

from router.errors import EventError, EventFault, StoreUnavailableError
from router.event import Event
from router.language.documents import OnInvalid
from router.plan import Plan
from router.server.cloudevents import ContentMode, content_mode, decode
from router.server.metrics import ServerMetrics
from router.server.plain_json import decode_plain, has_event_headers
from router.server.ports import Host
from router.server.replies import Reply, event_problem, json_reply, problem, send_reply
from router.server.request_body import ClientGoneError, Inflow, OverloadedError, require_identity_coding
from router.server.settings import ServerSettings
from router.store.port import Accepted

__all__ = ["Ingest", "acceptance_document", "handshake_reply", "method_not_allowed", "unavailable"]

_log = logging.getLogger(__name__)
_ALLOW = (b"allow", b"POST, OPTIONS")

_ORIGIN = re.compile(rb"[!-~]{1,255}")

ERRORS_MAX = 100
"""Schema errors told about one batch; a sender that has more has the same one many times."""


class Ingest:
    """The ASGI callable for /events. `draining` makes it refuse new events with 503 while the server stops."""

    def __init__(self, host: Host, settings: ServerSettings, metrics: ServerMetrics, inflow: Inflow) -> None:
        self._host = host
        self._inflow = inflow
        self._settings = settings
        self._metrics = metrics
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request to /events."""
        try:
            reply = await self._reply(scope, receive)
        except ClientGoneError:
            return
        except EventError as error:
            self._metrics.refused(error.fault.value)
            reply = event_problem(error)
        except (StoreUnavailableError, OverloadedError) as error:
            reply = unavailable(self._settings, str(error))
        except asyncio.CancelledError:
            # Only the end of a graceful stop cancels a request; whether the event was kept, its repetition will tell.
            reply = unavailable(self._settings, "the server stopped before the event was accepted")
        except Exception:
            _log.exception("a request to /events failed")
            reply = problem("internal", "the event was not accepted; the server's log has the reason")
        self._metrics.answered("events", reply.status)
        await send_reply(send, reply)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            if scope["method"] == "OPTIONS":
                return handshake_reply(scope, self._settings)
            return method_not_allowed(scope["method"], _ALLOW)
        if self.draining:
            return unavailable(self._settings, "the server is shutting down")
        plan = self._host.plan
        if plan is None:
            return unavailable(self._settings, "no configuration is in force yet")
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        require_identity_coding(headers)
        body = await self._inflow.read(headers, receive)
        try:
            return await self._accept(plan, headers, scope["query_string"], body)
        finally:
            self._inflow.release(body)

    async def _accept(self, plan: Plan, headers: list[tuple[bytes, bytes]], query: bytes, body: bytes) -> Reply:
        content_type = next((value.decode("latin-1").strip() for name, value in headers if name == b"content-type"), "")
        strict, noted = self._settings.strict_cloudevents, self._metrics.forgiven
        mode = content_mode(content_type)
        if mode is ContentMode.BATCH:
            return await self._accept_batch(plan, decode(headers, body, strict=strict, noted=noted))
        if mode is ContentMode.BINARY and not has_event_headers(headers):
            event = decode_plain(headers, query, body, content_type, strict=strict, noted=noted)
        else:
            (event,) = decode(headers, body, strict=strict, noted=noted)
        accepted = await self._host.accept(event)
        return json_reply(200 if accepted.duplicate else 202, acceptance_document(event, accepted))

    async def _accept_batch(self, plan: Plan, events: tuple[Event, ...]) -> Reply:
        _check_batch(plan, events)
        # All at once, so that they can share one commit.
        outcomes = await asyncio.gather(*(self._host.accept(event) for event in events), return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            raise failures[0]
        documents = [
            acceptance_document(event, accepted)
            for event, accepted in zip(events, outcomes, strict=True)
            if isinstance(accepted, Accepted)
        ]
        is_all_repeats = all(document["duplicate"] for document in documents)
        return json_reply(200 if is_all_repeats else 202, {"events": documents})


def _check_batch(plan: Plan, events: tuple[Event, ...]) -> None:
    errors: list[dict[str, str]] = []
    for index, event in enumerate(events):
        event_type = plan.event_types.get(event.type)
        if event_type is None:
            errors.append({"pointer": f"/{index}/type", "detail": f"there is no event type {event.type[:200]!a}"})
        elif event_type.on_invalid is OnInvalid.REJECT:
            errors.extend(
                {"pointer": f"/{index}/data{violation.pointer}", "detail": violation.detail}
                for violation in plan.admit(event).violations
            )
    if errors:
        detail = "events of the batch have no type here or do not fit it; none was accepted"
        raise EventError(EventFault.INVALID, detail, tuple(errors[:ERRORS_MAX]))


def acceptance_document(event: Event, accepted: Accepted) -> dict[str, Any]:
    """Return what a sender is told about one accepted event."""
    return {
        "id": event.id,
        "source": event.source,
        "key": accepted.key,
        "revision": accepted.revision,
        "duplicate": accepted.duplicate,
        "deliveries": [
            {"id": delivery.id, "route": delivery.route, "endpoint": delivery.endpoint}
            for delivery in accepted.deliveries
        ],
    }


def handshake_reply(scope: Scope, settings: ServerSettings) -> Reply:
    """Answer OPTIONS: grant the origin that asks to send here, at any rate (http-webhook 1.0.2, sections 4.1 and 4.2).

    Consent is told by WebHook-Allowed-Origin alone; an origin that is not allowed gets 200 without it. Origins are compared whole.
    """
    asked = {name: value for name, value in scope["headers"] if name.startswith(b"webhook-request-")}
    origin = asked.get(b"webhook-request-origin", b"").strip()
    granted: list[tuple[bytes, bytes]] = [_ALLOW]
    allowed = settings.webhook_origins
    if _ORIGIN.fullmatch(origin) and (allowed is None or origin.decode("latin-1").lower() in allowed):
        granted.append((b"webhook-allowed-origin", origin))
        if b"webhook-request-rate" in asked:
            granted.append((b"webhook-allowed-rate", b"*"))
    return Reply(200, headers=tuple(granted))


def method_not_allowed(method: str, allow: tuple[bytes, bytes]) -> Reply:
    """Return 405 with the Allow header."""
    return problem(
        "method-not-allowed", f"{method[:20]} is not allowed here; use {allow[1].decode()}", headers=(allow,)
    )


def unavailable(settings: ServerSettings, detail: str) -> Reply:
    """Return 503 with Retry-After."""
    after = str(settings.retry_after_s).encode()
    return problem(
        "unavailable", f"{detail}; nothing was accepted, send it again later", headers=((b"retry-after", after),)
    )
