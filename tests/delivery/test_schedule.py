from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.delivery.schedule import JITTER_SHARE, Due, GivenUp, duration, next_attempt
from router.language.documents import Retry

DAY_MS = 86_400_000
retries = st.builds(
    Retry,
    schedule_s=st.lists(st.floats(0, 100_000), max_size=8).map(tuple),
    max_age_s=st.floats(0, 1_000_000),
)


def test_default_schedule_ends_after_the_last_entry() -> None:
    retry, now, waits = Retry(), 0, []
    for attempts in range(1, 8):
        step = next_attempt(retry, attempts=attempts, born_at_ms=0, now_ms=now, chance=0.0)
        assert isinstance(step, Due)
        waits.append((step.at_ms - now) / 1000)
        now = step.at_ms
    assert tuple(waits) == retry.schedule_s
    assert next_attempt(retry, attempts=8, born_at_ms=0, now_ms=now, chance=0.0) == GivenUp(
        reason="given up after 8 attempts"
    )


def test_empty_schedule_means_one_attempt() -> None:
    step = next_attempt(Retry(schedule_s=()), attempts=1, born_at_ms=0, now_ms=0, chance=0.5)
    assert step == GivenUp(reason="given up after 1 attempt")


def test_age_limit_stops_before_an_attempt_that_would_be_too_late() -> None:
    step = next_attempt(
        Retry(schedule_s=(60, 7200), max_age_s=3600), attempts=2, born_at_ms=0, now_ms=60_000, chance=0.0
    )
    assert isinstance(step, GivenUp)
    assert "in 2h" in step.reason
    assert "age limit of 1h" in step.reason


def test_jitter_never_pushes_past_the_age_limit() -> None:
    step = next_attempt(Retry(schedule_s=(3600,), max_age_s=3600), attempts=1, born_at_ms=0, now_ms=0, chance=0.99)
    assert step == Due(at_ms=3_600_000)


def test_retry_after_only_lengthens() -> None:
    retry = Retry(schedule_s=(300,))
    longer = next_attempt(retry, attempts=1, born_at_ms=0, now_ms=0, chance=0.0, retry_after_s=900)
    shorter = next_attempt(retry, attempts=1, born_at_ms=0, now_ms=0, chance=0.0, retry_after_s=1)
    assert (longer, shorter) == (Due(at_ms=900_000), Due(at_ms=300_000))


@given(
    retries,
    st.integers(1, 10),
    st.integers(0, 10 * DAY_MS),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.floats(0, 86400),
)
def test_never_early_never_late_never_past_a_limit(
    retry: Retry, attempts: int, age_ms: int, chance: float, retry_after_s: float | None
) -> None:
    born, now = 1_700_000_000_000, 1_700_000_000_000 + age_ms
    step = next_attempt(
        retry, attempts=attempts, born_at_ms=born, now_ms=now, chance=chance, retry_after_s=retry_after_s
    )
    if attempts > len(retry.schedule_s):
        assert isinstance(step, GivenUp)
        return
    wait_s = max(retry.schedule_s[attempts - 1], retry_after_s or 0)
    limit = born + round(retry.max_age_s * 1000)
    if isinstance(step, GivenUp):
        assert now + round(wait_s * 1000) > limit
    else:
        assert now + round(wait_s * 1000) <= step.at_ms <= min(now + wait_s * 1000 * (1 + JITTER_SHARE) + 1, limit)


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5s"), (1.5, "1.5s"), (300, "5m"), (7200, "2h"), (259200, "3d"), (90, "90s"), (0, "0s")]
)
def test_durations_are_written_as_in_the_language(seconds: float, text: str) -> None:
    assert duration(seconds) == text
