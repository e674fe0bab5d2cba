"""apsw and sqlite3 side by side: the store's own statements on the store's own schema, nothing around them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from benchmarks.store.workload import acceptances, finish
from router.store.queries import queries, schema_scripts
from router.store.rows import FRESH, attempt_row, event_row, headers_text

__all__ = ["measure_drivers"]


def measure_drivers(folder: Path, count: int, batch: int) -> dict[str, float]:
    """Return full cycles a second by driver and the SQLite it brings."""
    apsw_connection = apsw.Connection(str(folder / "apsw.db"))
    sqlite_connection = sqlite3.connect(folder / "sqlite3.db", isolation_level=None)
    connections: dict[str, tuple[Callable[..., Any], Callable[[], None]]] = {
        f"apsw {apsw.apsw_version()} (SQLite {apsw.sqlite_lib_version()})": (
            apsw_connection.cursor().execute,
            apsw_connection.close,
        ),
        f"sqlite3 (SQLite {sqlite3.sqlite_version})": (sqlite_connection.cursor().execute, sqlite_connection.close),
    }
    figures = {}
    for name, (execute, close) in connections.items():
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=500", "cache_size=-65536"):
            execute(f"PRAGMA {pragma}")
        for script in schema_scripts():
            for statement in _statements(script):
                execute(statement)
        figures[name] = count / _cycle(execute, count, batch)
        close()
    return figures


def _cycle(execute: Callable[..., Any], count: int, batch: int) -> float:
    """Accept and finish `count` events in batches; return the seconds it took."""
    sql = {name: query.sql for name, query in queries().items()}
    work = []
    for seq, one in enumerate(acceptances(count, 1), 1):
        (delivery,), (transition,) = one.deliveries, finish(one)
        row = seq << 16
        times = (delivery.due_at_ms, delivery.updated_at_ms)
        assert transition.attempt is not None
        work.append(
            (
                event_row(seq, one),
                (row, headers_text(delivery.headers), None),
                (
                    row,
                    delivery.id,
                    row,
                    delivery.endpoint,
                    delivery.route,
                    delivery.created_at_ms,
                    FRESH,
                    0,
                    *times,
                    None,
                ),
                (row, FRESH, 1, 1, None, transition.at_ms, None, 1),
                attempt_row(row, 1, transition.attempt),
            )
        )
    started_s = time.perf_counter()
    for at in range(0, count, batch):
        for names in (("keep_event", "keep_content", "keep_delivery"), ("move", "log_attempt")):
            execute(sql["begin"])
            for parameters in work[at : at + batch]:
                for name in names:
                    execute(sql[name], parameters[_PLACES[name]])
            execute(sql["commit"])
    return time.perf_counter() - started_s


_PLACES = {"keep_event": 0, "keep_content": 1, "keep_delivery": 2, "move": 3, "log_attempt": 4}


def _statements(script: str) -> list[str]:
    lines = [line.split("--")[0] for line in script.splitlines()]
    return [statement for statement in "\n".join(lines).split(";") if statement.strip()]
