from __future__ import annotations

from itertools import count

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from router.delivery.birth import deliveries
from router.delivery.record import Delivery
from router.delivery.state import BIRTH_STATES, DeliveryState
from router.event import Event
from router.identity import DeliveryId, EventKey, Revision
from router.language.documents import Url
from router.plan.endpoint import PlannedEndpoint

ENDPOINTS = {
    "on": PlannedEndpoint(name="on", urls=(Url(url="https://on.example"),)),
    "off": PlannedEndpoint(name="off", urls=(Url(url="https://off.example"),), enabled=False),
    "gone": PlannedEndpoint(name="gone", urls=(Url(url="https://gone.example"),)),
}


class Match(msgspec.Struct, frozen=True, kw_only=True):
    route: str = "r"
    endpoint: str = "on"
    headers: dict[str, str] = {}
    body: bytes = b"{}"
    error: str | None = None


def born(*matches: Match) -> tuple[Delivery, ...]:
    numbers = count(1)
    return deliveries(
        matches,
        key=EventKey("evt_1"),
        event=Event(id="7", source="/s", type="order.paid"),
        revision=Revision("f" * 16),
        endpoints=ENDPOINTS,
        at_ms=1000,
        new_id=lambda: DeliveryId(f"dlv_{next(numbers)}"),
        held={"gone": "endpoint gone answered 410"},
    )


def test_a_match_becomes_a_pending_delivery_due_at_once() -> None:
    (one,) = born(Match(headers={"content-type": "text/plain"}, body=b"hi"))
    assert one == Delivery(
        id=DeliveryId("dlv_1"), event_key=EventKey("evt_1"), event_id="7", event_type="order.paid", route="r", endpoint="on",
        revision=Revision("f" * 16), body=b"hi", headers=(("content-type", "text/plain"),),
        created_at_ms=1000, due_at_ms=1000, updated_at_ms=1000,
    )  # fmt: skip


def test_births_that_are_not_pending_say_why() -> None:
    states = [
        (Match(error="`data.x` is undefined"), DeliveryState.DEAD, "`data.x` is undefined"),
        (Match(endpoint="off"), DeliveryState.HELD, "endpoint off is disabled"),
        (Match(endpoint="gone"), DeliveryState.HELD, "endpoint gone answered 410"),
        (Match(endpoint="nowhere"), DeliveryState.DEAD, "endpoint nowhere is not in this revision"),
        (Match(headers={"x": "a\r\nb: c"}), DeliveryState.DEAD, "header `x` has a control character in its value"),
        (Match(endpoint="off", error="boom"), DeliveryState.DEAD, "boom"),
        (
            Match(endpoint="off", headers={"x": "\n"}),
            DeliveryState.DEAD,
            "header `x` has a control character in its value",
        ),
    ]
    made = born(*(match for match, _, _ in states))
    assert [(one.state, one.reason) for one in made] == [(state, reason) for _, state, reason in states]


@given(
    st.lists(
        st.builds(
            Match, endpoint=st.sampled_from([*ENDPOINTS, "nowhere"]), error=st.none() | st.just("e"), body=st.binary()
        )
    )
)
def test_every_match_is_born_once_in_order_with_its_bytes(matches: list[Match]) -> None:
    made = born(*matches)
    assert [(one.endpoint, one.body) for one in made] == [(match.endpoint, match.body) for match in matches]
    assert len({one.id for one in made}) == len(matches)
    assert all(one.state in BIRTH_STATES for one in made)
    assert all((one.reason is None) == (one.state is DeliveryState.PENDING) for one in made)
