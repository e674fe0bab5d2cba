"""The server on real sockets of this machine: deadlines, bounds, start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvloop

from router.errors import InternalError
from router.event import Event
from router.server.serving import HttpServer
from router.server.settings import ServerSettings
from router.store.port import Accepted
from tests.server.fake_host import FakeHost, plan

# The loop that the program runs on, where there is one.
run = uvloop.run if sys.platform != "win32" else asyncio.run

BODY = b'{"specversion":"1.0","id":"1","source":"/a","type":"note","data":1}'
HEAD = b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/cloudevents+json\r\n"
REQUEST = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
BRIEF = {"header_timeout_s": 0.2, "body_timeout_s": 0.2, "idle_timeout_s": 0.2, "write_timeout_s": 0.2}


class SlowHost(FakeHost):
    """A host whose acceptances wait for `gate`."""

    def __init__(self) -> None:
        super().__init__(plan())
        self.gate = asyncio.Event()
        self.waiting = asyncio.Event()

    async def accept(self, event: Event) -> Accepted:
        self.waiting.set()
        await self.gate.wait()
        return await super().accept(event)


@contextlib.asynccontextmanager
async def serving(host: FakeHost | None = None, **settings: Any) -> AsyncIterator[tuple[HttpServer, int]]:
    host = host or FakeHost(plan())
    await host.store.open()
    server = HttpServer(host, ServerSettings(port=0, **settings))
    address, port = await server.start()
    assert address == "127.0.0.1"
    try:
        yield server, port
    finally:
        await server.stop(0.5)


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def read_reply(reader: asyncio.StreamReader, timeout_s: float = 5) -> tuple[int, bytes]:
    """Read one answer with Content-Length."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout_s)
    status = int(head.split(b" ", 2)[1])
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    return status, await asyncio.wait_for(reader.readexactly(length), 5)


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), 5)
    return b""


async def until_closed(port: int, sent: bytes) -> tuple[bytes, float]:
    """Send octets, then nothing; return what came back and how long the server waited."""
    reader, writer = await connect(port)
    started = time.monotonic()
    writer.write(sent)
    answer = await read_to_end(reader)
    writer.close()
    return answer, time.monotonic() - started


def metric(server: HttpServer, start: str) -> float:
    for line in server.application.metrics.render().decode().splitlines():
        if line.startswith(start):
            return float(line.rpartition(" ")[2])
    return 0.0


async def gone(server: HttpServer) -> None:
    """Wait until the server has served a connection and has none left."""
    async with asyncio.timeout(5):
        for start, is_there in (("http_requests_total", True), ("http_connections ", False)):
            while bool(metric(server, start)) is not is_there:  # noqa: ASYNC110 - the server offers no event for it
                await asyncio.sleep(0.02)


def test_requests_on_one_connection() -> None:
    async def go() -> None:
        async with serving() as (server, port):
            reader, writer = await connect(port)
            for expected in (202, 200, 200):
                writer.write(REQUEST)
                assert (await read_reply(reader))[0] == expected
            writer.write(REQUEST * 5)  # pipelined
            assert [(await read_reply(reader))[0] for _ in range(5)] == [200] * 5
            assert metric(server, "http_connections ") == 1
            writer.close()

    run(go())


def test_chunked_bodies_in_single_octets() -> None:
    async def go() -> None:
        async with serving() as (_, port):
            reader, writer = await connect(port)
            writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for octet in BODY:
                writer.write(b"1\r\n%c\r\n" % octet)
            # A trailer field is no header: it may not smuggle an attribute in.
            writer.write(b"0\r\nce-subject: smuggled\r\n\r\n")
            assert (await read_reply(reader))[0] == 202
            writer.close()

    run(go())


