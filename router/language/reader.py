"""Snapshot -> Configuration: all documents read, substituted, validated and merged, with every finding of all of them.

    snapshot ── load ──► Trees ── substitute ──► Trees ── validate ──► findings
                                                       └─ merge by name ──► models, with their origins

Best effort: a definition with a finding in it is left out, all others are there, so that the compiler can look for mistakes in the rest.
References between definitions are not followed here.

Codes of its own: RT101 a document that cannot be read, RT204 a name defined twice, RT801 `version` missing or unknown; the others come
from loading, substitution and validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec

from router.language import definitions
from router.language.defaults import collect_defaults, lay_beneath
from router.language.documents import Configuration, Origin, RouteTest
from router.language.files import resolve_files
from router.language.schema import strict_config_schema
from router.language.substitution import Substituted, substitute
from router.syntax.diagnostic import Diagnostic, Note, Severity, Span, has_errors, in_order
from router.syntax.loader import load
from router.syntax.memory import Files, Memory
from router.syntax.nodes import Places
from router.syntax.scalars import resolve
from router.syntax.snapshot import Snapshot
from router.syntax.tree import Path, Tree

if TYPE_CHECKING:
    from router.language.validation import Finding

__all__ = ["read_configuration"]

VERSION = 1

_Build = Callable[[str, Mapping[str, Any]], Any]

_SECTIONS: dict[str, _Build] = {
    "sources": definitions.source,
    "event_types": definitions.event_type,
    "transforms": definitions.transform,
    "endpoints": definitions.endpoint,
    "routes": definitions.route,
}
_SINGULAR = {
    "sources": "source",
    "event_types": "event type",
    "transforms": "transform",
    "endpoints": "endpoint",
    "routes": "route",
}


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document after validation: where things stand, what they are, and the paths at which something is wrong."""

    tree: Tree
    data: dict[str, Any]
    broken: tuple[Path, ...]
    names: tuple[tuple[str, str, Any], ...]


def read_configuration(snapshot: Snapshot, memory: Memory | None = None) -> tuple[Configuration, list[Diagnostic]]:
    """Return the configuration of a snapshot and all findings in file order.

    The configuration has every definition without a finding, under its first place where a name is defined twice. With a `memory`,
    documents that have not changed are not read again, and their trees and definitions are the same objects as before.
    """
    memory = Memory() if memory is None else memory
    diagnostics: list[Diagnostic] = []
    documents: list[_Document] = []
    for name in snapshot.documents:
        document, found = memory.recall_read(("document", name), snapshot, partial(_read, name))
        diagnostics += found
        if document is not None:
            documents.append(document)
    if not snapshot.documents:
        diagnostics.append(_nothing(snapshot))
    configuration = _merge(documents, diagnostics, memory)
    return configuration, in_order(diagnostics)


def _nothing(snapshot: Snapshot) -> Diagnostic:
    return Diagnostic(
        code="RT801",
        severity=Severity.ERROR,
        message="there is no configuration: the directory has no `*.yaml` or `*.yml` document",
        span=Span(snapshot.root, 1, 1, 1, 1),
        help="name another directory, or write a document that begins with `version: 1`",
    )


# -- one document -----------------------------------------------------------------------------------------------------------------------


def _read(name: str, snapshot: Files) -> tuple[_Document | None, list[Diagnostic]]:
    diagnostics: list[Diagnostic] = []
    return _read_document(snapshot, name, diagnostics), diagnostics


def _read_document(snapshot: Files, name: str, diagnostics: list[Diagnostic]) -> _Document | None:
    try:
        data = snapshot.read(name)
    except OSError as error:
        message = f"the document cannot be read: {error.strerror}"
        diagnostics.append(
            Diagnostic(code="RT101", severity=Severity.ERROR, message=message, span=Span(name, 1, 1, 1, 1))
        )
        return None
    loaded, found = load(name, data)
    diagnostics.extend(found)
    if loaded is None or not _has_version(loaded, diagnostics):
        return None
    substituted = substitute(loaded, snapshot.environment)
    diagnostics.extend(substituted.diagnostics)
    tree, wrong = _validate(substituted)
    known = {*substituted.failed, *_unreadable(loaded, found)}  # what was said about these explains the rest
    diagnostics.extend(finding.diagnostic for finding in wrong if finding.path not in known)
    broken = [*(finding.path for finding in wrong), *known]
    values = resolve_files(tree.value, lambda reference: snapshot.resolve(name, reference))
    return _Document(tree=tree, data=values, broken=tuple(broken), names=tuple(_named(values)))


def _unreadable(tree: Tree, found: list[Diagnostic]) -> list[Path]:
    return tree.places.broken() if has_errors(found) and isinstance(tree.places, Places) else []


