"""Tables line up on a terminal, and deliveries are shown as the operators' API tells them."""

from __future__ import annotations

from typing import Any

from router.cli.printing import Style, style_for
from router.cli.rendering.deliveries import age_text, delivery_table, delivery_text
from router.cli.rendering.table import table

PLAIN = Style(colours=False)

DELIVERY: dict[str, Any] = {
    "id": "dlv_1",
    "state": "pending",
    "event_key": "evt_1",
    "event_id": "o1",
    "event_type": "order.paid",
    "route": "paid",
    "endpoint": "crm",
    "revision": "0123456789abcdef",
    "attempts": 1,
    "created_at_ms": 1_700_000_000_000,
    "due_at_ms": 1_700_000_300_000,
    "updated_at_ms": 1_700_000_000_100,
    "reason": None,
}


def test_columns_are_as_wide_as_they_look() -> None:
    assert table(("A", "B"), [("名前", "x"), ("é\u0301", "y\nz")], style=PLAIN) == [
        "A     B",
        "名前  x",
        "é\u0301     y z",
    ]


def test_deliveries() -> None:
    dead = {**DELIVERY, "id": "dlv_2", "state": "dead", "attempts": 8, "reason": "410 Gone"}
    assert delivery_table([DELIVERY, dead], now_ms=1_700_000_060_000, style=PLAIN) == [
        "ID     STATE    EVENT       ROUTE  ENDPOINT  ATTEMPTS  AGE  REMARK",
        "dlv_1  pending  order.paid  paid   crm       1         1m   next attempt in 4m",
        "dlv_2  dead     order.paid  paid   crm       8         1m   410 Gone",
    ]


def test_one_delivery() -> None:
    attempt = {
        "number": 1,
        "started_at_ms": 1_700_000_000_050,
        "duration_ms": 12,
        "outcome": "retry",
        "status": 503,
        "error": None,
        "answer": "busy",
    }
    text = delivery_text(
        {**DELIVERY, "attempt_log": [attempt], "headers": {"content-type": "text/plain"}, "body": "hi\nthere"},
        style=PLAIN,
    )
    assert text == (
        "dlv_1\n"
        "  state:        pending\n"
        "  event:        order.paid o1 (evt_1)\n"
        "  route:        paid → crm\n"
        "  revision:     0123456789abcdef\n"
        "  created:      2023-11-14 22:13:20.000Z\n"
        "  next attempt: 2023-11-14 22:18:20.000Z\n"
        "\n"
        "#  STARTED                   TOOK   OUTCOME  STATUS  ERROR OR ANSWER\n"
        "1  2023-11-14 22:13:20.050Z  12 ms  retry    503     busy\n"
        "\n"
        "headers\n"
        "  content-type: text/plain\n"
        "body\n"
        "  hi\n"
        "  there"
    )


def test_ages() -> None:
    assert [age_text(ms) for ms in (-5, 999, 59_999, 60_000, 7_200_000, 90_000_000)] == [
        "0s",
        "0s",
        "59s",
        "1m",
        "2h",
        "1d",
    ]


class _Terminal:
    def isatty(self) -> bool:
        return True


def test_colours_need_a_terminal_and_consent() -> None:
    terminal: Any = _Terminal()
    assert style_for(terminal, "auto", {}).colours
    assert not style_for(terminal, "auto", {"NO_COLOR": "1"}).colours
    assert not style_for(terminal, "auto", {"TERM": "dumb"}).colours
    assert style_for(terminal, "auto", {"NO_COLOR": ""}).colours
    assert not style_for(terminal, "never", {}).colours
    assert style_for(terminal, "always", {"NO_COLOR": "1"}).colours
