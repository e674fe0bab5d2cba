"""Workspace: the configuration an editor has open, as the disk and its unsaved buffers together say.

    buffers over the disk ─ Snapshot ─► compiler, with a memory ─► ignores ─► Checked: findings by file, the last good tree of every document

Buffers overlay files of every kind, schemas too. The directory is listed again when something was saved or changed outside, and otherwise
every few seconds at most, so that a keystroke does not read a thousand files. A document that cannot be parsed keeps its last good tree,
which is what completion and navigation work with meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from router.analysis.linting import find_code
from router.analysis.suppression import Ignore, apply_ignores, read_ignores
from router.compiler.incremental import IncrementalCompiler
from router.syntax.diagnostic import Diagnostic, in_order
from router.syntax.memory import Files, Memory
from router.syntax.snapshot import Snapshot
from router.syntax.tree import Tree

__all__ = ["LISTING_AGE_S", "Checked", "Workspace", "display_name"]

LISTING_AGE_S = 3.0
"""How old the list of documents may be. Only matters for editors that do not report changes on the disk."""

_SUFFIXES = (".yaml", ".yml")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found: findings by file, the state that was read, and the last good tree of each document."""

    findings: Mapping[str, tuple[Diagnostic, ...]]
    snapshot: Snapshot
    trees: Mapping[str, Tree]


class Workspace:
    """One configuration. `check` may run in a thread of its own, one call at a time; `checked` is its last result."""

    def __init__(self, root: Path, *, now: Callable[[], datetime], monotonic_s: Callable[[], float]) -> None:
        self.root = root
        self.checked: Checked | None = None
        self._now = now
        self._monotonic_s = monotonic_s
        self._compiler = IncrementalCompiler()
        self._comments = Memory()
        self._disk: Snapshot | None = None
        self._listed_at_s = 0.0

    def contains(self, path: Path) -> bool:
        """Say whether a file is one of this configuration's documents, saved or not."""
        if path.suffix not in _SUFFIXES:
            return False
        return path == self.root or self.root in path.parents

    def forget_disk(self) -> None:
        """Look at the disk again at the next check."""
        self._disk = None

    def check(self, buffers: Mapping[Path, str]) -> Checked:
        """Check the configuration with these open buffers. Raises OSError when neither the disk nor a buffer has anything of it."""
        snapshot = self._snapshot(buffers)
        trees = dict(self.checked.trees) if self.checked is not None else {}

        compilation = self._compiler.compile(snapshot, with_plan=False)
        trees.update((tree.file, tree) for tree in compilation.configuration.trees)
        findings: dict[str, list[Diagnostic]] = {}
        for found in self._counted(snapshot, compilation.diagnostics):
            findings.setdefault(found.span.file, []).append(found)
        kept = {name: tree for name, tree in trees.items() if name in snapshot.documents}
        self.checked = Checked(
            findings={name: tuple(found) for name, found in findings.items()}, snapshot=snapshot, trees=kept
        )
        return self.checked

    def _counted(self, snapshot: Snapshot, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Return the findings that no comment in the files holds back, and what is wrong with such comments."""
        ignores: list[Ignore] = []
        unreadable: list[Diagnostic] = []
        for name in snapshot.documents:
            read = partial(_ignores, name)
            found, wrong = self._comments.recall_read(("comments", name), snapshot, read)
            ignores += found
            unreadable += wrong
        self._comments.begin_round()
        every = [*diagnostics, *unreadable]
        held, about = apply_ignores(every, ignores, today=self._now().date())
        return in_order([*(found for index, found in enumerate(every) if index not in held), *about])

    def _snapshot(self, buffers: Mapping[Path, str]) -> Snapshot:
        now_s = self._monotonic_s()
        if self._disk is None or now_s - self._listed_at_s > LISTING_AGE_S:
            self._disk, self._listed_at_s = self._take(), now_s
        contents = {display_name(path): text.encode("utf-8", "surrogatepass") for path, text in buffers.items()}
        snapshot = self._disk.replacing(contents)
        opened = {display_name(path) for path in buffers if self.contains(path)}
        snapshot.documents = tuple(sorted({*snapshot.documents, *opened}))
        return snapshot

    def _take(self) -> Snapshot:
        try:
            return Snapshot.take(self.root)
        except FileNotFoundError:  # nothing is saved yet: the buffers are all there is
            return Snapshot.of(_nothing, (), root=display_name(self.root), environ=os.environ)


def _ignores(name: str, files: Files) -> tuple[list[Ignore], list[Diagnostic]]:
    try:
        return read_ignores(name, files.read(name), find_code)
    except OSError:
        return [], []


def _nothing(name: str) -> bytes:
    raise FileNotFoundError(2, "no such file", name)


def display_name(path: Path) -> str:
    """Return the name that a snapshot gives to a file: relative to the working directory when below it."""
    absolute = os.path.normpath(path)
    relative = os.path.relpath(absolute, Path.cwd())
    return (absolute if relative.startswith("..") else relative).replace(os.sep, "/")
