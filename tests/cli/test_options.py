"""Kinds of values, and settings from flags and variables."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from router.cli.exits import CannotRunError
from router.cli.options import Address, Setting, add_settings, address, duration_s, settled, size_bytes

SETTINGS = (
    Setting("drain", duration_s, "30s", "TIME", "how long"),
    Setting("listen", address, None, "HOST:PORT", "where"),
)


def settle(argv: list[str], environ: dict[str, str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_settings(parser, SETTINGS)
    return settled(SETTINGS, parser.parse_args(argv), environ)


def test_flag_before_variable_before_default() -> None:
    assert settle([], {}) == {"drain": 30, "listen": None}
    assert settle([], {"ROUTER_DRAIN": "5s", "ROUTER_LISTEN": ":1"}) == {"drain": 5, "listen": Address("127.0.0.1", 1)}
    assert settle(["--drain", "1m"], {"ROUTER_DRAIN": "5s"})["drain"] == 60
    assert settle([], {"ROUTER_DRAIN": ""})["drain"] == 30


@pytest.mark.parametrize(
    ("argv", "environ", "origin"), [(["--drain", "x"], {}, "--drain: "), ([], {"ROUTER_DRAIN": "x"}, "ROUTER_DRAIN: ")]
)
def test_a_bad_value_names_where_it_came_from(argv: list[str], environ: dict[str, str], origin: str) -> None:
    with pytest.raises(CannotRunError, match=f"^{origin}`x`"):
        settle(argv, environ)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        (":0", "127.0.0.1:0"),
        ("[::1]:80", "[::1]:80"),
        ("localhost:1", "localhost:1"),
    ],
)
def test_addresses(text: str, shown: str) -> None:
    assert str(address(text)) == shown


@pytest.mark.parametrize("text", ["8080", "", "host:", "host:x", "host:70000", "::1:80", "h:٣"])
def test_no_addresses(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        address(text)


def test_sizes() -> None:
    assert size_bytes("64KiB") == 65536
    with pytest.raises(argparse.ArgumentTypeError, match="write a whole number"):
        size_bytes("64")
