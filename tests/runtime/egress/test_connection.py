"""The connection as a state machine, driven by hand: whatever the loop reports in whatever order, the waiter gets exactly one result."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from router.delivery.request import Answer
from router.errors import EndpointError
from router.runtime.egress.connection import Connection, StaleConnectionError
from router.runtime.egress.limits import DEFAULT_LIMITS
from tests.runtime.egress.peers import OK
from tests.runtime.egress.rubbish import rubbish


class Wire(asyncio.Transport):
    """A transport that goes nowhere; `unsent` octets are pretended to be in its buffer."""

    def __init__(self, unsent: int = 0) -> None:
        super().__init__()
        self.unsent = unsent
        self.ended = ""

    def write(self, data: Any) -> None:
        assert not self.ended

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return bool(self.ended)

    def close(self) -> None:
        self.ended = self.ended or "close"

    def abort(self) -> None:
        self.ended = "abort"


class Keeper:
    def __init__(self) -> None:
        self.idles = self.losses = 0

    def idle(self, connection: Connection) -> None:
        self.idles += 1
        assert connection.is_usable

    def lost(self, connection: Connection) -> None:
        self.losses += 1
        assert not connection.is_usable


steps = st.lists(
    st.one_of(
        rubbish.map(lambda octets: ("data", octets)),
        st.just(("data", OK)),
        st.sampled_from(
            [("eof", None), ("expire", None), ("abort", None), ("lost", None), ("lost", ConnectionResetError())]
        ),
    ),
    max_size=6,
)


@given(st.lists(steps, min_size=1, max_size=3), st.sampled_from([0, 0, 10]))
@settings(max_examples=300)
def test_one_result_per_exchange_whatever_happens(exchanges: list[list[tuple[str, Any]]], unsent: int) -> None:
    async def main() -> None:
        keeper, wire = Keeper(), Wire(unsent)
        connection = Connection(asyncio.get_running_loop(), DEFAULT_LIMITS, keeper)
        connection.connection_made(wire)
        is_lost = False
        for turn in exchanges:
            if not connection.is_usable:
                break
            waiter = connection.exchange(b"POST", 1.0)
            for what, detail in turn:
                if is_lost:
                    break
                if what == "data":
                    connection.data_received(detail)
                elif what == "eof":
                    connection.eof_received()
                elif what == "expire" and connection.is_busy:
                    connection.expire()
                elif what == "abort":
                    connection.abort()
                elif what == "lost":
                    connection.connection_lost(detail)
                    is_lost = True
            if not waiter.done() and not is_lost:
                connection.connection_lost(None)
                is_lost = True
            assert waiter.done()
            error = waiter.exception()
            assert (
                isinstance(error, EndpointError | StaleConnectionError)
                if error
                else isinstance(waiter.result(), Answer)
            )
            assert not isinstance(error, StaleConnectionError) or connection.exchanges > 1
            assert not connection.is_busy
        assert keeper.losses == is_lost
        assert not (unsent and keeper.idles)

    asyncio.run(main())


def test_a_cancelled_waiter_is_left_alone() -> None:
    async def main() -> None:
        keeper, wire = Keeper(), Wire()
        connection = Connection(asyncio.get_running_loop(), DEFAULT_LIMITS, keeper)
        connection.connection_made(wire)
        waiter = connection.exchange(b"POST", 1.0)
        waiter.cancel()
        connection.data_received(OK)
        assert keeper.idles == 1
        waiter = connection.exchange(b"POST", 1.0)
        waiter.cancel()
        connection.abort()
        connection.connection_lost(None)
        assert keeper.losses == 1
        assert wire.ended == "abort"

    asyncio.run(main())
