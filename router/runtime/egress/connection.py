"""One connection: an asyncio protocol that carries one exchange at a time.

`exchange` writes a request and returns a future; incoming bytes go to an AnswerReader until the answer is complete, and then the
connection reports to its keeper, either idle (it can serve again) or lost. It decides nothing about dialling, pooling or retrying.

A connection that ends without one byte of answer, though it served before, is stale: the peer had closed it while the request was under
way (RFC 9112, 9.3.1). Only that case raises StaleConnectionError, and its owner may send the request again.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from router.delivery.request import Answer
from router.errors import EndpointError
from router.runtime.egress.answer import AnswerReader
from router.runtime.egress.fault import Fault, endpoint_error
from router.runtime.egress.limits import EgressLimits

__all__ = ["Connection", "Keeper", "StaleConnectionError"]


class StaleConnectionError(Exception):
    """A kept connection turned out to be closed before any byte of the answer."""


class Keeper(Protocol):
    """Whoever keeps connections; called on the loop, at most once per exchange and once at the end."""

    def idle(self, connection: Connection) -> None:
        """Take back a connection that can serve again."""
        ...

    def lost(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        ...


class Connection(asyncio.Protocol):
    """An open connection to one address for one site. `deadline_s` and `idle_since_s` are times of the loop."""

    _transport: (
        asyncio.Transport
    )  # from connection_made on; whoever holds a Connection got it from a dialler, which waits for that

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: EgressLimits, keeper: Keeper) -> None:
        self._loop = loop
        self._limits = limits
        self._keeper = keeper
        self._reader: AnswerReader | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self._is_closed = False
        self.born_s = loop.time()
        self.idle_since_s = self.born_s
        self.deadline_s = 0.0
        self.exchanges = 0

    @property
    def is_busy(self) -> bool:
        """Tell whether an exchange is under way."""
        return self._reader is not None

    @property
    def is_usable(self) -> bool:
        """Tell whether an exchange could start."""
        return not self._is_closed and self._reader is None

    def exchange(self, octets: bytes, deadline_s: float) -> asyncio.Future[Answer]:
        """Send a request; the future gives the Answer, an EndpointError, or StaleConnectionError.

        Whoever stops waiting for it calls `abort`.
        """
        waiter: asyncio.Future[Answer] = self._loop.create_future()
        self._waiter = waiter
        self._reader = AnswerReader(self._limits)
        self.deadline_s = deadline_s
        self.exchanges += 1
        self._transport.write(octets)
        return waiter

    def expire(self) -> None:
        """End an exchange whose deadline has passed."""
        began = self._reader is not None and self._reader.is_started
        self._fail(
            endpoint_error(
                Fault.TIMEOUT, f"no complete answer in time; {'its beginning came' if began else 'not a byte came'}"
            )
        )

    def close(self) -> None:
        """Close in good order."""
        self._is_closed = True
        self._transport.close()

    def abort(self, error: Exception | None = None) -> None:
        """Close at once; whoever still waits for an answer gets `error`, if one is given."""
        self._is_closed = True
        if error is not None:
            self._settle(error)
        self._transport.abort()

    # What follows is called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that nobody asked for end the connection."""
        reader = self._reader
        if reader is None:
            self.abort()
            return
        try:
            if reader.feed(data):
                self._finish(reader)
        except EndpointError as error:
            self._fail(error)

    def eof_received(self) -> bool:
        """Note that the peer will send no more; for some answers that is their end."""
        if self._reader is not None:
            self._ended(None)
        self._is_closed = True
        return False  # the transport closes itself

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection is gone, and tell the keeper."""
        self._is_closed = True
        if self._reader is not None:
            self._ended(error)
        self._keeper.lost(self)

    def _ended(self, error: Exception | None) -> None:
        reader = cast("AnswerReader", self._reader)
        if error is None and reader.end():
            self._finish(reader)
        elif not reader.is_started and self.exchanges > 1:
            self._settle(StaleConnectionError())
        elif not reader.is_started:
            self._settle(endpoint_error(Fault.RESET, "the endpoint closed the connection without an answer"))
        else:
            self._settle(endpoint_error(Fault.RESET, "the endpoint closed the connection in the middle of its answer"))

    def _finish(self, reader: AnswerReader) -> None:
        """Hand over the answer. An answer that came before the whole request was written leaves the connection in an unknown state."""
        waiter, self._waiter, self._reader = self._waiter, None, None
        if waiter is not None and not waiter.done():
            waiter.set_result(reader.answer())
        transport = self._transport
        if self._is_closed:
            return
        if not reader.is_reusable or transport.get_write_buffer_size():
            self._is_closed = True
            transport.abort()
        elif not transport.is_closing():
            self.idle_since_s = self._loop.time()
            self._keeper.idle(self)

    def _fail(self, error: EndpointError) -> None:
        self.abort(error)

    def _settle(self, error: Exception) -> None:
        waiter, self._waiter, self._reader = self._waiter, None, None
        self._is_closed = True
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
