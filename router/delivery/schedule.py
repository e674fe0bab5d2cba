"""When to try again, and when to stop trying.

After failure number n (counting from 1) the wait is the n-th entry of the schedule; behind the last entry the delivery is given up. The
endpoint's Retry-After can only make the wait longer. Jitter is additive, 0 to 20 %: an attempt is never early, and the deliveries that one
outage gathered do not come back at one instant. No attempt starts after the delivery's age limit.

Pure arithmetic: the time and the chance are passed in.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from router.language.documents import Retry

__all__ = ["JITTER_SHARE", "Due", "GivenUp", "next_attempt"]

JITTER_SHARE = 0.2
"""The most that chance adds to a wait."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """There is a next attempt, not before `at_ms` (Unix milliseconds)."""

    at_ms: int


class GivenUp(msgspec.Struct, frozen=True, kw_only=True):
    """There is none; `reason` says why in one line."""

    reason: str


def next_attempt(
    retry: Retry,
    *,
    attempts: int,
    born_at_ms: int,
    now_ms: int,
    chance: float,
    retry_after_s: float | None = None,
) -> Due | GivenUp:
    """Return when the next attempt is due after attempt number `attempts` failed at `now_ms`, or why there is none.

    `attempts` counts the failed attempt too, so it is at least 1. `born_at_ms` is where the age limit counts from: the delivery's
    creation, or its replay. `chance` is in [0, 1). `retry_after_s` is what the endpoint asked for, None if nothing.
    """
    if attempts > len(retry.schedule_s):
        return GivenUp(reason=f"given up after {attempts} attempt{'s' if attempts != 1 else ''}")
    wait_s = float(retry.schedule_s[attempts - 1])
    if retry_after_s is not None and retry_after_s > wait_s:
        wait_s = retry_after_s
    earliest_ms = now_ms + round(wait_s * 1000)
    limit_ms = born_at_ms + round(retry.max_age_s * 1000)
    if earliest_ms > limit_ms:
        return GivenUp(
            reason=f"given up after {attempts} attempt{'s' if attempts != 1 else ''}: "
            f"the next one, in {duration(wait_s)}, would be past its age limit of {duration(retry.max_age_s)}"
        )
    return Due(at_ms=min(earliest_ms + int(wait_s * 1000 * JITTER_SHARE * chance), limit_ms))


_UNITS: Sequence[tuple[int, str]] = ((86400, "d"), (3600, "h"), (60, "m"))


def duration(seconds: float) -> str:
    """Return seconds as the language writes durations: `90m`, `3d`, `1.5s`."""
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:g}s"
