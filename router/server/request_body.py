"""Bodies of requests, read whole and bounded: each by itself, and all that are held at a time together.

ASGI messages in, octets out. A body that is announced or grows beyond the limit is refused at once; so is one that would make all bodies
together too many, which is how thousands of large requests at a time cost a bounded amount of memory. Slow bodies are the connection's concern
(`router.server.deadlines`).
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Message, Receive

from router.errors import EventError, EventFault, InternalError

__all__ = ["ClientGoneError", "Inflow", "OverloadedError", "require_identity_coding"]


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete: there is nobody to answer."""


class OverloadedError(InternalError):
    """The bodies held at the moment are as many as may be; the sender may try again."""


class Inflow:
    """Reads bodies, and knows how many octets of them are held.

    Whoever has read a body releases it when its request is answered.
    """

    def __init__(self, *, body_bytes_max: int, held_bytes_max: int) -> None:
        self._body_bytes_max = body_bytes_max
        self._held_bytes_max = held_bytes_max
        self.held_bytes = 0

    async def read(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes:
        """Return the request's body, to be released. Raises EventError (too-large), OverloadedError and ClientGoneError."""
        for name, value in headers:
            if name == b"content-length" and value.isdigit() and (len(value) > 15 or int(value) > self._body_bytes_max):
                raise self._too_large()
        message = await receive()
        body = _chunk(message)
        self._hold(len(body), len(body))
        if not message.get("more_body", False):
            return body
        return await self._read_on(bytearray(body), receive)

    def release(self, body: bytes) -> None:
        """Say that a body is no longer held."""
        self.held_bytes -= len(body)

    async def _read_on(self, chunks: bytearray, receive: Receive) -> bytes:
        held = len(chunks)
        try:
            while True:
                message = await receive()
                chunk = _chunk(message)
                self._hold(len(chunk), held + len(chunk))
                held += len(chunk)
                chunks += chunk
                if not message.get("more_body", False):
                    return bytes(chunks)
        except BaseException:
            self.held_bytes -= held
            raise

    def _hold(self, more: int, whole: int) -> None:
        if whole > self._body_bytes_max:
            raise self._too_large()
        if self.held_bytes + more > self._held_bytes_max:
            raise OverloadedError("too many large requests at a time")
        self.held_bytes += more

    def _too_large(self) -> EventError:
        return EventError(EventFault.TOO_LARGE, f"the body is larger than {self._body_bytes_max} bytes")


def _chunk(message: Message) -> bytes:
    if message["type"] != "http.request":
        raise ClientGoneError
    chunk: bytes = message.get("body", b"")
    return chunk


def require_identity_coding(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a compressed body (RFC 9110, section 8.4): raises EventError (unsupported-media-type)."""
    for name, value in headers:
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise EventError(
                EventFault.UNSUPPORTED,
                "the body has a Content-Encoding, which is not undone here; send it as it is (Accept-Encoding: identity)",
            )
