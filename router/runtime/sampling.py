"""LogSample: say a thing that happens ten thousand times a second once in a while, and how often it went unsaid.

For faults that an operator must hear of but whose number is in the metrics anyway. One sample per key and interval; keys must come from a
closed set such as the names of routes. Time comes in as an argument, in seconds of a monotonic clock.
"""

from __future__ import annotations

__all__ = ["INTERVAL_S", "LogSample"]

INTERVAL_S = 10.0
"""One line per key in this time: six a minute are seen, and a disk survives them."""


class LogSample:
    """Decides which occurrence is worth a line."""

    __slots__ = ("_last_s", "_unsaid")

    def __init__(self) -> None:
        self._last_s: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def unsaid(self, key: str, now_s: float) -> int | None:
        """Return None to keep quiet, else how many occurrences of `key` went without a line since the last one."""
        last_s = self._last_s.get(key)
        if last_s is not None and now_s - last_s < INTERVAL_S:
            self._unsaid[key] = self._unsaid.get(key, 0) + 1
            return None
        self._last_s[key] = now_s
        return self._unsaid.pop(key, 0)
