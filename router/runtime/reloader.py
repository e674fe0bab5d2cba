"""Reloader: the state machine that puts configurations in force.

    DETECT ─► SNAPSHOT ─► COMPILE ─► VERIFY ─► WARM ─► KEEP ─► SWAP ─► DRAIN
                  └──────────┴──────────┴────────┴──────┴─► NACK

The theory: everything that can fail happens before the one assignment that cannot (SWAP), so a broken configuration is never half in
force. Everything is read once, into a Snapshot, and from there on no file is opened again. What is in force is kept in the store (KEEP)
before it comes into force, so that a restart in front of broken files still has it.

- DETECT: a watch event, SIGHUP, `reload()` and a poll are all only hints. What decides is the checksum over everything the last
  configuration that was examined had read, good or bad: a broken one is not examined again until something of it changes, and it is never
  recorded as applied. The poll sees what watching misses, such as a symbolic link that was swapped.
- COMPILE and VERIFY (the configuration's own tests) run on a thread.
- NACK: the last good revision stays; report, findings and time are kept, shown and counted.
- DRAIN: work under way holds on to the old Plan by reference and lets go of it when it ends; nothing is cut off.
- START is a reload without a last good revision in memory: when it fails, the one in the store is compiled and comes into force, and that
  is said loudly; when there is none, ConfigurationError.
- A rollback compiles a kept revision and swaps to it. The files then hold something that is not in force, and stay so, over restarts too,
  until they change or a reload is asked for.

One reload runs at a time. Whoever asks during one gets the result of the next, because the files may have changed after they were read.
This is the only module of the run road that knows the compiler.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path

import msgspec

from router.clock import Clock
from router.compiler import Compilation, compile_snapshot
from router.errors import StoreUnavailableError
from router.event import Event
from router.identity import Revision
from router.plan import Plan
from router.runtime.metrics import Metrics
from router.runtime.reload_report import ReloadReport
from router.runtime.verification import Verify, failed_tests
from router.runtime.watching import POLL_S, Changes, changes
from router.store.port import RevisionRecord, RevisionState, Store
from router.syntax.diagnostic import ConfigurationError, Diagnostic, Severity, Span, has_errors
from router.syntax.snapshot import Snapshot

__all__ = ["DEFECT", "UNREADABLE", "Reloader"]

UNREADABLE = "RT110"
"""The code of the finding that a configuration cannot be read at all."""

DEFECT = "RT111"
"""The code of the finding that the router failed where the configuration may be right."""

FULL_COLLECTIONS_EVERY = 16
"""After how many reloads the heap is collected in full; see `_freeze`."""

_ROLLED_BACK = "rolled-back"
_REVISIONS_LOOKED_AT = 100

_log = logging.getLogger(__name__)


class _Examined(msgspec.Struct, frozen=True):
    """A configuration that was read: the snapshot to compare with, and what compiling it came to."""

    snapshot: Snapshot
    compilation: Compilation
    diagnostics: tuple[Diagnostic, ...]


class _Nack(Exception):  # noqa: N818 - not a fault, a verdict
    """A configuration does not come into force; `stage` is where that was found."""

    def __init__(self, stage: str, reason: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(reason)
        self.stage = stage
        self.reason = reason
        self.diagnostics = diagnostics


class Reloader:
    """Loads the configuration at `root`. `swap` is called with each Plan that comes into force; it must not fail."""

    def __init__(
        self,
        root: Path,
        *,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        swap: Callable[[Plan], None],
        verify: Verify = failed_tests,
        hints: Changes | None = changes,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._root = root
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._swap = swap
        self._verify = verify
        self._hints = hints
        self._environ = environ
        self._plan: Plan | None = None
        self._last: ReloadReport | None = None
        self._examined: Snapshot | None = None
        self._checksum: Revision | None = None
        self._lock = asyncio.Lock()
        self._following: asyncio.Task[ReloadReport] | None = None
        self._retired: weakref.WeakSet[Plan] = weakref.WeakSet()
        self._swaps = 0

    @property
    def plan(self) -> Plan | None:
        """The plan in force."""
        return self._plan

    @property
    def last_report(self) -> ReloadReport | None:
        """What the latest reload came to."""
        return self._last

    @property
    def draining(self) -> int:
        """How many earlier revisions some work under way still holds on to."""
        return len(self._retired)

    async def start(self) -> ReloadReport:
        """Put the configuration in force, or else the last good one.

        Raises ConfigurationError when there is neither, StoreUnavailableError when the store cannot say.
        """
        async with self._lock:
            try:
                examined = await self._examine("start")
                rolled_back_to = await self._rolled_back_to(examined)
                if rolled_back_to is None:
                    return await self._put_in_force(examined, "start")
                reason = "an operator rolled back what the files hold"
                return await self._resume(rolled_back_to, reason, examined.diagnostics)
            except _Nack as nack:
                report = await self._reject(nack, "start")
                active = await self._store.active_revision()
                if active is None:
                    raise ConfigurationError(nack.diagnostics) from None
                return await self._resume(active, nack.reason, report.diagnostics, rejected=report)

    async def reload(self, trigger: str) -> ReloadReport:
        """Load the configuration anew; `trigger` is a short word for who asked (`http`, `signal`, `watch`, `poll`)."""
        if self._following is None:
            self._following = asyncio.create_task(self._reload_next(trigger))
        return await asyncio.shield(self._following)

    async def rollback(self, revision: Revision) -> ReloadReport:
        """Put a kept revision in force. Raises KeyError when it is not kept, StoreUnavailableError when the store cannot say."""
        async with self._lock:
            record = await self._store.revision(revision)
            if record is None:
                raise KeyError(revision)
            before = self._plan.revision if self._plan is not None else None
            try:
                restored = await self._restore(record)
                report = await self._put_in_force(restored, "rollback", keep=record.snapshot)
            except _Nack as nack:
                return await self._reject(nack, "rollback")
            if before is not None and before != report.revision:
                await self._note_rolled_back(before, revision)
            return report

    async def watch(self, *, poll_s: float = POLL_S) -> None:
        """Reload when something the configuration reads has changed; runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll(poll_s))
            if self._hints is not None:
                group.create_task(self._follow_hints(self._hints, poll_s))

    # DETECT ----------------------------------------------------------------------------------------------------------------------

    async def _poll(self, poll_s: float) -> None:
        while True:
            await asyncio.sleep(poll_s)
            await self._reload_if_changed("poll")

    async def _follow_hints(self, hints: Changes, poll_s: float) -> None:
        while True:
            folders = self._folders()
            async with aclosing(hints(folders)) as hinted:
                async for _ in hinted:
                    await self._reload_if_changed("watch")
                    if self._folders() != folders:
                        break
                else:
                    await asyncio.sleep(poll_s)

    def _folders(self) -> list[Path]:
        folder = self._root if self._root.is_dir() else self._root.parent
        names = self._examined.names if self._examined is not None else ()
        beside = {Path(name).parent for name in names if not Path(name).is_relative_to(folder)}
        return [path for path in (folder, *sorted(beside)) if path.is_dir()]

    async def _reload_if_changed(self, trigger: str) -> None:
        if await asyncio.to_thread(self._is_changed):
            await self.reload(trigger)

    def _is_changed(self) -> bool:
        if self._examined is None:
            return True
        try:
            return self._examined.retake(environ=self._environ).digest() != self._checksum
        except OSError:
            return self._checksum is not None

    # SNAPSHOT to SWAP ------------------------------------------------------------------------------------------------------------

    async def _reload_next(self, trigger: str) -> ReloadReport:
        async with self._lock:
            self._following = None  # whoever comes from here on needs another one
            try:
                return await self._put_in_force(await self._examine(trigger), trigger)
            except _Nack as nack:
                return await self._reject(nack, trigger)

    async def _examine(self, trigger: str) -> _Examined:
        """Read, compile and verify. Raises _Nack when that yields no plan that may come into force."""
        try:
            with self._timed("snapshot"):
                snapshot = await asyncio.to_thread(Snapshot.take, self._root, environ=self._environ)
        except OSError as error:
            self._checksum = None
            finding = self._finding(
                UNREADABLE,
                f"the configuration cannot be read: {error.strerror or error}",
                "check the path that the router was started with, and its permissions",
            )
            raise _Nack("snapshot", f"the configuration cannot be read: {error}", (finding,)) from error
        return await self._judge(snapshot, is_from_files=True)

    async def _judge(self, snapshot: Snapshot, *, is_from_files: bool) -> _Examined:
        with _uncollected():
            return await self._judge_uncollected(snapshot, is_from_files=is_from_files)

    async def _judge_uncollected(self, snapshot: Snapshot, *, is_from_files: bool) -> _Examined:
        stage = "compile"
        try:
            with self._timed(stage):
                compilation = await asyncio.to_thread(compile_snapshot, snapshot, require_secrets=True)
            findings = compilation.diagnostics
            if compilation.plan is not None:
                stage = "verify"
                with self._timed(stage):
                    found = await asyncio.to_thread(self._verify, compilation.configuration, compilation.plan, snapshot)
                findings = (*findings, *found)
            if compilation.plan is not None and not has_errors(findings):
                stage = "warm"
                with self._timed(stage):
                    await asyncio.to_thread(_warm, compilation.plan)
        except Exception as error:  # a defect of ours must cost a reload, not the program
            _log.exception("reloading failed in stage %s", stage)
            finding = self._finding(
                DEFECT,
                f"the router itself failed on this configuration: {type(error).__name__}: {error}",
                "please report this; the log has the traceback",
            )
            raise _Nack(stage, "a defect of the router, not of the configuration", (finding,)) from error
        finally:
            if is_from_files:  # whatever came of it: it is not looked at again until it changes
                self._examined, self._checksum = snapshot, await asyncio.to_thread(snapshot.digest)
        if compilation.plan is None or has_errors(findings):
            errors = sum(finding.severity is Severity.ERROR for finding in findings)
            raise _Nack(stage, f"{errors} error{'s' if errors != 1 else ''} in the configuration", findings)
        return _Examined(snapshot, compilation, findings)

    async def _put_in_force(self, examined: _Examined, trigger: str, *, keep: bytes | None = None) -> ReloadReport:
        plan = examined.compilation.plan
        assert plan is not None  # noqa: S101 - _judge has seen to it
        is_new = self._plan is None or self._plan.revision != plan.revision
        if is_new:
            record = RevisionRecord(
                revision=plan.revision,
                state=RevisionState.ACTIVE,
                at_ms=self._clock.now_ms(),
                commit=plan.commit,
                snapshot=keep if keep is not None else await asyncio.to_thread(examined.snapshot.serialise),
                diagnostics=_as_json(examined.diagnostics),
            )
            try:
                with self._timed("keep"):
                    await self._store.put_revision(record)
            except StoreUnavailableError as error:
                raise _Nack("keep", f"the revision cannot be kept, so it is not put in force: {error}") from error
            self._put(plan)
        return self._report(
            "applied" if is_new else "unchanged",
            "swap",
            trigger,
            applied=True,
            changed=is_new,
            diagnostics=examined.diagnostics,
        )

    def _put(self, plan: Plan) -> None:
        """SWAP and DRAIN."""
        if self._plan is not None:
            self._retired.add(self._plan)
        self._plan = plan
        with self._timed("swap"):
            self._swap(plan)
        self._freeze()

    def _freeze(self) -> None:
        """Take the plan, which lives long, out of the garbage collector's sight: a full collection then costs what is young, not what is configured.

        Freezing takes no time but hides cyclic garbage too, so now and then, and at the start, everything is collected first.
        """
        if self._swaps % FULL_COLLECTIONS_EVERY == 0:
            gc.unfreeze()
            gc.collect()
        gc.freeze()
        self._swaps += 1

    # NACK, START, rollback -------------------------------------------------------------------------------------------------------

    async def _reject(self, nack: _Nack, trigger: str) -> ReloadReport:
        report = self._report(
            "rejected",
            nack.stage,
            trigger,
            applied=False,
            changed=False,
            diagnostics=nack.diagnostics,
            reason=nack.reason,
        )
        if self._checksum is not None and nack.stage in ("compile", "verify") and trigger != "rollback":
            await self._keep_rejected(self._checksum, nack.diagnostics)
        return report

    async def _keep_rejected(self, revision: Revision, diagnostics: tuple[Diagnostic, ...]) -> None:
        record = RevisionRecord(
            revision=revision,
            state=RevisionState.REJECTED,
            at_ms=self._clock.now_ms(),
            diagnostics=_as_json(diagnostics),
        )
        try:
            await self._store.put_revision(record)
        except StoreUnavailableError as error:
            _log.warning("the rejected revision %s is not kept: %s", revision, error)

    async def _resume(
        self,
        record: RevisionRecord,
        why: str,
        diagnostics: tuple[Diagnostic, ...],
        *,
        rejected: ReloadReport | None = None,
    ) -> ReloadReport:
        """Put the kept revision in force at a start whose files are not to be used."""
        try:
            restored = await self._restore(record)
        except _Nack as nack:
            _log.error("the last good revision %s cannot be compiled any more: %s", record.revision, nack.reason)
            raise ConfigurationError(diagnostics or nack.diagnostics) from None
        plan = restored.compilation.plan
        assert plan is not None  # noqa: S101 - _judge has seen to it
        self._put(plan)
        _log.error("RUNNING THE LAST GOOD REVISION %s, NOT THE FILES: %s", plan.revision, why)
        if rejected is None:
            return self._report(
                "resumed", "start", "start", applied=False, changed=True, diagnostics=diagnostics, reason=why
            )
        self._last = msgspec.structs.replace(rejected, changed=True, revision=plan.revision)
        return self._last

    async def _restore(self, record: RevisionRecord) -> _Examined:
        try:
            snapshot = await asyncio.to_thread(Snapshot.restore, record.snapshot, environ=self._environ)
        except ValueError as error:
            raise _Nack("snapshot", f"revision {record.revision} cannot be read back: {error}") from error
        return await self._judge(snapshot, is_from_files=False)

    async def _note_rolled_back(self, files: Revision, to: Revision) -> None:
        """Keep that the files' revision is not wanted, so that a restart does not bring it back."""
        note = [{"code": _ROLLED_BACK, "severity": "info", "message": f"rolled back to {to} by an operator"}]
        record = RevisionRecord(
            revision=files,
            state=RevisionState.REJECTED,
            at_ms=self._clock.now_ms(),
            diagnostics=msgspec.json.encode(note).decode(),
        )
        try:
            await self._store.put_revision(record)
        except StoreUnavailableError as error:
            _log.warning("the rollback lasts until the next start only: %s", error)

    async def _rolled_back_to(self, examined: _Examined) -> RevisionRecord | None:
        """Return the revision that an operator preferred to the one in the files, None when none was."""
        plan = examined.compilation.plan
        active = await self._store.active_revision()
        if plan is None or active is None or active.revision == plan.revision:
            return None
        records = [
            one for one in await self._store.revisions(limit=_REVISIONS_LOOKED_AT) if one.revision == plan.revision
        ]
        noted_ms = [
            one.at_ms for one in records if one.state is RevisionState.REJECTED and _ROLLED_BACK in one.diagnostics
        ]
        applied_ms = [one.at_ms for one in records if one.state is not RevisionState.REJECTED]
        return active if noted_ms and max(noted_ms) >= max(applied_ms, default=0) else None

    # Telling ---------------------------------------------------------------------------------------------------------------------

    def _report(
        self,
        result: str,
        stage: str,
        trigger: str,
        *,
        applied: bool,
        changed: bool,
        diagnostics: tuple[Diagnostic, ...],
        reason: str | None = None,
    ) -> ReloadReport:
        now_ms = self._clock.now_ms()
        revision = self._plan.revision if self._plan is not None else None
        self._metrics.reloads.labels(result, stage, trigger).inc()
        self._metrics.last_reload_successful.set(1 if applied else 0)
        if applied:
            self._metrics.last_reload_success_at.set(now_ms / 1000)
            _log.info("configuration %s: revision %s (%s)", result, revision, trigger)
        elif reason is not None:
            lines = "".join(f"\n  {finding}" for finding in diagnostics if finding.severity is Severity.ERROR)
            _log.error("configuration %s (%s), in force: %s; %s%s", result, trigger, revision or "none", reason, lines)
        self._last = ReloadReport(
            applied=applied, changed=changed, revision=revision, diagnostics=diagnostics, at_ms=now_ms, reason=reason
        )
        return self._last

    def _finding(self, code: str, message: str, help: str) -> Diagnostic:
        place = Span(str(self._root), 1, 1, 1, 1)
        return Diagnostic(code=code, severity=Severity.ERROR, message=message, span=place, help=help)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started_s = self._clock.monotonic_s()
        try:
            yield
        finally:
            self._metrics.stage_seconds.labels(stage).observe(self._clock.monotonic_s() - started_s)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking a plan that is being built, again and again, while events wait (0.3 s at 100,000 routes).

    What was built is frozen before collections go on: the first one would walk all of it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


def _warm(plan: Plan) -> None:
    """Generate code and take one event of each type down the whole road, so that the first real one finds nothing to be built."""
    plan.warm()
    for route in plan.routes:
        for target in route.targets:
            if target.transform is not None:
                target.transform.prepare()
    for name in plan.event_types:
        event = Event(id="warm", source="/router", type=name, datacontenttype="application/json", data={}, body=b"{}")
        plan.admit(event)
        plan.route(event)


def _as_json(diagnostics: tuple[Diagnostic, ...]) -> str:
    return msgspec.json.encode(diagnostics).decode()
