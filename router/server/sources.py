"""POST /in/<name>: events from senders that do not speak CloudEvents.

    request ── body, bounded ──► verification ──► JMESPath over {headers, query, body} ──► Event ──► host.accept ──► answer

A source is found by its exact path in the plan in force. The mapping sees header names in lower case, values as text; `query` and form fields are
text, lists where a name repeats; `body` is the JSON value, the form's fields, or the text. A form field `payload` of GitHub and Slack, which is
JSON, stands for the whole body, as their documentation has it.

What the mapping leaves open: `source` is the path, `data` is the whole body (then its octets are kept exactly), `id` is derived from type,
source, subject, time and body, so that a sender's repetition is recognised as one. Slack's url_verification is answered here.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import orjson
from starlette.types import Receive, Scope, Send

from router.errors import EventError, EventFault, StoreUnavailableError
from router.event import CORE_ATTRIBUTES, Event
from router.filters import FilterError
from router.plan import PlannedSource
from router.server.attributes import build_event, malformed
from router.server.ingest import acceptance_document, handshake_reply, method_not_allowed, unavailable
from router.server.json_decoding import decode_json, is_json_media_type
from router.server.metrics import ServerMetrics
from router.server.plain_json import derived_id
from router.server.ports import Host
from router.server.replies import Reply, event_problem, json_reply, problem, send_reply
from router.server.request_body import ClientGoneError, Inflow, OverloadedError, require_identity_coding
from router.server.settings import ServerSettings
from router.server.verification import challenge, is_verified

__all__ = ["IncomingRequest", "SourceIngest", "mapped_event", "read_request"]

_log = logging.getLogger(__name__)
_ALLOW = (b"allow", b"POST, OPTIONS")
_FORM = "application/x-www-form-urlencoded"
_FORM_FIELDS_MAX = 1000
_PAYLOAD_FORM_SCHEMES = frozenset({"github", "slack"})


class IncomingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as mappings see it. `octets` are the exact bytes of the value `body`, `content_type` what they are."""

    headers: dict[str, str]
    query: dict[str, Any]
    body: Any
    octets: bytes
    content_type: str
    is_json: bool


