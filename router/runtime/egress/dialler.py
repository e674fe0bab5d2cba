"""The dialler seam: from one literal address to an open, if need be encrypted, connection.

The dialler never resolves anything: it is handed the address that the guard has looked at. `race` dials several addresses of one name, the
next one when the former failed or is slow (RFC 8305), and keeps the first that opens.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

__all__ = ["Dialler", "SystemDialler", "race"]

P = TypeVar("P", bound=asyncio.Protocol)

_SHUTDOWN_TIMEOUT_S = 1.0  # how long a peer may take to say goodbye under TLS


class Dialler(Protocol):
    """Whoever opens connections."""

    async def dial(
        self,
        protocol: Callable[[], P],
        address: str,
        port: int,
        *,
        context: ssl.SSLContext | None,
        server_name: str | None,
    ) -> P:
        """Connect to a literal address and return the protocol, connection made and handshake done.

        With `context`, the peer's certificate must name `server_name`. Raises OSError, ssl.SSLError among them.
        """
        ...


class SystemDialler:
    """TCP of the operating system, through the running loop (asyncio's or uvloop's)."""

    async def dial(
        self,
        protocol: Callable[[], P],
        address: str,
        port: int,
        *,
        context: ssl.SSLContext | None,
        server_name: str | None,
    ) -> P:
        """Connect; both loops take a literal address as it is, without asking a resolver. They also set TCP_NODELAY."""
        loop = asyncio.get_running_loop()
        if context is None:
            _, made = await loop.create_connection(protocol, address, port)
        else:
            _, made = await loop.create_connection(
                protocol,
                address,
                port,
                ssl=context,
                server_hostname=server_name,
                ssl_shutdown_timeout=_SHUTDOWN_TIMEOUT_S,
            )
        return made


async def race(
    addresses: Sequence[str], dial: Callable[[str], Awaitable[P]], discard: Callable[[P], None], *, stagger_s: float
) -> P:
    """Return the first connection that opens; `discard` is given any that opens after it. Raises the earliest failure if none does."""
    if len(addresses) == 1:
        return await dial(addresses[0])
    waiting = list(addresses)
    running: set[asyncio.Future[P]] = set()
    failures: list[BaseException] = []
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(dial(waiting.pop(0))))
            done, running = await asyncio.wait(
                running, timeout=stagger_s if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            opened = [task.result() for task in done if task.exception() is None]
            failures += [error for task in done if (error := task.exception()) is not None]
            if opened:
                for extra in opened[1:]:
                    discard(extra)
                return opened[0]
        raise failures[0]
    finally:
        for task in running:
            task.cancel()
        for outcome in await asyncio.gather(*running, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                discard(outcome)
