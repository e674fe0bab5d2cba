"""Alertmanager: a routing tree -> independent routes of ours over one alert as `data`, its labels in `data.labels`.

An alert walks the tree: it enters every child that matches until one without `continue` has, and stays at a node none of whose children
took it. Our routes know no order, so each node's condition says all of that: its ancestors match, no earlier sibling without
`continue` does at any level, and none of its own children. Grouping, inhibition, mute times and intervals are not routing and are not imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from router.analysis.importing.document import (
    ImportedEndpoint,
    ImportedRoute,
    document_text,
    unique_names,
)
from router.analysis.importing.expressions import conjunction, is_atomic, literal, negation
from router.analysis.importing.label_pattern import PatternError, condition_of_pattern
from router.analysis.importing.label_sets import simplified
from router.analysis.importing.refusal import ImportRefusedError
from router.syntax.tree import Path

__all__ = ["alertmanager_document"]

_MATCHER: Final = re.compile(
    r"""\s*(?P<name>"(?:[^"\\]|\\.)*"|[^\s={}!~",]+)\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>"(?:[^"\\]|\\.)*"|[^\s"{},]*)\s*"""
)
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NEVER: Final = "!(@)"
_ESCAPES: Final = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}


class _Node(msgspec.Struct, frozen=True):
    """A node of the tree: `own` are its conditions."""

    receiver: str
    own: tuple[str, ...]
    children: tuple[_Node, ...]
    goes_on: bool
    path: Path

    @property
    def matches(self) -> str | None:
        """Return its conditions as one, None when it always matches."""
        return conjunction(self.own) if self.own else None


def alertmanager_document(configuration: Any, *, event: str, origin: str) -> tuple[str, int]:
    """Return the YAML and the number of routes for a whole configuration or a bare routing tree; raises ImportRefusedError."""
    if not isinstance(configuration, Mapping):
        raise ImportRefusedError("an Alertmanager configuration is a mapping with `route`", ())
    whole = isinstance(configuration.get("route"), Mapping)
    path: Path = ("route",) if whole else ()
    root = _node(configuration["route"] if whole else configuration, None, path, is_root=True)
    placed = list(_walk(root, ()))
    receivers = list(dict.fromkeys(node.receiver for node, _ in placed))
    endpoints = dict(zip(receivers, unique_names(receivers), strict=True))
    urls = _urls(configuration.get("receivers") if whole else None)
    names = unique_names(node.receiver for node, _ in placed)
    routes = [
        ImportedRoute(
            name=name,
            description=f"Imported from {origin}, {'.'.join(map(str, node.path)) or 'the root route'}.",
            event=event,
            conditions=tuple(each if len(conditions) == 1 or is_atomic(each) else f"({each})" for each in conditions),
            endpoint=endpoints[node.receiver],
        )
        for name, (node, conditions) in zip(names, placed, strict=True)
    ]
    targets = [
        ImportedEndpoint(
            name=endpoints[receiver],
            url=urls.get(receiver, "https://example.com/alerts"),
            description=f"The receiver {receiver}" + ("." if receiver in urls else ": put in the real URL."),
        )
        for receiver in receivers
    ]
    text = document_text(
        routes,
        targets,
        {event: "One alert as Alertmanager describes it; its labels are in data.labels."},
        heading=[f"Imported from {origin}: an Alertmanager routing tree, flattened."],
    )
    return text, len(routes)


def _walk(node: _Node, reached: tuple[str, ...]) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    """Yield the nodes at which an alert can stay, with all that must hold for that."""
    before: tuple[str, ...] = ()
    for child in (child for child in node.children if NEVER not in child.own):
        yield from _walk(child, (*reached, *before, *child.own))
        if child.matches is None and not child.goes_on:
            return  # takes whatever comes this far: nothing behind it is reached, nor does anything stay here
        if child.matches is not None and not child.goes_on:
            before = (*before, negation(child.matches))
    if any(child.matches is None for child in node.children):
        return
    own = (negation(child.matches) for child in node.children if child.matches is not None and NEVER not in child.own)
    conditions = simplified((*reached, *own))
    if conditions is not None:
        yield node, conditions


def _node(value: Any, inherited: str | None, path: Path, *, is_root: bool = False) -> _Node:
    if not isinstance(value, Mapping):
        raise ImportRefusedError("a route is a mapping with `receiver` and `routes`", path)
    receiver = value.get("receiver", inherited)
    if not isinstance(receiver, str) or not receiver:
        raise ImportRefusedError("the root route needs a `receiver`", path)
    own = tuple(_conditions(value, path))
    if is_root and own:
        raise ImportRefusedError("the root route takes every alert: it has no matchers", path)
    routes = value.get("routes") or []
    if not isinstance(routes, list):
        raise ImportRefusedError("`routes` is a list", (*path, "routes"))
    if len(path) > 200:
        raise ImportRefusedError("the tree is nested deeper than 100 levels", path)
    children = tuple(_node(child, receiver, (*path, "routes", number)) for number, child in enumerate(routes))
    goes_on = value.get("continue", False)
    if not isinstance(goes_on, bool):
        raise ImportRefusedError("`continue` is true or false", (*path, "continue"))
    return _Node(receiver, own, children, goes_on, path)


def _conditions(value: Mapping[Any, Any], path: Path) -> Iterator[str]:
    for key, operator in (("match", "="), ("match_re", "=~")):
        given = value.get(key) or {}
        if not isinstance(given, Mapping):
            raise ImportRefusedError(f"`{key}` is a mapping of labels to values", (*path, key))
        for name, wanted in given.items():
            yield from _condition(str(name), operator, _text(wanted), (*path, key, name))
    matchers = value.get("matchers") or []
    single = isinstance(matchers, str)
    for number, matcher in enumerate([matchers] if single else matchers):
        place = (*path, "matchers") if single else (*path, "matchers", number)
        for name, operator, wanted in _parsed(matcher, place):
            yield from _condition(name, operator, wanted, place)


def _parsed(matcher: Any, path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the matchers in one text: `a="b"`, or `{a="b", c=~"d"}`."""
    if not isinstance(matcher, str):
        raise ImportRefusedError('a matcher is text such as severity="critical"', path)
    text = matcher.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    position = 0
    while position < len(text):
        found = _MATCHER.match(text, position)
        if found is None or (found.end() < len(text) and text[found.end()] != ","):
            raise ImportRefusedError(f'`{matcher}` is no matcher; write one such as severity="critical"', path)
        yield _unquoted(found["name"]), found["operator"], _unquoted(found["value"])
        position = found.end() + 1


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r"\\.", lambda found: _ESCAPES.get(found[0], found[0]), text[1:-1])


