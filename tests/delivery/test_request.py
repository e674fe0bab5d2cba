from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.delivery.record import Delivery
from router.delivery.request import RESERVED_HEADERS, USER_AGENT, Answer, choose_url, header_problem, outbound
from router.delivery.signature import verify
from router.errors import InternalError
from router.identity import DeliveryId, EventKey, Revision
from router.language.documents import Timeout, Url
from router.plan.endpoint import PlannedEndpoint, Secret

KEY = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
OLD = Secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")


def delivery(
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),), body: bytes = b'{"a":1}'
) -> Delivery:
    return Delivery(
        id=DeliveryId("dlv_1"), event_key=EventKey("evt_1"), event_id="1", event_type="order.paid", route="r", endpoint="crm",
        revision=Revision("0" * 16), body=body, headers=headers, created_at_ms=0, due_at_ms=0,
    )  # fmt: skip


def endpoint(**changes: object) -> PlannedEndpoint:
    settings: dict[str, object] = {
        "name": "crm",
        "urls": (Url(url="https://crm.example.com/hooks"),),
        "headers": {"authorization": Secret("Bearer t")},
        "signing_keys": (KEY, OLD),
        "timeout": Timeout(connect_s=1, total_s=2),
    }
    return PlannedEndpoint(**(settings | changes))  # type: ignore[arg-type]


def test_a_request_carries_identity_signature_and_credentials() -> None:
    request = outbound(delivery(), endpoint(), now_s=1614265330.9)
    sent = dict(request.headers)
    assert len(sent) == len(request.headers)
    assert sent["webhook-id"] == "dlv_1"
    assert sent["webhook-timestamp"] == "1614265330"
    assert sent["user-agent"] == USER_AGENT
    assert sent["authorization"] == "Bearer t"
    assert sent["content-type"] == "application/json"
    assert sent["accept-encoding"] == "identity"
    assert len(sent["webhook-signature"].split(" ")) == 2
    for key in (KEY, OLD):
        assert verify(key.reveal(), sent, request.body, now_s=1614265330) == "dlv_1"
    assert (request.connect_timeout_s, request.total_timeout_s, request.method) == (1, 2, "POST")
    assert request.url == "https://crm.example.com/hooks"


def test_attempts_differ_in_time_and_signature_only() -> None:
    first, second = (outbound(delivery(), endpoint(), now_s=now) for now in (1000, 2000))
    assert first.body == second.body
    changed = {a[0] for a, b in zip(first.headers, second.headers, strict=True) if a != b}
    assert changed == {"webhook-timestamp", "webhook-signature"}


def test_unsigned_endpoints_still_get_identity() -> None:
    sent = dict(outbound(delivery(), endpoint(signing_keys=()), now_s=1).headers)
    assert sent["webhook-id"] == "dlv_1"
    assert "webhook-signature" not in sent


def test_unknown_signing_scheme_is_our_fault() -> None:
    with pytest.raises(InternalError, match="v9"):
        outbound(delivery(), endpoint(signing_scheme="v9"), now_s=1)


@given(
    st.lists(st.sampled_from([*RESERVED_HEADERS, "authorization", "x-own", "content-type"]), unique=True), st.booleans()
)
def test_rendered_headers_never_override_ours(names: list[str], title: bool) -> None:
    rendered = tuple((name.title() if title else name, "forged") for name in names)
    sent = outbound(delivery(rendered), endpoint(), now_s=1).headers
    counts = Counter(name for name, _ in sent)
    assert max(counts.values()) == 1
    assert {name for name, value in sent if value == "forged"} == set(names) & {"x-own", "content-type"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", "a\r\nb: c"),
        ("x", "a\nb"),
        ("x", "\0"),
        ("x y", "a"),
        ("", "a"),
        ("x:", "a"),
        ("ü", "a"),
        ("x", "\x7f"),
        ("x", "a" * 9000),
        ("x", "\ud800"),
    ],
)
def test_headers_that_could_forge_others_are_named(name: str, value: str) -> None:
    assert header_problem(name, value) is not None


def test_ordinary_headers_have_no_problem() -> None:
    assert header_problem("X-Name_1", "Grüße\tan alle") is None


def test_failover_goes_down_the_priorities_and_round() -> None:
    urls = (Url(url="b", priority=1), Url(url="a", priority=0), Url(url="c", priority=5))
    assert [choose_url(urls, attempt=n, chance=0.5) for n in range(5)] == ["a", "b", "c", "a", "b"]


@given(st.floats(0, 1, exclude_max=True))
def test_weights_share_the_load(chance: float) -> None:
    urls = (Url(url="a", weight=3), Url(url="b", weight=1), Url(url="spare", priority=1))
    assert choose_url(urls, attempt=0, chance=chance) == ("a" if chance < 0.75 else "b")


def test_zero_weights_still_choose() -> None:
    assert choose_url((Url(url="a", weight=0), Url(url="b", weight=0)), attempt=0, chance=0.9) == "b"


def test_answer_finds_headers() -> None:
    answer = Answer(status=503, headers=(("retry-after", "5"), ("retry-after", "6")))
    assert answer.header("retry-after") == "5"
    assert answer.header("date") is None
