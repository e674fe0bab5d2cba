"""The engine against real sockets: right answers, wrong answers, none, and what becomes of the connections."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import pytest

from router.errors import EndpointError, InternalError
from router.runtime.egress import EgressLimits, Fault
from tests.runtime.egress.peers import (
    LOOPS,
    OK,
    QUICK,
    Exchange,
    LoopbackDialler,
    answering,
    engine,
    fault_of,
    once,
    peer,
    request,
    run,
)

pytestmark = pytest.mark.parametrize("loop", list(LOOPS))


def test_a_request_arrives_whole_and_its_answer_comes_back(loop: str) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def script(exchange: Exchange) -> None:
        while await exchange.request():
            seen.append((exchange.head, exchange.body))
            await exchange.say(b"HTTP/1.1 202 Accepted\r\nRetry-After: 5\r\nContent-Length: 5\r\n\r\nthank")

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            answer = await out.send(request(target.port))
            assert (answer.status, answer.body, answer.truncated) == (202, b"thank", False)
            assert answer.header("retry-after") == "5"
            head, body = seen[0]
            assert head.startswith(b"POST /hooks HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % target.port)
            assert b"\r\nwebhook-id: dlv_1\r\n" in head
            assert body == b'{"a":1}'

    run(main(), loop)


@pytest.mark.parametrize(
    ("octets", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", 304, b""),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\ntrailer: 1\r\n\r\n", 200, b"abc"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 599 \r\ncontent-length: 1\r\n\r\nx", 599, b"x"),
        (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", 200, b"ok"),
    ],
)  # fmt: skip
def test_answers_whose_end_is_known_keep_the_connection(loop: str, octets: bytes, status: int, body: bytes) -> None:
    async def main() -> None:
        async with peer(answering(octets)) as target, engine() as out:
            for _ in range(3):
                answer = await out.send(request(target.port))
                assert (answer.status, answer.body, answer.truncated) == (status, body, False)
            assert target.connections == 1

    run(main(), loop)


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nok",
    ],
)
def test_answers_that_end_the_connection_are_whole_too(loop: str, octets: bytes) -> None:
    async def main() -> None:
        async with peer(once(octets)) as target, engine() as out:
            for _ in range(2):
                answer = await out.send(request(target.port))
                assert (answer.status, answer.body) == (200, b"ok")
            assert target.connections == 2

    run(main(), loop)


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (b"", Fault.RESET),
        (b"HTTP/1.1 200 OK\r\ncontent-le", Fault.RESET),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", Fault.RESET),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", Fault.RESET),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Fault.RESET),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Fault.PROTOCOL),
        (b"\x15\x03\x01\x00\x02\x02\x50", Fault.PROTOCOL),
        (b"HTTP/2.0 200 OK\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 two hundred\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nx\0y: 1\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 000 Nothing\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nbig: " + b"x" * 70_000 + b"\r\n\r\n", Fault.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000 + b"\r\n", Fault.TOO_LARGE),
        (b"HTTP/1.1 103 Early Hints\r\nlink: " + b"x" * 100 + b"\r\n\r\n", Fault.RESET),
    ],
)  # fmt: skip
def test_what_is_no_answer_has_a_name_and_costs_one_dial(loop: str, octets: bytes, fault: Fault) -> None:
    async def main() -> None:
        async with peer(once(octets)) as target, engine() as out:
            assert await fault_of(out.send(request(target.port))) == fault
            assert target.connections == 1
            await asyncio.sleep(0.01)
            assert out.connections == 0

    run(main(), loop)


def test_endless_interim_answers_are_bounded(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        while True:
            await exchange.say(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 50)

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            assert await fault_of(out.send(request(target.port))) == Fault.TOO_LARGE

    run(main(), loop)


def test_endless_headers_are_bounded(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.say(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            await exchange.say(b"y" * 1000)

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            assert await fault_of(out.send(request(target.port))) == Fault.TOO_LARGE

    run(main(), loop)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"content-length: 1000000000\r\n", b"x" * 1000),
        (b"transfer-encoding: chunked\r\n", b"3e8\r\n" + b"x" * 1000 + b"\r\n"),
        (b"", b"x" * 1000),
    ],
)
def test_endless_bodies_are_cut_and_the_connection_closed(loop: str, head: bytes, piece: bytes) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.say(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        while True:
            await exchange.say(piece)

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            answer = await out.send(request(target.port))
            assert (answer.status, answer.truncated, answer.body) == (200, True, b"x" * 16384)
            await asyncio.sleep(0.02)
            assert out.connections == 0

    run(main(), loop)


def test_endless_chunk_extensions_and_trailers_are_bounded(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
        while True:
            await exchange.say(b"trailer: " + b"y" * 1000 + b"\r\n")

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            answer = await out.send(request(target.port))
            assert (answer.body, answer.truncated) == (b"x", True)

    run(main(), loop)


def test_silence_and_slow_drip_end_at_the_total_deadline(loop: str) -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.gone()

    async def drip(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.say(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            await exchange.say(b"x")
            await asyncio.sleep(0.01)

    async def main() -> None:
        clock = asyncio.get_running_loop().time
        for script in (silent, drip):
            async with peer(script) as target, engine() as out:
                began = clock()
                assert await fault_of(out.send(request(target.port, total_timeout_s=0.2))) == Fault.TIMEOUT
                assert 0.19 <= clock() - began < 1.5
                await asyncio.sleep(0.02)
                assert out.connections == 0

    run(main(), loop)


def test_reset_is_named(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        exchange.reset()

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            assert await fault_of(out.send(request(target.port))) == Fault.RESET

    run(main(), loop)


def test_nobody_listening_is_refused(loop: str) -> None:
    async def main() -> None:
        async with peer(once(OK)) as target:
            port = target.port
        async with engine() as out:
            assert await fault_of(out.send(request(port))) == Fault.REFUSED
            assert out.connections == 0

    run(main(), loop)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_stale_connection_is_replaced_once(loop: str, end: str) -> None:
    bodies: list[bytes] = []

    async def script(exchange: Exchange) -> None:
        await exchange.request()
        bodies.append(exchange.body)
        await exchange.say(OK)
        if exchange.number == 1:
            await exchange.request()  # and goes away without a word
            if end == "reset":
                exchange.reset()
            return
        await exchange.gone()

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            for number in range(2):
                answer = await out.send(request(target.port, body=b"%d" % number))
                assert answer.status == 200
            assert target.connections == 2
            assert bodies == [b"0", b"1"]

    run(main(), loop)


def test_a_second_death_is_not_retried(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        if exchange.number == 1:
            await exchange.say(OK)
            await exchange.request()

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            assert (await out.send(request(target.port))).status == 200
            assert await fault_of(out.send(request(target.port))) == Fault.RESET
            assert target.connections == 2

    run(main(), loop)


def test_one_byte_of_answer_forbids_sending_again(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.say(OK)
        await exchange.request()
        await exchange.say(b"H")

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            assert (await out.send(request(target.port))).status == 200
            assert await fault_of(out.send(request(target.port))) == Fault.RESET
            assert target.connections == 1

    run(main(), loop)


def test_ipv6(loop: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\nhost: [::1]:" in head
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def main() -> None:
        try:
            server = await asyncio.start_server(serve, "::1", 0)
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        async with engine() as out:
            assert (await out.send(request(server.sockets[0].getsockname()[1], host="[::1]"))).status == 200
        server.close()

    run(main(), loop)


def test_a_connection_closed_while_idle_is_not_used(loop: str) -> None:
    async def main() -> None:
        async with peer(once(OK)) as target, engine() as out:
            for _ in range(3):
                assert (await out.send(request(target.port))).status == 200
                await asyncio.sleep(0.05)
                assert out.connections == 0
            assert target.connections == 3

    run(main(), loop)


@pytest.mark.parametrize("rubbish", [OK, b"rubbish", b"HTTP/1.1 200 OK\r\n"])
def test_bytes_behind_an_answer_end_the_connection(loop: str, rubbish: bytes) -> None:
    async def main() -> None:
        async with peer(answering(OK + rubbish)) as target, engine() as out:
            for _ in range(2):
                answer = await out.send(request(target.port))
                assert (answer.status, answer.body) == (200, b"ok")
                await asyncio.sleep(0.02)
            assert target.connections == 2

    run(main(), loop)


def test_an_answer_that_nobody_asked_for_is_never_taken_for_the_next_one(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.request()
        await exchange.say(OK)
        await asyncio.sleep(0.02)
        await exchange.say(b"HTTP/1.1 500 Forged\r\ncontent-length: 0\r\n\r\n")
        await exchange.gone()

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            for _ in range(2):
                assert (await out.send(request(target.port))).status == 200
                await asyncio.sleep(0.06)
            assert target.connections == 2

    run(main(), loop)


def test_an_early_answer_is_taken_while_the_body_is_still_being_written(loop: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.reader.readuntil(b"\r\n\r\n")
        await exchange.say(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n")
        await asyncio.sleep(0.2)

    async def main() -> None:
        async with peer(script) as target, engine() as out:
            for _ in range(2):
                answer = await out.send(request(target.port, body=b"x" * 30_000_000))
                assert answer.status == 413
            assert target.connections == 2
            await asyncio.sleep(0.02)
            assert out.connections == 0

    run(main(), loop)


def test_redirects_are_answers(loop: str) -> None:
    async def main() -> None:
        dialler = LoopbackDialler()
        async with peer(answering(OK)) as other, engine(dialler=dialler) as out:
            moved = (
                b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:%d/\r\ncontent-length: 0\r\n\r\n"
                % other.port
            )
            async with peer(answering(moved)) as target:
                answer = await out.send(request(target.port))
                assert answer.status == 307
                assert len(dialler.dialled) == 1
                assert other.connections == 0

    run(main(), loop)


def test_bad_urls_are_named_and_unsendable_headers_are_ours(loop: str) -> None:
    async def main() -> None:
        async with engine() as out:
            assert await fault_of(out.send(request(1, url="unix:///run/x.sock"))) == Fault.BAD_URL
            assert await fault_of(out.send(request(1, url="http://a b/"))) == Fault.BAD_URL
            bad: list[Any] = [
                (("x", "a\r\nb: c"),), (("x", "a\nb"),), (("x", "\0"),), (("a: b\r\nc", "d"),), (("X", "upper"),), (("host", "evil"),),
                (("content-length", "0"),), (("transfer-encoding", "chunked"),), (("x", "\ud800"),), (("", "x"),), (("x", "a\rb"),),
            ]  # fmt: skip
            for headers in bad:
                with pytest.raises(InternalError):
                    await out.send(request(1, headers=headers))
            for method in ("HEAD", "CONNECT", "POST /x", "post", ""):
                with pytest.raises(InternalError):
                    await out.send(request(1, method=method))

    run(main(), loop)


def test_proxies_of_the_environment_are_not_used(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def main() -> None:
        async with peer(answering(OK)) as target, engine() as out:
            assert (await out.send(request(target.port))).status == 200

    run(main(), loop)


def test_quick_limits_keep_the_bounds(loop: str) -> None:
    assert (QUICK.body_bytes_max, QUICK.header_bytes_max) == (16384, 32768)


def test_a_storm_of_faults_leaks_nothing(loop: str) -> None:
    chance = random.Random(7)

    async def script(exchange: Exchange) -> None:
        while await exchange.request():
            match chance.randrange(12):
                case 0:
                    exchange.reset()
                    return
                case 1:
                    return
                case 2:
                    await exchange.say(b"rubbish")
                    return
                case 3:
                    await exchange.say(OK + OK)
                case 4:
                    await exchange.say(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 30_000)
                    return
                case 5:
                    await asyncio.sleep(0.2)
                case 6:
                    await exchange.say(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab")
                    return
                case _:
                    await exchange.say(OK)

    async def main() -> None:
        limits = EgressLimits(connections_per_site_max=10, tick_s=0.01, idle_s_max=0.05)
        async with peer(script) as target, engine(limits=limits) as out:

            async def caller() -> None:
                for _ in range(30):
                    send = out.send(request(target.port, total_timeout_s=0.1))
                    with contextlib.suppress(EndpointError, TimeoutError):
                        await (asyncio.wait_for(send, chance.random() / 100) if chance.random() < 0.1 else send)

            await asyncio.gather(*[caller() for _ in range(20)])
            for site in out._sites.values():
                assert site.open == len(site.connections) <= 10
                assert not site._waiting
            await asyncio.sleep(0.3)
            assert out.connections == out._ledger.open == 0
            assert not out._sites

    run(main(), loop)
