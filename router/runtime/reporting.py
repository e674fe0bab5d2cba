"""Reporting: incidents become operational events, kept and delivered like any others.

A report about an endpoint is a CloudEvent with one delivery, to the endpoint that `on_failure` names: signed, retried, listed and counted as
usual. It is never sent through the endpoint that it is about (the compiler refuses that), and the death of a report is itself reported to
nobody, so that no report causes another without end. No route sees these events; they are for `on_failure` alone.

It decides nothing about when (`router.runtime.incidents`) and sends nothing (`router.runtime.dispatcher`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from router.clock import Clock, Entropy
from router.delivery import birth
from router.errors import StoreUnavailableError
from router.event import Event
from router.event_headers import binary_headers
from router.identity import DeliveryId, Revision, new_delivery_id, new_event_key
from router.plan import Match, Plan
from router.plan.endpoint import PlannedEndpoint
from router.runtime.dispatcher import Dispatcher
from router.runtime.incidents import ROUTE_PREFIX, Incidents, Report
from router.store.port import Acceptance, Store

__all__ = ["Reporter"]

STORE_PAUSE_S = 1.0
"""How long a report waits before it is offered again to a store that could not commit."""

_log = logging.getLogger(__name__)


class Reporter:
    """Turns incidents into events. Run `run()` as a task; `flush()` before a stop."""

    def __init__(
        self, incidents: Incidents, *, store: Store, dispatcher: Dispatcher, clock: Clock, entropy: Entropy
    ) -> None:
        self._incidents = incidents
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._entropy = entropy
        self._endpoints: Mapping[str, PlannedEndpoint] = {}
        self._revision = Revision("")
        self._waiting: list[Report] = []
        self._news = asyncio.Event()
        incidents.on_news = self._news.set

    def adopt(self, plan: Plan) -> None:
        """Report under a new revision from now on."""
        self._endpoints, self._revision = plan.endpoints, plan.revision

    async def run(self) -> None:
        """Report, for ever; runs until cancelled."""
        while True:
            self._news.clear()
            wait_s = self._incidents.due_in_s(self._clock.monotonic_s())
            if self._waiting:
                await asyncio.sleep(STORE_PAUSE_S)
            elif wait_s is None or wait_s > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._news.wait()
            self._gather(self._clock.monotonic_s())
            await self._keep_waiting()

    async def flush(self) -> None:
        """Keep all there is to report, however fresh; what the store cannot commit now is lost with the process."""
        self._gather(float("inf"))
        await self._keep_waiting()

    def _gather(self, now_s: float) -> None:
        self._waiting += [report for report in self._incidents.take(now_s) if self._target(report) is not None]

    def _target(self, report: Report) -> str | None:
        about = self._endpoints.get(report.endpoint)
        target = about.on_failure if about is not None else None
        return target if target != report.endpoint and target in self._endpoints else None

    async def _keep_waiting(self) -> None:
        """Keep the reports that wait, as far as the store can."""
        while self._waiting:
            report = self._waiting[0]
            target = self._target(report)
            try:
                if target is not None:
                    await self._keep(report, target)
            except StoreUnavailableError as error:
                _log.error("%s of endpoint %s cannot be reported yet: %s", report.type, report.endpoint, error)
                return
            self._waiting.pop(0)

    async def _keep(self, report: Report, target: str) -> None:
        now_ms = self._clock.now_ms()
        key = new_event_key(self._clock, self._entropy)
        event = Event(
            id=key,
            source=f"/router/endpoints/{report.endpoint}",
            type=report.type.value,
            subject=report.endpoint,
            time=datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            datacontenttype="application/json",
            data=report.data,
            body=msgspec.json.encode(report.data),
        )
        match = Match(
            route=f"{ROUTE_PREFIX}{report.endpoint}",
            endpoint=target,
            payload=report.data,
            headers=binary_headers(event),
            body=event.body or b"",
        )
        dispatcher = self._dispatcher
        deliveries = birth.deliveries(
            [match],
            key=key,
            event=event,
            revision=self._revision,
            endpoints=self._endpoints,
            at_ms=now_ms,
            new_id=self._new_id,
            held=dispatcher.held,
        )
        reserved = dispatcher.reserve(deliveries)
        acceptance = Acceptance(
            key=key, event=event, revision=self._revision, received_at_ms=now_ms, deliveries=deliveries
        )
        try:
            accepted = await self._store.accept(acceptance, claim=reserved)
        except Exception:
            dispatcher.withdraw(deliveries, reserved)
            raise
        except BaseException:  # cancelled: the commit may take place all the same
            dispatcher.reclaim(deliveries, reserved)
            raise
        dispatcher.offer(accepted.deliveries, reserved)

    def _new_id(self) -> DeliveryId:
        return new_delivery_id(self._clock, self._entropy)
