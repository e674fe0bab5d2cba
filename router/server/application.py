"""The ASGI application: sends each request to one of three rooms by its path, and knows nothing else.

/events               → router.server.ingest      (hot path, bare ASGI)
a source's path       → router.server.sources     (paths of the plan in force)
everything else       → router.server.operators   (Starlette)
"""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from router.server.ingest import Ingest
from router.server.metrics import ServerMetrics
from router.server.operators import Operators
from router.server.ports import Host
from router.server.request_body import Inflow
from router.server.settings import ServerSettings
from router.server.sources import SourceIngest

__all__ = ["RESERVED_PATHS", "Application"]

RESERVED_PATHS = ("/events", "/healthz", "/readyz", "/metrics", "/api/", "/-/")
"""Paths that no source can have: those ending in `/` with everything below."""


class Application:
    """The HTTP face of the program."""

    def __init__(self, host: Host, settings: ServerSettings) -> None:
        self.metrics = ServerMetrics()
        self._host = host
        inflow = Inflow(body_bytes_max=settings.body_bytes_max, held_bytes_max=settings.held_bytes_max)
        self._ingest = Ingest(host, settings, self.metrics, inflow)
        self._sources = SourceIngest(host, settings, self.metrics, inflow)
        self._operators = Operators(host, settings, self.metrics)

    def drain(self) -> None:
        """Take no new events; what is under way goes on."""
        self._ingest.draining = self._sources.draining = self._operators.draining = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path == "/events":
            await self._ingest(scope, receive, send)
            return
        plan = self._host.plan
        source = plan.sources.get(path) if plan is not None else None
        if source is not None and not is_reserved(path):
            await self._sources(source, scope, receive, send)
        else:
            await self._operators(scope, receive, send)


def is_reserved(path: str) -> bool:
    """Say whether a path is the server's own."""
    return any(path == own or (own.endswith("/") and path.startswith(own)) for own in RESERVED_PATHS)
