"""The demonstration: once with what the tree ships, as `make demo` runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from router.cli import main

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