def test_trailers_are_dropped() -> None:
    async def go() -> None:
        host = FakeHost(plan())
        async with serving(host) as (_, port):
            reader, writer = await connect(port)
            writer.write(
                b"POST /events HTTP/1.1\r\nHost: x\r\nce-specversion: 1.0\r\nce-id: 1\r\nce-source: /a\r\nce-type: note\r\n"
                b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nce-subject: smuggled\r\n\r\n"
            )
            assert (await read_reply(reader))[0] == 202
            assert host.accepted[0].subject is None
            writer.close()

    run(go())


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"", None, "idle"),
        (b"POST /ev", b"408", "header"),
        (b"POST /events HTTP/1.1\r\nHost: local", b"408", "header"),
        (HEAD + b"Content-Length: 100\r\n\r\n", b"408", "body"),
        (HEAD + b"Content-Length: 100\r\n\r\n{", b"408", "body"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", b"408", "body"),
        (b"\r\n\r\n", None, "idle"),
    ],
)
def test_silent_clients_are_cut(sent: bytes, status: bytes | None, reason: str) -> None:
    async def go() -> None:
        async with serving(**BRIEF) as (server, port):
            answer, waited_s = await until_closed(port, sent)
            assert 0.15 < waited_s < 1.5
            assert answer.startswith(b"HTTP/1.1 " + status if status else b"")
            assert (b"urn:router:problem:request-timeout" in answer) is (status is not None)
            if status is None:
                assert answer == b""
            assert metric(server, f'http_connections_cut_total{{reason="{reason}"}}') == 1
            assert metric(server, "http_connections ") == 0

    run(go())


def test_a_kept_connection_is_cut_when_idle_and_its_next_request_has_a_deadline() -> None:
    async def go() -> None:
        async with serving(**{**BRIEF, "idle_timeout_s": 0.6}) as (server, port):
            reader, writer = await connect(port)
            writer.write(REQUEST)
            assert (await read_reply(reader))[0] == 202
            started = time.monotonic()
            assert await read_to_end(reader) == b""
            assert 0.5 < time.monotonic() - started < 2
            assert metric(server, 'http_connections_cut_total{reason="idle"}') == 1
            writer.close()

            reader, writer = await connect(port)
            writer.write(REQUEST)
            assert (await read_reply(reader))[0] == 200
            started = time.monotonic()
            writer.write(b"POST /events HT")
            assert (await read_to_end(reader)).startswith(b"HTTP/1.1 408")
            assert time.monotonic() - started < 0.5  # the header deadline, not the longer idle one
            writer.close()

    run(go())


def test_dripping_does_not_extend_a_deadline() -> None:
    async def drip(port: int, head: bytes, drop: bytes) -> float:
        reader, writer = await connect(port)
        writer.write(head)
        started = time.monotonic()
        answer = asyncio.ensure_future(read_to_end(reader))
        while not answer.done() and time.monotonic() - started < 3:
            writer.write(drop)
            await asyncio.wait({answer}, timeout=0.03)
        assert (await answer).startswith(b"HTTP/1.1 408")
        writer.close()
        return time.monotonic() - started

    async def go() -> None:
        async with serving(**BRIEF) as (_, port):
            assert await drip(port, b"POST /events HTTP/1.1\r\n", b"X-A: b\r\n") < 1
            assert await drip(port, HEAD + b"Content-Length: 10000\r\n\r\n", b"x") < 1

    run(go())


def test_our_own_slowness_is_no_deadline_of_the_clients() -> None:
    async def go() -> None:
        host = SlowHost()
        async with serving(host, **BRIEF) as (_, port):
            reader, writer = await connect(port)
            writer.write(REQUEST + REQUEST)
            await host.waiting.wait()
            await asyncio.sleep(0.5)
            host.gate.set()
            assert [(await read_reply(reader))[0] for _ in range(2)] == [202, 200]
            writer.close()

    run(go())


class LoudHost(FakeHost):
    """A host whose metrics are larger than all the buffers between us and a client."""

    def render_metrics(self) -> bytes:
        return b"# x\n" * 5_000_000


def test_a_client_that_does_not_read_is_cut() -> None:
    async def go() -> None:
        async with serving(LoudHost(plan()), **BRIEF) as (server, port):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await gone(server)
            assert metric(server, 'http_connections_cut_total{reason="write"}') == 1

    run(go())


