"""The operators' side: health, metrics, the API under /api/v1, and the configuration under /-/. Starlette routes, JSON out.

    GET  /healthz  /readyz                                   open to all
    GET  /metrics
    GET  /api/v1/events  /api/v1/events/{key}
    GET  /api/v1/deliveries  /api/v1/deliveries/{id}         POST …/{id}/retry  …/{id}/cancel
    GET  /api/v1/endpoints                                   POST …/{name}/hold  …/{name}/resume
    GET  /api/v1/revisions  /-/revisions
    POST /-/reload  /-/rollback/{revision}

Everything but the first line passes `router.server.access` first. It reads the store and asks the host; it decides nothing about deliveries.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from router.delivery.state import DeliveryState, IllegalMoveError
from router.errors import StoreUnavailableError
from router.identity import DeliveryId, EventKey, Revision
from router.runtime.reload_report import ReloadReport
from router.server.access import refusal
from router.server.ingest import method_not_allowed, unavailable
from router.server.metrics import ServerMetrics
from router.server.ports import Host
from router.server.query import QueryError, moment_ms, page_limit
from router.server.replies import Reply, json_reply, problem, send_reply
from router.server.representations import (
    attempt_view,
    delivery_view,
    event_view,
    page_view,
    reload_view,
    revision_view,
)
from router.server.settings import ServerSettings
from router.store.port import DeliveryFilter, EventFilter

__all__ = ["Operators"]

_log = logging.getLogger(__name__)
METRICS_CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
REVISIONS_MAX = 100

Handler = Callable[[Request], Awaitable[Reply]]


class Operators:
    """The ASGI callable for everything but events in. `draining` makes /readyz say no."""

    def __init__(self, host: Host, settings: ServerSettings, metrics: ServerMetrics) -> None:
        self._host = host
        self._settings = settings
        self._metrics = metrics
        self.draining = False
        self._app = Starlette(routes=self._routes())
        # A path with a slash too many is a wrong path, not a redirect.
        self._app.router.redirect_slashes = False
        self._app.router.default = self._not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    def _routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler, bool]] = [
            ("GET", "/healthz", self._healthz, True),
            ("GET", "/readyz", self._readyz, True),
            ("GET", "/metrics", self._metrics_text, False),
            ("GET", "/api/v1/events", self._events, False),
            ("GET", "/api/v1/events/{key}", self._event, False),
            ("GET", "/api/v1/deliveries", self._deliveries, False),
            ("GET", "/api/v1/deliveries/{id}", self._delivery, False),
            ("POST", "/api/v1/deliveries/{id}/retry", self._retry, False),
            ("POST", "/api/v1/deliveries/{id}/cancel", self._cancel, False),
            ("GET", "/api/v1/endpoints", self._endpoints, False),
            ("POST", "/api/v1/endpoints/{name}/hold", self._hold, False),
            ("POST", "/api/v1/endpoints/{name}/resume", self._resume, False),
            ("GET", "/api/v1/revisions", self._revisions, False),
            ("GET", "/-/revisions", self._revisions, False),
            ("POST", "/-/reload", self._reload, False),
            ("POST", "/-/rollback/{revision}", self._rollback, False),
        ]
        return [
            Route(
                path,
                self._guarded(method, handler, is_open),
                methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            )
            for method, path, handler, is_open in table
        ]

    def _guarded(self, method: str, handler: Handler, is_open: bool) -> Callable[[Request], Awaitable[Response]]:
        allowed = (b"allow", b"GET, HEAD" if method == "GET" else method.encode())

        async def endpoint(request: Request) -> Response:
            reply = None if is_open else refusal(request.scope, self._settings.admin_token)
            if reply is None and request.method not in allowed[1].decode().split(", "):
                reply = method_not_allowed(request.method, allowed)
            if reply is None:
                reply = await self._answer(handler, request)
            self._metrics.answered("api", reply.status)
            return _response(reply)

        return endpoint

    async def _answer(self, handler: Handler, request: Request) -> Reply:
        try:
            return await handler(request)
        except QueryError as error:
            return problem("bad-parameter", str(error))
        except IllegalMoveError as error:
            return problem("illegal-move", str(error), state=error.state.value if error.state else None)
        except StoreUnavailableError as error:
            return unavailable(self._settings, str(error))
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return problem("internal", "the server's log has the reason")

    async def _not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = problem("not-found", "no such path; docs/http-api.md lists them all")
        self._metrics.answered("other", reply.status)
        await send_reply(send, reply)

    # Health and metrics

    async def _healthz(self, _request: Request) -> Reply:
        return json_reply(200, {"status": "ok"})

    async def _readyz(self, request: Request) -> Reply:
        plan = self._host.plan
        facts = self._host.health()
        is_ready = plan is not None and not self.draining and facts.get("ready", True) is not False
        # Everyone learns whether; why (endpoints' names among it) is for operators.
        shown = facts if refusal(request.scope, self._settings.admin_token) is None else {}
        document = {**shown, "ready": is_ready, "revision": plan.revision if plan is not None else None}
        after = (b"retry-after", str(self._settings.retry_after_s).encode())
        return json_reply(200, document) if is_ready else json_reply(503, document, (after,))

    async def _metrics_text(self, _request: Request) -> Reply:
        return Reply(200, self._host.render_metrics() + self._metrics.render(), METRICS_CONTENT_TYPE)

    # Events and deliveries

    async def _events(self, request: Request) -> Reply:
        query = request.query_params
        which = EventFilter(
            event_id=query.get("id"),
            type=query.get("type"),
            source=query.get("source"),
            since_ms=moment_ms(query, "since"),
            until_ms=moment_ms(query, "until"),
        )
        limit = page_limit(query)
        try:
            page = await self._host.store.events(which, limit=limit, cursor=query.get("cursor"))
        except ValueError:
            raise QueryError("`cursor` is not one that this API returned") from None
        return json_reply(200, page_view(page, [event_view(stored) for stored in page.items]))

    async def _event(self, request: Request) -> Reply:
        key = EventKey(request.path_params["key"])
        stored = await self._host.store.event(key)
        if stored is None:
            return problem(
                "not-found", "no such event is kept; the API names events by `key`, not by the sender's `id`"
            )
        page = await self._host.store.deliveries(DeliveryFilter(event_key=key), limit=1000)
        deliveries = [delivery_view(delivery) for delivery in page.items]
        return json_reply(200, {**event_view(stored), "deliveries": deliveries})

    async def _deliveries(self, request: Request) -> Reply:
        query = request.query_params
        state = query.get("state")
        if state is not None and state not in set(DeliveryState):
            raise QueryError(f"`state` is one of {', '.join(s.value for s in DeliveryState)}")
        event = query.get("event")
        which = DeliveryFilter(
            event_key=EventKey(event) if event is not None else None,
            endpoint=query.get("endpoint"),
            route=query.get("route"),
            state=DeliveryState(state) if state is not None else None,
            since_ms=moment_ms(query, "since"),
            until_ms=moment_ms(query, "until"),
        )
        limit = page_limit(query)
        try:
            page = await self._host.store.deliveries(which, limit=limit, cursor=query.get("cursor"))
        except ValueError:
            raise QueryError("`cursor` is not one that this API returned") from None
        return json_reply(200, page_view(page, [delivery_view(delivery) for delivery in page.items]))

    async def _delivery(self, request: Request) -> Reply:
        id = DeliveryId(request.path_params["id"])
        delivery = await self._host.store.delivery(id)
        if delivery is None:
            return _NO_DELIVERY
        attempts = await self._host.store.attempts(id)
        view = delivery_view(delivery, with_body=True)
        view["attempt_log"] = [attempt_view(attempt) for attempt in attempts]
        return json_reply(200, view)

    async def _retry(self, request: Request) -> Reply:
        try:
            delivery = await self._host.retry(DeliveryId(request.path_params["id"]))
        except KeyError:
            return _NO_DELIVERY
        return json_reply(202, delivery_view(delivery))

    async def _cancel(self, request: Request) -> Reply:
        try:
            delivery = await self._host.cancel(DeliveryId(request.path_params["id"]))
        except KeyError:
            return _NO_DELIVERY
        return json_reply(200, delivery_view(delivery))

    # Endpoints

    async def _endpoints(self, _request: Request) -> Reply:
        return json_reply(200, {"items": self._host.endpoints(), "next": None})

    async def _hold(self, request: Request) -> Reply:
        return await self._set_endpoint(request, held=True)

    async def _resume(self, request: Request) -> Reply:
        return await self._set_endpoint(request, held=False)

    async def _set_endpoint(self, request: Request, *, held: bool) -> Reply:
        name = request.path_params["name"]
        try:
            await self._host.set_endpoint(name, held=held)
        except KeyError:
            return problem("not-found", "there is no endpoint of that name in the revision in force")
        shown = next((endpoint for endpoint in self._host.endpoints() if endpoint.get("name") == name), {"name": name})
        return json_reply(200, shown)

    # Configuration

    async def _revisions(self, request: Request) -> Reply:
        limit = page_limit(request.query_params, maximum=REVISIONS_MAX)
        records = await self._host.store.revisions(limit=limit)
        plan, last = self._host.plan, self._host.last_reload()
        document: dict[str, Any] = {
            "items": [revision_view(record) for record in records],
            "next": None,
            "active": plan.revision if plan is not None else None,
            "last_reload": reload_view(last) if last is not None else None,
        }
        return json_reply(200, document)

    async def _reload(self, request: Request) -> Reply:
        return self._precondition(request) or _reload_reply(await self._host.reload("http"))

    async def _rollback(self, request: Request) -> Reply:
        refused = self._precondition(request)
        if refused is not None:
            return refused
        try:
            report = await self._host.rollback(Revision(request.path_params["revision"]))
        except KeyError:
            return problem("not-found", "no good revision of that name is kept; GET /-/revisions lists them")
        return _reload_reply(report)

    def _precondition(self, request: Request) -> Reply | None:
        """Check If-Match (RFC 9110, section 13.1.1): the revision that must be in force for the change to be wanted."""
        wanted = request.headers.get("if-match")
        plan = self._host.plan
        if wanted is None or (wanted.strip() == "*" and plan is not None):
            return None
        current = plan.revision if plan is not None else None
        if current is not None and current in [tag.strip().strip('"') for tag in wanted.split(",")]:
            return None
        return problem("precondition-failed", f"the revision in force is {current}", revision=current)


_NO_DELIVERY = problem("not-found", "no such delivery is kept")


def _reload_reply(report: ReloadReport) -> Reply:
    view = reload_view(report)
    if report.applied:
        return json_reply(200, view)
    detail = report.reason or "the configuration has errors; the revision in force stays"
    return problem("invalid-configuration", detail, **view)


def _response(reply: Reply) -> Response:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
    headers["content-type"] = reply.content_type.decode("latin-1")
    headers["cache-control"] = "no-store"
    headers["x-content-type-options"] = "nosniff"
    return Response(reply.body, reply.status, headers)
