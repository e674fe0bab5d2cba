"""Tallies write what prometheus-client's own counters and histograms write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from router.runtime.tally import DurationsTally, Tally

LABEL = st.sampled_from(["a", "b c", 'd"\\\n', "ü"])


def written(registry: CollectorRegistry) -> set[str]:
    return {line for line in generate_latest(registry).decode().splitlines() if "_created" not in line}


@given(st.lists(st.tuples(LABEL, LABEL)))
def test_counts_are_written_like_counters(changes: list[tuple[str, str]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tally = Tally("things", "Things.", ["kind", "state"], registry=ours)
    counter = Counter("things", "Things.", ["kind", "state"], registry=theirs)
    for change in changes:
        tally.labels(*change).inc()
        counter.labels(*change).inc()
    assert written(ours) == written(theirs)


@given(st.lists(st.tuples(LABEL, st.floats(0, 100) | st.sampled_from([0.005, 1.0, 30.0]))))
def test_durations_are_written_like_histograms(changes: list[tuple[str, float]]) -> None:
    bounds = (0.005, 0.25, 1, 30)
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tally = DurationsTally("time_seconds", "Time.", ["kind"], bounds_s=bounds, registry=ours)
    histogram = Histogram("time_seconds", "Time.", ["kind"], buckets=bounds, registry=theirs)
    for kind, duration_s in changes:
        tally.labels(kind).observe(duration_s)
        histogram.labels(kind).observe(duration_s)
    assert written(ours) == written(theirs)


def test_a_removed_count_is_no_longer_written() -> None:
    registry = CollectorRegistry()
    tally = Tally("things", "Things.", ["kind"], registry=registry)
    tally.labels("a").inc()
    tally.remove("a")
    tally.remove("never there")
    assert "things_total{" not in generate_latest(registry).decode()


def test_labels_are_complete() -> None:
    tally = Tally("things", "Things.", ["kind"], registry=CollectorRegistry())
    with pytest.raises(ValueError, match="labels"):
        tally.labels("a", "b")
