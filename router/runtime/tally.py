"""Tallies: the counters and histograms of the hot path, counted plainly and put into Prometheus' form when somebody asks.

prometheus-client's own take a lock and several checks for each change, which is right for any program; here everything is counted on the
event loop, so a change is an addition. Both kinds are collectors for its registry, which writes them; names, labels and samples are those
of its Counter and Histogram, without the `_created` series.

Not for threads: whoever counts elsewhere uses prometheus-client's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

__all__ = ["Count", "Durations", "DurationsTally", "Tally"]


class Count:
    """A number that only grows."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def inc(self) -> None:
        """Add one."""
        self.value += 1


class Durations:
    """How many durations fell into each bucket, and their sum, in seconds."""

    __slots__ = ("_bounds", "counts", "sum_s")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum_s = 0.0

    def observe(self, duration_s: float) -> None:
        """Add one; a bucket's bound belongs to it."""
        self.counts[bisect_left(self._bounds, duration_s)] += 1
        self.sum_s += duration_s

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulative buckets as Prometheus wants them, by their upper bound."""
        cumulated, total = [], 0
        for bound, count in zip((*self._bounds, float("inf")), self.counts, strict=True):
            total += count
            cumulated.append(("+Inf" if bound == float("inf") else repr(float(bound)), float(total)))
        return cumulated


class Tally(Collector):
    """A family of counts by label values. `name` is without `_total`."""

    def __init__(self, name: str, help_text: str, labels: Iterable[str], *, registry: CollectorRegistry) -> None:
        self._name, self._help, self._labels = name, help_text, tuple(labels)
        self._counts: dict[tuple[str, ...], Count] = {}
        registry.register(self)

    def labels(self, *values: str) -> Count:
        """Return the count of these label values, one for each label; the same one each time. Keep it where it is needed often."""
        count = self._counts.get(values)
        if count is None:
            _require_one_each(self._name, self._labels, values)
            count = self._counts[values] = Count()
        return count

    def remove(self, *values: str) -> None:
        """Forget a count; its series ends."""
        self._counts.pop(values, None)

    def collect(self) -> Iterable[Metric]:
        """Yield the family in its present state."""
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for values, count in self._counts.items():
            family.add_metric(values, count.value)
        yield family


class DurationsTally(Collector):
    """A family of durations by label values; `bounds_s` are the upper bounds of the buckets, ascending, without infinity."""

    def __init__(
        self,
        name: str,
        help_text: str,
        labels: Iterable[str],
        *,
        bounds_s: Iterable[float],
        registry: CollectorRegistry,
    ) -> None:
        self._name, self._help, self._labels, self._bounds_s = name, help_text, tuple(labels), tuple(bounds_s)
        self._durations: dict[tuple[str, ...], Durations] = {}
        registry.register(self)

    def labels(self, *values: str) -> Durations:
        """Return the durations of these label values, one for each label; the same ones each time."""
        durations = self._durations.get(values)
        if durations is None:
            _require_one_each(self._name, self._labels, values)
            durations = self._durations[values] = Durations(self._bounds_s)
        return durations

    def collect(self) -> Iterable[Metric]:
        """Yield the family in its present state."""
        family = HistogramMetricFamily(self._name, self._help, labels=self._labels)
        for values, durations in self._durations.items():
            family.add_metric(values, durations.buckets(), durations.sum_s)
        yield family


def _require_one_each(name: str, labels: tuple[str, ...], values: tuple[str, ...]) -> None:
    if len(values) != len(labels):
        raise ValueError(f"{name} has the labels {labels}, not values for {len(values)}")
