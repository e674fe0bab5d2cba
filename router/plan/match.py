"""Match: what one route sends to one endpoint for one event, rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from router.event import Event
from router.payloads import Violation

__all__ = ["Admission", "Match", "Routed"]


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an event's payload may be routed. `event` is the one to route, upgraded when `version` names the older version it came in as."""

    event: Event
    version: str | None = None
    violations: tuple[Violation, ...] = ()


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery to be made.

    `payload` is the rendered value: what a structured transform built, the text of a text transform, or the event's data when there is no
    transform. `body` is its bytes as every attempt will send them. `headers` have lower-case names; credentials and signatures are not among
    them, because those belong to the attempt. `error` says why rendering failed; then payload is None and body empty.
    """

    route: str
    endpoint: str
    payload: Any
    headers: Mapping[str, str]
    body: bytes
    error: str | None = None


class Routed(msgspec.Struct, frozen=True, kw_only=True):
    """All that one revision makes of one event: matches in order of route name, and the filters that failed (route, reason)."""

    matches: tuple[Match, ...]
    failures: tuple[tuple[str, str], ...] = ()
