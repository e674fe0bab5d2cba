"""Runtime: one running router without its HTTP side; it only wires.

    server ─► Acceptor ─► Store ─► Dispatcher ─► Sender ─► endpoints
                 ▲                     ▲
                 └── swap ── Reloader ─┘        and beside them: retention, observation, reporting

`start` returns when events can be accepted, `stop` when everything under way has ended or the deadline is over. In between one task group
runs everything; a defect that ends one of its tasks ends all of them, `wait` raises it, and the process should end: the store has all that
was promised. `router.server.ports.Host` is this object's face to HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from router.clock import Clock, Entropy
from router.delivery.record import Delivery
from router.event import Event
from router.identity import DeliveryId, Revision
from router.plan import Plan
from router.runtime.acceptor import Acceptor
from router.runtime.attempt import Sending
from router.runtime.dispatcher import Dispatcher
from router.runtime.incidents import Incidents
from router.runtime.metrics import Metrics
from router.runtime.observation import Observation
from router.runtime.operations import Operations
from router.runtime.reload_report import ReloadReport
from router.runtime.reloader import Reloader
from router.runtime.reporting import Reporter
from router.runtime.retention import prune
from router.runtime.settings import RuntimeSettings
from router.runtime.watching import Changes, changes, hangups
from router.store.port import Accepted, Store

__all__ = ["Runtime"]

_log = logging.getLogger(__name__)


class Runtime:
    """A router that accepts events from Python and delivers them. Start it once, stop it once."""

    def __init__(
        self,
        settings: RuntimeSettings,
        *,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        sender: Sending,
        hints: Changes = changes,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._metrics = metrics = Metrics()
        incidents = Incidents()
        self._dispatcher = Dispatcher(
            store=store, sender=sender, clock=clock, entropy=entropy, metrics=metrics, incidents=incidents
        )
        self._reporter = Reporter(incidents, store=store, dispatcher=self._dispatcher, clock=clock, entropy=entropy)
        self._acceptor = Acceptor(
            store=store, dispatcher=self._dispatcher, clock=clock, entropy=entropy, metrics=metrics
        )
        self._reloader = Reloader(
            settings.config,
            store=store,
            clock=clock,
            metrics=metrics,
            swap=self._swap,
            hints=hints if settings.watch else None,
            environ=settings.environ,
        )
        self._operations = Operations(store=store, dispatcher=self._dispatcher, clock=clock)
        self._observation = Observation(
            store=store, dispatcher=self._dispatcher, metrics=metrics, clock=clock, incidents=incidents
        )
        self._main: asyncio.Task[None] | None = None
        self._beside: list[asyncio.Task[None]] = []

    # Life ------------------------------------------------------------------------------------------------------------------------

    async def start(self) -> ReloadReport:
        """Open the store, put a configuration in force, take up what a former process left; return what loading came to.

        Raises ConfigurationError without any usable configuration, StoreUnavailableError when the store cannot be opened.
        """
        await self._store.open()
        try:
            report = await self._reloader.start()
            await self._begin()
        except BaseException:
            await self._store.close()
            raise
        return report

    async def wait(self) -> None:
        """Wait until the runtime ends, normally by `stop`; raises what ended it otherwise."""
        if self._main is not None:
            await asyncio.wait([self._main])
            if self._main.exception() is not None:
                raise _cause(self._main.exception())

    async def stop(self, deadline_s: float = 30.0) -> None:
        """Start nothing more, wait for attempts under way up to the deadline, close the store. What is left is taken up by the next start."""
        for task in self._beside:
            task.cancel()
        self._dispatcher.stop(deadline_s)
        try:
            if self._main is not None:
                await asyncio.wait([self._main])  # `wait` is who raises
                await self._reporter.flush()
        finally:
            await self._store.close()

    async def _begin(self) -> None:
        self._main = asyncio.create_task(self._run(), name="runtime")
        started = asyncio.create_task(self._dispatcher.started.wait())
        await asyncio.wait([self._main, started], return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
            raise _cause(self._main.exception())

    async def _run(self) -> None:
        settings = self._settings
        with hangups(self._reloader.reload) if settings.signals else contextlib.nullcontext():
            async with asyncio.TaskGroup() as group:
                group.create_task(self._dispatcher.run(), name="dispatcher")
                await self._dispatcher.started.wait()
                self._beside = [
                    group.create_task(self._reloader.watch(poll_s=settings.poll_s), name="reloader"),
                    group.create_task(self._observation.run(every_s=settings.observe_s), name="observation"),
                    group.create_task(self._reporter.run(), name="reporter"),
                    group.create_task(
                        prune(self._store, self._clock, self._metrics, retention_s=settings.retention_s),
                        name="retention",
                    ),
                ]

    def _swap(self, plan: Plan) -> None:
        """Put a plan in force everywhere, without awaiting in between: no event sees a mixture."""
        self._acceptor.adopt(plan)
        self._dispatcher.adopt(plan.endpoints, plan.revision)
        self._reporter.adopt(plan)

    # The host of the server ------------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The clock."""
        return self._clock

    @property
    def store(self) -> Store:
        """The open store."""
        return self._store

    @property
    def plan(self) -> Plan | None:
        """The revision in force."""
        return self._acceptor.plan

    async def accept(self, event: Event) -> Accepted:
        """Route, render and keep an event durably. Raises EventError and StoreUnavailableError."""
        return await self._acceptor.accept(event)

    async def reload(self, trigger: str) -> ReloadReport:
        """Load the configuration anew; `trigger` is a short word for who asked."""
        return await self._reloader.reload(trigger)

    def last_reload(self) -> ReloadReport | None:
        """Return what the latest reload came to."""
        return self._reloader.last_report

    async def rollback(self, revision: Revision) -> ReloadReport:
        """Put an earlier good revision in force. Raises KeyError when it is not kept."""
        return await self._reloader.rollback(revision)

    async def retry(self, delivery: DeliveryId) -> Delivery:
        """Make a delivery due now. Raises KeyError for an unknown one, IllegalMoveError when its state forbids it."""
        return await self._operations.retry(delivery)

    async def cancel(self, delivery: DeliveryId) -> Delivery:
        """Cancel a delivery. Raises KeyError for an unknown one, IllegalMoveError when its state forbids it."""
        return await self._operations.cancel(delivery)

    def endpoints(self) -> list[dict[str, Any]]:
        """Return the state of every endpoint."""
        return self._operations.endpoints()

    async def set_endpoint(self, name: str, *, held: bool) -> None:
        """Hold an endpoint or resume it. Raises KeyError for an unknown one."""
        self._operations.set_endpoint(name, held=held)

    def health(self) -> dict[str, Any]:
        """Return facts for /readyz; `ready` is False while events cannot be accepted and delivered."""
        is_running = self._main is not None and not self._main.done()
        last = self._reloader.last_report
        return {
            "ready": is_running and self._dispatcher.started.is_set() and self._dispatcher.is_recording,
            "recording": self._dispatcher.is_recording,
            "unrecorded": self._dispatcher.unrecorded,
            "loop_lag_s": round(self._observation.lag_s, 4),
            "configuration_current": last is not None and last.applied,
            "held": dict(self._dispatcher.held),
        }

    def render_metrics(self) -> bytes:
        """Return all metrics of the runtime in the Prometheus text format."""
        return self._observation.render(self.plan, self._reloader.draining)


def _cause(error: BaseException | None) -> BaseException:
    """Return the fault inside the groups that task groups wrap around it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if error is not None else RuntimeError("the runtime ended before it had started")
