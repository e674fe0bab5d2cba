"""Scalars with a unit: durations, rates and sizes, from text to numbers.

Durations become seconds, rates become events per second, sizes become bytes. The forms are those of the language's schema; text of
another form raises ValueError whose message says what to write.
"""

from __future__ import annotations

import re

__all__ = ["duration_s", "rate_per_s", "size_bytes"]

_DURATION = re.compile(r"([0-9]{1,13})(ms|s|m|h|d)")
_RATE = re.compile(r"([0-9]{1,13})/(s|m|h)")
_SIZE = re.compile(r"([0-9]{1,13})(B|KiB|MiB|GiB|kB|MB|GB)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def duration_s(text: str) -> float:
    """Return a duration (`500ms`, `5s`, `30m`, `2h`, `3d`) in seconds."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("write a whole number and a unit: `500ms`, `5s`, `30m`, `2h` or `3d`")
    number = int(found[1])
    return number / 1000 if found[2] == "ms" else number * _SECONDS[found[2]]


def rate_per_s(text: str) -> float:
    """Return a rate (`50/s`, `300/m`, `1000/h`) per second."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError("write a whole number per `s`, `m` or `h`: `50/s`, `300/m` or `1000/h`")
    return int(found[1]) / _SECONDS[found[2]]


def size_bytes(text: str) -> int:
    """Return a size (`64KiB`, `1MiB`, `500kB`, `100B`) in bytes."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError("write a whole number and a unit: `64KiB`, `1MiB` or `500kB`")
    return int(found[1]) * _BYTES[found[2]]
