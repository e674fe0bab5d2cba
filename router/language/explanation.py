"""One error of jsonschema -> what a person needs to know: which node, what is wrong, what to write.

Pure text; places are found by `router.language.validation`. Values are shown shortened, never where the schema says `x-secret`, and where a
value came from a variable the text as written is shown instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from router.syntax.nearest import nearest
from router.syntax.tree import Path

__all__ = ["Explained", "explain", "kind_of", "path_name"]

_LISTED_MAX = 16
_SHOWN_MAX = 60
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]*@")

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}


class Explained(msgspec.Struct, frozen=True):
    """An error in words. `missing` are keys that are not there, `suggestion` the key that was probably meant by an unknown one."""

    path: Path
    message: str
    help: str | None = None
    code: str = "RT201"
    is_about_key: bool = False
    missing: tuple[str, ...] = ()
    suggestion: str | None = None


class _Case(msgspec.Struct, frozen=True):
    error: Any  # a ValidationError, whose attributes are typed as possibly unset
    root: Any
    path: Path
    name: str
    shown: str
    help: str | None
    is_secret: bool


def explain(error: Any, root: Any, document: Any, written: Mapping[Path, str]) -> Iterator[Explained]:
    """Yield the findings that one error stands for; several when several keys are unknown.

    `root` is the whole schema, `document` the whole value; `written` has the texts to show in place of the values at these paths.
    """
    path: Path = tuple(error.absolute_path)
    if error.validator is None:
        path = _path_of(error.instance, document, path)
    if _is_about_name(error):
        yield from _explain_name(error, path)
        return
    annotations = error.schema if isinstance(error.schema, Mapping) else {}
    is_secret = bool(annotations.get("x-secret"))
    shown = "the value" if is_secret else _quoted(written[path]) if path in written else show(error.instance)
    unit_help = None if path in written else _unit_help(annotations.get("x-scalar"), error.instance)
    help = unit_help or annotations.get("errorMessage")
    case = _Case(error, root, path, path_name(path), shown, help if isinstance(help, str) else None, is_secret)
    handler = _HANDLERS.get(str(error.validator)) if error.validator is not None else _forbidden
    yield from (_other if handler is None else handler)(case)


def _path_of(value: Any, document: Any, path: Path) -> Path:
    """Return the path of a value that a `false` forbids: jsonschema gives only that of its collection."""
    container = document
    for step in path:
        container = container[step]
    if container is value or not isinstance(container, (dict, list)):
        return path
    members = container.items() if isinstance(container, dict) else enumerate(container)
    return next(((*path, step) for step, member in members if member is value), path)


def _unit_help(scalar: Any, value: Any) -> str | None:
    """Return what to write where a number lacks its unit."""
    if isinstance(value, bool) or re.fullmatch(r"[0-9]+", str(value)) is None or int(value) == 0:
        return None
    if scalar == "duration":
        return f"write `{value}s`, or another unit in place of `s`: `ms`, `m`, `h` or `d`"
    return f"write `{value}/s`, or `m` or `h` in place of `s`" if scalar == "rate" else None


def path_name(path: Path) -> str:
    """Return a path as people write it: `routes.paid-eu.targets[0]`; the root is `the document`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return f"`{text}`" if text else "the document"


def kind_of(value: Any) -> str:
    """Return what a value is, in YAML's words."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a mapping" if isinstance(value, dict) else "a list"


def show(value: Any) -> str:
    """Return a value fit for a message: scalars as written in JSON, collections by kind."""
    if isinstance(value, (dict, list)) or value is None:
        return kind_of(value)
    if isinstance(value, str):
        return _quoted(value)
    return f"`{json.dumps(value)}`"


def _quoted(text: str) -> str:
    flat = _CREDENTIALS.sub("…@", " ".join(text.split())) if text.strip() else text
    return f"`{flat if len(flat) <= _SHOWN_MAX else flat[: _SHOWN_MAX - 1] + '…'}`" if flat else "an empty text"


# -- names of keys ---------------------------------------------------------------------------------------------------------------------


def _is_about_name(error: Any) -> bool:
    return isinstance(error.instance, str) and "propertyNames" in error.absolute_schema_path and _is_of_name(error)


def _is_of_name(error: Any) -> bool:
    """Tell a key's error from one of a value that merely lies below a property called `propertyNames`."""
    steps = list(error.absolute_schema_path)
    at = len(steps) - 1 - steps[::-1].index("propertyNames")
    is_property = at > 0 and steps[at - 1] in ("properties", "$defs", "definitions")
    after = steps[at + 1 :]
    return (
        not is_property and "properties" not in after and "items" not in after and "additionalProperties" not in after
    )


