"""The sender: the one door through which attempts leave.

Over an EgressEngine it is a plain hand-over, the fast way. Over any other httpx transport (httpx.MockTransport in tests, httpx's own for
HTTP/2 or a proxy) it speaks httpx at transport level, never through AsyncClient, and keeps the promises that the engine keeps by itself: the
total deadline, the bound on the answer, the refusal of targets that are forbidden by their looks, and the two kinds of error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx

from router.delivery.address import UrlError, forbidden_target, parse_url
from router.delivery.request import ANSWER_BYTES_MAX, Answer, OutboundRequest
from router.errors import InternalError
from router.runtime.egress.engine import EgressEngine
from router.runtime.egress.fault import Fault, endpoint_error
from router.runtime.egress.transport import EgressTransport

__all__ = ["Sender"]

# From the particular to the general: the first that fits names the fault.
_FAULTS: tuple[tuple[type[httpx.TransportError], Fault], ...] = (
    (httpx.ConnectTimeout, Fault.CONNECT_TIMEOUT),
    (httpx.TimeoutException, Fault.TIMEOUT),
    (httpx.ConnectError, Fault.UNREACHABLE),
    (httpx.NetworkError, Fault.RESET),
    (httpx.UnsupportedProtocol, Fault.BAD_URL),
    (httpx.RemoteProtocolError, Fault.PROTOCOL),
)


class Sender:
    """Sends the requests of attempts over an engine or over any httpx transport."""

    def __init__(self, way: EgressEngine | httpx.AsyncBaseTransport) -> None:
        self._way = way.engine if isinstance(way, EgressTransport) else way
        self._send = self._way.send if isinstance(self._way, EgressEngine) else _HttpxWay(self._way).send

    def send(self, request: OutboundRequest) -> Coroutine[Any, Any, Answer]:
        """Send a request; awaiting the result gives the Answer, whatever its status.

        Raises EndpointError when the endpoint gave none, InternalError when we are to blame.
        """
        return self._send(request)

    async def aclose(self) -> None:
        """Close the engine or transport."""
        await self._way.aclose()


class _HttpxWay:
    """The slow way: one httpx request, at transport level."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: OutboundRequest) -> Answer:
        try:
            target = parse_url(request.url)
        except UrlError as error:
            raise endpoint_error(Fault.BAD_URL, str(error)) from None
        if not request.allow_private and (why := forbidden_target(target)) is not None:
            raise endpoint_error(Fault.BLOCKED_ADDRESS, why)
        limit = asyncio.timeout(request.total_timeout_s)
        try:
            async with limit:
                return await self._exchange(request)
        except TimeoutError:
            if not limit.expired():
                raise
            raise endpoint_error(Fault.TIMEOUT, "no complete answer in time") from None
        except httpx.TransportError as error:
            fault = next((fault for kind, fault in _FAULTS if isinstance(error, kind)), None)
            if fault is None:  # a proxy of ours, or a request that httpx would not send
                raise InternalError(f"{type(error).__name__}: {error}") from error
            raise endpoint_error(fault, str(error) or type(error).__name__) from None

    async def _exchange(self, request: OutboundRequest) -> Answer:
        if request.tls is not None:
            raise InternalError(
                "this transport has TLS settings of its own; the endpoint's `tls` needs the egress engine"
            )
        connect_s, total_s = request.connect_timeout_s, request.total_timeout_s
        timeout = {"connect": connect_s, "read": total_s, "write": total_s, "pool": total_s}
        headers = [(name.encode("ascii"), value.encode()) for name, value in request.headers]
        sent = httpx.Request(
            request.method, request.url, headers=headers, content=request.body, extensions={"timeout": timeout}
        )
        response = await self._transport.handle_async_request(sent)
        kept, truncated = bytearray(), False
        try:
            if isinstance(response.stream, httpx.AsyncByteStream):
                async for chunk in response.stream:
                    kept += chunk
                    if len(kept) > ANSWER_BYTES_MAX:
                        truncated = True
                        break
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
            body=bytes(kept[:ANSWER_BYTES_MAX]),
            truncated=truncated,
        )
