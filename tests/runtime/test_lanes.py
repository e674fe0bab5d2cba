"""Lane, Breaker, TokenBucket, ConcurrencyLimit: state and choice, told the time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from router.delivery.record import Delivery
from router.identity import DeliveryId, EventKey, Revision
from router.runtime.breaker import FAILURES_TO_OPEN, PAUSE_MAX_S, Breaker, BreakerState
from router.runtime.concurrency import LIMIT_AT_START, LIMIT_MAX, ConcurrencyLimit
from router.runtime.lanes import FRESH_BYTES_MAX, FRESH_MAX, Lane
from router.runtime.metrics import Metrics
from router.runtime.rate import TokenBucket
from tests.runtime.builders import endpoint


def delivery(number: int, *, attempts: int = 0, body: bytes = b"{}") -> Delivery:
    return Delivery(
        id=DeliveryId(f"dlv_{number}"),
        event_key=EventKey("evt_1"),
        event_id="1",
        event_type="t",
        route="r",
        endpoint="crm",
        revision=Revision("r1"),
        body=body,
        attempts=attempts,
        created_at_ms=0,
        due_at_ms=0,
    )


def lane(concurrency: int | None = 8, rate_per_s: float | None = None) -> Lane:
    return Lane("crm", endpoint("crm", concurrency=concurrency, rate_per_s=rate_per_s), 0.0, Metrics().endpoint("crm"))


def fill(it: Lane, count: int, body: bytes = b"{}") -> int:
    taken = 0
    for number in range(count):
        if it.reserve(0.0):
            it.receive_fresh(delivery(number, body=body))
            taken += 1
    return taken


def test_fresh_ones_are_served_two_of_three_times_while_both_wait() -> None:
    it = lane(concurrency=9)
    fill(it, 9)
    it.backlog.extend(delivery(100 + number, attempts=1) for number in range(9))
    kinds = [one.attempts for one in iter(lambda: it.take(0.0), None)]
    assert len(kinds) == 9
    assert kinds.count(0) == 6


def test_retries_leave_a_quarter_of_the_slots() -> None:
    it = lane(concurrency=8)
    it.backlog.extend(delivery(number, attempts=1) for number in range(20))
    assert len(list(iter(lambda: it.take(0.0), None))) == 6
    fill(it, 3)
    assert [one.attempts for one in iter(lambda: it.take(0.0), None)] == [0, 0]


def test_a_single_slot_is_given_to_either() -> None:
    it = lane(concurrency=1)
    it.backlog.append(delivery(1, attempts=3))
    taken = it.take(0.0)
    assert taken is not None
    it.done(taken)
    assert (it.in_flight, it.retries_in_flight) == (0, 0)


def test_first_attempts_from_the_store_may_use_every_slot() -> None:
    it = lane(concurrency=8)
    it.backlog.extend(delivery(number) for number in range(20))
    assert len(list(iter(lambda: it.take(0.0), None))) == 8


def test_memory_is_bounded_by_count_and_by_bytes() -> None:
    assert fill(lane(), 2 * FRESH_MAX) == FRESH_MAX
    assert fill(lane(), 100, body=b"x" * (FRESH_BYTES_MAX // 8)) == 8


def test_an_endpoint_that_may_not_be_called_holds_no_memory() -> None:
    it = lane()
    it.pause(5.0)
    assert not it.reserve(1.0)
    assert it.reserve(5.0)
    it.held = "held by an operator"
    assert not it.reserve(6.0)
    gone = Lane("crm", None, 0.0, Metrics().endpoint("crm"))
    assert not gone.reserve(0.0)


def test_a_reload_is_no_amnesty() -> None:
    it = lane(concurrency=None, rate_per_s=1)
    for _ in range(FAILURES_TO_OPEN):
        it.breaker.failed(0.0)
    it.limit.failed(0.0, 0.0)
    learned = it.limit.current
    assert it.bucket is not None
    it.bucket.take()
    it.configure(endpoint("crm", rate_per_s=2), 0.0)
    assert it.breaker.state is BreakerState.OPEN
    assert it.limit.current == learned
    assert it.bucket.wait_s(0.0) > 0


def test_a_lane_says_when_to_look_again() -> None:
    it = lane()
    assert it.wake_in_s(0, 0.0) is None
    it.note_due(5_000)
    assert it.wake_in_s(0, 0.0) == 5.0
    it.pause(9.0)
    assert it.wake_in_s(6_000, 6.0) == 3.0
    assert not it.wants_claim(6_000, 6.0)
    assert it.wants_claim(9_000, 9.0)


def test_a_half_open_breaker_lets_one_through() -> None:
    it = lane()
    fill(it, 5)
    for _ in range(FAILURES_TO_OPEN):
        it.breaker.failed(0.0)
    assert it.take(1.0) is None
    assert it.take(5.0) is not None
    assert it.take(5.0) is None
    assert it.wake_in_s(0, 5.0) is None  # the probe's end decides


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=60))
def test_a_breaker_never_pauses_for_ever_and_one_success_closes_it(steps: list[tuple[bool, float]]) -> None:
    breaker, now_s = Breaker(), 0.0
    for is_success, passed_s in steps:
        now_s += passed_s
        if breaker.lets_through(now_s):
            if is_success:
                breaker.succeeded()
                assert breaker.state is BreakerState.CLOSED
            else:
                breaker.failed(now_s)
        assert breaker.open_until_s <= now_s + PAUSE_MAX_S
    assert breaker.lets_through(now_s + PAUSE_MAX_S)


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_a_bucket_never_gives_more_than_its_rate(rate_per_s: float, waits: list[float]) -> None:
    bucket, now_s = TokenBucket(rate_per_s, 0.0), 0.0
    taken: list[float] = []
    for wait_s in waits:
        now_s += wait_s
        while bucket.wait_s(now_s) == 0.0:
            bucket.take()
            taken.append(now_s)
    burst = max(1.0, rate_per_s * 0.1)
    for index, start_s in enumerate(taken):
        assert index + 1 <= burst + rate_per_s * start_s + 1e-3
    assert bucket.wait_s(now_s + bucket.wait_s(now_s) + 1e-9) == 0.0


def test_a_limit_grows_only_when_it_is_used_and_shrinks_once_per_set() -> None:
    limit = ConcurrencyLimit(None)
    for _ in range(100):
        limit.succeeded(in_flight=1)
    assert limit.current == LIMIT_AT_START
    for _ in range(LIMIT_AT_START + 1):
        limit.succeeded(in_flight=limit.current)
    assert limit.current == LIMIT_AT_START + 1
    for _ in range(LIMIT_AT_START):
        limit.failed(started_at_s=1.0, now_s=2.0)  # all started before the first of them was known
    assert limit.current == 11
    for _ in range(100_000):
        limit.succeeded(in_flight=limit.current)
    assert limit.current == LIMIT_MAX
    for number in range(100):
        limit.failed(started_at_s=3.0 + number, now_s=3.0 + number)
    assert limit.current == 1


def test_a_configured_limit_is_the_limit() -> None:
    limit = ConcurrencyLimit(5)
    limit.failed(0.0, 0.0)
    limit.ramp(0.0)
    limit.succeeded(5)
    assert limit.current == 5
