"""Nothing is dialled that must not be. The dialler here opens nothing and counts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from router.errors import EndpointError, InternalError
from router.runtime.egress import Fault, SystemResolver
from router.runtime.egress.resolver import lookup_error
from tests.corpora import corpus_lines
from tests.delivery.addresses import SPECIAL
from tests.runtime.egress.peers import ClosedDialler, TableResolver, engine, fault_of, request, run

PUBLIC = "93.184.216.34"


def test_every_outside_url() -> None:
    async def main() -> None:
        rows = list(corpus_lines("ssrf", "urls.jsonl"))
        refused = 0
        for row in rows:
            dialler = ClosedDialler()
            async with engine(resolver=TableResolver(default=[PUBLIC]), dialler=dialler) as out:
                kind = await fault_of(out.send(request(1, url=row["url"], allow_private=False)))
            if row["expect"] == "allow":
                assert kind == Fault.REFUSED, row
                assert len(dialler.dialled) == 1
            elif row["expect"] == "block":
                assert not dialler.dialled, row
                assert kind in (Fault.BLOCKED_ADDRESS, Fault.BAD_URL)
            elif row["expect"] == "refuse":
                assert not dialler.dialled, row
                refused += kind == Fault.BAD_URL
        assert refused == sum(row["expect"] == "refuse" for row in rows)

    run(main())


@pytest.mark.parametrize("address", SPECIAL)
@pytest.mark.parametrize("others", [[], [PUBLIC]])
def test_a_name_with_one_forbidden_address_is_refused_whole(address: str, others: list[str]) -> None:
    async def main() -> None:
        dialler = ClosedDialler()
        resolver = TableResolver({"hooks.example": [*others, address, *others]})
        async with engine(resolver=resolver, dialler=dialler) as out:
            kind = await fault_of(out.send(request(80, host="hooks.example", allow_private=False)))
            assert kind == Fault.BLOCKED_ADDRESS
            assert not dialler.dialled

    run(main())


def test_the_error_says_what_to_write() -> None:
    async def main() -> None:
        async with engine(resolver=TableResolver({"hooks.example": ["10.0.0.7"]}), dialler=ClosedDialler()) as out:
            with pytest.raises(EndpointError, match=r"10\.0\.0\.7 is private; set `allow_private: true`"):
                await out.send(request(80, host="hooks.example", allow_private=False))

    run(main())


def test_what_was_judged_is_what_is_dialled() -> None:
    """A name that answers differently each time is asked once per dial, and the dialler gets the literal."""

    class Rebinding:
        def __init__(self) -> None:
            self.answers = [[PUBLIC], ["127.0.0.1"], [PUBLIC, "169.254.169.254"]]

        async def resolve(self, host: str, port: int) -> Sequence[str]:
            return self.answers.pop(0)

    async def main() -> None:
        dialler = ClosedDialler()
        async with engine(resolver=Rebinding(), dialler=dialler) as out:
            kinds = [
                await fault_of(out.send(request(80, host="rebind.example", allow_private=False))) for _ in range(3)
            ]
        assert kinds == [Fault.REFUSED, Fault.BLOCKED_ADDRESS, Fault.BLOCKED_ADDRESS]
        assert dialler.dialled == [PUBLIC]

    run(main())


def test_allow_private_is_the_door_and_it_is_per_request() -> None:
    async def main() -> None:
        dialler = ClosedDialler()
        async with engine(resolver=TableResolver({"db": ["10.0.0.7"]}), dialler=dialler) as out:
            assert await fault_of(out.send(request(80, host="db"))) == Fault.REFUSED
            assert await fault_of(out.send(request(80, host="10.0.0.8"))) == Fault.REFUSED
            assert await fault_of(out.send(request(80, host="db", allow_private=False))) == Fault.BLOCKED_ADDRESS
        assert dialler.dialled == ["10.0.0.7", "10.0.0.8"]

    run(main())


def test_mapped_addresses_are_dialled_as_what_they_mean() -> None:
    async def main() -> None:
        dialler, resolver = ClosedDialler(), TableResolver({"m.example": [f"::ffff:{PUBLIC}", PUBLIC]})
        async with engine(resolver=resolver, dialler=dialler) as out:
            assert await fault_of(out.send(request(80, host="m.example", allow_private=False))) == Fault.REFUSED
        assert dialler.dialled == [PUBLIC]

    run(main())


def test_all_addresses_are_tried_up_to_the_limit() -> None:
    async def main() -> None:
        dialler = ClosedDialler()
        addresses = [f"93.184.216.{last}" for last in range(1, 10)]
        async with engine(resolver=TableResolver({"many.example": addresses}), dialler=dialler) as out:
            assert await fault_of(out.send(request(80, host="many.example", allow_private=False))) == Fault.REFUSED
        assert dialler.dialled == addresses[:4]

    run(main())


def test_a_name_without_addresses_and_a_hanging_resolver() -> None:
    class Hanging:
        async def resolve(self, host: str, port: int) -> Sequence[str]:
            await asyncio.Event().wait()
            raise AssertionError

    async def main() -> None:
        async with engine(resolver=TableResolver({"none.example": []}), dialler=ClosedDialler()) as out:
            assert await fault_of(out.send(request(80, host="none.example"))) == Fault.DNS
        async with engine(resolver=Hanging(), dialler=ClosedDialler()) as out:
            assert (
                await fault_of(out.send(request(80, host="slow.example", connect_timeout_s=0.05)))
                == Fault.CONNECT_TIMEOUT
            )

    run(main())


def test_a_lookup_that_fails_is_the_endpoints_only_when_the_name_is_absent() -> None:
    absent = lookup_error("x.example", socket.gaierror(socket.EAI_NONAME, "unknown"))
    assert isinstance(absent, EndpointError)
    assert absent.kind == Fault.DNS
    for code in (socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM):
        assert isinstance(lookup_error("x.example", socket.gaierror(code, "down")), InternalError)


def test_the_system_resolver_follows_the_hosts_file() -> None:
    async def main() -> None:
        assert set(await SystemResolver().resolve("localhost", 80)) <= {"127.0.0.1", "::1"}

    run(main())
