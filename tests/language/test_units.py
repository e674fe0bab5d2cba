from __future__ import annotations

import pytest

from router.language.units import duration_s, rate_per_s, size_bytes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("0s", 0), ("5s", 5), ("30m", 1800), ("2h", 7200), ("3d", 259200), ("007s", 7)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(("text", "rate"), [("50/s", 50), ("300/m", 5), ("3600/h", 1)])
def test_rates(text: str, rate: float) -> None:
    assert rate_per_s(text) == rate


@pytest.mark.parametrize(
    ("text", "size"),
    [("64KiB", 65536), ("1MiB", 1048576), ("2GiB", 2147483648), ("500kB", 500_000), ("100B", 100), ("1MB", 1_000_000)],
)
def test_sizes(text: str, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", "5", "s", "5 s", "5S", "1.5h", "-5s", "5s ", "5min", "٥s", "5s\n", "1h30m", "9" * 14 + "s"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="500ms"):
        duration_s(text)


@pytest.mark.parametrize("text", ["", "5", "5/", "/s", "5/d", "5 / s", "5s"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="50/s"):
        rate_per_s(text)


@pytest.mark.parametrize("text", ["", "5", "5K", "5 KiB", "5kib", "-5B"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="64KiB"):
        size_bytes(text)
