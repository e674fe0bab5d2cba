"""Reply: one complete HTTP answer, and the problem documents (RFC 9457) among them.

Every error of the server is a problem: `type` is `urn:router:problem:<name>` (all listed in PROBLEMS and in docs/http-api.md), `title` is
fixed per type, `detail` is about this one case. Nothing here decides when to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import orjson
from starlette.types import Send

from router.errors import EventError

__all__ = ["PROBLEMS", "Reply", "event_problem", "json_reply", "problem", "send_reply"]

PROBLEM_CONTENT_TYPE = b"application/problem+json"

PROBLEMS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "malformed": (400, "The request is not a well-formed event"),
        "bad-parameter": (400, "A parameter of the request is not valid"),
        "unverified": (401, "The request is not authenticated"),
        "unauthorized": (401, "A valid admin token is required"),
        "forbidden": (403, "This client may not use the operators' API"),
        "not-found": (404, "There is no such resource"),
        "method-not-allowed": (405, "The method is not allowed here"),
        "request-timeout": (408, "The request did not arrive in time"),
        "illegal-move": (409, "The present state does not allow this"),
        "precondition-failed": (412, "Another revision is in force"),
        "too-large": (413, "The request body is too large"),
        "unsupported-media-type": (415, "The format of the request is not understood"),
        "invalid": (422, "The event's data does not fit its type"),
        "unknown-type": (422, "There is no such event type"),
        "invalid-configuration": (422, "The configuration was not applied"),
        "headers-too-large": (431, "The request headers are too large"),
        "internal": (500, "The server made a mistake"),
        "unavailable": (503, "Nothing can be accepted at the moment"),
    }
)
"""Every problem: its name, HTTP status and title. The names of `router.errors.EventFault` are among them."""


class Reply(msgspec.Struct, frozen=True):
    """Status, body, media type and further header fields (lower-case names)."""

    status: int
    body: bytes = b""
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


def json_reply(status: int, value: Any, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reply:
    """Return a JSON answer; `value` may hold what orjson writes."""
    return Reply(status, orjson.dumps(value), headers=headers)


def problem(name: str, detail: str, *, headers: tuple[tuple[bytes, bytes], ...] = (), **members: Any) -> Reply:
    """Return the problem document called `name`; `members` are its extension members."""
    status, title = PROBLEMS[name]
    document = {"type": f"urn:router:problem:{name}", "title": title, "status": status, "detail": detail, **members}
    return Reply(status, orjson.dumps(document), PROBLEM_CONTENT_TYPE, headers)


def event_problem(error: EventError, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reply:
    """Return the problem document for an event that cannot be accepted."""
    if error.errors:
        return problem(error.fault.value, error.detail, headers=headers, errors=list(error.errors))
    return problem(error.fault.value, error.detail, headers=headers)


async def send_reply(send: Send, reply: Reply) -> None:
    """Send an answer over ASGI."""
    headers = [(b"content-type", reply.content_type), (b"content-length", b"%d" % len(reply.body)), *reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
