"""The commit a directory is checked out at, read from git's own files: no git program is run, nothing is written.

Understands work trees, linked work trees and submodules (a `.git` file), detached heads, loose and packed references (gitrepository-layout(5)).
Anything else, such as a reftable repository, is "no commit": the commit is shown to people and decides nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["head_commit"]

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_READ_BYTES_MAX = 16 * 1024 * 1024
_SHORT = 12


def head_commit(directory: Path) -> str | None:
    """Return the first 12 digits of the commit that HEAD names for the work tree `directory` is in, or None."""
    try:
        start = directory.resolve()
        for folder in (start, *start.parents):
            marker = folder / ".git"
            if marker.is_dir():
                return _head(marker)
            if marker.is_file():
                found = _text(marker).removeprefix("gitdir:").strip()
                return _head((folder / found).resolve())
    except (OSError, ValueError):
        return None
    return None


def _head(git: Path) -> str | None:
    head = _text(git / "HEAD").strip()
    if not head.startswith("ref:"):
        return _short(head)
    name = head.removeprefix("ref:").strip()
    if not name.startswith("refs/") or ".." in name:
        return None
    shared = git / "commondir"
    homes = [git, (git / _text(shared).strip()).resolve()] if shared.is_file() else [git]
    for home in homes:
        if (home / name).is_file():
            return _short(_text(home / name).strip())
    packed = homes[-1] / "packed-refs"
    if packed.is_file():
        for line in _text(packed).splitlines():
            commit, _, reference = line.partition(" ")
            if reference.strip() == name:
                return _short(commit)
    return None


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_READ_BYTES_MAX).decode("utf-8", errors="replace")


def _short(commit: str) -> str | None:
    return commit[:_SHORT] if _COMMIT.fullmatch(commit) else None
