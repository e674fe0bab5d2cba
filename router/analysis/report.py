"""LintReport: the findings of one run as every report format takes them.

    Diagnostics ── fingerprint ──► Findings ── ignores, baseline, selection ──► LintReport ── reports/<format> ──► text

Pure records. A finding that an inline ignore or the baseline holds back stays in the report with the reason, because some formats (SARIF)
show such findings; it never counts for the exit code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from router.syntax.diagnostic import Diagnostic, Severity

__all__ = ["Finding", "LintReport", "Rule", "Sources", "Suppression", "is_at_least"]

_RANKS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}

Sources = Callable[[str], str | None]
"""Returns the text of a file by the name that spans use, or None when it cannot be shown."""


class Suppression(msgspec.Struct, frozen=True):
    """Why a finding does not count: a comment in the file, or the baseline."""

    kind: Literal["inline", "baseline"]
    reason: str | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A diagnostic, the fingerprint that names it from run to run, and the suppression that holds it back, if any."""

    diagnostic: Diagnostic
    fingerprint: str
    suppression: Suppression | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue says about a code: its name, its page in Markdown (`summary` is the first sentence), its usual severity."""

    code: str
    name: str
    summary: str
    manual: str
    severity: Severity


class LintReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one run found.

    `findings` are in file order, suppressed ones included. `rules` has an entry for each code that the catalogue knows among them.
    `started_at` is in UTC, `duration_s` the time the check took. `fail_level` is the least severity that counts as a failure.
    """

    findings: tuple[Finding, ...]
    documents: tuple[str, ...]
    revision: str | None
    fail_level: Severity
    started_at: datetime
    duration_s: float
    version: str
    sources: Sources
    rules: tuple[Rule, ...] = ()

    @property
    def counted(self) -> tuple[Finding, ...]:
        """Return the findings that nothing holds back."""
        return tuple(finding for finding in self.findings if finding.suppression is None)

    @property
    def is_failing(self) -> bool:
        """Say whether any counted finding is at least as severe as the fail level."""
        return any(self.fails(finding) for finding in self.counted)

    def fails(self, finding: Finding) -> bool:
        """Say whether a finding is severe enough to fail the run."""
        return is_at_least(finding.diagnostic.severity, self.fail_level)

    def counts(self) -> Counter[Severity]:
        """Return how many findings of each severity count."""
        return Counter(finding.diagnostic.severity for finding in self.counted)


def is_at_least(severity: Severity, level: Severity) -> bool:
    """Say whether a severity is as grave as a level or graver."""
    return _RANKS[severity] >= _RANKS[level]
