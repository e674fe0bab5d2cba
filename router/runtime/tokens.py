"""Tokens: OAuth 2.0 access tokens of endpoints, fetched when needed, kept until shortly before they expire.

One fetch at a time per endpoint: attempts that need a token meanwhile wait for it, and share it. A failure is shared too, for
`FAILURE_KEPT_S` or as long as the token server asks with Retry-After (a minute at most), so that a thousand waiting deliveries do not
become a thousand requests to a token server that is down. A token goes with the credentials it was got with: those of a new revision get a
new one. Kept in memory only.

It sends through the same guarded way as deliveries, and decides nothing about them.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from router.clock import Clock
from router.delivery.outcome import retry_after
from router.delivery.request import Answer, OutboundRequest
from router.delivery.token import Token, TokenError, read_token, token_request
from router.errors import EndpointError, InternalError
from router.plan.endpoint import PlannedEndpoint

__all__ = ["FAILURE_KEPT_MAX_S", "FAILURE_KEPT_S", "Tokens"]

FAILURE_KEPT_S = 1.0
FAILURE_KEPT_MAX_S = 60.0
"""How long a failed fetch answers for those that would follow it."""

_log = logging.getLogger(__name__)


class _Sending(Protocol):
    async def send(self, request: OutboundRequest) -> Answer: ...


class _Held:
    """What is known for one endpoint, under one set of credentials."""

    __slots__ = ("failed_until_s", "failure", "fetching", "key", "token")

    def __init__(self, key: object) -> None:
        self.key = key
        self.token: Token | None = None
        self.failure = ""
        self.failed_until_s = 0.0
        self.fetching = asyncio.Lock()


class Tokens:
    """The tokens of all endpoints that need one."""

    def __init__(self, sender: _Sending, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._endpoints: dict[str, _Held] = {}

    async def current(self, endpoint: PlannedEndpoint) -> Token:
        """Return a fresh token. Raises TokenError, or InternalError when we are to blame."""
        held = self._held(endpoint)
        token = held.token
        if token is not None and self._clock.monotonic_s() < token.fresh_until_s:
            return token
        return await self._fetched(endpoint, held, token)

    async def renewed(self, endpoint: PlannedEndpoint, refused: Token, *, since_s: float) -> Token | None:
        """Return another token than one that the endpoint refused; None when that one was fetched after `since_s`, so is not to blame.

        Raises TokenError, or InternalError when we are to blame.
        """
        if refused.fetched_at_s >= since_s:
            return None
        return await self._fetched(endpoint, self._held(endpoint), refused)

    def _held(self, endpoint: PlannedEndpoint) -> _Held:
        key = (endpoint.oauth2, endpoint.tls, endpoint.allow_private)
        held = self._endpoints.get(endpoint.name)
        if held is None or held.key != key:
            held = self._endpoints[endpoint.name] = _Held(key)
        return held

    async def _fetched(self, endpoint: PlannedEndpoint, held: _Held, instead_of: Token | None) -> Token:
        async with held.fetching:
            if held.token is not None and held.token is not instead_of:
                return held.token  # somebody else fetched it while we waited
            if self._clock.monotonic_s() < held.failed_until_s:
                raise TokenError(held.failure)
            try:
                held.token = await self._fetch(endpoint, held)
            except TokenError as error:
                held.token = None
                held.failure = error.detail
                held.failed_until_s = max(held.failed_until_s, self._clock.monotonic_s() + FAILURE_KEPT_S)
                _log.warning("endpoint %s cannot be called: %s", endpoint.name, error.detail)
                raise
            return held.token

    async def _fetch(self, endpoint: PlannedEndpoint, held: _Held) -> Token:
        if endpoint.oauth2 is None:
            raise InternalError(f"endpoint {endpoint.name} has no client credentials to get a token with")
        try:
            answer = await self._sender.send(token_request(endpoint.oauth2, endpoint))
        except EndpointError as error:
            raise TokenError(f"the token server gave no answer: {error.kind}: {error.detail}") from None
        now_s = self._clock.monotonic_s()
        asked_s = retry_after(answer.header("retry-after"), now_s=self._clock.now_ms() / 1000)
        if asked_s is not None and answer.status >= 400:
            held.failed_until_s = now_s + min(asked_s, FAILURE_KEPT_MAX_S)
        return read_token(answer, now_s=now_s)
