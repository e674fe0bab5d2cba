"""The whole runtime on virtual time: what an operator would see over hours, in milliseconds."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.delivery.request import OutboundRequest
from router.delivery.state import DeliveryState, IllegalMoveError
from router.errors import EndpointError, EventError, EventFault, InternalError
from router.runtime.operations import UnrenderedError
from router.store.memory import MemoryStore
from router.store.port import DeliveryFilter, RevisionState
from router.syntax.diagnostic import ConfigurationError
from router.testing.loop import run
from router.testing.sender import Reply
from tests.runtime.virtual import virtual
from tests.scenario.town import Town, configuration, town, url

DAY_S = 86_400


@virtual
async def test_every_accepted_event_ends(tmp_path: Path) -> None:
    text = configuration(["good", "flaky", "broken", "gone", "slow"])
    async with town(tmp_path, text) as it:
        seen: set[str] = set()

        def fail_first(request: OutboundRequest) -> Reply:
            id = dict(request.headers)["webhook-id"]
            return Reply(200) if id in seen else (seen.add(id) or Reply(500))

        it.sender.answer_by(url("flaky"), fail_first)
        it.sender.play(url("broken"), Reply(error=EndpointError("refused", "connection refused")))
        it.sender.play(url("gone"), Reply(410))
        it.sender.play(url("slow"), Reply(200, after_s=14))
        for number in range(200):
            await it.accept(number)
            await asyncio.sleep(0.05)
        await asyncio.sleep(5 * DAY_S)
        await it.check()
        by_endpoint = {
            name: {
                one.state.value for one in (await it.store.deliveries(DeliveryFilter(endpoint=name), limit=999)).items
            }
            for name in ("good", "flaky", "broken", "gone", "slow")
        }
        assert by_endpoint == {
            "good": {"delivered"},
            "flaky": {"delivered"},
            "broken": {"dead"},
            "gone": {"held"},
            "slow": {"delivered"},
        }


@virtual
async def test_the_default_schedule_is_kept_with_jitter_never_early(tmp_path: Path) -> None:
    async with town(tmp_path, configuration()) as it:
        it.sender.play(url("crm"), Reply(500))
        await it.accept(1)
        await asyncio.sleep(4 * DAY_S)
        times = [sent.at_s for sent in it.sender.sent]
        waits = [later - earlier for earlier, later in pairwise(times)]
        assert len(waits) == 7
        for wait, least in zip(waits, (5, 300, 1800, 7200, 18000, 36000, 36000), strict=True):
            assert least <= wait <= least * 1.2 + 0.01
        assert (await it.deliveries())[0].state is DeliveryState.DEAD


@virtual
async def test_a_slow_endpoint_holds_its_own_slots_and_nobody_elses(tmp_path: Path) -> None:
    async with town(tmp_path, configuration(["fast", "slow"])) as it:
        it.sender.play(url("slow"), Reply(200, after_s=15))
        for number in range(600):
            await it.accept(number)
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        fast = it.sender.to(url("fast"))
        assert len(fast) == 600
        states = (await it.store.deliveries(DeliveryFilter(endpoint="fast"), limit=999)).items
        assert {one.state for one in states} == {DeliveryState.DELIVERED}


@virtual
async def test_a_removed_endpoint_and_its_return(tmp_path: Path) -> None:
    async with town(tmp_path, configuration(["crm", "erp"])) as it:
        it.sender.play(url("crm"), Reply(500))
        accepted = await it.accept(1)
        await asyncio.sleep(1)
        it.write(configuration(["erp"]))
        report = await it.runtime.reload("test")
        await asyncio.sleep(1)
        (mine,) = [one for one in await it.deliveries() if one.endpoint == "crm"]
        assert (mine.state, mine.reason) == (DeliveryState.DEAD, f"endpoint crm is not in revision {report.revision}")
        it.write(configuration(["crm", "erp"]))
        await it.runtime.reload("test")
        it.sender.play(url("crm"), Reply(200))
        await it.runtime.retry(mine.id)
        await asyncio.sleep(1)
        found = await it.store.delivery(mine.id)
        assert found is not None
        assert found.state is DeliveryState.DELIVERED
        assert accepted.revision == found.revision  # where it was routed, not where it was sent
        await it.check()


@virtual
async def test_a_hundred_reloads_a_third_broken_while_events_flow(tmp_path: Path) -> None:
    async with town(tmp_path, configuration(["one", "two"])) as it:
        it.sender.play(url("one"), *[Reply(200), Reply(503), Reply(200)] * 2000)
        done = asyncio.Event()

        async def flow() -> None:
            number = 0
            while not done.is_set():
                await it.accept(number)
                number += 1
                await asyncio.sleep(0.013)

        async with asyncio.TaskGroup() as group:
            for _ in range(1):
                group.create_task(flow())
            good = {it.runtime.plan.revision if it.runtime.plan else ""}
            for generation in range(1, 101):
                if generation % 3 == 0:
                    it.write(configuration(["one", "two"]).replace("targets: [two]", "targets: [nobody]"))
                    before = it.runtime.plan
                    report = await it.runtime.reload("test")
                    assert not report.applied
                    assert report.diagnostics
                    assert it.runtime.plan is before
                else:
                    it.write(configuration(["one", "two"], generation=generation))
                    report = await it.runtime.reload("test")
                    assert report.applied
                    assert report.revision is not None
                    good.add(report.revision)
                await asyncio.sleep(0.1)
            done.set()
        await asyncio.sleep(2 * DAY_S)
        await it.check()
        assert len(it.accepted) > 500
        assert await it.states() == {"delivered": 2 * len(it.accepted)}
        assert len({accepted.revision for accepted in it.accepted}) > 60
        assert {accepted.revision for accepted in it.accepted} <= good
        for accepted in it.accepted:
            assert {one.revision for one in accepted.deliveries} == {accepted.revision}
            assert len({one.body for one in accepted.deliveries}) == 1  # both routes under one generation


@virtual
async def test_a_start_with_broken_files_goes_on_delivering(tmp_path: Path) -> None:
    store = MemoryStore()
    async with town(tmp_path, configuration(), store=store) as it:
        it.sender.play(url("crm"), Reply(500))
        await it.accept(1)
        await asyncio.sleep(1)
    async with town(tmp_path, "version: 1\nroutes: [", store=store) as it:
        assert it.runtime.health()["configuration_current"] is False
        assert it.runtime.health()["ready"] is True
        await asyncio.sleep(10)
        assert await it.states() == {"delivered": 1}
        await it.accept(2)


@virtual
async def test_a_first_start_with_broken_files_says_everything(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        async with town(tmp_path, "version: 1\nroutes:\n  a: {events: [x], targets: [y]}\n"):
            pass


@virtual
async def test_rollback_routes_by_the_old_revision_again(tmp_path: Path) -> None:
    async with town(tmp_path, configuration(generation=1)) as it:
        first = it.runtime.plan
        assert first is not None
        it.write(configuration(generation=2))
        await it.runtime.reload("test")
        await it.runtime.rollback(first.revision)
        await it.accept(1)
        await asyncio.sleep(8000)  # polls do not bring the files back
        assert it.sender.sent[0].request.body == b'{"id":"o1","generation":1}'
        assert it.runtime.plan is not None
        assert it.runtime.plan.revision == first.revision
        records = await it.store.revisions(limit=10)
        assert sum(one.state is RevisionState.ACTIVE for one in records) == 1


@virtual
async def test_what_cannot_be_accepted_says_why(tmp_path: Path) -> None:
    strict = configuration(extra="").replace(
        "  order.paid: {}", "  order.paid: {schema: {type: object, properties: {id: {type: integer}}}}"
    )
    async with town(tmp_path, strict) as it:
        with pytest.raises(EventError) as invalid:
            await it.accept(1)
        assert invalid.value.fault is EventFault.INVALID
        assert invalid.value.errors[0]["pointer"] == "/data/id"
        with pytest.raises(EventError, match=r"did you mean `order\.paid`") as unknown:
            await it.accept(2, type="order.payed")
        assert unknown.value.fault is EventFault.UNKNOWN_TYPE
        assert await it.states() == {}


@virtual
async def test_a_quarantined_event_is_kept_and_its_deliveries_are_born_dead(tmp_path: Path) -> None:
    quarantining = configuration().replace(
        "  order.paid: {}", "  order.paid: {on_invalid: quarantine, schema: {type: object, required: [total]}}"
    )
    async with town(tmp_path, quarantining) as it:
        (born,) = (await it.accept(1)).deliveries
        assert born.state is DeliveryState.DEAD
        assert born.reason is not None
        assert born.reason.startswith("invalid: /data")
        await asyncio.sleep(DAY_S)
        assert it.sender.sent == []


@virtual
async def test_a_duplicate_is_answered_and_not_delivered_again(tmp_path: Path) -> None:
    async with town(tmp_path, configuration()) as it:
        first = await it.accept(1)
        again = await it.accept(1)
        assert again.duplicate
        assert [one.id for one in again.deliveries] == [one.id for one in first.deliveries]
        await asyncio.sleep(1)
        assert len(it.sender.sent) == 1


@virtual
async def test_operators_retry_cancel_and_hold(tmp_path: Path) -> None:
    async with town(tmp_path, configuration()) as it:
        it.sender.play(url("crm"), Reply(500))
        (one,) = (await it.accept(1)).deliveries
        await asyncio.sleep(1)
        await it.runtime.retry(one.id)  # pending: its timer is replaced
        await asyncio.sleep(0.1)
        assert len(it.sender.sent) == 2
        assert (await it.runtime.cancel(one.id)).state is DeliveryState.CANCELLED
        await asyncio.sleep(DAY_S)
        assert len(it.sender.sent) == 2
        it.sender.play(url("crm"), Reply(200, after_s=5))
        await it.runtime.retry(one.id)
        await asyncio.sleep(0.1)
        with pytest.raises(IllegalMoveError, match="sending"):
            await it.runtime.cancel(one.id)
        await asyncio.sleep(10)
        assert await it.states() == {"delivered": 1}
        with pytest.raises(KeyError):
            await it.runtime.retry(type(one.id)("dlv_unknown"))
        await it.runtime.set_endpoint("crm", held=True)
        (two,) = (await it.accept(2)).deliveries
        assert two.state is DeliveryState.HELD
        with pytest.raises(IllegalMoveError, match="held"):
            await it.runtime.retry(two.id)
        (seen,) = it.runtime.endpoints()
        assert (seen["name"], seen["state"], seen["reason"]) == ("crm", "held", "held by an operator")
        assert seen["origins"] == ["https://crm.example"]
        await it.runtime.set_endpoint("crm", held=False)
        await asyncio.sleep(10)
        assert await it.states() == {"delivered": 2}


@virtual
async def test_what_was_never_rendered_cannot_be_retried(tmp_path: Path) -> None:
    failing = configuration().replace("{{ data.id }}", "{{ data.customer.name }}")
    async with town(tmp_path, failing) as it:
        (born,) = (await it.accept(1)).deliveries
        assert born.state is DeliveryState.DEAD
        with pytest.raises(UnrenderedError, match="never rendered"):
            await it.runtime.retry(born.id)


@virtual
async def test_old_events_are_deleted_and_open_ones_are_not(tmp_path: Path) -> None:
    async with town(tmp_path, configuration(["crm", "erp"]), retention_s=7 * DAY_S) as it:
        it.sender.play(url("erp"), Reply(410))
        await it.accept(1)
        await asyncio.sleep(60)
        it.write(configuration(["crm"]))
        await it.runtime.reload("test")
        await asyncio.sleep(1)  # erp's delivery is cancelled now
        await it.accept(2)
        await it.runtime.set_endpoint("crm", held=True)
        await it.accept(3)
        it.accepted.clear()
        await asyncio.sleep(8 * DAY_S)
        assert {one.event_id for one in await it.deliveries()} == {"e3"}


@virtual
async def test_metrics_tell_the_story(tmp_path: Path) -> None:
    async with town(tmp_path, configuration(), observe_s=5) as it:
        it.sender.play(url("crm"), Reply(500), Reply(200))
        await it.accept(1)
        with pytest.raises(EventError):
            await it.accept(2, type="nothing.like")
        await asyncio.sleep(30)
        it.write("version: 1\nroutes: [")
        await it.runtime.reload("test")
        text = it.runtime.render_metrics().decode()
        plan = it.runtime.plan
        assert plan is not None
        for line in (
            'router_events_received_total{result="accepted"} 1.0',
            'router_events_received_total{result="refused"} 1.0',
            f'router_events_routed_total{{revision="{plan.revision}",route="to-crm"}} 1.0',
            'router_delivery_attempts_total{endpoint="crm",outcome="retry"} 1.0',
            'router_delivery_attempts_total{endpoint="crm",outcome="deliver"} 1.0',
            'router_delivery_seconds_count{endpoint="crm"} 1.0',
            'router_deliveries{endpoint="crm",state="delivered"} 1.0',
            'router_endpoint_breaker{endpoint="crm"} 0.0',
            "config_last_reload_successful 0.0",
            f'config_revision_info{{commit="{plan.commit or ""}",revision="{plan.revision}"}} 1.0',
            'config_reloads_total{result="rejected",stage="compile",trigger="test"} 1.0',
        ):
            assert line in text, f"{line}\n{text}"


REPLIES = st.one_of(
    st.sampled_from([200, 201, 204, 301, 400, 404, 408, 429, 500, 502, 503, 504]).map(Reply),
    st.builds(lambda s: Reply(503, headers=(("retry-after", str(s)),)), st.integers(0, 10_000)),
    st.builds(lambda s: Reply(200, after_s=s), st.floats(0.001, 15)),
    st.just(Reply(410)),
    st.just(Reply(error=EndpointError("timeout", "no answer"), after_s=15)),
    st.just(Reply(error=EndpointError("refused", "connection refused"))),
    st.just(Reply(error=InternalError("no file descriptors"))),
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(1, 30)),
        st.tuples(st.just("wait"), st.floats(0.001, 50_000)),
        st.tuples(st.just("reload"), st.sampled_from([["crm", "erp"], ["crm"], ["erp"], ["crm", "erp", "new"]])),
        st.tuples(st.just("break"), st.just(0)),
        st.tuples(st.just("hold"), st.booleans()),
        st.tuples(st.just("restart"), st.booleans()),
    ),
    max_size=14,
)


class Story:
    """A random life of a router; restarts keep the store and what was promised."""

    def __init__(self, root: Path, replies: dict[str, list[Reply]], limits: str) -> None:
        self.root = root
        self.replies = replies
        self.limits = limits
        self.store = MemoryStore()
        self.names = ["crm", "erp"]
        self.number = 0
        self.starts = 0

    async def tell(self, actions: list[tuple[str, object]]) -> None:
        it = await self.start()
        for what, value in actions:
            match what, value:
                case "accept", int(count):
                    for _ in range(count):
                        self.number += 1
                        await it.accept(self.number)
                case "wait", float(seconds):
                    await asyncio.sleep(seconds)
                case "reload", list(names):
                    self.names = [str(name) for name in names]
                    it.write(configuration(self.names, settings=self.limits))
                    assert (await it.runtime.reload("test")).applied
                case "break", _:
                    it.write("version: 1\nroutes: {a: {events: [b], targets: [c]}}")
                    assert not (await it.runtime.reload("test")).applied
                case "hold", bool(held):
                    await it.runtime.set_endpoint(self.names[0], held=held)
                case "restart", bool(is_patient):
                    await it.runtime.stop(30 if is_patient else 0)
                    it = await self.start(before=it)
            await it.check()
        await asyncio.sleep(10 * DAY_S)
        await it.check()
        assert await it.is_settled()
        await it.runtime.stop(0)

    async def start(self, before: Town | None = None) -> Town:
        sender = before.sender if before is not None else None
        self.starts += 1
        it = Town(self.root, self.store, sender=sender, seed=self.starts)
        if before is None:
            it.write(configuration(self.names, settings=self.limits))
            for name, replies in self.replies.items():
                it.sender.play(url(name), *replies)
        else:
            it.accepted = before.accepted
        await it.runtime.start()
        return it


@settings(max_examples=25)
@given(
    replies=st.fixed_dictionaries({name: st.lists(REPLIES, min_size=1, max_size=12) for name in ("crm", "erp", "new")}),
    actions=ACTIONS,
    limits=st.sampled_from(
        ["", ", limits: {concurrency: 2}", ", limits: {rate: 30/m}", ", retry: {schedule: [1s], max_age: 1h}"]
    ),
)
def test_accepted_means_exactly_one_end_and_one_set_of_bytes(
    tmp_path_factory: pytest.TempPathFactory,
    replies: dict[str, list[Reply]],
    actions: list[tuple[str, object]],
    limits: str,
) -> None:
    """Whatever endpoints answer and operators do: ten days later every delivery has ended or is held, and none was ever lost."""
    root = tmp_path_factory.mktemp("town")
    run(Story(root, replies, limits).tell(actions))
