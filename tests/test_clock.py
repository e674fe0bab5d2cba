"""Ids must be unpredictable and never repeat, also across the pool's edge."""

from __future__ import annotations

from router.clock import SystemClock, SystemEntropy
from router.identity import new_delivery_id, new_event_key


def test_no_octets_are_given_out_twice() -> None:
    entropy = SystemEntropy()
    drawn = [entropy.octets(10) for _ in range(5000)]
    assert {len(octets) for octets in drawn} == {10}
    assert len(set(drawn)) == len(drawn)
    assert len(entropy.octets(10_000)) == 10_000


def test_ids_say_what_they_name_and_sort_by_time() -> None:
    class Later(SystemClock):
        def now_ms(self) -> int:
            return super().now_ms() + 5000

    entropy = SystemEntropy()
    first, second = new_event_key(SystemClock(), entropy), new_event_key(Later(), entropy)
    assert first < second
    assert first.startswith("evt_")
    delivery = new_delivery_id(SystemClock(), entropy)
    assert delivery.startswith("dlv_")
    assert "." not in delivery
