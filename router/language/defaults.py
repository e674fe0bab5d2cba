"""`defaults.endpoint`: one set of settings out of all documents, laid beneath every endpoint.

Mappings are merged key by key, at any depth. Lists and single values are replaced, and so is `auth`, of which there is exactly one. Two
documents may both have defaults; where they say different things about one setting, that is an error (RT204).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from router.syntax.diagnostic import Diagnostic, Note, Severity
from router.syntax.tree import Path, Tree

__all__ = ["collect_defaults", "lay_beneath"]

_ROOT: Path = ("defaults", "endpoint")
_WHOLE: frozenset[Path] = frozenset({("auth",)})


def collect_defaults(documents: Iterable[tuple[Tree, Mapping[str, Any]]]) -> tuple[dict[str, Any], list[Diagnostic]]:
    """Return the endpoint defaults of all documents (places and data) together, and where they contradict each other."""
    merged: dict[str, Any] = {}
    places: dict[Path, tuple[Tree, Any]] = {}
    diagnostics = []
    for tree, data in documents:
        for path, value in _settings(data):
            if path not in places:
                places[path] = (tree, value)
                _put(merged, path, value)
            elif places[path][1] != value:
                diagnostics.append(_conflict(tree, path, places[path][0]))
    return merged, diagnostics


def _settings(data: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    defaults = data.get("defaults")
    endpoint = defaults.get("endpoint") if isinstance(defaults, dict) else None
    if isinstance(endpoint, dict):
        yield from _leaves(endpoint, ())


def _leaves(value: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, inner in value.items():
        place = (*path, key)
        if isinstance(inner, dict) and inner and place not in _WHOLE:
            yield from _leaves(inner, place)
        else:
            yield place, inner


def _put(merged: dict[str, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        merged = merged.setdefault(str(step), {})
    merged[str(path[-1])] = value


def _conflict(tree: Tree, path: Path, first: Tree) -> Diagnostic:
    place = (*_ROOT, *path)
    name = ".".join(str(step) for step in place)
    return Diagnostic(
        code="RT204",
        severity=Severity.ERROR,
        message=f"`{name}` is already set to something else in {first.key_span(place)}",
        span=tree.key_span(place),
        help="keep one of the two: all documents share one set of defaults",
        notes=(Note("the first one", first.key_span(place)),),
    )


def lay_beneath(defaults: Mapping[str, Any], own: Mapping[str, Any], path: Path = ()) -> dict[str, Any]:
    """Return `own` with what it does not say taken from `defaults`."""
    result = dict(defaults)
    for key, value in own.items():
        below = defaults.get(key)
        place = (*path, key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and place not in _WHOLE:
            result[key] = lay_beneath(below, value, place)
        else:
            result[key] = value
    return result
