"""Bad cases: tables of routes made to hurt an index. Each should cost time linear in its size, and none may blow up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from benchmarks.matching.measure import entries_of, seconds
from router.filters import RouteIndex

SIZE = 10_000

Case = tuple[str, list[str], list[dict[str, Any]]]


def cases() -> Iterator[Case]:
    """Yield name, filters and events of each case."""
    rnd = random.Random(7)

    def some(count: int, make: Any) -> list[dict[str, Any]]:
        return [{"type": "t", **make(rnd.randrange(SIZE))} for _ in range(count)]

    every = range(SIZE)
    yield (
        "narrow ranges on one field",
        [f"a > `{n}` && a < `{n + 2}`" for n in every],
        some(200, lambda n: {"a": n + 0.5}),
    )
    prefixes = [f"prefix(a, '{'a' * (1 + n % 200)}{n}')" for n in every]
    yield "200 lengths of prefix, overlapping", prefixes, some(200, lambda n: {"a": "a" * (n % 250) + str(n)})
    yield "distinct suffixes", [f"suffix(a, '.x{n}')" for n in every], some(200, lambda n: {"a": f"f.x{n}"})
    yield "one equality, 5,000 values", [f"a == 'v{n % 5000}'" for n in every], some(200, lambda n: {"a": f"v{n}"})
    either = [" || ".join(f"f{k} == 'v{n}'" for k in range(16)) for n in range(SIZE // 4)]
    yield "16 alternatives on different fields", either, some(100, lambda n: {f"f{n % 16}": f"v{n // 4}"})
    elements = some(5, lambda _: {"a": [f"v{rnd.randrange(10 * SIZE)}" for _ in range(3000)]})
    yield "arrays of 3,000 elements", [f"contains(a, 'v{n}')" for n in every], elements
    yield "everything matches", [f"a != 'x{n}'" for n in every], some(5, lambda _: {"a": "q"})
    yield "nothing but code", [f"length(a) == `{n}`" for n in every], some(5, lambda n: {"a": "v" * (n % 50)})
    globs = [f"glob(a, '*{n % 100}*{n}*')" for n in range(SIZE // 10)]
    yield "globs with stars on both ends", globs, some(20, lambda n: {"a": f"v{n % 100}x{n}y"})
    many = [" || ".join(f"f{k} == '{n}'" for k in range(1500)) for n in range(100)]
    yield "1,500 alternatives on different fields", many, some(5, lambda _: {"f3": "7"})


def report() -> None:
    """Print one line a case: build and match, in processor time."""
    print("\n| bad case | routes | parse and build s | match us | matches |\n|---|---|---|---|---|")
    for name, filters, events in cases():
        building, index = seconds(
            lambda filters=filters: RouteIndex.build(entries_of([(None, text) for text in filters]))
        )
        found = [len(index.match(event).positions) for event in events]
        taken = min(
            seconds(lambda index=index, events=events: [index.match(event) for event in events])[0] for _ in range(3)
        )
        print(
            f"| {name} | {len(filters):,} | {building:.2f} | {taken / len(events) * 1e6:,.1f} | {sum(found) / len(found):.1f} |",
            flush=True,
        )
