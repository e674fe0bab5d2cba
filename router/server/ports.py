"""Host: exactly what the server needs from the running program.

`router.runtime` satisfies it structurally; tests give a small fake. The server never reaches around it.
"""

from __future__ import annotations

from typing import Any, Protocol

from router.clock import Clock
from router.delivery.record import Delivery
from router.event import Event
from router.identity import DeliveryId, Revision
from router.plan import Plan
from router.runtime.reload_report import ReloadReport
from router.store.port import Accepted, Store

__all__ = ["Host"]


class Host(Protocol):
    """The running program, as seen from HTTP. Async methods are called on the event loop and do not block it."""

    @property
    def clock(self) -> Clock:
        """Return the clock."""
        ...

    @property
    def store(self) -> Store:
        """Return the open store; the server only reads it."""
        ...

    @property
    def plan(self) -> Plan | None:
        """Return the revision in force; None before there is one, and then the server is not ready."""
        ...

    async def accept(self, event: Event) -> Accepted:
        """Route, render and keep an event durably. Raises EventError and StoreUnavailableError."""
        ...

    async def reload(self, trigger: str) -> ReloadReport:
        """Load the configuration anew; `trigger` says who asked (`http`)."""
        ...

    def last_reload(self) -> ReloadReport | None:
        """Return what the latest reload came to, None before the first."""
        ...

    async def rollback(self, revision: Revision) -> ReloadReport:
        """Put an earlier good revision in force. Raises KeyError when it is not kept."""
        ...

    def health(self) -> dict[str, Any]:
        """Return facts for /readyz; `"ready": False` among them makes the program not ready."""
        ...

    async def retry(self, delivery: DeliveryId) -> Delivery:
        """Make a delivery due now. Raises KeyError for an unknown one, IllegalMoveError when its state forbids it."""
        ...

    async def cancel(self, delivery: DeliveryId) -> Delivery:
        """Cancel a delivery. Raises KeyError for an unknown one, IllegalMoveError when its state forbids it."""
        ...

    def endpoints(self) -> list[dict[str, Any]]:
        """Return the state of every endpoint, each with at least `name`."""
        ...

    async def set_endpoint(self, name: str, *, held: bool) -> None:
        """Hold an endpoint or resume it. Raises KeyError for an unknown one."""
        ...

    def render_metrics(self) -> bytes:
        """Return the program's metrics in the Prometheus text format, without the server's own."""
        ...
