"""The commit, read from the files git keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.syntax.git import head_commit

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "work" / "routes").mkdir(parents=True)
    (tmp_path / "work" / ".git" / "refs" / "heads").mkdir(parents=True)
    return tmp_path / "work"


def test_a_branch(tree: Path) -> None:
    (tree / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    assert head_commit(tree / "routes") is None  # nothing committed yet
    (tree / ".git" / "refs" / "heads" / "main").write_text(f"{_COMMIT}\n")
    assert head_commit(tree / "routes") == "0123456789ab"
    assert head_commit(tree) == "0123456789ab"


def test_a_detached_head(tree: Path) -> None:
    (tree / ".git" / "HEAD").write_text(f"{_COMMIT}\n")
    assert head_commit(tree) == "0123456789ab"


def test_packed_references(tree: Path) -> None:
    (tree / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tree / ".git" / "packed-refs").write_text(
        f"# pack-refs with: peeled\n{'f' * 40} refs/heads/other\n{_COMMIT} refs/heads/main\n^{'e' * 40}\n"
    )
    assert head_commit(tree) == "0123456789ab"


def test_a_linked_work_tree(tree: Path, tmp_path: Path) -> None:
    private = tree / ".git" / "worktrees" / "linked"
    private.mkdir(parents=True)
    (private / "HEAD").write_text("ref: refs/heads/topic\n")
    (private / "commondir").write_text("../..\n")
    (tree / ".git" / "refs" / "heads" / "topic").write_text(f"{_COMMIT}\n")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").write_text(f"gitdir: {private}\n")
    assert head_commit(linked) == "0123456789ab"


@pytest.mark.parametrize(
    "head", ["", "garbage", "ref: ../../etc/passwd", "ref: refs/../../x", "ref: refs/heads/.invalid", "0123"]
)
def test_anything_else_is_no_commit(tree: Path, head: str) -> None:
    (tree / ".git" / "HEAD").write_text(head)
    assert head_commit(tree) is None


def test_no_repository(tmp_path: Path) -> None:
    assert head_commit(tmp_path / "nowhere") is None or isinstance(head_commit(tmp_path), str)
