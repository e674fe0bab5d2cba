"""Mixes: sets of routes of any size, with events for them.

`tenant`    each route belongs to one tenant and has one to three further conditions; each event is some route's own tenant and type
`six`       six conditions a route over as many operators, ten routes match each event (the workload that hypermatch publishes)
`arrays`    conditions on array elements; events have 20 items and 10 tags
`patterns`  EventBridge patterns found in public repositories, in their proportions; `${…}` is filled in a route at a time
`mixed`     half of the routes name a tenant, the rest only broad conditions: many routes match
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.matching.measure import Route
from benchmarks.matching.patterns import event_for, filled, filter_of

Mix = Callable[[int, int], tuple[list[Route], list[bytes]]]
"""Takes the number of routes and of events."""

COUNTRIES = ["DE", "FR", "US", "GB", "NL", "ES", "IT", "PL", "SE", "CH"]
TIERS = ["gold", "silver", "bronze"]
CHANNELS = ["web", "app", "store"]
STATES = ["new", "paid", "shipped", "cancelled"]
TYPES = [f"type.{number}" for number in range(50)]
WEIGHTS = [1 / (number + 1) for number in range(50)]
TAGS = ["new", "vip", "gift", "b2b", "promo", "eu"]


def order(rnd: random.Random, kind: str, tenant: str) -> dict[str, Any]:
    """Return an order event of about 1.1 kB."""
    return {
        "specversion": "1.0",
        "id": f"{rnd.getrandbits(128):032x}",
        "source": f"/shop/{rnd.choice(['eu', 'us', 'asia'])}",
        "type": kind,
        "time": "2026-01-02T03:04:05Z",
        "subject": f"order/{rnd.randrange(10**6)}",
        "data": {
            "id": f"o{rnd.randrange(10**6)}",
            "tenant": tenant,
            "country": rnd.choice(COUNTRIES),
            "total": rnd.randrange(5000) + 0.5,
            "currency": "EUR",
            "status": rnd.choice(STATES),
            "channel": rnd.choice(CHANNELS),
            "customer": {
                "id": f"c{rnd.randrange(10**5)}",
                "tier": rnd.choice(TIERS),
                "email": f"user{rnd.randrange(10**4)}@example.{rnd.choice(['com', 'org', 'net'])}",
                "address": {"street": "Long Street 12", "city": rnd.choice(["Berlin", "Paris"]), "zip": "10115"},
            },
            "tags": rnd.sample(TAGS, 2),
            "sku": f"SKU-{rnd.randrange(3000):04d}",
            "items": [
                {
                    "sku": f"A-{rnd.randrange(100)}",
                    "quantity": rnd.randrange(1, 5),
                    "price": 9.5,
                    "name": "Thing number one",
                }
                for _ in range(5)
            ],
            "note": "Please leave the parcel with the neighbour if nobody is at home, thank you very much indeed.",
        },
    }


def conditions(rnd: random.Random) -> list[str]:
    """Return one of each kind of condition, with random constants."""
    low = rnd.randrange(4500)
    return [
        f"data.country == '{rnd.choice(COUNTRIES)}'",
        f"data.country != '{rnd.choice(COUNTRIES)}'",
        f"data.total > `{rnd.randrange(5000)}`",
        f"data.total >= `{low}` && data.total < `{low + 500}`",
        f"data.customer.tier == '{rnd.choice(TIERS)}'",
        f"data.channel == '{rnd.choice(CHANNELS)}'",
        "contains(['{}', '{}'], data.status)".format(*rnd.sample(STATES, 2)),
        f"contains(data.tags, '{rnd.choice(TAGS)}')",
        f"starts_with(data.sku, 'SKU-{rnd.randrange(3)}')",
        f"ends_with(data.customer.email, '.{rnd.choice(['com', 'org', 'net'])}')",
        f"data.items[?sku == 'A-{rnd.randrange(100)}']",
        f"data.customer.address.city == '{rnd.choice(['Berlin', 'Paris'])}'",
        "(data.channel == 'web' || data.customer.tier == 'gold')",
    ]


def tenant(size: int, count: int) -> tuple[list[Route], list[bytes]]:
    """See the module."""
    rnd = random.Random(1)
    routes: list[Route] = []
    owners = []
    for number in range(size):
        kind = rnd.choices(TYPES, WEIGHTS)[0]
        owners.append((kind, f"tenant-{number}"))
        chosen = rnd.sample(conditions(rnd), rnd.randrange(1, 4))
        routes.append((frozenset([kind]), " && ".join([f"data.tenant == 'tenant-{number}'", *chosen])))
    return routes, [orjson.dumps(order(rnd, *rnd.choice(owners))) for _ in range(count)]


def mixed(size: int, count: int) -> tuple[list[Route], list[bytes]]:
    """See the module."""
    rnd = random.Random(2)
    tenants = [f"tenant-{number}" for number in range(max(1, size // 4))]
    routes: list[Route] = []
    for _ in range(size):
        chosen = rnd.sample(conditions(rnd), rnd.randrange(1, 4))
        if rnd.random() < 0.5:
            chosen.insert(0, f"data.tenant == '{rnd.choice(tenants)}'")
        routes.append((frozenset(rnd.choices(TYPES, WEIGHTS)), " && ".join(chosen)))
    events = [order(rnd, rnd.choices(TYPES, WEIGHTS)[0], rnd.choice(tenants)) for _ in range(count)]
    return routes, list(map(orjson.dumps, events))


def six(size: int, count: int) -> tuple[list[Route], list[bytes]]:
    """See the module."""
    rnd = random.Random(3)
    groups = max(1, size // 10)
    routes: list[Route] = []
    for number in range(size):
        group = number % groups
        text = (
            f"region == 'r{group % 97}' && prefix(host, 'h{group}-') && suffix(path, '.{group % 13}') && "
            f"load >= `{group}` && load < `{group + 1}` && contains(['s{group % 7}', 's{group % 5}'], state) && "
            f"owner != 'o{group % 11}'"
        )
        routes.append((None, text))
    events = []
    for _ in range(count):
        group = rnd.randrange(groups)
        events.append(
            {
                "type": "load.measured",
                "region": f"r{group % 97}",
                "host": f"h{group}-{rnd.randrange(100)}",
                "path": f"/some/where/{rnd.randrange(1000)}.{group % 13}",
                "load": group + rnd.random(),
                "state": f"s{group % 7}",
                "owner": "nobody",
            }
        )
    return routes, list(map(orjson.dumps, events))


def arrays(size: int, count: int) -> tuple[list[Route], list[bytes]]:
    """See the module."""
    rnd = random.Random(4)
    values = max(10, size)
    routes: list[Route] = []
    for number in range(size):
        text = (
            f"data.items[?sku == 'S-{number}' && quantity > `2`]",
            f"contains(data.tags, 't-{number}')",
            f"any_in(data.tags, ['t-{number}', 't-{number + 1}']) && data.channel == 'web'",
            f"contains(data.items[*].sku, 'S-{number}') && data.total > `2500`",
        )[number % 4]
        routes.append((frozenset(["order.placed"]), text))
    events = []
    for _ in range(count):
        event = order(rnd, "order.placed", "t")
        event["data"]["items"] = [
            {"sku": f"S-{rnd.randrange(values)}", "quantity": rnd.randrange(1, 5), "price": 9.5} for _ in range(20)
        ]
        event["data"]["tags"] = [f"t-{rnd.randrange(values)}" for _ in range(10)]
        events.append(orjson.dumps(event))
    return routes, events


def patterns_from(path: Path) -> Mix:
    """Return the mix of the patterns in a corpus file."""
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
    usable = [row for row in rows if filter_of(filled(row["pattern"], 0)) is not None]
    weights = [row["occurrences"] for row in usable]

    def mix(size: int, count: int) -> tuple[list[Route], list[bytes]]:
        rnd = random.Random(5)
        chosen = rnd.choices(usable, weights, k=size)
        routes: list[Route] = []
        for number, row in enumerate(chosen):
            expression = filter_of(filled(row["pattern"], number))
            if expression is not None:
                routes.append((None, expression))
        events = []
        for _ in range(count):
            number = rnd.randrange(size)
            event = {
                "version": "0",
                "id": f"{rnd.getrandbits(128):032x}",
                "account": "123456789012",
                "region": "eu-west-1",
            }
            events.append(orjson.dumps(event | event_for(filled(chosen[number]["pattern"], number))))
        return routes, events

    return mix


def mixes(corpus: Path) -> dict[str, Mix]:
    """Return all mixes by name; the patterns only where the corpus is."""
    path = corpus / "eventbridge" / "patterns-in-the-wild.jsonl"
    found: dict[str, Mix] = {"tenant": tenant, "six": six, "arrays": arrays, "mixed": mixed}
    if path.exists():
        found["patterns"] = patterns_from(path)
    return found


def sizes(*, quick: bool) -> Sequence[int]:
    """Return the numbers of routes to measure."""
    return (10, 1_000, 10_000) if quick else (1, 10, 100, 1_000, 10_000, 100_000)
