"""One attempt, from a leased delivery to the Transition that records it.

`Attempter.carry` joins the delivery with its endpoint of today, sends, and turns whatever happened (an answer, no answer, a fault of
ours) into a Carried: the move to record, and what the lane should learn from it. The rules themselves are `router.delivery`'s.

Blame decides. An answer or a lack of one is the endpoint's: it is written to the attempt log and uses up the retry schedule. A fault of
ours (no resolver, no sockets left, a defect) says nothing about the endpoint: the delivery goes back with `lease_lost`, keeps its whole
schedule, counts against no breaker, and is due again soon. It does not go round for ever: after the endpoint's age limit it is dead.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from enum import Enum
from typing import Protocol

import msgspec

from router.clock import Clock, Entropy
from router.delivery.outcome import classify, retry_after
from router.delivery.record import ANSWER_KEPT_BYTES, Attempt, Delivery, Outcome, Transition
from router.delivery.request import Answer, OutboundRequest, authorized, outbound
from router.delivery.schedule import Due, GivenUp, next_attempt
from router.delivery.state import Move
from router.delivery.token import TokenError
from router.errors import EndpointError
from router.identity import DeliveryId
from router.plan.endpoint import PlannedEndpoint
from router.runtime.addresses import Addresses
from router.runtime.tokens import Tokens
from router.store.port import Store

__all__ = ["Attempter", "Carried", "Lesson", "Sending", "fault_pause_s"]

FAULT_PAUSE_MIN_S = 1.0
FAULT_PAUSE_MAX_S = 60.0
"""How long a delivery waits after a fault of ours: doubled for each one in a row on its lane."""

HTTP_UNAUTHORIZED = 401

FAULTS_REMEMBERED = 10_000
"""For how many deliveries we remember since when we fail them; beyond, the oldest start anew."""

_log = logging.getLogger(__name__)


class Sending(Protocol):
    """Whatever puts a request on the wire: `router.runtime.sender.Sender`, or a script in tests."""

    async def send(self, request: OutboundRequest) -> Answer:
        """Return the answer whatever its status; raise EndpointError when there is none, InternalError for a fault of ours."""
        ...


class Lesson(Enum):
    """What an attempt says about its endpoint."""

    ALIVE = "alive"  # it answered, be it with an error about this one delivery
    SLOW_DOWN = "slow-down"  # it answered and asks for fewer requests
    FAILING = "failing"  # no answer, or one that says it is broken
    ELSEWHERE = "elsewhere"  # one of its addresses fails, another is left
    GONE = "gone"  # 410
    NOTHING = "nothing"  # our own fault, or the token server's


class Carried(msgspec.Struct, frozen=True):
    """How an attempt ended. `pause_s` is what the endpoint asked for with Retry-After, None when it did not."""

    transition: Transition
    lesson: Lesson
    outcome: Outcome | None
    duration_s: float
    pause_s: float | None = None


class Attempter:
    """Makes attempts. `store` is only read, and only to learn when a replayed delivery's age began."""

    def __init__(self, *, sender: Sending, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._sender = sender
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._addresses = Addresses()
        self._tokens = Tokens(sender, clock)
        self._failing_since_ms: OrderedDict[DeliveryId, int] = OrderedDict()

    async def carry(self, delivery: Delivery, endpoint: PlannedEndpoint, our_faults: int) -> Carried:
        """Make one attempt. `our_faults` is how many of the lane's latest attempts in a row failed by our fault.

        Raises nothing but CancelledError.
        """
        clock = self._clock
        started_ms, started_s = clock.now_ms(), clock.monotonic_s()
        request: OutboundRequest | None = None
        answer: Answer | None = None
        error: EndpointError | None = None
        try:
            urls = self._addresses.usable(endpoint, started_s) if len(endpoint.urls) > 1 else None
            request = outbound(delivery, endpoint, now_s=started_ms / 1000, chance=self._entropy.uniform(), urls=urls)
            if endpoint.oauth2 is None:
                answer = await self._sender.send(request)
            else:
                answer = await self._send_with_token(request, endpoint, started_s)
            asked = answer.header("retry-after")
            asked_s = retry_after(asked, now_s=clock.now_ms() / 1000) if asked is not None else None
            outcome = classify(answer.status, endpoint.retry.outcomes, has_retry_after=asked_s is not None)
        except EndpointError as caught:
            error, asked_s, outcome = caught, None, classify(None)
        except Exception as caught:
            return self._our_fault(delivery, endpoint, caught, our_faults, clock.monotonic_s() - started_s)
        duration_s = clock.monotonic_s() - started_s
        if self._failing_since_ms:
            self._failing_since_ms.pop(delivery.id, None)
        attempt = Attempt(
            delivery=delivery.id,
            number=delivery.attempts + 1,
            started_at_ms=started_ms,
            duration_ms=round(duration_s * 1000),
            outcome=outcome,
            status=answer.status if answer is not None else None,
            error=f"{error.kind}: {error.detail}" if error is not None else None,
            answer=answer.body[:ANSWER_KEPT_BYTES] if answer is not None else b"",
        )
        if outcome is Outcome.DELIVER:
            transition = Transition(delivery=delivery.id, what=Move.SUCCEED, at_ms=clock.now_ms(), attempt=attempt)
        else:
            transition = await self._after_failure(delivery, endpoint, attempt, asked_s)
        lesson = _lesson(attempt, asked_s) if not isinstance(error, TokenError) else Lesson.NOTHING
        if request is not None and lesson is not Lesson.NOTHING and len(endpoint.urls) > 1:
            lesson = self._of_address(endpoint, request.url, lesson)
        return Carried(transition, lesson, outcome, duration_s, asked_s)

    async def _send_with_token(self, request: OutboundRequest, endpoint: PlannedEndpoint, started_s: float) -> Answer:
        """Send with the endpoint's token, and once more with another one when it answers 401. Raises TokenError when there is none."""
        token = await self._tokens.current(endpoint)
        answer = await self._sender.send(authorized(request, token.authorization))
        if answer.status == HTTP_UNAUTHORIZED:
            other = await self._tokens.renewed(endpoint, token, since_s=started_s)
            if other is not None:
                answer = await self._sender.send(authorized(request, other.authorization))
        return answer

    def _of_address(self, endpoint: PlannedEndpoint, url: str, lesson: Lesson) -> Lesson:
        """Keep what an attempt says about one of several addresses; return what is left to say about the endpoint."""
        if lesson is not Lesson.FAILING:
            self._addresses.answered(endpoint, url)
            return lesson
        is_another_left = self._addresses.failed(endpoint, url, self._clock.monotonic_s())
        return Lesson.ELSEWHERE if is_another_left else lesson

    async def _after_failure(
        self, delivery: Delivery, endpoint: PlannedEndpoint, attempt: Attempt, asked_s: float | None
    ) -> Transition:
        now_ms = self._clock.now_ms()
        said = f"status {attempt.status}" if attempt.status is not None else attempt.error
        if attempt.outcome is Outcome.DEAD:
            reason = f"{said} means dead for endpoint {endpoint.name}"
            return Transition(delivery=delivery.id, what=Move.GIVE_UP, at_ms=now_ms, reason=reason, attempt=attempt)
        if attempt.outcome is Outcome.DISABLE:
            reason = gone_reason(endpoint.name, attempt)
            return Transition(delivery=delivery.id, what=Move.HOLD, at_ms=now_ms, reason=reason, attempt=attempt)
        next_ = self._next(delivery, endpoint, attempt, asked_s, now_ms, born_at_ms=_born_at_ms(delivery))
        if isinstance(next_, GivenUp) and attempt.number > 1 and attempt.number <= len(endpoint.retry.schedule_s):
            # Only age can have ended it, and a replay began that anew: the log knows when.
            born_at_ms = await self._replayed_at_ms(delivery)
            if born_at_ms is not None:
                next_ = self._next(delivery, endpoint, attempt, asked_s, now_ms, born_at_ms=born_at_ms)
        if isinstance(next_, Due):
            return Transition(
                delivery=delivery.id, what=Move.RETRY, at_ms=now_ms, due_at_ms=next_.at_ms, reason=said, attempt=attempt
            )
        return Transition(
            delivery=delivery.id,
            what=Move.GIVE_UP,
            at_ms=now_ms,
            reason=f"{next_.reason}; the last one: {said}",
            attempt=attempt,
        )

    def _next(
        self,
        delivery: Delivery,
        endpoint: PlannedEndpoint,
        attempt: Attempt,
        asked_s: float | None,
        now_ms: int,
        *,
        born_at_ms: int,
    ) -> Due | GivenUp:
        return next_attempt(
            endpoint.retry,
            attempts=attempt.number,
            born_at_ms=born_at_ms,
            now_ms=now_ms,
            chance=self._entropy.uniform(),
            retry_after_s=asked_s,
        )

    async def _replayed_at_ms(self, delivery: Delivery) -> int | None:
        """Return when the attempts since the last replay began; None when there was no replay or the store cannot say."""
        try:
            firsts = [a.started_at_ms for a in await self._store.attempts(delivery.id) if a.number == 1]
        except Exception as error:
            _log.warning("the attempts of %s cannot be read: %s", delivery.id, error)
            return None
        return firsts[-1] if len(firsts) > 1 else None

    def _our_fault(
        self, delivery: Delivery, endpoint: PlannedEndpoint, fault: Exception, our_faults: int, duration_s: float
    ) -> Carried:
        now_ms = self._clock.now_ms()
        since_ms = self._failing_since_ms.setdefault(delivery.id, now_ms)
        while len(self._failing_since_ms) > FAULTS_REMEMBERED:
            self._failing_since_ms.popitem(last=False)
        said = f"our own fault, not the endpoint's: {type(fault).__name__}: {fault}"
        _log.error(
            "delivery %s to %s: %s", delivery.id, endpoint.name, said, exc_info=fault if our_faults == 0 else None
        )
        if now_ms - since_ms > endpoint.retry.max_age_s * 1000:
            del self._failing_since_ms[delivery.id]
            transition = Transition(delivery=delivery.id, what=Move.GIVE_UP, at_ms=now_ms, reason=said)
        else:
            pause_s = fault_pause_s(our_faults)
            transition = Transition(
                delivery=delivery.id,
                what=Move.LEASE_LOST,
                at_ms=now_ms,
                due_at_ms=now_ms + round(pause_s * 1000 * (1 + 0.2 * self._entropy.uniform())),
                reason=said,
            )
        return Carried(transition, Lesson.NOTHING, None, duration_s)


def fault_pause_s(faults: int) -> float:
    """Return how long to wait after the fault of ours that followed `faults` others."""
    return min(FAULT_PAUSE_MAX_S, FAULT_PAUSE_MIN_S * 2.0 ** min(faults, 10))


def gone_reason(endpoint: str, attempt: Attempt) -> str:
    """Return the reason that holds an endpoint whose answer disabled it."""
    return f"endpoint {endpoint} answered {attempt.status}: it wants nothing more until it is resumed"


def _born_at_ms(delivery: Delivery) -> int:
    """Return when a delivery's age began: with its creation, or with the replay that made its first attempt due."""
    return delivery.created_at_ms if delivery.attempts else max(delivery.created_at_ms, delivery.due_at_ms)


def _lesson(attempt: Attempt, asked_s: float | None) -> Lesson:
    match attempt.outcome:
        case Outcome.DELIVER | Outcome.DEAD:
            return Lesson.ALIVE
        case Outcome.DISABLE:
            return Lesson.GONE
        case Outcome.THROTTLE if attempt.status == 429 or asked_s is not None:
            return Lesson.SLOW_DOWN
        case Outcome.RETRY if attempt.status is not None and attempt.status < 500:
            return Lesson.ALIVE
        case _:
            return Lesson.FAILING
