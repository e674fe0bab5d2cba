"""Deliveries as text, from what the operators' API says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from router.cli.printing import Style, printable
from router.cli.rendering.table import table

__all__ = ["age_text", "delivery_table", "delivery_text"]

_COLOURS = {
    "delivered": None,
    "pending": "cyan",
    "sending": "cyan",
    "held": "yellow",
    "dead": "red",
    "cancelled": "dim",
}
_HEADINGS = ("ID", "STATE", "EVENT", "ROUTE", "ENDPOINT", "ATTEMPTS", "AGE", "REMARK")
_BODY_CHARACTERS_MAX = 4000


def delivery_table(items: Sequence[Mapping[str, Any]], *, now_ms: int, style: Style) -> list[str]:
    """Return a table of deliveries."""
    rows = [
        (
            item["id"],
            item["state"],
            item["event_type"],
            item["route"],
            item["endpoint"],
            str(item["attempts"]),
            age_text(now_ms - item["created_at_ms"]),
            _remark(item, now_ms),
        )
        for item in items
    ]
    return table(_HEADINGS, rows, style=style, colours=[_COLOURS.get(item["state"]) for item in items])


def delivery_text(delivery: Mapping[str, Any], *, style: Style) -> str:
    """Return everything about one delivery: facts, attempts, headers, body."""
    facts = {
        "state": delivery["state"] + (f": {delivery['reason']}" if delivery.get("reason") else ""),
        "event": f"{delivery['event_type']} {delivery['event_id']} ({delivery['event_key']})",
        "route": f"{delivery['route']} → {delivery['endpoint']}",
        "revision": delivery["revision"],
        "created": _moment(delivery["created_at_ms"]),
        "next attempt": _moment(delivery["due_at_ms"]) if delivery["state"] == "pending" else None,
    }
    lines = [style(printable(delivery["id"]), "bold")]
    lines += [f"  {name + ':':<14}{printable(value)}" for name, value in facts.items() if value is not None]
    lines.append("")
    lines += _attempts(delivery.get("attempt_log") or [], style)
    lines += ["", style("headers", "dim")]
    lines += [f"  {printable(name)}: {printable(value)}" for name, value in (delivery.get("headers") or {}).items()]
    body = delivery.get("body")
    lines.append(style("body" if body is not None else "body (Base64)", "dim"))
    text = body if body is not None else delivery.get("body_base64", "")
    lines += [f"  {line}" for line in printable(text[:_BODY_CHARACTERS_MAX]).split("\n")]
    if len(text) > _BODY_CHARACTERS_MAX:
        lines.append(f"  … {len(text) - _BODY_CHARACTERS_MAX} more characters (see --json)")
    return "\n".join(lines)


def age_text(milliseconds: int) -> str:
    """Return a span of time in its largest unit, rounded down: `3m`."""
    seconds = max(milliseconds, 0) // 1000
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _remark(item: Mapping[str, Any], now_ms: int) -> str:
    if item.get("reason"):
        return str(item["reason"])
    if item["state"] == "pending" and item["due_at_ms"] > now_ms:
        return f"next attempt in {age_text(item['due_at_ms'] - now_ms)}"
    return ""


def _attempts(log: Sequence[Mapping[str, Any]], style: Style) -> list[str]:
    if not log:
        return ["no attempt yet"]
    rows = [
        (
            str(attempt["number"]),
            _moment(attempt["started_at_ms"]),
            f"{attempt['duration_ms']} ms",
            attempt["outcome"],
            str(attempt["status"] or ""),
            str(attempt["error"] or attempt["answer"] or "")[:200],
        )
        for attempt in log
    ]
    headings = ("#", "STARTED", "TOOK", "OUTCOME", "STATUS", "ERROR OR ANSWER")
    return table(
        headings, rows, style=style, colours=[None if attempt["outcome"] == "deliver" else "yellow" for attempt in log]
    )


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
