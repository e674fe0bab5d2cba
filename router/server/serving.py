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
from collections.abc import Generator

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

FILES_RESERVED = 256
"""Open files left to the store, the egress connections and the configuration when the limit of open files bounds the connections."""


class HttpServer:
    """The HTTP side of the program. `application` is the ASGI callable, usable without a socket in tests."""

    def __init__(self, host: Host, settings: ServerSettings) -> None:
        self._settings = settings
        self.application = Application(host, settings)
        self._server: _EmbeddedServer | None = None
        self._task: asyncio.Task[None] | None = None

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
        self._task = asyncio.get_running_loop().create_task(self._server.serve([listener]), name="http-server")
        started = asyncio.get_running_loop().create_task(self._server.is_listening.wait())
        await asyncio.wait({self._task, started}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
            await self._task  # raises what went wrong
            raise InternalError("the HTTP server ended before it listened")
        address, port = listener.getsockname()[:2]
        return str(address), int(port)

    async def stop(self, deadline_s: float) -> None:
        """Stop accepting, finish what is under way for at most `deadline_s` seconds, cut the rest. Idempotent."""
        server, task = self._server, self._task
        if server is None or task is None:
            return
        self._server = self._task = None
        self.application.drain()
        server.config.timeout_graceful_shutdown = deadline_s  # type: ignore[assignment]  # it ends up in wait_for
        server.should_exit = True
        await task
        for connection in list(server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()


class _EmbeddedServer(Server):
    """uvicorn's server without its signal handlers, telling when it listens."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self.is_listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the runtime."""
        yield


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
