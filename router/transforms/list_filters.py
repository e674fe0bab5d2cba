"""Filters over lists and objects, and the tests that `is`, `select` and their like apply.

Each takes the budget first and the value second, and spends a step an item before it starts. Where a filter takes `attribute`, it is a
path such as `customer.name` or `lines.0.sku`, already split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from router.transforms.budget import MISSING, Budget, weigh
from router.transforms.limits import TEXT_PER_STEP
from router.transforms.operators import add, dig, number, piece, present
from router.transforms.predicates import is_undefined
from router.transforms.problem import Fault, kind_of

__all__ = [
    "dictsort",
    "first",
    "group_by",
    "items",
    "join",
    "last",
    "length",
    "map_attribute",
    "map_filter",
    "maximum",
    "minimum",
    "reverse",
    "select",
    "sort",
    "to_list",
    "total",
    "unique",
]

Attribute = tuple[str | int, ...]


def _sequence(budget: Budget, name: str, value: Any) -> list[Any]:
    if type(value) is dict:
        value = list(value)
    elif type(value) is not list:
        raise Fault(f"`{name}` needs a list, not {kind_of(value)}")
    budget.spend(1 + len(value))
    return value  # type: ignore[no-any-return]


def _member(entry: Any, attribute: Attribute) -> Any:
    found = dig(entry, *attribute)
    if found is MISSING:
        raise Fault(f"an item has no `{'.'.join(map(str, attribute))}`")
    return found


def length(budget: Budget, value: Any) -> int:
    """Return how many items, members or characters there are."""
    if type(value) is list or type(value) is dict or type(value) is str:
        return len(value)
    raise Fault(f"{kind_of(value)} has no length")


def first(budget: Budget, value: Any) -> Any:
    """Return the first item or character; missing when there is none."""
    return _end("first", value, 0)


def last(budget: Budget, value: Any) -> Any:
    """Return the last item or character; missing when there is none."""
    return _end("last", value, -1)


def _end(name: str, value: Any, index: int) -> Any:
    if type(value) is not list and type(value) is not str:
        raise Fault(f"`{name}` needs a list, not {kind_of(value)}")
    return value[index] if value else MISSING


def join(budget: Budget, value: Any, d: str = "", attribute: Attribute | None = None) -> str:
    """Return the texts of all items, with `d` between them."""
    entries = _sequence(budget, "join", value)
    if attribute is not None:
        entries = [_member(entry, attribute) for entry in entries]
    if type(d) is not str:
        raise Fault(f"`join` puts a string between the items, not {kind_of(d)}")
    texts = [piece(budget, entry) for entry in entries]
    budget.spend_text(sum(map(len, texts)) + len(d) * len(texts))
    return d.join(texts)


def to_list(budget: Budget, value: Any) -> list[Any]:
    """Return the items of a list, the names of an object, or the characters of a string."""
    if type(value) is str:
        budget.spend(1 + len(value))
        return list(value)
    return list(_sequence(budget, "list", value))


def reverse(budget: Budget, value: Any) -> Any:
    """Return a list or string back to front."""
    if type(value) is str:
        return piece(budget, value)[::-1]
    return _sequence(budget, "reverse", value)[::-1]


def items(budget: Budget, value: Any) -> list[list[Any]]:
    """Return the members of an object as pairs of name and value, in their order."""
    if type(value) is not dict:
        raise Fault(f"`items` needs an object, not {kind_of(value)}")
    budget.spend(1 + 2 * len(value))
    return [[name, entry] for name, entry in value.items()]


# -- order


def _key(budget: Budget, value: Any, *, case_sensitive: bool) -> Any:
    if type(value) is str:
        budget.spend(len(value) // TEXT_PER_STEP)
        return value if case_sensitive else value.lower()
    if type(value) is dict or type(value) is list:
        weigh(budget, value)
    return value


def _sorted(keys: list[Any], entries: list[Any], *, reverse: bool) -> list[Any]:
    kinds = {_order_kind(key) for key in keys}
    if len(kinds) > 1 or None in kinds:
        found = sorted({kind_of(key) for key in keys})
        raise Fault(f"only numbers, or only strings, have an order; found {' and '.join(found)}")
    order = sorted(range(len(entries)), key=keys.__getitem__, reverse=reverse)
    return [entries[position] for position in order]


def _order_kind(key: Any) -> str | None:
    if type(key) is tuple:
        kinds = [_order_kind(part) for part in key]
        return None if None in kinds else ",".join(str(kind) for kind in kinds)
    return "string" if type(key) is str else "number" if isinstance(key, int | float) else None


def _keys(
    budget: Budget, entries: list[Any], attribute: Sequence[Attribute] | None, *, case_sensitive: bool
) -> list[Any]:
    if attribute is None:
        return [_key(budget, entry, case_sensitive=case_sensitive) for entry in entries]
    return [
        tuple(_key(budget, _member(entry, part), case_sensitive=case_sensitive) for part in attribute)
        for entry in entries
    ]


def sort(
    budget: Budget,
    value: Any,
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: Sequence[Attribute] | None = None,
) -> list[Any]:
    """Return the items in order, by themselves or by one or more attributes (`attribute='country,name'`)."""
    entries = _sequence(budget, "sort", value)
    budget.spend(3 * len(entries))  # making keys and comparing them costs about what four turns of a loop do
    return _sorted(
        _keys(budget, entries, attribute, case_sensitive=bool(case_sensitive)), entries, reverse=bool(reverse)
    )


def dictsort(
    budget: Budget, value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[list[Any]]:
    """Return the members of an object as pairs, in order of name or, with `by='value'`, of value."""
    if by not in ("key", "value"):
        raise Fault("`dictsort` sorts by `key` or by `value`")
    pairs = items(budget, value)
    keys = [_key(budget, pair[by == "value"], case_sensitive=bool(case_sensitive)) for pair in pairs]
    return _sorted(keys, pairs, reverse=bool(reverse))


def minimum(
    budget: Budget, value: Any, case_sensitive: bool = False, attribute: Sequence[Attribute] | None = None
) -> Any:
    """Return the smallest item, by itself or by an attribute; missing when there is none."""
    entries = sort(budget, value, False, case_sensitive, attribute)
    return entries[0] if entries else MISSING


def maximum(
    budget: Budget, value: Any, case_sensitive: bool = False, attribute: Sequence[Attribute] | None = None
) -> Any:
    """Return the largest item, by itself or by an attribute; missing when there is none."""
    entries = sort(budget, value, True, case_sensitive, attribute)
    return entries[0] if entries else MISSING


def unique(budget: Budget, value: Any, case_sensitive: bool = False, attribute: Attribute | None = None) -> list[Any]:
    """Return the items without repeats, the first of each kept."""
    entries = _sequence(budget, "unique", value)
    seen: set[Any] = set()
    kept = []
    for entry in entries:
        key = _key(
            budget, entry if attribute is None else _member(entry, attribute), case_sensitive=bool(case_sensitive)
        )
        mark = (type(key), key) if type(key) is not dict and type(key) is not list else (list, repr(key))
        if mark not in seen:
            seen.add(mark)
            kept.append(entry)
    return kept


def group_by(budget: Budget, value: Any, attribute: Attribute) -> list[list[Any]]:
    """Return pairs of an attribute's value and the list of the items that have it, in order of the value."""
    entries = _sequence(budget, "groupby", value)
    groups: dict[Any, list[Any]] = {}
    for entry in entries:
        key = _member(entry, attribute)
        if type(key) is dict or type(key) is list:
            raise Fault(f"`groupby` needs a simple value, not {kind_of(key)}")
        _key(budget, key, case_sensitive=True)
        groups.setdefault(key, []).append(entry)
    return [[key, groups[key]] for key in _sorted(list(groups), list(groups), reverse=False)]