def _explain_name(error: Any, path: Path) -> Iterator[Explained]:
    key = str(error.instance)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    expected = schema.get("errorMessage")
    if expected is None and error.validator == "enum":
        yield from _unknown_keys(path, [key], [str(name) for name in error.validator_value])
        return
    help = expected if isinstance(expected, str) else f"names there must satisfy {_rule(error)}"
    yield Explained((*path, key), f"{_quoted(key)} cannot be a name in {path_name(path)}", help, is_about_key=True)


def _rule(error: Any) -> str:
    return f"`{error.validator}: {json.dumps(error.validator_value, default=str)[:_SHOWN_MAX]}`"


# -- one function a keyword --------------------------------------------------------------------------------------------------------------


def _additional(case: _Case) -> Iterator[Explained]:
    schema, instance = case.error.schema, case.error.instance
    known = list(schema.get("properties", {}))
    patterns = list(schema.get("patternProperties", {}))
    extra = [key for key in instance if key not in known and not any(re.search(p, key) for p in patterns)]
    allowed = [key for key in known if schema["properties"][key] is not False]
    yield from _unknown_keys(case.path, extra, allowed, instance, schema.get("x-also-known-as"))


def _unknown_keys(
    path: Path,
    extra: list[str],
    known: list[str],
    present: Mapping[str, Any] | None = None,
    synonyms: Mapping[str, str] | None = None,
) -> Iterator[Explained]:
    for key in extra:
        free = [name for name in known if present is None or name not in present]
        meant = (synonyms or {}).get(key) or nearest(key, free) or nearest(key, known)
        where = f" in {path_name(path)}" if path else ""
        message = f"unknown key {_quoted(key)}{where}"
        help = f"did you mean `{meant}`?" if meant else _listing("the keys there are", known)
        yield Explained((*path, key), message, help, "RT202", is_about_key=True, suggestion=meant)


def _listing(words: str, names: list[str]) -> str | None:
    if not names:
        return None
    listed = ", ".join(f"`{name}`" for name in names[:_LISTED_MAX])
    return f"{words} {listed}{', …' if len(names) > _LISTED_MAX else ''}"


def _required(case: _Case) -> Iterator[Explained]:
    error = case.error
    key = next((k for k in error.validator_value if error.message.startswith(repr(k))), None)
    if key is None:  # pragma: no cover - jsonschema's message names the key
        key = next(k for k in error.validator_value if k not in error.instance)
    properties = error.schema.get("properties", {})
    inner = properties.get(key)
    help = _description(inner, case.root)
    message = f"`{key}` is missing in {case.name}"
    yield Explained(case.path, message, help, is_about_key=True, missing=(key,))


def _description(schema: Any, root: Any) -> str | None:
    """Return a schema's description, its own or that of the definition it refers to."""
    if not isinstance(schema, Mapping):
        return None
    if isinstance(schema.get("description"), str):
        return str(schema["description"])
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/") and isinstance(root, Mapping):
        return _description(root.get("$defs", {}).get(reference.removeprefix("#/$defs/")), root)
    return None


