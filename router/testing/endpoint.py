"""ScriptedEndpoint: a real HTTP/1.1 endpoint on the loopback that plays a script of answers and faults.

For tests of what really goes over a socket; where virtual time matters, use `router.testing.sender`. It listens on an ephemeral port of
127.0.0.1, remembers every request, and plays one step per request; the last step repeats.

    async with ScriptedEndpoint(Reply(503), Fault.RESET, Reply(204)) as endpoint:
        ... endpoint.url, endpoint.requests
"""

from __future__ import annotations

import asyncio
from enum import Enum
from types import TracebackType
from typing import Self

import msgspec

from router.testing.sender import Reply

__all__ = ["Fault", "Received", "ScriptedEndpoint"]

HEAD_BYTES_MAX = 64 * 1024
"""The longest request head it takes."""


class Fault(Enum):
    """What an endpoint does instead of answering."""

    HANG = "hang"  # reads the request and says nothing until the client goes away
    RESET = "reset"  # closes the connection with a reset
    CLOSE = "close"  # closes it in order, without a byte
    GARBAGE = "garbage"  # answers with something that is not HTTP
    CUT = "cut"  # promises a longer body than it sends


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request: method, target, headers with lower-case names, body."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class ScriptedEndpoint:
    """An endpoint for one test; use it as an async context manager."""

    def __init__(self, *steps: Reply | Fault) -> None:
        self.requests: list[Received] = []
        self._steps = list(steps) or [Reply()]
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES_MAX)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and drop every connection."""
        assert self._server is not None  # noqa: S101 - entered before
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The address to send to; the private address needs `allow_private`."""
        assert self._server is not None  # noqa: S101 - entered before
        port: int = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/hook"

    def play(self, *steps: Reply | Fault) -> None:
        """Set what comes next."""
        self._steps = list(steps)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler runs in a task
        self._connections.add(task)
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
                if not await _answer(step, reader, writer):
                    return
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            self._connections.discard(task)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method=method, target=target, headers=headers, body=body)


async def _answer(step: Reply | Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Play one step; return whether the connection lives on."""
    match step:
        case Reply():
            if step.after_s:
                await asyncio.sleep(step.after_s)
            headers = "".join(f"{name}: {value}\r\n" for name, value in step.headers)
            head = f"HTTP/1.1 {step.status} -\r\n{headers}content-length: {len(step.body)}\r\n\r\n"
            writer.write(head.encode("latin-1") + step.body)
        case Fault.HANG:
            await reader.read(1)
            return False
        case Fault.RESET:
            writer.transport.abort()
            return False
        case Fault.CLOSE:
            return False
        case Fault.GARBAGE:
            writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
            await writer.drain()
            return False
        case Fault.CUT:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
            await writer.drain()
            return False
    await writer.drain()
    return True
