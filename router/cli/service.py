"""Service: the running program as a coroutine: wires store, runtime and HTTP server, and turns signals into an orderly end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from router.cli.client import token_from
from router.cli.exits import EXIT_FINDINGS, EXIT_INTERRUPTED, EXIT_OK
from router.cli.options import Address
from router.cli.printing import say
from router.clock import SystemClock, SystemEntropy
from router.plan import Secret
from router.runtime.egress import EgressEngine
from router.runtime.reload_report import ReloadReport
from router.runtime.runtime import Runtime
from router.runtime.sender import Sender
from router.runtime.settings import RuntimeSettings
from router.server.serving import HttpServer
from router.server.settings import ServerSettings
from router.store.memory import MemoryStore
from router.store.port import Store
from router.store.sqlite import SqliteStore

__all__ = ["serve"]

MEMORY = ":memory:"

COLLECT_AFTER = (10_000, 20, 50)
"""When the garbage collector looks at the young, the middling and the old (`gc.set_threshold`). At 5,000 deliveries a second, which leave almost
no cyclic garbage, Python's (700, 10, 10) cost 5 us a delivery; a look at 10,000 young objects takes less than a millisecond."""

_log = logging.getLogger(__name__)


async def serve(config: Path, settings: Mapping[str, Any]) -> int:
    """Run until a signal, and return the exit code.

    `settings` are those of `router.cli.run.SETTINGS`. Raises ConfigurationError when there is nothing to run, InternalError when the store
    or the address cannot be had.
    """
    gc.set_threshold(*COLLECT_AFTER)
    stop = _Stop()
    token = token_from(settings["admin_token_file"])
    sender = Sender(EgressEngine())
    runtime = Runtime(
        RuntimeSettings(config=config, retention_s=settings["retention"], poll_s=settings["poll"]),
        store=_store(settings["store"]),
        clock=SystemClock(),
        entropy=SystemEntropy(),
        sender=sender,
    )
    try:
        report = await runtime.start()
        try:
            return await _serve(runtime, _server_settings(settings, token), report, stop, settings["drain"])
        finally:
            await runtime.stop(stop.left_s(settings["drain"]))
    finally:
        await sender.aclose()


async def _serve(
    runtime: Runtime, server_settings: ServerSettings, report: ReloadReport, stop: _Stop, drain_s: float
) -> int:
    server = HttpServer(runtime, server_settings)
    try:
        bound = Address(*await server.start())
        _announce(bound, report)
        ended = asyncio.create_task(runtime.wait())
        stopped = asyncio.create_task(stop.asked.wait())
        await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if ended.done():
            _log.critical("a part of the router failed", exc_info=ended.exception())
            return EXIT_FINDINGS
        ended.cancel()
        say(f"router stopping: work under way may take {drain_s:g} s; a second signal ends it at once")
        return EXIT_OK
    finally:
        await server.stop(stop.left_s(drain_s))


def _announce(bound: Address, report: ReloadReport) -> None:
    if not report.applied:
        say(f"router runs the last good revision, because the files are broken: {report.reason}")
    say(f"router ready on http://{bound}, revision {report.revision}")


def _server_settings(settings: Mapping[str, Any], token: str | None) -> ServerSettings:
    listen: Address = settings["listen"]
    return ServerSettings(
        host=listen.host,
        port=listen.port,
        admin_token=Secret(token) if token is not None else None,
        body_bytes_max=settings["body_max"],
    )


def _store(place: str) -> Store:
    return MemoryStore() if place == MEMORY else SqliteStore(place)


class _Stop:
    """The first SIGTERM or SIGINT asks for an orderly end, the second ends the process on the spot."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._deadline_s: float | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._take)

    def left_s(self, drain_s: float) -> float:
        """Return what is left of the time for draining, which begins when this is first asked."""
        if self._deadline_s is None:
            self._deadline_s = self._loop.time() + drain_s
        return max(self._deadline_s - self._loop.time(), 0)

    def _take(self) -> None:
        if self.asked.is_set():
            os._exit(EXIT_INTERRUPTED)
        self.asked.set()
