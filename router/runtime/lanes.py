"""Lane: everything the dispatcher remembers about one endpoint, and the choice of what it may send next.

The theory: one bad endpoint must never cost another one anything, so nothing is shared between endpoints but the loop. Each has a lane
with two short queues in memory, a count of attempts in flight, a breaker, a rate bucket and a concurrency limit. Both queues hold
*leased* deliveries with their bodies:

- `fresh`: first attempts that the acceptor handed over in the moment they were committed. They never wait for a read from the store.
- `backlog`: what was claimed from the store because it was due: retries, and first attempts that found `fresh` full.

Everything else of an endpoint lies in the store as pending rows and costs no memory; `next_due_at_ms` is when the earliest of them is due.

Two rules keep old retries from starving fresh events. Where both queues have something, `fresh` is served `FRESH_TURNS` times for each
time of the backlog. And retries never hold more than three quarters of the slots, so that slots which hang until their timeout leave
room for what is new; an endpoint with a single slot gives it to either.

A lane is state and choice only: no task, no clock, no store. The dispatcher does those, and every method is told the time.
"""

from __future__ import annotations

from collections import deque

from router.delivery.record import Delivery
from router.plan.endpoint import PlannedEndpoint
from router.runtime.breaker import Breaker, BreakerState
from router.runtime.concurrency import ConcurrencyLimit
from router.runtime.metrics import EndpointMeter
from router.runtime.rate import TokenBucket

__all__ = ["BACKLOG_LOW", "CLAIM_BATCH", "FRESH_BYTES_MAX", "FRESH_MAX", "FRESH_TURNS", "Lane"]

FRESH_MAX = 512
"""How many first attempts may wait in memory for one endpoint; what comes on top waits in the store."""

CLAIM_BATCH = 64
"""How many deliveries one claim asks for."""

FRESH_BYTES_MAX = 4 * 1024 * 1024
"""How many bytes of bodies those may be before further ones wait in the store."""

BACKLOG_LOW = 32
"""A lane claims more when fewer than this many claimed deliveries wait in it, so that it never idles during a claim."""

FRESH_TURNS = 2
"""Of three attempts where both queues wait, two are fresh."""


