"""Client credentials over real sockets, and what the compiler says of a token server's address."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.compiler import compile_snapshot
from router.syntax.snapshot import Snapshot
from router.testing.endpoint import ScriptedEndpoint
from router.testing.sender import Reply
from tests.runtime.egress.peers import run
from tests.runtime.live import live

ENVIRON = {"CRM_SECRET": "hunter2"}


def _configuration(url: str, token_url: str, *, allow_private: bool) -> str:
    return f"""\
version: 1
event_types: {{order.paid: {{}}}}
endpoints:
  crm:
    url: {url}
    allow_private: {str(allow_private).lower()}
    auth:
      oauth2:
        token_url: {token_url}
        client_id: router
        client_secret: {{env: CRM_SECRET}}
routes:
  paid: {{events: [order.paid], targets: [crm]}}
"""


def test_a_token_is_fetched_used_and_renewed(tmp_path: Path) -> None:
    first = Reply(200, body=b'{"access_token": "one", "token_type": "bearer", "expires_in": 3600}')
    second = Reply(200, body=b'{"access_token": "two", "token_type": "bearer", "expires_in": 3600}')

    async def main() -> None:
        async with ScriptedEndpoint(first, second) as login, ScriptedEndpoint(Reply(204)) as crm:
            async with live(tmp_path, _configuration(crm.url, login.url, allow_private=True), environ=ENVIRON) as it:
                await it.accept(1)
                await it.until(delivered=1)
                crm.play(Reply(401), Reply(204))
                await it.accept(2)
                await it.until(delivered=2)
            assert [one.headers["authorization"] for one in crm.requests] == ["Bearer one", "Bearer one", "Bearer two"]
            assert crm.requests[1].headers["webhook-id"] == crm.requests[2].headers["webhook-id"]
            assert [one.body for one in login.requests] == [b"grant_type=client_credentials"] * 2
            assert login.requests[0].headers["authorization"] == "Basic cm91dGVyOmh1bnRlcjI="

    run(main())


@pytest.mark.parametrize(
    ("token_url", "allow_private", "expected"),
    [
        ("http://127.0.0.1:9/token", False, "9:20 RT502 error"),
        ("http://login.example.com/token", False, "9:20 RT503 warning"),
        ("https://login.example.com/token", False, ""),
        ("http://127.0.0.1:9/token", True, ""),
    ],
)
def test_the_address_of_the_token_server_is_judged_like_any_other(
    tmp_path: Path, token_url: str, allow_private: bool, expected: str
) -> None:
    text = _configuration("https://crm.example.com/hooks", token_url, allow_private=allow_private)
    (tmp_path / "routes.yaml").write_text(text, encoding="utf-8")
    found = [
        f"{one.span.line}:{one.span.column} {one.code} {one.severity.value}"
        for one in compile_snapshot(Snapshot.take(tmp_path, environ=ENVIRON)).diagnostics
        if one.code in ("RT501", "RT502", "RT503", "RT210")
    ]
    assert found == ([expected] if expected else [])
