"""A delivery's life, as a table.

The theory: a delivery is a row in a store that several parts of the program touch, and may be touched by an operator at the same time.
So its life is not spread over `if`s but written here once, as data: from each state, which moves are legal and where they lead. The
store enforces the same table in SQL (an UPDATE that names the expected state), and its conformance suite walks every edge and every
non-edge. An illegal move is a failed look-up and raises one error.

    pending  --claim-->      sending      a worker took it under a lease
    sending  --succeed-->    delivered    the endpoint answered as success
    sending  --retry-->      pending      it failed and is due again later
    sending  --give_up-->    dead         it failed for good
    sending  --lease_lost--> pending      the worker died or the process was killed
    pending  --hold-->       held         the endpoint is disabled, unverified or blocked
    sending  --hold-->       held         the answer itself disabled the endpoint (410)
    held     --resume-->     pending
    pending, held --cancel--> cancelled   an operator, or a removed endpoint
    pending  --give_up-->    dead         it expired, or its endpoint is gone, before an attempt
    delivered, dead, cancelled --replay--> pending
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from router.errors import InternalError

__all__ = ["BIRTH_STATES", "FINAL_STATES", "TRANSITIONS", "DeliveryState", "IllegalMoveError", "Move", "move"]


class DeliveryState(StrEnum):
    """Where a delivery is in its life."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"
    HELD = "held"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What can happen to a delivery."""

    CLAIM = "claim"
    SUCCEED = "succeed"
    RETRY = "retry"
    GIVE_UP = "give_up"
    LEASE_LOST = "lease_lost"
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    REPLAY = "replay"


_S = DeliveryState

TRANSITIONS: Mapping[DeliveryState, Mapping[Move, DeliveryState]] = MappingProxyType(
    {
        _S.PENDING: {Move.CLAIM: _S.SENDING, Move.HOLD: _S.HELD, Move.CANCEL: _S.CANCELLED, Move.GIVE_UP: _S.DEAD},
        _S.SENDING: {
            Move.SUCCEED: _S.DELIVERED,
            Move.RETRY: _S.PENDING,
            Move.GIVE_UP: _S.DEAD,
            Move.LEASE_LOST: _S.PENDING,
            Move.HOLD: _S.HELD,
        },
        _S.HELD: {Move.RESUME: _S.PENDING, Move.CANCEL: _S.CANCELLED},
        _S.DELIVERED: {Move.REPLAY: _S.PENDING},
        _S.DEAD: {Move.REPLAY: _S.PENDING},
        _S.CANCELLED: {Move.REPLAY: _S.PENDING},
    }
)
"""Every legal move. What is not here is illegal."""

BIRTH_STATES = frozenset({_S.PENDING, _S.HELD, _S.DEAD})
"""A delivery is born pending; held when its endpoint may not be called yet; dead when it could not be rendered (a fault of ours)."""

FINAL_STATES = frozenset({_S.DELIVERED, _S.DEAD, _S.CANCELLED})
"""Nothing happens to a delivery in one of these unless an operator replays it."""


class IllegalMoveError(InternalError):
    """A move that the table does not have, or one that another party overtook; the delivery is unchanged."""

    def __init__(self, state: DeliveryState | None, what: Move, delivery: str = "") -> None:
        self.state, self.what = state, what
        name = f"delivery {delivery}" if delivery else "a delivery"
        super().__init__(f"{name} cannot {what.value} while {state.value if state else 'unknown'}")


def move(state: DeliveryState, what: Move) -> DeliveryState:
    """Return the state that `what` leads to from `state`; raise IllegalMoveError where the table has no such edge."""
    target = TRANSITIONS[state].get(what)
    if target is None:
        raise IllegalMoveError(state, what)
    return target
