"""`router fmt` and `router validate` as commands."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from router.cli import main

UGLY = "routes:\n    a: {targets: ['x'],   events: [e]}\nversion: 1   # one\n"
FINE = "version: 1   # one\nroutes:\n  a: {events: [e], targets: [x]}\n"


@pytest.fixture
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "a.yaml").write_text(UGLY)
    (tmp_path / "routes" / "b.yaml").write_text(FINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "routes"


def test_write(routes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (routes / "a.yaml").chmod(0o640)
    assert main(["fmt"]) == 0
    assert (routes / "a.yaml").read_text() == FINE
    assert (routes / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in routes.iterdir()) == ["a.yaml", "b.yaml"]
    assert capsys.readouterr() == ("routes/a.yaml\n", "1 of 2 files changed\n")
    assert main(["fmt"]) == 0
    assert capsys.readouterr() == ("", "nothing to change in 2 files\n")


def test_through_a_link(routes: Path) -> None:
    (routes / "a.yaml").rename(routes.parent / "real.yaml")
    (routes / "a.yaml").symlink_to("../real.yaml")
    assert main(["fmt"]) == 0
    assert (routes / "a.yaml").is_symlink()
    assert (routes.parent / "real.yaml").read_text() == FINE


def test_check_and_diff(routes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", "routes", "routes/a.yaml"]) == 1
    assert capsys.readouterr() == ("routes/a.yaml\n", "1 of 2 files would change\n")
    assert main(["fmt", "--diff"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("--- a/routes/a.yaml\n+++ b/routes/a.yaml\n@@ ")
    assert "+  a: {events: [e], targets: [x]}\n" in shown
    assert main(["fmt", "--check", "routes/b.yaml"]) == 0
    assert (routes / "a.yaml").read_text() == UGLY


def test_what_cannot_be_formatted(routes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (routes / "c.yaml").write_text("a: [\n")
    assert main(["fmt"]) == 2
    assert "router: routes/c.yaml: it is not valid YAML\n" in capsys.readouterr().err
    assert (routes / "c.yaml").read_text() == "a: [\n"
    assert (routes / "a.yaml").read_text() == FINE


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode())))
    assert main(["fmt", "-"]) == 0
    assert capsys.readouterr().out == FINE


def test_validate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("schemas").mkdir()
    Path("schemas/order.json").write_text(
        json.dumps(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"total": {"$ref": "money.yaml#/$defs/amount"}},
            }
        )
    )
    Path("schemas/money.yaml").write_text("$defs: {amount: {type: number, minimum: 0}}\n")
    Path("good.json").write_text('{"total": 3}')
    Path("bad.yaml").write_text("total: -3\ntotl: 3\n")
    assert main(["validate", "--schema", "schemas/order.json", "good.json"]) == 0
    assert capsys.readouterr().out == "no findings in 1 document\n"
    assert main(["validate", "--schema", "schemas/order.json", "good.json", "bad.yaml", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [(d["code"], d["file"], d["line"], d["column"]) for d in report["diagnostics"]] == [
        ("RT201", "bad.yaml", 1, 8),
        ("RT202", "bad.yaml", 2, 1),
    ]
    assert (
        main(["validate", "--schema", "schemas/order.json", "bad.yaml", "--format", "sarif", "--output", "o.sarif"])
        == 1
    )
    assert json.loads(Path("o.sarif").read_text())["version"] == "2.1.0"
    assert "2 errors" in capsys.readouterr().err


def test_what_cannot_be_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text("{}")
    assert main(["validate", "--schema", "gone.json", "a.json"]) == 2
    Path("s.json").write_text('{"type": "objekt"}')
    assert main(["validate", "--schema", "s.json", "a.json"]) == 2
    assert main(["validate", "--schema", "a.json", "gone.json"]) == 2
    err = capsys.readouterr().err
    assert "router: cannot read gone.json: " in err
    assert "router: s.json: it is no valid JSON Schema at `/type`: " in err
