from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.delivery.outcome import DEFAULTS, RETRY_AFTER_MAX_S, classify, is_outcome_key, retry_after
from router.delivery.record import Outcome

NOW = 1_700_000_000


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVER), (201, Outcome.DELIVER), (202, Outcome.DELIVER), (204, Outcome.DELIVER), (299, Outcome.DELIVER),
        (301, Outcome.RETRY), (302, Outcome.RETRY), (308, Outcome.RETRY),
        (400, Outcome.RETRY), (401, Outcome.RETRY), (404, Outcome.RETRY), (408, Outcome.RETRY), (413, Outcome.RETRY), (425, Outcome.RETRY),
        (410, Outcome.DISABLE),
        (429, Outcome.THROTTLE), (502, Outcome.THROTTLE), (503, Outcome.THROTTLE), (504, Outcome.THROTTLE),
        (500, Outcome.RETRY), (501, Outcome.RETRY), (599, Outcome.RETRY), (999, Outcome.RETRY), (None, Outcome.RETRY),
    ],
)  # fmt: skip
def test_defaults(status: int | None, outcome: Outcome) -> None:
    assert classify(status) is outcome


def test_exact_status_wins_over_class_and_class_over_default() -> None:
    rules = {"404": "dead", "4xx": "retry", "5xx": "dead", "410": "deliver"}
    assert classify(404, rules) is Outcome.DEAD
    assert classify(400, rules) is Outcome.RETRY
    assert classify(429, rules) is Outcome.RETRY
    assert classify(410, rules) is Outcome.DELIVER
    assert classify(503, rules) is Outcome.DEAD
    assert classify(200, rules) is Outcome.DELIVER
    assert classify(None, rules) is Outcome.RETRY


def test_retry_after_turns_a_default_retry_into_throttle_and_nothing_else() -> None:
    assert classify(500, has_retry_after=True) is Outcome.THROTTLE
    assert classify(200, has_retry_after=True) is Outcome.DELIVER
    assert classify(500, {"500": "retry"}, has_retry_after=True) is Outcome.RETRY


def test_unknown_word_is_an_error() -> None:
    with pytest.raises(ValueError, match="ignore"):
        classify(404, {"404": "ignore"})


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["404", "4xx", "5xx", "2xx", "500"]), st.sampled_from(list(Outcome))),
)
def test_every_status_has_exactly_one_outcome(status: int, rules: dict[str, Outcome]) -> None:
    outcome = classify(status, rules)
    exact, family = str(status), f"{status // 100}xx"
    assert outcome is (
        rules.get(exact) or rules.get(family) or DEFAULTS.get(exact) or DEFAULTS.get(family, Outcome.RETRY)
    )


def test_outcome_keys() -> None:
    assert all(is_outcome_key(key) for key in [*DEFAULTS, "404", "1xx"])
    assert not any(is_outcome_key(key) for key in ["40x", "xx", "4XX", "4040", "", "network", "٤٠٤"])


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", 0), ("120", 120), (" 7 ", 7), ("86400", 86400), ("86401", 86400), ("9" * 5000, 86400),
        (None, None), ("", None), ("-1", None), ("1.5", None), ("soon", None), ("٣", None), ("1e3", None),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30), ("Tuesday, 14-Nov-23 22:13:50 GMT", 30), ("Tue Nov 14 22:13:50 2023", 30),
        ("Tue, 14 Nov 2023 22:13:20 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_MAX_S),
        ("Tue, 14 Foo 2023 22:13:50 GMT", None), ("Tue, 99 Nov 2023 22:13:50 GMT", None), ("Tue, 14 Nov 2023 22:13:50", None),
        ("Tue Nov  4 22:13:50 2023", 0), ("Tue, 14 Nov 0000 22:13:50 GMT", None),
    ],
)  # fmt: skip
def test_retry_after(value: str | None, wait: float | None) -> None:
    assert retry_after(value, now_s=NOW) == wait


@given(st.text(max_size=60))
def test_retry_after_never_raises_and_is_bounded(value: str) -> None:
    wait = retry_after(value, now_s=NOW)
    assert wait is None or 0 <= wait <= RETRY_AFTER_MAX_S


@given(st.integers(0, 86400))
def test_dates_are_read_as_the_standard_library_writes_them(ahead: int) -> None:
    text = format_datetime(datetime.fromtimestamp(NOW + ahead, tz=UTC), usegmt=True)
    assert retry_after(text, now_s=NOW) == ahead
