"""The example configuration is one that somebody could run: clean, tested in full, and right about GitHub's real webhooks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from router.analysis.route_tests import read_example, run_tests
from router.cli.demo_secrets import demo_environment
from router.compiler import Compilation, compile_snapshot
from router.event import Event
from router.syntax.snapshot import Snapshot
from tests.corpora import corpus_lines

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.take(ROOT / "routes")


@pytest.fixture(scope="module")
def compilation(snapshot: Snapshot) -> Compilation:
    return compile_snapshot(snapshot)


def test_it_has_no_findings(compilation: Compilation) -> None:
    assert [str(found) for found in compilation.diagnostics] == []
    assert compilation.plan is not None
    assert len(compilation.plan.routes) >= 10


def test_its_tests_pass_and_reach_every_route(compilation: Compilation, snapshot: Snapshot) -> None:
    assert compilation.plan is not None
    results = run_tests(compilation.configuration, compilation.plan, snapshot)
    assert [(result.name, result.differences) for result in results if not result.is_passed] == []
    reached = {wanted.route for test in compilation.configuration.tests for wanted in test.expect}
    assert {route.name for route in compilation.plan.routes} - reached == set()


def test_every_event_type_has_examples_that_its_schema_accepts(compilation: Compilation, snapshot: Snapshot) -> None:
    assert compilation.plan is not None
    for name, event_type in compilation.configuration.event_types.items():
        assert event_type.examples, name
        for number in range(len(event_type.examples)):
            _, payload = read_example(f"{name}#{number}", compilation.configuration, snapshot)
            event = Event.from_document({"type": name, "data": payload})
            assert compilation.plan.admit(event).violations == (), f"{name}#{number}"


def test_every_example_file_is_used(compilation: Compilation) -> None:
    used = {path for event_type in compilation.configuration.event_types.values() for path in event_type.examples}
    files = {f"../schemas/events/{path.name}" for path in (ROOT / "schemas" / "events").glob("*.example*.json")}
    assert files == used


def test_github_s_recorded_webhooks_are_accepted_and_rendered(compilation: Compilation) -> None:
    plan = compilation.plan
    assert plan is not None
    taken = 0
    for record in corpus_lines("github-webhooks", "examples.jsonl"):
        name = f"github.{record['event']}"
        if name not in plan.event_types:
            continue
        event = Event.from_document({"type": name, "data": record["payload"]})
        assert plan.admit(event).violations == (), record["id"]
        routed = plan.route(event)
        assert routed.failures == ()
        assert [match.error for match in routed.matches if match.error] == []
        assert routed.matches, "what no route takes goes to the platform team"
        taken += 1
    assert taken > 50


def test_every_endpoint_is_signed_and_owned(compilation: Compilation) -> None:
    for endpoint in compilation.configuration.endpoints.values():
        assert endpoint.signing is not None, endpoint.name
        assert endpoint.owner is not None, endpoint.name


def test_it_runs_with_made_up_secrets(snapshot: Snapshot) -> None:
    environment = demo_environment(snapshot, "http://127.0.0.1:7")
    again = Snapshot.take(ROOT / "routes", environ=environment)
    plan = compile_snapshot(again, require_secrets=True).plan
    assert plan is not None
    assert all(
        url.url.startswith("http://127.0.0.1:7/") for endpoint in plan.endpoints.values() for url in endpoint.urls
    )


def test_no_secret_stands_in_it() -> None:
    for path in [*(ROOT / "routes").iterdir(), *(ROOT / "schemas" / "events").iterdir()]:
        assert not re.search(r"whsec_|Bearer |BEGIN [A-Z ]*PRIVATE KEY", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("path", sorted((ROOT / "schemas" / "events").glob("*.json")), ids=lambda path: path.name)
def test_json_files_are_json_and_end_with_a_newline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    json.loads(text)
    assert text.endswith("}\n")
