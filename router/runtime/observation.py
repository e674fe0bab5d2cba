"""Observation: the metrics that are read rather than counted: backlog, lanes, revision, the event loop's lateness.

Rendering metrics must not wait, and the backlog is the store's to know; so a task looks at it every few seconds and the figures shown
are at most that old. It also measures how late the loop wakes, which is the first sign of an overloaded process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from prometheus_client.core import Metric

from router.clock import Clock
from router.errors import StoreUnavailableError
from router.identity import Revision
from router.plan import Plan
from router.runtime.breaker import BreakerState
from router.runtime.dispatcher import Dispatcher
from router.runtime.incidents import Incidents
from router.runtime.metrics import Metrics, gauge
from router.store.port import EndpointBacklog, Store

__all__ = ["Observation"]

_BREAKER = {BreakerState.CLOSED: 0.0, BreakerState.HALF_OPEN: 1.0, BreakerState.OPEN: 2.0}
_log = logging.getLogger(__name__)


class Observation:
    """Looks at what nobody counts."""

    def __init__(
        self, *, store: Store, dispatcher: Dispatcher, metrics: Metrics, clock: Clock, incidents: Incidents
    ) -> None:
        """`incidents` is told of backlogs."""
        self._incidents = incidents
        self._store = store
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._clock = clock
        self._backlogs: tuple[EndpointBacklog, ...] = ()
        self.lag_s = 0.0

    async def run(self, *, every_s: float) -> None:
        """Look, for ever; runs until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                self._backlogs = await self._store.backlogs()
                for backlog in self._backlogs:
                    self._incidents.backlog(backlog, now_ms=self._clock.now_ms())
            except StoreUnavailableError as error:
                _log.warning("the backlog cannot be read: %s", error)
            due_s = loop.time() + every_s
            await asyncio.sleep(every_s)
            self.lag_s = max(0.0, loop.time() - due_s)
            self._metrics.loop_lag_seconds.set(self.lag_s)

    def render(self, plan: Plan | None, draining: int) -> bytes:
        """Return all metrics in the text format."""
        return self._metrics.render([*self._of_lanes(), *self._of_backlog(), *_of_revision(plan, draining)])

    def _of_lanes(self) -> Iterable[Metric]:
        lanes = self._dispatcher.lanes.values()
        yield gauge(
            "router_endpoint_in_flight",
            "Attempts under way.",
            ("endpoint",),
            {(one.name,): one.in_flight for one in lanes},
        )
        yield gauge(
            "router_endpoint_concurrency_limit", "Attempts allowed at a time.", ("endpoint",),
            {(one.name,): one.limit.current for one in lanes},
        )  # fmt: skip
        yield gauge(
            "router_endpoint_breaker", "The breaker: 0 closed, 1 half-open, 2 open.", ("endpoint",),
            {(one.name,): _BREAKER[one.breaker.state] for one in lanes},
        )  # fmt: skip
        yield gauge(
            "router_endpoint_held", "1 while the endpoint is held.", ("endpoint",),
            {(one.name,): 0.0 if one.held is None else 1.0 for one in lanes},
        )  # fmt: skip
        yield gauge(
            "router_results_unrecorded",
            "Results of attempts that are not durable yet.",
            (),
            {(): self._dispatcher.unrecorded},
        )

    def _of_backlog(self) -> Iterable[Metric]:
        now_ms = self._clock.now_ms()
        yield gauge(
            "router_deliveries", "Deliveries kept, by state.", ("endpoint", "state"),
            {(one.endpoint, state.value): count for one in self._backlogs for state, count in one.counts.items()},
        )  # fmt: skip
        yield gauge(
            "router_oldest_open_delivery_seconds", "Age of the oldest delivery that is not final.", ("endpoint",),
            {
                (one.endpoint,): max(0.0, (now_ms - one.oldest_created_at_ms) / 1000)
                for one in self._backlogs
                if one.oldest_created_at_ms is not None
            },
        )  # fmt: skip


def _of_revision(plan: Plan | None, draining: int) -> Iterable[Metric]:
    labels: dict[tuple[str, ...], float] = {}
    if plan is not None:
        revision: Revision = plan.revision
        labels[revision, plan.commit or ""] = 1.0
    yield gauge("config_revision_info", "The revision in force.", ("revision", "commit"), labels)
    yield gauge("config_revisions_draining", "Earlier revisions that work under way still uses.", (), {(): draining})
