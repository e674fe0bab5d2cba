"""The receiver verifies, counts attempts and answers as told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from router.cli.printing import Style
from router.cli.receiver import Arrival, Receiver
from router.cli.rendering.arrival import arrival_record, arrival_text
from router.delivery.signature import sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW_S = 1_700_000_000


class StillClock:
    def now_ms(self) -> int:
        return NOW_S * 1000

    def monotonic_s(self) -> float:
        return 0.0


def signed(body: bytes, *, id: str = "dlv_1", at_s: int = NOW_S) -> dict[str, str]:
    signature = sign(SECRET, id=id, timestamp=at_s, body=body)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": signature,
        "Content-Type": "application/json",
    }


def deliver(
    requests: list[tuple[dict[str, str], bytes]], *, secrets: tuple[str, ...] = (SECRET,), fail_first: int = 0
) -> tuple[list[Arrival], list[int]]:
    arrivals: list[Arrival] = []
    statuses: list[int] = []
    receiver = Receiver(
        clock=StillClock(),
        secrets=lambda _: secrets,
        answer=lambda a: 503 if a.attempt <= fail_first else 200,
        arrived=arrivals.append,
    )

    async def one(headers: dict[str, str], body: bytes) -> None:
        chunks = [body[:3], body[3:]]

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/crm",
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        }
        await receiver(scope, receive, send)

    for headers, body in requests:
        asyncio.run(one(headers, body))
    return arrivals, statuses


def test_a_good_signature() -> None:
    (arrival,), statuses = deliver([(signed(b'{"a": 1}'), b'{"a": 1}')])
    assert (arrival.verified, arrival.reason, arrival.body, statuses) == (True, "", b'{"a": 1}', [200])


def test_what_does_not_verify_says_why() -> None:
    requests = [(signed(b"x"), b"y"), (signed(b"x", at_s=NOW_S - 1000), b"x"), ({}, b"x")]
    arrivals, _ = deliver(requests)
    assert [arrival.verified for arrival in arrivals] == [False, False, False]
    assert [arrival.reason for arrival in arrivals] == [
        "no entry of webhook-signature matches",
        "webhook-timestamp is more than 300 s away from now",
        "the request is not signed",
    ]


def test_without_a_secret_nothing_is_judged() -> None:
    arrivals, _ = deliver([(signed(b"x"), b"x"), ({}, b"x")], secrets=())
    assert [arrival.verified for arrival in arrivals] == [None, None]


def test_attempts_are_counted_by_delivery() -> None:
    requests = [(signed(b"x", id="dlv_1"), b"x"), (signed(b"x", id="dlv_2"), b"x"), (signed(b"x", id="dlv_1"), b"x")]
    arrivals, statuses = deliver(requests, fail_first=1)
    assert [arrival.attempt for arrival in arrivals] == [1, 1, 2]
    assert statuses == [503, 503, 200]
    assert [arrival.status for arrival in arrivals] == statuses


def test_text() -> None:
    body = json.dumps({"id": "o1", "note": "é"}).encode()
    headers = {
        **signed(body),
        "authorization": "Bearer top-secret",
        "x-api-key": "top-secret",
        "x-region": "DE",
        "host": "x",
    }
    (arrival,), _ = deliver([(headers, body)])
    assert arrival_text(arrival, style=Style(colours=False), body_characters_max=100) == (
        "22:13:20.000 POST /crm → 200  signature verified\n"
        "  webhook-id: dlv_1\n"
        "  webhook-timestamp: 1700000000\n"
        "  content-type: application/json\n"
        "  authorization: Bearer …\n"
        "  x-api-key: …\n"
        "  x-region: DE\n"
        "  {\n"
        '    "id": "o1",\n'
        '    "note": "é"\n'
        "  }"
    )


def test_bodies_are_cut_and_made_printable() -> None:
    (arrival,), _ = deliver([({}, b"\x1b[2J" + b"z" * 50)], secrets=())
    text = arrival_text(arrival, style=Style(colours=False), body_characters_max=10)
    assert "  \\x1b[2Jzzzzzz\n  … 44 more characters (see --body)" in text
    assert "not verified: the request is not signed" in text


def test_json_has_no_credentials() -> None:
    (arrival,), _ = deliver([({**signed(b"[1]"), "authorization": "Bearer top-secret"}, b"[1]")])
    record = arrival_record(arrival)
    assert record["body"] == [1]
    assert "top-secret" not in json.dumps(record)
