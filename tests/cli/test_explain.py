"""`router explain`, with files, examples and a running router."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.cli import main
from tests.cli.processes import running

_CONFIG = """\
version: 1
event_types: {order.paid: {examples: [{id: o1, total: 5}]}}
endpoints: {crm: {url: "http://127.0.0.1:9/", allow_private: true}}
routes:
  all: {events: [order.paid], targets: [crm]}
  big: {events: [order.paid], filter: data.total > `1000`, targets: [crm]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "a.yaml").write_text(_CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_example_as_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "order.paid#0"]) == 0
    text = capsys.readouterr().out
    assert "✓ all: matches, it has no filter\n    → crm\n" in text
    assert "✗ big: its filter does not hold\n    ✗ data.total > `1000`\n        seen    data.total = 5\n" in text
    assert "        wanted  data.total: a number above 1000\n" in text
    assert text.endswith("1 of 2 routes matches\n")
    assert "\x1b" not in text


def test_one_route_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("event.json").write_text(json.dumps({"type": "order.paid", "data": {"total": 5}}), encoding="utf-8")
    assert main(["explain", "event.json", "--route", "big", "--json"]) == 1
    (route,) = json.loads(capsys.readouterr().out)["routes"]
    assert (route["route"], route["matched"], route["reason"]) == ("big", False, "filter")
    assert route["conditions"][0]["seen"] == [{"text": "data.total", "value": 5, "failed": None}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name one event"),
        (["order.paid#7"], "has no example `#7`"),
        (["nothing.json"], "no such file: nothing.json"),
        (["order.paid", "--route", "bigg"], "did you mean `big`?"),
        (["order.paid", "--config", "elsewhere"], "no such file or directory: elsewhere"),
    ],
)
def test_what_cannot_be_explained(
    folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_stored_event(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "routes", "--listen", "127.0.0.1:0", "--store", ":memory:"]
    with running(arguments, folder, "router") as router:
        url = router.url()
        assert main(["send", "--to", url, "--example", "order.paid", "--json"]) == 0
        key = json.loads(capsys.readouterr().out)["answer"]["key"]
        assert main(["explain", "--event", key, "--url", url, "--config", "routes"]) == 0
        text = capsys.readouterr().out
        assert f"stored as {key}, routed by revision " in text
        assert "all → crm" in text
        assert "✗ big: its filter does not hold" in text
        assert main(["explain", "--event", key, "--url", url, "--json"]) == 0
        view = json.loads(capsys.readouterr().out)
        assert [each["route"] for each in view["deliveries"]] == ["all"]
        assert [each["name"] for each in view["endpoints"]] == ["crm"]
        assert main(["explain", "--event", "evt_none", "--url", url]) == 2
        assert "evt_none" in capsys.readouterr().err
