"""A whole runtime on a real loop: real files, the real compiler, a memory store, the real egress engine; endpoints on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from router.clock import SystemClock, SystemEntropy
from router.delivery.record import Attempt, Delivery
from router.delivery.state import DeliveryState
from router.event import Event
from router.runtime.runtime import Runtime
from router.runtime.sender import Sender
from router.runtime.settings import RuntimeSettings
from router.store.memory import MemoryStore
from router.store.port import DeliveryFilter
from tests.runtime.egress.peers import engine

__all__ = ["Live", "live"]


class Live:
    """A running runtime and its store."""

    def __init__(self, root: Path, runtime: Runtime, store: MemoryStore) -> None:
        self.root = root
        self.runtime = runtime
        self.store = store

    async def accept(self, number: int) -> None:
        """Accept an order of that number."""
        data = {"id": f"o{number}"}
        await self.runtime.accept(
            Event(
                id=f"e{number}",
                source="/shop",
                type="order.paid",
                datacontenttype="application/json",
                data=data,
                body=msgspec.json.encode(data),
            )
        )

    async def until(self, **counts: int) -> list[Delivery]:
        """Wait until there are that many deliveries in these states, for five seconds at most; return all."""
        async with asyncio.timeout(5):
            while True:
                found = list((await self.store.deliveries(DeliveryFilter(), limit=9999)).items)
                states = [one.state for one in found]
                if all(states.count(DeliveryState(state)) == count for state, count in counts.items()):
                    return found
                await asyncio.sleep(0.005)

    async def attempts(self, delivery: Delivery) -> tuple[Attempt, ...]:
        """Return a delivery's attempts."""
        return await self.store.attempts(delivery.id)


@asynccontextmanager
async def live(root: Path, text: str, *, environ: Mapping[str, str] | None = None) -> AsyncIterator[Live]:
    """Run a runtime with this configuration, and stop it at the end."""
    (root / "routes.yaml").write_text(text, encoding="utf-8")
    store = MemoryStore()
    async with engine() as out:
        runtime = Runtime(
            RuntimeSettings(config=root / "routes.yaml", watch=False, signals=False, environ=environ or {}),
            store=store,
            clock=SystemClock(),
            entropy=SystemEntropy(),
            sender=Sender(out),
        )
        await runtime.start()
        try:
            yield Live(root, runtime, store)
        finally:
            await runtime.stop(2)
