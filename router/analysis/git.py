"""Git as a subprocess: what changed since a revision, and files as they were at one.

Every call has a time limit, reads no pager, asks nobody for a password and passes paths and revisions so that they can be no options. The
commit of a work tree, which needs no program, is `router.syntax.git`'s.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["GitError", "WorkTree"]

TIMEOUT_S = 30.0
"""Longer than any of these takes on a large repository with a cold cache."""

_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, '"': 34, "\\": 92}
_WHOLE = range(1, 1 << 31)


class GitError(Exception):
    """Git could not answer; the text is one line for the user."""


class WorkTree:
    """One git work tree."""

    def __init__(self, directory: Path) -> None:
        """Find the work tree that `directory` is in. Raises GitError."""
        self.top = directory
        answer = self._run("rev-parse", "--show-toplevel")
        self.top = Path(os.fsdecode(answer.rstrip(b"\n")))

    def commit(self, revision: str) -> str:
        """Return the full id of the commit that a revision names. Raises GitError."""
        if revision.startswith("-") or not revision.strip():
            raise GitError(f"`{revision}` is no git revision")
        try:
            answer = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError:
            raise GitError(
                f"git knows no revision `{revision}`; in CI, fetch enough history (`fetch-depth: 0`)"
            ) from None
        return answer.decode("ascii", "replace").split()[-1]

    def relative(self, path: Path) -> str | None:
        """Return a path as git names it, None for one outside the work tree. Links are followed in folders only."""
        lexical = Path(os.path.abspath(path))  # noqa: PTH100 - without following links
        absolute = lexical.parent.resolve() / lexical.name
        try:
            return absolute.relative_to(self.top.resolve()).as_posix()
        except ValueError:
            return None

    def changed_lines(self, revision: str) -> dict[str, list[range]]:
        """Return, by git's name, the lines of each file that differ from a revision or are not yet in git. Raises GitError."""
        commit = self.commit(revision)
        diff = self._run(
            "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-prefix", commit, "--"
        )  # fmt: skip
        changed: dict[str, list[range]] = {}
        for name, lines in _hunks(diff.decode("utf-8", "surrogateescape")):
            changed.setdefault(name, []).append(lines)
        untracked = self._run("ls-files", "--others", "--exclude-standard", "-z", "--full-name")
        for raw in untracked.split(b"\0"):
            if raw:
                changed[os.fsdecode(raw)] = [_WHOLE]
        return changed

    def files_at(self, revision: str, folder: str) -> list[str]:
        """Return the names of the files below a folder (`""`: everywhere) at a revision. Raises GitError."""
        commit = self.commit(revision)
        arguments = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]
        if folder:
            arguments += ["--", folder]
        return [os.fsdecode(raw) for raw in self._run(*arguments).split(b"\0") if raw]

    def read_at(self, revision: str, name: str) -> bytes:
        """Return a file as it was at a revision; raises FileNotFoundError when it was not there."""
        try:
            return self._run("cat-file", "blob", f"{revision}:{name}")
        except GitError as error:
            raise FileNotFoundError(2, f"not there at {revision}", name) from error

    def _run(self, *arguments: str) -> bytes:
        command = ["git", "-c", "core.quotepath=off", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; revisions are verified, names come from git itself
                command,
                cwd=self.top,
                env=_environment(os.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except FileNotFoundError:
            raise GitError("the program `git` is not installed") from None
        except OSError as error:
            raise GitError(f"git cannot be run: {error.strerror or error}") from None
        except subprocess.TimeoutExpired:
            raise GitError(f"git did not answer within {TIMEOUT_S:.0f} s") from None
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GitError(said[-1].removeprefix("fatal: ") if said else f"git {arguments[0]} failed")
        return done.stdout


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "LC_ALL": "C"}


def _hunks(diff: str) -> Iterator[tuple[str, range]]:
    """Yield the file and the new lines of each hunk; a hunk that only removes has none."""
    name, left = None, 0
    for line in diff.split("\n"):
        if left > 0 and line[:1] in ("+", "-", "\\"):
            left -= line[0] != "\\"
            continue
        if line.startswith("+++ "):
            written = line[4:].removesuffix("\t")
            name = None if written == "/dev/null" else _unquoted(written)
        elif name is not None and (hunk := _HUNK.match(line)) is not None:
            removed = re.match(r"@@ -\d+(?:,(\d+))?", line)
            count = int(hunk[2]) if hunk[2] is not None else 1
            left = count + (int(removed[1]) if removed is not None and removed[1] is not None else 1)
            if count:
                yield name, range(int(hunk[1]), int(hunk[1]) + count)


def _unquoted(name: str) -> str:
    """Undo git's C-style quoting of unusual names."""
    if not (name.startswith('"') and name.endswith('"')):
        return name
    octets = bytearray()
    for match in re.finditer(r"\\([0-7]{3}|.)|([^\\]+)", name[1:-1], re.DOTALL):
        if match[2] is not None:
            octets += os.fsencode(match[2])
        else:
            octets.append(int(match[1], 8) if len(match[1]) == 3 else _ESCAPES.get(match[1], ord(match[1])))
    return os.fsdecode(bytes(octets))
