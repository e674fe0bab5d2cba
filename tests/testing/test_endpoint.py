"""The scripted endpoint, called by the real sender over the real engine."""

from __future__ import annotations

import asyncio

from router.delivery.request import OutboundRequest
from router.errors import EndpointError
from router.runtime.egress import EgressEngine
from router.runtime.sender import Sender
from router.testing.endpoint import Fault, ScriptedEndpoint
from router.testing.sender import Reply, ScriptedSender


def request(url: str, body: bytes = b"{}") -> OutboundRequest:
    return OutboundRequest(
        url=url, headers=(("webhook-id", "dlv_1"),), body=body, allow_private=True, total_timeout_s=0.5
    )


def test_answers_are_played_in_order_and_requests_remembered() -> None:
    async def main() -> None:
        sender = Sender(EgressEngine())
        async with ScriptedEndpoint(Reply(503, body=b"later"), Reply(204)) as endpoint:
            answers = [await sender.send(request(endpoint.url, b'{"n":%d}' % number)) for number in range(3)]
            assert [answer.status for answer in answers] == [503, 204, 204]
            assert answers[0].body == b"later"
            assert [one.body for one in endpoint.requests] == [b'{"n":0}', b'{"n":1}', b'{"n":2}']
            assert endpoint.requests[0].headers["webhook-id"] == "dlv_1"
            await sender.aclose()

    asyncio.run(main())


def test_every_fault_is_the_endpoints() -> None:
    async def main() -> None:
        sender = Sender(EgressEngine())
        async with ScriptedEndpoint() as endpoint:
            for fault in Fault:
                endpoint.play(fault)
                try:
                    answer = await sender.send(request(endpoint.url))
                except EndpointError as error:
                    assert error.kind  # noqa: PT017 - any kind will do
                else:
                    raise AssertionError(f"{fault} was answered with {answer}")
            endpoint.play(Reply(200))
            assert (await sender.send(request(endpoint.url))).status == 200
        await sender.aclose()

    asyncio.run(main())


def test_the_scripted_sender_repeats_its_last_reply_and_counts_what_is_in_flight() -> None:
    async def main() -> None:
        sender = ScriptedSender()
        sender.play("https://a.example/", Reply(500), Reply(200, after_s=0.001))
        answers = await asyncio.gather(*(sender.send(request("https://a.example/")) for _ in range(3)))
        assert [answer.status for answer in answers] == [500, 200, 200]
        assert sender.most_in_flight["https://a.example/"] == 2
        assert [one.delivery for one in sender.to("https://a.example/")] == ["dlv_1"] * 3

    asyncio.run(main())
