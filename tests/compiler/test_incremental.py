"""Compiling with a memory gives what compiling without one gives, and does not do again what has not changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from router.compiler import compile_snapshot
from router.compiler.incremental import IncrementalCompiler
from router.syntax.memory import Memory
from router.syntax.snapshot import Snapshot

_EXAMPLE = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(_EXAMPLE / "routes", tmp_path / "routes")
    shutil.copytree(_EXAMPLE / "schemas" / "events", tmp_path / "schemas" / "events")
    return tmp_path / "routes"


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


_EDITS = {
    "a filter": ("routes/sales.yaml", "data.", "data.x_"),
    "a comment that moves everything": ("routes/sales.yaml", "version: 1", "# moved\n\nversion: 1"),
    "yaml that cannot be read": ("routes/shop.yaml", "event_types:", "event_types: ["),
    "a name": ("routes/shop.yaml", "  order.paid:", "  order.payed:"),
    "a schema": ("schemas/events/order.paid.json", '"total"', '"totals"'),
    "a schema that is included": ("schemas/events/shop.defs.json", '"type"', '"typo"'),
    "an endpoint": ("routes/finance.yaml", "concurrency: 8", "concurrency: 0"),
    "a variable": ("routes/finance.yaml", "${SHOP_LEDGER_URL:-http", "${SHOP_LEDGER_URL:-ftp"),
}


@pytest.mark.parametrize("edit", _EDITS)
def test_an_edit_and_its_undoing_are_found_as_without_memory(root: Path, edit: str) -> None:
    name, old, new = _EDITS[edit]
    path = root.parent / name
    compiler = IncrementalCompiler()
    good = compiler.compile(Snapshot.take(root, environ={})).diagnostics
    for there, back in ((old, new), (new, old)):
        _replace(path, there, back)
        snapshot = Snapshot.take(root, environ={})
        compiled, expected = compiler.compile(snapshot), compile_snapshot(Snapshot.take(root, environ={}))
        assert compiled.diagnostics == expected.diagnostics
        assert (compiled.plan is None) == (expected.plan is None)
        if compiled.plan is not None and expected.plan is not None:
            assert compiled.plan.revision == expected.plan.revision
    assert compiled.diagnostics == good


def test_a_variable_that_changes_is_noticed(root: Path) -> None:
    compiler = IncrementalCompiler()
    first = compiler.compile(Snapshot.take(root, environ={}))
    second = compiler.compile(Snapshot.take(root, environ={"SHOP_LEDGER_URL": "https://ledger.example.com/in"}))
    assert first.plan is not None
    assert second.plan is not None
    assert first.plan.endpoints["ledger"].urls != second.plan.endpoints["ledger"].urls
    assert first.plan.revision != second.plan.revision


def test_what_has_not_changed_is_the_same_object(root: Path) -> None:
    compiler = IncrementalCompiler()
    first = compiler.compile(Snapshot.take(root, environ={}))
    _replace(root / "sales.yaml", "version: 1", "version: 1\n# a comment")
    second = compiler.compile(Snapshot.take(root, environ={}))
    before, after = ({tree.file: tree for tree in c.configuration.trees} for c in (first, second))
    for file, tree in after.items():
        assert (tree is before[file]) == (not file.endswith("sales.yaml"))
    assert first.plan is not None
    assert second.plan is not None
    for old, new in zip(first.plan.routes, second.plan.routes, strict=True):
        assert old.filter is new.filter


def test_without_a_plan_there_are_the_same_findings(root: Path) -> None:
    found = IncrementalCompiler().compile(Snapshot.take(root, environ={}), with_plan=False)
    assert found.plan is None
    assert found.diagnostics == compile_snapshot(Snapshot.take(root, environ={})).diagnostics


def test_a_memory_forgets_what_two_rounds_did_not_ask_for() -> None:
    memory = Memory()
    made: list[int] = []

    def ask() -> int:
        return memory.recall("key", lambda: made.append(1) or len(made))  # type: ignore[func-returns-value]

    memory.begin_round()
    assert [ask(), ask()] == [1, 1]
    memory.begin_round()
    assert ask() == 1
    memory.begin_round()
    memory.begin_round()
    assert ask() == 2
