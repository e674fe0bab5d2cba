"""A host for the server's tests: the real plan and memory store, and an acceptor of a few lines in place of the runtime."""

from __future__ import annotations

from typing import Any

from router.delivery.record import Delivery, Transition
from router.delivery.state import DeliveryState, Move
from router.errors import EventError, EventFault
from router.event import Event
from router.filters import Filter
from router.identity import DeliveryId, EventKey, Revision
from router.language.documents import OnInvalid
from router.payloads import compile_schema
from router.plan import Plan, PlannedEventType, PlannedRoute, PlannedSource, PlannedTarget, PlannedVerify, Secret
from router.runtime.reload_report import ReloadReport
from router.store.memory import MemoryStore
from router.store.port import Acceptance, Accepted

NOW_MS = 1_770_000_000_000

ORDER_SCHEMA = {
    "type": "object",
    "required": ["total"],
    "properties": {"total": {"type": "number"}},
}


class FakeClock:
    """A clock that moves when told."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000


def source(name: str, scheme: str = "none", mapping: dict[str, str] | None = None, **verify: Any) -> PlannedSource:
    """Return a planned source at /in/<name>; `secrets` are texts."""
    secrets = tuple(Secret(text) for text in verify.pop("secrets", ()))
    return PlannedSource(
        name=name,
        path=f"/in/{name}",
        verify=PlannedVerify(scheme=scheme, secrets=secrets, **verify),
        event={key: Filter(value) for key, value in (mapping or {"type": "'order.paid'"}).items()},
    )


def plan(*sources: PlannedSource, types: tuple[str, ...] = (), revision: str = "00000000deadbeef") -> Plan:
    """Return a plan with the types order.paid (schema), note and `types` (none), the first two routed to `crm`."""
    schema = compile_schema(ORDER_SCHEMA, base="test.yaml", read=lambda name: b"")
    return Plan(
        revision=Revision(revision),
        event_types={
            "order.paid": PlannedEventType(name="order.paid", schema=schema, on_invalid=OnInvalid.REJECT),
            **{
                name: PlannedEventType(name=name, schema=None, on_invalid=OnInvalid.REJECT) for name in ("note", *types)
            },
        },
        endpoints={},
        sources={one.path: one for one in sources},
        routes=[PlannedRoute(name="to-crm", events=frozenset({"order.paid", "note"}), targets=(PlannedTarget("crm"),))],
    )


class FakeHost:
    """Satisfies `router.server.ports.Host`. `failure` is raised by the next acceptances; `accepted` are the events taken."""

    def __init__(self, plan: Plan | None) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore()
        self.plan = plan
        self.failure: Exception | None = None
        self.accepted: list[Event] = []
        self.report: ReloadReport | None = None
        self.reload_outcome = ReloadReport(
            applied=True, changed=True, revision=Revision("00000000deadbeef"), at_ms=NOW_MS
        )
        self.facts: dict[str, Any] = {}
        self.held: dict[str, bool] = {"crm": False}
        self._count = 0

    async def accept(self, event: Event) -> Accepted:
        if self.failure is not None:
            raise self.failure
        assert self.plan is not None
        if event.type not in self.plan.event_types:
            raise EventError(EventFault.UNKNOWN_TYPE, f"no event type `{event.type}` is configured")
        admission = self.plan.admit(event)
        if admission.violations:
            errors = tuple({"pointer": f"/data{v.pointer}", "detail": v.detail} for v in admission.violations)
            raise EventError(EventFault.INVALID, "the payload is not valid", errors)
        self._count += 1
        key = EventKey(f"evt_{self._count:032x}")
        deliveries = tuple(
            Delivery(
                id=DeliveryId(f"dlv_{self._count:016x}{position:016x}"),
                event_key=key,
                event_id=event.id,
                event_type=event.type,
                route=match.route,
                endpoint=match.endpoint,
                revision=self.plan.revision,
                body=match.body,
                headers=tuple(match.headers.items()),
                created_at_ms=self.clock.ms,
                due_at_ms=self.clock.ms,
            )
            for position, match in enumerate(self.plan.match(event))
        )
        accepted = await self.store.accept(
            Acceptance(
                key=key, event=event, revision=self.plan.revision, received_at_ms=self.clock.ms, deliveries=deliveries
            )
        )
        if not accepted.duplicate:
            self.accepted.append(event)
        return accepted

    async def reload(self, trigger: str) -> ReloadReport:
        self.report = self.reload_outcome
        return self.report

    def last_reload(self) -> ReloadReport | None:
        return self.report

    async def rollback(self, revision: Revision) -> ReloadReport:
        if revision == "unknown":
            raise KeyError(revision)
        return await self.reload("rollback")

    def health(self) -> dict[str, Any]:
        return self.facts

    async def retry(self, delivery: DeliveryId) -> Delivery:
        return await self._move(delivery, Move.REPLAY)

    async def cancel(self, delivery: DeliveryId) -> Delivery:
        return await self._move(delivery, Move.CANCEL)

    async def _move(self, delivery: DeliveryId, what: Move) -> Delivery:
        if await self.store.delivery(delivery) is None:
            raise KeyError(delivery)
        transition = Transition(
            delivery=delivery,
            what=what,
            at_ms=self.clock.ms,
            due_at_ms=self.clock.ms if what is Move.REPLAY else None,
            reason="asked for" if what is Move.CANCEL else None,
        )
        (error,) = await self.store.apply([transition])
        if error is not None:
            raise error
        moved = await self.store.delivery(delivery)
        assert moved is not None
        assert moved.state in (DeliveryState.PENDING, DeliveryState.CANCELLED)
        return moved

    def endpoints(self) -> list[dict[str, Any]]:
        return [{"name": name, "held": held, "in_flight": 0, "queued": 0} for name, held in self.held.items()]

    async def set_endpoint(self, name: str, *, held: bool) -> None:
        if name not in self.held:
            raise KeyError(name)
        self.held[name] = held

    def render_metrics(self) -> bytes:
        return (
            b"# HELP events_received_total Events.\n# TYPE events_received_total counter\nevents_received_total 1.0\n"
        )
