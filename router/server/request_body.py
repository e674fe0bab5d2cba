"""The body of a request, read whole and bounded.

ASGI messages in, octets out. A body that is announced or grows beyond the limit is refused at once; nothing of it is kept. Slow bodies are
the connection's concern (`router.server.deadlines`).
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Receive

from router.errors import EventError, EventFault

__all__ = ["ClientGoneError", "read_body", "require_identity_coding"]


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete: there is nobody to answer."""


async def read_body(headers: Iterable[tuple[bytes, bytes]], receive: Receive, bytes_max: int) -> bytes:
    """Return the request's body. Raises EventError (too-large) and ClientGoneError."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and (len(value) > 15 or int(value) > bytes_max):
            raise _too_large(bytes_max)
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if len(body) > bytes_max:
        raise _too_large(bytes_max)
    if not message.get("more_body", False):
        return body
    chunks = bytearray(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        chunks += message.get("body", b"")
        if len(chunks) > bytes_max:
            raise _too_large(bytes_max)
    return bytes(chunks)


def require_identity_coding(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a compressed body (RFC 9110, section 8.4): raises EventError (unsupported-media-type)."""
    for name, value in headers:
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise EventError(
                EventFault.UNSUPPORTED,
                "the body has a Content-Encoding, which is not undone here; send it as it is (Accept-Encoding: identity)",
            )


def _too_large(bytes_max: int) -> EventError:
    return EventError(EventFault.TOO_LARGE, f"the body is larger than {bytes_max} bytes")
