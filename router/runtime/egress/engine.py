"""The egress engine: one request in, one answer out, over a pool of guarded HTTP/1.1 connections.

The theory. A request names a URL; its site (see router.runtime.egress.site) has an idle connection or gets a new one:

    parse_url -> site -> idle connection ----------------------------------> exchange -> Answer
                      -> slot -> guard (resolve, judge every address) -> dial -^

The first way takes about ten microseconds and no system call but the write and the read. The second runs under the connect deadline, and
both under the total deadline. A kept connection that the peer had closed meanwhile is replaced once, by a fresh one: not a byte of answer
was seen, and deliveries are at-least-once. Nothing else is ever sent twice. Redirects are answers like any other.

Deadlines of running exchanges are not timers but numbers, looked at by one periodic tick: a timer per request would cost a tenth of
the request. The tick runs only while connections exist.
"""

from __future__ import annotations

import asyncio
import ssl

from router.delivery.address import Target, UrlError, parse_url
from router.delivery.request import Answer, OutboundRequest, TlsIdentity
from router.errors import InternalError
from router.runtime.egress.connection import Connection, StaleConnectionError
from router.runtime.egress.dialler import Dialler, SystemDialler, race
from router.runtime.egress.fault import Fault, dial_error, endpoint_error
from router.runtime.egress.guard import Guard
from router.runtime.egress.limits import DEFAULT_LIMITS, EgressLimits
from router.runtime.egress.resolver import Resolver, SystemResolver
from router.runtime.egress.site import Ledger, Site
from router.runtime.egress.trust import Trust
from router.runtime.egress.wire import encode

__all__ = ["EgressEngine"]

_CLOSING_TURNS_MAX = 100

_SiteKey = tuple[str, str, int, bool, TlsIdentity | None]


class EgressEngine:
    """Sends requests. Make one per event loop, inside it; close it with `aclose`."""

    def __init__(
        self,
        *,
        resolver: Resolver | None = None,
        dialler: Dialler | None = None,
        limits: EgressLimits = DEFAULT_LIMITS,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._guard = Guard(resolver or SystemResolver())
        self._dialler = dialler or SystemDialler()
        self._limits = limits
        self._trust = Trust()
        self._sites: dict[_SiteKey, Site] = {}
        self._ledger = Ledger()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def send(self, request: OutboundRequest) -> Answer:
        """Send a request and return the answer, whatever its status.

        Raises EndpointError with a kind of router.runtime.egress.fault.Fault, InternalError when we are to blame.
        """
        try:
            target = parse_url(request.url)
        except UrlError as error:
            raise endpoint_error(Fault.BAD_URL, str(error)) from None
        octets = encode(request, target)
        deadline_s = self._loop.time() + request.total_timeout_s
        key = (target.scheme, target.host, target.port, request.allow_private, request.tls)
        connection = self._site(key).take() or await self._connection(key, target, request, deadline_s)
        while True:
            try:
                return await connection.exchange(octets, deadline_s)
            except StaleConnectionError:  # never raised by a fresh connection, so this goes round at most once
                connection = await self._connection(key, target, request, deadline_s, must_be_fresh=True)
            except asyncio.CancelledError:
                connection.abort()
                raise

    async def warm(self, identities: tuple[TlsIdentity | None, ...]) -> None:
        """Build TLS contexts before they are needed. Raises InternalError for PEM that cannot be read."""
        for identity in identities:
            await self._trust.context(identity)

    async def aclose(self) -> None:
        """Abort every exchange and connection; idempotent. Later sends raise InternalError."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for site in self._sites.values():
            site.abort(InternalError("the engine was closed while the request was under way"))
        for _ in range(_CLOSING_TURNS_MAX):  # transports report their end in the next turns of the loop
            if not self.connections:
                break
            await asyncio.sleep(0)
        self._sites.clear()

    @property
    def connections(self) -> int:
        """Return how many connections are open, idle ones included."""
        return sum(len(site.connections) for site in self._sites.values())

    def _site(self, key: _SiteKey) -> Site:
        site = self._sites.get(key)
        if site is None:
            if self._is_closed:
                raise InternalError("the engine is closed")
            site = self._sites[key] = Site(self._limits, self._loop.time, self._ledger)
            if self._timer is None:
                self._timer = self._loop.call_later(self._limits.tick_s, self._tick)
        return site

    def _tick(self) -> None:
        now_s = self._loop.time()
        for key, site in list(self._sites.items()):
            site.tick(now_s)
            if site.is_empty:
                del self._sites[key]
        self._timer = self._loop.call_later(self._limits.tick_s, self._tick) if self._sites else None

    async def _connection(
        self, key: _SiteKey, target: Target, request: OutboundRequest, deadline_s: float, *, must_be_fresh: bool = False
    ) -> Connection:
        """Return a connection of the site, dialled now unless one became free first."""
        while True:
            site = self._site(key)  # asked for each time: a site without connections is forgotten
            try:
                async with asyncio.timeout_at(deadline_s):
                    connection = await site.slot()
            except TimeoutError:
                raise endpoint_error(
                    Fault.TIMEOUT, f"all connections to {target.host} were busy until time was up"
                ) from None
            if connection is None:
                return await self._fresh(site, target, request, deadline_s)
            if connection.is_usable and not must_be_fresh:
                return connection
            connection.close()  # and wait for its slot

    async def _fresh(self, site: Site, target: Target, request: OutboundRequest, deadline_s: float) -> Connection:
        """Return a connection dialled in a slot that is ours already."""
        connection: Connection | None = None
        try:
            self._make_room()
            connection = await self._dial(
                site, target, request, min(self._loop.time() + request.connect_timeout_s, deadline_s)
            )
        finally:
            if connection is None or self._is_closed or not connection.is_usable:
                site.give_up()
        if self._is_closed:
            connection.abort()
            raise InternalError("the engine was closed while the request was under way")
        if not connection.is_usable:
            raise endpoint_error(Fault.RESET, "the endpoint closed the connection as soon as it was open")
        site.dialled(connection)
        return connection

    def _make_room(self) -> None:
        """Keep within the limit of all sites together, our slot counted already; idle connections give way, those of the oldest site first."""
        if self._ledger.open <= self._limits.connections_max:
            return
        if not any(site.close_idle() for site in self._sites.values()):
            raise InternalError(f"all {self._limits.connections_max} connections of this process are in use")

    async def _dial(self, site: Site, target: Target, request: OutboundRequest, connect_by_s: float) -> Connection:
        where = f"{target.host} port {target.port}"
        limit = asyncio.timeout_at(connect_by_s)
        try:
            async with limit:
                addresses = await self._guard.addresses(target, allow_private=request.allow_private)
                context = await self._trust.context(request.tls) if target.is_tls else None
                return await self._dial_any(site, target, addresses[: self._limits.addresses_tried_max], context)
        except OSError as error:  # TimeoutError is one
            if limit.expired():
                raise endpoint_error(Fault.CONNECT_TIMEOUT, f"no connection to {where} in time") from None
            raise dial_error(error, where) from None

    async def _dial_any(
        self, site: Site, target: Target, addresses: tuple[str, ...], context: ssl.SSLContext | None
    ) -> Connection:
        async def dial(address: str) -> Connection:
            return await self._dialler.dial(
                lambda: Connection(self._loop, self._limits, site),
                address,
                target.port,
                context=context,
                server_name=target.host if context is not None else None,
            )

        return await race(addresses, dial, Connection.abort, stagger_s=self._limits.stagger_s)
