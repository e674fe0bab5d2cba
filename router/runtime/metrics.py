"""Metrics: what an operator watches, in Prometheus' text format.

One registry per runtime, none of the process's global one, so that two runtimes in a test do not meet. Rooms call the objects here on the
hot path (tallies, `router.runtime.tally`; looked up once and kept); what can be read when somebody asks (lanes, backlog, revision) is read then, by `render`'s
caller through `observe`. Names ending in `_total` only grow; everything else is a state of now. All are listed in docs/operations.md.

It keeps no history and makes no decision. Labels never hold an event's data: only names from the configuration and short fixed words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from router.delivery.record import Outcome
from router.runtime.tally import DurationsTally, Tally

__all__ = ["CONTENT_TYPE", "EndpointMeter", "Metrics", "gauge"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The media type of `Metrics.render`."""

_ATTEMPT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DELIVERED_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600, 36000, 172800)
_STAGE_S = (0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)


class EndpointMeter:
    """The hot counters of one endpoint, looked up once."""

    __slots__ = ("_by_outcome", "_delivered", "_duration", "_ours")

    def __init__(self, metrics: Metrics, endpoint: str) -> None:
        # By the outcome's word: hashing the enumeration itself costs more than the look-up.
        self._by_outcome = {outcome.value: metrics.attempts.labels(endpoint, outcome.value) for outcome in Outcome}
        self._ours = metrics.attempts.labels(endpoint, "our-fault")
        self._duration = metrics.attempt_seconds.labels(endpoint)
        self._delivered = metrics.delivered_seconds.labels(endpoint)

    def attempted(self, outcome: Outcome | None, duration_s: float) -> None:
        """Count an attempt; `outcome` is None when it failed by our own fault."""
        if outcome is None:
            self._ours.inc()
            return
        self._by_outcome[outcome._value_].inc()
        self._duration.observe(duration_s)

    def delivered(self, after_s: float) -> None:
        """Note how long after its acceptance a delivery arrived."""
        self._delivered.observe(after_s)


class _Observed(Collector):
    """Gauges whose values are handed in just before they are read."""

    def __init__(self) -> None:
        self._families: tuple[Metric, ...] = ()

    def show(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


class Metrics:
    """All metrics of one runtime."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._observed = _Observed()
        registry.register(self._observed)
        # Events.
        self.events = Tally("router_events_received", "Events by what became of them.", ["result"], registry=registry)
        self.routed = Tally(
            "router_events_routed", "Deliveries made, by route and revision.", ["route", "revision"], registry=registry
        )
        self.unmatched = Tally(
            "router_events_unmatched", "Events that no route took.", ["type", "revision"], registry=registry
        )
        self.filter_failures = Tally(
            "router_filter_failures", "Filters that raised: the route did not match.", ["route"], registry=registry
        )
        self.born = Tally(
            "router_deliveries_born", "Deliveries by the state they started in.", ["state"], registry=registry
        )
        self.accept_seconds = DurationsTally(
            "router_accept_seconds", "From a decoded event to its commit.", (), bounds_s=_ATTEMPT_S, registry=registry
        ).labels()
        # Deliveries.
        self.attempts = Tally(
            "router_delivery_attempts", "Attempts by outcome.", ["endpoint", "outcome"], registry=registry
        )
        self.attempt_seconds = DurationsTally(
            "router_delivery_attempt_seconds",
            "Duration of attempts.",
            ["endpoint"],
            bounds_s=_ATTEMPT_S,
            registry=registry,
        )
        self.delivered_seconds = DurationsTally(
            "router_delivery_seconds",
            "From acceptance to success.",
            ["endpoint"],
            bounds_s=_DELIVERED_S,
            registry=registry,
        )
        self.overtaken = Counter(
            "router_delivery_results_overtaken", "Results that came when the delivery had moved on.", registry=registry
        )
        self.pruned = Counter(
            "router_events_pruned", "Events deleted because their retention ended.", registry=registry
        )
        # Configuration.
        self.reloads = Counter(
            "config_reloads",
            "Reloads by result and the stage they ended in.",
            ["result", "stage", "trigger"],
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "config_reload_stage_seconds",
            "Duration of a reload's stages.",
            ["stage"],
            buckets=_STAGE_S,
            registry=registry,
        )
        self.last_reload_successful = Gauge(
            "config_last_reload_successful", "1 when the last reload succeeded, else 0.", registry=registry
        )
        self.last_reload_success_at = Gauge(
            "config_last_reload_success_timestamp_seconds",
            "When a reload last succeeded, Unix time.",
            registry=registry,
        )
        self.loop_lag_seconds = Gauge(
            "router_event_loop_lag_seconds", "How late the event loop last woke.", registry=registry
        )
        self._endpoints: dict[str, EndpointMeter] = {}

    def endpoint(self, name: str) -> EndpointMeter:
        """Return the meter of an endpoint; the same one each time."""
        meter = self._endpoints.get(name)
        if meter is None:
            meter = self._endpoints[name] = EndpointMeter(self, name)
        return meter

    def render(self, observed: Iterable[Metric]) -> bytes:
        """Return everything in the text format, with gauges that were read just now (see `gauge`)."""
        self._observed.show(observed)
        return generate_latest(self._registry)


def gauge(name: str, help_text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]) -> Metric:
    """Return a gauge with its values by label values, for `Metrics.render`."""
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family
