"""Reading one answer: bytes in, an Answer or an EndpointError out. No IO, so that it can be fuzzed byte by byte.

llhttp (through httptools), in its strict mode, does the grammar: it refuses doubled and contradicting lengths, bare line feeds, bad versions.
What it leaves to its user is done here: bounds on everything, the end of an answer that only the connection's end marks (RFC 9112, 6.3),
interim answers (1xx), and whether the connection can be trusted with another request afterwards.
"""

from __future__ import annotations

import httptools

from router.delivery.request import Answer
from router.errors import EndpointError
from router.runtime.egress.fault import Fault, endpoint_error
from router.runtime.egress.limits import EgressLimits

__all__ = ["AnswerReader"]


_VERSIONS = frozenset({"1.1", "1.0"})


class AnswerReader:
    """Reads one answer. `feed` until it returns True, or `end` when the connection ends; then `answer()`.

    `is_started` tells that any byte came in. `is_reusable`, meaningful when complete, tells that the connection may serve again.
    """

    __slots__ = (
        "_body", "_body_bytes", "_fault", "_has_headers", "_header_bytes", "_headers", "_is_framed", "_limits", "_parser", "_received",
        "_status", "_truncated", "is_complete", "is_reusable",
    )  # fmt: skip

    def __init__(self, limits: EgressLimits) -> None:
        self._limits = limits
        self._parser = httptools.HttpResponseParser(self)
        self._received = 0
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._header_bytes = 0
        self._has_headers = False
        self._is_framed = False
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._truncated = False
        self._fault: EndpointError | None = None
        self.is_complete = False
        self.is_reusable = False

    @property
    def is_started(self) -> bool:
        """Tell whether any byte of an answer was seen."""
        return self._received > 0

    def feed(self, data: bytes) -> bool:
        """Take bytes; return True once the answer is complete. Raises EndpointError (`protocol`, `too-large`)."""
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if not self.is_complete:
                self._fault = self._fault or endpoint_error(Fault.PROTOCOL, "the endpoint switched protocols unasked")
            self.is_reusable = False
        except httptools.HttpParserError as error:
            if not self.is_complete:
                raise self._fault or endpoint_error(Fault.PROTOCOL, f"the answer is not HTTP/1.x: {error}") from None
            self.is_reusable = False  # a good answer with rubbish behind it
        if self._fault is not None:
            raise self._fault
        if not self.is_complete:
            self._check_bounds()
        return self.is_complete

    def end(self) -> bool:
        """Take note that the connection ended; return whether that completes the answer."""
        if not self.is_complete and self._has_headers and not self._is_framed:
            self.is_complete, self.is_reusable = True, False
        return self.is_complete

    def answer(self) -> Answer:
        """Return the complete answer."""
        return Answer(
            status=self._status,
            headers=tuple([(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self._headers]),
            body=b"".join(self._body),
            truncated=self._truncated,
        )

    def _check_bounds(self) -> None:
        limits = self._limits
        if not self._has_headers:
            if self._received > limits.header_bytes_max:
                raise endpoint_error(Fault.TOO_LARGE, f"the answer's headers exceed {limits.header_bytes_max} bytes")
        elif self._truncated or self._received > limits.wire_bytes_max:
            self._truncated = self.is_complete = True
            self.is_reusable = False

    # What follows is called by the parser. Nothing is raised from there: faults are noted, and raised by `feed`.

    def on_message_begin(self) -> None:
        """Begin an answer; a second one behind a complete one was not asked for."""
        if self.is_complete:
            self.is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; behind the body they are trailers, and dropped."""
        if self._has_headers or self.is_complete:
            return
        self._header_bytes += len(name) + len(value)
        if len(self._headers) >= self._limits.header_count_max or self._header_bytes > self._limits.header_bytes_max:
            self._fault = endpoint_error(
                Fault.TOO_LARGE,
                f"the answer has more than {self._limits.header_count_max} headers or {self._limits.header_bytes_max} bytes of them",
            )
            return
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Learn the status and how the body will end."""
        if self.is_complete:
            return
        self._status = self._parser.get_status_code()
        if self._status < 100 or self._status == 101:
            self._fault = endpoint_error(Fault.PROTOCOL, f"status {self._status} is no answer to a webhook")
        if self._parser.get_http_version() not in _VERSIONS:  # llhttp knows 0.9 and 2.0 too
            self._fault = endpoint_error(Fault.PROTOCOL, "the answer is not HTTP/1.x")
        if self._status < 200:
            return
        self._has_headers = True
        for name, value in self._headers:
            if len(name) == 14 and name.lower() == b"content-length":
                self._is_framed = True
            elif len(name) == 17 and name.lower() == b"transfer-encoding":
                self._is_framed = value.rsplit(b",", 1)[-1].strip().lower() == b"chunked"

    def on_body(self, data: bytes) -> None:
        """Keep what fits."""
        room = self._limits.body_bytes_max - self._body_bytes
        if len(data) > room:
            self._truncated = True
            data = data[:room]
        if data and not self.is_complete:
            self._body.append(data)
            self._body_bytes += len(data)

    def on_message_complete(self) -> None:
        """End an answer, unless it was an interim one (RFC 9110, 15.2)."""
        if self.is_complete:
            return
        if self._status < 200:
            self._headers.clear()
            return
        self.is_complete = True
        self.is_reusable = bool(self._parser.should_keep_alive()) and not self._truncated
