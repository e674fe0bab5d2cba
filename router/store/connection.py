"""Connections to the database file: how one is opened, which schema it has, and what its failures mean.

The writer's connection creates the file, brings its schema to the present version and decides durability; the reader's can only read.
Both are apsw's (docs/decisions/0030). Each is used by one thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from router.errors import StoreUnavailableError
from router.store.queries import schema_scripts

__all__ = ["APPLICATION_ID", "is_unavailable", "open_reader", "open_writer", "unavailable"]

APPLICATION_ID: Final = 0x72747273
"""Marks a database file as ours (`PRAGMA application_id`): the letters `rtrs`."""

_CHECKPOINT_PAGES = 500
"""Pages in the log before a commit moves them to the database. At 10 000 events/s, 500 pages instead of 2000 took the 99th percentile
of an acceptance from 5.7 to 3.5 ms; the default is 1000."""

_WAL_KEPT_BYTES = 64 * 1024 * 1024
"""The log shrinks back to this after it had to grow, as it does while a long read keeps it from being reused."""

_BUSY_TIMEOUT_MS = 5_000
"""How long to wait for a lock. Nobody else writes; a backup tool or a shell may read, and hold a lock for a moment."""

_CACHE_KIB = 64 * 1024

_CALLER_ERRORS = (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError, apsw.SQLError, apsw.BindingsError)
"""What a call brings upon itself; all other errors of SQLite are the file's, the disk's or the machine's."""


def is_unavailable(error: BaseException) -> bool:
    """Say whether an error means that the file cannot be used now, and not that one call was wrong."""
    return isinstance(error, StoreUnavailableError | MemoryError | OSError) or (
        isinstance(error, apsw.Error) and not isinstance(error, _CALLER_ERRORS)
    )


def unavailable(path: Path, error: BaseException) -> StoreUnavailableError:
    """Return the error that callers see: which file, and why."""
    if isinstance(error, StoreUnavailableError):
        return error
    if isinstance(error, apsw.FullError):
        return StoreUnavailableError(f"cannot write {path}: the disk or the database is full; free space and try again")
    return StoreUnavailableError(f"cannot use {path}: {error}")


def open_writer(path: Path) -> apsw.Connection:
    """Open or create the file for writing, with the present schema; raise StoreUnavailableError."""
    connection: apsw.Connection | None = None
    try:
        connection = apsw.Connection(str(path), statementcachesize=256)
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        _check_ours(connection, path)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.pragma("journal_size_limit", _WAL_KEPT_BYTES)
        connection.pragma("cache_size", -_CACHE_KIB)
        connection.pragma("temp_store", "memory")
        connection.wal_autocheckpoint(_CHECKPOINT_PAGES)
        _migrate(connection, path)
    except (apsw.Error, StoreUnavailableError, OSError) as error:
        if connection is not None:
            connection.close()
        raise unavailable(path, error) from error
    return connection


def open_reader(path: Path) -> apsw.Connection:
    """Open the file for reading only; raise StoreUnavailableError."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=64)
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        connection.pragma("temp_store", "memory")
    except apsw.Error as error:
        raise unavailable(path, error) from error
    return connection


def _check_ours(connection: apsw.Connection, path: Path) -> None:
    """Refuse a database that some other program made."""
    tables = next(connection.execute("SELECT count(*) FROM sqlite_schema"))[0]
    if tables and connection.pragma("application_id") != APPLICATION_ID:
        raise StoreUnavailableError(f"{path} is a database of another program; name a file of our own or a new one")


def _migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring the schema to the present version, all steps in one transaction."""
    scripts = schema_scripts()
    version = connection.pragma("user_version")
    if version > len(scripts):
        raise StoreUnavailableError(
            f"{path} has schema version {version}, this program knows {len(scripts)}; use the newer program that wrote it"
        )
    if version == len(scripts):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in scripts[version:]:
            connection.execute(script)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", len(scripts))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
