"""What is told of an endpoint, and how seldom."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from router.delivery.record import Delivery
from router.delivery.state import DeliveryState
from router.identity import DeliveryId, EventKey, Revision
from router.runtime.incidents import DEATHS_SHOWN, GATHER_S, QUIET_S, ROUTE_PREFIX, Incidents, Report
from router.store.port import EndpointBacklog

HOUR_MS = 3_600_000


def _delivery(number: int, route: str = "paid") -> Delivery:
    return Delivery(
        id=DeliveryId(f"dlv_{number}"),
        event_key=EventKey("evt_1"),
        event_id="e1",
        event_type="order.paid",
        route=route,
        endpoint="crm",
        revision=Revision("r1"),
        created_at_ms=0,
        due_at_ms=0,
    )


def _backlog(oldest_ms: int | None) -> EndpointBacklog:
    counts = {DeliveryState.PENDING: 7}
    return EndpointBacklog(endpoint="crm", counts=counts, next_due_at_ms=None, oldest_created_at_ms=oldest_ms)


def _types(reports: list[Report]) -> list[str]:
    return [one.type.value.rpartition(".")[2] for one in reports]


def test_a_failure_is_told_at_once_and_its_end_after_a_quiet_minute() -> None:
    incidents = Incidents()
    incidents.failing("crm", "status 500", at_ms=1000)
    assert incidents.due_in_s(0) == 0
    assert _types(incidents.take(0)) == ["failing"]
    incidents.active("crm", "it answers again", at_ms=6000)
    assert incidents.take(5) == []
    assert incidents.due_in_s(5) == QUIET_S - 5
    (report,) = incidents.take(QUIET_S)
    assert (report.data["was"], report.data["after_s"]) == ("failing", 5)
    assert incidents.due_in_s(QUIET_S) is None


def test_flapping_back_within_the_minute_is_not_told() -> None:
    incidents = Incidents()
    incidents.failing("crm", "status 500", at_ms=0)
    incidents.take(0)
    incidents.active("crm", "it answers again", at_ms=0)
    incidents.failing("crm", "status 500", at_ms=0)
    assert incidents.due_in_s(1) is None
    assert incidents.take(math.inf) == []


def test_deaths_are_gathered_counted_and_partly_named() -> None:
    incidents = Incidents()
    for number in range(50):
        incidents.died(_delivery(number), "status 404", now_s=0)
    assert incidents.take(GATHER_S - 0.1) == []
    (report,) = incidents.take(GATHER_S)
    assert report.data["count"] == 50
    assert len(report.data["deliveries"]) == DEATHS_SHOWN
    incidents.died(_delivery(51), "status 404", now_s=GATHER_S + 1)
    assert incidents.due_in_s(GATHER_S + 1) == QUIET_S - 1
    assert _types(incidents.take(GATHER_S + QUIET_S)) == ["dead"]


def test_the_death_of_a_report_is_no_news() -> None:
    incidents = Incidents()
    incidents.died(_delivery(1, ROUTE_PREFIX + "erp"), "status 404", now_s=0)
    assert incidents.take(math.inf) == []


def test_a_backlog_is_told_each_time_its_age_has_doubled() -> None:
    incidents = Incidents()
    told = []
    for quarter in range(40):
        incidents.backlog(_backlog(0), now_ms=quarter * HOUR_MS // 4)
        told += [(quarter / 4, one.data["oldest_age_s"]) for one in incidents.take(quarter)]
    assert [hour for hour, _ in told] == [1, 2, 4, 8]
    incidents.backlog(_backlog(None), now_ms=10 * HOUR_MS)
    assert incidents.take(math.inf) == []
    incidents.backlog(_backlog(10 * HOUR_MS), now_ms=11 * HOUR_MS)
    assert _types(incidents.take(math.inf)) == ["backlog"]


def test_what_was_told_before_a_start_is_not_told_again_but_its_end_is() -> None:
    incidents = Incidents()
    incidents.disabled("crm", "answered 410", at_ms=0, is_known=True)
    assert incidents.take(math.inf) == []
    incidents.active("crm", "it was resumed", at_ms=0)
    assert _types(incidents.take(0)) == ["recovered"]


_STEPS = st.lists(st.tuples(st.sampled_from(["failing", "disabled", "active", "died"]), st.floats(0, 100)), max_size=80)


@given(_STEPS)
def test_never_two_of_a_kind_within_a_minute_and_the_last_word_is_the_truth(steps: list[tuple[str, float]]) -> None:
    incidents, now_s, actual = Incidents(), 0.0, "active"
    told: list[tuple[float, str]] = []
    died = reported = 0

    def look() -> None:
        nonlocal reported
        for report in incidents.take(now_s):
            kind = _types([report])[0]
            told.append((now_s, "dead" if kind == "dead" else "standing"))
            if kind == "dead":
                reported += report.data["count"]
            else:
                said.append(kind)

    said: list[str] = []
    for number, (what, later_s) in enumerate(steps):
        now_s += later_s
        if what == "died":
            died += 1
            incidents.died(_delivery(number), "dead", now_s=now_s)
        else:
            actual = what
            getattr(incidents, what)("crm", "reason", at_ms=int(now_s * 1000))
        look()
    now_s += QUIET_S + GATHER_S
    look()
    for kind in ("dead", "standing"):
        times = [at_s for at_s, one in told if one == kind]
        assert all(later - earlier >= QUIET_S - 1e-6 for earlier, later in itertools.pairwise(times))
    assert reported == died
    assert (said[-1] if said else "recovered") == {"active": "recovered"}.get(actual, actual)
    assert incidents.due_in_s(now_s) is None
