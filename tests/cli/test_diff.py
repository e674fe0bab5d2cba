"""`router diff`: kinds and directions of changes, witnesses, traffic, formats and exit codes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from router.cli import main
from router.compiler import compile_path

_BASE = """\
version: 1
event_types:
  order.paid: {schema: {type: object, properties: {total: {type: number}, country: {type: string}}}, examples: [{total: 5, country: DE}]}
  order.sent: {}
endpoints: {crm: {url: "https://crm.example.com/"}, audit: {url: "https://audit.example.com/"}}
transforms: {small: {content_type: application/json, payload: {t: "{{ data.total }}"}}}
routes:
  big: {events: [order.paid], filter: "data.total > `1000` && contains(['DE', 'FR'], data.country)", transform: small, targets: [crm]}
  all: {events: [order.*], targets: [audit]}
"""

CASES = [
    ("`1000`", "`2000`", ("routes", "narrowed", "big")),
    ("`1000`", "`999`", ("routes", "widened", "big")),
    ("total > `1000`", "total < `1000`", ("routes", "changed", "big")),
    ("total > `1000`", "total >= `1000`", ("routes", "widened", "big")),
    ("['DE', 'FR']", "['DE']", ("routes", "narrowed", "big")),
    ("['DE', 'FR']", "['DE', 'FR', 'AT']", ("routes", "widened", "big")),
    ("['DE', 'FR']", "['FR', 'DE']", ("routes", "changed", "big")),  # no event tells them apart
    ("events: [order.*]", "events: [order.paid]", ("routes", "narrowed", "all")),
    ("  all: {", "  all: {enabled: false, ", ("routes", "narrowed", "all")),
    ("  all: {", "  every: {", ("routes", "renamed", "every")),
    ("targets: [audit]", "targets: [audit, crm]", ("routes", "changed", "all")),
    ("https://crm.", "https://crm2.", ("endpoints", "changed", "crm")),
    ("data.total }}", "data.total + 1 }}", ("transforms", "changed", "small")),
    ("order.sent: {}", "order.sent: {description: gone}", ("event_types", "changed", "order.sent")),
    ("  all: {", "  more: {events: [order.sent], targets: [crm]}\n  all: {", ("routes", "added", "more")),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(_BASE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    code = main(["diff", "old", "new", "--format", "json", *more])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_each_change_has_its_kind_and_a_true_witness(
    folder: Path, before: str, after: str, expected: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "new" / "a.yaml").write_text(_BASE.replace(before, after, 1), encoding="utf-8")
    code, found = compared(capsys)
    assert code == 2
    (change,) = found["changes"]
    assert (change["section"], change["kind"], change["name"]) == expected
    old, new = compile_path(folder / "old"), compile_path(folder / "new")
    for witness, takes, takes_not in ((change["lost"], old, new), (change["gained"], new, old)):
        if witness is not None:
            assert change["name"] in [match.route for match in takes.match(witness)]
            assert change["name"] not in [match.route for match in takes_not.match(witness)]
    assert (change["lost"] is not None) == (change["kind"] == "narrowed" or "total < " in after)


def test_no_change_and_errors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new" / "a.yaml").write_text(
        re.sub(r"^routes:", "# moved\nroutes:", _BASE, flags=re.MULTILINE), encoding="utf-8"
    )
    assert compared(capsys) == (0, {"changes": [], "traffic": None})
    assert main(["diff", "old", "nowhere", "--config", "old"]) == 1
    assert "neither a path nor a revision" in capsys.readouterr().err
    (folder / "new" / "a.yaml").write_text("version: 2\n", encoding="utf-8")
    assert main(["diff", "old", "new"]) == 1


def test_traffic_is_a_brute_force_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = _BASE.replace("`1000`", "`500`").replace("targets: [audit]", "targets: [audit], filter: data.total != `7`")
    (folder / "new" / "a.yaml").write_text(text, encoding="utf-8")
    events = [
        {"type": "order.paid", "id": f"e{n}", "source": "/t", "data": {"total": n, "country": "DE"}}
        for n in (1, 7, 7, 501, 900, 1001)
    ]
    Path("events.jsonl").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    code, found = compared(capsys, "--events", "events.jsonl")
    assert code == 2
    assert [(d["endpoint"], d["gained"], d["lost"]) for d in found["traffic"]] == [
        ("audit", [], ["e7", "e7"]),
        ("crm", ["e501", "e900"], []),
    ]
    assert main(["diff", "old", "new", "--events", "events.jsonl"]) == 2
    assert "audit: −2\n" in capsys.readouterr().out
    assert main(["diff", "old", "new", "--events", "events.jsonl", "--format", "markdown"]) == 2
    assert "| `crm` | +2 |" in capsys.readouterr().out


def test_git_revisions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    (folder / "new" / "a.yaml").write_text(_BASE.replace("`1000`", "`2000`"), encoding="utf-8")
    assert main(["diff", "HEAD", "--config", "new"]) == 2
    assert "< route big narrowed" in capsys.readouterr().out
    assert main(["diff", "HEAD", "HEAD", "--config", "new"]) == 0
