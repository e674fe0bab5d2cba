"""The dispatcher alone on virtual time: one store, one scripted sender, no configuration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from router.delivery.record import Delivery, Outcome, Transition
from router.delivery.state import DeliveryState, IllegalMoveError, Move
from router.errors import EndpointError, InternalError, StoreUnavailableError
from router.identity import DeliveryId, Revision
from router.plan import Plan
from router.runtime.acceptor import Acceptor
from router.runtime.breaker import BreakerState
from router.runtime.dispatcher import Dispatcher
from router.runtime.metrics import Metrics
from router.store.memory import MemoryStore
from router.store.port import Acceptance, Accepted, Claimed, DeliveryFilter
from router.testing.loop import SeededEntropy, VirtualClock
from router.testing.sender import Reply, ScriptedSender
from tests.runtime.builders import endpoint, event, plan, url
from tests.runtime.virtual import virtual


class World:
    """A dispatcher and an acceptor over one store."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.sender = ScriptedSender()
        self.clock = VirtualClock()
        self.metrics = Metrics()
        entropy = SeededEntropy(1)
        self.dispatcher = Dispatcher(
            store=self.store, sender=self.sender, clock=self.clock, entropy=entropy, metrics=self.metrics
        )
        self.acceptor = Acceptor(
            store=self.store, dispatcher=self.dispatcher, clock=self.clock, entropy=entropy, metrics=self.metrics
        )
        self.numbers = iter(range(1, 10**9))

    def adopt(self, new: Plan) -> None:
        self.acceptor.adopt(new)
        self.dispatcher.adopt(new.endpoints, new.revision)

    async def accept(self, count: int = 1) -> list[Delivery]:
        deliveries: list[Delivery] = []
        for _ in range(count):
            deliveries.extend((await self.acceptor.accept(event(next(self.numbers)))).deliveries)
        return deliveries

    async def states(self) -> dict[str, int]:
        found = (await self.store.deliveries(DeliveryFilter(), limit=10**6)).items
        states: dict[str, int] = {}
        for one in found:
            states[one.state.value] = states.get(one.state.value, 0) + 1
        return states

    async def one(self, delivery: Delivery) -> Delivery:
        found = await self.store.delivery(delivery.id)
        assert found is not None
        return found


@asynccontextmanager
async def world(new: Plan, *, store: MemoryStore | None = None, deadline_s: float = 60) -> AsyncIterator[World]:
    it = World(store)
    await it.store.open()
    it.adopt(new)
    async with asyncio.TaskGroup() as group:
        group.create_task(it.dispatcher.run())
        await it.dispatcher.started.wait()
        try:
            yield it
        finally:
            it.dispatcher.stop(deadline_s)
    await it.store.close()


@virtual
async def test_a_delivery_arrives_with_its_bytes_and_id() -> None:
    async with world(plan(endpoint("crm"))) as it:
        (delivery,) = await it.accept()
        await asyncio.sleep(0.1)
        (sent,) = it.sender.sent
        assert sent.request.body == b'{"number":1}'
        assert sent.delivery == delivery.id
        assert (await it.one(delivery)).state is DeliveryState.DELIVERED
        (attempt,) = await it.store.attempts(delivery.id)
        assert (attempt.number, attempt.status, attempt.outcome) == (1, 200, Outcome.DELIVER)


@virtual
async def test_a_failure_is_retried_on_the_schedule_and_never_early() -> None:
    async with world(plan(endpoint("crm", schedule_s=(5, 300)))) as it:
        it.sender.play(url("crm"), Reply(500), Reply(error=EndpointError("timeout", "no answer")), Reply(200))
        (delivery,) = await it.accept()
        await asyncio.sleep(1000)
        first, second, third = (sent.at_s for sent in it.sender.sent)
        assert 5 <= second - first <= 6.1
        assert 300 <= third - second <= 360.1
        assert (await it.one(delivery)).state is DeliveryState.DELIVERED
        assert [a.error for a in await it.store.attempts(delivery.id)] == [None, "timeout: no answer", None]


