from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from router.delivery.address import (
    UrlError,
    forbidden_address,
    forbidden_name,
    forbidden_target,
    normal_address,
    parse_url,
)
from tests.corpora import corpus_lines
from tests.delivery.addresses import SPECIAL

v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
v6 = st.integers(0, 2**128 - 1).map(IPv6Address)


def refusal(url: str) -> str | None:
    try:
        return forbidden_target(parse_url(url))
    except UrlError as fault:
        return str(fault)


def test_every_outside_url_gets_its_verdict() -> None:
    wrong = []
    for row in corpus_lines("ssrf", "urls.jsonl"):
        refused = refusal(row["url"]) is not None
        if row["expect"] == "refuse":
            with pytest.raises(UrlError):
                parse_url(row["url"])
        elif row["expect"] != "either" and refused != (row["expect"] == "block"):
            wrong.append(row)
    assert not wrong


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "authority", "path"),
    [
        ("https://crm.example.com/hooks", "https", "crm.example.com", 443, "crm.example.com", "/hooks"),
        ("HTTP://Example.COM.:8080?a=[1]&b=%20", "http", "example.com", 8080, "example.com:8080", "/?a=[1]&b=%20"),
        ("https://example.com:443", "https", "example.com", 443, "example.com", "/"),
        ("https://example.com:", "https", "example.com", 443, "example.com", "/"),
        ("https://bücher.example/grüße?q=ü", "https", "xn--bcher-kva.example", 443, "xn--bcher-kva.example", "/gr%C3%BC%C3%9Fe?q=%C3%BC"),
        ("http://[2606:4700:4700:0::1111]:80/", "http", "2606:4700:4700::1111", 80, "[2606:4700:4700::1111]", "/"),
        ("http://0x8.8.2056/", "http", "8.8.8.8", 80, "8.8.8.8", "/"),
        ("http://my_service.example.com/", "http", "my_service.example.com", 80, "my_service.example.com", "/"),
        ('https://example.com/<a>"{b}', "https", "example.com", 443, "example.com", "/%3Ca%3E%22%7Bb%7D"),
    ],
)  # fmt: skip
def test_parts(url: str, scheme: str, host: str, port: int, authority: str, path: str) -> None:
    target = parse_url(url)
    assert (target.scheme, target.host, target.port, target.authority, target.path) == (
        scheme,
        host,
        port,
        authority,
        path,
    )
    assert target.is_tls == (scheme == "https")


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("crm.example.com", "absolute URL"),
        ("ftp://example.com/", "scheme `ftp`"),
        ("unix:///run/x.sock", "scheme `unix`"),
        ("http+unix://%2Frun/x", "scheme `http\\+unix`"),
        ("https://user:pw@example.com/", "`auth`"),
        ("https://example.com/#frag", "fragment"),
        ("https://example.com:70000/", "between 1 and 65535"),
        ("https://example.com:0/", "between 1 and 65535"),
        ("https://exa%6dple.com/", "no part of a host name"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/a\r\nX: y", "control"),
        ("https://example.com\\@evil.example/", "backslash"),
        ("https://", "no host"),
        ("https://[fe80::1%eth0]/", "no IPv6 address"),
        ("https://-a.example/", "no part of a host name"),
        ("https://a..example/", "no part of a host name"),
        ("https://" + "a." * 130 + "example/", "longer than 253"),
        ("https://example.com/" + "a" * 5000, "longer than 4096"),
        ("https://xn--a.example/", "internationalised"),
        ("https://a℀b.example/", "no part of a host name"),
    ],
)  # fmt: skip
def test_refusals_say_what_to_write(url: str, hint: str) -> None:
    with pytest.raises(UrlError, match=hint):
        parse_url(url)


def forms(address: IPv4Address) -> list[str]:
    """Return texts that resolvers and browsers take for this address."""
    a, b, c, d = address.packed
    number = int(address)
    circled = "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(digit)] if digit.isdigit() else digit for digit in str(address))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(address))
    return [
        str(number), hex(number), f"0{number:o}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a}.{(b << 16) + (c << 8) + d}",
        f"{a}.{b}.{(c << 8) + d}", f"{address}.", f"{a}。{b}。{c}。{d}", circled, wide, hex(number).upper().replace("X", "x"),
    ]  # fmt: skip


@given(v4)
@example(IPv4Address("127.0.0.1"))
def test_odd_number_forms_are_the_literal_they_stand_for(address: IPv4Address) -> None:
    for form in forms(address):
        target = parse_url(f"http://{form}/")
        assert target.literal == address, form
        assert target.host == str(address)


@given(st.text(max_size=60).map(lambda text: "http://" + text) | st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        target = parse_url(text)
    except UrlError:
        return
    assert target.host.isascii()
    assert target.path.startswith("/")
    assert not set(target.path + target.authority) & set("\r\n\t \\#@") - {"@"}
    assert "@" not in target.authority
    again = parse_url(f"{target.scheme}://{target.authority}{target.path}")
    assert again == target


@pytest.mark.parametrize("address", SPECIAL)
def test_special_addresses_are_forbidden(address: str) -> None:
    assert forbidden_address(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255", "126.255.255.255",
     "128.0.0.0", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2606:4700:4700::1111", "2606:4700::5efe:8.8.8.8", "2a00:1450::1"],
)  # fmt: skip
def test_public_addresses_are_not(address: str) -> None:
    assert forbidden_address(address) is None


@given(v4 | v6)
def test_whatever_the_standard_library_calls_private_is_forbidden(address: IPv4Address | IPv6Address) -> None:
    address = normal_address(address)
    if not address.is_global or address.is_multicast or address.is_link_local or address.is_loopback:
        assert forbidden_address(address)


@given(v4)
def test_carriers_of_a_forbidden_address_are_forbidden(address: IPv4Address) -> None:
    number = int(address)
    inner = forbidden_address(address)
    for carrier in (0xFFFF << 32, 0x64FF9B << 96):
        assert (forbidden_address(IPv6Address(carrier + number)) is None) == (inner is None)
    assert forbidden_address(IPv6Address(number))  # IPv4-compatible
    assert forbidden_address(IPv6Address((0x2002 << 112) + (number << 80) + 1))  # 6to4
    assert forbidden_address(IPv6Address((0x20010000 << 96) + (number ^ 0xFFFFFFFF)))  # Teredo


@pytest.mark.parametrize("network", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"])
def test_both_ends_of_a_network_are_inside(network: str) -> None:
    ends = ip_network(network)
    assert forbidden_address(ends[0])
    assert forbidden_address(ends[-1])


def test_normal_address() -> None:
    assert normal_address("::ffff:1.2.3.4") == ip_address("1.2.3.4")
    assert normal_address("fe80::1%eth0") == ip_address("fe80::1")
    with pytest.raises(ValueError):
        normal_address("example.com")


@pytest.mark.parametrize(
    "host",
    ["localhost", "metadata", "a.localhost", "metadata.google.internal", "x.local", "nas.home.arpa", "x.localdomain"],
)
def test_local_names_are_forbidden(host: str) -> None:
    assert forbidden_name(host)


def test_public_names_are_left_to_the_resolver() -> None:
    assert forbidden_name("internal.example.com") is None
    assert forbidden_name("mylocal.example") is None
