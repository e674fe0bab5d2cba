"""Run the matching benchmark and print its tables."""

from __future__ import annotations

import argparse
import gc
import os
import platform
from pathlib import Path
from typing import Any

import jmespath
import orjson

from benchmarks.matching.bad_cases import report
from benchmarks.matching.citylots import RULE_SETS, lots
from benchmarks.matching.measure import Contender, Route, bytes_per_route, collection_ms, entries_of, paired, seconds
from benchmarks.matching.mixes import Mix, mixes, sizes
from router.filters import FilterError, RouteEntry, RouteIndex

HEAD = "| mix, routes | events/s | us/event | of it decoding | partial us/event | matches | compiled loop us | jmespath.py loop us | parse s | build s | B/route | gc ms |"


def main() -> None:
    """Parse arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer sizes, events and rounds; under a minute")
    parser.add_argument(
        "--mix", action="append", help="only this mix (repeatable); `citylots` for the rule sets, `bad` for bad cases"
    )
    arguments = parser.parse_args()
    corpus = Path(os.environ.get("ROUTER_CORPORA", Path(__file__).resolve().parents[3] / "shared" / "corpora"))
    print(
        f"CPython {platform.python_version()}, {platform.machine()}, one thread; medians of processor time, JSON decoding included"
    )
    print(f"\n{HEAD}\n{'|---' * HEAD.count(' | ')}|---|")
    for name, mix in mixes(corpus).items():
        if not arguments.mix or name in arguments.mix:
            for size in sizes(quick=arguments.quick):
                print(_row(name, mix, size, quick=arguments.quick), flush=True)
                gc.unfreeze()
                gc.collect()
    if not arguments.mix or "citylots" in arguments.mix:
        _citylots(quick=arguments.quick)
    if not arguments.mix or "bad" in arguments.mix:
        report()


def _row(name: str, mix: Mix, size: int, *, quick: bool) -> str:
    routes, events = mix(size, 400 if quick else 2_000)
    gc.collect()
    figures = _figures(routes, events, quick=quick)
    held = f"{bytes_per_route(routes):,.0f}" if 100 <= size <= (1_000 if quick else 100_000) else ""
    return (
        f"| {name} {size:,} | {1e6 / figures['index']:,.0f} | {figures['index']:.2f} | {figures['decode']:.2f} | "
        f"{figures['partial']:.2f} | {figures['matches']:.2f} | {_figure(figures, 'compiled')} | {_figure(figures, 'naive')} | {figures['parse_s']:.2f} | "
        f"{figures['build_s']:.2f} | {held} | {figures['pause_ms']:.2f} |"
    )


def _figures(routes: list[Route], events: list[bytes], *, quick: bool) -> dict[str, float]:
    """Return microseconds an event by contender, and what else one row says."""
    size = len(routes)
    parsing, entries = seconds(lambda: entries_of(routes))
    building, index = seconds(lambda: RouteIndex.build(entries))
    for event in events:
        index.match(orjson.loads(event))
    gc.collect()
    gc.freeze()
    pause = collection_ms()
    index.match_bytes(events[0])
    few = events[: max(10, 20_000 // size)] if size > 10 else events
    contenders: dict[str, Contender] = {
        "decode": orjson.loads,
        "index": lambda event: index.match(orjson.loads(event)),
        "partial": index.match_bytes,
    }
    figures = paired(contenders, events, 5 if quick else 9)
    slow: dict[str, Contender] = {}
    if size <= 10_000:
        slow["compiled"] = _compiled_loop(entries)
    if size <= 1_000:
        slow["naive"] = _naive_loop(routes)
    figures |= paired(slow, few if size <= 100 else few[:20], 3)
    figures["matches"] = sum(len(index.match(orjson.loads(event)).positions) for event in events) / len(events)
    return figures | {"parse_s": parsing, "build_s": building, "pause_ms": pause}


def _figure(figures: dict[str, float], name: str) -> str:
    return f"{figures[name]:,.1f}" if name in figures else ""


def _compiled_loop(entries: list[RouteEntry]) -> Contender:
    """Run every filter whose types fit, compiled: what the index saves."""

    def run(event: bytes) -> list[int]:
        document = orjson.loads(event)
        kind = document.get("type")
        found = []
        for entry in entries:
            if entry.types is None or kind in entry.types:
                try:
                    if entry.filter is None or entry.filter.matches(document):
                        found.append(entry.position)
                except FilterError:
                    pass
        return found

    return run


def _naive_loop(routes: list[Route]) -> Contender | Any:
    """Run every filter whose types fit with jmespath.py; our own functions, which it lacks, are given to it."""
    options = jmespath.Options(custom_functions=_library_functions())
    compiled = [(types, jmespath.compile(expression)) for types, expression in routes]

    def run(event: bytes) -> list[int]:
        document = orjson.loads(event)
        kind = document.get("type")
        found = []
        for number, (types, expression) in enumerate(compiled):
            if types is None or kind in types:
                try:
                    if expression.search(document, options):
                        found.append(number)
                except (ValueError, TypeError):
                    pass
        return found

    return run


def _library_functions() -> Any:
    from jmespath import functions

    from router.filters.functions import FUNCTIONS

    names = ("any_in", "cidr", "glob", "lower", "prefix", "suffix")
    bodies = {}
    for name in names:
        body = FUNCTIONS[name]
        takes = [{"types": []}] * (1 if name == "lower" else 2)
        bodies[f"_func_{name}"] = functions.signature(*takes)(lambda _, *given, body=body: body(*given))
    return type("LibraryFunctions", (functions.Functions,), bodies)()


def _citylots(*, quick: bool) -> None:
    events = lots(1_000 if quick else 8_000)
    size = sum(map(len, events)) / len(events)
    print(f"\ncitylots-like data, {len(events):,} lots of {size:.0f} bytes\n")
    print(
        "| rule set | events/s | us/event | of it decoding | partial us/event | matches in 1,000 |\n|---|---|---|---|---|---|"
    )
    for name, rules in RULE_SETS.items():
        index = RouteIndex.build(entries_of([(None, rule) for rule in rules]))
        figures = paired(
            {
                "decode": orjson.loads,
                "index": lambda event, index=index: index.match(orjson.loads(event)),
                "partial": index.match_bytes,
            },
            events,
            5 if quick else 9,
        )
        matches = sum(len(index.match(orjson.loads(event)).positions) for event in events) / len(events) * 1000
        print(
            f"| {name} | {1e6 / figures['index']:,.0f} | {figures['index']:.2f} | {figures['decode']:.2f} | {figures['partial']:.2f} | {matches:.0f} |",
            flush=True,
        )


main()