@virtual
async def test_the_schedule_ends_in_a_dead_letter_that_says_why() -> None:
    async with world(plan(endpoint("crm", schedule_s=(5, 300)))) as it:
        it.sender.play(url("crm"), Reply(500))
        (delivery,) = await it.accept()
        await asyncio.sleep(10_000)
        found = await it.one(delivery)
        assert found.state is DeliveryState.DEAD
        assert found.reason == "given up after 3 attempts; the last one: status 500"
        assert len(it.sender.sent) == 3


@virtual
async def test_retry_after_is_obeyed_by_the_delivery_and_by_its_endpoint() -> None:
    async with world(plan(endpoint("crm"))) as it:
        it.sender.play(url("crm"), Reply(429, headers=(("retry-after", "120"),)), Reply(200))
        first = await it.accept()
        await asyncio.sleep(1)
        second = await it.accept()
        await asyncio.sleep(110)
        assert len(it.sender.sent) == 1
        await asyncio.sleep(60)
        assert {(await it.one(one)).state for one in first + second} == {DeliveryState.DELIVERED}
        assert all(sent.at_s >= 120 for sent in it.sender.sent[1:])


@virtual
async def test_gone_holds_the_endpoint_until_it_is_resumed() -> None:
    async with world(plan(endpoint("crm"), endpoint("erp"))) as it:
        it.sender.play(url("crm"), Reply(410), Reply(200))
        await it.accept()
        await asyncio.sleep(1)
        await it.accept(3)
        await asyncio.sleep(3600)
        assert await it.states() == {"held": 4, "delivered": 4}
        assert "410" in it.dispatcher.held["crm"]
        it.dispatcher.resume("crm")
        await asyncio.sleep(60)
        assert await it.states() == {"delivered": 8}
        assert it.dispatcher.held == {}


@virtual
async def test_a_hold_by_the_endpoint_survives_a_restart() -> None:
    store = MemoryStore()
    async with world(plan(endpoint("crm")), store=store) as it:
        it.sender.play(url("crm"), Reply(410))
        await it.accept()
        await asyncio.sleep(1)
    async with world(plan(endpoint("crm")), store=store) as it:
        assert "410" in it.dispatcher.held["crm"]
        it.numbers = iter(range(100, 200))
        await it.accept()
        await asyncio.sleep(100)
        assert it.sender.sent == []
        assert await it.states() == {"held": 2}


@virtual
async def test_a_new_address_resumes_what_the_old_one_refused() -> None:
    async with world(plan(endpoint("crm"))) as it:
        it.sender.play(url("crm"), Reply(410))
        await it.accept(2)
        await asyncio.sleep(1)
        assert await it.states() == {"held": 2}
        it.adopt(plan(endpoint("crm", address="https://new.example/"), revision="r2"))
        await asyncio.sleep(60)
        assert await it.states() == {"delivered": 2}


@virtual
async def test_disabled_in_the_configuration_holds_and_enabled_resumes() -> None:
    async with world(plan(endpoint("crm", enabled=False))) as it:
        await it.accept(2)
        await asyncio.sleep(10)
        assert await it.states() == {"held": 2}
        with pytest.raises(ValueError, match="enabled: true"):
            it.dispatcher.resume("crm")
        it.adopt(plan(endpoint("crm"), revision="r2"))
        await asyncio.sleep(10)
        assert await it.states() == {"delivered": 2}


@virtual
async def test_an_operator_can_hold_and_resume() -> None:
    async with world(plan(endpoint("crm"))) as it:
        it.sender.play(url("crm"), Reply(500), Reply(200))
        await it.accept()
        await asyncio.sleep(1)
        it.dispatcher.hold("crm", "held by an operator")
        await asyncio.sleep(3600)
        assert await it.states() == {"held": 1}
        it.dispatcher.resume("crm")
        await asyncio.sleep(1)
        assert await it.states() == {"delivered": 1}
        with pytest.raises(KeyError):
            it.dispatcher.hold("nobody", "x")


