"""Linting: one snapshot -> one LintReport.

    snapshot (and base) ── compile ──► Diagnostics ── ignores ── selection, changed lines ── fingerprints ── baseline ──► LintReport

Pure but for what the snapshot reads: the day, the baseline and what git says are passed in. Nothing is printed or written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from router.analysis.fingerprints import fingerprints
from router.analysis.report import Finding, LintReport, Rule, Suppression
from router.analysis.selection import Selection
from router.analysis.suppression import Ignore, apply_ignores, read_ignores
from router.compiler import compile_snapshot
from router.compiler.checks import catalogue
from router.compiler.compilation import Compilation
from router.syntax.diagnostic import Diagnostic, Severity, in_order
from router.syntax.snapshot import Snapshot

__all__ = ["LintOptions", "find_code", "lint", "rules_of"]


class LintOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is asked for.

    `baseline` are fingerprints of findings that do not count. `changed` has the changed lines of each file, by the snapshot's names; a
    file it lacks has not changed; None means that all lines count. `base` is an earlier state of the configuration to compare with.
    """

    fail_level: Severity = Severity.WARNING
    selection: Selection
    baseline: frozenset[str] = frozenset()
    changed: Mapping[str, Sequence[range]] | None = None
    base: Snapshot | None = None


def lint(
    snapshot: Snapshot,
    options: LintOptions,
    *,
    now: Callable[[], datetime],
    version: str,
    with_rules: bool = True,
) -> LintReport:
    """Check a configuration. `now` gives the time in UTC; `with_rules` adds the catalogue's pages of what was found."""
    started_at = now()
    compilation = compile_snapshot(snapshot, base=options.base)
    findings = _findings(snapshot, compilation, list(compilation.diagnostics), options, started_at)
    return LintReport(
        findings=findings,
        documents=snapshot.documents,
        revision=compilation.plan.revision if compilation.plan is not None else None,
        fail_level=options.fail_level,
        started_at=started_at,
        duration_s=max((now() - started_at).total_seconds(), 0.0),
        version=version,
        sources=_sources(snapshot),
        rules=rules_of({finding.diagnostic.code for finding in findings}) if with_rules else (),
    )


def _findings(
    snapshot: Snapshot,
    compilation: Compilation,
    diagnostics: list[Diagnostic],
    options: LintOptions,
    started_at: datetime,
) -> tuple[Finding, ...]:
    ignores: list[Ignore] = []
    for name in snapshot.documents:
        try:
            found, unreadable = read_ignores(name, snapshot.read(name), find_code)
        except OSError:
            continue
        ignores += found
        diagnostics = diagnostics + unreadable
    held, about = apply_ignores(diagnostics, ignores, today=started_at.date())
    suppressed: dict[Diagnostic, Suppression] = {}
    for index, suppression in held.items():
        suppressed.setdefault(diagnostics[index], suppression)
    wanted = [
        found
        for found in in_order([*diagnostics, *about])
        if options.selection.takes(found.code) and _is_changed(found, options.changed)
    ]
    if not wanted:
        return ()
    trees = {tree.file: tree for tree in compilation.configuration.trees}
    names = fingerprints(wanted, trees, _sources(snapshot))
    return tuple(
        Finding(
            diagnostic=found,
            fingerprint=name,
            suppression=suppressed.get(found) or (Suppression("baseline") if name in options.baseline else None),
        )
        for found, name in zip(wanted, names, strict=True)
    )


def _is_changed(found: Diagnostic, changed: Mapping[str, Sequence[range]] | None) -> bool:
    if changed is None:
        return True
    first, last = found.span.line, max(found.span.end_line, found.span.line)
    return any(lines.start <= last and first < lines.stop for lines in changed.get(found.span.file, ()))


def _sources(snapshot: Snapshot) -> Callable[[str], str | None]:
    """Return a reader of texts; only what the compilation has read already is shown."""

    def text(name: str) -> str | None:
        try:
            return snapshot.read(name).decode("utf-8", "replace").removeprefix("\ufeff")
        except OSError:
            return None

    return text


def find_code(word: str) -> str | None:
    """Return the code that a word means: a code of the catalogue in any case, or the name of a check."""
    return catalogue().find(word)


def rules_of(codes: Iterable[str]) -> tuple[Rule, ...]:
    """Return what the catalogue says about these codes, in their order; codes without a page are left out."""
    pages = catalogue()
    rules = []
    for code in sorted(codes):
        if code in pages:
            page = pages[code]
            rules.append(
                Rule(code=code, name=page.name, summary=page.summary, manual=page.manual, severity=page.severity)
            )
    return tuple(rules)
