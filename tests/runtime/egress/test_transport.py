from __future__ import annotations

import httpx
import pytest

from router.runtime.egress import EgressTransport
from tests.runtime.egress.peers import Exchange, answering, engine, once, peer, run


def test_an_httpx_client_works_over_the_engine() -> None:
    seen: list[bytes] = []

    async def script(exchange: Exchange) -> None:
        while await exchange.request():
            seen.append(exchange.head)
            await exchange.say(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n" + b'{"t": 1}'
            )

    async def main() -> None:
        async with (
            peer(script) as target,
            engine() as out,
            httpx.AsyncClient(transport=EgressTransport(out, allow_private=True)) as client,
        ):
            answer = await client.post(
                f"http://127.0.0.1:{target.port}/token", data={"grant_type": "client_credentials"}
            )
            assert answer.json() == {"t": 1}
            assert b"\r\naccept-encoding: identity\r\n" in seen[0]
            assert b"\r\ncontent-type: application/x-www-form-urlencoded\r\n" in seen[0]
            assert seen[0].count(b"content-length") == seen[0].count(b"host:") == 1

    run(main())


def test_compressed_answers_are_left_as_they_are() -> None:
    async def main() -> None:
        octets = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nbomb"
        async with peer(answering(octets)) as target, engine() as out:
            sent = httpx.Request("POST", f"http://127.0.0.1:{target.port}/", content=b"")
            answer = await EgressTransport(out, allow_private=True).handle_async_request(sent)
            assert answer.content == b"bomb"
            assert answer.extensions["truncated"] is False

    run(main())


@pytest.mark.parametrize(
    ("script", "kind"),
    [(once(b""), httpx.ReadError), (once(b"rubbish"), httpx.RemoteProtocolError)],
)
def test_faults_are_httpx_exceptions(script: object, kind: type[Exception]) -> None:
    async def main() -> None:
        async with peer(script) as target, engine() as out:  # type: ignore[arg-type]
            with pytest.raises(kind):
                await EgressTransport(out, allow_private=True).handle_async_request(
                    httpx.Request("POST", f"http://127.0.0.1:{target.port}/", content=b"x")
                )
            with pytest.raises(httpx.ConnectError, match="allow_private"):
                await EgressTransport(out).handle_async_request(
                    httpx.Request("POST", "http://127.0.0.1/", content=b"x")
                )

    run(main())