def _text(value: Any) -> str:
    """Return a label's value as text: YAML may have read a number or a boolean where Alertmanager reads a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _condition(name: str, operator: str, wanted: str, path: Path) -> Iterator[str]:
    """Yield the condition of one matcher, nothing when it always holds. A missing label is an empty one."""
    label = f"data.labels.{name}" if _PLAIN.fullmatch(name) else f"data.labels.{_quoted(name)}"
    if operator in ("=", "!="):
        if wanted:
            yield f"{label} {'==' if operator == '=' else '!='} {literal(wanted)}"
        else:
            yield negation(label) if operator == "=" else label
        return
    try:
        condition = condition_of_pattern(label, wanted)
    except PatternError as error:
        raise ImportRefusedError(f"`{wanted}`: {error}", path) from None
    if operator == "=~":
        if condition is not None:
            yield condition
    elif condition is None:
        yield NEVER  # every label fits, so this never holds
    else:
        yield negation(condition)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _urls(receivers: Any) -> dict[str, str]:
    """Return the webhook URLs that receivers state, by name."""
    found = {}
    for receiver in receivers if isinstance(receivers, list) else []:
        hooks = receiver.get("webhook_configs") if isinstance(receiver, Mapping) else None
        if isinstance(hooks, list) and hooks and isinstance(hooks[0], Mapping) and isinstance(hooks[0].get("url"), str):
            found[str(receiver.get("name"))] = hooks[0]["url"]
    return found
