"""Answers on a real connection: one piece where they are whole, uvicorn's ways where not, and never a forged header."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvloop
from starlette.types import Message, Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from router.server.deadlines import BoundedProtocol, Bounds
from router.server.metrics import ServerMetrics
from router.server.settings import ServerSettings

LENGTH = (b"content-length", b"2")


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def answer(messages: list[Message], request: bytes = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") -> tuple[bytes, int]:
    """Return what an application that sends these messages puts on the wire, and in how many writes."""
    writes: list[bytes] = []

    class Counted(BoundedProtocol):
        bounds = Bounds(ServerSettings(), ServerMetrics(), 10)

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(_Wire(transport, writes))  # type: ignore[arg-type]

    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    config = Config(application, http=Counted, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Counted(config=config, server_state=ServerState(), app_state={}), "127.0.0.1", 0
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(request)
        writer.write_eof()
        async with asyncio.timeout(5):
            octets = await reader.read(65536)
            while not octets.endswith((b"ok", b"0\r\n\r\n", b"Error")) and (more := await reader.read(65536)):
                octets += more
        writer.close()
    return octets, len(writes)


class _Wire:
    """A transport that counts writes."""

    def __init__(self, transport: asyncio.Transport, writes: list[bytes]) -> None:
        self._transport, self._writes = transport, writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._writes.append(data)
        self._transport.write(data)


def test_a_whole_answer_is_one_write() -> None:
    octets, writes = uvloop.run(answer([start((b"content-type", b"text/plain"), LENGTH), body(b"ok")]))
    assert octets == b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"
    assert writes == 1


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([start(), body(b"ok")], b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        ([start(LENGTH), body(b"o", more=True), body(b"k")], b"content-length: 2\r\n\r\nok"),
        ([start(LENGTH, (b"connection", b"close")), body(b"ok")], b"connection: close\r\n\r\nok"),
        # A fault after the start was announced: the client gets an answer all the same.
        ([start(LENGTH, status=201), start(LENGTH, status=500), body(b"ok")], b"500 Internal Server Error"),
    ],
)
def test_other_answers_go_the_usual_way(messages: list[Message], expected: bytes) -> None:
    octets, _ = uvloop.run(answer(messages))
    assert expected in octets


@pytest.mark.parametrize("field", [(b"x-a", b"b\r\nset-cookie: c=1"), (b"x-a\r\nx-b", b"c"), (b"x a", b"c")])
def test_a_header_that_forges_others_never_leaves(field: tuple[bytes, bytes]) -> None:
    octets, _ = uvloop.run(answer([start(LENGTH, field), body(b"ok")]))
    assert b"set-cookie" not in octets
    assert field[0] not in octets
    assert not octets.endswith(b"ok")


def test_an_answer_longer_than_announced_is_a_fault() -> None:
    octets, _ = uvloop.run(answer([start((b"content-length", b"1")), body(b"ok")]))
    assert not octets.endswith(b"\r\n\r\nok")


def test_head_has_no_body() -> None:
    octets, _ = uvloop.run(
        answer([start(LENGTH), body(b"ok")], b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    )
    assert octets.endswith(b"\r\n\r\n")
