"""Who may use the operators' API."""

from __future__ import annotations

import pytest

from router.plan import Secret
from tests.server.fake_host import FakeHost, plan
from tests.server.http_client import Caller, is_problem

GUARDED = [
    ("GET", "/metrics"),
    ("GET", "/api/v1/events"),
    ("GET", "/api/v1/events/evt_x"),
    ("GET", "/api/v1/deliveries"),
    ("GET", "/api/v1/deliveries/dlv_x"),
    ("POST", "/api/v1/deliveries/dlv_x/retry"),
    ("POST", "/api/v1/deliveries/dlv_x/cancel"),
    ("GET", "/api/v1/endpoints"),
    ("POST", "/api/v1/endpoints/crm/hold"),
    ("POST", "/api/v1/endpoints/crm/resume"),
    ("GET", "/api/v1/revisions"),
    ("GET", "/-/revisions"),
    ("POST", "/-/reload"),
    ("POST", "/-/rollback/x"),
]
OPEN = ["/healthz", "/readyz"]


def caller(**settings: object) -> Caller:
    return Caller(FakeHost(plan()), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_without_a_token_only_this_machine_is_answered(method: str, path: str) -> None:
    is_problem(caller(address="192.0.2.7")(method, path), "forbidden", 403)
    assert caller()(method, path).status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_with_a_token_it_is_demanded_of_everyone(method: str, path: str) -> None:
    call = caller(admin_token=Secret("s3cret"), address="192.0.2.7", base="http://router.example:8080")
    refused = call(method, path)
    is_problem(refused, "unauthorized", 401)
    assert refused.headers["www-authenticate"].startswith("Bearer ")
    is_problem(caller(admin_token=Secret("s3cret"))(method, path), "unauthorized", 401)
    assert call(method, path, headers={"authorization": "Bearer s3cret"}).status_code not in (401, 403)


@pytest.mark.parametrize(
    "value",
    [
        "Bearer wrong",
        "Bearer",
        "Bearer ",
        "Basic s3cret",
        "s3cret",
        "Bearer s3cret x",
        "Bearer s3cre",
        "Token s3cret",
        "",
        "Bearer \xff",
    ],
)
def test_wrong_tokens(value: str) -> None:
    call = caller(admin_token=Secret("s3cret"))
    is_problem(call("GET", "/api/v1/events", headers={"authorization": value.encode("latin-1")}), "unauthorized", 401)


def test_health_and_events_are_open_to_all() -> None:
    for settings in ({}, {"admin_token": Secret("s3cret")}):
        call = caller(address="192.0.2.7", base="http://router.example", **settings)
        assert [call("GET", path).status_code for path in OPEN] == [200, 200]
        assert call.post_event().status_code == 202


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_addresses(address: str) -> None:
    assert caller(address=address)("GET", "/api/v1/events").status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1%lo", "", "localhost", "::", "0.0.0.0"])
def test_other_addresses(address: str) -> None:
    is_problem(caller(address=address)("GET", "/api/v1/events"), "forbidden", 403)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-host"])
def test_forwarding_headers_are_not_believed_and_show_that_the_peer_is_a_proxy(header: str) -> None:
    is_problem(caller()("GET", "/api/v1/events", headers={header: "127.0.0.1"}), "forbidden", 403)
    is_problem(caller(address="192.0.2.7")("GET", "/api/v1/events", headers={header: "127.0.0.1"}), "forbidden", 403)
    call = caller(admin_token=Secret("s3cret"), address="192.0.2.7")
    headers = {header: "203.0.113.5", "authorization": "Bearer s3cret"}
    assert call("GET", "/api/v1/events", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "LOCALHOST", "a.localhost", "127.0.0.1:1", "[::1]:8080", "[::1]", "192.0.2.1"],
)
def test_hosts_that_no_rebinding_can_use(host: str) -> None:
    assert caller()("GET", "/api/v1/events", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.test", "evil.test:8080", "localhost.evil.test", "127.0.0.1.evil.test", "", "[::1", "[::1]x", "2130706433"],
)
def test_names_that_may_be_rebound(host: str) -> None:
    is_problem(caller()("GET", "/api/v1/events", headers={"host": host}), "forbidden", 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"origin": "http://localhost:8080.evil.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_web_sites_change_nothing(headers: dict[str, str]) -> None:
    is_problem(caller()("POST", "/-/reload", headers=headers), "forbidden", 403)


@pytest.mark.parametrize(
    "headers", [{"origin": "http://localhost:8080"}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}]
)
def test_our_own_pages_and_tools_do(headers: dict[str, str]) -> None:
    assert caller()("POST", "/-/reload", headers=headers).status_code == 200
