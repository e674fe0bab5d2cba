"""Retention: delete what is over and old, a little at a time.

An event goes, with its deliveries and their attempts, when all of them are final and it is older than the limit. Pending and held ones
stay however old they are. One step deletes at most `EVENTS_AT_ONCE`, so that acceptances hardly wait behind it, and steps are spaced.
"""

from __future__ import annotations

import asyncio
import logging

from router.clock import Clock
from router.errors import StoreUnavailableError
from router.runtime.metrics import Metrics
from router.store.port import Store

__all__ = ["EVENTS_AT_ONCE", "prune"]

EVENTS_AT_ONCE = 500
"""The most events one step deletes; measured on SQLite, 2000 rows of deletion hold the writer for up to 24 ms."""

STEP_PAUSE_S = 0.1
ROUND_PAUSE_S = 60.0

_log = logging.getLogger(__name__)


async def prune(store: Store, clock: Clock, metrics: Metrics, *, retention_s: float) -> None:
    """Delete for ever what is older than `retention_s`; runs until cancelled."""
    while True:
        deleted = 0
        try:
            before_ms = clock.now_ms() - round(retention_s * 1000)
            deleted = await store.prune(before_ms=before_ms, limit=EVENTS_AT_ONCE)
            metrics.pruned.inc(deleted)
        except StoreUnavailableError as error:
            _log.warning("old events cannot be deleted now: %s", error)
        await asyncio.sleep(STEP_PAUSE_S if deleted >= EVENTS_AT_ONCE else ROUND_PAUSE_S)
