"""`router lint` with its options, as the program calls it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from router.analysis.reports import FORMATS as PROGRAM_FORMATS
from router.cli import main
from router.cli.reporting import FORMATS

TEXT = """\
version: 1
event_types: {order.paid: {schema: {type: object, properties: {vip: {type: boolean}}}}}
endpoints:
  crm: {url: http://crm.example.com/hooks, signing: {scheme: standard-webhooks, secrets: [{env: CRM_KEY}]}}
routes:
  paid: {events: [order.paid], filter: '!data.vip', targets: [crn]}
"""
ONLY = ["--select", "RT203,RT308,RT503", "--ignore", "RT205"]


@pytest.fixture
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "a.yaml").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "routes"


def findings(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    capsys.readouterr()
    main(["lint", "--format", "json", *ONLY, *argv])
    return sorted(d["code"] for d in json.loads(capsys.readouterr().out)["diagnostics"])


def test_formats_are_those_there_are() -> None:
    assert ("text", *PROGRAM_FORMATS) == FORMATS


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_into_a_file(routes: Path, format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--format", format, "--output", "report", *ONLY]) == 1
    assert "RT203" in Path("report").read_text(encoding="utf-8")
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("2 errors, 1 warning in 1 file")


def test_fix(routes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(capsys) == ["RT203", "RT308", "RT503"]
    assert main(["lint", "--diff", *ONLY]) == 1
    output = capsys.readouterr()
    assert "+  paid: {events: [order.paid], filter: '!(data.vip)', targets: [crm]}\n" in output.out
    assert (routes / "a.yaml").read_text() == TEXT
    assert main(["lint", "--fix", *ONLY]) == 1
    output = capsys.readouterr()
    assert output.err == "mended 2 findings in routes/a.yaml\n"
    assert "RT203" not in output.out
    assert "RT503" in output.out
    assert (routes / "a.yaml").read_text() == TEXT.replace("!data.vip", "!(data.vip)").replace("[crn]", "[crm]")


def test_baseline(routes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--baseline", "b.json", *ONLY]) == 2
    assert main(["lint", "--write-baseline"]) == 2
    assert main(["lint", "--baseline", "b.json", "--write-baseline", *ONLY]) == 0
    assert capsys.readouterr().err.endswith("wrote 3 findings to b.json\n")
    assert main(["lint", "--baseline", "b.json", *ONLY]) == 0
    assert capsys.readouterr().out == "no findings in 1 document, 3 ignored\n"
    (routes / "a.yaml").write_text(TEXT.replace("[crn]", "[crm, crx]"))
    assert findings(capsys, "--baseline", "b.json") == ["RT203"]
    main(["lint", "--baseline", "b.json", *ONLY])
    assert "1 finding of the baseline is no longer there" in capsys.readouterr().err


def test_ignores(routes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (routes / "a.yaml").write_text(
        TEXT.replace("  crm:", "  # router: ignore[RT503] until 2999-12-31 -- inside our walls\n  crm:")
    )
    assert findings(capsys) == ["RT203", "RT308"]
    (routes / "a.yaml").write_text(
        TEXT.replace("  crm:", "  # router: ignore[RT503] until 2020-12-31 -- inside our walls\n  crm:")
    )
    assert findings(capsys, "--select", "RT907") == ["RT203", "RT308", "RT503", "RT907"]


def test_wrong_patterns(routes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--select", "RT333"]) == 2
    assert capsys.readouterr().err == "router: no code begins with `RT333`\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_revisions(routes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    assert main(["lint", "--changed-since", "HEAD"]) == 2
    assert "router: --changed-since HEAD: not a git repository" in capsys.readouterr().err
    commands = (
        "init -q",
        "add .",
        "-c user.name=Ada -c user.email=ada@example.com -c commit.gpgsign=false commit -q -m first",
    )
    for command in commands:
        subprocess.run(["git", *command.split()], cwd=routes.parent, check=True, capture_output=True)
    assert findings(capsys, "--changed-since", "HEAD") == []
    (routes / "a.yaml").write_text(TEXT.replace("!data.vip", "!data.vip && data.vip"))
    assert findings(capsys, "--changed-since", "HEAD") == ["RT203", "RT308"]
    assert main(["lint", "--base", "nowhere"]) == 2
    (routes / "a.yaml").write_text(TEXT.replace("vip: {type: boolean}", "vip: {type: string}"))
    assert findings(capsys, "--base", "HEAD", "--select", "RT802") == ["RT203", "RT308", "RT503", "RT802"]
