"""Requests to the application without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from router.server.application import Application
from router.server.settings import ServerSettings
from tests.server.fake_host import FakeHost

__all__ = ["Caller"]


class Caller:
    """An application over a fake host, and a client of it at `address`. Every call runs a loop of its own."""

    def __init__(
        self, host: FakeHost, *, address: str = "127.0.0.1", base: str = "http://localhost:8080", **settings: Any
    ) -> None:
        self.host = host
        asyncio.run(host.store.open())
        self.application = Application(host, ServerSettings(**settings))
        self._address = address
        self._base = base

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send one request."""

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self.application, client=(self._address, 50000))
            async with httpx.AsyncClient(transport=transport, base_url=self._base) as client:
                return await client.request(method, path, **request)

        return asyncio.run(once())

    def post_event(self, **members: Any) -> httpx.Response:
        """Send a structured event; `specversion`, `id`, `source`, `type` and `data` have defaults."""
        event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "order.paid", "data": {"total": 1}, **members}
        headers = {"content-type": "application/cloudevents+json"}
        return self("POST", "/events", headers=headers, content=httpx.Response(200, json=event).content)

    def metric(self, line_start: str) -> float:
        """Return the value of the metric whose line starts so; 0 when there is none."""
        for line in self.application.metrics.render().decode().splitlines():
            if line.startswith(line_start):
                return float(line.rpartition(" ")[2])
        return 0.0


def is_problem(response: httpx.Response, name: str, status: int) -> dict[str, Any]:
    """Check that a response is the problem document `name`; return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["type"] == f"urn:router:problem:{name}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document