def _type(case: _Case) -> Iterator[Explained]:
    wanted = case.error.validator_value
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    scalar = not isinstance(case.error.instance, (dict, list)) and case.error.instance is not None
    if case.is_secret and scalar and wanted != ["string"]:
        help: str | None = "write a reference: `{env: NAME}` or `{file: /run/secrets/name}`"
        if "object" not in wanted:
            help = "write a list of references: `[{env: NAME}]`"
        message = f"{case.name} holds a literal value where a reference to a secret belongs"
        yield Explained(case.path, message, help, "RT601")
        return
    expected = _alternatives([_TYPES.get(name, name) for name in wanted])
    found = f"is {case.shown}" if case.error.instance is not None else "is empty"
    help = case.help or _type_help(case.error.instance, wanted)
    yield Explained(case.path, f"{case.name} must be {expected}, but {found}", help)


def _type_help(value: Any, wanted: list[str]) -> str | None:
    if isinstance(value, (bool, int, float)) and "string" in wanted:
        return f"put quotes around it: '{json.dumps(value)}'"
    if isinstance(value, str) and wanted[0] in ("integer", "number", "boolean"):
        return "write it without quotes" if value.strip() else None
    if wanted == ["array"] and isinstance(value, str):
        return f"write a list: `[{value[:_SHOWN_MAX]}]`"
    return None


