from __future__ import annotations

import asyncio
import errno
import ssl

import pytest

from router.errors import EndpointError, InternalError
from router.runtime.egress.dialler import race
from router.runtime.egress.fault import Fault, dial_error
from tests.runtime.egress.peers import run


class Opened(asyncio.Protocol):
    def __init__(self, address: str) -> None:
        self.address = address


class Network:
    """Addresses that open after so many seconds; negative: refused after so many."""

    def __init__(self, **delays: float) -> None:
        self.delays = delays
        self.begun: list[str] = []
        self.dropped: list[str] = []

    async def dial(self, address: str) -> Opened:
        self.begun.append(address)
        delay = self.delays[address]
        await asyncio.sleep(abs(delay))
        if delay < 0:
            raise ConnectionRefusedError(errno.ECONNREFUSED, address)
        return Opened(address)

    async def race(self, addresses: str) -> str:
        return (
            await race(addresses.split(), self.dial, lambda it: self.dropped.append(it.address), stagger_s=0.02)
        ).address


def test_the_first_address_wins_when_it_is_quick() -> None:
    network = Network(a=0.001, b=0.001)
    assert run(network.race("a b")) == "a"
    assert network.begun == ["a"]


def test_a_slow_address_does_not_hold_up_the_next() -> None:
    network = Network(a=5, b=0.001)
    assert run(network.race("a b")) == "b"


def test_a_refused_address_is_followed_at_once() -> None:
    network = Network(a=-0.001, b=0.001, c=0.001)
    assert run(network.race("a b c")) == "b"
    assert network.begun == ["a", "b"]


def test_the_first_failure_is_told_when_none_opens() -> None:
    with pytest.raises(ConnectionRefusedError, match="b"):
        run(Network(a=-0.03, b=-0.001).race("a b"))


def test_cancelling_a_race_cancels_its_dials() -> None:
    async def main() -> None:
        task = asyncio.ensure_future(Network(a=9, b=9).race("a b"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


def test_connections_that_open_together_are_not_leaked() -> None:
    async def main() -> None:
        gate = asyncio.Event()
        dropped: list[str] = []

        async def dial(address: str) -> Opened:
            await gate.wait()
            return Opened(address)

        task = asyncio.ensure_future(race(["a", "b"], dial, lambda it: dropped.append(it.address), stagger_s=0.01))
        await asyncio.sleep(0.05)
        gate.set()
        won = await task
        assert {won.address, *dropped} == {"a", "b"}

    run(main())


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Fault.REFUSED),
        (ConnectionResetError(errno.ECONNRESET, "x"), Fault.RESET),
        (ConnectionAbortedError("no number"), Fault.RESET),
        (OSError(errno.EHOSTUNREACH, "x"), Fault.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "x"), Fault.UNREACHABLE),
        (TimeoutError(errno.ETIMEDOUT, "x"), Fault.CONNECT_TIMEOUT),
        (ssl.SSLError(1, "handshake"), Fault.TLS),
    ],
)
def test_system_errors_have_kinds(error: OSError, fault: Fault) -> None:
    named = dial_error(error, "example.com port 443")
    assert isinstance(named, EndpointError)
    assert named.kind == fault
    assert "example.com" in named.detail


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL])
def test_an_exhausted_machine_is_our_fault(number: int) -> None:
    assert isinstance(dial_error(OSError(number, "x"), "example.com"), InternalError)
