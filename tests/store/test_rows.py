"""Whatever an event or a delivery holds, it comes out of the file as it went in."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from router.delivery.state import DeliveryState
from router.event import Event
from router.store.rows import STATE_CODES, state_of
from router.store.sqlite import SqliteStore
from tests.store.builders import acceptance, opened

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SMALL = st.integers(min_value=-(2**31), max_value=2**31 - 1)
DATA = st.recursive(
    st.none() | st.booleans() | SMALL | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    data = draw(DATA)
    kind = draw(st.sampled_from(["json", "octets", "none", "apart"]))
    body = {"json": msgspec.json.encode(data), "octets": draw(st.binary(max_size=50))}.get(kind)
    return Event(
        id=draw(TEXT.filter(bool)),
        source=draw(TEXT.filter(bool)),
        type=draw(TEXT.filter(bool)),
        time=draw(st.none() | TEXT),
        subject=draw(st.none() | TEXT),
        datacontenttype=draw(st.none() | TEXT),
        dataschema=draw(st.none() | TEXT),
        extensions=draw(st.dictionaries(TEXT, TEXT | SMALL | st.booleans(), max_size=3)),
        data=data if kind in ("json", "apart") else None,
        body=body,
    )


@settings(max_examples=60)
@given(
    event=events(),
    headers=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    sent=st.binary(max_size=50),
    reason=st.none() | TEXT,
)
def test_records_come_back_as_they_went(event: Event, headers: Any, sent: bytes, reason: str | None) -> None:
    offered = acceptance("a", "b", type=event.type, event_id=event.id)
    one, two = (
        msgspec.structs.replace(delivery, headers=headers, reason=reason, body=body)
        for delivery, body in zip(offered.deliveries, (sent, event.body or b""), strict=True)
    )
    offered = msgspec.structs.replace(offered, event=event, deliveries=(one, two))

    async def main(path: Path) -> None:
        async with opened(SqliteStore(path)) as store:
            await store.accept(offered)
            stored = await store.event(offered.key)
            assert stored is not None
            assert stored.event == event
            assert await store.delivery(one.id) == one
            assert await store.delivery(two.id) == two

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder) / "events.db"))


def test_every_state_but_sending_has_a_code() -> None:
    assert {state_of(code) for code in STATE_CODES.values()} == set(DeliveryState) - {DeliveryState.SENDING}
    assert all(state_of(code) is state for state, code in STATE_CODES.items())
