"""graph_of() and its drawings."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from router.analysis.graph import UNMATCHED, Graph, GraphRoute, graph_of
from router.analysis.graph_drawing import dot, mermaid, svg
from router.cli import main
from router.compiler import compile_snapshot
from router.syntax.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
NASTY = '<b>"x" & \\ # `y`\x01'


def example() -> Graph:
    return graph_of(compile_snapshot(Snapshot.take(ROOT / "routes")).configuration)


def test_selections() -> None:
    configuration = compile_snapshot(Snapshot.take(ROOT / "routes")).configuration
    whole = graph_of(configuration)
    assert set(configuration.event_types) | {UNMATCHED} == set(whole.types)
    assert {route.name for route in whole.routes} == {n for n, r in configuration.routes.items() if r.enabled}
    paid = graph_of(configuration, type="order.paid")
    assert paid.types == ("order.paid",)
    assert all(route.events == ("order.paid",) for route in paid.routes)
    crm = graph_of(configuration, endpoint="crm")
    assert crm.endpoints == ("crm",)
    owned = graph_of(configuration, owner="team-engineering")
    assert {route.owner for route in owned.routes} == {"team-engineering"}


def nasty(count: int = 1) -> Graph:
    routes = tuple(
        GraphRoute(name=f"{NASTY}{n}", owner=NASTY + str(n // 40), events=(NASTY,), filter=NASTY, endpoints=(NASTY,))
        for n in range(count)
    )
    return Graph(types=(NASTY,), routes=routes, endpoints=(NASTY,))


@pytest.mark.parametrize("graph", [example(), nasty(), nasty(300), Graph(types=(), routes=(), endpoints=())])
def test_the_svg_is_well_formed_and_nothing_overlaps(graph: Graph) -> None:
    root = ET.fromstring(svg(graph).encode())
    height = float(root.attrib["height"])
    columns: dict[str, list[float]] = {}
    for box in root.findall(".//{*}g/{*}rect"):
        columns.setdefault(box.attrib["x"], []).append(float(box.attrib["y"]))
    for places in columns.values():
        places.sort()
        assert all(b - a >= 24 for a, b in itertools.pairwise(places))
        assert places[-1] + 24 <= height
    edges = sum(len(route.events) + len(route.endpoints) for route in graph.routes)
    assert len(root.findall(".//{*}path")) == edges
    assert not root.findall(".//{*}b")


@pytest.mark.parametrize("graph", [example(), nasty(3)])
def test_mermaid_and_dot_have_every_edge(graph: Graph) -> None:
    edges = sum(len(route.events) + len(route.endpoints) for route in graph.routes)
    assert mermaid(graph).count(" --> ") == edges
    assert len(re.findall(r'" -> "', dot(graph))) == edges
    assert all(line.count('"') in (0, 2) for line in mermaid(graph).splitlines())


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph"]) == 0
    assert capsys.readouterr().out.startswith("<svg ")
    assert main(["graph", "--format", "dot", "--type", "order.paid"]) == 0
    assert capsys.readouterr().out.startswith("digraph routes {")
    assert main(["graph", "--endpoint", "crmm"]) == 2
    assert "did you mean `crm`?" in capsys.readouterr().err
    assert main(["graph", "--type", "order.paid", "--owner", "team-engineering"]) == 1