@pytest.mark.parametrize("pieces", [1, 50])
def test_headers_are_bounded(pieces: int) -> None:
    async def go() -> None:
        async with serving(header_bytes_max=4096) as (server, port):
            reader, writer = await connect(port)
            head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 5000 + b"\r\n\r\n"
            size = len(head) // pieces
            for start in range(0, len(head), size):
                if writer.is_closing():
                    break
                with contextlib.suppress(ConnectionError):
                    writer.write(head[start : start + size])
                    await writer.drain()
                await asyncio.sleep(0)
            answer = await read_to_end(reader)
            assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""  # cut while still sending may lose the answer
            if pieces == 1:
                assert b"urn:router:problem:headers-too-large" in answer
            assert metric(server, 'http_connections_cut_total{reason="header-size"}') == 1
            writer.close()

            # As much as is allowed is served, with a body beyond the bound.
            reader, writer = await connect(port)
            body = BODY + b" " * 20_000
            writer.write(HEAD + b"X-Long: " + b"x" * 3800 + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert (await read_reply(reader))[0] == 202
            writer.close()

    run(go())


def test_endless_headers_are_cut() -> None:
    async def go() -> None:
        async with serving(header_bytes_max=4096) as (server, port):
            reader, writer = await connect(port)
            writer.write(b"GET / HTTP/1.1\r\n")
            with contextlib.suppress(ConnectionError):
                for _ in range(10_000):
                    writer.write(b"X-A: " + b"b" * 100 + b"\r\n")
                    await writer.drain()
            await read_to_end(reader)
            assert metric(server, 'http_connections_cut_total{reason="header-size"}') == 1
            writer.close()

    run(go())


def test_a_refused_body_is_read_away_and_the_connection_goes_on() -> None:
    async def go() -> None:
        async with serving(body_bytes_max=1000) as (_, port):
            reader, writer = await connect(port)
            writer.write(HEAD + b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000)
            status, document = await read_reply(reader)
            assert status == 413
            assert b"urn:router:problem:too-large" in document
            writer.write(REQUEST)
            assert (await read_reply(reader))[0] == 202
            writer.close()

    run(go())


def test_a_refused_body_without_end_is_cut() -> None:
    async def go() -> None:
        async with serving(body_bytes_max=1000) as (server, port):
            _, writer = await connect(port)
            writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                for _ in range(100_000):
                    writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                    await writer.drain()
            await gone(server)
            assert metric(server, 'http_connections_cut_total{reason="body"}') == 1
            writer.close()

    run(go())


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00",
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /events HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST /events HTTP/1.1\r\nHost: x\r\n folded: y\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ],
)
def test_what_is_not_http_answers_400_and_is_cut(sent: bytes) -> None:
    async def go() -> None:
        async with serving() as (_, port):
            answer, waited_s = await until_closed(port, sent)
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b"application/problem+json" in answer
            assert waited_s < 2

    run(go())


def test_upgrades_are_ignored() -> None:
    async def go() -> None:
        async with serving() as (_, port):
            reader, writer = await connect(port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            assert (await read_reply(reader))[0] == 200
            writer.close()

    run(go())


def test_forwarding_headers_do_not_change_the_peer() -> None:
    async def go() -> None:
        async with serving() as (_, port):
            reader, writer = await connect(port)
            writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")
            assert (await read_reply(reader))[0] == 403
            writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await read_reply(reader))[0] == 200
            writer.close()

    run(go())


def test_silent_clients_make_room_for_honest_ones_however_often_they_come_back() -> None:
    async def linger(port: int, first: bytes) -> None:
        while True:
            reader, writer = await connect(port)
            try:
                writer.write(first)
                await reader.read()
            except ConnectionError:
                pass
            finally:
                writer.close()

    async def go() -> None:
        openings = (b"", b"POST /events HT", HEAD + b"Content-Length: 100\r\n\r\n{")
        async with serving(connections_max=20) as (server, port):
            crowd = [asyncio.ensure_future(linger(port, openings[number % 3])) for number in range(60)]
            await asyncio.sleep(0.2)
            honest = [await connect(port) for _ in range(3)]
            for _, writer in honest:
                writer.write(REQUEST)
            assert sorted([(await read_reply(reader, 20))[0] for reader, _ in honest]) == [200, 200, 202]
            assert metric(server, 'http_connections_cut_total{reason="evicted"}') >= 20
            assert metric(server, "http_connections ") <= 20
            for task in crowd:
                task.cancel()
            await asyncio.wait(crowd)
            for _, writer in honest:
                writer.close()

    run(go())


