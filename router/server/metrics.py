"""The server's own metrics; the rest of the program's come from the host.

Counters live in a registry of their own, so that several servers in one process (tests) do not meet. Label values are from closed sets:
no path, id or other text of a stranger ever becomes one.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from router.runtime.tally import Count, Tally
from router.server.attributes import Leniency

__all__ = ["ServerMetrics"]


class ServerMetrics:
    """What the HTTP side counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Tally(
            "http_requests",
            "HTTP requests answered, by entry (events, source, api, other) and status.",
            ["entry", "status"],
            registry=self.registry,
        )
        self._refused = Counter(
            "http_events_refused",
            "Requests that brought no acceptable event, by fault.",
            ["fault"],
            registry=self.registry,
        )
        self._leniencies = Counter(
            "cloudevents_leniencies",
            "Deviations from CloudEvents 1.0.2 that were forgiven, by kind.",
            ["kind"],
            registry=self.registry,
        )
        self._cut = Counter(
            "http_connections_cut",
            "Connections closed by the server, by reason (header, body, idle, write, evicted, header-size, bad-request).",
            ["reason"],
            registry=self.registry,
        )
        self.connections = Gauge("http_connections", "Open HTTP connections.", registry=self.registry)
        # Looking a child up by label costs more than counting; the few that exist are kept at hand.
        self._children: dict[tuple[str, int], Count] = {}

    def answered(self, entry: str, status: int) -> None:
        """Count one answer."""
        child = self._children.get((entry, status))
        if child is None:
            child = self._children[entry, status] = self._requests.labels(entry, str(status))
        child.inc()

    def refused(self, fault: str) -> None:
        """Count one refused event; `fault` is an EventFault's value."""
        self._refused.labels(fault).inc()

    def forgiven(self, what: Leniency) -> None:
        """Count one forgiven deviation."""
        self._leniencies.labels(what.value).inc()

    def cut(self, reason: str) -> None:
        """Count one connection that was closed on a client."""
        self._cut.labels(reason).inc()

    def render(self) -> bytes:
        """Return the text format 0.0.4."""
        return generate_latest(self.registry)