class Lane:
    """The state of one endpoint's deliveries.

    `endpoint` is the current revision's, None when that has none of this name. `held` is why nothing may be sent, None when it may;
    `is_gone` says that it was the endpoint's own answer. `reserved` places in `fresh` are promised to commits under way. `our_faults`
    counts the latest attempts in a row that failed by our fault. `needs_tending`: rows in the store may not agree with the lane.
    """

    __slots__ = (
        "_backlog_turn",
        "_fresh_bytes",
        "_paused_until_s",
        "backlog",
        "breaker",
        "bucket",
        "endpoint",
        "fresh",
        "held",
        "in_flight",
        "is_claiming",
        "is_gone",
        "limit",
        "meter",
        "name",
        "needs_tending",
        "next_due_at_ms",
        "our_faults",
        "reserved",
        "retries_in_flight",
    )

    def __init__(self, name: str, endpoint: PlannedEndpoint | None, now_s: float, meter: EndpointMeter) -> None:
        self.name = name
        self.meter = meter
        self.endpoint: PlannedEndpoint | None = None
        self.fresh: deque[Delivery] = deque()
        self.backlog: deque[Delivery] = deque()
        self.reserved = 0
        self.in_flight = 0
        self.retries_in_flight = 0
        self.next_due_at_ms: int | None = None
        self.is_claiming = False
        self.held: str | None = None
        self.is_gone = False
        self.needs_tending = False
        self.our_faults = 0
        self.breaker = Breaker()
        self.limit = ConcurrencyLimit(None)
        self.bucket: TokenBucket | None = None
        self._fresh_bytes = 0
        self._paused_until_s = 0.0
        self._backlog_turn = 0
        self.configure(endpoint, now_s)

    def configure(self, endpoint: PlannedEndpoint | None, now_s: float) -> None:
        """Take the endpoint of a new revision. Breaker, bucket and what the limit learned live on: a reload is no amnesty."""
        self.endpoint = endpoint
        if endpoint is None:
            return
        self.limit.change(endpoint.limits.concurrency)
        rate_per_s = endpoint.limits.rate_per_s
        if rate_per_s is None:
            self.bucket = None
        elif self.bucket is None:
            self.bucket = TokenBucket(rate_per_s, now_s)
        elif self.bucket.rate_per_s != rate_per_s:
            self.bucket.change(rate_per_s, now_s)

    # What is known ---------------------------------------------------------------------------------------------------------------

    @property
    def is_open_for_work(self) -> bool:
        """Whether the endpoint is in the configuration and not held."""
        return self.endpoint is not None and self.held is None

    @property
    def has_waiting(self) -> bool:
        """Whether a leased delivery waits in memory."""
        return bool(self.fresh or self.backlog)

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to do, now or later, unless something happens."""
        return self.next_due_at_ms is None and not (self.fresh or self.backlog or self.needs_tending)

    @property
    def needs_settling(self) -> bool:
        """Whether a worker that goes on should also see to more workers or more backlog."""
        return (
            self.needs_tending
            or (self.in_flight < self.limit.current and self.has_waiting)
            or (self.next_due_at_ms is not None and not self.is_claiming and len(self.backlog) < BACKLOG_LOW)
        )

    def blocked_s(self, now_s: float) -> float:
        """Return for how many seconds pause, breaker or rate forbid any start; 0.0 when they do not.

        Infinite while a probe is under way: its end decides, not a time.
        """
        wait_s = self._shut_s(now_s)
        if self.bucket is not None:
            wait_s = max(wait_s, self.bucket.wait_s(now_s))
        return wait_s

    def wants_claim(self, now_ms: int, now_s: float) -> bool:
        """Say whether it is time to ask the store for due deliveries."""
        return (
            self.next_due_at_ms is not None
            and self.next_due_at_ms <= now_ms
            and not self.is_claiming
            and len(self.backlog) < BACKLOG_LOW
            and self.is_open_for_work
            and self._shut_s(now_s) <= 0
        )

    def wake_in_s(self, now_ms: int, now_s: float) -> float | None:
        """Return after how many seconds the lane should be looked at again if nothing else happens; None when only an event helps."""
        is_due = self.next_due_at_ms is not None and self.next_due_at_ms <= now_ms
        if self.has_waiting or is_due:
            blocked_s = self.blocked_s(now_s)
            if 0 < blocked_s < float("inf"):
                return blocked_s
        if self.next_due_at_ms is None or is_due:
            return None
        return (self.next_due_at_ms - now_ms) / 1000

    # What happens ----------------------------------------------------------------------------------------------------------------

    def reserve(self, now_s: float) -> bool:
        """Keep a place in `fresh` for a delivery that is about to be committed; False when it must wait in the store.

        An endpoint that may not be called now gets no place, so that those which are down for long hold no memory.
        """
        if (
            not self.is_open_for_work
            or len(self.fresh) + self.reserved >= FRESH_MAX
            or self._fresh_bytes >= FRESH_BYTES_MAX
            or self._shut_s(now_s) > 0
        ):
            return False
        self.reserved += 1
        return True

    def receive_fresh(self, delivery: Delivery) -> None:
        """Take over a leased delivery for which a place was reserved."""
        self.reserved -= 1
        self._fresh_bytes += len(delivery.body)
        self.fresh.append(delivery)

    def note_due(self, due_at_ms: int) -> None:
        """Note that the store has a pending delivery that is due then."""
        if self.next_due_at_ms is None or due_at_ms < self.next_due_at_ms:
            self.next_due_at_ms = due_at_ms

    def pause(self, until_s: float) -> None:
        """Start nothing before then."""
        self._paused_until_s = max(self._paused_until_s, until_s)

    def reopen(self) -> None:
        """Be held no longer. What was held for being broken is met with a clean slate."""
        self.held = None
        self.is_gone = False
        self._paused_until_s = 0.0
        self.breaker = Breaker()

    def take(self, now_s: float) -> Delivery | None:
        """Take the next delivery to attempt now and count it as in flight; None when nothing may start. Pair each with `done`."""
        if self.in_flight >= self.limit.current or not (self.fresh or self.backlog):
            return None
        if not self.is_open_for_work or self.blocked_s(now_s) > 0:
            return None
        queue = self._queue()
        if queue is None:
            return None
        if self.bucket is not None:
            self.bucket.take()
        delivery = queue.popleft()
        if queue is self.fresh:
            self._fresh_bytes -= len(delivery.body)
        self.in_flight += 1
        if delivery.attempts:
            self.retries_in_flight += 1
        return delivery

    def done(self, delivery: Delivery) -> None:
        """Note that an attempt ended, however it did."""
        self.in_flight -= 1
        if delivery.attempts:
            self.retries_in_flight -= 1

    def drain(self) -> list[Delivery]:
        """Take all waiting deliveries out, to give their leases back."""
        waiting = [*self.backlog, *self.fresh]
        self.backlog.clear()
        self.fresh.clear()
        self._fresh_bytes = 0
        return waiting

    def _shut_s(self, now_s: float) -> float:
        wait_s = max(0.0, self._paused_until_s - now_s)
        if self.breaker.state is BreakerState.CLOSED:
            return wait_s
        if not self.breaker.lets_through(now_s):
            return max(wait_s, self.breaker.open_until_s - now_s)
        return float("inf") if self.in_flight else wait_s

    def _queue(self) -> deque[Delivery] | None:
        fresh, backlog = self.fresh, self.backlog
        if not backlog or (backlog[0].attempts and self.retries_in_flight >= self._retry_slots()):
            return fresh or None
        if not fresh:
            return backlog
        self._backlog_turn = (self._backlog_turn + 1) % (FRESH_TURNS + 1)
        return fresh if self._backlog_turn else backlog

    def _retry_slots(self) -> int:
        slots = self.limit.current
        return max(1, slots - max(1, slots // 4))
