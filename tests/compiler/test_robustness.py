"""No configuration makes the compiler raise, and every finding has a place inside a file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from router.compiler import compile_snapshot
from router.syntax.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
_SOURCES = (ROOT / "tests/golden/ok/reference.yaml", ROOT / "routes/sales.yaml", ROOT / "routes/engineering.yaml")
_DAMAGE = ("", "x", "[", "{a: 1}", "null", "&a ", "${", "{{", "'", "-")


def _damaged(lines: list[str], chance: random.Random) -> list[str]:
    made = list(lines)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made))
        match chance.randrange(4):
            case 0:
                del made[at]
            case 1:
                old = chance.choice(["[", "]", "{", "}", ":", "data", ".", "total", "=="])
                made[at] = made[at].replace(old, chance.choice(_DAMAGE), 1)
            case 2:
                made.insert(at, chance.choice(lines))
            case _:
                other = chance.randrange(len(made))
                made[at], made[other] = made[other], made[at]
    return made


@pytest.mark.parametrize("source", _SOURCES, ids=lambda path: path.stem)
def test_damaged_files_are_findings_never_exceptions(source: Path, tmp_path: Path) -> None:
    lines = source.read_text(encoding="utf-8").splitlines()
    chance = random.Random(source.name)
    for _ in range(60):
        text = "\n".join(_damaged(lines, chance))
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        found = compile_snapshot(Snapshot.take(tmp_path, environ={})).diagnostics
        count = text.count("\n") + 2
        for one in found:
            if Path(one.span.file).name == "a.yaml":
                assert 1 <= one.span.line <= count
                assert one.span.column >= 1


def test_an_alternative_that_is_null(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\nroutes:\n  r:\nendpoints:\n  e:\n", encoding="utf-8")
    assert compile_snapshot(Snapshot.take(tmp_path, environ={})).plan is None
