"""RouteIndex: it answers what running every filter would, on random tables of routes and events of every wrong type."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.filters import Filter, FilterError, Matched, RouteEntry, RouteIndex
from router.filters.explain import is_ruled_out
from tests.corpora import corpus
from tests.filters.expressions import NAMES, SCALARS, STRINGS, Expressions, document


def naive(entries: list[RouteEntry], event: dict[str, Any]) -> Matched:
    """Run every filter; report a failure unless a condition alone rules its filter out."""
    positions, failures = [], []
    for entry in sorted(entries, key=lambda entry: entry.position):
        if entry.types is not None and event.get("type") not in entry.types:
            continue
        try:
            if entry.filter is None or entry.filter.matches(event):
                positions.append(entry.position)
        except FilterError as error:
            assert entry.filter is not None
            if not is_ruled_out(entry.filter, event):
                failures.append((entry.position, str(error)))
    return Matched(positions, failures)


def table(rnd: random.Random, size: int) -> list[RouteEntry]:
    expressions = Expressions(rnd)
    patterns = [expressions.filter() for _ in range(max(1, size // 3))]
    entries = []
    for position in rnd.sample(range(size * 3), size):
        text = rnd.choice(patterns) if rnd.random() < 0.3 else expressions.filter()
        if rnd.random() < 0.5:
            text = f"{rnd.choice(NAMES)} == '{rnd.choice(STRINGS)}' && {text}"
        types = rnd.choice([None, frozenset(["t1"]), frozenset(["t2", "t3"]), frozenset(f"t{n}" for n in range(2, 30))])
        entries.append(RouteEntry(position=position, types=types, filter=Filter(text) if rnd.random() < 0.97 else None))
    return entries


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_it_answers_as_running_every_filter(rnd: random.Random, size: int) -> None:
    entries = table(rnd, size)
    index = RouteIndex.build(entries)
    for _ in range(5):
        event = document(rnd)
        assert index.match(event) == naive(entries, event), json.dumps(event)


@pytest.mark.parametrize(("seed", "size"), [(1, 5), (2, 30), (3, 200), (4, 600), (5, 1500), (6, 3000)])
def test_it_answers_as_running_every_filter_at_every_size(seed: int, size: int) -> None:
    rnd = random.Random(seed)
    entries = table(rnd, size)
    index = RouteIndex.build(entries)
    for _ in range(30):
        event = document(rnd)
        assert index.match(event) == naive(entries, event), json.dumps(event)


KINDS = {
    "equal": ("a == 'v{0}'", lambda n: f"v{n}"),
    "not equal": ("a != 'v{0}'", lambda n: f"v{n}"),
    "numbers and booleans": ("contains(`[{0}, true]`, a)", lambda n: n),
    "prefix": ("prefix(a, 'v{0}')", lambda n: f"v{n}z"),
    "no prefix": ("!prefix(a, 'v{0}')", lambda n: f"v{n}z"),
    "long prefix": ("prefix(a, '" + "p" * 270 + "{0}')", lambda n: "p" * 270 + f"{n}x"),
    "starts_with": ("starts_with(a, 'v{0}')", lambda n: f"v{n}z"),
    "suffix": ("suffix(a, 'v{0}')", lambda n: f"zv{n}"),
    "suffix or empty": ('suffix(a, `["v{0}", ""]`)', lambda n: f"zv{n}"),
    "neither suffix nor empty": ('!suffix(a, `["v{0}", ""]`)', lambda n: f"zv{n}"),
    "prefix or empty": ('prefix(a, `["v{0}", ""]`)', lambda n: f"v{n}"),
    "two globs": ("glob(a, ['v{0}*z', '*y{0}'])", lambda n: f"v{n}y{n}"),
    "ends_with": ("ends_with(a, 'v{0}')", lambda n: f"zv{n}"),
    "glob": ("glob(a, 'v{0}*z')", lambda n: f"v{n}yz"),
    "network": ("cidr(a, '10.{1}.0.0/16')", lambda n: f"10.{n % 256}.3.4"),
    "above": ("a > `{0}`", lambda n: n),
    "at most": ("a <= `{0}`", lambda n: n + 0.5),
    "not above": ("!(a > `{0}`)", lambda n: n),
    "between": ("a >= `{0}` && a < `{2}`", lambda n: n),
    "open between": ("a > `{0}` && a <= `{2}`", lambda n: n),
    "empty": ("a > `{2}` && a < `{0}`", lambda n: n),
    "truth": ("a", lambda n: n),
    "array": ("contains(a, 'v{0}')", lambda n: [f"v{n}", f"v{n + 1}"]),
    "any": ("any_in(a, ['v{0}', 'v{2}'])", lambda n: [f"v{n}", 1, None, {}]),
    "members": ("a[?b == 'v{0}']", lambda n: [{"b": f"v{n}"}, {"b": 1}, 3]),
    "members and more": ("a[?b == 'v{0}' && c > `1`]", lambda n: [{"b": f"v{n}", "c": 2}, {"b": f"v{n + 1}", "c": 1}]),
    "code": ("length(a) == `{1}`", lambda n: "x" * (n % 9)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [3, 60, 700, 2000])
def test_each_kind_of_condition_at_each_size(kind: str, size: int) -> None:
    """Below 5 clauses run as code, up to 512 a generated leaf decides, beyond that a large leaf or a tree does."""
    text, value = KINDS[kind]
    entries = [RouteEntry(position=n, types=None, filter=Filter(text.format(n, n % 256, n + 5))) for n in range(size)]
    index = RouteIndex.build(entries)
    rnd = random.Random(size)
    values = [value(n) for n in (0, 1, 2, size // 2, size - 1, size, rnd.randrange(size))]
    for seen in [*values, *SCALARS, [], {}, ["x", 1, True], [["v1"]], [{"b": "v1"}], {"b": "v1"}]:
        assert index.match({"type": "t", "a": seen}) == naive(entries, {"type": "t", "a": seen}), seen
    assert index.match({"type": "t"}) == naive(entries, {"type": "t"})


def test_a_branch_that_fails_fails_the_filter() -> None:
    index = RouteIndex.build([RouteEntry(position=7, filter=Filter("starts_with(a, 'x') || b == 'y'"))])
    assert index.match({"b": "y"}).positions == []
    assert [position for position, _ in index.match({"b": "y"}).failures] == [7]
    assert "starts_with" in index.match({"b": "y"}).failures[0][1]
    assert index.match({"a": "z", "b": "y"}).positions == [7]


def test_a_filter_ruled_out_does_not_fail_whatever_else_is_there() -> None:
    probe = RouteEntry(position=0, filter=Filter("starts_with(a, 'x') && b == 'y'"))
    others = [RouteEntry(position=n, filter=Filter(f"b == 'y{n}'")) for n in range(1, 100)]
    for entries in ([probe], [probe, *others]):
        index = RouteIndex.build(entries)
        assert index.match({"b": "n"}) == Matched([], [])
        assert [position for position, _ in index.match({"b": "y"}).failures] == [0]


def test_types_select() -> None:
    entries = [
        RouteEntry(position=3, types=frozenset(["a", "b"])),
        RouteEntry(position=1, types=None),
        RouteEntry(position=2, types=frozenset()),
        RouteEntry(position=0, types=frozenset(f"wide{n}" for n in range(40))),
    ]
    index = RouteIndex.build(entries)
    assert len(index) == 4
    assert index.match({"type": "a"}).positions == [1, 3]
    assert index.match({"type": "wide7"}).positions == [0, 1]
    assert index.match({"type": "z"}).positions == [1]
    assert index.match({}).positions == [1]
    assert index.match({"type": ["a"]}).positions == [1]


def test_an_empty_index_matches_nothing() -> None:
    assert RouteIndex.build([]).match({"type": "a"}) == Matched([], [])


@pytest.mark.parametrize(
    ("number", "rule_number", "expected"),
    [(1, 1, [0]), (1, 2, [0]), (2, 1, []), (2, 2, []), (3, 3, []), (3, 4, [0]), (4, 3, [0]), (4, 4, [0])],
)
def test_event_rulers_array_scenarios(number: int, rule_number: int, expected: list[int]) -> None:
    """An array pattern demands that one element meet all of its members: `[?a == 'x' && b == 'y']`."""
    event = json.loads(corpus("eventbridge", "event-ruler-data", f"arrayEvent{number}.json").read_text())
    rule = json.loads(corpus("eventbridge", "event-ruler-data", f"arrayRule{rule_number}.json").read_text())
    terms = consistent(rule, event, "")
    entries = [RouteEntry(position=0, filter=Filter(" && ".join(terms)))]
    entries += [RouteEntry(position=n, filter=Filter(f"{terms[0]} && other == 'v{n}'")) for n in range(1, 50)]
    assert RouteIndex.build(entries).match(event).positions == expected
    assert naive(entries, event).positions == expected


def consistent(rule: Any, sample: Any, path: str) -> list[str]:
    """Return a rule's conditions, with those below one array in one filter projection."""
    terms = []
    for name, wanted in rule.items():
        value = sample.get(name) if isinstance(sample, dict) else None
        here = f'{path}."{name}"' if path else f'"{name}"'
        if isinstance(wanted, list):
            terms.append(f"any_in({here}, `{json.dumps(wanted)}`)")
        elif isinstance(value, list):
            inner = " && ".join(consistent(wanted, value[0], ""))
            terms.append(f"{here}[?{inner}]")
        else:
            terms += consistent(wanted, value, here)
    return terms


@pytest.mark.parametrize("size", [3, 40, 700])
def test_warming_changes_no_answer_and_leaves_nothing_to_do(size: int) -> None:
    rnd = random.Random(size)
    entries = table(rnd, size)
    index = RouteIndex.build(entries)
    events = [document(rnd) for _ in range(20)]
    assert index.warm(pieces_max=1) == 1
    assert index.warm() > 0
    assert index.warm() == 0
    assert [index.match(event) for event in events] == [naive(entries, event) for event in events]
