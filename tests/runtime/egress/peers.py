"""Peers on the loopback that do exactly what a test wants, right or wrong, and the fakes for the engine's two seams."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvloop

from router.delivery.request import OutboundRequest, TlsIdentity
from router.errors import EndpointError
from router.runtime.egress import Dialler, EgressEngine, EgressLimits, Resolver, SystemDialler

T = TypeVar("T")

TLS = Path(__file__).resolve().parents[2] / "data" / "tls"
OUR_CA = TlsIdentity(ca_pem=(TLS / "ca.pem").read_bytes())
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def run(main: Coroutine[Any, Any, T], loop: str = "asyncio") -> T:
    """Run a coroutine to its end; a test that hangs fails after 20 seconds, and one that leaves tasks behind fails too."""

    async def bounded() -> T:
        async with asyncio.timeout(20):
            result = await main
        await asyncio.sleep(0.01)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left
        return result

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        return runner.run(bounded())


class Exchange:
    """One connection as the peer sees it: what came, and ways to answer."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number  # of the connection, from 1
        self.reader, self.writer = reader, writer
        self.head = b""
        self.body = b""

    async def request(self) -> bool:
        """Read one request whole; return False when the connection ended instead."""
        try:
            self.head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        length = next(int(line[15:]) for line in self.head.split(b"\r\n") if line.startswith(b"content-length:"))
        self.body = await self.reader.readexactly(length)
        return True

    async def say(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection with RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the other side has closed."""
        try:
            while await self.reader.read(65536):
                pass
        except (ConnectionError, ssl.SSLError):
            pass


Script = Callable[[Exchange], Awaitable[None]]


class Peer:
    """A server on an ephemeral port of 127.0.0.1 that follows a script per connection."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.port = 0
        self.connections = 0
        self.requests: list[tuple[bytes, bytes]] = []
        self.failures: list[BaseException] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._script(Exchange(self.connections, reader, writer))
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()


@asynccontextmanager
async def peer(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    made = Peer(script)
    handlers: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        await made.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=2**20)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await asyncio.sleep(0.01)
        assert not made.failures, made.failures


def answering(*answers: bytes) -> Script:
    """Return a script that gives each request on a connection the next answer, the last one again and again."""

    async def script(exchange: Exchange) -> None:
        given = 0
        while await exchange.request():
            await exchange.say(answers[min(given, len(answers) - 1)])
            given += 1

    return script


def once(answer: bytes) -> Script:
    """Return a script that answers one request and closes."""

    async def script(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.say(answer)

    return script


def server_tls(*, wants_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key.pem")
    if wants_client:
        context.load_verify_locations(TLS / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class TableResolver:
    """A resolver that knows what it is told; unknown names lead to `default`. Counts what it was asked."""

    def __init__(
        self, table: Mapping[str, Sequence[str]] | None = None, default: Sequence[str] = ("127.0.0.1",)
    ) -> None:
        self.table = dict(table or {})
        self.default = default
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.table.get(host, self.default)


class ClosedDialler:
    """A dialler that opens nothing and counts what it was told to."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def dial(self, protocol: Any, address: str, port: int, *, context: Any, server_name: str | None) -> Any:
        self.dialled.append(address)
        raise ConnectionRefusedError(111, "refused by the test")


class LoopbackDialler(SystemDialler):
    """The system's dialler, but nothing leaves the machine even if the engine errs. Counts what it was told to."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def dial(self, protocol: Any, address: str, port: int, *, context: Any, server_name: str | None) -> Any:
        self.dialled.append(address)
        assert address.startswith("127.") or address == "::1", address
        return await super().dial(protocol, address, port, context=context, server_name=server_name)


QUICK = EgressLimits(tick_s=0.01, stagger_s=0.02)


@asynccontextmanager
async def engine(
    *, resolver: Resolver | None = None, dialler: Dialler | None = None, limits: EgressLimits = QUICK
) -> AsyncIterator[EgressEngine]:
    made = EgressEngine(resolver=resolver or TableResolver(), dialler=dialler or LoopbackDialler(), limits=limits)
    try:
        yield made
    finally:
        await made.aclose()
        assert made.connections == 0


def request(port: int, *, host: str = "127.0.0.1", scheme: str = "http", **changes: Any) -> OutboundRequest:
    settings: dict[str, Any] = {
        "url": f"{scheme}://{host}:{port}/hooks",
        "headers": (("content-type", "application/json"), ("webhook-id", "dlv_1")),
        "body": b'{"a":1}',
        "connect_timeout_s": 2,
        "total_timeout_s": 3,
        "allow_private": True,
    }
    return OutboundRequest(**(settings | changes))


async def fault_of(attempt: Awaitable[Any]) -> str:
    """Return the kind of the EndpointError that an attempt ends with."""
    with pytest.raises(EndpointError) as caught:
        await attempt
    assert caught.value.detail
    return caught.value.kind
