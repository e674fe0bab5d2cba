"""Explain: one validator error as one English sentence with a place.

The place is an RFC 6901 pointer into the payload. Sentences name what was expected before what was found, and quote at most
`EXCERPT_CHARS_MAX` characters of a value, because they travel in answers and logs. For `anyOf` and `oneOf` the branch that the payload
most likely meant is explained instead of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import jsonschema_rs
import msgspec
import orjson

__all__ = ["EXCERPT_CHARS_MAX", "Violation", "explain"]

EXCERPT_CHARS_MAX = 60
"""How much of a value or of a list of names a sentence shows."""

_NAMES_MAX = 8
_BRANCH_DEPTH_MAX = 8  # unions within unions that are followed; deeper ones are summed up

_RANK_DEPTH_MAX = 2  # unions within unions that are looked into when branches are compared

_NEAREST = "forms allowed here)"

_Kind = jsonschema_rs.ValidationErrorKind


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a payload. `pointer` is RFC 6901, empty for the payload as a whole; `detail` is one sentence."""

    pointer: str
    detail: str


def explain(error: jsonschema_rs.ValidationError) -> Violation:
    """Return the violation that an error of the validator stands for."""
    return _explain(error, 0)


def _explain(error: jsonschema_rs.ValidationError, depth: int) -> Violation:
    kind = error.kind
    if isinstance(kind, _Kind.AnyOf | _Kind.OneOfNotValid):
        return _union(error, kind.context, depth)
    if isinstance(kind, _Kind.PropertyNames):
        inner = _explain(kind.error, depth + 1)
        return Violation(
            pointer=_pointer(error.instance_path), detail=f"the name {_excerpt(kind.error.instance)} {inner.detail}"
        )
    return Violation(pointer=_pointer(error.instance_path), detail=_sentence(error))


