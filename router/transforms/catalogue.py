"""Catalogue: every filter that a template may use, by name, with the arguments it takes; and why Jinja's others are not among them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from router.transforms import list_filters, text_filters

__all__ = ["COMPILED", "FILTERS", "REFUSED", "FilterSpec"]


class FilterSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A filter.

    `attribute` says what its argument of that name is: one path, several separated by commas, or none. `partial` filters may find nothing
    (`first` of an empty list). `safe` ones make text that needs no escaping between the quotes of a JSON string, or no text at all.
    """

    function: Callable[..., Any]
    attribute: str | None = None
    partial: bool = False
    safe: bool = False

    @property
    def signature(self) -> inspect.Signature:
        """Return the arguments as a template writes them, without budget and value."""
        signature = inspect.signature(self.function)
        return signature.replace(parameters=list(signature.parameters.values())[2:])


def _filter(
    function: Callable[..., Any], attribute: str | None = None, *, partial: bool = False, safe: bool = False
) -> FilterSpec:
    return FilterSpec(function=function, attribute=attribute, partial=partial, safe=safe)


FILTERS: dict[str, FilterSpec] = {
    "abs": _filter(text_filters.absolute, safe=True),
    "b64decode": _filter(text_filters.base64_decode),
    "b64encode": _filter(text_filters.base64_encode, safe=True),
    "capitalize": _filter(text_filters.capitalize),
    "count": _filter(list_filters.length, safe=True),
    "dictsort": _filter(list_filters.dictsort),
    "e": _filter(text_filters.escape),
    "escape": _filter(text_filters.escape),
    "first": _filter(list_filters.first, partial=True),
    "fixed": _filter(text_filters.fixed, safe=True),
    "float": _filter(text_filters.to_float, safe=True),
    "groupby": _filter(list_filters.group_by, "one"),
    "int": _filter(text_filters.to_int, safe=True),
    "isodate": _filter(text_filters.isodate, safe=True),
    "items": _filter(list_filters.items),
    "join": _filter(list_filters.join, "one"),
    "last": _filter(list_filters.last, partial=True),
    "length": _filter(list_filters.length, safe=True),
    "list": _filter(list_filters.to_list),
    "lower": _filter(text_filters.lower),
    "max": _filter(list_filters.maximum, "many", partial=True),
    "min": _filter(list_filters.minimum, "many", partial=True),
    "removeprefix": _filter(text_filters.remove_prefix),
    "removesuffix": _filter(text_filters.remove_suffix),
    "replace": _filter(text_filters.replace),
    "reverse": _filter(list_filters.reverse),
    "round": _filter(text_filters.rounded, safe=True),
    "sha256": _filter(text_filters.sha256, safe=True),
    "sort": _filter(list_filters.sort, "many"),
    "split": _filter(text_filters.split),
    "string": _filter(text_filters.string),
    "sum": _filter(list_filters.total, "one", safe=True),
    "title": _filter(text_filters.title),
    "tojson": _filter(text_filters.to_json, safe=True),
    "trim": _filter(text_filters.trim),
    "truncate": _filter(text_filters.truncate),
    "unique": _filter(list_filters.unique, "one"),
    "upper": _filter(text_filters.upper),
    "urlencode": _filter(text_filters.url_encode, safe=True),
}
"""The filters that are one call of one function."""

COMPILED = frozenset({"d", "default", "map", "reject", "rejectattr", "select", "selectattr"})
"""The filters that take an expression unevaluated, or a filter or test by name: the compiler writes them out."""

REFUSED: dict[str, str] = {
    "attr": "write `value.name` or `value['name']`",
    "batch": "it can make far more than it was given",
    "center": "it can make far more than it was given; padding belongs in the receiver",
    "filesizeformat": "its units depend on taste: write the number",
    "forceescape": "write `escape`",
    "format": "it can make far more than it was given; write `fixed(2)` for decimals and `~` to put texts together",
    "indent": "it can make far more than it was given",
    "pprint": "it writes Python, not JSON: write `tojson`",
    "random": "the same event must always render to the same bytes",
    "safe": "nothing is escaped unless the template says so: leave it out",
    "slice": "it can make far more than it was given; write `value[:3]` for a part of a list",
    "striptags": "its result is not safe to show as HTML: write `escape`",
    "urlize": "it can make far more than it was given",
    "wordcount": "write `split | length`",
    "wordwrap": "it can make far more than it was given",
    "xmlattr": "write the attributes out, each with `escape`",
}
"""Filters that Jinja has and templates here do not, and what to do instead."""
