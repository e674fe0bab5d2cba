"""A load tool and a sink in one process: posts events over kept connections and receives the deliveries that they cause.

Both ends speak just enough HTTP/1.1 for one loopback peer, so that the tool needs less processor time than the program under test. Being
one process they share a clock: the time from sending an event to receiving its delivery needs no synchronised machines.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httptools

__all__ = ["BlackHole", "Report", "Sink", "run_load"]


class Sink:
    """An endpoint that answers 200 at once and notes when each event's delivery came, by `ce-id` or the body's id."""

    def __init__(self) -> None:
        self.received: dict[bytes, float] = {}
        self.requests = 0
        self.repeats = 0
        self._server: asyncio.AbstractServer | None = None

    async def start(self) -> int:
        """Listen on an ephemeral loopback port and return it."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _SinkConnection(self), "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def note(self, body: bytes) -> None:
        """Count one delivery. The generated payloads start with their id: `{"id":"e123",…`."""
        self.requests += 1
        start = body.find(b'"', body.find(b'"id":') + 5) + 1  # a space may follow the colon
        key = body[start : body.find(b'"', start)]
        if key in self.received:
            self.repeats += 1
        else:
            self.received[key] = time.perf_counter()


_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class _SinkConnection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._sink.note(b"".join(self._body))
        self._body.clear()
        self._transport.write(_OK)


class BlackHole:
    """An endpoint that takes connections and requests and never answers."""

    def __init__(self) -> None:
        self.connections = 0

    async def start(self) -> int:
        """Listen on an ephemeral loopback port and return it."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Silence(self), "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])


class _Silence(asyncio.Protocol):
    def __init__(self, hole: BlackHole) -> None:
        self._hole = hole

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._hole.connections += 1


class _Sender(asyncio.Protocol):
    """One connection that has a request under way whenever there is one to send."""

    def __init__(self, next_request: Callable[[], bytes | None], note: Callable[[int, float], None]) -> None:
        self._next, self._note = next_request, note
        self._parser = httptools.HttpResponseParser(self)
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        request = self._next()
        if request is None:
            self.close()
            return
        self.send(request)

    def close(self) -> None:
        """End the connection."""
        self._transport.close()
        if not self.done.done():
            self.done.set_result(None)

    def send(self, request: bytes) -> None:
        """Send a request."""
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._note(self._parser.get_status_code(), time.perf_counter() - self._sent)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


class Report:
    """What one run showed; times in seconds."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self.elapsed_s = 0.0
        self.accept_s: list[float] = []
        self.delivered_s: list[float] = []

    def quantile_ms(self, values: list[float], share: float) -> float:
        """Return a quantile in milliseconds."""
        ordered = sorted(values)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class _PacedSender(_Sender):
    """A connection that waits among the idle ones until it is given a request."""

    def __init__(self, idle: list[_PacedSender], note: Callable[[int, float], None]) -> None:
        super().__init__(lambda: None, note)
        self._idle = idle

    def _send(self) -> None:
        self._idle.append(self)


async def _post_paced(
    port: int,
    next_request: Callable[[], bytes | None],
    note: Callable[[int, float], None],
    *,
    connections: int,
    rate_per_s: float,
) -> None:
    """Post events at an even pace, as finely as the loop's timers go; a connection too few makes events late, which the report shows."""
    loop = asyncio.get_running_loop()
    idle: list[_PacedSender] = []
    senders = [
        (await loop.create_connection(lambda: _PacedSender(idle, note), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    started_s, posted = loop.time(), 0
    while True:
        due = int((loop.time() - started_s) * rate_per_s)
        while posted < due and idle:
            request = next_request()
            if request is None:
                while len(idle) < connections:
                    await asyncio.sleep(0.001)
                for sender in senders:
                    sender.close()
                return
            idle.pop().send(request)
            posted += 1
        await asyncio.sleep(0.0005)


async def run_load(
    port: int,
    path: str,
    make: Callable[[int], tuple[bytes, bytes]],
    sink: Sink,
    *,
    events: int,
    connections: int,
    rate_per_s: float | None = None,
) -> Report:
    """Post `events` events over `connections` connections and wait until the sink has them all.

    Without `rate_per_s` as fast as they are answered. `make(n)` returns the id and the body of event n. Bounded: gives up 60 s after the last
    answer.
    """
    report = Report()
    sent: dict[bytes, float] = {}
    counter = iter(range(events))

    def next_request() -> bytes | None:
        number = next(counter, None)
        if number is None:
            return None
        key, body = make(number)
        sent[key] = time.perf_counter()
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\nce-specversion: 1.0\r\n"
            f"ce-type: order.paid\r\nce-source: /shop\r\nce-id: {key.decode()}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def note(status: int, taken_s: float) -> None:
        if status == 202:
            report.accepted += 1
            report.accept_s.append(taken_s)
        else:
            report.refused += 1

    before = len(sink.received)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    if rate_per_s is not None:
        await _post_paced(port, next_request, note, connections=connections, rate_per_s=rate_per_s)
    else:
        senders = [
            (await loop.create_connection(lambda: _Sender(next_request, note), "127.0.0.1", port))[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(sender.done for sender in senders))
    give_up = time.perf_counter() + 60
    while len(sink.received) - before < report.accepted and time.perf_counter() < give_up:
        await asyncio.sleep(0.01)
    arrived = [sink.received[key] for key in sent if key in sink.received]
    report.elapsed_s = max(arrived, default=time.perf_counter()) - started
    report.delivered_s = [sink.received[key] - at for key, at in sent.items() if key in sink.received]
    return report
