"""A whole runtime on virtual time: real files, the real compiler, a memory store, endpoints that play scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from router.delivery.record import Delivery
from router.delivery.state import FINAL_STATES, DeliveryState
from router.event import Event
from router.runtime.runtime import Runtime
from router.runtime.settings import RuntimeSettings
from router.store.memory import MemoryStore
from router.store.port import Accepted, DeliveryFilter, Store
from router.testing.loop import SeededEntropy, VirtualClock
from router.testing.sender import ScriptedSender

__all__ = ["Town", "configuration", "town", "url"]


def url(name: str) -> str:
    """Return the address of a test endpoint."""
    return f"https://{name}.example/hook"


def configuration(
    endpoints: Iterable[str] = ("crm",), *, generation: int = 0, settings: str = "", extra: str = ""
) -> str:
    """Return a document in which every order goes to every endpoint, stamped with a generation.

    `settings` is added to each endpoint (`, limits: {concurrency: 2}`), `extra` to the document.
    """
    names = list(endpoints)
    lines = ["version: 1", "event_types:", "  order.paid: {}", "transforms:", "  stamped:"]
    lines += [
        "    content_type: application/json",
        f'    payload: {{id: "{{{{ data.id }}}}", generation: {generation}}}',
    ]
    lines += ["endpoints:", *(f'  {name}: {{url: "{url(name)}"{settings}}}' for name in names)]
    lines += ["routes:"]
    lines += [f"  to-{name}: {{events: [order.paid], transform: stamped, targets: [{name}]}}" for name in names]
    return "\n".join(lines) + "\n" + extra


class Town:
    """A runtime and everything around it."""

    def __init__(
        self,
        root: Path,
        store: Store,
        *,
        sender: ScriptedSender | None = None,
        seed: int = 11,
        observe_s: float = 3600,
        retention_s: float = 365 * 86400,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.store = store
        self.sender = sender or ScriptedSender()
        self.clock = VirtualClock()
        self.accepted: list[Accepted] = []
        self.runtime = Runtime(
            RuntimeSettings(
                config=root,
                watch=False,
                signals=False,
                environ=environ or {},
                poll_s=3600,
                observe_s=observe_s,
                retention_s=retention_s,
            ),
            store=store,
            clock=self.clock,
            entropy=SeededEntropy(seed),
            sender=self.sender,
        )

    def write(self, text: str) -> None:
        """Replace the configuration's one document."""
        (self.root / "routes.yaml").write_text(text, encoding="utf-8")

    async def accept(self, number: int | str, type: str = "order.paid") -> Accepted:
        """Accept an order of that number."""
        data = {"id": f"o{number}"}
        event = Event(
            id=f"e{number}", source="/shop", type=type, datacontenttype="application/json",
            data=data, body=msgspec.json.encode(data),
        )  # fmt: skip
        accepted = await self.runtime.accept(event)
        self.accepted.append(accepted)
        return accepted

    async def deliveries(self) -> list[Delivery]:
        """Return every delivery that is kept."""
        return list((await self.store.deliveries(DeliveryFilter(), limit=10**6)).items)

    async def states(self) -> dict[str, int]:
        """Count deliveries by state."""
        counts: dict[str, int] = {}
        for one in await self.deliveries():
            counts[one.state.value] = counts.get(one.state.value, 0) + 1
        return counts

    async def check(self) -> None:
        """Check what must hold at any moment: nothing lost, nothing twice after success, the same bytes under the same id."""
        kept = {one.id: one for one in await self.deliveries()}
        promised = {one.id for accepted in self.accepted for one in accepted.deliveries}
        assert promised <= kept.keys()
        for id, sent in self.sender.by_delivery().items():
            assert {one.request.body for one in sent} == {kept[id].body}
            attempts = await self.store.attempts(kept[id].id)
            assert sum(attempt.outcome == "deliver" for attempt in attempts) <= 1
            if kept[id].state is DeliveryState.DELIVERED:
                assert attempts[-1].outcome == "deliver"

    async def is_settled(self) -> bool:
        """Say whether every delivery is final or held."""
        return all(one.state in FINAL_STATES or one.state is DeliveryState.HELD for one in await self.deliveries())


@asynccontextmanager
async def town(
    root: Path,
    text: str | None = None,
    *,
    store: Store | None = None,
    deadline_s: float = 60,
    observe_s: float = 3600,
    retention_s: float = 365 * 86400,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[Town]:
    """Run a town: start its runtime, and stop it at the end."""
    it = Town(root, store or MemoryStore(), observe_s=observe_s, retention_s=retention_s, environ=environ)
    if text is not None:
        it.write(text)
    await it.runtime.start()
    try:
        yield it
    finally:
        await it.runtime.stop(deadline_s)
