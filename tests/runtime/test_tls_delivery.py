"""`tls` from the configuration to a server that demands a client certificate."""

from __future__ import annotations

import asyncio
from pathlib import Path

from router.delivery.state import DeliveryState
from tests.runtime.egress.peers import OK, TLS, answering, peer, run, server_tls
from tests.runtime.live import live


def _configuration(port: int, tls: str) -> str:
    return f"""\
version: 1
event_types: {{order.paid: {{}}}}
endpoints:
  crm:
    url: https://hooks.example.test:{port}/hooks
    allow_private: true
    retry: {{schedule: []}}
    {tls}
routes:
  paid: {{events: [order.paid], targets: [crm]}}
"""


_CA = f"tls: {{ca: {TLS / 'ca.pem'}}}"
_BOTH = f"tls: {{ca: {TLS / 'ca.pem'}, cert: {TLS / 'client.pem'}, key: {{file: {TLS / 'client.key.pem'}}}}}"


def test_a_server_that_demands_a_certificate_gets_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            peer(answering(OK), tls=server_tls(wants_client=True)) as target,
            live(tmp_path, _configuration(target.port, _BOTH)) as it,
        ):
            for number in range(20):
                await it.accept(number)
            await it.until(delivered=20)

    run(main())


def test_without_the_certificate_the_server_says_no_and_the_attempt_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            peer(answering(OK), tls=server_tls(wants_client=True)) as target,
            live(tmp_path, _configuration(target.port, _CA)) as it,
        ):
            await it.accept(1)
            (delivery,) = await it.until(dead=1)
            (attempt,) = await it.attempts(delivery)
            assert (attempt.error or "").split(":")[0] in ("tls", "reset")

    run(main())


def test_a_private_authority_is_trusted_only_where_it_is_named(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            peer(answering(OK), tls=server_tls()) as target,
            live(tmp_path, _configuration(target.port, _CA)) as it,
        ):
            await it.accept(1)
            await it.until(delivered=1)
            (tmp_path / "routes.yaml").write_text(_configuration(target.port, ""), encoding="utf-8")
            assert (await it.runtime.reload("test")).applied
            await it.accept(2)
            found = await it.until(delivered=1, dead=1)
            (dead,) = [one for one in found if one.state is DeliveryState.DEAD]
            (attempt,) = await it.attempts(dead)
            assert (attempt.error or "").startswith("tls: ")

    run(main())


def test_a_renewed_certificate_is_a_reload(tmp_path: Path) -> None:
    async def main() -> None:
        ca = tmp_path / "ca.pem"
        ca.write_bytes((TLS / "ca.pem").read_bytes())
        async with (
            peer(answering(OK), tls=server_tls()) as target,
            live(tmp_path, _configuration(target.port, "tls: {ca: ca.pem}")) as it,
        ):
            await it.accept(1)
            await it.until(delivered=1)
            await asyncio.to_thread(ca.write_text, "-----BEGIN CERTIFICATE-----\n", "ascii")
            assert not (await it.runtime.reload("test")).applied
            ca.write_bytes((TLS / "ca.pem").read_bytes() + b"\n")
            assert (await it.runtime.reload("test")).applied
            await it.accept(2)
            await it.until(delivered=2)
            assert target.connections == 2  # the former identity's connection serves nobody else

    run(main())
