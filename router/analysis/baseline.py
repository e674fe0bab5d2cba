"""The baseline: findings that were there before, kept in a file so that only new ones count.

The file is JSON, one finding a line, sorted, so that it is pleasant to review and to merge in git. Fingerprints decide; code, file and message
are for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec

from router.analysis.report import Finding

__all__ = ["BaselineError", "baseline_text", "read_baseline"]

_VERSION = 1


class BaselineError(ValueError):
    """A file that is no baseline; the text says why."""


class _Entry(msgspec.Struct, frozen=True):
    fingerprint: str


class _Baseline(msgspec.Struct, frozen=True):
    version: int
    findings: list[_Entry]


def read_baseline(data: bytes) -> frozenset[str]:
    """Return the fingerprints of a baseline. Raises BaselineError."""
    try:
        content = msgspec.json.decode(data, type=_Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"not a baseline: {error}") from error
    if content.version != _VERSION:
        raise BaselineError(f"a baseline of version {content.version}; this program reads version {_VERSION}")
    return frozenset(entry.fingerprint for entry in content.findings)


def baseline_text(findings: Iterable[Finding]) -> str:
    """Return the baseline that holds these findings."""
    rows = sorted(
        (found.span.file, found.code, found.message, finding.fingerprint)
        for finding in findings
        for found in (finding.diagnostic,)
    )
    lines = [
        json.dumps({"fingerprint": fingerprint, "code": code, "file": file, "message": message}, ensure_ascii=False)
        for file, code, message, fingerprint in rows
    ]
    inner = ",\n    ".join(lines)
    return f'{{\n  "version": {_VERSION},\n  "findings": [' + (f"\n    {inner}\n  " if lines else "") + "]\n}\n"
