"""The YAML test suite: what is read has the value the suite gives; what differs is listed here, with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.syntax.diagnostic import has_errors
from router.syntax.loader import load
from tests.corpora import corpus_lines

_CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in corpus_lines("yaml-test-suite", "cases.jsonl")}

_REFUSED = {
    "one document a file": "35KP 6XDY 6ZKB 7Z25 9DXL 9KAX JHB9 KSS4 L383 M7A3 PUW8 RZT7 U9NS W4TN",
    "tags outside the core schema, and `!`": "2XXW 52DL 565N 5TYM 6CK3 6WLZ 7FWL 8MK2 9WXW C4HZ CC74 CUP7 J7PZ M5C3 P76L S4JQ UGM3 UKK6-2 Z67P Z9M4",
    "keys are text": "4FJ6 6BFJ 6PBE 9MMW KK5P LX3P M2N8 M2N8-1 M5DY Q9WF RZP5 SBG9 V9D5 X38W XW4D 6M2F",
    "no empty keys": "2JQS CFD4 DFF7 FH7J FRK4 NHX8 NKF9 PW8X S3PD SM9W-1 UKK6 WZ62",
    "`%YAML 1.2` is the only directive of use": "2LFX 6LVF BEC7 MUS6-5 MUS6-6 ZYU8 ZYU8-1 ZYU8-2 ZYU8-3",
    "libyaml: no tab before or between tokens": "6BCT 6CA3 96NN 96NN-1 A2M4 DK95 DK95-3 DK95-4 Q5MG R4YG Y79Y-1 Y79Y-10",
    "libyaml: a key, its `:` and value stand together in flow collections": "4ABK 4MUZ 4MUZ-1 4MUZ-2 58MP 5MUD 5T43 9SA2 DBG4 HM87 K3WX NJ66 UT92 VJP3-1",
    "libyaml: a flow text does not begin with `?`": "652Z HM87-1",
    "libyaml: anchors have letters, digits, `-` and `_`": "2SXE 8XYN W5VH Y2GN",
    "libyaml: a block scalar as the document is indented": "DK3J FP8R",
    "libyaml: no document marker without document": "HWV9 QT73",
}
"""Correct YAML that is refused: by decision, or because the parser does not know it. Never is it read as something else."""

_TOLERATED = "9C9N 9JBA CVW2 DK95-1 G5U8 MUS6 QB6E S98Z SU5Z X4QW Y79Y-3 YJV2"
"""Incorrect YAML that libyaml reads all the same: sloppy indentation in flow collections, `#` without a space before it, `%YAML 1.1#`."""

_OTHER_VALUE = "L24T-1"
"""A last line of white space without line break: the suite adds a line break that the file does not have."""


def _expected(case: dict[str, Any]) -> Any:
    text = case["json"]
    return json.loads(text) if text.strip() else None


@pytest.mark.parametrize("case_id", _CASES)
def test_case(case_id: str) -> None:
    case = _CASES[case_id]
    tree, findings = load(f"{case_id}.yaml", case["yaml"].encode())
    lines = case["yaml"].splitlines() or [""]
    for finding in findings:
        assert 1 <= finding.span.line <= len(lines)
        assert 1 <= finding.span.column <= len(lines[finding.span.line - 1]) + 1
    is_refused = any(case_id in cases.split() for cases in _REFUSED.values())
    if case["expect"] == "error":
        assert has_errors(findings) == (case_id not in _TOLERATED.split())
    elif is_refused:
        assert has_errors(findings)
    else:
        assert not has_errors(findings), [str(finding) for finding in findings]
        assert tree is not None
        if case["json"] is not None and case_id != _OTHER_VALUE:
            assert tree.value == _expected(case)


@pytest.mark.parametrize("case_id", _CASES)
def test_every_place_of_a_tree_is_inside_its_file(case_id: str) -> None:
    text = _CASES[case_id]["yaml"]
    tree, findings = load("case.yaml", text.encode())
    if tree is None or has_errors(findings):
        return
    lines = tree.text.splitlines() or [""]
    for path, place in tree.places.items():
        for span in (place.value, place.key):
            if span is not None:
                assert 1 <= span.line <= len(lines) + 1, path
                assert (span.end_line, span.end_column) >= (span.line, span.column), path
        if place.offsets is not None and case_id != "L24T-1":
            assert place.offsets() is not None, path


@pytest.mark.parametrize("case_id", _CASES)
def test_both_parsers_agree_where_both_read(case_id: str) -> None:
    data = _CASES[case_id]["yaml"].encode()
    first, first_findings = load("case.yaml", data)
    second, second_findings = load("case.yaml", data, python=True)
    if first is None or second is None or has_errors(first_findings) or has_errors(second_findings):
        return
    assert first.value == second.value
    assert {path: place.value for path, place in first.places.items()} == {
        path: place.value for path, place in second.places.items()
    }