class SourceIngest:
    """Answers requests to the sources of the plan in force."""

    def __init__(self, host: Host, settings: ServerSettings, metrics: ServerMetrics, inflow: Inflow) -> None:
        self._host = host
        self._inflow = inflow
        self._settings = settings
        self._metrics = metrics
        self.draining = False

    async def __call__(self, source: PlannedSource, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request to `source`."""
        try:
            reply = await self._reply(source, scope, receive)
        except ClientGoneError:
            return
        except EventError as error:
            self._metrics.refused(error.fault.value)
            is_unverified = error.fault is EventFault.UNVERIFIED
            reply = event_problem(error, ((b"www-authenticate", challenge(source.verify)),) if is_unverified else ())
        except (StoreUnavailableError, OverloadedError) as error:
            reply = unavailable(self._settings, str(error))
        except asyncio.CancelledError:
            reply = unavailable(self._settings, "the server stopped before the event was accepted")
        except Exception:
            _log.exception("a request to source %s failed", source.name)
            reply = problem("internal", "the event was not accepted; the server's log has the reason")
        self._metrics.answered("source", reply.status)
        await send_reply(send, reply)

    async def _reply(self, source: PlannedSource, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] == "OPTIONS":
            return handshake_reply(scope, self._settings)
        if scope["method"] != "POST":
            return method_not_allowed(scope["method"], _ALLOW)
        if self.draining:
            return unavailable(self._settings, "the server is shutting down")
        fields: list[tuple[bytes, bytes]] = scope["headers"]
        body = await self._inflow.read(fields, receive)
        try:
            return await self._accept(source, fields, scope["query_string"], body)
        finally:
            self._inflow.release(body)

    async def _accept(
        self, source: PlannedSource, fields: list[tuple[bytes, bytes]], query: bytes, body: bytes
    ) -> Reply:
        headers = _texts(fields)
        now_s = self._host.clock.now_ms() / 1000
        if not is_verified(source.verify, headers, body, now_s=now_s):
            raise EventError(EventFault.UNVERIFIED, "the request does not prove that it comes from this source")
        require_identity_coding(fields)
        request = read_request(headers, query, body, source.verify.scheme)
        if source.verify.scheme == "slack" and isinstance(request.body, dict):
            answer = request.body.get("challenge")
            if request.body.get("type") == "url_verification" and isinstance(answer, str):
                return json_reply(200, {"challenge": answer})
        event = mapped_event(source, request)
        accepted = await self._host.accept(event)
        return json_reply(200 if accepted.duplicate else 202, acceptance_document(event, accepted))


def read_request(headers: dict[str, str], query: bytes, body: bytes, scheme: str) -> IncomingRequest:
    """Return the request as mappings see it. Raises EventError (malformed)."""
    content_type = headers.get("content-type", "").strip()
    essence = content_type.partition(";")[0].strip().lower()
    value: Any
    octets, is_json = body, True
    if essence == _FORM:
        value, octets = _form_value(body, scheme)
        content_type = "application/json"
    elif is_json_media_type(content_type):
        value = decode_json(body, "the body") if body else None
    elif not content_type and body[:1] in (b"{", b"["):
        # Senders that forget the header nearly always send JSON.
        value, content_type = decode_json(body, "the body"), "application/json"
    else:
        value, is_json = body.decode("utf-8", "replace"), False
    return IncomingRequest(
        headers=headers,
        query=_fields(query, "the query string"),
        body=value,
        octets=octets,
        content_type=content_type,
        is_json=is_json,
    )


def mapped_event(source: PlannedSource, request: IncomingRequest) -> Event:
    """Return the event that a source's mapping makes of a request. Raises EventError (malformed), naming the attribute."""
    root = {"headers": request.headers, "query": request.query, "body": request.body}
    attributes: dict[str, Any] = {"specversion": "1.0", "source": source.path}
    for name in source.event:
        if name != "data":
            value = _attribute(source, name, root)
            if value is not None:
                attributes[name] = value
    if not attributes.get("type"):
        malformed(f"source `{source.name}` finds no `type` in this request")
    data, body, content_type = _payload(source, request, root)
    if body is not None and content_type and "datacontenttype" not in source.event:
        attributes["datacontenttype"] = content_type
    if not attributes.get("id"):
        attributes["id"] = derived_id({name: str(value) for name, value in attributes.items()}, request.octets)
    return build_event(attributes, data=data, body=body)


def _payload(source: PlannedSource, request: IncomingRequest, root: dict[str, Any]) -> tuple[Any, bytes | None, str]:
    mapping = source.event.get("data")
    if mapping is None or mapping.expression.strip() == "body":
        return (request.body if request.is_json else None), request.octets or None, request.content_type
    try:
        octets = orjson.dumps(_search(source, "data", root))
    except TypeError:
        malformed(f"source `{source.name}` finds `data` that JSON cannot hold, such as a number of more than 64 bits")
    # Read back, so that filters see what is delivered: JSON has no NaN, whatever an expression computed.
    return orjson.loads(octets), octets, "application/json"


def _attribute(source: PlannedSource, name: str, root: dict[str, Any]) -> str | int | bool | None:
    value = _search(source, name, root)
    if value is None or value == "":
        return None
    if name == "time" and isinstance(value, int | float) and not isinstance(value, bool):
        return _timestamp(source, value)
    if isinstance(value, str):
        return value
    if isinstance(value, int) and name not in CORE_ATTRIBUTES:
        return value if isinstance(value, bool) or abs(value) < 2**31 else str(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return malformed(f"source `{source.name}` finds no text for `{name}` in this request, but a {type(value).__name__}")


def _timestamp(source: PlannedSource, value: float) -> str:
    # Unix seconds; beyond the year 5138 they are milliseconds.
    seconds = value / 1000 if abs(value) >= 1e11 else value
    try:
        moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError):
        malformed(f"source `{source.name}` finds no date for `time` in this request")
    return moment.isoformat().replace("+00:00", "Z")


def _search(source: PlannedSource, name: str, root: dict[str, Any]) -> Any:
    try:
        return source.event[name].search(root)
    except FilterError as error:
        malformed(f"source `{source.name}` cannot find `{name}` in this request: {error}")


def _form_value(body: bytes, scheme: str) -> tuple[Any, bytes]:
    fields = _fields(body, "the form")
    payload = fields.get("payload")
    if scheme in _PAYLOAD_FORM_SCHEMES and isinstance(payload, str):
        octets = payload.encode("utf-8")
        return decode_json(octets, "the form field `payload`"), octets
    return fields, orjson.dumps(fields)


def _fields(encoded: bytes, what: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FORM_FIELDS_MAX
        )
    except ValueError:
        raise EventError(EventFault.MALFORMED, f"{what} is not percent-encoded UTF-8 of at most 1000 fields") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name not in fields:
            fields[name] = value
        elif isinstance(fields[name], list):
            fields[name].append(value)
        else:
            fields[name] = [fields[name], value]
    return fields


def _texts(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in fields:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        # RFC 9110, section 5.3: repeated fields are one list.
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
