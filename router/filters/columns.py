"""Columns: the look-up tables of one leaf, as sets of bits.

A leaf numbers its clauses; a set of clauses is a Python integer. A *column* gathers what all these clauses demand of one probe in one
way. Given the probe's value it returns the clauses that this value does not rule out:

    base XOR hits(value)

where `base` has a bit for each clause that demands nothing here or demands the opposite, and `hits` has a bit for each clause whose
condition the value meets. One rule for conditions and negated ones; a leaf's answer is the intersection over its columns.

In a large leaf a set is mostly zeros, so its tables hold either the integer or the numbers of its members, whichever is smaller: memory
stays proportional to the number of conditions. A column returns None when the value's type makes conditions of a kind that can fail
undecidable here; the clauses it covers must then run as code, which also gives the failure its message.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Any, Final

from router.filters.conditions import Condition
from router.filters.functions import address_bits
from router.filters.values import is_true

__all__ = [
    "FALSE_KEY",
    "PLAIN_CLAUSES_MAX",
    "TAGS",
    "TEXT_CODE_POINTS_MAX",
    "TRUE_KEY",
    "AnyColumn",
    "Column",
    "Demand",
    "EqualColumn",
    "RangeColumn",
    "TextColumn",
    "TruthColumn",
    "column_of",
    "mask_of",
]

PLAIN_CLAUSES_MAX: Final = 1024
"""Up to this size a table's sets are plain integers and a range column keeps one at every bound."""

TEXT_CODE_POINTS_MAX: Final = 256
"""Prefixes are looked up once for each length, so longer ones are looked up by their first 256 characters and then verified."""

_STRIDE: Final = 64
"""A large range column keeps the set at each 64th bound, and changes at most 64 bits from there."""

Demand = tuple[int, Condition, tuple[Any, ...]]
"""A clause's number in the leaf, its condition in this column, and the constants of its filter."""

Bits = int | tuple[int, ...]

TRUE_KEY: Final = object()
FALSE_KEY: Final = object()
TAGS: Final = {True: TRUE_KEY, False: FALSE_KEY}
"""Python's dict takes true for 1 and false for 0, so booleans go by these keys where a column has any of the four."""