def _has_version(tree: Tree, diagnostics: list[Diagnostic]) -> bool:
    """Report a document that is not of this version of the language (RT801); nothing else is said about it."""
    value = tree.value
    if isinstance(value, dict) and type(value.get("version")) is int and value["version"] == VERSION:
        return True
    if value is not None and not isinstance(value, dict):
        message, place, help = "the document is not a mapping", tree.span(()), "begin it with `version: 1`"
    elif value is None or "version" not in value:
        message = "`version` is missing" if value else "the document is empty"
        place, help = Span(tree.file, 1, 1, 1, 1), "begin the document with `version: 1`"
    elif value["version"] == str(VERSION):
        message, place, help = "`version` must be a number, but is text", tree.span(("version",)), "write `version: 1`"
    else:
        written = value["version"]
        shown = f"`{written}`" if isinstance(written, (str, int, float)) and not isinstance(written, bool) else "this"
        message = f"version {shown} of the language is not supported; this program reads version {VERSION}"
        place, help = tree.span(("version",)), f"write `version: {VERSION}`"
    diagnostics.append(Diagnostic(code="RT801", severity=Severity.ERROR, message=message, span=place, help=help))
    return False


@cache
def _quick_check() -> Any:
    """Return a validator that only says yes or no, sixty times as fast as the one that explains."""
    return jsonschema_rs.Draft202012Validator(strict_config_schema())


def _validate(substituted: Substituted) -> tuple[Tree, list[Finding]]:
    """Validate a document; text that was one variable becomes a number or boolean where only that is valid."""
    tree = substituted.tree
    if _quick_check().is_valid(tree.value):
        return tree, []
    # Explaining takes jsonschema, whose import takes longer than all of a small configuration.
    from router.language.validation import findings

    found = findings(tree, strict_config_schema(), written=substituted.written)
    at_fault = {finding.path for finding in found} & substituted.whole
    if not at_fault:
        return tree, found
    retyped = _retyped(tree, at_fault)
    at_fault -= {finding.path for finding in findings(retyped, strict_config_schema())}
    retyped = _retyped(tree, at_fault)
    return retyped, findings(retyped, strict_config_schema(), written=substituted.written)


def _retyped(tree: Tree, paths: set[Path]) -> Tree:
    return Tree(file=tree.file, text=tree.text, value=_with_scalars(tree.value, paths), places=tree.places)


def _with_scalars(value: Any, paths: set[Path], path: Path = ()) -> Any:
    if path in paths and isinstance(value, str):
        scalar = resolve(value)
        return value if scalar is None else scalar
    if isinstance(value, dict):
        return {key: _with_scalars(inner, paths, (*path, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_scalars(inner, paths, (*path, index)) for index, inner in enumerate(value)]
    return value


# -- all documents ----------------------------------------------------------------------------------------------------------------------


def _merge(documents: list[_Document], diagnostics: list[Diagnostic], memory: Memory) -> Configuration:
    sections: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
    origin: dict[tuple[str, str | int], Origin] = {}
    tests: list[RouteTest] = []
    defaults, conflicts = collect_defaults([(d.tree, d.data) for d in documents if not _is_broken(d, ("defaults",))])
    diagnostics.extend(conflicts)
    beneath = repr(defaults)
    for document in documents:
        for section, name, value in document.names:
            path: Path = (section, name)
            first = origin.get((section, name))
            if first is not None:
                diagnostics.append(_twice(section, name, document.tree, first))
                continue
            origin[section, name] = memory.recall(
                ("origin", path), partial(Origin, tree=document.tree, path=path), (document.tree,)
            )
            if not _is_broken(document, path):
                sections[section][name] = memory.recall(
                    (section, name, beneath if section == "endpoints" else None),
                    partial(_build, section, name, value, defaults),
                    (value,),
                )
        for index, value in _tests(document.data):
            if not _is_broken(document, ("tests", index)):
                origin["tests", len(tests)] = Origin(tree=document.tree, path=("tests", index))
                tests.append(definitions.route_test(value))
    return Configuration(
        **sections, tests=tuple(tests), trees=tuple(document.tree for document in documents), origin=origin
    )


def _build(section: str, name: str, value: Any, defaults: Any) -> Any:
    return _SECTIONS[section](name, lay_beneath(defaults, value) if section == "endpoints" else value)


def _named(data: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for section in _SECTIONS:
        members = data.get(section)
        if isinstance(members, dict):
            for name, value in members.items():
                yield section, name, value


def _tests(data: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    tests = data.get("tests")
    if isinstance(tests, list):
        yield from enumerate(tests)


def _is_broken(document: _Document, path: Path) -> bool:
    """Say whether something is wrong at, in or around a path."""
    return any(bad[: len(path)] == path or path[: len(bad)] == bad for bad in document.broken)


def _twice(section: str, name: str, tree: Tree, first: Origin) -> Diagnostic:
    what = _SINGULAR[section]
    place = first.tree.key_span(first.path)
    return Diagnostic(
        code="RT204",
        severity=Severity.ERROR,
        message=f"{what} `{name}` is already defined in {place}",
        span=tree.key_span((section, name)),
        help="remove one of them, or give it another name",
        notes=(Note("the first definition", place),),
    )
