"""One run: selection, baseline and fingerprints over real configurations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.analysis.baseline import BaselineError, baseline_text, read_baseline
from router.analysis.linting import LintOptions, lint
from router.analysis.report import LintReport
from router.analysis.selection import Selection, SelectionError
from router.syntax.diagnostic import Severity
from router.syntax.snapshot import Snapshot

TEXT = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  old-crm: {url: http://crm.example.com/hooks}
  spare: {url: https://spare.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: KEY}]}}
routes:
  paid: {events: [order.paid], targets: [old-crm]}
  other: {events: [order.paid], targets: [nobody, noone]}
"""


def check(folder: Path, text: str = TEXT, **options: object) -> LintReport:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    settings = LintOptions(**{"selection": Selection(ignore=["RT9"]), **options})  # type: ignore[arg-type]
    return lint(
        Snapshot.take(folder, environ={}), settings, now=lambda: datetime(2026, 11, 24, tzinfo=UTC), version="0"
    )


def codes(report: LintReport) -> list[str]:
    return [finding.diagnostic.code for finding in report.counted]


def test_fingerprints_stay_when_lines_move(tmp_path: Path) -> None:
    before = check(tmp_path)
    moved = "# a new first line\n\n" + TEXT.replace(
        "routes:\n", "\n\nroutes:\n  before: {events: [order.paid], targets: [spare]}\n"
    )
    after = check(tmp_path, moved.replace("[nobody, noone]", "[spare, nobody, noone]"))
    names = {(f.diagnostic.code, f.diagnostic.message): f.fingerprint for f in after.findings}
    kept = [f for f in before.findings if f.diagnostic.code in ("RT203", "RT503", "RT605")]
    assert len(kept) >= 3
    for finding in kept:
        assert names[finding.diagnostic.code, finding.diagnostic.message] == finding.fingerprint


def test_fingerprints_differ(tmp_path: Path) -> None:
    names = [finding.fingerprint for finding in check(tmp_path, TEXT.replace("noone", "nobody")).findings]
    assert len(names) == len(set(names))
    assert all(len(name) == 32 for name in names)


def test_baseline(tmp_path: Path) -> None:
    first = check(tmp_path)
    baseline = read_baseline(baseline_text(first.counted).encode())
    again = check(tmp_path, "# moved\n" + TEXT, baseline=baseline)
    assert codes(again) == []
    assert not again.is_failing
    worse = check(tmp_path, TEXT.replace("[old-crm]", "[old-crm, crm-3]"), baseline=baseline)
    assert codes(worse) == ["RT203"]
    assert worse.is_failing


def test_an_empty_baseline() -> None:
    assert read_baseline(baseline_text(()).encode()) == frozenset()


@pytest.mark.parametrize("data", [b"", b"[]", b'{"version": 2, "findings": []}', b'{"version": 1}', b"\xff"])
def test_no_baseline(data: bytes) -> None:
    with pytest.raises(BaselineError):
        read_baseline(data)


def test_selection(tmp_path: Path) -> None:
    assert set(codes(check(tmp_path, selection=Selection(["RT5"])))) == {"RT503"}
    assert "RT203" not in codes(check(tmp_path, selection=Selection(["RT2"], ["RT203"])))
    assert set(codes(check(tmp_path, selection=Selection(["plaintext-http"], [], {"RT503": "plaintext-http"})))) == {
        "RT503"
    }


@pytest.mark.parametrize("pattern", ["", "503", "RT9999", "RT7", "unknown"])
def test_patterns_that_name_nothing(pattern: str) -> None:
    with pytest.raises(SelectionError):
        Selection([pattern], [], {"RT503": "plaintext-http"})


def test_changed_lines(tmp_path: Path) -> None:
    name = check(tmp_path).findings[0].diagnostic.span.file
    assert {f.diagnostic.span.line for f in check(tmp_path, changed={name: [range(8, 9)]}).findings} == {8}
    assert check(tmp_path, changed={}).findings == ()


def test_fail_level(tmp_path: Path) -> None:
    only = Selection(["RT503"])
    assert check(tmp_path, selection=only).is_failing
    assert not check(tmp_path, selection=only, fail_level=Severity.ERROR).is_failing


def test_ignores(tmp_path: Path) -> None:
    text = TEXT.replace(
        "crm.example.com/hooks}", "crm.example.com/hooks}  # router: ignore[RT503, unsigned-endpoint] -- soon"
    )
    report = check(tmp_path, text)
    held = [finding for finding in report.findings if finding.suppression is not None]
    assert sorted((f.diagnostic.code, f.suppression.reason) for f in held if f.suppression) == [
        ("RT503", "soon"),
        ("RT605", "soon"),
    ]
    assert "RT503" not in codes(report)


def test_rules_come_from_the_catalogue(tmp_path: Path) -> None:
    rules = {rule.code: rule for rule in check(tmp_path).rules}
    assert rules["RT203"].name == "undefined-reference"
    assert rules["RT203"].manual
