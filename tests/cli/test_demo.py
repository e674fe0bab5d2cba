"""The demonstration: once with what the tree ships, as `make demo` runs it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from router.cli import main
from router.compiler import compile_snapshot
from router.syntax.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]


def test_everything_is_delivered(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "router", "demo", "--corpora", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "large-eu-orders-to-crm" in done.stdout
    assert "503 → 200" in done.stdout
    lines = done.stdout.splitlines()
    delivered = [line for line in lines if " delivered " in line and line.endswith("verified")]
    assert len(delivered) >= 20
    assert f"{len(delivered)} of {len(delivered)} deliveries delivered" in lines[-1]


def test_what_cannot_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 2
    assert capsys.readouterr().err == "router: no such file or directory: routes\n"
    monkeypatch.chdir(ROOT)
    assert main(["demo", "--flaky", "nobody"]) == 2
    assert capsys.readouterr().err.endswith("router: --flaky nobody: there is no such endpoint\n")


def test_made_up_secrets_are_enough_to_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["demo", "--env"]) == 0
    lines = capsys.readouterr().out.splitlines()
    environ = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    assert {"CRM_TOKEN", "CRM_SIGNING_KEY", "GITHUB_WEBHOOK_SECRET"} <= environ.keys()
    environ = {name: shlex.split(value)[0] for name, value in environ.items()}
    assert compile_snapshot(Snapshot.take(Path("routes"), environ=environ), require_secrets=True).plan is not None
