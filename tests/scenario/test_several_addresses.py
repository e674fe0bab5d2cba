"""Load balancing and failover over hours, with the whole runtime."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from router.errors import EndpointError
from router.runtime.breaker import BreakerState
from router.testing.sender import Reply
from tests.runtime.virtual import virtual
from tests.scenario.town import Town, town

A, B, C = (f"https://{name}.example/hook" for name in "abc")
CONFIGURATION = f"""\
version: 1
event_types: {{order.paid: {{}}}}
endpoints:
  crm:
    urls:
      - {{url: "{A}", weight: 3}}
      - {{url: "{B}", weight: 1}}
      - {{url: "{C}", priority: 1}}
routes:
  paid: {{events: [order.paid], targets: [crm]}}
"""
DOWN = Reply(error=EndpointError("refused", "connection refused"))


async def _flow(it: Town, first: int, count: int) -> Counter[str]:
    sent = len(it.sender.sent)
    for number in range(first, first + count):
        await it.accept(number)
        await asyncio.sleep(0.1)
    return Counter(one.request.url for one in it.sender.sent[sent:])


@virtual
async def test_load_is_shared_by_weight_within_the_first_priority(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION) as it:
        used = await _flow(it, 0, 1000)
        assert used[C] == 0
        assert 0.7 < used[A] / 1000 < 0.8
        await it.check()


@virtual
async def test_a_dead_address_costs_three_retries_and_no_breaker(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION) as it:
        it.sender.play(A, DOWN)
        used = await _flow(it, 0, 250)  # 25 s: shorter than the first rest
        assert used[A] == 3
        assert it.runtime.endpoints()[0]["breaker"] == BreakerState.CLOSED
        used = await _flow(it, 1000, 3000)  # five minutes
        assert used[A] <= 4
        assert used[B] > 2990
        assert await it.states() == {"delivered": 3250} or (await asyncio.sleep(10), await it.states())[1] == {
            "delivered": 3250
        }
        it.sender.play(A, Reply(200))
        await asyncio.sleep(300)
        await _flow(it, 5000, 10)
        used = await _flow(it, 6000, 1000)
        assert 0.7 < used[A] / 1000 < 0.8
        await it.check()


@virtual
async def test_the_next_priority_takes_over_when_the_first_is_down(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION) as it:
        it.sender.play(A, DOWN)
        it.sender.play(B, Reply(500))
        await _flow(it, 0, 200)
        used = await _flow(it, 1000, 100)
        assert used[C] >= 98
        assert it.runtime.endpoints()[0]["breaker"] == BreakerState.CLOSED
        await asyncio.sleep(3600)
        assert await it.states() == {"delivered": 300}


@virtual
async def test_with_all_down_the_breaker_opens_and_nothing_is_lost(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIGURATION) as it:
        for url in (A, B, C):
            it.sender.play(url, Reply(503))
        await _flow(it, 0, 300)
        assert it.runtime.endpoints()[0]["breaker"] != BreakerState.CLOSED
        for url in (A, B, C):
            it.sender.play(url, Reply(200))
        await asyncio.sleep(3600)
        assert await it.states() == {"delivered": 300}
        await it.check()
