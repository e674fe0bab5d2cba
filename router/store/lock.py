"""FileLock: one process per database file.

The lock is an advisory `flock` on a file beside the database, which holds the number of the process that has it. The operating system
drops it with the process, however that ends; the file itself stays, because removing it would race with the next one who locks it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from router.errors import StoreUnavailableError

__all__ = ["FileLock"]


class FileLock:
    """An exclusive lock named after a database file."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise StoreUnavailableError, naming the process that has it."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnavailableError(f"cannot open the lock file {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(file, 32, 0).decode(errors="replace").strip()
            os.close(file)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise StoreUnavailableError(
                f"{self.path.with_suffix('')} is in use by {who}; a database serves one process, stop that one or use another file"
            ) from error
        self._file = file
        self._sign()

    def release(self) -> None:
        """Give the lock back; idempotent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _sign(self) -> None:
        """Write who has the lock; a full disk must not keep the store from opening, the name is only for messages."""
        assert self._file is not None  # noqa: S101 - acquire() has just set it
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            return
