"""Acceptor: from a decoded event to a durable one.

    Event ─ type known? ─ payload valid? (or upgraded) ─► plan.route ─► deliveries are born ─► Store.accept ─► offered to the dispatcher

The plan is read once, at the start: one event is checked, routed and stamped by exactly one revision, whatever a reload does meanwhile.
The caller hears of success only after the commit that holds the event and all its deliveries. Deliveries that the dispatcher has room for
are leased to it by the same commit, so that nothing reads them back from the disk.

The event is kept as it came in; an upgrade of an older payload changes only what filters and templates see, and a replay makes it again.
It decodes nothing (`router.server`), and it sends nothing.
"""

from __future__ import annotations

import logging

import msgspec

from router.clock import Clock, Entropy
from router.delivery import birth
from router.delivery.record import Delivery
from router.delivery.state import DeliveryState
from router.errors import EventError, EventFault, InternalError
from router.event import Event
from router.identity import DeliveryId, EventKey, new_delivery_id, new_event_key
from router.language.documents import OnInvalid
from router.payloads import Violation
from router.plan import Admission, Plan, Routed
from router.runtime.dispatcher import Dispatcher
from router.runtime.metrics import Metrics
from router.runtime.sampling import LogSample
from router.runtime.tally import Count
from router.store.port import Acceptance, Accepted, Store
from router.syntax.nearest import nearest

__all__ = ["Acceptor"]

_log = logging.getLogger(__name__)


class Acceptor:
    """Accepts events under the plan in force; `plan` is None, and nothing can be accepted, until the first `adopt`."""

    def __init__(
        self, *, store: Store, dispatcher: Dispatcher, clock: Clock, entropy: Entropy, metrics: Metrics
    ) -> None:
        self.plan: Plan | None = None
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._entropy = entropy
        self._metrics = metrics
        self._results = {
            result: metrics.events.labels(result) for result in ("accepted", "duplicate", "refused", "unavailable")
        }
        self._births = {state.value: metrics.born.labels(state.value) for state in DeliveryState}
        self._routed: dict[tuple[str, str], Count] = {}
        self._unmatched: set[tuple[str, str]] = set()
        self._sample = LogSample()

    def adopt(self, plan: Plan) -> None:
        """Put a plan in force: one assignment. Counters of revisions before the last one are dropped, or each reload would add series."""
        kept = {plan.revision, self.plan.revision if self.plan is not None else plan.revision}
        self.plan = plan
        for route, revision in [pair for pair in self._routed if pair[1] not in kept]:
            del self._routed[route, revision]
            self._metrics.routed.remove(route, revision)
        for event_type, revision in [pair for pair in self._unmatched if pair[1] not in kept]:
            self._unmatched.discard((event_type, revision))
            self._metrics.unmatched.remove(event_type, revision)

    async def accept(self, event: Event) -> Accepted:
        """Check, route, render and keep one event.

        Raises EventError (unknown type, invalid payload), StoreUnavailableError when it cannot be committed, and InternalError when there is
        no plan: in each case nothing was kept.
        """
        plan = self.plan
        if plan is None:
            raise InternalError("no configuration is in force yet")
        started_s = self._clock.monotonic_s()
        try:
            admission, invalid = self._admit(plan, event)
        except EventError:
            self._results["refused"].inc()
            raise
        routed = plan.route(admission.event)
        if routed.failures:
            self._note_failures(plan, event, routed)
        now_ms = self._clock.now_ms()
        key = new_event_key(self._clock, self._entropy)
        deliveries = birth.deliveries(
            routed.matches,
            key=key,
            event=event,
            revision=plan.revision,
            endpoints=plan.endpoints,
            at_ms=now_ms,
            new_id=self._new_id,
            held=self._dispatcher.held,
        )
        if invalid is not None:
            deliveries = tuple(
                msgspec.structs.replace(one, state=DeliveryState.DEAD, reason=invalid) for one in deliveries
            )
        accepted = await self._keep(plan, key, event, deliveries, now_ms)
        self._count(plan, event, accepted)
        self._metrics.accept_seconds.observe(self._clock.monotonic_s() - started_s)
        return accepted

    def _new_id(self) -> DeliveryId:
        return new_delivery_id(self._clock, self._entropy)

    def _admit(self, plan: Plan, event: Event) -> tuple[Admission, str | None]:
        """Return what to route, and why its deliveries are to be born dead (None: they are not)."""
        event_type = plan.event_types.get(event.type)
        if event_type is None:
            raise EventError(EventFault.UNKNOWN_TYPE, _unknown_type(event.type, plan))
        admission = plan.admit(event)
        if not admission.violations:
            return admission, None
        if event_type.on_invalid is OnInvalid.QUARANTINE:
            first = admission.violations[0]
            return admission, f"invalid: {_pointer(first)}: {first.detail}"
        raise EventError(
            EventFault.INVALID,
            f"the payload is not a valid {event.type}",
            tuple({"pointer": _pointer(violation), "detail": violation.detail} for violation in admission.violations),
        )

    async def _keep(
        self, plan: Plan, key: EventKey, event: Event, deliveries: tuple[Delivery, ...], now_ms: int
    ) -> Accepted:
        dispatcher = self._dispatcher
        reserved = dispatcher.reserve(deliveries)
        acceptance = Acceptance(
            key=key, event=event, revision=plan.revision, received_at_ms=now_ms, deliveries=deliveries
        )
        try:
            accepted = await self._store.accept(acceptance, claim=reserved)
        except Exception:
            dispatcher.withdraw(deliveries, reserved)
            self._results["unavailable"].inc()
            raise
        except BaseException:  # cancelled: the commit may take place all the same
            dispatcher.reclaim(deliveries, reserved)
            raise
        if accepted.duplicate:
            dispatcher.withdraw(deliveries, reserved)
        else:
            dispatcher.offer(accepted.deliveries, reserved)
        return accepted

    def _count(self, plan: Plan, event: Event, accepted: Accepted) -> None:
        if accepted.duplicate:
            self._results["duplicate"].inc()
            return
        self._results["accepted"].inc()
        if not accepted.deliveries:
            self._unmatched.add((event.type, plan.revision))
            self._metrics.unmatched.labels(event.type, plan.revision).inc()
        for delivery in accepted.deliveries:
            pair = (delivery.route, plan.revision)
            counter = self._routed.get(pair)
            if counter is None:
                counter = self._routed[pair] = self._metrics.routed.labels(*pair)
            counter.inc()
            state = delivery.state
            self._births["pending" if state is DeliveryState.SENDING else state._value_].inc()

    def _note_failures(self, plan: Plan, event: Event, routed: Routed) -> None:
        for route, message in routed.failures:
            self._metrics.filter_failures.labels(route).inc()
            unsaid = self._sample.unsaid(route, self._clock.monotonic_s())
            if unsaid is not None:
                _log.warning(
                    "the filter of route %s failed on event %s of type %s under revision %s, so it did not match: %s "
                    "(%d more since the last line)",
                    route, event.id, event.type, plan.revision, message, unsaid,
                )  # fmt: skip


def _unknown_type(name: str, plan: Plan) -> str:
    close = nearest(name, plan.event_types)
    if close is not None:
        return f"no event type `{name}` is configured; did you mean `{close}`?"
    if not plan.event_types:
        return f"no event type `{name}` is configured; there are none at all"
    return f"no event type `{name}` is configured; add it to `event_types`, or send one of the {len(plan.event_types)} that are"


def _pointer(violation: Violation) -> str:
    return f"/data{violation.pointer}"