def _pointer(path: Iterable[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


# -- unions


def _union(
    error: jsonschema_rs.ValidationError, branches: Sequence[Sequence[jsonschema_rs.ValidationError]], depth: int
) -> Violation:
    ranked = sorted((branch for branch in branches if branch), key=lambda branch: _distance(branch, error))
    count = len(branches)
    if not ranked or depth >= _BRANCH_DEPTH_MAX:
        return Violation(
            pointer=_pointer(error.instance_path), detail=f"matches none of the {count} forms allowed here"
        )
    if all(_is_type_mismatch(branch, error) for branch in ranked):
        return Violation(pointer=_pointer(error.instance_path), detail=_types(ranked, error.instance))
    options = _options(ranked)
    if options is not None:
        return options
    best = min(ranked[0], key=lambda inner: (-len(inner.instance_path), _weight(inner)))
    found = _explain(best, depth + 1)
    if count == 1 or found.detail.endswith(_NEAREST):
        return found
    return Violation(pointer=found.pointer, detail=f"{found.detail} (in the nearest of the {count} {_NEAREST}")


def _options(branches: Sequence[Sequence[jsonschema_rs.ValidationError]]) -> Violation | None:
    """Join branches that a constant in one and the same place tells apart, when the payload has none of the constants."""
    allowed: list[Any] = []
    place: list[str | int] | None = None
    for branch in branches:
        tags = [error for error in branch if isinstance(error.kind, _Kind.Constant | _Kind.Enum)]
        if len(branches) < 2 or not tags or (place is not None and tags[0].instance_path != place):
            return None
        place, kind = tags[0].instance_path, tags[0].kind
        for value in kind.options if isinstance(kind, _Kind.Enum) else [kind.expected_value]:  # type: ignore[attr-defined]
            if value not in allowed:
                allowed.append(value)
        found = tags[0].instance
    return Violation(
        pointer=_pointer(place or ()), detail=f"must be one of {_values(allowed)}; found {_excerpt(found)}"
    )


def _distance(
    branch: Sequence[jsonschema_rs.ValidationError], union: jsonschema_rs.ValidationError, depth: int = 0
) -> tuple[int, int, int]:
    """Rank a branch: first those of the right JSON type, then those whose constants fit, then by the number of errors.

    A union within the branch counts as its own nearest branch does, since that is what would be left to mend.
    """
    constants = count = 0
    for error in branch:
        kind = error.kind
        if isinstance(kind, _Kind.AnyOf | _Kind.OneOfNotValid) and depth < _RANK_DEPTH_MAX and kind.context:
            _, inner_constants, inner_count = min(_distance(inner, error, depth + 1) for inner in kind.context)
            constants += inner_constants
            count += inner_count
            continue
        count += 1
        if isinstance(kind, _Kind.Constant | _Kind.Enum):
            constants += len(error.instance_path) <= len(union.instance_path) + 1
    return (_is_type_mismatch(branch, union), constants, count)


def _is_type_mismatch(branch: Sequence[jsonschema_rs.ValidationError], union: jsonschema_rs.ValidationError) -> bool:
    here = len(union.instance_path)
    return any(isinstance(error.kind, _Kind.Type) and len(error.instance_path) == here for error in branch)


def _types(branches: Sequence[Sequence[jsonschema_rs.ValidationError]], instance: Any) -> str:
    types: list[str] = []
    for branch in branches:
        for error in branch:
            if isinstance(error.kind, _Kind.Type):
                types.extend(name for name in error.kind.types if name not in types)
    return _type_sentence(types, instance)


def _weight(error: jsonschema_rs.ValidationError) -> int:
    # Of several errors in one place a missing member tells more than an unknown one.
    return 1 if isinstance(error.kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties) else 0


# -- sentences


def _sentence(error: jsonschema_rs.ValidationError) -> str:  # noqa: C901 - one case a keyword
    value: Any = error.instance
    match error.kind:
        case _Kind.Type(types=types):
            return _type_sentence(types, value)
        case _Kind.Required(property=name):
            return f"`{_cut(name)}` is missing"
        case _Kind.AdditionalProperties(unexpected=names) | _Kind.UnevaluatedProperties(unexpected=names):
            return f"{'has an unknown member' if len(names) == 1 else 'has unknown members'}: {_names(names)}"
        case _Kind.Enum(options=options):
            return f"must be one of {_values(options)}; found {_excerpt(value)}"
        case _Kind.Constant(expected_value=expected):
            return f"must be {_excerpt(expected)}; found {_excerpt(value)}"
        case _Kind.Minimum(limit=limit):
            return f"must be at least {limit}; found {_excerpt(value)}"
        case _Kind.Maximum(limit=limit):
            return f"must be at most {limit}; found {_excerpt(value)}"
        case _Kind.ExclusiveMinimum(limit=limit):
            return f"must be greater than {limit}; found {_excerpt(value)}"
        case _Kind.ExclusiveMaximum(limit=limit):
            return f"must be less than {limit}; found {_excerpt(value)}"
        case _Kind.MultipleOf(multiple_of=divisor):
            return f"must be a multiple of {divisor}; found {_excerpt(value)}"
        case _Kind.MinLength(limit=limit):
            return f"must have at least {_count(limit, 'character')}; found {_excerpt(value)}"
        case _Kind.MaxLength(limit=limit):
            return f"must have at most {_count(limit, 'character')}; has {len(value)}"
        case _Kind.MinItems(limit=limit):
            return f"must have at least {_count(limit, 'item')}; has {len(value)}"
        case _Kind.MaxItems(limit=limit) | _Kind.AdditionalItems(limit=limit):
            return f"must have at most {_count(limit, 'item')}; has {len(value)}"
        case _Kind.MinProperties(limit=limit):
            return f"must have at least {_count(limit, 'member')}; has {len(value)}"
        case _Kind.MaxProperties(limit=limit):
            return f"must have at most {_count(limit, 'member')}; has {len(value)}"
        case _Kind.Pattern(pattern=pattern):
            return f"must match the pattern `{_cut(pattern)}`; found {_excerpt(value)}"
        case _Kind.Format(format=name):
            return f"must be a valid {name}; found {_excerpt(value)}"
        case _Kind.UniqueItems():
            return "must not hold the same item twice"
        case _Kind.Contains():
            return "holds no item of the kind that `contains` asks for"
        case _Kind.OneOfMultipleValid(context=context):
            return f"must match exactly one of the {len(context)} forms allowed here, but matches more"
        case _Kind.Not():
            return "has a form that `not` excludes"
        case _Kind.FalseSchema() if error.schema_path[-1:] == ["additionalProperties"]:
            return "has an unknown member"  # which one the validator does not say when no member is known
        case _Kind.FalseSchema():
            return "is not allowed here"
        case _Kind.UnevaluatedItems(unexpected=indexes):
            return f"has {_count(len(indexes), 'item')} more than allowed"
        case _Kind.ContentEncoding(content_encoding=name) | _Kind.ContentMediaType(content_media_type=name):
            return f"does not hold {_cut(name)}"
        case _Kind.BacktrackLimitExceeded() | _Kind.RegexEngineFailure():
            return "takes too long to compare with the schema's pattern"
        case kind:
            return f"breaks the keyword `{_cut(str(kind.name))}`"


_ARTICLES = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def _type_sentence(types: Sequence[str], value: Any) -> str:
    wanted = [_ARTICLES.get(name, name) for name in sorted(types, key=lambda name: (name == "null", name))]
    expected = wanted[0] if len(wanted) == 1 else ", ".join(wanted[:-1]) + " or " + wanted[-1]
    return f"must be {expected}; found {_found(value)}"


def _found(value: Any) -> str:
    match value:
        case None:
            return "null"
        case dict():
            return "an object"
        case list() | tuple():
            return "an array"
        case str():
            return f"the string {_excerpt(value)}"
        case _:
            return _excerpt(value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _excerpt(value: Any) -> str:
    match value:
        case dict():
            return f"an object with {_count(len(value), 'member')}"
        case list() | tuple():
            return f"an array of {_count(len(value), 'item')}"
        case str():
            return orjson.dumps(_cut(value)).decode()
        case True:
            return "true"
        case False:
            return "false"
        case None:
            return "null"
        case _:
            return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= EXCERPT_CHARS_MAX else text[: EXCERPT_CHARS_MAX - 1] + "…"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{_cut(name)}`" for name in names[:_NAMES_MAX])
    return shown + (f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else "")


def _values(values: Sequence[Any]) -> str:
    shown = ", ".join(_excerpt(value) for value in values[:_NAMES_MAX])
    return shown + (f" and {len(values) - _NAMES_MAX} more" if len(values) > _NAMES_MAX else "")
