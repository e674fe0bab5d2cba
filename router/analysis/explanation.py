"""Explanation: one event and a configuration -> for every route whether it takes the event, and why.

The event takes the way of a real one: its payload is checked against its event type's schema (and upgraded when it is of an older version), then every
filter runs, also those that routing would not have reached. Nothing is stored or sent. What it shows is text and plain values; how they
look is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from router.analysis.wanted import hint, wanted
from router.event import Event
from router.filters.explain import Explanation
from router.language.documents import Configuration, OnInvalid
from router.plan import Match, Plan
from router.syntax.nearest import nearest

__all__ = ["Condition", "EventExplanation", "Reason", "RouteExplanation", "Value", "explain_event"]


class Reason(StrEnum):
    """Why a route takes an event or not."""

    MATCHED = "matched"
    TYPE = "other-type"
    FILTER = "filter"
    FAILED = "filter-failed"
    TAKEN = "taken-by-others"
    DISABLED = "disabled"


class Value(msgspec.Struct, frozen=True):
    """What an expression of a condition is in the event; `failed` has the message when it cannot be computed."""

    text: str
    value: Any = None
    failed: str | None = None


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One operand of the filter's outermost `&&`. `wanted` says what would have satisfied it, `hint` the likely mistake; both only where it does not hold."""

    text: str
    verdict: str
    failure: str | None = None
    seen: tuple[Value, ...] = ()
    wanted: str | None = None
    hint: str | None = None


class RouteExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """One route. `events` are the types it takes; `matches` its rendered deliveries when it matched."""

    route: str
    reason: Reason
    events: tuple[str, ...] = ()
    unmatched: bool = False
    conditions: tuple[Condition, ...] = ()
    failure: str | None = None
    matches: tuple[Match, ...] = ()

    @property
    def is_matched(self) -> bool:
        """Say whether the route takes the event."""
        return self.reason is Reason.MATCHED


class EventExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that a configuration makes of an event.

    `refusal` says why it would not be routed at all (unknown type, payload against its schema: details one a line); routes are explained all the same.
    `version` is the older version of the type that the payload was upgraded from. `event` is what filters saw.
    """

    revision: str
    event: Mapping[str, Any]
    refusal: str | None = None
    details: tuple[str, ...] = ()
    version: str | None = None
    routes: tuple[RouteExplanation, ...]

    @property
    def is_delivered(self) -> bool:
        """Say whether anything is delivered."""
        return self.refusal is None and any(route.is_matched for route in self.routes)


def explain_event(event: Event, plan: Plan, configuration: Configuration) -> EventExplanation:
    """Return why each route takes an event or not, in order of name, disabled ones too.

    `plan` and `configuration` must come from one compilation. Raises nothing for a fault of the event.
    """
    refusal, details, version, seen = _admission(event, plan)
    matches: dict[str, list[Match]] = {}
    for match in plan.route(seen).matches:
        matches.setdefault(match.route, []).append(match)
    document = seen.document()
    found = [
        _route(each, plan, document, tuple(matches.get(plan.routes[each.position].name, ())))
        for each in plan.explain(seen)
    ]
    found += [
        RouteExplanation(route=name, reason=Reason.DISABLED, events=route.events)
        for name, route in configuration.routes.items()
        if not route.enabled
    ]
    return EventExplanation(
        revision=plan.revision,
        event=document,
        refusal=refusal,
        details=details,
        version=version,
        routes=tuple(sorted(found, key=lambda each: each.route)),
    )


def _admission(event: Event, plan: Plan) -> tuple[str | None, tuple[str, ...], str | None, Event]:
    event_type = plan.event_types.get(event.type)
    if event_type is None:
        close = nearest(event.type, plan.event_types)
        return (
            f"event type `{event.type}` is not defined, so the event would be refused"
            + (f"; did you mean `{close}`?" if close else ""),
            (),
            None,
            event,
        )
    admission = plan.admit(event)
    if admission.violations:
        what = "refused" if event_type.on_invalid is OnInvalid.REJECT else "quarantined"
        details = tuple(f"data{violation.pointer}: {violation.detail}" for violation in admission.violations)
        return f"the payload breaks the schema of `{event.type}`, so the event would be {what}", details, None, event
    return None, (), admission.version, admission.event


def _route(found: Explanation, plan: Plan, document: Mapping[str, Any], matches: tuple[Match, ...]) -> RouteExplanation:
    route = plan.routes[found.position]
    if found.matched:
        reason = Reason.MATCHED
    elif not found.takes_type:
        reason = Reason.TAKEN if route.unmatched else Reason.TYPE
    else:
        reason = Reason.FAILED if found.failure is not None else Reason.FILTER
    return RouteExplanation(
        route=route.name,
        reason=reason,
        events=tuple(sorted(route.events)),
        unmatched=route.unmatched,
        failure=found.failure,
        matches=matches,
        conditions=tuple(
            Condition(
                text=each.text,
                verdict=each.verdict,
                failure=each.failure,
                seen=tuple(Value(seen.text, seen.value, seen.failed) for seen in each.seen),
                wanted=None if each.verdict == "true" else wanted(each.text),
                hint=None if each.verdict == "true" else hint(each.text, document),
            )
            for each in found.conditions
        ),
    )