@virtual
async def test_a_removed_endpoint_ends_its_deliveries_with_the_revision_as_reason() -> None:
    async with world(plan(endpoint("crm"), endpoint("erp"))) as it:
        it.sender.play(url("crm"), Reply(500))
        await it.accept(3)
        await asyncio.sleep(1)
        it.adopt(plan(endpoint("erp"), revision="r2"))
        await asyncio.sleep(1)
        dead = (await it.store.deliveries(DeliveryFilter(endpoint="crm"), limit=10)).items
        assert {(one.state, one.reason) for one in dead} == {(DeliveryState.DEAD, "endpoint crm is not in revision r2")}
        assert len(it.sender.to(url("crm"))) == 3


@virtual
async def test_held_deliveries_of_a_removed_endpoint_are_cancelled() -> None:
    async with world(plan(endpoint("crm"))) as it:
        it.dispatcher.hold("crm", "held by an operator")
        await it.accept(250)
        it.adopt(plan(endpoint("erp"), revision="r2"))
        await asyncio.sleep(1)
        assert await it.states() == {"cancelled": 250}
        assert it.dispatcher.held == {}


@virtual
async def test_concurrency_is_never_exceeded_and_is_used() -> None:
    async with world(plan(endpoint("crm", concurrency=3))) as it:
        it.sender.play(url("crm"), Reply(200, after_s=1))
        await it.accept(30)
        await asyncio.sleep(10.5)
        assert it.sender.most_in_flight[url("crm")] == 3
        assert await it.states() == {"delivered": 30}


@virtual
async def test_the_rate_is_never_exceeded() -> None:
    async with world(plan(endpoint("crm", rate_per_s=50))) as it:
        await it.accept(500)
        await asyncio.sleep(11)
        times = [sent.at_s for sent in it.sender.sent]
        assert len(times) == 500
        assert times[-1] < 10.1
        for first, last in zip(times, times[54:], strict=False):  # 50 in a second, and a burst of 5
            assert last - first > 0.98


@virtual
async def test_a_dead_endpoint_never_delays_another() -> None:
    async with world(plan(endpoint("crm"), endpoint("dead"))) as it:
        it.sender.play(url("dead"), Reply(error=EndpointError("timeout", "no answer"), after_s=15))
        for _ in range(100):
            await it.accept(10)
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.1)
        mine = (await it.store.deliveries(DeliveryFilter(endpoint="crm"), limit=2000)).items
        assert {one.state for one in mine} == {DeliveryState.DELIVERED}
        for one in mine:
            (attempt,) = await it.store.attempts(one.id)
            assert attempt.started_at_ms - one.created_at_ms <= 1


@virtual
async def test_fresh_deliveries_keep_slots_that_old_retries_cannot_take() -> None:
    store = MemoryStore()
    async with world(plan(endpoint("crm", concurrency=8, schedule_s=(5,) * 50)), store=store) as it:
        it.sender.play(url("crm"), Reply(404))
        await it.accept(60)
        await asyncio.sleep(4)
        it.sender.play(url("crm"), Reply(404, after_s=30))  # now all retries hang
        await asyncio.sleep(20)
        assert it.sender.in_flight[url("crm")] == 6
        before = len(it.sender.sent)
        await it.accept()
        await asyncio.sleep(0.01)
        assert len(it.sender.sent) == before + 1


@virtual
async def test_what_finds_no_room_in_memory_waits_in_the_store() -> None:
    async with world(plan(endpoint("crm", concurrency=10))) as it:
        it.sender.play(url("crm"), Reply(200, after_s=0.01))
        await it.accept(3000)
        lane = it.dispatcher.lanes["crm"]
        assert len(lane.fresh) <= 512
        await asyncio.sleep(10)
        assert await it.states() == {"delivered": 3000}
        assert lane.next_due_at_ms is None


@virtual
async def test_the_breaker_opens_probes_and_closes_without_loss() -> None:
    async with world(plan(endpoint("crm", schedule_s=(60,) * 20))) as it:
        it.sender.play(url("crm"), Reply(error=EndpointError("refused", "connection refused")))
        await it.accept(100)
        await asyncio.sleep(0.1)
        lane = it.dispatcher.lanes["crm"]
        assert lane.breaker.state is BreakerState.OPEN
        calls = len(it.sender.sent)
        assert calls < 40
        await asyncio.sleep(4)
        assert len(it.sender.sent) == calls
        await asyncio.sleep(2)
        assert len(it.sender.sent) == calls + 1  # one probe
        it.sender.play(url("crm"), Reply(200))
        await asyncio.sleep(1200)
        assert lane.breaker.state is BreakerState.CLOSED
        assert await it.states() == {"delivered": 100}