def test_a_house_full_of_work_lets_new_ones_wait() -> None:
    async def go() -> None:
        host = SlowHost()
        async with serving(host, connections_max=16) as (_, port):
            busy = [await connect(port) for _ in range(16)]
            for _, writer in busy:
                writer.write(REQUEST)
            await host.waiting.wait()
            reader, writer = await connect(port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readexactly(1), 0.3)
            host.gate.set()
            assert {(await read_reply(each))[0] for each, _ in busy} == {200, 202}
            busy[0][1].close()
            assert (await read_reply(reader))[0] == 200
            for _, each in [*busy, (reader, writer)]:
                each.close()

    run(go())


# Start and stop


def test_an_address_in_use_is_a_clear_error() -> None:
    async def go() -> None:
        async with serving() as (_, port):
            other = HttpServer(FakeHost(plan()), ServerSettings(port=port))
            with pytest.raises(InternalError, match=f"cannot listen on 127.0.0.1:{port}: .*in use"):
                await other.start()
            with pytest.raises(InternalError, match="cannot listen on"):
                await HttpServer(FakeHost(plan()), ServerSettings(host="no.such.host.invalid", port=0)).start()

    run(go())


def test_ipv6() -> None:
    async def go() -> None:
        host = FakeHost(plan())
        server = HttpServer(host, ServerSettings(host="::1", port=0))
        try:
            address, port = await server.start()
        except InternalError:
            pytest.skip("no IPv6 loopback here")
        assert address == "::1"
        reader, writer = await asyncio.open_connection("::1", port)
        writer.write(b"GET /api/v1/endpoints HTTP/1.1\r\nHost: [::1]\r\n\r\n")
        assert (await read_reply(reader))[0] == 200
        writer.close()
        await server.stop(1)

    run(go())


def test_stop_finishes_what_is_under_way_and_takes_nothing_new() -> None:
    async def go() -> None:
        host = SlowHost()
        await host.store.open()
        server = HttpServer(host, ServerSettings(port=0))
        _, port = await server.start()
        idle_reader, idle_writer = await connect(port)
        reader, writer = await connect(port)
        writer.write(REQUEST)
        await host.waiting.wait()
        stopping = asyncio.ensure_future(server.stop(5))
        assert await read_to_end(idle_reader) == b""
        with pytest.raises(ConnectionError):
            await connect(port)
        assert not stopping.done()
        host.gate.set()
        assert (await read_reply(reader))[0] == 202
        assert await read_to_end(reader) == b""
        await asyncio.wait_for(stopping, 5)
        await server.stop(5)  # again does nothing
        idle_writer.close()
        writer.close()

    run(go())


def test_stop_cuts_at_the_deadline() -> None:
    async def go() -> None:
        host = SlowHost()
        await host.store.open()
        server = HttpServer(host, ServerSettings(port=0))
        _, port = await server.start()
        reader, writer = await connect(port)
        writer.write(REQUEST)
        slow_reader, slow_writer = await connect(port)
        slow_writer.write(HEAD + b"Content-Length: 100\r\n\r\n{")
        await host.waiting.wait()
        started = time.monotonic()
        await server.stop(0.3)
        assert time.monotonic() - started < 2
        answer = await read_to_end(reader)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 503")
        await read_to_end(slow_reader)
        for each in (writer, slow_writer):
            each.close()

    run(go())


def test_stop_does_not_wait_long_for_a_slow_body() -> None:
    async def go() -> None:
        server = HttpServer(FakeHost(plan()), ServerSettings(port=0))
        _, port = await server.start()
        reader, writer = await connect(port)
        writer.write(HEAD + b"Content-Length: 100\r\n\r\n{")
        await asyncio.sleep(0.1)
        started = time.monotonic()
        await server.stop(20)
        assert time.monotonic() - started < 4
        assert (await read_to_end(reader)).startswith(b"HTTP/1.1 408 ")
        writer.close()

    run(go())


def test_signals_are_left_alone() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    async def go() -> None:
        async with serving():
            during = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
            loop_own = asyncio.runners.Runner is not None and before[0] is not during[0]
            assert during[1] is before[1]
            assert not loop_own or "runners" in repr(during[0])

    run(go())
