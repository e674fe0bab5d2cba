"""Incidents: what has happened to endpoints that somebody should be told, gathered until it is worth a report.

The dispatcher and the observation note facts here as they happen, which costs a dictionary look-up; `take` turns them into reports, few of
them. What is told is state, not noise: an endpoint is *active*, *failing* (its breaker is open) or *disabled*, and a report is due when that
differs from what was told last, at most one a minute. An endpoint that flaps within the minute is told of once. Deaths of deliveries are
counted, and reported together. A backlog is reported when its oldest delivery is an hour old, and each time that age has doubled.

State and choice only: no store, no task. Times are milliseconds of the calendar for what is told, seconds of a monotonic clock for when.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from router.delivery.record import Delivery
from router.delivery.state import DeliveryState
from router.store.port import EndpointBacklog

__all__ = ["BACKLOG_AGE_S", "DEATHS_SHOWN", "GATHER_S", "QUIET_S", "ROUTE_PREFIX", "Incidents", "Report", "ReportType"]

QUIET_S = 60.0
"""Between two reports of one kind about one endpoint: whoever is called at night wants one call."""

GATHER_S = 5.0
"""How long the first death waits for others: an outage seldom kills one delivery only."""

DEATHS_SHOWN = 20
"""How many dead deliveries a report names; it counts all."""

BACKLOG_AGE_S = 3600.0
"""How old a delivery must be before its endpoint's backlog is reported."""

ROUTE_PREFIX = "on_failure:"
"""How the route of a report's delivery begins. No route of a configuration can be called that."""


class ReportType(StrEnum):
    """The types of operational events (docs/operations.md)."""

    FAILING = "router.endpoint.failing"
    RECOVERED = "router.endpoint.recovered"
    DISABLED = "router.endpoint.disabled"
    BACKLOG = "router.endpoint.backlog"
    DEAD = "router.delivery.dead"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell about an endpoint; `data` is the event's payload."""

    type: ReportType
    endpoint: str
    data: dict[str, Any]


class _Standing(StrEnum):
    ACTIVE = "active"
    FAILING = "failing"
    DISABLED = "disabled"


class _Case:
    """What is known, and what was told, of one endpoint."""

    def __init__(self) -> None:
        self.standing = _Standing.ACTIVE
        self.since_ms = 0
        self.reason = ""
        self.told = _Standing.ACTIVE
        self.told_since_ms = 0
        self.quiet_until_s = float("-inf")
        self.dead = 0
        self.dead_shown: list[dict[str, Any]] = []
        self.dead_reason = ""
        self.dead_due_s = float("-inf")
        self.dead_quiet_until_s = float("-inf")
        self.backlog_level = 0
        self.backlog_told = 0
        self.backlog: dict[str, Any] = {}

    @property
    def due_s(self) -> float | None:
        """When the next report is due; None when there is nothing to tell."""
        due = []
        if self.standing is not self.told:
            due.append(self.quiet_until_s)
        if self.dead:
            due.append(self.dead_due_s)
        if self.backlog_level > self.backlog_told:
            due.append(float("-inf"))
        return min(due, default=None)