@virtual
async def test_an_open_breaker_bounds_the_backlog_by_age() -> None:
    async with world(plan(endpoint("crm", schedule_s=(60,) * 20, max_age_s=600))) as it:
        it.sender.play(url("crm"), Reply(error=EndpointError("refused", "connection refused")))
        await it.accept(300)
        await asyncio.sleep(2400)
        assert await it.states() == {"dead": 300}
        assert len(it.sender.sent) < 100


@virtual
async def test_our_own_faults_cost_the_endpoint_nothing() -> None:
    async with world(plan(endpoint("crm", schedule_s=(5,)))) as it:
        it.sender.play(url("crm"), Reply(error=InternalError("no resolver")))
        deliveries = await it.accept(20)
        await asyncio.sleep(3600)
        lane = it.dispatcher.lanes["crm"]
        assert lane.breaker.state is BreakerState.CLOSED
        found = await it.one(deliveries[0])
        assert (found.state, found.attempts) == (DeliveryState.PENDING, 0)
        assert found.reason is not None
        assert "not the endpoint's" in found.reason
        assert len(it.sender.sent) < 20 * 90
        it.sender.play(url("crm"), Reply(200))
        await asyncio.sleep(300)
        assert await it.states() == {"delivered": 20}


@virtual
async def test_our_own_faults_end_at_the_age_limit() -> None:
    async with world(plan(endpoint("crm", max_age_s=3600))) as it:
        it.sender.play(url("crm"), Reply(error=RuntimeError("a defect")))
        (delivery,) = await it.accept()
        await asyncio.sleep(4000)
        found = await it.one(delivery)
        assert found.state is DeliveryState.DEAD
        assert "a defect" in (found.reason or "")


@virtual
async def test_later_attempts_use_the_new_revision_and_the_same_bytes() -> None:
    async with world(plan(endpoint("crm"))) as it:
        it.sender.play(url("crm"), Reply(500))
        await it.accept()
        await asyncio.sleep(1)
        it.adopt(plan(endpoint("crm", address="https://new.example/"), revision="r2"))
        await asyncio.sleep(10)
        first, second = it.sender.sent
        assert (first.request.url, second.request.url) == (url("crm"), "https://new.example/")
        assert first.request.body == second.request.body
        assert first.delivery == second.delivery


@virtual
async def test_a_stop_waits_for_attempts_under_way_and_gives_the_rest_back() -> None:
    store = MemoryStore()
    async with world(plan(endpoint("crm", concurrency=2)), store=store, deadline_s=30) as it:
        it.sender.play(url("crm"), Reply(200, after_s=10))
        await it.accept(5)
        await asyncio.sleep(1)
        it.dispatcher.stop(30)
        await asyncio.sleep(15)
        assert await it.states() == {"delivered": 2, "pending": 3}


@virtual
async def test_a_stop_cuts_off_at_the_deadline() -> None:
    store = MemoryStore()
    async with world(plan(endpoint("crm")), store=store) as it:
        it.sender.play(url("crm"), Reply(200, after_s=1000))
        (delivery,) = await it.accept()
        await asyncio.sleep(1)
        it.dispatcher.stop(5)
        await asyncio.sleep(6)
        assert (await it.one(delivery)).state is DeliveryState.PENDING
    async with world(plan(endpoint("crm")), store=store) as it:
        await asyncio.sleep(1)
        assert (await it.one(delivery)).state is DeliveryState.DELIVERED


class FailingStore(MemoryStore):
    """Cannot commit while `down`."""

    down = False

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailableError("disk full")

    async def accept(self, acceptance: Acceptance, *, claim: frozenset[DeliveryId] = frozenset()) -> Accepted:
        self._check()
        return await super().accept(acceptance, claim=claim)

    async def apply(self, transitions: Any) -> tuple[IllegalMoveError | None, ...]:
        self._check()
        return await super().apply(transitions)

    async def claim(self, endpoint: str, *, now_ms: int, limit: int) -> Claimed:
        self._check()
        return await super().claim(endpoint, now_ms=now_ms, limit=limit)

    async def hold(self, endpoint: str, *, at_ms: int, reason: str, limit: int) -> int:
        self._check()
        return await super().hold(endpoint, at_ms=at_ms, reason=reason, limit=limit)


