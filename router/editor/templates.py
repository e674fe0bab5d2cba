"""Templates: what the cursor is on inside a Jinja template, and what could stand there.

Read with a few patterns rather than parsed: a template that is being written rarely parses, and only `router.transforms` opens Jinja. Dotted
paths, names bound by `for` and `set`, and the filter behind a bar are understood; anything cleverer completes to nothing.
"""

from __future__ import annotations

import inspect
import re

import msgspec

from router.shapes import UNKNOWN, Shape
from router.transforms.catalogue import COMPILED, FILTERS
from router.transforms.names import LOOP_FIELDS

__all__ = ["FILTER_NAMES", "TemplateSpot", "chain_at", "filter_at", "filter_text", "shape_of_chain", "spot_in"]

FILTER_NAMES = tuple(sorted({*FILTERS, *COMPILED}))

_CHAIN = r"[A-Za-z_]\w*(?:\s*\.\s*\w+|\[\d+\]|\['[^']*'\]|\[\"[^\"]*\"\])*"
_AT_FILTER = re.compile(r"\|\s*(?P<word>\w*)\Z")
_AT_MEMBER = re.compile(rf"(?P<chain>{_CHAIN})\.(?P<word>\w*)\Z")
_AT_NAME = re.compile(r"(?:\A|[^\w.'\"\]])(?P<word>[A-Za-z_]\w*|)\Z")
_STEP = re.compile(r"\.\s*(?P<name>\w+)|\[(?P<index>\d+)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]")
_FOR = re.compile(rf"\{{%-?\s*for\s+(?P<names>\w+(?:\s*,\s*\w+)*)\s+in\s+(?P<chain>{_CHAIN})")
_SET = re.compile(rf"\{{%-?\s*set\s+(?P<name>\w+)\s*=\s*(?P<chain>{_CHAIN})")
_EXPLAINED = {
    "d": "the value, or this one where it is missing",
    "default": "the value, or this one where it is missing; with `true` as second argument also where it is empty",
    "map": "each element's attribute, or each element through a filter",
    "reject": "the elements that do not pass a test",
    "rejectattr": "the elements whose attribute does not pass a test",
    "select": "the elements that pass a test",
    "selectattr": "the elements whose attribute passes a test",
}


class TemplateSpot(msgspec.Struct, frozen=True, kw_only=True):
    """What may be written at a cursor: a filter, a member of `scope`, or a name: one of the event's or of `bound`."""

    word: str
    scope: Shape = UNKNOWN
    is_filter: bool = False
    is_member: bool = False
    bound: tuple[str, ...] = ()


def spot_in(before: str, root: Shape) -> TemplateSpot | None:
    """Return what may be written after `before`, the beginning of a template; None outside of `{{ }}` and `{% %}` and in texts."""
    inside = _inside(before)
    if inside is None:
        return None
    found = _AT_FILTER.search(inside)
    if found is not None:
        return TemplateSpot(word=found["word"], is_filter=True)
    bound = _bound(before, root)
    found = _AT_MEMBER.search(inside)
    if found is not None:
        scope = shape_of_chain(found["chain"], before, root)
        fields = LOOP_FIELDS if found["chain"] == "loop" else ()
        return TemplateSpot(word=found["word"], scope=scope, is_member=True, bound=fields)
    found = _AT_NAME.search(inside)
    return None if found is None else TemplateSpot(word=found["word"], scope=root, bound=tuple(bound))


def shape_of_chain(chain: str, before: str, root: Shape) -> Shape:
    """Return the shape of `data.items[0].price`, where `before` is the template up to it."""
    name = re.match(r"\w+", chain)
    if name is None:
        return UNKNOWN
    bound = _bound(before, root)
    shape = bound[name[0]] if name[0] in bound else root.field(name[0])
    for step in _STEP.finditer(chain, name.end()):
        shape = shape.element() if step["index"] is not None else shape.field(step["name"] or step["key"])
    return shape


def chain_at(template: str, at: int) -> str | None:
    """Return the dotted path up to the end of the word that the code point `at` is in; None outside of expressions."""
    end = at
    while end < len(template) and (template[end].isalnum() or template[end] == "_"):
        end += 1
    inside = _inside(template[:end])
    found = None if inside is None else re.search(rf"(?:\A|[^\w.|'\"])({_CHAIN})\Z", inside)
    return None if found is None else found[1]


def filter_at(template: str, at: int) -> str | None:
    """Return the filter whose name the code point `at` is in."""
    if _inside(template[:at]) is None:
        return None
    for found in re.finditer(r"\|\s*(\w+)", template):
        if found.start(1) <= at <= found.end(1) and found[1] in FILTER_NAMES:
            return found[1]
    return None


def filter_text(name: str) -> tuple[str, str]:
    """Return a filter as a template writes it, and what it does."""
    if name not in FILTERS:
        return name, _EXPLAINED.get(name, "")
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in FILTERS[name].signature.parameters.values()
    ]
    shown = str(inspect.Signature(parameters)) if parameters else ""
    explained = (FILTERS[name].function.__doc__ or "").strip().partition("\n")[0]
    return name + shown, explained


def _bound(before: str, root: Shape) -> dict[str, Shape]:
    """Return the names that `for` and `set` have bound so far; an ended loop's are still among them, which does no harm."""
    found: dict[str, Shape] = {}
    for match in sorted([*_FOR.finditer(before), *_SET.finditer(before)], key=lambda match: match.start()):
        chain = match["chain"]
        name = re.match(r"\w+", chain)
        base = found.get(name[0]) if name is not None else None
        shape = root.field(name[0]) if base is None and name is not None else base or UNKNOWN
        for step in _STEP.finditer(chain, name.end() if name is not None else 0):
            shape = shape.element() if step["index"] is not None else shape.field(step["name"] or step["key"])
        if match.re is _SET:
            found[match["name"]] = shape
            continue
        names = [word.strip() for word in match["names"].split(",")]
        found.update(dict.fromkeys(names, UNKNOWN))
        if len(names) == 1:
            found[names[0]] = shape.element()
        found["loop"] = UNKNOWN
    return found


def _inside(before: str) -> str | None:
    """Return the text since the `{{` or `{%` that is open at the end; None when none is, or when a string literal is open."""
    start = max(before.rfind("{{"), before.rfind("{%"))
    if start < 0:
        return None
    inside = before[start + 2 :]
    if "}}" in inside or "%}" in inside:
        return None
    quote = ""
    for character in inside:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return None if quote else inside.removeprefix("-")
