"""A configuration beside an older revision of itself in git: which lines changed, and what the old one looked like.

The snapshot names files as people see them from the working directory, git names them from the top of the work tree; this is where one
becomes the other.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from router.analysis.git import GitError, WorkTree
from router.syntax.snapshot import Snapshot

__all__ = ["changed_lines", "snapshot_at"]

_SUFFIXES = (".yaml", ".yml")


class _Lines(dict[str, list[range]]):
    """Changed lines by the snapshot's names, looked up when a finding asks: schemas are known only after compiling."""

    def __init__(self, tree: WorkTree, by_git_name: dict[str, list[range]]) -> None:
        super().__init__()
        self._tree = tree
        self._by_git_name = by_git_name

    def __missing__(self, name: str) -> list[range]:
        self[name] = self._by_git_name.get(self._tree.relative(Path(name)) or "", [])
        return self[name]

    def get(self, name: str, default: object = None) -> list[range]:
        del default
        return self[name]


def changed_lines(snapshot: Snapshot, revision: str) -> dict[str, list[range]]:
    """Return the lines of each file that differ from a git revision. Raises GitError."""
    tree = _work_tree(snapshot)
    return _Lines(tree, tree.changed_lines(revision))


def snapshot_at(snapshot: Snapshot, revision: str) -> Snapshot:
    """Return the same configuration as it was at a git revision, with the same names and variables. Raises GitError.

    A configuration that was not there yet has no documents.
    """
    tree = _work_tree(snapshot)
    commit = tree.commit(revision)
    root = Path(snapshot.root)
    inside = tree.relative(root)
    if inside is None:
        raise GitError(f"{snapshot.root} is not inside the work tree {tree.top}")
    folder = "" if inside == "." else inside
    known = set(tree.files_at(commit, ""))
    documents = [name for name in known if _is_document(name, folder)]

    def read(name: str) -> bytes:
        git_name = tree.relative(Path(name))
        if git_name is None or git_name not in known:
            raise FileNotFoundError(2, f"not there at {revision}", name)
        return tree.read_at(commit, git_name)

    names = {name: snapshot.root if name == folder else _display(root, name, folder) for name in documents}
    return Snapshot.of(read, names.values(), root=snapshot.root, environ=os.environ, commit=commit[:12])


def _work_tree(snapshot: Snapshot) -> WorkTree:
    root = Path(snapshot.root)
    return WorkTree(root if root.is_dir() else root.parent)


def _is_document(name: str, folder: str) -> bool:
    if name == folder:
        return True
    path = PurePosixPath(name)
    if path.suffix not in _SUFFIXES or (folder and not name.startswith(folder + "/")):
        return False
    below = path.relative_to(folder) if folder else path
    return not any(part.startswith(".") for part in below.parts)


def _display(root: Path, name: str, folder: str) -> str:
    return (root / (PurePosixPath(name).relative_to(folder) if folder else name)).as_posix()
