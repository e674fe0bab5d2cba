"""Dispatcher: takes pending deliveries to their endpoints.

The theory. A delivery is a row; being sent is a lease on it. Leases come in two ways, and both end here in a lane (`router.runtime.lanes`):
the acceptor *offers* a delivery in the moment it is committed, already leased, so that the usual case never reads it back; and a lane
*claims* what is due when it runs low, which covers retries, what found the lane full, and what a former process left. The only timers
are one per lane, for the earliest of: a row falls due, a pause or the breaker's ends, a token drops into the rate bucket. They are
hints; the rows are the truth, and all of them are read again at a start.

    offer ──► fresh ──┐                ┌─► Recorder (group commit) ──► row: delivered, pending with a new due time, dead, held
                      ├─► take ─► attempt ─┤
    claim ──► backlog ┘                └─► lesson for the lane: breaker, limit, pause, hold

A worker is a task that makes one attempt after another for one lane as long as the lane has one to give; there are at most as many as the
lane's concurrency, and none while it is idle. A worker that is not needed is parked, to be given to whichever lane needs one next. It does
not wait for its result to be durable (`router.runtime.recorder`), so a slot is never idle during a commit. Nothing is awaited across lanes: a dead endpoint costs the others nothing.

Synchronous methods (`adopt`, `offer`, `hold`, …) change lanes at once and start tasks; no lock is needed, because nothing awaits in the
middle of a change. The dispatcher does not decide what an answer means or when to retry (`router.delivery`), and moves no rows in bulk
(`router.runtime.tending`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from functools import partial
from typing import Any, assert_never

from router.clock import Clock, Entropy
from router.delivery.record import Delivery, Transition
from router.delivery.state import FINAL_STATES, DeliveryState, Move
from router.errors import StoreUnavailableError
from router.identity import DeliveryId, Revision
from router.plan.endpoint import PlannedEndpoint
from router.runtime.attempt import Attempter, Carried, Lesson, Sending, fault_pause_s
from router.runtime.breaker import BreakerState
from router.runtime.incidents import Incidents
from router.runtime.lanes import CLAIM_BATCH, Lane
from router.runtime.metrics import Metrics
from router.runtime.recorder import Recorder
from router.runtime.tending import Tender, disabled_reason
from router.store.port import Store

__all__ = ["Dispatcher"]

TIMER_MAX_S = 60.0
"""The longest a timer sleeps: due times are dates, and when the calendar jumps they are looked at again after this at the latest."""

TIMER_MIN_S = 0.001
"""The shortest: due times are whole milliseconds, and a timer that fires a rounding too early must not spin."""

STORE_PAUSE_MS = 1000
"""How long a lane waits before it asks a store again that could not answer."""

THROTTLE_PAUSE_S = 1.0
"""How long nothing is sent to an endpoint that asks for fewer requests and does not say when."""

THROTTLE_PAUSE_MAX_S = 3600.0
"""The longest that one Retry-After stops all of an endpoint's deliveries; the delivery that got it waits as long as it says."""

OUR_FAULTS_TO_PAUSE = 3
"""Faults of ours in a row after which a lane pauses: one may lie in a single delivery, three mean that we cannot send."""

PARKED_MAX = 256
"""How many workers without work are kept: a task made for each delivery costs more than all of a lane's choice."""

RECORD_AT_STOP_S = 2.0
"""How long a stop waits for the last results to be durable, even when the deadline is over."""

_log = logging.getLogger(__name__)


