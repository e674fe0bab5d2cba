"""Receiver: a small endpoint of our own, for trying things out. It verifies Standard Webhooks signatures, answers as told and remembers.

`router listen` shows what arrives; `router demo` counts. An ASGI application: what to answer and what to do with an arrival are passed
in. It is no example of a production receiver: it keeps the count of every delivery in memory.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

import msgspec

from router.clock import Clock
from router.delivery.signature import ID_HEADER, SIGNATURE_HEADER, SignatureError, SigningKeyError, verify

__all__ = ["BODY_BYTES_MAX", "Arrival", "Receiver"]

BODY_BYTES_MAX = 16 * 1024 * 1024
"""More than any router sends; the rest of a longer body is thrown away."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One request that came in, and what was answered.

    `verified` is None when it could not be judged: no secret was given, or the request carries no signature; `reason` says why it is not
    True. `attempt` counts the requests with the same `webhook-id`.
    """

    at_ms: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    attempt: int
    verified: bool | None
    reason: str = ""
    status: int = 200

    @property
    def webhook_id(self) -> str:
        """Return the delivery's id, empty when the request has none."""
        return self.headers.get(ID_HEADER, "")


class Receiver:
    """Verifies, answers, reports.

    `secrets` returns the secrets that may sign for a path, `answer` the status for an arrival (whose own `status` is still 200), `arrived` is
    told afterwards. `delay_s` is how long every answer takes.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        secrets: Callable[[str], Sequence[str]],
        answer: Callable[[Arrival], int],
        arrived: Callable[[Arrival], None],
        delay_s: float = 0,
    ) -> None:
        self._clock = clock
        self._secrets = secrets
        self._answer = answer
        self._arrived = arrived
        self._delay_s = delay_s
        self._attempts: Counter[str] = Counter()

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Take one request."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        if headers.get(ID_HEADER):
            self._attempts[headers[ID_HEADER]] += 1
        now_ms = self._clock.now_ms()
        verified, reason = _judged(self._secrets(path), headers, body, now_ms / 1000)
        arrival = Arrival(
            at_ms=now_ms,
            method=scope["method"],
            path=path,
            headers=headers,
            body=body,
            attempt=self._attempts.get(headers.get(ID_HEADER, ""), 1),
            verified=verified,
            reason=reason,
        )
        arrival = msgspec.structs.replace(arrival, status=self._answer(arrival))
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        self._arrived(arrival)
        content = json.dumps({"received": arrival.webhook_id or None, "verified": verified}).encode()
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": arrival.status, "headers": head})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


async def _body(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> bytes:
    chunks: list[bytes] = []
    size, is_open = 0, True
    while is_open:
        message = await receive()
        is_open = message["type"] == "http.request" and message.get("more_body", False)
        chunk = message.get("body", b"")
        if size < BODY_BYTES_MAX:
            chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)[:BODY_BYTES_MAX]


def _judged(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now_s: float) -> tuple[bool | None, str]:
    if SIGNATURE_HEADER not in headers:
        return (False if secrets else None), "the request is not signed"
    if not secrets:
        return None, "no secret given (see --secret)"
    try:
        verify(secrets, headers, body, now_s=now_s)
    except (SignatureError, SigningKeyError) as error:
        return False, str(error)
    return True, ""
