"""Exchange: one request and its answer on a connection; uvicorn's cycle, with an answer of one piece written as one piece.

uvicorn writes head and body by themselves: two system calls, and often two packets. Here the start of an answer waits for its first body
message; when that is also the last, which is the rule, both go out in one write. Everything else (chunks, HEAD, answers without a length)
is uvicorn's as it was.
"""

from __future__ import annotations

import re
from typing import Any, cast

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

__all__ = ["Exchange"]

# Names are tokens in lower case, values have no control characters but tab (RFC 9110, 5.5 and 5.6.2). What differs is left to uvicorn, which
# refuses it.
_FIELDS = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9a-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\r\n)*")
_FRAMING = frozenset({b"connection", b"transfer-encoding"})


class Exchange(RequestResponseCycle):
    """One request-response cycle."""

    _start: Message | None = None

    async def receive(self) -> Any:
        """Return the next message of the request."""
        if not self.message_event.is_set() or self.more_body or self.disconnected or self.response_complete:
            return await super().receive()
        # The usual case: the whole request is here, and there is nothing to wait for.
        self.message_event.clear()
        self.flow.resume_reading()
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        """Take a message of the answer (ASGI 3)."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._start = message  # a second one, after a fault, takes the place of the first
            return
        start, self._start = self._start, None
        if start is not None and not self._write_whole(start, message):
            await super().send(cast("Any", start))
            start = None
        if start is None:
            await super().send(message)

    def _write_whole(self, start: Message, message: Message) -> bool:
        """Write an answer that is complete; return False, with nothing done, where that is not so simple."""
        if message["type"] != "http.response.body" or message.get("more_body", False) or self.flow.write_paused:
            return False
        if self.disconnected or not self.keep_alive or self.scope["method"] == "HEAD":
            return False
        body: bytes = message.get("body", b"")
        length = b"%d" % len(body)
        headers = start.get("headers", ())
        is_framed = False
        for name, value in headers:
            if name in _FRAMING:
                return False
            if name == b"content-length":
                if value != length:
                    return False
                is_framed = True
        fields = b"".join([b"%b: %b\r\n" % field for field in headers])
        # Each field is one line: a value with a line break in it would be two good fields together.
        if not is_framed or fields.count(b"\n") != len(headers) or _FIELDS.fullmatch(fields) is None:
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[start["status"]], fields, body))
        self.message_event.set()
        self.on_response()
        return True