@virtual
async def test_results_survive_a_store_that_is_down_and_nothing_is_sent_twice() -> None:
    store = FailingStore()
    async with world(plan(endpoint("crm")), store=store) as it:
        it.sender.play(url("crm"), Reply(200, after_s=1))
        await it.accept(40)
        store.down = True
        await asyncio.sleep(60)
        assert not it.dispatcher.is_recording
        assert len(it.sender.sent) <= 32  # those under way, and those started before the first commit failed
        with pytest.raises(StoreUnavailableError):
            await it.accept()
        store.down = False
        await asyncio.sleep(60)
        assert await it.states() == {"delivered": 40}
        assert len(it.sender.sent) == 40


@virtual
async def test_a_hold_while_the_store_is_down_is_made_good() -> None:
    store = FailingStore()
    async with world(plan(endpoint("crm")), store=store) as it:
        it.sender.play(url("crm"), Reply(500))
        await it.accept()
        await asyncio.sleep(1)
        store.down = True
        it.dispatcher.hold("crm", "held by an operator")
        await asyncio.sleep(30)
        store.down = False
        await asyncio.sleep(3)
        assert await it.states() == {"held": 1}


@virtual
async def test_an_acceptance_that_is_cancelled_leaves_nothing_leased() -> None:
    class SlowStore(MemoryStore):
        async def accept(self, acceptance: Acceptance, *, claim: frozenset[DeliveryId] = frozenset()) -> Accepted:
            accepted = await super().accept(acceptance, claim=claim)
            await asyncio.sleep(1)
            return accepted

    async with world(plan(endpoint("crm")), store=SlowStore()) as it:
        task = asyncio.create_task(it.accept())
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.sleep(10)
        assert await it.states() == {"delivered": 1}
        assert it.dispatcher.lanes["crm"].reserved == 0


@virtual
async def test_a_former_process_work_is_taken_up() -> None:
    store = MemoryStore()
    async with world(plan(endpoint("crm")), store=store, deadline_s=0) as it:
        it.sender.play(url("crm"), Reply(200, after_s=1000))
        await it.accept(100)
    async with world(plan(endpoint("crm")), store=store) as it:
        await asyncio.sleep(5)
        assert await it.states() == {"delivered": 100}


@virtual
async def test_a_replay_gets_a_fresh_age() -> None:
    async with world(plan(endpoint("crm", schedule_s=(5, 5), max_age_s=60))) as it:
        it.sender.play(url("crm"), Reply(500))
        (delivery,) = await it.accept()
        await asyncio.sleep(1000)
        assert (await it.one(delivery)).state is DeliveryState.DEAD
        now_ms = it.clock.now_ms()
        await it.store.apply([Transition(delivery=delivery.id, what=Move.REPLAY, at_ms=now_ms, due_at_ms=now_ms)])
        it.dispatcher.note_due("crm", now_ms)
        await asyncio.sleep(1000)
        assert len(it.sender.sent) == 6
        found = await it.one(delivery)
        assert found.reason == "given up after 3 attempts; the last one: status 500"


@virtual
async def test_a_calendar_that_jumps_back_delays_no_more_than_a_timer() -> None:
    async with world(plan(endpoint("crm", schedule_s=(300,)))) as it:
        it.sender.play(url("crm"), Reply(500), Reply(200))
        (delivery,) = await it.accept()
        await asyncio.sleep(1)
        it.clock.epoch_ms += 3_600_000  # the calendar jumps forward past the due time
        await asyncio.sleep(61)
        assert (await it.one(delivery)).state is DeliveryState.DELIVERED


@virtual
async def test_an_unknown_revision_is_only_a_label() -> None:
    async with world(plan(endpoint("crm"))) as it:
        it.adopt(plan(endpoint("crm"), revision=Revision("r9")))
        (delivery,) = await it.accept()
        assert delivery.revision == "r9"
