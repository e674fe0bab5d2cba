"""Loopback server: runs an ASGI application of ours on uvicorn, on a socket that is bound before anything is announced."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from router.cli.exits import CannotRunError
from router.cli.options import Address

__all__ = ["serving"]

_SHUTDOWN_S = 2


class _Server(uvicorn.Server):
    """uvicorn without signal handlers: whoever starts it ends it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


@asynccontextmanager
async def serving(application: Any, address: Address) -> AsyncIterator[Address]:
    """Serve until the block ends; yields the address that is really bound. Raises CannotRunError when it cannot be."""
    listener = _bound(address)
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                task.result()
                raise CannotRunError(f"the receiver on {address} ended before it began")
            await asyncio.sleep(0.005)
        yield Address(*listener.getsockname()[:2])
    finally:
        server.should_exit = True
        await task
        listener.close()


def _bound(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise CannotRunError(f"cannot listen on {address}: {error.strerror or error}") from None
    listener.setblocking(False)
    return listener
