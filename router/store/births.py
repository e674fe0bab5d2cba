"""What both stores check before they keep anything: that an acceptance is one a caller may make at all.

A breach is a programming fault, hence ValueError and not one of the project's errors.
"""

from __future__ import annotations

from router.delivery.state import BIRTH_STATES
from router.store.port import Acceptance

__all__ = ["DELIVERIES_MAX", "check_births"]

DELIVERIES_MAX = 65_536
"""Deliveries one event may have: a delivery's row number is its event's times this, plus its position."""


def check_births(acceptance: Acceptance) -> None:
    """Raise ValueError when a delivery is not in a state it can be born in, or there are too many."""
    if len(acceptance.deliveries) > DELIVERIES_MAX:
        raise ValueError(
            f"event {acceptance.key} has {len(acceptance.deliveries)} deliveries; {DELIVERIES_MAX} is the most"
        )
    for record in acceptance.deliveries:
        if record.state not in BIRTH_STATES:
            born = ", ".join(sorted(BIRTH_STATES))
            raise ValueError(f"delivery {record.id} cannot be born {record.state.value}, only as one of {born}")
