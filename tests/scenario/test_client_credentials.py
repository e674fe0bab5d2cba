"""OAuth 2.0 client credentials: the whole runtime and a token server, on virtual time."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from router.delivery.request import OutboundRequest
from router.errors import EndpointError, InternalError
from router.runtime.breaker import BreakerState
from router.testing.sender import Reply
from tests.runtime.virtual import virtual
from tests.scenario.town import Town, town, url

TOKEN_URL = "https://login.example/token"
ENVIRON = {"CRM_SECRET": "hunter2-of-the-client"}
CONFIGURATION = f"""\
version: 1
event_types: {{order.paid: {{}}}}
endpoints:
  crm:
    url: {url("crm")}
    auth: {{oauth2: {{token_url: "{TOKEN_URL}", client_id: router, client_secret: {{env: CRM_SECRET}}, scopes: [write]}}}}
routes:
  paid: {{events: [order.paid], targets: [crm]}}
"""


class TokenServer:
    """A token server and an endpoint that accepts its latest token only."""

    def __init__(self, it: Town, *, expires_in: int | None = 3600, after_s: float = 0.0) -> None:
        self.it = it
        self.issued = 0
        self.expires_in = expires_in
        self.after_s = after_s
        it.sender.answer_by(TOKEN_URL, self.issue)
        it.sender.answer_by(url("crm"), self.receive)

    def issue(self, request: OutboundRequest) -> Reply:
        assert dict(request.headers)["authorization"].startswith("Basic ")
        assert "webhook-id" not in dict(request.headers)
        self.issued += 1
        document = {"access_token": f"token-{self.issued}", "token_type": "Bearer", "expires_in": self.expires_in}
        return Reply(200, body=json.dumps(document).encode(), after_s=self.after_s)

    def receive(self, request: OutboundRequest) -> Reply:
        given = [value for name, value in request.headers if name == "authorization"]
        return Reply(200 if given == [f"Bearer token-{self.issued}"] else 401)

    @property
    def asked(self) -> int:
        """How many requests for a token came."""
        return len(self.it.sender.to(TOKEN_URL))


@virtual
async def test_one_token_serves_all_until_shortly_before_it_expires(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION, environ=ENVIRON) as it:
        server = TokenServer(it, after_s=0.2)
        for number in range(100):
            await it.accept(number)
        await asyncio.sleep(10)
        assert await it.states() == {"delivered": 100}
        assert server.asked == 1  # though a hundred wanted it at once
        await asyncio.sleep(3500)
        await it.accept(200)
        await asyncio.sleep(1)
        assert server.asked == 1
        await asyncio.sleep(60)
        await it.accept(201)
        await asyncio.sleep(1)
        assert server.asked == 2
        assert await it.states() == {"delivered": 102}
        assert len(it.sender.to(url("crm"))) == 102


@virtual
async def test_a_401_renews_the_token_once_and_costs_no_attempt(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION, environ=ENVIRON) as it:
        server = TokenServer(it)
        await it.accept(1)
        await asyncio.sleep(1)
        server.issued += 100  # all tokens so far are revoked
        for number in range(2, 22):
            await it.accept(number)
        await asyncio.sleep(1)
        assert await it.states() == {"delivered": 21}
        assert server.asked == 2
        for one in await it.deliveries():
            assert len(await it.store.attempts(one.id)) == 1


@virtual
async def test_an_endpoint_that_refuses_every_token_is_an_ordinary_401(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION, environ=ENVIRON) as it:
        server = TokenServer(it)
        it.sender.answer_by(url("crm"), lambda _: Reply(401))
        await it.accept(1)
        await asyncio.sleep(1)
        (one,) = await it.deliveries()
        (attempt,) = await it.store.attempts(one.id)
        assert (attempt.status, attempt.error, attempt.outcome) == (401, None, "retry")
        assert len(it.sender.to(url("crm"))) == 1  # the token was fetched for this very attempt
        await asyncio.sleep(7)
        assert len(it.sender.to(url("crm"))) == 3  # once with the old one, once with a new one
        assert server.asked == 2


@virtual
async def test_a_token_server_that_is_down_is_named_in_the_attempts_and_counts_against_no_endpoint(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with town(tmp_path, CONFIGURATION, environ=ENVIRON) as it:
        server = TokenServer(it)
        it.sender.answer_by(TOKEN_URL, lambda _: Reply(400, body=b'{"error": "invalid_client", "hint": "hunter2"}'))
        for number in range(50):
            await it.accept(number)
        await asyncio.sleep(200)
        assert it.sender.to(url("crm")) == []
        assert it.runtime.endpoints()[0]["breaker"] == BreakerState.CLOSED
        assert server.asked < 40
        attempts = [attempt for one in await it.deliveries() for attempt in await it.store.attempts(one.id)]
        assert {attempt.error for attempt in attempts} == {"token: the token server answered 400 (invalid_client)"}
        assert {attempt.outcome for attempt in attempts} == {"retry"}
        it.sender.answer_by(TOKEN_URL, server.issue)
        await asyncio.sleep(3600)
        assert await it.states() == {"delivered": 50}
    assert "hunter2" not in caplog.text
    assert "token-1" not in caplog.text


@pytest.mark.parametrize("fault", [EndpointError("timeout", "no answer"), InternalError("no sockets left")])
def test_no_answer_of_the_token_server_loses_nothing(tmp_path: Path, fault: Exception) -> None:
    @virtual
    async def scenario() -> None:
        async with town(tmp_path, CONFIGURATION, environ=ENVIRON) as it:
            server = TokenServer(it)
            it.sender.answer_by(TOKEN_URL, lambda _: Reply(error=fault))
            await it.accept(1)
            await asyncio.sleep(3)
            it.sender.answer_by(TOKEN_URL, server.issue)
            await asyncio.sleep(30)
            assert await it.states() == {"delivered": 1}

    scenario()


@virtual
async def test_retry_after_of_the_token_server_is_obeyed(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION, environ=ENVIRON) as it:
        server = TokenServer(it)
        it.sender.answer_by(TOKEN_URL, lambda _: Reply(429, (("retry-after", "30"),)))
        for number in range(10):
            await it.accept(number)
        await asyncio.sleep(29)
        assert server.asked == 1


@virtual
async def test_new_credentials_get_a_new_token(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION, environ=ENVIRON) as it:
        server = TokenServer(it)
        await it.accept(1)
        await asyncio.sleep(1)
        it.write(CONFIGURATION.replace("client_id: router", "client_id: router-2"))
        assert (await it.runtime.reload("test")).applied
        await it.accept(2)
        await asyncio.sleep(1)
        assert server.asked == 2
        assert await it.states() == {"delivered": 2}
