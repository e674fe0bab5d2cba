"""The connection: uvicorn's HTTP protocol with deadlines and bounds, which it lacks.

A client may connect and send nothing, send half a header, half a body, headers without end, or leave its answer unread; uvicorn alone waits
for ever. Here each connection is always in one phase, and a phase that has a deadline ends by it:

    idle ──first byte──► headers ──complete──► body ──complete──► (our turn: no deadline) ──answered──► idle
                                                                    └─ answer left unread: write

One timer per connection looks at the deadline when it fires and sets itself again, so a request costs an assignment, not a timer. Connections
that we wait for (idle, headers, body) stand in `Bounds.waiting`, oldest first. When the house is full, nobody is let in until one leaves, and the
oldest of those has to, once it has been waited for EVICTION_AGE_S: new clients wait in the listener's queue meanwhile, in order, so that silent
and slow ones by the thousand delay honest ones and cannot keep them out, however quickly they come back.

This module knows bytes and time. What a request means is the application's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import OrderedDict
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from httptools import parse_url
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from router.server.exchange import Exchange
from router.server.metrics import ServerMetrics
from router.server.replies import Reply, problem
from router.server.settings import ServerSettings

__all__ = ["BoundedProtocol", "Bounds"]

DISCARDED_BYTES_MAX = 8 * 1024 * 1024
"""How much of a refused body is read away so that its sender gets to see the refusal, before the connection is cut."""

EVICTION_AGE_S = 1.0
"""How long a client may be waited for although the house is full; an honest one sends a request in one go."""

DRAIN_BODY_S = 2.0
"""How long a server that stops waits for the rest of a body; its stopping should not take a slow client's time."""

_PHRASES = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
}

_NOT_HTTP = problem("malformed", "the request is not valid HTTP/1.1")


class Phase(StrEnum):
    """Whose turn it is on a connection."""

    IDLE = "idle"
    HEADERS = "headers"
    BODY = "body"
    BUSY = "busy"
    WRITE = "write"


