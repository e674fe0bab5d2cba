"""Demonstration: one round through everything, with real processes and real HTTP.

    made-up secrets ─► `router run` (a process, SQLite in a temporary directory) ◄─ events
                              └─► receiver (in this process): verifies, fails the flaky endpoint's first requests, remembers

What the configuration must offer: endpoint URLs that can be turned to the receiver, `${NAME:-http://127.0.0.1:9000/…}`, and secrets from
variables. Every other setting is taken as it stands.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from router.cli.configuration import take_snapshot
from router.cli.demo_events import DemoEvent, demo_events
from router.cli.demo_secrets import demo_environment
from router.cli.exits import CannotRunError
from router.cli.loopback import serving
from router.cli.options import Address
from router.cli.receiver import Arrival, Receiver
from router.clock import SystemClock
from router.compiler import compile_snapshot
from router.plan import Plan
from router.syntax.snapshot import Snapshot

__all__ = ["DemoDelivery", "DemoOutcome", "Demonstration"]

_START_S = 20
_POLL_S = 0.1
_FLAKY_REQUESTS = 2
_FINAL = ("delivered", "dead", "cancelled")


class DemoDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery as the table shows it. `verified` is what the receiver thought of the last attempt, None when it saw none."""

    event: str
    route: str
    endpoint: str
    state: str
    attempts: int
    statuses: tuple[int, ...]
    verified: bool | None


class DemoOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """All that happened: events by where they came from, the events nobody took, the refused ones (name, reason), and the deliveries."""

    origins: Mapping[str, int]
    unrouted: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    deliveries: tuple[DemoDelivery, ...]
    exit_code: int

    @property
    def is_complete(self) -> bool:
        """Say whether every event was accepted, every delivery arrived and verified, and the router ended well."""
        arrived = all(delivery.state == "delivered" and delivery.verified is True for delivery in self.deliveries)
        return arrived and bool(self.deliveries) and not self.refused and self.exit_code == 0


class Demonstration:
    """Runs once."""

    def __init__(self, path: str, *, corpora: Path, flaky: str, deadline_s: float, say: Callable[[str], None]) -> None:
        self._path = path
        self._corpora = corpora
        self._flaky = flaky
        self._deadline_s = deadline_s
        self._say = say
        self._arrivals: list[Arrival] = []
        self._plan: Plan | None = None

    async def run(self) -> DemoOutcome:
        """Start everything, send, wait, stop; raises CannotRunError when something does not even start."""
        snapshot = take_snapshot(self._path)
        receiver = Receiver(
            clock=SystemClock(), secrets=self._secrets, answer=self._answer, arrived=self._arrivals.append
        )
        async with serving(receiver, Address("127.0.0.1", 0)) as bound:
            environment = demo_environment(snapshot, f"http://{bound}")
            self._plan = self._compiled(environment)
            events = demo_events(snapshot, self._plan, environment, self._corpora)
            self._say(f"receiver on http://{bound}; `{self._flaky}` fails its first {_FLAKY_REQUESTS} requests")
            with tempfile.TemporaryDirectory(prefix="router-demo-") as folder:
                process, url = await self._start(environment, Path(folder))
                try:
                    self._say(
                        f"router on {url}, {len(self._plan.routes)} routes, {len(self._plan.endpoints)} endpoints"
                    )
                    return await self._round(process, url, events)
                finally:
                    await _end(process)

    def _compiled(self, environment: Mapping[str, str]) -> Plan:
        compilation = compile_snapshot(Snapshot.take(Path(self._path), environ=environment), require_secrets=True)
        if compilation.plan is None:
            first = compilation.diagnostics[0]
            raise CannotRunError(f"the configuration is broken: {first} (see router lint {self._path})")
        if self._flaky not in compilation.plan.endpoints:
            raise CannotRunError(f"--flaky {self._flaky}: there is no such endpoint")
        return compilation.plan

    async def _start(self, environment: Mapping[str, str], folder: Path) -> tuple[Process, str]:
        command = [
            sys.executable,
            "-m",
            "router",
            "run",
            self._path,
            "--listen",
            "127.0.0.1:0",
            "--store",
            str(folder / "router.db"),
        ]
        process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=PIPE)
        assert process.stderr is not None  # noqa: S101 - asked for above
        output = ""
        try:
            async with asyncio.timeout(_START_S):
                while line := (await process.stderr.readline()).decode("utf-8", "replace"):
                    output += line
                    if " ready on " in line:
                        url = line.partition(" ready on ")[2].split()[0].rstrip(",")
                        asyncio.get_running_loop().create_task(_drain(process.stderr))
                        return process, url
        except TimeoutError:
            output += f"(nothing within {_START_S} s)"
        await _end(process)
        raise CannotRunError(f"router run did not start:\n{output.strip()}")

    async def _round(self, process: Process, url: str, events: Sequence[DemoEvent]) -> DemoOutcome:
        refused: list[tuple[str, str]] = []
        unrouted: list[str] = []
        made: dict[str, str] = {}
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:
            for event in events:
                answer = await client.post(event.path, content=event.body, headers=event.headers)
                if answer.status_code != httpx.codes.ACCEPTED:
                    refused.append((event.name, f"{answer.status_code} {answer.text[:200]}"))
                    continue
                deliveries = answer.json()["deliveries"]
                made |= {delivery["id"]: event.name for delivery in deliveries}
                if not deliveries:
                    unrouted.append(event.name)
            self._say(f"{len(events)} events sent, {len(made)} deliveries promised; waiting until all are final")
            states = await self._final(client, list(made))
        exit_code = await _end(process)
        return DemoOutcome(
            origins=Counter(event.origin for event in events),
            unrouted=tuple(unrouted),
            refused=tuple(refused),
            deliveries=tuple(self._delivery(states[id], name) for id, name in made.items()),
            exit_code=exit_code,
        )

    async def _final(self, client: httpx.AsyncClient, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Ask until every delivery is final or the deadline is over; returns the last state of each."""
        states: dict[str, dict[str, Any]] = {}
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        while True:
            for id in ids:
                if states.get(id, {}).get("state") not in _FINAL:
                    states[id] = (await client.get(f"/api/v1/deliveries/{id}")).raise_for_status().json()
            if (
                all(state["state"] in _FINAL for state in states.values())
                or asyncio.get_running_loop().time() > deadline
            ):
                return states
            await asyncio.sleep(_POLL_S)

    def _delivery(self, state: Mapping[str, Any], name: str) -> DemoDelivery:
        seen = [arrival for arrival in self._arrivals if arrival.webhook_id == state["id"]]
        return DemoDelivery(
            event=name,
            route=state["route"],
            endpoint=state["endpoint"],
            state=state["state"],
            attempts=len(seen),
            statuses=tuple(arrival.status for arrival in seen),
            verified=seen[-1].verified if seen else None,
        )

    def _endpoint(self, path: str) -> str | None:
        for endpoint in self._plan.endpoints.values() if self._plan is not None else ():
            if any(httpx.URL(url.url).path == path for url in endpoint.urls):
                return endpoint.name
        return None

    def _secrets(self, path: str) -> list[str]:
        name = self._endpoint(path)
        return (
            [key.reveal() for key in self._plan.endpoints[name].signing_keys] if self._plan is not None and name else []
        )

    def _answer(self, arrival: Arrival) -> int:
        if arrival.verified is not True:
            return 401
        before = sum(earlier.path == arrival.path for earlier in self._arrivals)
        return 503 if self._endpoint(arrival.path) == self._flaky and before < _FLAKY_REQUESTS else 200


async def _end(process: Process) -> int:
    """Ask the router to end, and return its exit code."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(10):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass
