"""ScriptedSender: a sender that puts nothing on any wire; it plays a script and remembers what it was given.

A script belongs to a URL and is a list of Replies, played one per request; when it is used up, the last one repeats. A Reply may come
late (`after_s`, which costs nothing on a virtual loop), be any status, or be an error. Without a script an endpoint answers 200 at once.

    sender = ScriptedSender()
    sender.play("https://crm.example/hooks", Reply(500), Reply(error=EndpointError("timeout", "no answer")), Reply(204))
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable

import msgspec

from router.delivery.request import Answer, OutboundRequest

__all__ = ["Reply", "ScriptedSender", "Sent"]


class Reply(msgspec.Struct, frozen=True):
    """What an endpoint does with one request. With `error` there is no answer; an EndpointError is its fault, any other exception ours."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    after_s: float = 0.0
    error: Exception | None = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it was handed over, and the loop's time at that moment."""

    at_s: float
    request: OutboundRequest

    @property
    def delivery(self) -> str:
        """The id of the delivery, from its `webhook-id`."""
        return dict(self.request.headers)["webhook-id"]


class ScriptedSender:
    """A sender with a script per URL. `sent` has every request in order, `most_in_flight` the greatest number at a time by URL."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.in_flight: Counter[str] = Counter()
        self.most_in_flight: Counter[str] = Counter()
        self._scripts: dict[str, list[Reply]] = {}
        self._answers: dict[str, Callable[[OutboundRequest], Reply]] = {}

    def play(self, url: str, *replies: Reply) -> None:
        """Set what a URL answers from now on, in order; the last reply repeats."""
        if not replies:
            raise ValueError("a script needs at least one reply; write Reply() for 200")
        self._scripts[url] = list(replies)

    def answer_by(self, url: str, answer: Callable[[OutboundRequest], Reply]) -> None:
        """Have a function decide what a URL answers; it goes before a script."""
        self._answers[url] = answer

    def by_delivery(self) -> dict[str, list[Sent]]:
        """Return what was sent, by delivery, in order."""
        sent: dict[str, list[Sent]] = defaultdict(list)
        for one in self.sent:
            sent[one.delivery].append(one)
        return sent

    def to(self, url: str) -> list[Sent]:
        """Return what was sent to one URL, in order."""
        return [one for one in self.sent if one.request.url == url]

    async def send(self, request: OutboundRequest) -> Answer:
        """Play the next reply of the request's URL."""
        loop = asyncio.get_running_loop()
        url = request.url
        self.sent.append(Sent(at_s=loop.time(), request=request))
        self.in_flight[url] += 1
        self.most_in_flight[url] = max(self.most_in_flight[url], self.in_flight[url])
        try:
            reply = self._next(request)
            if reply.after_s:
                await asyncio.sleep(reply.after_s)
            if reply.error is not None:
                raise reply.error.with_traceback(None)
            return Answer(status=reply.status, headers=reply.headers, body=reply.body)
        finally:
            self.in_flight[url] -= 1

    def _next(self, request: OutboundRequest) -> Reply:
        answer = self._answers.get(request.url)
        if answer is not None:
            return answer(request)
        script = self._scripts.get(request.url)
        if script is None:
            return Reply()
        return script.pop(0) if len(script) > 1 else script[0]