class Incidents:
    """What should be told of all endpoints. `on_news` is called when there may be something to take."""

    def __init__(self, on_news: Callable[[], None] = lambda: None) -> None:
        self.on_news = on_news
        self._cases: dict[str, _Case] = {}

    # Noting ----------------------------------------------------------------------------------------------------------------------

    def failing(self, endpoint: str, reason: str, *, at_ms: int) -> None:
        """Note that an endpoint's breaker is open."""
        self._stand(endpoint, _Standing.FAILING, reason, at_ms)

    def disabled(self, endpoint: str, reason: str, *, at_ms: int, is_known: bool = False) -> None:
        """Note that an endpoint is held; `is_known` when that was told before the last start."""
        self._stand(endpoint, _Standing.DISABLED, reason, at_ms)
        if is_known:
            case = self._cases[endpoint]
            case.told, case.told_since_ms = _Standing.DISABLED, at_ms

    def active(self, endpoint: str, reason: str, *, at_ms: int) -> None:
        """Note that an endpoint answers, or is held no longer."""
        if endpoint in self._cases:
            self._stand(endpoint, _Standing.ACTIVE, reason, at_ms)

    def forget(self, endpoint: str) -> None:
        """Drop an endpoint that the configuration no longer has."""
        self._cases.pop(endpoint, None)

    def died(self, delivery: Delivery, reason: str, *, now_s: float) -> None:
        """Note that a delivery is dead. Reports are no matter for reports."""
        if delivery.route.startswith(ROUTE_PREFIX):
            return
        case = self._case(delivery.endpoint)
        if not case.dead:
            case.dead_due_s = max(now_s + GATHER_S, case.dead_quiet_until_s)
        case.dead += 1
        if len(case.dead_shown) < DEATHS_SHOWN:
            case.dead_shown.append(
                {
                    "id": delivery.id,
                    "event_id": delivery.event_id,
                    "event_type": delivery.event_type,
                    "route": delivery.route,
                    "reason": reason,
                }
            )
        if case.dead == 1:
            self.on_news()

    def backlog(self, backlog: EndpointBacklog, *, now_ms: int) -> None:
        """Note how much waits for an endpoint, and for how long."""
        oldest_ms = backlog.oldest_created_at_ms
        age_s = (now_ms - oldest_ms) / 1000 if oldest_ms is not None else 0.0
        if age_s < BACKLOG_AGE_S and backlog.endpoint not in self._cases:
            return
        case = self._case(backlog.endpoint)
        case.backlog_level = int(age_s // BACKLOG_AGE_S).bit_length()  # 1 at an hour, 2 at two, 3 at four
        case.backlog_told = min(case.backlog_told, case.backlog_level)
        if case.backlog_level > case.backlog_told:
            case.backlog = {
                "oldest_age_s": round(age_s),
                "pending": backlog.counts.get(DeliveryState.PENDING, 0),
                "held": backlog.counts.get(DeliveryState.HELD, 0),
            }
            self.on_news()

    # Telling ---------------------------------------------------------------------------------------------------------------------

    def due_in_s(self, now_s: float) -> float | None:
        """Return in how many seconds `take` will have something; None when only news can change that."""
        due = [due_s for case in self._cases.values() if (due_s := case.due_s) is not None]
        return max(0.0, min(due) - now_s) if due else None

    def take(self, now_s: float) -> list[Report]:
        """Return what should be told now, and count it as told. An infinite time takes all there is."""
        reports = []
        for name, case in self._cases.items():
            if case.standing is not case.told and now_s >= case.quiet_until_s:
                reports.append(_of_standing(name, case))
                case.quiet_until_s = now_s + QUIET_S
            if case.dead and now_s >= case.dead_due_s:
                data = {"endpoint": name, "count": case.dead, "deliveries": case.dead_shown}
                reports.append(Report(type=ReportType.DEAD, endpoint=name, data=data))
                case.dead, case.dead_shown = 0, []
                case.dead_quiet_until_s = now_s + QUIET_S
            if case.backlog_level > case.backlog_told:
                data = {"endpoint": name, **case.backlog}
                reports.append(Report(type=ReportType.BACKLOG, endpoint=name, data=data))
                case.backlog_told = case.backlog_level
        return reports

    def _case(self, endpoint: str) -> _Case:
        case = self._cases.get(endpoint)
        if case is None:
            case = self._cases[endpoint] = _Case()
        return case

    def _stand(self, endpoint: str, standing: _Standing, reason: str, at_ms: int) -> None:
        case = self._case(endpoint)
        if case.standing is standing:
            return
        case.standing, case.reason, case.since_ms = standing, reason, at_ms
        self.on_news()


def _of_standing(name: str, case: _Case) -> Report:
    """Return the report of a standing that was not told yet, and count it as told."""
    data: dict[str, Any] = {"endpoint": name, "since_ms": case.since_ms, "reason": case.reason}
    if case.standing is _Standing.ACTIVE:
        data["was"] = case.told.value
        data["after_s"] = round((case.since_ms - case.told_since_ms) / 1000)
    kinds = {
        _Standing.ACTIVE: ReportType.RECOVERED,
        _Standing.FAILING: ReportType.FAILING,
        _Standing.DISABLED: ReportType.DISABLED,
    }
    case.told, case.told_since_ms = case.standing, case.since_ms
    return Report(type=kinds[case.standing], endpoint=name, data=data)
