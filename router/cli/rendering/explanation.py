"""Explanations as text: what each route makes of an event, what became of a stored one; and the same as plain values for JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from router.analysis.explanation import Condition, EventExplanation, Reason, RouteExplanation
from router.analysis.value_diff import shown
from router.cli.printing import Style, printable
from router.cli.rendering.deliveries import delivery_text
from router.plan import Match

__all__ = ["deliveries_text", "explanation_text", "explanation_view"]

_BODY_CHARACTERS_MAX = 4000


def explanation_text(explained: EventExplanation, routes: Sequence[RouteExplanation], *, style: Style) -> str:
    """Return the explanation of these routes: matched ones first with what they send, then the others with what decided."""
    event = explained.event
    lines = [style(printable(f"{event.get('type')} {event.get('id')} from {event.get('source')}"), "bold")]
    if explained.version is not None:
        lines.append(f"  upgraded from version {printable(explained.version)} of its type")
    if explained.refusal is not None:
        lines.append("  " + style(printable(explained.refusal), "red"))
        lines += [f"    {printable(detail)}" for detail in explained.details]
    for route in sorted(routes, key=lambda each: (not each.is_matched, each.reason is Reason.TYPE)):
        lines += ["", *_route_lines(route, style)]
    matched = sum(route.is_matched for route in routes)
    lines += ["", style(f"{matched} of {len(routes)} routes {'matches' if matched == 1 else 'match'}", "bold")]
    return "\n".join(lines)


def _route_lines(route: RouteExplanation, style: Style) -> list[str]:
    mark = style("✓", "green") if route.is_matched else style("✗", "red" if route.failure else "dim")
    name = style(printable(route.route), "bold") if route.is_matched else printable(route.route)
    lines = [f"{mark} {name}: {_reason(route)}"]
    if route.reason in (Reason.TYPE, Reason.TAKEN, Reason.DISABLED):
        return lines
    for condition in route.conditions:
        lines += _condition_lines(condition, style)
    for match in route.matches:
        lines += _match_lines(match, style)
    return lines


def _reason(route: RouteExplanation) -> str:
    match route.reason:
        case Reason.MATCHED:
            return "matches" + ("" if route.conditions else ", it has no filter")
        case Reason.TYPE:
            names = list(route.events)
            more = f" and {len(names) - 4} more" if len(names) > 4 else ""
            return f"takes {printable(', '.join(names[:4]))}{more} only"
        case Reason.TAKEN:
            return "takes only what no other route took"
        case Reason.DISABLED:
            return "is disabled"
        case Reason.FAILED:
            return f"its filter failed: {printable(route.failure or '')}"
        case _:
            return "its filter does not hold"


def _condition_lines(condition: Condition, style: Style) -> list[str]:
    mark = {"true": style("✓", "green"), "false": style("✗", "red")}.get(condition.verdict, style("!", "yellow"))
    lines = [f"    {mark} {printable(condition.text)}"]
    for seen in condition.seen:
        value = f"cannot be computed: {seen.failed}" if seen.failed is not None else shown(seen.value)
        lines.append(f"        {style('seen', 'dim')}    {printable(seen.text)} = {printable(value)}")
    if condition.failure is not None:
        lines.append(f"        {style('failed', 'yellow')}  {printable(condition.failure)}")
    if condition.wanted is not None:
        lines.append(f"        {style('wanted', 'dim')}  {printable(condition.wanted)}")
    if condition.hint is not None:
        lines.append(f"        {style('hint', 'cyan')}    {printable(condition.hint)}")
    return lines


def _match_lines(match: Match, style: Style) -> list[str]:
    lines = [f"    → {style(printable(match.endpoint), 'bold')}"]
    if match.error is not None:
        return [
            *lines,
            f"        {style('rendering failed', 'red')}: {printable(match.error)}; the delivery is born dead",
        ]
    lines += [
        f"        {style(printable(name) + ':', 'dim')} {printable(value)}" for name, value in match.headers.items()
    ]
    text = _body(match)
    lines += [f"        {line}" for line in printable(text[:_BODY_CHARACTERS_MAX]).split("\n")]
    if len(text) > _BODY_CHARACTERS_MAX:
        lines.append(f"        … {len(text) - _BODY_CHARACTERS_MAX} more characters (see --json)")
    return lines


def _body(match: Match) -> str:
    try:
        return match.body.decode("utf-8")
    except UnicodeDecodeError:
        return f"{len(match.body)} bytes that are no text"


def deliveries_text(
    stored: Mapping[str, Any],
    deliveries: Sequence[Mapping[str, Any]],
    endpoints: Mapping[str, Mapping[str, Any]],
    *,
    style: Style,
) -> str:
    """Return what became of a stored event: each delivery with its attempts, and the state of an endpoint that keeps it waiting."""
    event = stored["event"]
    lines = [
        style(printable(f"{event['type']} {event['id']} from {event['source']}"), "bold"),
        f"  stored as {printable(stored['key'])}, routed by revision {printable(stored['revision'])}",
    ]
    if not deliveries:
        lines += ["", "no delivery was made: no route of that revision took it"]
    for delivery in deliveries:
        lines += ["", delivery_text(delivery, style=style)]
        endpoint = endpoints.get(delivery["endpoint"])
        if delivery["state"] in ("pending", "held", "sending"):
            lines += _endpoint_lines(delivery["endpoint"], endpoint, style)
    return "\n".join(lines)


def _endpoint_lines(name: str, endpoint: Mapping[str, Any] | None, style: Style) -> list[str]:
    if endpoint is None:
        return []
    facts = [f"endpoint {printable(name)} is {endpoint['state']}"]
    if endpoint.get("reason"):
        facts.append(printable(str(endpoint["reason"])))
    if endpoint.get("breaker") not in (None, "closed"):
        facts.append(f"its circuit breaker is {endpoint['breaker']}")
    if endpoint.get("blocked_s"):
        facts.append(f"nothing is sent to it for another {endpoint['blocked_s']} s")
    return [style("endpoint", "dim"), f"  {'; '.join(facts)}"]


def explanation_view(explained: EventExplanation, routes: Sequence[RouteExplanation]) -> dict[str, Any]:
    """Return the explanation as plain values for JSON."""
    return {
        "revision": explained.revision,
        "event": dict(explained.event),
        "refusal": explained.refusal,
        "details": list(explained.details),
        "version": explained.version,
        "routes": [_route_view(route) for route in routes],
    }


def _route_view(route: RouteExplanation) -> dict[str, Any]:
    return {
        "route": route.route,
        "matched": route.is_matched,
        "reason": route.reason.value,
        "events": list(route.events),
        "failure": route.failure,
        "conditions": [
            {
                "text": condition.text,
                "verdict": condition.verdict,
                "failure": condition.failure,
                "seen": [
                    {"text": seen.text, "value": _plain(seen.value), "failed": seen.failed} for seen in condition.seen
                ],
                "wanted": condition.wanted,
                "hint": condition.hint,
            }
            for condition in route.conditions
        ],
        "deliveries": [
            {
                "endpoint": match.endpoint,
                "payload": _plain(match.payload),
                "headers": dict(match.headers),
                "error": match.error,
            }
            for match in route.matches
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.loads(json.dumps(value, default=str))
