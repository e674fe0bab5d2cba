"""The reload state machine over real files and the real compiler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from router.errors import StoreUnavailableError
from router.identity import Revision
from router.plan import Plan
from router.runtime.metrics import Metrics
from router.runtime.reloader import DEFECT, UNREADABLE, Reloader
from router.runtime.verification import FAILED_TEST
from router.runtime.watching import changes
from router.store.memory import MemoryStore
from router.store.port import RevisionRecord, RevisionState
from router.syntax.diagnostic import ConfigurationError
from router.testing.loop import VirtualClock, run
from tests.runtime.virtual import virtual

GOOD = """\
version: 1
event_types:
  order.paid: {{}}
endpoints:
  crm: {{url: "https://crm.example/{path}"}}
routes:
  all: {{events: [order.paid], targets: [crm]}}
"""

BROKEN = "version: 1\nroutes:\n  all: {events: [order.paid], targets: [nobody]}\n"

FAILING_TEST = (
    GOOD
    + """\
tests:
  - name: an order goes nowhere
    event: {{type: order.paid, data: {{}}}}
    expect: []
"""
)


class World:
    def __init__(self, root: Path, store: MemoryStore, environ: dict[str, str] | None = None) -> None:
        self.file = root / "shop.yaml"
        self.store = store
        self.swapped: list[Plan] = []
        self.metrics = Metrics()
        self.reloader = Reloader(
            root,
            store=store,
            clock=VirtualClock(),
            metrics=self.metrics,
            swap=self.swapped.append,
            hints=None,
            environ=environ or {},
        )

    def vanish(self) -> None:
        self.file.unlink()
        self.file.parent.rmdir()

    def write(self, text: str, path: str = "hook") -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(text.format(path=path) if "{path}" in text else text, encoding="utf-8")

    @property
    def url(self) -> str:
        plan = self.reloader.plan
        assert plan is not None
        return plan.endpoints["crm"].urls[0].url

    async def states(self) -> list[tuple[str, str]]:
        return [(one.revision, one.state.value) for one in await self.store.revisions(limit=50)]


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "routes"
    root.mkdir()
    return root


async def opened() -> MemoryStore:
    store = MemoryStore()
    await store.open()
    return store


@virtual
async def test_start_puts_the_files_in_force_and_keeps_them(root: Path) -> None:
    it = World(root, await opened())
    it.write(GOOD)
    report = await it.reloader.start()
    assert (report.applied, report.changed) == (True, True)
    assert it.swapped == [it.reloader.plan]
    record = await it.store.active_revision()
    assert record is not None
    assert record.revision == report.revision
    assert record.snapshot


@virtual
async def test_a_reload_swaps_and_an_unchanged_one_does_not(root: Path) -> None:
    it = World(root, await opened())
    it.write(GOOD)
    first = await it.reloader.start()
    again = await it.reloader.reload("http")
    assert (again.applied, again.changed, again.revision) == (True, False, first.revision)
    it.write(GOOD, path="new")
    second = await it.reloader.reload("http")
    assert (second.applied, second.changed) == (True, True)
    assert it.url == "https://crm.example/new"
    assert len(it.swapped) == 2
    assert [state for _, state in await it.states()] == ["active", "superseded"]


@pytest.mark.parametrize(
    ("text", "code"),
    [(BROKEN, "RT"), ("routes: [\n", "RT101"), (FAILING_TEST, FAILED_TEST)],
    ids=["reference", "syntax", "test"],
)
def test_a_broken_configuration_never_replaces_a_good_one(root: Path, text: str, code: str) -> None:
    async def main() -> None:
        it = World(root, await opened())
        it.write(GOOD)
        good = await it.reloader.start()
        it.write(text)
        report = await it.reloader.reload("http")
        assert (report.applied, report.changed, report.revision) == (False, False, good.revision)
        assert any(finding.code.startswith(code) for finding in report.diagnostics)
        assert report.reason is not None
        assert it.reloader.last_report == report
        assert len(it.swapped) == 1
        assert {state for _, state in await it.states()} == {"active", "rejected"}
        it.write(GOOD)
        assert (await it.reloader.reload("http")).applied

    run(main())


@virtual
async def test_a_start_in_front_of_broken_files_runs_the_last_good_revision(root: Path) -> None:
    store = await opened()
    before = World(root, store)
    before.write(GOOD, path="good")
    good = await before.reloader.start()
    it = World(root, store)
    it.write(BROKEN)
    report = await it.reloader.start()
    assert (report.applied, report.changed, report.revision) == (False, True, good.revision)
    assert report.diagnostics
    assert it.url == "https://crm.example/good"
    it.write(GOOD, path="repaired")
    assert (await it.reloader.reload("http")).applied
    assert it.url == "https://crm.example/repaired"


@virtual
async def test_a_start_without_anything_usable_raises_with_all_findings(root: Path) -> None:
    it = World(root, await opened())
    it.write(BROKEN)
    with pytest.raises(ConfigurationError) as raised:
        await it.reloader.start()
    assert raised.value.diagnostics
    assert it.swapped == []


@virtual
async def test_a_configuration_that_vanishes_is_a_finding_not_a_crash(root: Path) -> None:
    it = World(root, await opened())
    it.write(GOOD)
    await it.reloader.start()
    it.vanish()
    report = await it.reloader.reload("http")
    assert [finding.code for finding in report.diagnostics] == [UNREADABLE]
    assert not report.applied
    it.write(GOOD)
    assert (await it.reloader.reload("http")).applied
    with pytest.raises(ConfigurationError, match=UNREADABLE):
        await World(root / "nowhere", await opened()).reloader.start()


@virtual
async def test_a_defect_of_ours_costs_a_reload_and_nothing_else(root: Path) -> None:
    store = await opened()
    it = World(root, store)

    def broken(*_: object) -> tuple[()]:
        raise RecursionError("too deep")

    it.write(GOOD)
    await it.reloader.start()
    it.reloader._verify = broken
    it.write(GOOD, path="new")
    report = await it.reloader.reload("http")
    assert [finding.code for finding in report.diagnostics] == [DEFECT]
    assert it.url == "https://crm.example/hook"


@virtual
async def test_a_store_that_cannot_keep_the_revision_keeps_it_from_coming_into_force(root: Path) -> None:
    class Full(MemoryStore):
        down = False

        async def put_revision(self, record: RevisionRecord) -> None:
            if self.down:
                raise StoreUnavailableError("disk full")
            await super().put_revision(record)

    store = Full()
    await store.open()
    it = World(root, store)
    it.write(GOOD)
    await it.reloader.start()
    store.down = True
    it.write(GOOD, path="new")
    report = await it.reloader.reload("http")
    assert not report.applied
    assert "disk full" in (report.reason or "")
    assert it.url == "https://crm.example/hook"


@virtual
async def test_a_rollback_stays_until_the_files_change_over_restarts_too(root: Path) -> None:
    store = await opened()
    it = World(root, store)
    it.write(GOOD, path="one")
    one = await it.reloader.start()
    it.write(GOOD, path="two")
    two = await it.reloader.reload("http")
    assert one.revision is not None
    await asyncio.sleep(1)
    report = await it.reloader.rollback(one.revision)
    assert (report.applied, report.revision) == (True, one.revision)
    assert it.url == "https://crm.example/one"
    assert not it.reloader._is_changed()

    again = World(root, store)
    report = await again.reloader.start()
    assert (report.applied, report.revision) == (False, one.revision)
    assert again.url == "https://crm.example/one"
    assert not again.reloader._is_changed()

    await asyncio.sleep(1)
    asked = await again.reloader.reload("http")  # asked for in so many words
    assert asked.revision == two.revision
    assert (await World(root, store).reloader.start()).applied
    with pytest.raises(KeyError):
        await it.reloader.rollback(Revision("0" * 16))


@virtual
async def test_going_back_in_git_while_down_is_no_rollback(root: Path) -> None:
    store = await opened()
    it = World(root, store)
    it.write(GOOD, path="one")
    one = await it.reloader.start()
    it.write(GOOD, path="two")
    await it.reloader.reload("http")
    it.write(GOOD, path="one")
    report = await World(root, store).reloader.start()
    assert (report.applied, report.revision) == (True, one.revision)


@virtual
async def test_the_poll_sees_a_swapped_symbolic_link_and_ignores_what_it_rejected(root: Path) -> None:
    it = World(root, await opened())
    versions = root.parent
    for name, text in (("a", GOOD.format(path="a")), ("b", BROKEN), ("c", GOOD.format(path="c"))):
        (versions / name).mkdir()
        (versions / name / "shop.yaml").write_text(text, encoding="utf-8")

    def point(name: str) -> None:
        link = versions / "next"
        link.symlink_to(versions / name)
        link.replace(root / "data")

    point("a")
    await it.reloader.start()
    watching = asyncio.create_task(it.reloader.watch(poll_s=30))
    point("b")
    await asyncio.sleep(301)
    assert it.url == "https://crm.example/a"
    rejected = it.metrics.reloads.labels("rejected", "compile", "poll")._value.get()
    assert rejected == 1  # once, not at every poll
    point("c")
    await asyncio.sleep(31)
    assert it.url == "https://crm.example/c"
    watching.cancel()


@virtual
async def test_a_changed_secret_is_a_new_revision(root: Path) -> None:
    environ = {"KEY": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    it = World(root, await opened(), environ)
    signing = GOOD.format(path="x").replace('"}', '", signing: {scheme: standard-webhooks, secrets: [{env: KEY}]}}', 1)
    it.write(signing)
    first = await it.reloader.start()
    environ["KEY"] = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    second = await it.reloader.reload("http")
    assert second.applied
    assert first.revision != second.revision
    del environ["KEY"]
    assert not (await it.reloader.reload("http")).applied


@virtual
async def test_reloads_that_are_asked_for_during_one_share_the_next(root: Path) -> None:
    it = World(root, await opened())
    it.write(GOOD)
    await it.reloader.start()
    it.write(GOOD, path="new")
    reports = await asyncio.gather(*(it.reloader.reload("http") for _ in range(10)))
    assert {report.revision for report in reports} == {reports[0].revision}
    assert it.metrics.reloads.labels("applied", "swap", "http")._value.get() == 1
    assert it.metrics.reloads.labels("unchanged", "swap", "http")._value.get() <= 1


@virtual
async def test_hints_lead_to_a_reload_only_when_something_changed(root: Path) -> None:
    it = World(root, await opened())
    it.write(GOOD)
    hinted = asyncio.Queue[None]()

    async def hints(_: Sequence[Path]) -> AsyncGenerator[None, None]:
        while True:
            yield await hinted.get()

    await it.reloader.start()
    it.reloader._hints = hints
    watching = asyncio.create_task(it.reloader.watch(poll_s=10**6))
    hinted.put_nowait(None)
    await asyncio.sleep(1)
    assert len(it.swapped) == 1
    it.write(GOOD, path="new")
    hinted.put_nowait(None)
    await asyncio.sleep(1)
    assert it.url == "https://crm.example/new"
    watching.cancel()


def test_real_file_events_are_noticed(tmp_path: Path) -> None:
    async def main() -> None:
        hints = changes([tmp_path])
        waiting = asyncio.ensure_future(anext(hints))
        for number in range(200):  # the watch is set up on a thread; write until it is there
            (tmp_path / "a.yaml").write_text(str(number), encoding="utf-8")
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            if done:
                break
        assert waiting.done()
        await hints.aclose()

    asyncio.run(main())


def test_what_cannot_be_watched_ends_the_hints(tmp_path: Path) -> None:
    async def main() -> list[None]:
        return [hint async for hint in changes([tmp_path / "nowhere"])]

    assert asyncio.run(main()) == []


def test_the_reader_of_the_state_machine_finds_no_open_descriptors(root: Path) -> None:
    """A reload opens files and must close them: a hundred of them leave no descriptor behind."""

    async def main() -> None:
        it = World(root, await opened())
        it.write(GOOD)
        await it.reloader.start()
        before = descriptors()
        for number in range(100):
            it.write(GOOD if number % 3 else BROKEN, path=str(number))
            await it.reloader.reload("http")
        assert descriptors() <= before + 2
        assert it.reloader.draining <= len(it.swapped) - 1
        assert [state for _, state in await it.states()].count(RevisionState.ACTIVE) == 1

    run(main())
