"""The golden cases: configurations with mistakes and the findings they give, configurations without and none.

`tests/golden/err/<case>.yaml` (or a directory) has its findings in `<case>.txt`: place, code, message, then help and notes indented. Only the
codes of loading and reading are compared here. `ROUTER_GOLDEN_UPDATE=1` writes the `.txt` files anew: read the diff before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from router.language.reader import read_configuration
from router.syntax.diagnostic import Diagnostic, Severity
from router.syntax.snapshot import Snapshot

_GOLDEN = Path(__file__).resolve().parents[1] / "golden"
_ENVIRON = {"HOST": "crm.example.com", "EIGHT": "8"}
_CODES = ("RT101", "RT102", "RT103", "RT104", "RT105", "RT201", "RT202", "RT204", "RT601", "RT604", "RT607", "RT801")


def _cases(kind: str) -> list[Path]:
    return sorted(path for path in (_GOLDEN / kind).iterdir() if path.suffix == ".yaml" or path.is_dir())


def _findings(case: Path) -> list[Diagnostic]:
    return read_configuration(Snapshot.take(case, environ=_ENVIRON))[1]


def _text(diagnostic: Diagnostic, base: str) -> str:
    lines = [f"{diagnostic.span} {diagnostic.severity} {diagnostic.code} {diagnostic.message}"]
    if diagnostic.help is not None:
        lines.append(f"  help: {diagnostic.help}")
    lines += [f"  note: {note.span} {note.message}" for note in diagnostic.notes]
    return "\n".join(lines).replace(base, "") + "\n"


@pytest.mark.parametrize("case", _cases("err"), ids=lambda case: case.stem)
def test_findings_are_as_recorded(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_GOLDEN / "err")
    found = "".join(_text(d, str(case.parent) + "/") for d in _findings(case) if d.code in _CODES)
    record = case.with_suffix(".txt")
    if os.environ.get("ROUTER_GOLDEN_UPDATE"):
        record.write_text(found, encoding="utf-8")
    blocks = record.read_text(encoding="utf-8").replace("\n  ", "\x00").splitlines()
    expected = [block.replace("\x00", "\n  ") for block in blocks if block.split(" ")[2] in _CODES]
    assert found == "".join(f"{block}\n" for block in expected)


@pytest.mark.parametrize("case", _cases("err"), ids=lambda case: case.stem)
def test_every_finding_stands_inside_its_file(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_GOLDEN / "err")
    for diagnostic in _findings(case):
        spans = [diagnostic.span, *(note.span for note in diagnostic.notes if note.span is not None)]
        for span in spans:
            text = Path(span.file).read_bytes().decode("utf-8-sig", errors="replace")
            lines = text.splitlines() or [""]
            assert 1 <= span.line <= len(lines)
            assert 1 <= span.column <= len(lines[span.line - 1]) + 1
            assert (span.end_line, span.end_column) >= (span.line, span.column)


@pytest.mark.parametrize("case", _cases("ok"), ids=lambda case: case.stem)
def test_correct_configurations_have_no_errors(case: Path) -> None:
    assert [str(d) for d in _findings(case) if d.severity is Severity.ERROR] == []


def test_no_secret_is_ever_printed() -> None:
    for case in _cases("err"):
        for diagnostic in _findings(case):
            text = _text(diagnostic, "")
            assert "hunter2" not in text
            assert "C2FVsBQIhrscChl" not in text
