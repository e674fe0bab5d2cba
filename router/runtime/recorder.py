"""Recorder: writes down how attempts ended, many in one transaction, without making the next attempt wait.

Workers put a Transition and go on. One task takes all that has gathered while the previous commit was under way and applies it in one
transaction (group commit without a timer: the busier, the larger the groups). What must follow a commit, such as arming a retry's timer,
is given along as `then` and called with the Transition once it is durable.

Until its Transition is durable a delivery stays leased, so nobody sends it twice; if the process dies first, it is sent again
(at-least-once). How many that can be is bounded: while the store cannot commit, or `UNRECORDED_MAX` results wait, `is_full` is true and
the dispatcher starts no attempt. The recorder then tries again with growing pauses and gives nothing up.

It does not decide any move, and it does not claim.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from router.delivery.record import Transition
from router.errors import StoreUnavailableError
from router.store.port import Store

__all__ = ["BATCH_MAX", "UNRECORDED_MAX", "Recorder", "Then"]

Then = Callable[[Transition], None]

UNRECORDED_MAX = 4096
"""The most results that may wait for a commit, and so the most deliveries that a crash can make us send a second time on this account."""

BATCH_MAX = 512
"""The most transitions in one transaction; larger ones gain nothing (measured: SQLite is flat from 200 on) and hold the writer longer."""

PAUSE_MIN_S = 0.1
PAUSE_MAX_S = 5.0
"""How long to wait before trying a failed commit again: doubled each time, short enough that a cleaned-up disk is noticed at once."""

_log = logging.getLogger(__name__)


class Recorder:
    """The one writer of attempts' results. Run `run()` as a task; end it with `stop()`."""

    def __init__(self, store: Store, *, on_room: Callable[[], None], on_overtaken: Callable[[], None]) -> None:
        """`on_room` is called when `is_full` turns false, `on_overtaken` for each transition that came too late to be legal."""
        self._store = store
        self._on_room = on_room
        self._on_overtaken = on_overtaken
        self._waiting: list[tuple[Transition, Then | None]] = []
        self._committing = 0
        self._is_failing = False
        self._is_stopping = False
        self._wake: asyncio.Future[None] | None = None

    @property
    def unrecorded(self) -> int:
        """How many results are not durable yet."""
        return len(self._waiting) + self._committing

    @property
    def is_failing(self) -> bool:
        """Whether the last commit failed."""
        return self._is_failing

    @property
    def is_full(self) -> bool:
        """Whether no attempt should start, because its result could not be written down soon."""
        return self._is_failing or len(self._waiting) + self._committing >= UNRECORDED_MAX

    def put(self, transition: Transition, then: Then | None = None) -> None:
        """Have a transition applied soon. Never blocks, never fails."""
        self._waiting.append((transition, then))
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def run(self) -> None:
        """Write until stopped and empty."""
        loop = asyncio.get_running_loop()
        while True:
            if not self._waiting:
                if self._is_stopping:
                    return
                self._wake = loop.create_future()
                await self._wake
                self._wake = None
                continue
            await self._commit(self._waiting[:BATCH_MAX])

    def stop(self) -> None:
        """Let `run` return once everything is written."""
        self._is_stopping = True
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _commit(self, batch: Sequence[tuple[Transition, Then | None]]) -> None:
        del self._waiting[: len(batch)]
        self._committing = len(batch)
        was_full = self.is_full
        transitions = [transition for transition, _ in batch]
        pause_s = PAUSE_MIN_S
        while True:
            try:
                refusals = await self._store.apply(transitions)
                break
            except StoreUnavailableError as error:
                was_full = self._is_failing = True
                _log.error("%d results wait, because the store cannot commit: %s", self.unrecorded, error)
                await asyncio.sleep(pause_s)
                pause_s = min(PAUSE_MAX_S, pause_s * 2)
        self._is_failing = False
        self._committing = 0
        for (transition, then), refusal in zip(batch, refusals, strict=True):
            if refusal is not None:
                _log.warning("a result came too late: %s", refusal)
                self._on_overtaken()
            elif then is not None:
                then(transition)
        if was_full and not self.is_full:
            self._on_room()
