"""Addresses: which of an endpoint's several URLs answer, learned from the outcomes of real attempts.

Weights and priorities say where attempts should go (`router.delivery.request.choose_url`); health says where they may. After
`FAILURES_TO_REST` failures in a row an address rests: attempts go to the others, those of the same priority first. When its rest is over one
attempt tries it; it is back with the first answer, and rests twice as long after a failure. While all addresses rest, all are used: then the
endpoint as a whole fails, which is the breaker's business. As long as one is left, the failure of another says nothing about the endpoint.

In memory only; a start begins with good faith. Endpoints with one URL are never looked up here. Time comes in, in seconds of a monotonic clock.
"""

from __future__ import annotations

import logging

from router.language.documents import Url
from router.plan.endpoint import PlannedEndpoint

__all__ = ["FAILURES_TO_REST", "REST_MAX_S", "REST_MIN_S", "Addresses"]

FAILURES_TO_REST = 3
"""Failures in a row after which an address rests: fewer than open the breaker, so that the others are found first."""

REST_MIN_S = 30.0
"""The first rest. Trying costs one delivery a retry, so it is longer than the breaker's first pause, which costs nothing."""

REST_MAX_S = 300.0
"""The longest rest: as the breaker's longest pause."""

_log = logging.getLogger(__name__)


class _Health:
    """What is known of one address."""

    __slots__ = ("failures", "rest_s", "until_s")

    def __init__(self) -> None:
        self.failures = 0
        self.rest_s = 0.0
        self.until_s = 0.0


class Addresses:
    """The health of every address of the endpoints that have several."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[Url, ...], dict[str, _Health]]] = {}

    def usable(self, endpoint: PlannedEndpoint, now_s: float) -> tuple[Url, ...]:
        """Return the URLs to choose among now, in the order of the endpoint; all of them when all rest.

        An address whose rest is over is given out alone, once: whoever asks makes the attempt that tries it.
        """
        healths = self._healths(endpoint)
        awake = []
        for url in endpoint.urls:
            health = healths[url.url]
            if health.failures < FAILURES_TO_REST:
                awake.append(url)
            elif now_s >= health.until_s:
                health.until_s = (
                    now_s + endpoint.timeout.total_s
                )  # nobody else tries while this attempt may be under way
                return (url,)
        return tuple(awake) or endpoint.urls

    def answered(self, endpoint: PlannedEndpoint, url: str) -> None:
        """Note that an address answered."""
        health = self._healths(endpoint).get(url)
        if health is not None and health.failures:
            if health.failures >= FAILURES_TO_REST:
                _log.warning("endpoint %s: an address answers again: %s", endpoint.name, _place(endpoint, url))
            health.failures = 0
            health.rest_s = 0.0

    def failed(self, endpoint: PlannedEndpoint, url: str, now_s: float) -> bool:
        """Note a failure that is the address's own; return whether another address is left that does not rest."""
        healths = self._healths(endpoint)
        health = healths.get(url)
        if health is not None:
            health.failures += 1
            if health.failures >= FAILURES_TO_REST:
                health.rest_s = min(REST_MAX_S, health.rest_s * 2) if health.rest_s else REST_MIN_S
                health.until_s = now_s + health.rest_s
                if health.failures == FAILURES_TO_REST:
                    _log.warning("endpoint %s: an address fails and rests: %s", endpoint.name, _place(endpoint, url))
        return any(one.failures < FAILURES_TO_REST for one in healths.values())

    def _healths(self, endpoint: PlannedEndpoint) -> dict[str, _Health]:
        known = self._known.get(endpoint.name)
        if known is not None and known[0] == endpoint.urls:
            return known[1]
        before = known[1] if known is not None else {}
        healths = {url.url: before.get(url.url) or _Health() for url in endpoint.urls}
        self._known[endpoint.name] = (endpoint.urls, healths)
        return healths


def _place(endpoint: PlannedEndpoint, url: str) -> str:
    """Return how an address is called in the log: by its number, because its path and query may hold credentials."""
    numbers = [number for number, one in enumerate(endpoint.urls, start=1) if one.url == url]
    return f"number {numbers[0] if numbers else '?'} of {len(endpoint.urls)} by priority"
