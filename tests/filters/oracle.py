"""The jmespath library as oracle, with its known departures from the specification corrected, and our functions written a second time.

Corrected: equality inside arrays and objects (true is not 1), order of anything but numbers (null), `contains` of a string in a string, what `merge` takes.
Everything else is the library's own.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from jmespath import exceptions, functions, parser, visitor
from jmespath.functions import signature

FAILED = object()


def strictly_equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(strictly_equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(strictly_equal(left[k], right[k]) for k in left)
    return left == right


def texts(pattern: Any) -> list[str]:
    if isinstance(pattern, str):
        return [pattern]
    return [each for each in pattern if isinstance(each, str)] if isinstance(pattern, list) else []


def glob_expression(pattern: str) -> str:
    parts = re.findall(r"\\[*\\]|\*|[^*]", pattern, re.DOTALL)
    return "".join(".*" if p == "*" else re.escape(p[1:] if len(p) == 2 else p) for p in parts)


def in_network(value: Any, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


class OracleFunctions(functions.Functions):
    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, wanted: Any) -> bool:
        if isinstance(subject, str):
            return isinstance(wanted, str) and wanted in subject
        return any(strictly_equal(item, wanted) for item in subject)

    @signature({"types": ["object"], "variadic": True})
    def _func_merge(self, *values: Any) -> Any:
        if not all(isinstance(value, dict) for value in values):
            raise TypeError  # the library checks the first argument only
        return {name: value for each in values for name, value in each.items()}

    @signature({"types": []}, {"types": []})
    def _func_prefix(self, value: Any, pattern: Any) -> bool:
        return isinstance(value, str) and any(value[: len(p)] == p for p in texts(pattern))

    @signature({"types": []}, {"types": []})
    def _func_suffix(self, value: Any, pattern: Any) -> bool:
        return isinstance(value, str) and any(
            value[len(value) - len(p) :] == p for p in texts(pattern) if len(p) <= len(value)
        )

    @signature({"types": []}, {"types": []})
    def _func_glob(self, value: Any, pattern: Any) -> bool:
        return isinstance(value, str) and any(
            re.fullmatch(glob_expression(p), value, re.DOTALL) for p in texts(pattern)
        )

    @signature({"types": []})
    def _func_lower(self, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else None

    @signature({"types": []}, {"types": []})
    def _func_cidr(self, value: Any, network: Any) -> bool:
        return isinstance(value, str) and any(in_network(value, n) for n in texts(network))

    @signature({"types": []}, {"types": []})
    def _func_any_in(self, value: Any, wanted: Any) -> bool:
        choices = wanted if isinstance(wanted, list) else [wanted]
        items = value if isinstance(value, list) else [value] if value is not None else []
        return any(strictly_equal(item, choice) for item in items for choice in choices)


class OracleInterpreter(visitor.TreeInterpreter):
    def visit_comparator(self, node: Any, value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        if node["value"] == "eq":
            return strictly_equal(left, right)
        if node["value"] == "ne":
            return not strictly_equal(left, right)
        if any(isinstance(side, bool) or not isinstance(side, int | float) for side in (left, right)):
            return None
        return self.COMPARATOR_FUNC[node["value"]](left, right)


def search(expression: str, data: Any) -> Any:
    """Return the value by the oracle, or FAILED."""
    tree = parser.Parser().parse(expression).parsed
    interpreter = OracleInterpreter()
    interpreter._functions = OracleFunctions()
    try:
        return interpreter.visit(tree, data)
    except (exceptions.JMESPathError, TypeError, AttributeError):
        return FAILED


def is_true(value: Any) -> bool:
    """Say whether a value is true, as the specification lists it."""
    return not (value is None or value is False or value == "" or value == [] or value == {})
