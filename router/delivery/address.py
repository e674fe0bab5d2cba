"""Addresses that deliveries may go to: strict URLs, and the table of networks nobody may be sent into.

A URL in a configuration is an order to this program to connect somewhere, given by someone who may sit outside the network it runs in.
So there are two checks, both pure, used by lint and by the egress engine alike:

1. `parse_url` accepts the http(s) URLs that WHATWG's URL standard accepts, less what no webhook needs (credentials, fragments, percent signs in
   the host). Hosts are normalised the way resolvers and browsers do it, so `2130706433`, `0x7f.1`, `0177.0.0.1`, `127.1` and circled
   digits are all seen as the literal 127.0.0.1 that a connection would go to.
2. `forbidden_name` and `forbidden_address` say why a host or an address is out of bounds. The decision that counts is taken on the address
   about to be dialled; names are refused early only where they cannot mean anything public.

`allow_private: true` of an endpoint is the only way past the second check; nothing is past the first. This module resolves nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import quote

import idna
import msgspec

__all__ = [
    "Address",
    "Target",
    "UrlError",
    "forbidden_address",
    "forbidden_name",
    "forbidden_target",
    "normal_address",
    "parse_url",
]

Address = IPv4Address | IPv6Address

URL_CHARACTERS_MAX = 4096
"""Longer URLs are refused; RFC 9110, 4.1 asks for 8000 octets of any recipient, webhooks stay far below."""


class UrlError(ValueError):
    """A URL that cannot be a delivery's address; the message says what is wrong and what to write."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A URL taken apart.

    `host` is what a certificate must name and a resolver is asked: lower-case ASCII, no trailing dot; or the normal form of a literal, without
    brackets. `literal` is set when the host is an address. `authority` is the Host header, `path` the request target (never empty).
    """

    scheme: str
    host: str
    port: int
    authority: str
    path: str
    literal: Address | None = None

    @property
    def is_tls(self) -> bool:
        """Tell whether the connection is encrypted."""
        return self.scheme == "https"


# ---------------------------------------------------------------------------------------------------------------------------------- URLs

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(?P<fragment>#.*)?", re.DOTALL
)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")  # controls, spaces, backslash, lone surrogates
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_CHARACTERS_MAX = 253  # RFC 1035, 2.3.4, in text form


@lru_cache(maxsize=4096)
def parse_url(url: str) -> Target:
    """Return the parts of an absolute http or https URL; raise UrlError with what is wrong.

    Characters in path and query that must be percent-encoded are (UTF-8, as browsers do); everything else there stays as written.
    """
    if len(url) > URL_CHARACTERS_MAX:
        raise UrlError(f"the URL is longer than {URL_CHARACTERS_MAX} characters")
    if (unseen := _UNSEEN.search(url)) is not None:
        raise UrlError(f"the URL holds {unseen[0]!r}; spaces, control characters and backslashes have no place in one")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise UrlError("this is no absolute URL; write one such as https://example.com/hooks")
    scheme = parts["scheme"].lower()
    if scheme not in _DEFAULT_PORTS:
        raise UrlError(f"scheme `{scheme[:20]}` is not supported; write https:// (or http://)")
    if parts["fragment"] is not None:
        raise UrlError("a fragment (`#…`) is never sent to the server; remove it")
    if "@" in parts["authority"]:
        raise UrlError("credentials in a URL end up in logs; use the endpoint's `auth` instead")
    split = _AUTHORITY.fullmatch(parts["authority"])
    if split is None:
        raise UrlError(f"`{parts['authority'][:80]}` is no host with an optional port")
    host, literal = _host(split["host"])
    port = _port(split["port"], _DEFAULT_PORTS[scheme])
    shown = f"[{host}]" if isinstance(literal, IPv6Address) else host
    rest = parts["rest"]
    return Target(
        scheme=scheme,
        host=host,
        port=port,
        authority=shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}",
        path=quote(rest if rest.startswith("/") else "/" + rest, safe="/?%:@!$&'()*+,;=-._~[]|"),
        literal=literal,
    )


def _port(text: str | None, default: int) -> int:
    if not text:
        return default
    if len(text) > 5 or not 1 <= int(text) <= 65535:
        raise UrlError(f"port {text[:10]} is not between 1 and 65535")
    return int(text)


def _host(text: str) -> tuple[str, Address | None]:
    """Return the normal form of a host, and the address if it is one (WHATWG URL, "host parser", without percent-decoding)."""
    if not text:
        raise UrlError("the URL has no host")
    if text.startswith("["):
        try:
            # A zone (`fe80::1%eth0`) names an interface of ours: no business of a URL.
            literal = IPv6Address(text[1:-1]) if "%" not in text else None
        except AddressValueError:
            literal = None
        if literal is None:
            raise UrlError(f"`{text[:60]}` is no IPv6 address")
        return str(literal), literal
    name = _ascii_name(text).removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]) is not None:
        address = _ipv4(labels)
        return str(address), address
    if len(name) > _HOST_CHARACTERS_MAX:
        raise UrlError(f"the host is longer than {_HOST_CHARACTERS_MAX} characters")
    for label in labels:
        if _LABEL.fullmatch(label) is None:
            raise UrlError(f"`{label[:70]}` is no part of a host name; letters, digits and inner hyphens are")
    return name, None


def _ascii_name(text: str) -> str:
    """Return a host in lower-case ASCII: IDNA 2008 after the mapping of UTS 46, which also turns full-width and circled digits to digits."""
    try:
        mapped = text.lower() if text.isascii() else idna.uts46_remap(text, std3_rules=False)
        if not mapped.isascii():
            mapped = idna.encode(mapped).decode("ascii")
        for label in mapped.split("."):
            if label.startswith("xn--"):
                idna.decode(label)
    except (idna.IDNAError, UnicodeError) as fault:
        raise UrlError(f"`{text[:60]}` is no internationalised host name: {fault}") from None
    return mapped


def _ipv4(labels: list[str]) -> IPv4Address:
    """Read one to four numbers, decimal, octal (`0…`) or hexadecimal (`0x…`), the last filling what is left (WHATWG URL, "IPv4 parser")."""
    shown = ".".join(labels)[:60]
    if len(labels) > 4:
        raise UrlError(f"`{shown}` ends in a number but is no IPv4 address")
    numbers = []
    for label in labels:
        number = _number(label)
        if number is None:
            raise UrlError(f"`{shown}` ends in a number but is no IPv4 address")
        numbers.append(number)
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        raise UrlError(f"`{shown}` is out of the range of IPv4 addresses")
    return IPv4Address(sum(number << 8 * (3 - place) for place, number in enumerate(first)) + last)


def _number(label: str) -> int | None:
    if _NUMBER.fullmatch(label) is None or len(label) > 40:
        return None
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    try:
        return int(label, 8 if label.startswith("0") and len(label) > 1 else 10)
    except ValueError:  # 08 is no octal number
        return None


# ------------------------------------------------------------------------------------------------------------------------------- networks

# IANA's special-purpose registries (RFC 6890 and successors), and what Svix, Hook0 and smokescreen refuse beyond them.
_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carriers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "the platform service of Azure"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT relays"),
        ("192.88.99.0/24", "6to4 relays"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved, or broadcast"),
    )
)

_V6_GLOBAL = IPv6Network("2000::/3")  # all that IANA ever gave out as global unicast; what lies outside is special
_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), why)
    for network, why in (
        ("2001::/23", "reserved for protocols (Teredo, benchmarking, ORCHID)"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4, which carries an IPv4 address"),
        ("2620:4f:8000::/48", "AS112"),
        ("3ffe::/16", "the former 6bone"),
        ("3fff::/20", "documentation"),
    )
)
_V4_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052; on IPv6-only networks every IPv4 address is reached through it
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214, 6.1: upper half of the interface identifier

_LOCAL_SUFFIXES = {
    "localhost": "loopback (RFC 6761)",
    "localdomain": "local by convention",
    "local": "resolved on the local link (RFC 6762)",
    "internal": "for private use (ICANN, 2024), cloud metadata among it",
    "home.arpa": "for homes (RFC 8375)",
}


def normal_address(address: Address | str) -> Address:
    """Return an address in the form that is dialled: without a zone, and an IPv4-mapped one as the IPv4 address it stands for.

    Raises ValueError for text that is no address.
    """
    if isinstance(address, str):
        text = address.partition("%")[0]
        address = IPv6Address(text) if ":" in text else IPv4Address(text)
    if isinstance(address, IPv6Address) and address in _V4_MAPPED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def forbidden_address(address: Address | str) -> str | None:
    """Return why nothing may be sent to an address, or None when it is public.

    Addresses that carry an IPv4 address (mapped, NAT64, ISATAP) are judged by it; 6to4, Teredo and IPv4-compatible ones are refused as such.
    """
    address = normal_address(address)
    if isinstance(address, IPv4Address):
        return next((f"{address} is {why}" for network, why in _V4 if address in network), None)
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64:
        inner = forbidden_address(low)
        return f"{address} leads to {inner}" if inner else None
    if address not in _V6_GLOBAL:
        return f"{address} is not in 2000::/3, the public part of IPv6"
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP and (inner := forbidden_address(low)):
        return f"{address} leads to {inner}"
    return next((f"{address} is {why}" for network, why in _V6 if address in network), None)


def forbidden_name(host: str) -> str | None:
    """Return why a host name (as Target has it) cannot be public, or None. It is a courtesy: the address decides."""
    if "." not in host:
        return (
            f"`{host}` has no dot, so it is a name of the local network{' (loopback)' if host == 'localhost' else ''}"
        )
    for suffix, why in _LOCAL_SUFFIXES.items():
        if host.endswith("." + suffix):
            return f"names under `{suffix}` are {why}"
    return None


def forbidden_target(target: Target) -> str | None:
    """Return why a target is out of bounds as far as it can be told without resolving it, or None."""
    return forbidden_address(target.literal) if target.literal is not None else forbidden_name(target.host)
