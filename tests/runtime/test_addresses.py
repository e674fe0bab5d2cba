"""Which of several addresses are used, by what their attempts came to."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from router.language.documents import Url
from router.plan.endpoint import PlannedEndpoint
from router.runtime.addresses import FAILURES_TO_REST, REST_MAX_S, REST_MIN_S, Addresses
from tests.runtime.builders import endpoint

A, B, C = Url(url="https://a.example/"), Url(url="https://b.example/"), Url(url="https://c.example/", priority=1)
CRM = msgspec.structs.replace(endpoint("crm"), urls=(A, B, C))


def _down(addresses: Addresses, url: Url, now_s: float = 0.0, crm: PlannedEndpoint = CRM) -> None:
    for _ in range(FAILURES_TO_REST):
        addresses.failed(crm, url.url, now_s)


def test_an_address_rests_after_failures_in_a_row_only() -> None:
    addresses = Addresses()
    for _ in range(5):
        addresses.failed(CRM, A.url, 0)
        addresses.failed(CRM, A.url, 0)
        addresses.answered(CRM, A.url)
    assert addresses.usable(CRM, 0) == (A, B, C)
    _down(addresses, A)
    assert addresses.usable(CRM, 0) == (B, C)


def test_one_attempt_tries_it_when_the_rest_is_over() -> None:
    addresses = Addresses()
    _down(addresses, A)
    assert addresses.usable(CRM, REST_MIN_S - 0.1) == (B, C)
    assert addresses.usable(CRM, REST_MIN_S) == (A,)
    assert addresses.usable(CRM, REST_MIN_S) == (B, C)
    addresses.failed(CRM, A.url, REST_MIN_S)
    assert addresses.usable(CRM, REST_MIN_S + 2 * REST_MIN_S - 0.1) == (B, C)
    assert addresses.usable(CRM, REST_MIN_S + 2 * REST_MIN_S) == (A,)
    addresses.answered(CRM, A.url)
    assert addresses.usable(CRM, 3 * REST_MIN_S) == (A, B, C)


def test_when_all_rest_all_are_used_and_the_endpoint_fails() -> None:
    addresses = Addresses()
    assert addresses.failed(CRM, A.url, 0)
    _down(addresses, A)
    _down(addresses, B)
    assert addresses.failed(CRM, C.url, 0)
    assert addresses.failed(CRM, C.url, 0)
    assert not addresses.failed(CRM, C.url, 0)
    assert addresses.usable(CRM, 0) == (A, B, C)


def test_a_reload_keeps_what_is_known_and_forgets_what_is_gone() -> None:
    addresses = Addresses()
    _down(addresses, A)
    fewer = msgspec.structs.replace(CRM, urls=(A, C))
    assert addresses.usable(fewer, 0) == (C,)
    assert addresses.usable(CRM, 0) == (B, C)
    addresses.usable(msgspec.structs.replace(CRM, urls=(B, C)), 0)
    assert addresses.usable(CRM, 0) == (A, B, C)


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.booleans(), st.floats(0, 400)), max_size=60))
def test_there_is_always_an_address_and_every_rest_ends(steps: list[tuple[Url, bool, float]]) -> None:
    addresses, now_s = Addresses(), 0.0
    for url, is_answered, later_s in steps:
        now_s += later_s
        usable = addresses.usable(CRM, now_s)
        assert usable
        assert set(usable) <= set(CRM.urls)
        addresses.answered(CRM, url.url) if is_answered else addresses.failed(CRM, url.url, now_s)
    seen: set[Url] = set()
    for _ in range(3):
        now_s += REST_MAX_S + CRM.timeout.total_s
        for _ in range(3):
            usable = addresses.usable(CRM, now_s)
            seen.update(usable)
            for url in usable:
                addresses.answered(CRM, url.url)
    assert seen == set(CRM.urls)
