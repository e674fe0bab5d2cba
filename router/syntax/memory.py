"""Memory: what a watching process keeps between two readings of a configuration, so that what has not changed costs nothing.

    question ── key, and everything that was read to answer it ──► kept answer, or a new one

A kept answer is used only when its key is the same and every file and variable that was read on the way would be read the same again;
those are asked of the new snapshot, so its digest is as if everything had been done anew. What one round does not ask for is forgotten after
the next, so a memory is as large as two rounds at most. Keys that are objects stand for their identity, and are kept alive. A round at a time: no locks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

__all__ = ["Files", "Memory"]

T = TypeVar("T")


class Files(Protocol):
    """What reading a configuration asks of a snapshot."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises OSError."""

    def resolve(self, name: str, reference: str) -> str:
        """Return the name of the file that `reference` means in document `name`."""

    def environment(self, name: str) -> str | None:
        """Return a variable's value."""


class _Recorder:
    """Asks a snapshot, and writes down what it answered."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.files: dict[str, bytes | int | None] = {}
        self.variables: dict[str, str | None] = {}

    def read(self, name: str) -> bytes:
        self.files[name] = _answer(self._files, name)
        return self._files.read(name)

    def resolve(self, name: str, reference: str) -> str:
        return self._files.resolve(name, reference)

    def environment(self, name: str) -> str | None:
        value = self.variables[name] = self._files.environment(name)
        return value


class _Entry:
    """An answer, what was read for it, and the objects whose identity is in its key."""

    __slots__ = ("answer", "files", "held", "variables")

    def __init__(self, answer: Any, held: tuple[object, ...], asked: _Recorder | None) -> None:
        self.answer = answer
        self.held = held
        self.files = {} if asked is None else asked.files
        self.variables = {} if asked is None else asked.variables

    def is_current(self, files: Files | None) -> bool:
        if files is None:
            return True
        return all(_answer(files, name) == known for name, known in self.files.items()) and all(
            files.environment(name) == known for name, known in self.variables.items()
        )


class Memory:
    """Kept answers of the last round and of this one."""

    def __init__(self) -> None:
        self._now: dict[Any, _Entry] = {}
        self._before: dict[Any, _Entry] = {}

    def begin_round(self) -> None:
        """Begin a round: what the round before the last asked for, and the last did not, is forgotten."""
        self._before, self._now = self._now, {}

    def recall(self, key: Any, make: Callable[[], T], held: tuple[object, ...] = ()) -> T:
        """Return the answer kept under `key`, or make and keep it. `held` are objects that are the same ones or else the key is another."""
        return self._recall(key, held, None, lambda _: make())

    def recall_read(self, key: Any, files: Files, make: Callable[[Files], T], held: tuple[object, ...] = ()) -> T:
        """As `recall`, for an answer that depends on files and variables too: `make` reads them from what it is given."""
        return self._recall(key, held, files, make)

    def _recall(self, key: Any, held: tuple[object, ...], files: Files | None, make: Callable[[Any], T]) -> T:
        full = (key, *map(id, held))
        entry = self._now.get(full) or self._before.get(full)
        if entry is None or not entry.is_current(files):
            asked = None if files is None else _Recorder(files)
            entry = _Entry(make(asked), held, asked)
        self._now[full] = entry
        return cast("T", entry.answer)


def _answer(files: Files, name: str) -> bytes | int | None:
    """Return a file's bytes, or the number of the error that reading it raises."""
    try:
        return files.read(name)
    except OSError as error:
        return error.errno
