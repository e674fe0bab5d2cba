"""Connections to one site: who may use which, who waits, how many there may be.

A site is an origin as one kind of caller sees it: scheme, host, port, consent to private addresses, and TLS identity. A connection was
dialled for its site, its address judged under that consent and its certificate checked against that host, so handing it to the next
request of the same site is as good as dialling anew; no request of another site ever gets it, even if both names share an address.

A site counts slots. A slot is a connection or the right to dial one; `open` counts both.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from router.runtime.egress.connection import Connection
from router.runtime.egress.limits import EgressLimits

__all__ = ["Ledger", "Site"]


class Ledger:
    """The slots taken at all sites of an engine."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open = 0


class Site:
    """The connections of one site. It is the Keeper of each of them."""

    def __init__(self, limits: EgressLimits, clock: Callable[[], float], ledger: Ledger) -> None:
        self._limits = limits
        self._ledger = ledger
        self._clock = clock
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self.connections: set[Connection] = set()
        self.open = 0

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would be lost by forgetting the site."""
        return not self.open and not self._waiting

    def take(self) -> Connection | None:
        """Return an idle connection fit for use, the one used last; None if there is none."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable and self._clock() - connection.born_s < self._limits.age_s_max:
                return connection
            connection.close()
        return None

    async def slot(self) -> Connection | None:
        """Return a connection, or None with the right (and duty) to dial one or to call `give_up`. Waits while the site is full."""
        if self.open < self._limits.connections_per_site_max:
            self._count(1)
            return None
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on(turn.result())  # it was our turn in the very moment we left
            raise

    def give_up(self) -> None:
        """Return the right to dial; the next in line gets it."""
        self._count(-1)
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._count(1)
                turn.set_result(None)
                return

    def _pass_on(self, connection: Connection | None) -> None:
        if connection is None:
            self.give_up()
        else:
            self.idle(connection)

    def _count(self, change: int) -> None:
        self.open += change
        self._ledger.open += change

    def dialled(self, connection: Connection) -> None:
        """Count a connection that was just opened in its slot."""
        self.connections.add(connection)

    def idle(self, connection: Connection) -> None:
        """Take back a connection; the next in line gets it."""
        if not connection.is_usable:
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """Forget a connection; one that was never counted (a lost race) is none of ours."""
        if connection in self.connections:
            self.connections.discard(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self.give_up()

    def close_idle(self) -> bool:
        """Close the connection that was idle longest; return whether there was one."""
        if not self._idle:
            return False
        self._idle.pop(0).abort()
        return True

    def tick(self, now_s: float) -> None:
        """End exchanges past their deadline, and close what was idle for too long."""
        for connection in list(self.connections):
            if connection.is_busy:
                if connection.deadline_s <= now_s:
                    connection.expire()
            elif now_s - connection.idle_since_s >= self._limits.idle_s_max:
                connection.close()

    def abort(self, error: Exception) -> None:
        """End everything at once; whoever waits gets `error`."""
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(error)
        self._waiting.clear()
        for connection in list(self.connections):
            connection.abort(error)
