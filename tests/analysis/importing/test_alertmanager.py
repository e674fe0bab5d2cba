"""Alertmanager's routing trees: what amtool says, reproduced by routes that know no order."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import router
from router.analysis.importing.alertmanager import alertmanager_document
from router.analysis.importing.document import name_of
from router.analysis.importing.label_pattern import PatternError, condition_of_pattern
from router.analysis.importing.refusal import ImportRefusedError
from router.compiler import compile_path
from router.filters import Filter
from tests.corpora import corpus

CONFIGS = json.loads(corpus("alertmanager", "routing-configs.json").read_text(encoding="utf-8"))


def imported(tree: Any, folder: Path) -> router.Plan:
    text, _ = alertmanager_document(tree, event="alert", origin="alertmanager.yml")
    (folder / "alerts.yaml").write_text(text, encoding="utf-8")
    return compile_path(folder)


def receivers(plan: router.Plan, labels: dict[str, str]) -> list[str]:
    return [match.endpoint for match in plan.match({"type": "alert", "data": {"labels": labels}})]


@pytest.mark.parametrize("name", CONFIGS)
def test_amtool_s_verdicts(name: str, tmp_path: Path) -> None:
    plan = imported(CONFIGS[name], tmp_path)
    count = 0
    for line in corpus("alertmanager", "routing-verdicts.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["config"] == name:
            count += 1
            expected = Counter(name_of(receiver) for receiver in row["receivers"])
            assert Counter(receivers(plan, row["labels"])) == expected, row
    assert count


TREE = {
    "receiver": "root",
    "routes": [
        {"matchers": ['env=~"dev|test-.*"'], "receiver": "dev", "continue": True},
        {"matchers": '{env!="prod", team=""}', "receiver": "orphans"},
        {"match": {"env": "prod"}, "routes": [{"matchers": ["page!~no|never"], "receiver": "pager"}]},
    ],
}


def _reference(node: dict[str, Any], labels: dict[str, str], inherited: str = "") -> list[str]:
    receiver = node.get("receiver", inherited)
    found: list[str] = []
    for child in node.get("routes", []):
        if not child["fits"](labels):
            continue
        found += _reference(child, labels, receiver)
        if not child.get("continue"):
            break
    return found or [receiver]


def test_order_continue_and_inheritance(tmp_path: Path) -> None:
    plan = imported(TREE, tmp_path)
    first, second, third = TREE["routes"]  # type: ignore[misc]
    tree = {
        "receiver": "root",
        "routes": [
            {**first, "fits": lambda labels: labels.get("env") == "dev" or labels.get("env", "").startswith("test-")},
            {**second, "fits": lambda labels: labels.get("env") != "prod" and not labels.get("team")},
            {
                **third,
                "fits": lambda labels: labels.get("env") == "prod",
                "routes": [{"receiver": "pager", "fits": lambda labels: labels.get("page") not in ("no", "never")}],
            },
        ],
    }
    for env in ("", "dev", "test-1", "prod", "other"):
        for team in ("", "a"):
            for page in ("", "no", "yes"):
                labels = {k: v for k, v in {"env": env, "team": team, "page": page}.items() if v}
                assert sorted(receivers(plan, labels)) == sorted(_reference(tree, labels)), labels


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("a|b", "any_in(x, ['a', 'b'])"),
        ("^(?:a|b)$", "any_in(x, ['a', 'b'])"),
        ("web-[1-3]", "any_in(x, ['web-1', 'web-2', 'web-3'])"),
        ("db-.*", "glob(x, 'db-*')"),
        (".*", None),
        (".+", "x"),
        ("|a", "!(x) || x == 'a'"),
        ("a?", "!(x) || x == 'a'"),
        ("a\\.b", "x == 'a.b'"),
        ("a\\*.*", 'glob(x, `"a\\\\*' + '*"`)'),
    ],
)
def test_expressions_that_are_lists_of_texts(expression: str, condition: str | None) -> None:
    found = condition_of_pattern("x", expression)
    assert found == condition
    if found is not None:
        Filter(found)


@pytest.mark.parametrize("expression", ["\\d+", "[^a]", "a+", "(?i)a", "a.b", "pre.+", "(", "a\\b"])
def test_expressions_that_are_refused(expression: str) -> None:
    with pytest.raises(PatternError):
        condition_of_pattern("x", expression)


def test_refusals_have_a_place() -> None:
    for tree, path in (
        ({"receiver": "a", "routes": [{"match_re": {"x": "\\d+"}}]}, ("routes", 0, "match_re", "x")),
        ({"receiver": "a", "routes": [{"matchers": ["x"]}]}, ("routes", 0, "matchers", 0)),
        ({"route": {}}, ("route",)),
    ):
        with pytest.raises(ImportRefusedError) as refused:
            alertmanager_document(tree, event="alert", origin="a.yml")
        assert refused.value.path == path


def test_webhook_urls_are_taken_over(tmp_path: Path) -> None:
    configuration = {
        "route": {"receiver": "Team X"},
        "receivers": [{"name": "Team X", "webhook_configs": [{"url": "https://hooks.example.com/${x}"}]}],
    }
    plan = imported(configuration, tmp_path)
    assert plan.endpoints["team-x"].urls[0].url == "https://hooks.example.com/${x}"
