"""Operational events to another endpoint, with the whole runtime, as an operator would get them over hours."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import jsonschema

from router.delivery.state import DeliveryState
from router.errors import EndpointError
from router.store.memory import MemoryStore
from router.store.port import DeliveryFilter
from router.testing.sender import Reply
from tests.runtime.virtual import virtual
from tests.scenario.town import Town, configuration, town, url

ROOT = Path(__file__).resolve().parents[2]
DOWN = Reply(error=EndpointError("refused", "connection refused"))
OPS = f'  ops: {{url: "{url("ops")}"}}\n'


def _schemas() -> dict[str, Any]:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- operational events: begin -->\n```json\n(.*?)```", text, re.DOTALL)
    assert found is not None
    schemas: dict[str, Any] = json.loads(found[1])
    return schemas


def _text(settings: str = ", on_failure: ops", **more: str) -> str:
    text = configuration(["crm"], settings=settings)
    return text.replace("routes:\n", more.get("ops", OPS) + "routes:\n", 1)


def told(it: Town, name: str = "ops") -> list[tuple[str, dict[str, Any]]]:
    """Return the events an endpoint was told, each checked against what the documentation says."""
    schemas, events = _schemas(), []
    for sent in it.sender.to(url(name)):
        headers = dict(sent.request.headers)
        data = json.loads(sent.request.body)
        if not headers.get("ce-type", "").startswith("router."):
            continue
        jsonschema.validate(data, schemas[headers["ce-type"]])
        assert headers["ce-source"] == f"/router/endpoints/{data['endpoint']}"
        assert headers["content-type"] == "application/json"
        events.append((headers["ce-type"].removeprefix("router."), data))
    return events


@virtual
async def test_failing_and_recovered(tmp_path: Path) -> None:
    async with town(tmp_path, _text()) as it:
        it.sender.play(url("crm"), DOWN)
        for number in range(20):
            await it.accept(number)
        await asyncio.sleep(1800)
        assert [kind for kind, _ in told(it)] == ["endpoint.failing"]
        it.sender.play(url("crm"), Reply(200))
        await asyncio.sleep(3600)
        assert [kind for kind, _ in told(it)] == ["endpoint.failing", "endpoint.recovered"]
        (_, failing), (_, recovered) = told(it)
        assert failing["reason"].startswith("refused")
        assert recovered["was"] == "failing"
        assert await it.states() == {"delivered": 22}


@virtual
async def test_disabled_by_410_and_resumed(tmp_path: Path) -> None:
    async with town(tmp_path, _text()) as it:
        it.sender.play(url("crm"), Reply(410), Reply(200))
        await it.accept(1)
        await asyncio.sleep(120)
        await it.runtime.set_endpoint("crm", held=False)
        await asyncio.sleep(120)
        assert [kind for kind, _ in told(it)] == ["endpoint.disabled", "endpoint.recovered"]


@virtual
async def test_dead_deliveries_are_told_together(tmp_path: Path) -> None:
    async with town(tmp_path, _text(', on_failure: ops, retry: {schedule: [], outcomes: {"404": dead}}')) as it:
        it.sender.play(url("crm"), Reply(404))
        for number in range(30):
            await it.accept(number)
        await asyncio.sleep(100)
        ((kind, data),) = told(it)
        assert (kind, data["count"]) == ("delivery.dead", 30)
        assert {one["event_type"] for one in data["deliveries"]} == {"order.paid"}


@virtual
async def test_a_backlog_of_hours(tmp_path: Path) -> None:
    async with town(tmp_path, _text(), observe_s=60) as it:
        it.sender.play(url("crm"), DOWN)
        for number in range(5):
            await it.accept(number)
        await asyncio.sleep(9 * 3600)
        ages = [data["oldest_age_s"] // 3600 for kind, data in told(it) if kind == "endpoint.backlog"]
        assert ages == [1, 2, 4, 8]


@virtual
async def test_nothing_is_told_through_the_endpoint_it_is_about_nor_without_end(tmp_path: Path) -> None:
    """Two endpoints that tell each other, both down, for days: a handful of events, none to itself."""
    ops = f'  ops: {{url: "{url("ops")}", on_failure: crm, retry: {{schedule: [1s]}}}}\n'
    async with town(tmp_path, _text(", on_failure: ops, retry: {schedule: [1s]}", ops=ops)) as it:
        it.sender.play(url("crm"), DOWN)
        it.sender.play(url("ops"), DOWN)
        for number in range(40):
            await it.accept(number)
            await asyncio.sleep(60)
        await asyncio.sleep(5 * 86400)
        events = (await it.store.deliveries(DeliveryFilter(), limit=9999)).items
        reports = [one for one in events if one.route.startswith("on_failure:")]
        assert 0 < len(reports) < 60
        assert all(one.route != f"on_failure:{one.endpoint}" for one in reports)
        last_ms = max(one.created_at_ms for one in reports)
        assert it.clock.now_ms() - last_ms > 3 * 86400 * 1000


@virtual
async def test_the_default_for_all_leaves_out_the_endpoint_itself(tmp_path: Path) -> None:
    text = _text("") + "defaults: {endpoint: {on_failure: ops}}\n"
    async with town(tmp_path, text) as it:
        assert it.runtime.plan is not None
        assert {name: one.on_failure for name, one in it.runtime.plan.endpoints.items()} == {"crm": "ops", "ops": None}
        it.sender.play(url("crm"), DOWN)
        it.sender.play(url("ops"), DOWN)
        for number in range(20):
            await it.accept(number)
        await asyncio.sleep(600)
        reports = (await it.store.deliveries(DeliveryFilter(endpoint="ops"), limit=99)).items
        assert {one.route for one in reports} == {"on_failure:crm"}


@virtual
async def test_an_endpoint_without_on_failure_tells_nobody(tmp_path: Path) -> None:
    async with town(tmp_path, _text("")) as it:
        it.sender.play(url("crm"), DOWN)
        for number in range(20):
            await it.accept(number)
        await asyncio.sleep(5 * 86400)
        assert told(it) == []
        assert await it.states() == {"dead": 20}


@virtual
async def test_a_held_target_gets_its_reports_when_it_is_resumed(tmp_path: Path) -> None:
    async with town(tmp_path, _text()) as it:
        await it.runtime.set_endpoint("ops", held=True)
        it.sender.play(url("crm"), Reply(410))
        await it.accept(1)
        await asyncio.sleep(10)
        (report,) = (await it.store.deliveries(DeliveryFilter(endpoint="ops"), limit=9)).items
        assert report.state is DeliveryState.HELD
        await it.runtime.set_endpoint("ops", held=False)
        await asyncio.sleep(10)
        assert [kind for kind, _ in told(it)] == ["endpoint.disabled"]


@virtual
async def test_a_stop_keeps_what_was_gathered(tmp_path: Path) -> None:
    class KeptStore(MemoryStore):
        async def close(self) -> None:
            self.at_close = await self.deliveries(DeliveryFilter(endpoint="ops"), limit=9)
            await super().close()

    store = KeptStore()
    async with town(tmp_path, _text(', on_failure: ops, retry: {outcomes: {"404": dead}}'), store=store) as it:
        it.sender.play(url("crm"), Reply(404))
        await it.accept(1)
        await asyncio.sleep(0.5)
    (report,) = store.at_close.items
    assert report.event_type == "router.delivery.dead"
