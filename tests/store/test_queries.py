"""The SQL: every query has a purpose and is used, and runs by the plan it was written for.

The plans are pinned word for word: a new SQLite or a new index that changes one has to be looked at, and "SCAN" or "TEMP B-TREE" must
not come in unnoticed. They are those of a database that was never analysed, as ours never is.
"""

from __future__ import annotations

import re
from pathlib import Path

import apsw
import pytest

import router.store
from router.store.connection import open_writer
from router.store.queries import parse_queries, queries, schema_scripts

PLANS: dict[str, list[str]] = {
    "begin": [],
    "commit": [],
    "rollback": [],
    "last_event": ["SEARCH event"],
    "keep_event": [],
    "keep_content": [],
    "keep_delivery": [],
    "first_acceptance": ["SEARCH event USING INDEX event_by_identity (event_id=? AND source=?)"],
    "move": ["SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)"],
    "park": ["SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)"],
    "park_all": ["SEARCH delivery USING INDEX delivery_fresh (state=?)"],
    "place": ["SEARCH delivery USING INDEX sqlite_autoindex_delivery_1 (id=?)"],
    "log_attempt": [],
    "due": ["SEARCH delivery USING COVERING INDEX delivery_due (endpoint=?)"],
    "held": ["SEARCH delivery USING COVERING INDEX delivery_by_endpoint_state (endpoint=? AND state=?)"],
    "keep_backlog": [],
    "drop_backlog": ["SEARCH backlog USING PRIMARY KEY (endpoint=?)"],
    "all_backlogs": ["SCAN backlog"],
    "supersede": ["SEARCH revision USING INDEX revision_active (state=?)"],
    "forget_revision": ["SEARCH revision USING INDEX revision_by_name (revision=?)"],
    "keep_revision": [],
    "open_deliveries": [
        "SCAN CONSTANT ROW",
        "SCALAR SUBQUERY 1",
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    ],
    "prune_counts": ["SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", "USE TEMP B-TREE FOR GROUP BY"],
    "prune_attempts": ["SEARCH attempt USING PRIMARY KEY (delivery>? AND delivery<?)"],
    "prune_deliveries": ["SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    "prune_contents": ["SEARCH content USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    "prune_event": ["SEARCH event USING INTEGER PRIMARY KEY (rowid=?)"],
    "event": ["SEARCH event USING INDEX sqlite_autoindex_event_1 (key=?)"],
    "event_seq": ["SEARCH event USING COVERING INDEX sqlite_autoindex_event_1 (key=?)"],
    "events_newest": ["SEARCH event USING INDEX event_by_time (received_at_ms>? AND received_at_ms<?)"],
    "events_by_id": ["SEARCH event USING INDEX event_by_identity (event_id=?)", "USE TEMP B-TREE FOR ORDER BY"],
    "events_by_source": [
        "SEARCH event USING INDEX event_by_source (source=? AND received_at_ms>? AND received_at_ms<?)"
    ],
    "events_by_type": ["SEARCH event USING INDEX event_by_type (type=? AND received_at_ms>? AND received_at_ms<?)"],
    "delivery": [
        "SEARCH delivery USING INDEX sqlite_autoindex_delivery_1 (id=?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "delivery_by_seq": [
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "deliveries_of_event": [
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "deliveries_newest": [
        "SEARCH event USING COVERING INDEX event_by_time (received_at_ms>? AND received_at_ms<?)",
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "deliveries_by_endpoint": [
        "SEARCH delivery USING INDEX delivery_by_endpoint (endpoint=? AND created_at_ms>? AND created_at_ms<?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "deliveries_by_route": [
        "SEARCH delivery USING INDEX delivery_by_route (route=? AND created_at_ms>? AND created_at_ms<?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "deliveries_by_state": [
        "SEARCH delivery USING INDEX delivery_by_state (state=? AND created_at_ms>? AND created_at_ms<?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "deliveries_by_endpoint_state": [
        "SEARCH listed USING INDEX delivery_by_endpoint_state (endpoint=? AND state=? AND created_at_ms>? AND created_at_ms<?)",
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH content USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    "attempts": [
        "SEARCH attempt USING PRIMARY KEY (delivery=?)",
        "SCALAR SUBQUERY 1",
        "SEARCH delivery USING COVERING INDEX sqlite_autoindex_delivery_1 (id=?)",
    ],
    "next_due": ["SEARCH delivery USING COVERING INDEX delivery_due (endpoint=?)"],
    "oldest_in_state": ["SEARCH delivery USING COVERING INDEX delivery_by_endpoint_state (endpoint=? AND state=?)"],
    "active_revision": ["SEARCH revision USING INDEX revision_active (state=?)"],
    "good_revision": ["SEARCH revision USING INDEX revision_by_name (revision=?)"],
    "revisions": ["SCAN revision"],
    "prunable": [
        "SEARCH event USING COVERING INDEX event_by_time (received_at_ms>? AND received_at_ms<?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        "CORRELATED SCALAR SUBQUERY 2",
        "SEARCH delivery USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    ],
}

SORTED = {
    "events_by_id": "one event for each source that used an id",
    "prune_counts": "the deliveries of one event",
}
SCANNED = {
    "all_backlogs": "a row for each endpoint, read once at opening",
    "revisions": "in the order of the table, up to the limit",
    "open_deliveries": "a constant",
}


def explain(connection: apsw.Connection, sql: str) -> list[str]:
    parameters = max((int(number) for number in re.findall(r"\?(\d+)", sql)), default=0)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", (None,) * parameters)]


def test_every_query_runs_by_its_plan(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "events.db")
    plans = {name: explain(connection, query.sql) for name, query in queries().items()}
    connection.close()
    assert plans == PLANS


def test_no_query_sorts_or_scans_without_a_reason() -> None:
    for name, plan in PLANS.items():
        assert any("TEMP B-TREE" in step for step in plan) == (name in SORTED), name
        assert any(step.startswith("SCAN") for step in plan) == (name in SCANNED), name


def test_every_query_is_used_and_says_what_it_is_for() -> None:
    modules = Path(router.store.__file__).parent.glob("*.py")
    text = "\n".join(module.read_text() for module in modules)
    for query in queries().values():
        assert f'"{query.name}"' in text, query.name
        assert query.purpose.endswith("."), query.name


@pytest.mark.parametrize("text", ["-- name: x\nSELECT 1;", "-- name: x\n-- Only a purpose.\n"])
def test_a_query_needs_a_purpose_and_a_statement(text: str) -> None:
    with pytest.raises(ValueError, match="'x' needs"):
        parse_queries(text)


def test_partial_indexes_are_conditions_of_comparison() -> None:
    """An IN there is a table built on every write: 2 us for every delivery and index."""
    for script in schema_scripts():
        for index in re.findall(r"CREATE (?:UNIQUE )?INDEX[^;]*;", script):
            assert " IN (" not in index