class Dispatcher:
    """Delivers until stopped. Run `run()` as a task; it sets `started` once the backlog is known."""

    def __init__(
        self,
        *,
        store: Store,
        sender: Sending,
        clock: Clock,
        entropy: Entropy,
        metrics: Metrics,
        incidents: Incidents | None = None,
    ) -> None:
        """`incidents` is told what happens to endpoints."""
        self._store = store
        self._incidents = incidents or Incidents()
        self._clock = clock
        self._metrics = metrics
        self._attempter = Attempter(sender=sender, store=store, clock=clock, entropy=entropy)
        self._tender = Tender(store, clock, self._incidents)
        self._recorder = Recorder(store, on_room=self._settle_all, on_overtaken=metrics.overtaken.inc)
        self._endpoints: Mapping[str, PlannedEndpoint] = {}
        self._revision = Revision("")
        self._lanes: dict[str, Lane] = {}
        self._held: dict[str, str] = {}
        self._timers: dict[str, tuple[float, asyncio.Handle]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._workers: set[asyncio.Task[None]] = set()
        self._parked: list[asyncio.Future[tuple[Lane, Delivery] | None]] = []
        self._tending: dict[str, asyncio.Task[None]] = {}
        self._cut_off: list[DeliveryId] = []
        self._is_stopping = False
        self._deadline_s = 0.0
        self._stop = asyncio.Event()
        self.started = asyncio.Event()

    # What others read ------------------------------------------------------------------------------------------------------------

    @property
    def lanes(self) -> Mapping[str, Lane]:
        """The lanes by endpoint, to look at."""
        return self._lanes

    @property
    def held(self) -> Mapping[str, str]:
        """The endpoints that are held, with the reason: their deliveries are born held."""
        return self._held

    @property
    def unrecorded(self) -> int:
        """How many results are not durable yet."""
        return self._recorder.unrecorded

    @property
    def is_recording(self) -> bool:
        """Whether results can be made durable, as far as is known."""
        return not self._recorder.is_failing

    # Its life --------------------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Deliver until `stop`. Raises StoreUnavailableError when the backlog cannot be read at the start."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            recorder = tasks.create_task(self._recorder.run(), name="recorder")
            try:
                await self._recover()
                self.started.set()
                self._settle_all()
                await self._stop.wait()
                await self._wind_down(recorder)
            except BaseException:
                recorder.cancel()
                raise

    def stop(self, deadline_s: float) -> None:
        """Start nothing more; `run` returns when attempts under way have ended, at the latest after about `deadline_s` seconds."""
        self._is_stopping = True
        self._deadline_s = deadline_s
        self._stop.set()

    async def _recover(self) -> None:
        """Read what the store has, so that nothing that a former process left is forgotten."""
        for backlog in await self._store.backlogs():
            lane = self._lane(backlog.endpoint)
            if backlog.next_due_at_ms is not None:
                lane.note_due(backlog.next_due_at_ms)
            if backlog.counts.get(DeliveryState.HELD):
                lane.needs_tending = True
                if lane.is_open_for_work:
                    self._set_held(lane, await self._tender.held_reason(lane.name))

    async def _wind_down(self, recorder: asyncio.Task[None]) -> None:
        started_s = self._clock.monotonic_s()
        for _, timer in self._timers.values():
            timer.cancel()
        for tending in self._tending.values():
            tending.cancel()
        leased = [delivery.id for lane in self._lanes.values() for delivery in lane.drain()]
        self._dismiss()
        if self._workers:
            await asyncio.wait(self._workers, timeout=self._deadline_s)
        late = list(self._workers)
        for worker in late:
            worker.cancel()
        if late:
            _log.warning("%d attempts were cut off at the deadline; they will be made again", len(late))
            await asyncio.wait(late)
        try:
            await self._store.release([*leased, *self._cut_off])
        except StoreUnavailableError as error:
            _log.warning("leases end with the process, not before: %s", error)
        self._recorder.stop()
        left_s = self._deadline_s - (self._clock.monotonic_s() - started_s)
        await asyncio.wait([recorder], timeout=max(RECORD_AT_STOP_S, left_s))
        if not recorder.done():
            _log.error("%d results could not be recorded; those deliveries will be made again", self.unrecorded)
            recorder.cancel()

    # What changes lanes from outside ---------------------------------------------------------------------------------------------

    def adopt(self, endpoints: Mapping[str, PlannedEndpoint], revision: Revision) -> None:
        """Take the endpoints of a new revision. Attempts under way end as they began; each later one uses the new settings."""
        self._endpoints, self._revision = endpoints, revision
        now_s = self._clock.monotonic_s()
        for lane in self._lanes.values():
            before = lane.endpoint
            lane.configure(endpoints.get(lane.name), now_s)
            self._follow_configuration(lane, before)
            self._settle(lane)
        for name in endpoints:
            self._lane(name)

    def hold(self, endpoint: str, reason: str) -> None:
        """Stop delivering to an endpoint; what waits for it is held, what comes later too. Raises KeyError for an unknown endpoint."""
        lane = self._lanes[self._endpoints[endpoint].name]
        self._set_held(lane, reason)
        lane.needs_tending = True
        self._settle(lane)

    def resume(self, endpoint: str) -> None:
        """Deliver to a held endpoint again.

        Raises KeyError for an unknown endpoint, ValueError for one that the configuration disables.
        """
        if not self._endpoints[endpoint].enabled:
            raise ValueError(f"endpoint {endpoint} is disabled in the configuration; write `enabled: true` there")
        lane = self._lanes[endpoint]
        self._set_held(lane, None)
        lane.needs_tending = True
        self._settle(lane)

    def reserve(self, deliveries: Iterable[Delivery]) -> frozenset[DeliveryId]:
        """Keep places for deliveries that are about to be committed; return those to lease with the commit.

        Follow up with exactly one of `offer`, `withdraw` and `reclaim`.
        """
        if self._is_stopping or self._recorder.is_full or not self.started.is_set():
            return frozenset()
        now_s = self._clock.monotonic_s()
        return frozenset(
            [
                delivery.id
                for delivery in deliveries
                if delivery.state is DeliveryState.PENDING and self._lane(delivery.endpoint).reserve(now_s)
            ]
        )

    def offer(self, deliveries: Iterable[Delivery], leased: frozenset[DeliveryId]) -> None:
        """Take over committed deliveries: the `leased` ones at once, other pending ones by claiming them."""
        for delivery in deliveries:
            if delivery.state in FINAL_STATES:
                continue
            lane = self._lane(delivery.endpoint)
            if delivery.id in leased:
                lane.receive_fresh(delivery)
                if self._is_stopping:
                    self._give_back(lane.drain())
            elif delivery.state is not DeliveryState.HELD:
                lane.note_due(delivery.due_at_ms)
            elif lane.is_open_for_work:
                lane.needs_tending = True  # the endpoint was resumed while this one was being committed
            self._settle(lane)

    def withdraw(self, deliveries: Iterable[Delivery], reserved: frozenset[DeliveryId]) -> None:
        """Give reserved places back, because nothing was committed."""
        for delivery in deliveries:
            if delivery.id in reserved:
                self._lane(delivery.endpoint).reserved -= 1

    def reclaim(self, deliveries: Iterable[Delivery], reserved: frozenset[DeliveryId]) -> None:
        """Give reserved places back without knowing whether the commit takes place: end the leases, claim what turns out to be there."""
        mine = list(deliveries)
        self.withdraw(mine, reserved)
        self._give_back(mine)

    def note_due(self, endpoint: str, due_at_ms: int) -> None:
        """Note that somebody else made a delivery pending, such as an operator who retries one."""
        lane = self._lane(endpoint)
        lane.note_due(due_at_ms)
        self._settle(lane)

    # Lanes -----------------------------------------------------------------------------------------------------------------------

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = Lane(name, self._endpoints.get(name), self._clock.monotonic_s(), self._metrics.endpoint(name))
            self._lanes[name] = lane
            if lane.endpoint is not None and not lane.endpoint.enabled:
                self._set_held(lane, disabled_reason(name))
        return lane

    def _set_held(self, lane: Lane, reason: str | None) -> None:
        at_ms = self._clock.now_ms()
        if reason is None:
            self._held.pop(lane.name, None)
            lane.reopen()
            self._incidents.active(lane.name, "it was resumed", at_ms=at_ms)
        else:
            self._held[lane.name] = lane.held = reason
            if reason != disabled_reason(lane.name):  # whoever wrote that in the configuration knows
                self._incidents.disabled(lane.name, reason, at_ms=at_ms, is_known=not self.started.is_set())

    def _follow_configuration(self, lane: Lane, before: PlannedEndpoint | None) -> None:
        """Hold, resume or retire what a new revision changed in an endpoint's standing."""
        endpoint, disabled = lane.endpoint, disabled_reason(lane.name)
        if endpoint is not None and endpoint.enabled:
            # 410 was said by the old address; who writes a new one wants deliveries to go there.
            is_moved = lane.is_gone and before is not None and before.urls != endpoint.urls
            if lane.held != disabled and not is_moved and before is not None:
                return
            self._set_held(lane, None)
        else:
            self._set_held(lane, disabled if endpoint is not None else None)
            if endpoint is None:
                self._incidents.forget(lane.name)
        lane.needs_tending = True

    def _settle(self, lane: Lane) -> None:
        """Start whatever the lane can do now, and set its timer for what it can do later."""
        if lane.is_quiet or self._is_stopping or not self.started.is_set():
            return
        if not lane.is_open_for_work and (lane.next_due_at_ms is not None or lane.has_waiting):
            lane.needs_tending = True
        if lane.needs_tending and lane.name not in self._tending:
            self._tending[lane.name] = self._spawn(self._tend(lane))
        if self._recorder.is_full:
            return
        now_s = self._clock.monotonic_s()
        while (delivery := lane.take(now_s)) is not None:
            self._employ(lane, delivery)
        if lane.next_due_at_ms is None and not lane.has_waiting:
            return
        now_ms = self._clock.now_ms()
        if lane.wants_claim(now_ms, now_s):
            lane.is_claiming = True
            self._spawn(self._claim(lane))
        wake_in_s = lane.wake_in_s(now_ms, now_s)
        if wake_in_s is not None:
            self._arm(lane, wake_in_s)

    def _settle_all(self) -> None:
        for lane in self._lanes.values():
            self._settle(lane)

    def _arm(self, lane: Lane, delay_s: float) -> None:
        """Have the lane looked at after a delay, unless it will be looked at before that anyway."""
        loop = asyncio.get_running_loop()
        at_s = loop.time() + min(max(delay_s, TIMER_MIN_S), TIMER_MAX_S)
        if (armed := self._timers.get(lane.name)) is not None:
            armed_s, timer = armed
            if armed_s <= at_s:
                return
            timer.cancel()
        self._timers[lane.name] = (at_s, loop.call_at(at_s, self._wake, lane))

    def _wake(self, lane: Lane) -> None:
        # Forgotten first: a loop may fire a timer a little early (uvloop counts whole milliseconds), and then it must be set again.
        self._timers.pop(lane.name, None)
        self._settle(lane)

    def _employ(self, lane: Lane, delivery: Delivery) -> None:
        """Have a worker make this attempt: one that is parked, or else a new one."""
        while self._parked:
            place = self._parked.pop()
            if not place.done():  # else it was cancelled
                place.set_result((lane, delivery))
                return
        worker = self._spawn(self._work(lane, delivery))
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    def _dismiss(self) -> None:
        """End the parked workers."""
        for place in self._parked:
            if not place.done():
                place.set_result(None)
        self._parked.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        assert self._tasks is not None  # noqa: S101 - nothing spawns before `started`
        return self._tasks.create_task(work)

    # Tasks -----------------------------------------------------------------------------------------------------------------------

    async def _work(self, lane: Lane, first: Delivery) -> None:
        """Work for one lane after another."""
        work: tuple[Lane, Delivery] | None = (lane, first)
        while work is not None:
            await self._serve(*work)
            if self._is_stopping or len(self._parked) >= PARKED_MAX:
                return
            place: asyncio.Future[tuple[Lane, Delivery] | None] = asyncio.get_running_loop().create_future()
            self._parked.append(place)
            work = await place

    async def _serve(self, lane: Lane, first: Delivery) -> None:
        """Make attempts for a lane as long as it gives one."""
        delivery: Delivery | None = first
        try:
            while delivery is not None:
                endpoint = lane.endpoint
                if endpoint is None:  # removed since `take`
                    lane.done(delivery)
                    lane.backlog.append(delivery)
                    break
                carried = await self._attempter.carry(delivery, endpoint, lane.our_faults)
                self._learn(lane, delivery, carried)
                if self._is_stopping or self._recorder.is_full:
                    return
                delivery = lane.take(self._clock.monotonic_s())
                if lane.needs_settling:
                    self._settle(lane)
        except asyncio.CancelledError:
            assert delivery is not None  # noqa: S101 - the only await is in the loop
            lane.done(delivery)
            self._cut_off.append(delivery.id)
            raise
        self._settle(lane)

    def _learn(self, lane: Lane, delivery: Delivery, carried: Carried) -> None:
        """Have an attempt's result recorded, and draw the conclusions about its endpoint."""
        transition = carried.transition
        is_due_again = transition.what is Move.RETRY or transition.what is Move.LEASE_LOST
        self._recorder.put(transition, partial(self._due_again, lane) if is_due_again else None)
        lane.meter.attempted(carried.outcome, carried.duration_s)
        now_s = self._clock.monotonic_s()
        in_flight = lane.in_flight
        lane.done(delivery)
        if transition.what is Move.GIVE_UP:
            self._incidents.died(delivery, transition.reason or "", now_s=now_s)
        if carried.lesson is Lesson.NOTHING:
            lane.our_faults += 1
            if lane.our_faults >= OUR_FAULTS_TO_PAUSE:
                lane.pause(now_s + fault_pause_s(lane.our_faults - OUR_FAULTS_TO_PAUSE))
            return
        lane.our_faults = 0
        if transition.what is Move.SUCCEED:
            lane.meter.delivered((transition.at_ms - delivery.created_at_ms) / 1000)
        match carried.lesson:
            case Lesson.ALIVE:
                if lane.breaker.succeeded():
                    lane.limit.ramp(now_s)
                    self._answers_again(lane)
                lane.limit.succeeded(in_flight)
            case Lesson.SLOW_DOWN:
                if lane.breaker.succeeded():
                    self._answers_again(lane)
                lane.limit.failed(now_s - carried.duration_s, now_s)
                pause_s = carried.pause_s if carried.pause_s is not None else THROTTLE_PAUSE_S
                lane.pause(now_s + min(pause_s, THROTTLE_PAUSE_MAX_S))
            case Lesson.FAILING:
                lane.limit.failed(now_s - carried.duration_s, now_s)
                if lane.breaker.failed(now_s):
                    lane.needs_tending = True  # its backlog may have grown too old
                    _log.warning(
                        "endpoint %s fails; the next try is in %.0f s: %s",
                        lane.name, lane.breaker.open_until_s - now_s, transition.reason,
                    )  # fmt: skip
                    self._incidents.failing(lane.name, transition.reason or "", at_ms=transition.at_ms)
            case Lesson.ELSEWHERE:
                pass  # the next attempts go to its other addresses
            case Lesson.GONE:
                lane.is_gone = True
                self._set_held(lane, transition.reason)
                lane.needs_tending = True
            case _ as never:
                assert_never(never)

    def _answers_again(self, lane: Lane) -> None:
        _log.warning("endpoint %s answers again", lane.name)
        self._incidents.active(lane.name, "it answers again", at_ms=self._clock.now_ms())

    def _due_again(self, lane: Lane, transition: Transition) -> None:
        lane.note_due(transition.due_at_ms if transition.due_at_ms is not None else transition.at_ms)
        self._settle(lane)

    async def _claim(self, lane: Lane) -> None:
        """Lease what is due and give it to the lane."""
        lane.next_due_at_ms = None  # what is noted from here on may be missing in the answer
        try:
            claimed = await self._store.claim(lane.name, now_ms=self._clock.now_ms(), limit=CLAIM_BATCH)
        except StoreUnavailableError as error:
            _log.error("endpoint %s: due deliveries cannot be read: %s", lane.name, error)
            lane.note_due(self._clock.now_ms() + STORE_PAUSE_MS)
        else:
            lane.backlog.extend(claimed.deliveries)
            if claimed.next_due_at_ms is not None:
                lane.note_due(claimed.next_due_at_ms)
        lane.is_claiming = False
        if self._is_stopping:
            self._cut_off.extend(delivery.id for delivery in lane.drain())
        self._settle(lane)

    async def _tend(self, lane: Lane) -> None:
        """Bring the lane's rows into agreement with its standing, and again if that changed meanwhile."""
        while lane.needs_tending:
            lane.needs_tending = False
            try:
                if lane.endpoint is None:
                    await self._tender.retire(lane, self._revision)
                elif lane.held is not None:
                    await self._tender.hold(lane)
                else:
                    if lane.breaker.state is not BreakerState.CLOSED:
                        await self._tender.expire(lane)
                    if await self._tender.resume(lane):
                        lane.limit.ramp(self._clock.monotonic_s())
            except StoreUnavailableError as error:
                _log.error("endpoint %s: waiting deliveries cannot be moved: %s", lane.name, error)
                lane.needs_tending = True
                await asyncio.sleep(STORE_PAUSE_MS / 1000)
        del self._tending[lane.name]
        self._settle(lane)

    def _give_back(self, deliveries: list[Delivery]) -> None:
        """End leases outside of a worker; what is pending then is claimed like anything else."""
        if self._tasks is not None and not self._stop.is_set():
            self._spawn(self._release(deliveries))

    async def _release(self, deliveries: list[Delivery]) -> None:
        while True:
            try:
                await self._store.release([delivery.id for delivery in deliveries])
                break
            except StoreUnavailableError:
                if self._is_stopping:
                    return
                await asyncio.sleep(STORE_PAUSE_MS / 1000)
        for delivery in deliveries:
            self.note_due(delivery.endpoint, delivery.due_at_ms)
