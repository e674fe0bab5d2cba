"""Arrival as text: what `router listen` prints of one request."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from router.cli.printing import Style, printable
from router.cli.receiver import Arrival

__all__ = ["arrival_record", "arrival_text"]

_SHOWN_HEADERS = ("webhook-id", "webhook-timestamp", "content-type", "user-agent")
_HIDDEN = (
    "host",
    "content-length",
    "accept",
    "accept-encoding",
    "connection",
    "transfer-encoding",
    "webhook-signature",
)
_CREDENTIALS = re.compile(r"(?:^|-)(?:proxy-)?(?:authorization|auth|token|secret|key|apikey|password|cookie)$")


def arrival_text(arrival: Arrival, *, style: Style, body_characters_max: int) -> str:
    """Return the lines for one arrival; credentials in headers are named, not shown."""
    at = datetime.fromtimestamp(arrival.at_ms / 1000, tz=UTC).strftime("%H:%M:%S.%f")[:-3]
    again = style(f" attempt {arrival.attempt}", "yellow") if arrival.attempt > 1 else ""
    status = style(str(arrival.status), "green" if arrival.status < 300 else "red", "bold")
    lines = [
        f"{style(at, 'dim')} {style(printable(f'{arrival.method} {arrival.path}'), 'bold')} → {status}{again}  {_verdict(arrival, style)}"
    ]
    names = [name for name in _SHOWN_HEADERS if name in arrival.headers]
    names += sorted(name for name in arrival.headers if name not in (*_SHOWN_HEADERS, *_HIDDEN))
    lines += [f"  {style(name + ':', 'dim')} {printable(_shown(name, arrival.headers[name]))}" for name in names]
    lines += [f"  {line}" for line in _body_lines(arrival, body_characters_max)]
    return "\n".join(lines)


def arrival_record(arrival: Arrival) -> dict[str, Any]:
    """Return one arrival as plain data, for `--json`: the body as JSON where it is JSON, otherwise as text."""
    return {
        "at_ms": arrival.at_ms,
        "method": arrival.method,
        "path": arrival.path,
        "headers": {name: _shown(name, value) for name, value in arrival.headers.items()},
        "body": _value(arrival),
        "attempt": arrival.attempt,
        "verified": arrival.verified,
        "reason": arrival.reason,
        "status": arrival.status,
    }


def _shown(name: str, value: str) -> str:
    """Return a header's value, or only the scheme of what is probably a credential."""
    if _CREDENTIALS.search(name) is None or name == "idempotency-key":
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} …" if space and name.endswith("authorization") else "…"


def _verdict(arrival: Arrival, style: Style) -> str:
    if arrival.verified:
        return style("signature verified", "green")
    colour = "red" if arrival.verified is False else "yellow"
    return style(f"not verified: {printable(arrival.reason)}", colour)


def _value(arrival: Arrival) -> Any:
    try:
        return json.loads(arrival.body)
    except ValueError:
        return arrival.body.decode("utf-8", "replace")


def _body_lines(arrival: Arrival, characters_max: int) -> list[str]:
    if not arrival.body:
        return ["(no body)"]
    value = _value(arrival)
    text = (
        value
        if isinstance(value, str) and arrival.body[:1] != b'"'
        else json.dumps(value, ensure_ascii=False, indent=2)
    )
    left_out = len(text) - characters_max
    lines = printable(text[:characters_max]).rstrip("\n").split("\n")
    return [*lines, f"… {left_out} more characters (see --body)"] if left_out > 0 else lines
