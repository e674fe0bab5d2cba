"""What changed since a revision, and configurations as they were, against a real git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from router.analysis.git import GitError, WorkTree
from router.analysis.revisions import changed_lines, snapshot_at
from router.syntax.snapshot import Snapshot

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "routes" / "team").mkdir(parents=True)
    (tmp_path / "routes" / "a.yaml").write_text("version: 1\n# two\n# three\n")
    (tmp_path / "routes" / "gone.yaml").write_text("version: 1\n")
    (tmp_path / "routes" / "team" / 'b "ü".yaml').write_text("version: 1\n++ no header\n")
    (tmp_path / "routes" / ".hidden.yaml").write_text("version: 1\n")
    (tmp_path / "schema.json").write_text("{}")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_changed_lines(work: Path) -> None:
    (work / "routes" / "a.yaml").write_text("version: 1\n# TWO\n# three\n# four\n# five\n")
    (work / "routes" / "gone.yaml").unlink()
    (work / "routes" / "team" / 'b "ü".yaml').write_text("version: 1\n++ b header\n")
    (work / "routes" / "new.yaml").write_text("version: 1\n")
    changed = changed_lines(Snapshot.take(Path("routes")), "HEAD")
    assert changed["routes/a.yaml"] == [range(2, 3), range(4, 6)]
    assert changed['routes/team/b "ü".yaml'] == [range(2, 3)]
    assert 10**6 in changed["routes/new.yaml"][0]
    assert changed["schema.json"] == []
    assert changed["../elsewhere.yaml"] == []


def test_names_from_below(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work / "routes" / "team")
    (work / "routes" / "a.yaml").write_text("version: 2\n# two\n# three\n")
    assert changed_lines(Snapshot.take(Path("..")), "HEAD")["../a.yaml"] == [range(1, 2)]
    assert "../a.yaml" in snapshot_at(Snapshot.take(Path("..")), "HEAD").documents


def test_a_removed_line_is_no_changed_line(work: Path) -> None:
    (work / "routes" / "a.yaml").write_text("version: 1\n# three\n")
    assert changed_lines(Snapshot.take(Path("routes")), "HEAD")["routes/a.yaml"] == []


def test_a_snapshot_of_then(work: Path) -> None:
    (work / "routes" / "a.yaml").write_text("now")
    (work / "schema.json").write_text("now")
    (work / "routes" / "new.yaml").write_text("now")
    before = snapshot_at(Snapshot.take(Path("routes")), "HEAD")
    assert before.documents == ("routes/a.yaml", "routes/gone.yaml", 'routes/team/b "ü".yaml')
    assert before.read("routes/a.yaml") == b"version: 1\n# two\n# three\n"
    assert before.read(before.resolve("routes/a.yaml", "../schema.json")) == b"{}"
    with pytest.raises(FileNotFoundError):
        before.read("routes/new.yaml")


def test_one_file_of_then(work: Path) -> None:
    (work / "routes" / "a.yaml").write_text("now")
    assert snapshot_at(Snapshot.take(Path("routes/a.yaml")), "HEAD").documents == ("routes/a.yaml",)


def test_the_whole_work_tree(work: Path) -> None:
    assert "routes/a.yaml" in snapshot_at(Snapshot.take(Path()), "HEAD").documents


def test_a_configuration_that_was_not_there(work: Path) -> None:
    (work / "other").mkdir()
    (work / "other" / "a.yaml").write_text("version: 1\n")
    assert snapshot_at(Snapshot.take(Path("other")), "HEAD").documents == ()


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "", "HEAD:routes", "-"])
def test_no_such_revision(work: Path, revision: str) -> None:
    with pytest.raises(GitError, match=r"no (git )?revision"):
        WorkTree(work).commit(revision)
    assert not (work / "x").exists()


def test_no_work_tree(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        WorkTree(tmp_path)


def test_no_git(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="not installed"):
        WorkTree(work)