class Bounds:
    """What all connections of one server share: the settings, the count, and whose request we wait for, oldest first."""

    def __init__(self, settings: ServerSettings, metrics: ServerMetrics, connections_max: int) -> None:
        self.settings = settings
        self.metrics = metrics
        self.connections_max = connections_max
        self.waiting: OrderedDict[BoundedProtocol, None] = OrderedDict()
        self.open: set[BoundedProtocol] = set()
        self._left = asyncio.Event()
        self.timeouts_s: dict[Phase, float | None] = {
            Phase.IDLE: settings.idle_timeout_s,
            Phase.HEADERS: settings.header_timeout_s,
            Phase.BODY: settings.body_timeout_s,
            Phase.BUSY: None,
            Phase.WRITE: settings.write_timeout_s,
        }

    def has_room(self, entering: int = 0) -> bool:
        """Say whether there is room for one more connection, with `entering` about to come in."""
        return len(self.open) + entering < self.connections_max

    async def room(self) -> None:
        """Wait until there is room for one more connection, closing the one we have waited for longest where that is long enough."""
        loop = asyncio.get_running_loop()
        while not self.has_room():
            self._left.clear()
            oldest = next(iter(self.waiting), None)
            wait_s = EVICTION_AGE_S if oldest is None else oldest.waiting_since_s + EVICTION_AGE_S - loop.time()
            if oldest is not None and wait_s <= 0:
                oldest.cut("evicted", None)
                wait_s = EVICTION_AGE_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._left.wait()

    async def emptied(self) -> None:
        """Wait until no connection is left."""
        while self.open:
            self._left.clear()
            await self._left.wait()

    def enter(self, connection: BoundedProtocol) -> None:
        """Count a connection in."""
        self.open.add(connection)
        self.metrics.connections.set(len(self.open))

    def leave(self, connection: BoundedProtocol) -> None:
        """Count a connection out."""
        self.waiting.pop(connection, None)
        self.open.discard(connection)
        self.metrics.connections.set(len(self.open))
        self._left.set()


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `bounds` is set on a subclass made per server, because uvicorn creates connections itself."""

    bounds: Bounds

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._phase = Phase.HEADERS
        self.waiting_since_s = 0.0
        self._deadline_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_s = 0.0
        self._chunk_bytes = 0
        self._header_bytes = 0
        self._discarded_bytes = 0
        self._is_in_headers = False
        self._is_whole = True
        self._refusal: Reply | None = None

    # Opening and closing

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection in; its first request has the time of headers."""
        super().connection_made(transport)
        self.bounds.enter(self)
        self._enter(Phase.HEADERS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.bounds.leave(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    # Bytes in

    def data_received(self, data: bytes) -> None:
        """Feed the parser, counting what belongs to headers."""
        was_idle = self._phase is Phase.IDLE
        self._chunk_bytes = len(data)
        if self._is_in_headers:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._is_in_headers and self._header_bytes > self.bounds.settings.header_bytes_max:
            self.cut("header-size", _headers_too_large(self.bounds.settings))
        # Most requests come in one piece and are the application's turn by now: only others need a clock for their parts.
        if was_idle and self._phase is Phase.IDLE:
            self._enter(Phase.HEADERS)
        is_in_body = not self._is_whole and not self._is_in_headers
        if is_in_body and self._phase is not Phase.BODY and not self.transport.is_closing():
            self._enter(Phase.BODY)

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self._is_in_headers = True
        self._is_whole = False
        self._header_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; trailer fields, after the body, are dropped: no attribute or signature may arrive that way."""
        if not self._is_in_headers:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Start the application."""
        self._is_in_headers = False
        settings = self.bounds.settings
        # The chunk may hold other bytes too; only when it could matter are the fields added up.
        if self._header_bytes + self._chunk_bytes > settings.header_bytes_max:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > settings.header_bytes_max:
                self._refusal = _headers_too_large(settings)
                raise ValueError("headers too large")  # the parser stops, and send_400_response answers
        self._discarded_bytes = 0
        self._begin()

    def _begin(self) -> None:
        """Do what uvicorn does when headers are complete, less what we do not offer: websockets, root paths, a limit of its own."""
        parser, scope = self.parser, self.scope
        scope["method"] = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        url = parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        former = self.cycle
        self.cycle = Exchange(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if former is None or former.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:  # pipelined: its turn comes
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        """Hand a piece of body on; one that nobody wants any more is read away, up to a bound."""
        if self.cycle.response_complete:
            self._discarded_bytes += len(body)
            if self._discarded_bytes > DISCARDED_BYTES_MAX:
                self.cut("body", None)
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: from here on it is the application's turn."""
        super().on_message_complete()
        self._is_in_headers = False
        self._is_whole = True
        self._settle()

    def on_response_complete(self) -> None:
        """An answer is written: wait for the next request, or for the rest of a refused body."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
        self._settle()

    # Bytes out

    def pause_writing(self) -> None:
        """The client does not read: give it a while."""
        super().pause_writing()
        self._settle()

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._settle()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or what `_refusal` says instead."""
        reply, self._refusal = self._refusal, None
        self.cut("bad-request" if reply is None else "header-size", reply or _NOT_HTTP)

    def shutdown(self) -> None:
        """The server stops: end when the request under way is answered; one that is still coming in has little time left."""
        super().shutdown()
        if self._phase is Phase.BODY:
            self._deadline_s = min(self._deadline_s or math.inf, self.loop.time() + DRAIN_BODY_S)
            self._arm(self._deadline_s)

    # Deadlines

    def _settle(self) -> None:
        """Enter the phase that the facts say we are in."""
        if self not in self.bounds.open:
            return  # the connection is gone
        if self.flow.write_paused or self.transport.is_closing():
            self._enter(Phase.WRITE)
        elif not self._is_whole:
            self._enter(Phase.HEADERS if self._is_in_headers else Phase.BODY)
        elif self.cycle is None or self.cycle.response_complete:
            self._enter(Phase.IDLE)
        else:
            self._enter(Phase.BUSY)

    def _enter(self, phase: Phase) -> None:
        bounds = self.bounds
        now_s = self.loop.time()
        if phase is Phase.IDLE or phase is Phase.HEADERS:
            self.waiting_since_s = now_s
            bounds.waiting[self] = None
            bounds.waiting.move_to_end(self)
        elif phase is not Phase.BODY:
            bounds.waiting.pop(self, None)
        self._phase = phase
        timeout_s = bounds.timeouts_s[phase]
        if timeout_s is None:
            self._deadline_s = None
            return
        self._deadline_s = deadline_s = now_s + timeout_s
        if self._timer is None or deadline_s < self._timer_at_s:
            self._arm(deadline_s)

    def _arm(self, at_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at_s = at_s
        self._timer = self.loop.call_at(at_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        deadline_s = self._deadline_s
        if deadline_s is None:
            return  # our turn; the next phase with a deadline arms the timer again
        now_s = self.loop.time()
        if deadline_s > now_s:
            self._arm(deadline_s)
        elif self.flow.read_paused:
            self._arm(now_s + self.bounds.settings.body_timeout_s)  # it is we who do not read
        else:
            self._expire()

    def _expire(self) -> None:
        match self._phase:
            case Phase.WRITE:
                self.bounds.metrics.cut("write")
                self.transport.abort()
            case Phase.HEADERS if self._is_in_headers:
                self.cut("header", problem("request-timeout", "the request headers did not arrive in time"))
            case Phase.BODY:
                self.cut("body", problem("request-timeout", "the request body did not arrive in time"))
            case _:
                self.cut("idle", None)

    def cut(self, reason: str, reply: Reply | None) -> None:
        """Close the connection, with a last answer where one is still possible."""
        if self.transport.is_closing():
            return
        self.bounds.metrics.cut(reason)
        if reply is None:
            self.transport.close()
            self._settle()
        else:
            self._write_last(reply)

    def _write_last(self, reply: Reply) -> None:
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(_octets(reply))
        if cycle is not None and not cycle.response_complete:
            # The application, if it still waits for the body, learns that nobody listens.
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()
        self._settle()


def _headers_too_large(settings: ServerSettings) -> Reply:
    return problem("headers-too-large", f"request line and headers together may have {settings.header_bytes_max} bytes")


def _octets(reply: Reply) -> bytes:
    phrase = _PHRASES.get(reply.status, b"Error")
    head = b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n"
    fields = b"".join(b"%b: %b\r\n" % field for field in reply.headers)
    return head % (reply.status, phrase, reply.content_type, len(reply.body)) + fields + b"\r\n" + reply.body