def mask_of(numbers: Iterable[int], size: int) -> int:
    """Return the set with these members, out of `size`."""
    octets = bytearray((size >> 3) + 1)
    for number in numbers:
        octets[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(octets, "little")


def _packed(table: dict[Any, list[int]], size: int) -> dict[Any, Bits]:
    if size <= PLAIN_CLAUSES_MAX:
        return {value: mask_of(numbers, size) for value, numbers in table.items()}
    return {
        value: tuple(numbers) if len(numbers) * 64 < size else mask_of(numbers, size)
        for value, numbers in table.items()
    }


class Column:
    """Base: which clauses are covered, and what holds when the value meets none of the conditions."""

    __slots__ = ("base", "covered", "fails", "size")

    def __init__(self, demands: list[Demand], size: int, *, fails: bool = False) -> None:
        self.size = size
        self.fails = fails
        self.covered = mask_of((number for number, _, _ in demands), size)
        positive = mask_of((number for number, condition, _ in demands if condition.holds), size)
        self.base = ((1 << size) - 1) ^ positive

    def narrow(self, value: Any) -> int | None:
        """Return the clauses that the probe's value leaves possible; None: cannot be told, run the covered ones."""
        raise NotImplementedError

    def _bits(self, found: Bits) -> int:
        return found if type(found) is int else mask_of(found, self.size)  # type: ignore[arg-type]

    def _union(self, found: list[Bits]) -> int:
        if not found:
            return 0
        if len(found) == 1:
            return self._bits(found[0])
        hits = 0
        numbers: list[int] = []
        for bits in found:
            if isinstance(bits, int):
                hits |= bits
            else:
                numbers += bits
        return hits | mask_of(numbers, self.size) if numbers else hits


class EqualColumn(Column):
    """The probe is one of some scalars. `tagged` says that booleans must be told from 0 and 1."""

    __slots__ = ("table", "tagged")

    def __init__(self, demands: list[Demand], size: int, *, fails: bool = False) -> None:
        super().__init__(demands, size, fails=fails)
        values: dict[Any, list[int]] = {}
        self.tagged = False
        for number, condition, constants in demands:
            for value in set(map(_key, condition.scalars(constants))):
                if value is TRUE_KEY or value is FALSE_KEY or value in (0, 1):
                    self.tagged = True
                values.setdefault(value, []).append(number)
        self.table = _packed(values, size)

    def narrow(self, value: Any) -> int | None:
        """See Column."""
        if self.tagged and (value is True or value is False):
            value = TAGS[value]
        try:
            found = self.table.get(value)
        except TypeError:  # an array or object
            return self.base
        return self.base if found is None else self.base ^ self._bits(found)


def _key(value: Any) -> Any:
    return TAGS[value] if value is True or value is False else value


class AnyColumn(EqualColumn):
    """The probe, or an element of it, is one of some scalars; with `fails` only arrays can be decided."""

    __slots__ = ()

    def narrow(self, value: Any) -> int | None:
        """See Column."""
        if isinstance(value, list):
            return self.base ^ self.hits(value)
        if self.fails:
            return None
        return self.base if value is None else super().narrow(value)

    def hits(self, items: list[Any]) -> int:
        """Return the clauses that an element of an array meets."""
        table = self.table
        if not self.tagged:
            try:
                return self._union([table[item] for item in table.keys() & items])
            except TypeError:  # an array or object is among them
                pass
        found = []
        for item in items:
            key = TAGS[item] if self.tagged and (item is True or item is False) else item
            try:
                bits = table.get(key)
            except TypeError:
                continue
            if bits is not None:
                found.append(bits)
        return self._union(found)


class TextColumn(Column):
    """The string starts, or with `at_end` ends, with one of some others: one table a length. With `read` it is first turned into text."""

    __slots__ = ("at_end", "inexact", "read", "tables")

    def __init__(
        self,
        demands: list[Demand],
        size: int,
        *,
        fails: bool = False,
        at_end: bool = False,
        read: Callable[[Any], str | None] | None = None,
    ) -> None:
        super().__init__(demands, size, fails=fails)
        self.at_end = at_end
        self.read = read
        lengths: dict[int, dict[Any, list[int]]] = {}
        inexact = set()
        for number, condition, constants in demands:
            for text in set(condition.scalars(constants)):
                key = text
                if len(text) > TEXT_CODE_POINTS_MAX and read is None:
                    key = text[-TEXT_CODE_POINTS_MAX:] if at_end else text[:TEXT_CODE_POINTS_MAX]
                    inexact.add(number)
                numbers = lengths.setdefault(len(key), {}).setdefault(key, [])
                if not numbers or numbers[-1] != number:
                    numbers.append(number)
        self.inexact = mask_of(inexact, size)
        self.tables = tuple((length, _packed(texts, size)) for length, texts in sorted(lengths.items()))

    def narrow(self, value: Any) -> int | None:
        """See Column."""
        if self.read is not None:
            value = self.read(value)
        if not isinstance(value, str):
            return None if self.fails else self.base
        found = []
        for length, texts in self.tables:
            bits = texts.get((value[-length:] if length else "") if self.at_end else value[:length])
            if bits is not None:
                found.append(bits)
        hits = self._union(found)
        # A long text was only looked up in part: leave its clause possible either way, it is verified.
        return (self.base ^ hits) | (self.inexact & hits) if self.inexact else self.base ^ hits


class RangeColumn(Column):
    """The number lies in an interval.

    Each bound toggles its clause, so that the set for a value is what all bounds up to it make of the initial one. Bounds of `>=` and
    `<` take effect at their number, those of `>` and `<=` after it; hence two lists, each with its bounds in order and the sets that
    result after every `stride` of them.
    """

    __slots__ = ("after", "at", "stride")

    def __init__(self, demands: list[Demand], size: int, *, fails: bool = False) -> None:
        super().__init__(demands, size, fails=fails)
        self.stride = 1 if size <= PLAIN_CLAUSES_MAX else _STRIDE
        at: list[tuple[Any, int]] = []
        after: list[tuple[Any, int]] = []
        initial = []
        for number, condition, constants in demands:
            low, high = _interval(condition, constants)
            if low is not None and high is not None and high <= low:
                continue
            if low is None:
                initial.append(number)
            else:
                (after if low[1] else at).append((low[0], number))
            if high is not None:
                (after if high[1] else at).append((high[0], number))
        self.at = self._steps(at, mask_of(initial, size))
        self.after = self._steps(after, 0)

    def _steps(self, bounds: list[tuple[Any, int]], first: int) -> tuple[list[Any], list[int], list[int]]:
        """Return the bounds, the clause each toggles, and the set after each `stride` of them."""
        bounds.sort()
        sets = [first]
        for start in range(0, len(bounds) - len(bounds) % self.stride, self.stride):
            octets = bytearray((self.size >> 3) + 1)
            for _, number in bounds[start : start + self.stride]:
                octets[number >> 3] ^= 1 << (number & 7)
            sets.append(sets[-1] ^ int.from_bytes(octets, "little"))
        return [bound for bound, _ in bounds], [number for _, number in bounds], sets

    def narrow(self, value: Any) -> int | None:
        """See Column."""
        if type(value) is not int and type(value) is not float:
            return self.base
        bounds, numbers, sets = self.at
        hits = self._after(bisect_right(bounds, value), numbers, sets)
        bounds, numbers, sets = self.after
        if bounds:
            hits ^= self._after(bisect_left(bounds, value), numbers, sets)
        return self.base ^ hits

    def _after(self, count: int, numbers: list[int], sets: list[int]) -> int:
        whole, more = divmod(count, self.stride)
        hits = sets[whole]
        if more:
            octets = bytearray((self.size >> 3) + 1)
            for number in numbers[count - more : count]:
                octets[number >> 3] ^= 1 << (number & 7)
            hits ^= int.from_bytes(octets, "little")
        return hits


def _interval(
    condition: Condition, constants: tuple[Any, ...]
) -> tuple[tuple[Any, int] | None, tuple[Any, int] | None]:
    """Return the interval of a range condition: its start and end, each a number and whether it takes effect only after that."""
    low: tuple[Any, int] | None = None
    high: tuple[Any, int] | None = None
    for operand in condition.operands:
        (number,) = operand.values(constants)
        if operand.sign in (">", ">="):
            bound = (number, int(operand.sign == ">"))
            low = bound if low is None else max(low, bound)
        else:
            bound = (number, int(operand.sign == "<="))
            high = bound if high is None else min(high, bound)
    return low, high


class TruthColumn(Column):
    """The value is true."""

    __slots__ = ()

    def narrow(self, value: Any) -> int | None:
        """See Column."""
        return self.base ^ self.covered if is_true(value) else self.base


def column_of(kind: str, demands: list[Demand], size: int) -> Column:
    """Build the column for conditions of one kind on one probe, in a leaf of `size` clauses."""
    if kind == "equal":
        return EqualColumn(demands, size)
    if kind in ("any", "has"):
        return AnyColumn(demands, size, fails=kind == "has")
    if kind == "range":
        return RangeColumn(demands, size)
    if kind == "truth":
        return TruthColumn(demands, size)
    if kind == "network":
        return TextColumn(demands, size, read=address_bits)
    return TextColumn(demands, size, fails=kind in ("start", "stop"), at_end=kind in ("suffix", "stop"))
