"""Safe edits: made bottom up, none over another, and only where the file is better for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.analysis.fixing import apply_fixes, fix_all
from router.analysis.linting import LintOptions, lint
from router.analysis.report import LintReport
from router.analysis.selection import Selection
from router.syntax.diagnostic import Diagnostic, Fix, Severity, Span
from router.syntax.snapshot import Snapshot

BASE = """\
version: 1
event_types:
  order.paid: {schema: {type: object, properties: {total: {type: number}, vip: {type: boolean}, note: {type: [string, "null"]}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid:
    events: [order.paid]
    FILTER
    targets: [crm]
"""


def check(snapshot: Snapshot) -> LintReport:
    options = LintOptions(selection=Selection())
    return lint(snapshot, options, now=lambda: datetime(2026, 11, 24, tzinfo=UTC), version="0")


def fixed(folder: Path, text: str) -> str:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    snapshot = Snapshot.take(folder, environ={"F": "!data.vip"})
    result = fix_all(snapshot, check)
    assert (folder / "a.yaml").read_text(encoding="utf-8") == text  # nothing is written here
    (data,) = result.contents.values() or (text.encode(),)
    return data.decode()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("filter: data.total == null", "filter: data.total == `null`"),
        ("filter: null != data.note", 'filter: "`null` != data.note"'),
        ("filter: '!data.vip'", "filter: '!(data.vip)'"),
        ('filter: "!data.vip && data.total > `1`"', 'filter: "!(data.vip) && data.total > `1`"'),
        ("filter: data.total > `1` && !data.vip", "filter: data.total > `1` && !(data.vip)"),
        (
            "filter: |\n      data.total > `1` &&\n      !data.vip",
            "filter: |\n      data.total > `1` &&\n      !(data.vip)",
        ),
        ("filtr: data.total > `1`", "filter: data.total > `1`"),
        ('"filtr": data.total > `1`', "filter: data.total > `1`"),
        ("filter: start_with(data.note, 'x')", "filter: starts_with(data.note, 'x')"),
        ('transform: {payload: "{{ datta.note }}"}', 'transform: {payload: "{{ data.note }}"}'),
        ('transform: {payload: ["{{ data.vip | tojsn }}"]}', 'transform: {payload: ["{{ data.vip | tojson }}"]}'),
        ("filter: ${F}", "filter: ${F}"),  # the text comes from a variable: nothing in the file can be mended
        ("filter: data.vip # router: ignore[RT503] -- old", "filter: data.vip"),
    ],
)
def test_fixes(tmp_path: Path, wrong: str, right: str) -> None:
    assert fixed(tmp_path, BASE.replace("FILTER", wrong)) == BASE.replace("FILTER", right)


def test_names(tmp_path: Path) -> None:
    good = BASE.replace("FILTER", "filter: data.vip")
    bad = good.replace("targets: [crm]", "targets: ['crn']").replace("[order.paid]", "[order.payd]")
    assert fixed(tmp_path, bad) == good


def test_a_field_of_a_closed_schema(tmp_path: Path) -> None:
    closed = BASE.replace("{type: object,", "{type: object, additionalProperties: false, required: [total],")
    good = closed.replace("FILTER", 'transform: {payload: ["{{ data.total }}"]}')
    assert fixed(tmp_path, good.replace("data.total }}", "data.totl }}")) == good
    unsure = good.replace("additionalProperties: false", "additionalProperties: true").replace(
        "data.total }}", "data.totl }}"
    )
    assert fixed(tmp_path, unsure) == unsure


def test_one_mistake_behind_another(tmp_path: Path) -> None:
    good = BASE.replace("FILTER", "filter: '!(data.vip)'")
    assert fixed(tmp_path, good.replace("filter: '!(data.vip)'", "filtr: '!data.vip'")) == good


def test_a_comment_alone_leaves_no_line_behind(tmp_path: Path) -> None:
    good = BASE.replace("FILTER", "filter: data.vip")
    assert fixed(tmp_path, good.replace("  paid:\n", "  # router: ignore[RT503] -- old\n  paid:\n")) == good


def edit(line: int, column: int, end: int, text: str) -> Diagnostic:
    span = Span("a", line, column, line, end)
    return Diagnostic(code="RT1", severity=Severity.ERROR, message="m", span=span, fixes=(Fix(span, text),))


def test_overlapping_edits_wait() -> None:
    changes, count = apply_fixes(
        [edit(1, 1, 4, "XYZ"), edit(1, 3, 6, "no"), edit(2, 1, 2, "second")], lambda _: b"\xef\xbb\xbfabcdef\r\nb\r\n"
    )
    assert (changes, count) == ({"a": b"\xef\xbb\xbfXYZdef\r\nsecond\r\n"}, 2)


def test_other_encodings_are_left_alone() -> None:
    assert apply_fixes([edit(1, 1, 2, "x")], lambda _: b"\xff\xfea\x00") == ({}, 0)
