"""The engine in httpx's clothes: an AsyncBaseTransport for code that speaks httpx (OAuth token requests, library users).

Deliveries do not come this way; see router.runtime.sender.
"""

from __future__ import annotations

from typing import Any

import httpx

from router.delivery.request import OutboundRequest, TlsIdentity
from router.errors import EndpointError
from router.runtime.egress.engine import EgressEngine
from router.runtime.egress.fault import Fault
from router.runtime.egress.wire import FRAMING_HEADERS

__all__ = ["EgressTransport"]

_DEFAULT_TIMEOUT_S = 15.0

_ERRORS: dict[str, type[httpx.TransportError]] = {
    Fault.BAD_URL: httpx.UnsupportedProtocol,
    Fault.BLOCKED_ADDRESS: httpx.ConnectError,
    Fault.DNS: httpx.ConnectError,
    Fault.REFUSED: httpx.ConnectError,
    Fault.UNREACHABLE: httpx.ConnectError,
    Fault.TLS: httpx.ConnectError,
    Fault.CONNECT_TIMEOUT: httpx.ConnectTimeout,
    Fault.TIMEOUT: httpx.ReadTimeout,
    Fault.RESET: httpx.ReadError,
    Fault.PROTOCOL: httpx.RemoteProtocolError,
    Fault.TOO_LARGE: httpx.RemoteProtocolError,
}


class EgressTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests through an engine, with the guard and the bounds of the engine.

    Timeouts come from httpx: `connect` as it is, `read` as the total. Answers are cut at the engine's body limit, then carry the extension
    `truncated`. Faults are raised as the httpx exception nearest in meaning.
    """

    def __init__(self, engine: EgressEngine, *, allow_private: bool = False, tls: TlsIdentity | None = None) -> None:
        self.engine = engine
        self._allow_private = allow_private
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        timeout: dict[str, Any] = request.extensions.get("timeout", {})
        outbound = OutboundRequest(
            url=str(request.url),
            method=request.method,
            headers=(*_kept(request.headers), ("accept-encoding", "identity")),
            body=await request.aread(),
            connect_timeout_s=timeout.get("connect") or _DEFAULT_TIMEOUT_S,
            total_timeout_s=timeout.get("read") or _DEFAULT_TIMEOUT_S,
            allow_private=self._allow_private,
            tls=self._tls,
        )
        try:
            answer = await self.engine.send(outbound)
        except EndpointError as error:
            raise _ERRORS.get(error.kind, httpx.TransportError)(error.detail, request=request) from error
        return httpx.Response(
            answer.status,
            headers=[
                (name, value)
                for name, value in answer.headers
                if name not in ("content-encoding", "content-length", "transfer-encoding")
            ],
            content=answer.body,
            extensions={"http_version": b"HTTP/1.1", "truncated": answer.truncated},
            request=request,
        )

    async def aclose(self) -> None:
        """Close the engine too."""
        await self.engine.aclose()


def _kept(headers: httpx.Headers) -> list[tuple[str, str]]:
    """Return the headers of a request but those that are the engine's to set."""
    pairs = [(name.lower(), value) for name, value in headers.multi_items()]
    return [(name, value) for name, value in pairs if name not in FRAMING_HEADERS and name != "accept-encoding"]