def _alternatives(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _enum(case: _Case) -> Iterator[Explained]:
    allowed = [case.error.validator_value] if case.error.validator == "const" else list(case.error.validator_value)
    shown = [value if isinstance(value, str) else json.dumps(value, default=str) for value in allowed]
    value = case.error.instance
    meant = nearest(value, [word for word in allowed if isinstance(word, str)]) if isinstance(value, str) else None
    help = f"did you mean `{meant}`?" if meant else case.help or _listing("it can be", shown)
    yield Explained(case.path, f"{case.shown} is not valid for {case.name}", help)


def _pattern(case: _Case) -> Iterator[Explained]:
    help = case.help or f"it must match the pattern `{case.error.validator_value}`"
    code = "RT601" if case.is_secret else "RT201"  # a text that can be no name is probably the secret itself
    yield Explained(case.path, f"{case.shown} is not valid for {case.name}", help, code)


def _bound(words: str) -> Callable[[_Case], Iterator[Explained]]:
    def handler(case: _Case) -> Iterator[Explained]:
        value = case.error.validator_value
        message = f"{case.name} must {words.format(value)}"
        if not isinstance(case.error.instance, (dict, list)):
            message += f", but is {case.shown}"
        yield Explained(case.path, message, case.help)

    return handler


def _count(words: str, nothing: str | None = None) -> Callable[[_Case], Iterator[Explained]]:
    def handler(case: _Case) -> Iterator[Explained]:
        number = case.error.validator_value
        counted = words.format(number) if number != 1 else words.format(number).replace("ies", "y").removesuffix("s")
        message = f"{case.name} must have {counted}, but has {len(case.error.instance)}"
        if nothing is not None and len(case.error.instance) == 0:
            message = f"{case.name} {nothing}"
        yield Explained(case.path, message, case.help)

    return handler


def _unique(case: _Case) -> Iterator[Explained]:
    seen: list[Any] = []
    for index, item in enumerate(case.error.instance):
        if item in seen:
            yield Explained((*case.path, index), f"{show(item)} is already in {case.name}", "remove one of the two")
            return
        seen.append(item)
    yield Explained(case.path, f"{case.name} has an entry twice", "remove one of the two")


def _one_of(case: _Case) -> Iterator[Explained]:
    keys = case.error.schema.get("x-one-of-keys")
    if keys is None:
        yield from _no_branch(case)
        return
    present = [key for key in keys if isinstance(case.error.instance, dict) and key in case.error.instance]
    if present:
        message = f"{_alternatives([f'`{key}`' for key in present]).replace(' or ', ' and ')} exclude each other in {case.name}"
        yield Explained((*case.path, present[-1]), message, f"keep one of {_plain(keys)}", is_about_key=True)
    else:
        message = f"one of {_plain(keys)} is missing in {case.name}"
        yield Explained(case.path, message, case.help, is_about_key=True, missing=tuple(keys))


def _plain(keys: list[str]) -> str:
    return _alternatives([f"`{key}`" for key in keys]).replace(" or ", " and ")


def _no_branch(case: _Case) -> Iterator[Explained]:
    """Explain alternatives none of which is near: by the kinds or constants they want."""
    error = case.error
    context = list(error.context or ())
    here = [inner for inner in context if not inner.path]
    kinds = [
        _TYPES.get(name, name) for inner in here if inner.validator == "type" for name in _listed(inner.validator_value)
    ]
    constants = [inner for inner in here if inner.validator in ("enum", "const")]
    words = [w for i in constants for w in (i.validator_value if i.validator == "enum" else [i.validator_value])]
    if not context:
        message = f"{case.name} satisfies more than one alternative of which exactly one must hold"
        yield Explained(case.path, message, case.help)
    elif kinds and not words:
        expected = _alternatives(list(dict.fromkeys(kinds)))
        yield Explained(case.path, f"{case.name} must be {expected}, but is {case.shown}", case.help)
    elif words:
        meant = (
            nearest(error.instance, [w for w in words if isinstance(w, str)])
            if isinstance(error.instance, str)
            else None
        )
        shown = [word if isinstance(word, str) else json.dumps(word, default=str) for word in words]
        help = f"did you mean `{meant}`?" if meant else case.help or _listing("it can be", shown)
        yield Explained(case.path, f"{case.shown} is not valid for {case.name}", help)
    else:
        yield Explained(
            case.path, f"{case.name} fits none of the {len(error.validator_value)} forms it may have", case.help
        )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _forbidden(case: _Case) -> Iterator[Explained]:
    step = case.path[-1] if case.path else None
    if isinstance(step, str):
        message = f"`{step}` is not allowed in {path_name(case.path[:-1])}"
        yield Explained(case.path, message, case.help, is_about_key=True)
    else:
        yield Explained(case.path, f"nothing is allowed at {case.name}", case.help)


def _not(case: _Case) -> Iterator[Explained]:
    if case.error.validator_value == {}:
        yield from _forbidden(case)
        return
    yield Explained(case.path, f"{case.name} must not be {case.shown}", case.help)


def _dependent(case: _Case) -> Iterator[Explained]:
    needs = case.error.validator_value
    for key, wanted in needs.items():
        if key in case.error.instance and isinstance(wanted, list):
            for missing in wanted:
                if missing not in case.error.instance:
                    message = f"`{key}` needs `{missing}` beside it in {case.name}"
                    yield Explained((*case.path, key), message, case.help, is_about_key=True)


def _unevaluated(case: _Case) -> Iterator[Explained]:
    named = [key for key in case.error.instance if repr(key) in case.error.message]
    if named and isinstance(case.error.instance, Mapping):
        yield from _unknown_keys(case.path, named, [])
    else:
        yield Explained(case.path, f"{case.name} has entries that are not allowed", case.help)


def _other(case: _Case) -> Iterator[Explained]:
    keyword = case.error.validator
    yield Explained(case.path, f"{case.name} does not satisfy `{keyword}` of its schema", case.help)


_HANDLERS: dict[str, Callable[[_Case], Iterator[Explained]]] = {
    "additionalProperties": _additional,
    "unevaluatedProperties": _unevaluated,
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": _enum,
    "pattern": _pattern,
    "minimum": _bound("be at least {}"),
    "maximum": _bound("be at most {}"),
    "exclusiveMinimum": _bound("be more than {}"),
    "exclusiveMaximum": _bound("be less than {}"),
    "multipleOf": _bound("be a multiple of {}"),
    "format": _bound("be a {}"),
    "minLength": _count("at least {} characters", "must not be empty"),
    "maxLength": _count("at most {} characters"),
    "minItems": _count("at least {} entries", "must not be empty"),
    "maxItems": _count("at most {} entries"),
    "minProperties": _count("at least {} keys", "must not be empty"),
    "maxProperties": _count("at most {} keys"),
    "uniqueItems": _unique,
    "oneOf": _one_of,
    "anyOf": _one_of,
    "not": _not,
    "dependentRequired": _dependent,
    "dependencies": _dependent,
}