def total(budget: Budget, value: Any, attribute: Attribute | None = None, start: int | float = 0) -> Any:
    """Return the sum of numbers, the items themselves or an attribute of each."""
    found: Any = start
    for entry in _sequence(budget, "sum", value):
        part = entry if attribute is None else _member(entry, attribute)
        if type(part) is not int and type(part) is not float:
            raise Fault(f"`sum` adds numbers, not {kind_of(part)}")
        found = add(budget, found, part)
    return number(found) if type(found) is int or type(found) is float else found


# -- each item


def map_attribute(budget: Budget, value: Any, attribute: Attribute, default: Any = MISSING) -> list[Any]:
    """Return one member of every item; `default` for items without it, and a Fault without one."""
    entries = _sequence(budget, "map", value)
    if default is MISSING:
        if len(attribute) == 1:
            step = attribute[0]
            with suppress(KeyError, IndexError, TypeError):  # the common way in one go; the slow one says what is wrong
                return [entry[step] for entry in entries]
        return [_member(entry, attribute) for entry in entries]
    found = [dig(entry, *attribute) for entry in entries]
    return [default if entry is MISSING else entry for entry in found]


def map_filter(budget: Budget, value: Any, function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Return what a filter makes of every item."""
    return [present(function(budget, entry, *arguments)) for entry in _sequence(budget, "map", value)]


def select(
    budget: Budget,
    value: Any,
    attribute: Attribute,
    predicate: Callable[..., bool] | None,
    keep: bool,
    *arguments: Any,
) -> list[Any]:
    """Return the items of which a test holds (`keep`) or does not; without a test, those that are truthy.

    An item without the attribute passes no test but `undefined`.
    """
    kept = []
    for entry in _sequence(budget, "select" if keep else "reject", value):
        subject = dig(entry, *attribute) if attribute else entry
        if subject is MISSING:
            holds = predicate is is_undefined
        elif predicate is None:
            holds = bool(subject)
        else:
            holds = bool(predicate(budget, subject, *arguments))
        if holds is keep:
            kept.append(entry)
    return kept
