"""`router import`: files in, YAML out, refusals with their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.cli import main
from router.compiler import compile_path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_patterns_of_all_kinds_of_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.json").write_text('{"source": ["aws.s3"], "detail": {"size": [{"numeric": [">", 5]}]}}', encoding="utf-8")
    rows = [{"pattern": {"source": ["${X}"]}}, {"EventPattern": json.dumps({"source": ["b"]})}]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert main(["import", "eventbridge", "one.json", "rows.jsonl", "--endpoint", "crm", "--type", "aws.thing"]) == 0
    output = capsys.readouterr()
    assert output.err == "3 of 3 patterns imported\n"
    Path("imported.yaml").write_text(output.out, encoding="utf-8")
    plan = compile_path(folder / "imported.yaml")
    match = plan.match({"type": "aws.thing", "data": {"source": "aws.s3", "detail": {"size": [1, 7]}}})
    assert [(each.route, each.endpoint) for each in match] == [("one", "crm")]
    assert [each.route for each in plan.match({"type": "aws.thing", "data": {"source": "${X}"}})] == ["x"]


def test_what_is_refused_is_told_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rows.jsonl").write_text('{"pattern": {"a": [1]}}\n{"pattern": {"a": [{"prefix": 3}]}}\n', encoding="utf-8")
    assert main(["import", "eventbridge", "rows.jsonl"]) == 1
    output = capsys.readouterr()
    assert "rows.jsonl:2:31: /a/0/prefix: `prefix` takes a string, not a number" in output.err
    assert "leaves(data, 'a')" in output.out


def test_a_routing_tree(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("am.yml").write_text(
        'route:\n  receiver: all\n  routes:\n    - matchers: [severity=~"critical|page"]\n      receiver: pager\n',
        encoding="utf-8",
    )
    assert main(["import", "alertmanager", "am.yml"]) == 0
    Path("alerts.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    plan = compile_path(folder / "alerts.yaml")
    assert [m.endpoint for m in plan.match({"type": "alert", "data": {"labels": {"severity": "page"}}})] == ["pager"]
    assert [m.endpoint for m in plan.match({"type": "alert", "data": {"labels": {}}})] == ["all"]
    Path("am.yml").write_text("route:\n  receiver: all\n  routes:\n    - match_re: {a: '\\d+'}\n", encoding="utf-8")
    assert main(["import", "alertmanager", "am.yml"]) == 1
    assert "am.yml:4:21: /route/routes/0/match_re/a: `\\d+`: " in capsys.readouterr().err


def test_what_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.json").write_text("{", encoding="utf-8")
    assert main(["import", "eventbridge", "bad.json"]) == 2
    assert main(["import", "eventbridge", "none.json"]) == 2
    assert main(["import", "alertmanager", "none.yml", "more.yml"]) == 2
