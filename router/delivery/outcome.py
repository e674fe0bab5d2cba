"""What an answer means: the outcome table, as declared data.

An attempt ends with a status or without one. `classify` looks the status up, first in the endpoint's own `retry.outcomes` (exact status,
then class such as `5xx`), then in DEFAULTS here. Why the defaults are what they are is argued in docs/delivery.md; in one line: the bytes
of a delivery never change, but its endpoint does, so nothing short of 410 gives up on an event by itself.

It decides no times: `router.delivery.schedule` does, with what `retry_after` read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from router.delivery.record import Outcome

__all__ = ["DEFAULTS", "RETRY_AFTER_MAX_S", "classify", "is_outcome_key", "retry_after"]

RETRY_AFTER_MAX_S = 86400.0
"""The longest wait an endpoint can ask for: a day, as long as the sample schedule's longest step."""

DEFAULTS: Mapping[str, Outcome] = MappingProxyType(
    {
        "2xx": Outcome.DELIVER,
        "3xx": Outcome.RETRY,  # never followed; the operator corrects the URL while it waits
        "4xx": Outcome.RETRY,
        "5xx": Outcome.RETRY,
        "410": Outcome.DISABLE,  # Standard Webhooks 1.0.0: "stop sending"
        "429": Outcome.THROTTLE,  # with 502 and 504: Standard Webhooks 1.0.0, "throttle"
        "502": Outcome.THROTTLE,
        "503": Outcome.THROTTLE,  # RFC 9110, 15.6.4: overload or maintenance
        "504": Outcome.THROTTLE,
    }
)
"""Outcome by status or class. Statuses outside 200 to 599, and no answer at all, are retried."""

_KEY = re.compile(r"[1-9][0-9]{2}|[1-9]xx")
_SECONDS = re.compile(r"[0-9]+")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
# The three forms of RFC 9110, 5.6.7: IMF-fixdate, RFC 850, asctime.
_DATE = re.compile(
    r"(?:[A-Za-z]{3,9}, (?P<day>\d{2})(?P<gap>[ -])(?P<month>[A-Z][a-z]{2})(?P=gap)(?P<year>\d{4}|\d{2}) (?P<time>\d{2}:\d{2}:\d{2}) GMT"
    r"|[A-Za-z]{3} (?P<month2>[A-Z][a-z]{2}) (?P<day2>[ \d]\d) (?P<time2>\d{2}:\d{2}:\d{2}) (?P<year2>\d{4}))",
    re.ASCII,
)


def is_outcome_key(key: str) -> bool:
    """Tell whether `key` can stand in `retry.outcomes`: a status (`404`) or a class (`5xx`)."""
    return _KEY.fullmatch(key) is not None


def classify(
    status: int | None, outcomes: Mapping[str, str] | None = None, *, has_retry_after: bool = False
) -> Outcome:
    """Return what a status means for its delivery; `status` is None when there was no answer.

    `outcomes` is the endpoint's own table, which wins by exact status first, then by class. Where the default would be retry and the answer
    asks for time (`has_retry_after`), the outcome is throttle. Raises ValueError for a word in `outcomes` that is no Outcome.
    """
    if status is None:
        return Outcome.RETRY
    exact, family = str(status), f"{status // 100}xx"
    if outcomes:
        word = outcomes.get(exact) or outcomes.get(family)
        if word is not None:
            return Outcome(word)
    outcome = DEFAULTS.get(exact) or DEFAULTS.get(family, Outcome.RETRY)
    if outcome is Outcome.RETRY and has_retry_after:
        return Outcome.THROTTLE
    return outcome


def retry_after(value: str | None, *, now_s: float) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3): seconds to wait, between 0 and RETRY_AFTER_MAX_S; None when absent or unreadable.

    A date is taken relative to `now_s` (Unix seconds); one in the past means 0.
    """
    if value is None:
        return None
    text = value.strip(" \t")
    if _SECONDS.fullmatch(text) and text.isascii():
        return min(float(text[:20]) if len(text) <= 20 else RETRY_AFTER_MAX_S, RETRY_AFTER_MAX_S)
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    part = found.groupdict()
    day, month = part["day"] or part["day2"], part["month"] or part["month2"]
    year, clock = int(part["year"] or part["year2"]), part["time"] or part["time2"]
    if part["year"] is not None and len(part["year"]) == 2:
        year += 2000  # RFC 850; RFC 9110 reads it as the near one, and no server's clock is in the last century
    try:
        hour, minute, second = (int(number) for number in clock.split(":"))
        when = datetime(year, _MONTHS[month], int(day), hour, minute, min(second, 59), tzinfo=UTC)
    except (KeyError, ValueError):
        return None
    return min(max(when.timestamp() - now_s, 0.0), RETRY_AFTER_MAX_S)
