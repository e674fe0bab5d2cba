"""Validation of a Tree against any JSON Schema, with findings at the right place and in plain words.

    Tree + schema ── jsonschema ──► errors ── best branch of anyOf/oneOf ──► explanation ──► Diagnostics

`validate` is general; the language's reader calls it with the language's own schema. Three annotations in a schema improve the texts:
`errorMessage` (as editors know it) says what to write, `x-secret` keeps values out of messages and makes a literal RT601, `x-one-of-keys`
names the keys of which exactly one must be there. Nothing is fetched: a `$ref` to a document that is not in `registry` is a finding.

Codes: RT201 schema, RT202 unknown key, RT601 literal secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from router.language.explanation import Explained, explain
from router.syntax.diagnostic import Diagnostic, Fix, Severity, in_order
from router.syntax.tree import Path, Tree
from router.syntax.writing import scalar_text

__all__ = ["Finding", "findings", "validate"]

_ERRORS_MAX = 500
"""More errors of one document are noise, and finding them costs time."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A diagnostic and the path of the node that is at fault."""

    path: Path
    diagnostic: Diagnostic


def validate(
    tree: Tree, schema: Mapping[str, Any] | bool, *, registry: Registry[Any] | None = None
) -> list[Diagnostic]:
    """Return what is wrong with a document under a schema, in file order; empty when it is valid.

    The dialect is the one `$schema` names, 2020-12 without it. `format` is an annotation, as 2020-12 has it.
    """
    return in_order(finding.diagnostic for finding in findings(tree, schema, registry=registry))


def findings(
    tree: Tree,
    schema: Mapping[str, Any] | bool,
    *,
    registry: Registry[Any] | None = None,
    written: Mapping[Path, str] | None = None,
) -> list[Finding]:
    """Return what is wrong, with paths. `written` has texts to show in place of values at these paths."""
    dialect = validator_for(schema, default=Draft202012Validator)
    validator = dialect(schema, registry=Registry() if registry is None else registry)
    collected: list[Explained] = []
    try:
        for error in validator.iter_errors(tree.value):
            collected.extend(_flatten(error, schema, tree.value, written or {}))
            if len(collected) >= _ERRORS_MAX:
                break
    except Unresolvable as error:
        collected.append(Explained((), f"the schema refers to `{error.ref}`, which is not at hand"))
    except re.error as error:
        collected.append(Explained((), f"the schema has a pattern that cannot be read: {error}"))
    except RecursionError:
        collected.append(Explained((), "the document and its schema are nested too deeply to be compared"))
    return [_finding(tree, explained) for explained in _without_echoes(collected)]


def _finding(tree: Tree, explained: Explained) -> Finding:
    span = tree.key_span(explained.path) if explained.is_about_key else tree.span(explained.path)
    meant = explained.suggestion
    is_free = meant is not None and (*explained.path[:-1], meant) not in tree.places
    diagnostic = Diagnostic(
        code=explained.code,
        severity=Severity.ERROR,
        message=explained.message,
        span=span,
        help=explained.help,
        fixes=(Fix(span, scalar_text(meant, is_flow=True, is_key=True)),) if meant is not None and is_free else (),
    )
    return Finding(path=explained.path, diagnostic=diagnostic)


def _flatten(error: Any, root: Any, document: Any, written: Mapping[Path, str]) -> Iterator[Explained]:
    """Explain an error; of alternatives, explain why the one that was probably meant does not hold."""
    if error.validator in ("anyOf", "oneOf") and error.context and "x-one-of-keys" not in error.schema:
        chosen = _probable_branch(error)
        if chosen is not None:
            for inner in chosen:
                yield from _flatten(inner, root, document, written)
            return
    yield from explain(error, root, document, written)


def _probable_branch(error: Any) -> list[ValidationError] | None:
    """Return the errors of the alternative that the author probably meant; None when nothing tells them apart.

    An alternative that differs in kind (type, or a constant such as a discriminator) was hardly meant. Among the others, the one that
    went wrong deepest with the fewest errors was.
    """
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    scored = sorted(
        ((_score(errors, len(error.path)), index) for index, errors in branches.items()), key=lambda s: s[0]
    )
    best = scored[0]
    if best[0][0] == _WRONG_KIND:
        return None
    if len(scored) > 1 and scored[1][0] == best[0] and best[0][0] == _WRONG_CONSTANT:
        return None
    return branches[best[1]]


_RIGHT, _WRONG_CONSTANT, _WRONG_KIND = 0, 1, 2


def _score(errors: Iterable[ValidationError], depth: int) -> tuple[int, int, int]:
    """Return a sort key for an alternative: the lower, the likelier."""
    kind, count, deepest = _RIGHT, 0, 0
    for error in errors:
        count += 1
        level = len(error.path)
        deepest = max(deepest, level)
        if level == 0 and error.validator in ("type", "enum", "const"):
            kind = max(kind, _WRONG_KIND if error.validator == "type" else _WRONG_CONSTANT)
        elif level == 1 and error.validator in ("const", "enum"):
            kind = max(kind, _WRONG_CONSTANT)
    return kind, count, -deepest


def _without_echoes(collected: list[Explained]) -> Iterator[Explained]:
    """Leave out what another finding already says: a key is missing because it is misspelt."""
    meant = {(explained.path[:-1], explained.suggestion) for explained in collected if explained.suggestion is not None}
    for explained in collected:
        if any((explained.path, key) in meant for key in explained.missing):
            continue
        yield explained
