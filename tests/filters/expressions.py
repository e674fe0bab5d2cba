"""Random expressions and documents: small vocabularies, so that they often meet, and every wrong type, so that functions often fail."""

from __future__ import annotations

import json
import random
from typing import Any

NAMES = ["a", "b", "c", "data", "tags", "items", "sku", "missing"]
STRINGS = ["x", "y", "xy", "yx", "", "X", "10.0.0.1", "10.1.2.3", "é"]
NUMBERS = [0, 1, 2, -1, 1.0, 0.5, 10, 1.5]
SCALARS: list[Any] = [*STRINGS, *NUMBERS, True, False, None]
NETWORKS = ["10.0.0.0/8", "10.0.0.0/16", "0.0.0.0/0", "10.0.0.1", "::/0"]
GLOBS = ["x*", "*y", "*", "x*y", "10.*.1", "x", "*x*"]


def document(rnd: random.Random, depth: int = 3) -> Any:
    """Return a random JSON value; at the top it is an object with most of the names."""
    if depth == 3:
        return {"type": rnd.choice(["t1", "t2", "t3"])} | {
            name: document(rnd, 2) for name in NAMES[:-1] if rnd.random() < 0.8
        }
    kind = rnd.random()
    if depth == 0 or kind < 0.55:
        return rnd.choice(SCALARS)
    if kind < 0.8:
        return [document(rnd, depth - 1) for _ in range(rnd.randrange(4))]
    return {name: document(rnd, depth - 1) for name in rnd.sample(NAMES, rnd.randrange(4))}


class Expressions:
    """Random expressions over the vocabulary. Every one is valid and has no trap that our own parser refuses."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd

    def literal(self) -> str:
        value = self.rnd.choice(SCALARS)
        if isinstance(value, str) and self.rnd.random() < 0.7:
            return f"'{value}'"
        if self.rnd.random() < 0.1:
            return f"`{json.dumps([self.rnd.choice(SCALARS), self.rnd.choice(SCALARS)])}`"
        return f"`{json.dumps(value)}`"

    def number(self) -> str:
        return f"`{self.rnd.choice(NUMBERS)}`"

    def path(self) -> str:
        names = self.rnd.choices(NAMES, k=self.rnd.choice([1, 1, 2, 2, 3]))
        text = ".".join(names)
        kind = self.rnd.random()
        if kind < 0.1:
            text += self.rnd.choice(
                ["[0]", "[-1]", "[*]", "[]", "[1:]", ".*", "[*].sku", "[].b", f"[?a == {self.literal()}]"]
            )
        return text

    def strings(self) -> str:
        chosen = [self.rnd.choice(STRINGS) for _ in range(self.rnd.randrange(1, 4))]
        if self.rnd.random() < 0.7:
            return "[" + ", ".join(f"'{text}'" for text in chosen) + "]"
        return f"`{json.dumps(chosen)}`"

    def predicate(self) -> str:
        rnd = self.rnd
        path = self.path()
        kind = rnd.randrange(20)
        if kind < 4:
            return f"{path} {rnd.choice(['==', '!='])} {self.literal()}"
        if kind == 4:
            return f"{self.literal()} {rnd.choice(['==', '!=', '<', '>='])} {path}"
        if kind < 7:
            return f"{path} {rnd.choice(['<', '<=', '>', '>='])} {self.number()}"
        if kind == 7:
            return f"{rnd.choice(['starts_with', 'ends_with', 'prefix', 'suffix'])}({path}, '{rnd.choice(STRINGS)}')"
        if kind == 8:
            return f"contains({self.strings()}, {path})"
        if kind == 9:
            return f"contains({path}, {self.literal()})"
        if kind == 10:
            return f"{rnd.choice(['prefix', 'suffix', 'any_in'])}({path}, {self.strings()})"
        if kind == 11:
            return f"glob({path}, '{rnd.choice(GLOBS)}')"
        if kind == 12:
            return f"cidr({path}, '{rnd.choice(NETWORKS)}')"
        if kind == 13:
            return f"lower({path}) == '{rnd.choice(STRINGS)}'"
        if kind == 14:
            return f"{path}[?{rnd.choice(['sku', 'a', 'a.b', '@'])} == {self.literal()}{rnd.choice(['', ' && b', ' && c > `0`'])}]"
        if kind == 15:
            return f"contains({path}[*].{rnd.choice(NAMES)}, {self.literal()})"
        if kind == 16:
            return f"length({path}) > {self.number()}"
        if kind == 17:
            return f"type == '{rnd.choice(['t1', 't2'])}'"
        if kind == 18:
            return f"{path} == {self.path()}"
        return path

    def filter(self, depth: int = 2) -> str:
        """Return a filter: predicates under conjunction, disjunction and negation."""
        rnd = self.rnd
        kind = rnd.random()
        if depth == 0 or kind < 0.3:
            return self.predicate()
        if kind < 0.65:
            return "(" + " && ".join(self.filter(depth - 1) for _ in range(rnd.randrange(2, 4))) + ")"
        if kind < 0.85:
            return "(" + " || ".join(self.filter(depth - 1) for _ in range(rnd.randrange(2, 4))) + ")"
        return f"!({self.filter(depth - 1)})"

    def value(self, depth: int = 3) -> str:
        """Return any expression at all."""
        rnd = self.rnd
        if depth == 0:
            return rnd.choice([self.path(), self.path(), self.literal(), "@", "*", "[]", "[0]"])
        inner = lambda: self.value(depth - 1)  # noqa: E731
        kind = rnd.randrange(16)
        if kind == 0:
            return f"({inner()}) | {inner()}"
        if kind == 1:
            return f"({inner()}).{rnd.choice(NAMES)}"
        if kind == 2:
            return f"({inner()})[{rnd.choice(['0', '-1', '*', '1:', '::-1', ':2', '?' + self.value(depth - 1)])}]"
        if kind == 3:
            return f"({inner()})[{rnd.choice(['*', ''])}].{rnd.choice([*NAMES, '*', '[a, b]', '{k: a}'])}"
        if kind == 4:
            return f"[{inner()}, {inner()}]"
        if kind == 5:
            return f"{{k: {inner()}, l: {inner()}}}"
        if kind == 6:
            return f"({inner()}) {rnd.choice(['==', '!=', '<', '<=', '>', '>='])} ({inner()})"
        if kind == 7:
            return f"({inner()}) {rnd.choice(['&&', '||'])} ({inner()})"
        if kind == 8:
            return f"!({inner()})"
        if kind == 9:
            one = ["abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "reverse", "sort", "sum", "to_array", "to_string",
                   "type", "values", "not_null", "lower", "to_number"]  # fmt: skip
            return f"{rnd.choice(one)}({inner()})"
        if kind == 10:
            two = [
                "contains",
                "starts_with",
                "ends_with",
                "join",
                "merge",
                "not_null",
                "prefix",
                "suffix",
                "glob",
                "any_in",
            ]
            return f"{rnd.choice(two)}({inner()}, {inner()})"
        if kind == 11:
            return f"{rnd.choice(['sort_by', 'max_by', 'min_by'])}({inner()}, &{inner()})"
        if kind == 12:
            return f"map(&{inner()}, {inner()})"
        if kind == 13:
            return self.filter()
        return self.path()
