from __future__ import annotations

import asyncio
import ssl
import threading

import pytest

from router.delivery.request import TlsIdentity
from router.errors import EndpointError, InternalError
from router.plan.endpoint import Secret
from router.runtime.egress import Fault
from router.runtime.egress.trust import Trust, build_context
from tests.runtime.egress.peers import (
    LOOPS,
    OK,
    OUR_CA,
    TLS,
    Exchange,
    Script,
    answering,
    engine,
    fault_of,
    once,
    peer,
    request,
    run,
    server_tls,
)

pytestmark = pytest.mark.parametrize("loop", list(LOOPS))
NAME = "hooks.example.test"


@pytest.mark.parametrize("host", [NAME, "127.0.0.1", "other.example.test"])
def test_a_certificate_that_names_the_host_is_accepted_and_the_connection_kept(loop: str, host: str) -> None:
    async def main() -> None:
        async with peer(answering(OK), tls=server_tls()) as target, engine() as out:
            for _ in range(3):
                answer = await out.send(request(target.port, host=host, scheme="https", tls=OUR_CA))
                assert answer.body == b"ok"
            assert target.connections == 1

    run(main(), loop)


@pytest.mark.parametrize("host", ["wrong.example.test", "sub.hooks.example.test", "127.0.0.2"])
def test_another_name_is_refused_even_over_a_kept_connection_to_the_same_address(loop: str, host: str) -> None:
    async def main() -> None:
        async with peer(answering(OK), tls=server_tls()) as target, engine() as out:
            await out.send(request(target.port, host=NAME, scheme="https", tls=OUR_CA))
            with pytest.raises(EndpointError, match=r"certificate|cannot connect") as caught:
                await out.send(request(target.port, host=host, scheme="https", tls=OUR_CA))
            assert caught.value.kind in (Fault.TLS, Fault.REFUSED)

    run(main(), loop)


def test_an_unknown_authority_is_refused_even_while_another_identity_has_a_connection(loop: str) -> None:
    async def main() -> None:
        async with peer(answering(OK), tls=server_tls()) as target, engine() as out:
            await out.send(request(target.port, host=NAME, scheme="https", tls=OUR_CA))
            assert await fault_of(out.send(request(target.port, host=NAME, scheme="https"))) == Fault.TLS

    run(main(), loop)


def test_client_certificates(loop: str) -> None:
    ours = TlsIdentity(
        ca_pem=OUR_CA.ca_pem,
        cert_pem=(TLS / "client.pem").read_bytes(),
        key_pem=Secret((TLS / "client.key.pem").read_text()),
    )

    async def main() -> None:
        async with peer(answering(OK), tls=server_tls(wants_client=True)) as target, engine() as out:
            assert (await out.send(request(target.port, host=NAME, scheme="https", tls=ours))).status == 200
            # Under TLS 1.3 the refusal of a missing certificate comes after our side of the handshake.
            kind = await fault_of(out.send(request(target.port, host=NAME, scheme="https", tls=OUR_CA)))
            assert kind in (Fault.TLS, Fault.RESET)

    run(main(), loop)


def test_plain_text_where_tls_was_expected_and_the_reverse(loop: str) -> None:
    async def babble(exchange: Exchange) -> None:
        await exchange.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await exchange.gone()

    async def main() -> None:
        async with engine() as out:
            async with peer(babble) as target:
                assert (
                    await fault_of(out.send(request(target.port, host=NAME, scheme="https", tls=OUR_CA))) == Fault.TLS
                )
            async with peer(once(OK), tls=server_tls()) as target:
                assert await fault_of(out.send(request(target.port))) in (Fault.PROTOCOL, Fault.RESET)

    run(main(), loop)


def test_a_handshake_that_never_ends_is_a_connect_timeout(loop: str) -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.gone()

    async def main() -> None:
        async with peer(silent) as target, engine() as out:
            slow = request(target.port, host=NAME, scheme="https", tls=OUR_CA, connect_timeout_s=0.1)
            assert await fault_of(out.send(slow)) == Fault.CONNECT_TIMEOUT

    run(main(), loop)


def test_a_connection_cut_without_goodbye(loop: str) -> None:
    """TCP ends without close_notify. An answer of known length is incomplete; one that only the end marks is taken: its status is whole."""

    def cut(octets: bytes) -> Script:
        async def script(exchange: Exchange) -> None:
            await exchange.request()
            await exchange.say(octets)
            exchange.writer.transport.abort()

        return script

    async def main() -> None:
        async with engine() as out:
            async with peer(cut(b"HTTP/1.1 200 OK\r\n\r\nok"), tls=server_tls()) as target:
                assert (await out.send(request(target.port, host=NAME, scheme="https", tls=OUR_CA))).body == b"ok"
            async with peer(cut(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"), tls=server_tls()) as target:
                assert (
                    await fault_of(out.send(request(target.port, host=NAME, scheme="https", tls=OUR_CA))) == Fault.RESET
                )

    run(main(), loop)


def test_big_bodies_go_through(loop: str) -> None:
    async def main() -> None:
        async with peer(answering(OK), tls=server_tls()) as target, engine() as out:
            for _ in range(2):
                answer = await out.send(
                    request(target.port, host=NAME, scheme="https", tls=OUR_CA, body=b"x" * 3_000_000)
                )
                assert answer.status == 200

    run(main(), loop)


def test_a_context_is_built_once_per_identity(loop: str) -> None:
    async def main() -> None:
        trust = Trust()
        first = await asyncio.gather(*[trust.context(OUR_CA) for _ in range(5)])
        assert len(set(first)) == 1
        assert await trust.context(None) is not first[0]
        assert threading.active_count() < 20

    run(main(), loop)


def test_contexts_are_strict(loop: str) -> None:
    context = build_context(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    "identity",
    [
        TlsIdentity(ca_pem=b"rubbish"),
        TlsIdentity(cert_pem=b"rubbish", key_pem=Secret("rubbish")),
        TlsIdentity(cert_pem=(TLS / "client.pem").read_bytes(), key_pem=Secret((TLS / "server.key.pem").read_text())),
        TlsIdentity(ca_pem="ü".encode()),
    ],
)
def test_settings_that_cannot_be_used_are_ours(loop: str, identity: TlsIdentity) -> None:
    async def main() -> None:
        async with engine() as out:
            with pytest.raises(InternalError, match="TLS settings"):
                await out.warm((identity,))
            with pytest.raises(InternalError, match="TLS settings"):
                await out.send(request(1, host=NAME, scheme="https", tls=identity))

    run(main(), loop)
