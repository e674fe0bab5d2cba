"""Connections of the engine: how many, how long, and what becomes of them when a request ends early."""

from __future__ import annotations

import asyncio

import pytest

from router.errors import EndpointError, InternalError
from router.runtime.egress import EgressLimits, Fault
from tests.runtime.egress.peers import (
    LOOPS,
    OK,
    Exchange,
    TableResolver,
    answering,
    engine,
    fault_of,
    peer,
    request,
    run,
)

pytestmark = pytest.mark.parametrize("loop", list(LOOPS))


def test_cancelling_closes_the_connection(loop: str) -> None:
    async def main() -> None:
        gone = asyncio.Event()

        async def script(exchange: Exchange) -> None:
            await exchange.request()
            await exchange.gone()
            gone.set()

        async with peer(script) as target, engine() as out:
            task = asyncio.ensure_future(out.send(request(target.port)))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(1):
                await gone.wait()
            assert out.connections == 0

    run(main(), loop)


def test_a_site_has_so_many_connections_and_no_more(loop: str) -> None:
    at_once = most = 0

    async def script(exchange: Exchange) -> None:
        nonlocal at_once, most
        while await exchange.request():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.005)
            at_once -= 1
            await exchange.say(OK)

    async def main() -> None:
        limits = EgressLimits(connections_per_site_max=3, tick_s=0.01)
        async with peer(script) as target, engine(limits=limits) as out:
            answers = await asyncio.gather(*[out.send(request(target.port)) for _ in range(30)])
            assert [answer.status for answer in answers] == [200] * 30
            assert most == 3
            assert target.connections == 3

    run(main(), loop)


def test_all_sites_together_have_so_many_connections(loop: str) -> None:
    busy = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        while await exchange.request():
            if b"/busy" in exchange.head:
                await busy.wait()
            await exchange.say(OK)

    async def main() -> None:
        limits = EgressLimits(connections_max=3, tick_s=0.01)
        async with peer(script) as target, engine(limits=limits) as out:
            for number in range(8):
                assert (await out.send(request(target.port, host=f"h{number}.example"))).status == 200
                await asyncio.sleep(0.01)
                assert out.connections <= 3
            held = [
                asyncio.ensure_future(
                    out.send(request(target.port, url=f"http://h{number}.example:{target.port}/busy"))
                )
                for number in range(3)
            ]
            await asyncio.sleep(0.05)
            with pytest.raises(InternalError, match="all 3 connections"):
                await out.send(request(target.port, host="h9.example"))
            busy.set()
            assert [answer.status for answer in await asyncio.gather(*held)] == [200] * 3
            assert (await out.send(request(target.port, host="h9.example"))).status == 200
            await asyncio.sleep(0.02)
            assert out._ledger.open == out.connections <= 3

    run(main(), loop)


def test_waiting_for_a_connection_counts_against_the_total_deadline(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        while await exchange.request():
            await asyncio.sleep(0.3)
            await exchange.say(OK)

    async def main() -> None:
        limits = EgressLimits(connections_per_site_max=1, tick_s=0.01)
        async with peer(script) as target, engine(limits=limits) as out:
            first = asyncio.ensure_future(out.send(request(target.port)))
            await asyncio.sleep(0.02)
            assert await fault_of(out.send(request(target.port, total_timeout_s=0.1))) == Fault.TIMEOUT
            assert (await first).status == 200
            assert (await out.send(request(target.port))).status == 200  # nothing was lost on the way
            assert target.connections == 1

    run(main(), loop)


def test_many_cancelled_and_timed_out_requests_lose_no_slot(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        while await exchange.request():
            await asyncio.sleep(0.01)
            await exchange.say(OK)

    async def main() -> None:
        limits = EgressLimits(connections_per_site_max=2, tick_s=0.005)
        async with peer(script) as target, engine(limits=limits) as out:
            for turn in range(8):
                tasks = [
                    asyncio.ensure_future(out.send(request(target.port, total_timeout_s=0.02 + 0.003 * n)))
                    for n in range(12)
                ]
                await asyncio.sleep(0.002 * turn)
                for task in tasks[::3]:
                    task.cancel()
                results = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(not isinstance(r, Exception) or isinstance(r, EndpointError) for r in results), results
            answers = await asyncio.gather(*[out.send(request(target.port)) for _ in range(4)])
            assert [answer.status for answer in answers] == [200] * 4

    run(main(), loop)


def test_idle_connections_are_closed_and_the_tick_stops(loop: str) -> None:
    async def main() -> None:
        limits = EgressLimits(idle_s_max=0.05, tick_s=0.01)
        async with peer(answering(OK)) as target, engine(limits=limits) as out:
            await out.send(request(target.port))
            assert out.connections == 1
            await asyncio.sleep(0.15)
            assert out.connections == 0
            assert out._timer is None
            assert (await out.send(request(target.port))).status == 200
            assert target.connections == 2

    run(main(), loop)


def test_old_connections_are_not_used_again(loop: str) -> None:
    async def main() -> None:
        limits = EgressLimits(age_s_max=0.03, tick_s=0.01)
        resolver = TableResolver()
        async with peer(answering(OK)) as target, engine(limits=limits, resolver=resolver) as out:
            for _ in range(2):
                await out.send(request(target.port, host="hooks.example.test"))
                await asyncio.sleep(0.05)
            assert target.connections == 2
            assert resolver.asked == ["hooks.example.test"] * 2

    run(main(), loop)


def test_closing_the_engine_is_our_fault_not_the_endpoints(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.gone()

    async def main() -> None:
        limits = EgressLimits(connections_per_site_max=1, tick_s=0.01)
        async with peer(script) as target, engine(limits=limits) as out:
            tasks = [asyncio.ensure_future(out.send(request(target.port))) for _ in range(3)]
            await asyncio.sleep(0.05)
            await out.aclose()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(result, InternalError) for result in results), results
            with pytest.raises(InternalError):
                await out.send(request(target.port))
            await out.aclose()

    run(main(), loop)
