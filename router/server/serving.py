"""HttpServer: uvicorn inside our own event loop.

It listens, reports where, and stops in order: no new connections, idle ones closed, requests under way finished up to a deadline, the rest
cut. Signals, the loop and the process belong to the runtime; uvicorn installs no handlers, reads no X-Forwarded-For, and logs no accesses.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
from collections.abc import Coroutine, Generator
from typing import Any

from uvicorn import Config, Server

from router.errors import InternalError
from router.server.application import Application
from router.server.deadlines import BoundedProtocol, Bounds
from router.server.ports import Host
from router.server.settings import ServerSettings

__all__ = ["HttpServer"]

_log = logging.getLogger(__name__)

BACKLOG = 2048
"""Connections the kernel may hold before we take them; the usual SOMAXCONN is 4096."""

ACCEPTS_AT_ONCE = 64
"""Connections taken before others get their turn."""

ACCEPT_PAUSE_S = 0.1
"""How long nothing is accepted after the kernel refused to."""

FILES_RESERVED = 256
"""Open files left to the store, the egress connections and the configuration when the limit of open files bounds the connections."""


class HttpServer:
    """The HTTP side of the program. `application` is the ASGI callable, usable without a socket in tests."""

    def __init__(self, host: Host, settings: ServerSettings) -> None:
        self._settings = settings
        self.application = Application(host, settings)
        self._server: _EmbeddedServer | None = None
        self._task: asyncio.Task[None] | None = None
        self._door: _Door | None = None

    async def start(self) -> tuple[str, int]:
        """Listen; return the address and port, which matters when the port asked for was 0.

        Raises InternalError with address and reason when it cannot listen.
        """
        listener = _listen(self._settings.host, self._settings.port)
        bounds = Bounds(self._settings, self.application.metrics, _connections_max(self._settings))
        protocol = type("Connection", (BoundedProtocol,), {"bounds": bounds})
        config = Config(
            self.application,
            http=protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            loop="none",
            log_config=None,
            log_level=logging.ERROR,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
        )
        self._server = _EmbeddedServer(config)
        self._task = asyncio.get_running_loop().create_task(self._server.serve([]), name="http-server")
        started = asyncio.get_running_loop().create_task(self._server.has_started.wait())
        await asyncio.wait({self._task, started}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
            listener.close()
            await self._task  # raises what went wrong
            raise InternalError("the HTTP server ended before it listened")
        self._door = _Door(listener, self._server, bounds)
        address, port = listener.getsockname()[:2]
        return str(address), int(port)

    async def stop(self, deadline_s: float) -> None:
        """Stop accepting, finish what is under way for at most `deadline_s` seconds, cut the rest. Idempotent."""
        server, task, door = self._server, self._task, self._door
        if server is None or task is None or door is None:
            return
        self._server = self._task = self._door = None
        self.application.drain()
        await door.close()
        server.config.timeout_graceful_shutdown = deadline_s  # type: ignore[assignment]  # it ends up in wait_for
        server.should_exit = True
        await task
        cancelled = list(server.server_state.tasks)
        if cancelled:
            await asyncio.wait(cancelled, timeout=1)  # they have a last word for their clients
        for connection in list(door.bounds.open):
            connection.transport.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await door.bounds.emptied()


class _EmbeddedServer(Server):
    """uvicorn's server without its signal handlers and listeners, telling when it has started."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.has_started = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self.has_started.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the runtime."""
        yield


class _Door:
    """Takes connections from the listener as long as there is room for them; the others wait in the kernel's queue.

    uvicorn would take all there are. Nothing accepted is ever dropped by a cancellation, because accepting itself does not await.
    """

    def __init__(self, listener: socket.socket, server: _EmbeddedServer, bounds: Bounds) -> None:
        self.bounds = bounds
        self._listener = listener
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[None]] = set()
        self._pause: asyncio.Task[None] | None = None
        self._loop.add_reader(listener, self._on_readable)

    async def close(self) -> None:
        """Stop listening; who was let in is in when this returns."""
        self._loop.remove_reader(self._listener)
        if self._pause is not None:
            self._pause.cancel()
            await asyncio.wait([self._pause])
        self._listener.close()
        if self._entering:
            await asyncio.wait(self._entering)

    def _on_readable(self) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            if not self.bounds.has_room(len(self._entering)):
                self._pause_until(self._has_room())
                return
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of files or memory; that passes when some connection ends.
                _log.warning("cannot accept a connection: %s", error)
                self._pause_until(asyncio.sleep(ACCEPT_PAUSE_S))
                return
            task = self._loop.create_task(self._enter(connection))
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)

    async def _enter(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:
            connection.close()  # the client is gone already

    async def _has_room(self) -> None:
        if self._entering:
            await asyncio.wait(self._entering)
        await self.bounds.room()

    def _pause_until(self, condition: Coroutine[Any, Any, None]) -> None:
        async def pause() -> None:
            await condition
            self._loop.add_reader(self._listener, self._on_readable)

        self._loop.remove_reader(self._listener)
        self._pause = self._loop.create_task(pause(), name="http-door")

    def _protocol(self) -> asyncio.Protocol:
        server = self._server
        protocol_class: Any = server.config.http_protocol_class
        protocol: asyncio.Protocol = protocol_class(
            config=server.config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return protocol


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InternalError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise InternalError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listener


def _connections_max(settings: ServerSettings) -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return settings.connections_max
    return max(16, min(settings.connections_max, soft - FILES_RESERVED))
