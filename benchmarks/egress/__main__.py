"""Run `python -m benchmarks.egress [--quick]`: requests a second and CPU microseconds a request, by client and concurrency.

A 1 kB POST with ten headers over kept connections to a sink process on 127.0.0.1. Client and sink are pinned to different cores where there
are two. The figure is the median of the rounds; CPU is user and system time of the client process alone (getrusage).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from typing import cast

import httpx
import uvloop

from router.delivery.address import parse_url
from router.delivery.record import Delivery
from router.delivery.request import OutboundRequest, TlsIdentity, outbound
from router.identity import DeliveryId, EventKey, Revision
from router.language.documents import Url
from router.plan.endpoint import PlannedEndpoint, Secret
from router.runtime.egress import EgressEngine
from router.runtime.egress.wire import encode
from router.runtime.sender import Sender

TLS = Path(__file__).resolve().parents[2] / "tests" / "data" / "tls"
BODY = b'{"id":"o1","total":2000,"note":"' + b"x" * 960 + b'"}'
DELIVERY = Delivery(
    id=DeliveryId("dlv_018bcfe568007d1f3a2b9c4d5e6f7081"), event_key=EventKey("evt_1"), event_id="1", event_type="order.paid", route="r",
    endpoint="sink", revision=Revision("0" * 16), body=BODY, created_at_ms=0, due_at_ms=0,
    headers=(("content-type", "application/json"), ("ce-id", "1"), ("ce-source", "/shop"), ("ce-type", "order.paid"), ("ce-specversion", "1.0")),
)  # fmt: skip

Send = Callable[[], Awaitable[object]]


def endpoint(port: int, scheme: str = "http") -> PlannedEndpoint:
    return PlannedEndpoint(
        name="sink",
        urls=(Url(url=f"{scheme}://127.0.0.1:{port}/hooks"),),
        signing_keys=(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),),
        allow_private=True,
    )


@asynccontextmanager
async def engine_alone(port: int, scheme: str = "http") -> AsyncIterator[Send]:
    """Send one prepared request again and again."""
    tls = TlsIdentity(ca_pem=(TLS / "ca.pem").read_bytes()) if scheme == "https" else None
    request = outbound(DELIVERY, endpoint(port, scheme), now_s=1_700_000_000, tls=tls)
    engine = EgressEngine()
    try:
        yield lambda: engine.send(request)
    finally:
        await engine.aclose()


class Bare(asyncio.Protocol):
    """No client at all: writes ready bytes, takes whatever comes for the answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, octets: bytes) -> asyncio.Future[None]:
        self.waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport.write(octets)
        return self.waiter

    def data_received(self, data: bytes) -> None:
        self.waiter.set_result(None)


@asynccontextmanager
async def floor(port: int) -> AsyncIterator[Send]:
    """Measure what loop and kernel cost by themselves."""
    request = outbound(DELIVERY, endpoint(port), now_s=1_700_000_000)
    octets = encode(request, parse_url(request.url))
    loop, free = asyncio.get_running_loop(), list[Bare]()

    async def send() -> None:
        connection = free.pop() if free else (await loop.create_connection(Bare, "127.0.0.1", port))[1]
        await connection.send(octets)
        free.append(connection)

    try:
        yield send
    finally:
        for connection in free:
            connection.transport.abort()


@asynccontextmanager
async def engine_signed(port: int) -> AsyncIterator[Send]:
    """Send the way attempts do: composed and signed each time."""
    target, engine = endpoint(port), EgressEngine()
    sender = Sender(engine)
    try:
        yield lambda: sender.send(outbound(DELIVERY, target, now_s=time.time()))
    finally:
        await engine.aclose()


@asynccontextmanager
async def engine_tls(port: int) -> AsyncIterator[Send]:
    """Send over TLS 1.3."""
    async with engine_alone(port, "https") as send:
        yield send


@asynccontextmanager
async def httpx_client(port: int) -> AsyncIterator[Send]:
    """Send with httpx.AsyncClient, connections unlimited."""
    request: OutboundRequest = outbound(DELIVERY, endpoint(port), now_s=1_700_000_000)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        yield lambda: client.post(request.url, headers=list(request.headers), content=request.body)


CLIENTS = {
    "floor (no client), uvloop": (floor, uvloop.new_event_loop, False),
    "engine, uvloop": (engine_alone, uvloop.new_event_loop, False),
    "engine, asyncio": (engine_alone, asyncio.new_event_loop, False),
    "engine + compose + sign, uvloop": (engine_signed, uvloop.new_event_loop, False),
    "engine TLS 1.3, uvloop": (engine_tls, uvloop.new_event_loop, True),
    "httpx.AsyncClient, asyncio": (httpx_client, asyncio.new_event_loop, False),
}


async def measure(send: Send, concurrency: int, duration_s: float) -> tuple[float, float]:
    """Return requests a second and CPU microseconds a request."""
    await asyncio.gather(*[send() for _ in range(concurrency)])  # opens the connections
    until, done = time.perf_counter() + duration_s, 0

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await send()
            done += 1

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    await asyncio.gather(*[worker() for _ in range(concurrency)])
    after, elapsed = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done / elapsed, cpu_s / done * 1e6


@contextmanager
def sink(*, tls: bool) -> Iterator[int]:
    """Run a sink process; yield its port."""
    arguments = [str(TLS / "server.pem"), str(TLS / "server.key.pem")] if tls else []
    command = [sys.executable, "-m", "benchmarks.egress.sink", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if len(cores) > 1:
            os.sched_setaffinity(process.pid, {cores[1]})
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 rounds of 0.3 s instead of 5 of 2 s")
    rounds, duration_s = (3, 0.3) if parser.parse_args().quick else (5, 2.0)
    levels = (1, 16, 64)
    print(
        f"CPython {platform.python_version()}, {platform.system()} {platform.release()}, {os.cpu_count()} CPUs; {rounds} rounds of {duration_s} s\n"
    )
    print("| client | " + " | ".join(f"c={level}: req/s (CPU us)" for level in levels) + " |")
    print("|---|" + "---|" * len(levels))
    for name, (client, new_loop, tls) in CLIENTS.items():
        cells = []
        with sink(tls=tls) as port:
            everywhere = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
            if len(everywhere) > 1:
                os.sched_setaffinity(0, {min(everywhere)})

            async def rows(level: int, client=client, port=port) -> list[tuple[float, float]]:  # type: ignore[no-untyped-def]
                async with client(port) as send:
                    return [await measure(send, level, duration_s) for _ in range(rounds)]

            for level in levels:
                with asyncio.Runner(loop_factory=new_loop) as runner:
                    results = runner.run(rows(level))
                cells.append(f"{median(rate for rate, _ in results):,.0f} ({median(cpu for _, cpu in results):.1f})")
            if everywhere:
                os.sched_setaffinity(0, everywhere)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
