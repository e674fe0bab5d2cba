"""EventBridge patterns: verdicts recorded on the service, patterns of others, and the engine's rules for arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from router.analysis.importing.event_pattern import read_pattern
from router.analysis.importing.eventbridge import conditions_of_pattern, eventbridge_document, filter_of_pattern
from router.analysis.importing.refusal import ImportRefusedError, place_of
from router.compiler import compile_path
from router.filters import Filter, problems
from tests.corpora import corpus


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in corpus("eventbridge", name).read_text(encoding="utf-8").splitlines()]


def matches(pattern: Any, event: Any) -> bool:
    return Filter(filter_of_pattern(pattern)).matches({"type": "aws.event", "data": event})


@pytest.mark.parametrize("row", rows("verdicts.jsonl"), ids=lambda row: row["name"])
def test_verdicts_of_the_service(row: dict[str, Any]) -> None:
    if row["expect"] == "error":
        with pytest.raises(ImportRefusedError):
            filter_of_pattern(row["pattern"])
    else:
        assert matches(row["pattern"], row["event"]) == (row["expect"] == "match")


def test_every_pattern_in_the_wild_becomes_a_route_that_compiles(tmp_path: Path) -> None:
    patterns = [
        (row["id"], f"{row['repo']}/{row['path']}", conditions_of_pattern(row["pattern"]))
        for row in rows("patterns-in-the-wild.jsonl")
    ]
    text = eventbridge_document(patterns, event="aws.event", endpoint="target", origin="the wild")
    (tmp_path / "imported.yaml").write_text(text, encoding="utf-8")
    plan = compile_path(tmp_path)
    assert len(plan.routes) >= len(patterns) - 1  # one lists nothing, so its route is disabled
    by_name = {route.name: route for route in plan.routes}
    for row in rows("patterns-in-the-wild.jsonl"):
        if row["pattern"] != {"detail": []}:
            found = by_name[row["id"]].filter
            assert found is not None
            assert "".join(found.expression.split()) == "".join(filter_of_pattern(row["pattern"]).split())


def test_patterns_of_the_engines_tests_are_imported_or_refused_with_a_place() -> None:
    imported = 0
    refused = {}
    for row in rows("patterns-engine-tests.jsonl"):
        try:
            expression = filter_of_pattern(row["pattern"])
        except ImportRefusedError as error:
            refused[json.dumps(row["pattern"], indent=2)] = error.path
        else:
            assert [each for each in problems(expression) if each.severity == "error"] == []
            imported += 1
    assert imported >= 350
    assert all(place_of("p.json", text, path) != "p.json:1:1" for text, path in refused.items())


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_array_consistency_cases(number: int) -> None:
    folder = corpus("eventbridge", "event-ruler-data")
    rule = json.loads((folder / f"arrayRule{number}.json").read_text(encoding="utf-8"))
    read_pattern(rule)
    for other in (1, 2, 3, 4):
        event = json.loads((folder / f"arrayEvent{other}.json").read_text(encoding="utf-8"))
        assert matches(rule, event) in (True, False)


EMPLOYEES = {
    "employees": [{"first": "Anna", "ids": [1, 2]}, {"first": "John", "ids": [3], "left": 2020}, {"first": "Ida"}]
}


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"employees": {"first": ["Anna"], "ids": [2]}}, EMPLOYEES, True),
        ({"employees": {"first": ["Anna"], "ids": [3]}}, EMPLOYEES, False),  # not of one element
        ({"employees": {"first": ["Ida"], "ids": [{"exists": True}]}}, EMPLOYEES, False),
        ({"employees": {"first": ["Ida"], "left": [{"exists": False}]}}, EMPLOYEES, False),  # it exists in the event
        ({"employees": {"first": ["Ida"], "gone": [{"exists": False}]}}, EMPLOYEES, True),
        ({"employees": {"first": ["Ida"], "gone": [{"exists": False}, 5]}}, EMPLOYEES, True),
        ({"employees": {"$or": [{"first": ["X"]}, {"first": ["John"], "left": [2020]}]}}, EMPLOYEES, True),
        ({"employees": {"$or": [{"first": ["X"]}, {"first": ["Anna"], "left": [2020]}]}}, EMPLOYEES, False),
        ({"employees": {"first": [{"anything-but": ["Anna", "John"]}]}}, EMPLOYEES, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": [None]}, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": []}, False),
        ({"a": [1]}, {"a": [[2, [1]]]}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": ["1"]}, {"a": 1}, False),
        ({"a": [None]}, {"a": [3, None]}, True),
        ({"a": [None]}, {}, False),
        ({"a": ["it's", "a\\b", "`x`"]}, {"a": "a\\b"}, True),
        ({"a": ["it's", "a\\b", "`x`"]}, {"a": "`x`"}, True),
        ({"$or": ["x"]}, {"$or": "x"}, True),  # a field, because its array holds no objects
        ({"$or": [{"a": [1]}, {"prefix": [2]}]}, {"a": 1}, None),
        ({"a": [{"wildcard": "x\\**"}]}, {"a": "x*y"}, True),
        ({"a": [{"prefix": {"equals-ignore-case": "EC"}}]}, {"a": "ecs"}, True),
    ],
)
def test_rules_of_the_engine(pattern: Any, event: Any, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(ImportRefusedError):
            filter_of_pattern(pattern)
    else:
        assert matches(pattern, event) == expected


def test_what_people_read() -> None:
    pattern = {
        "source": ["aws.ec2"],
        "detail-type": ["A", "B"],
        "detail": {"state": [{"anything-but": "off"}, {"exists": False}], "n": [{"numeric": [">", 0, "<=", 5]}]},
    }
    assert conditions_of_pattern(pattern) == (
        "data.source == 'aws.ec2'",
        """any_in(data."detail-type", ['A', 'B'])""",
        "leaves(data, 'detail.state')[?!(any_in(@, ['off']))].type(@) || !(leaves(data, 'detail.state'))",
        "leaves(data, 'detail.n')[?@ > `0` && @ <= `5`]",
    )
