"""Names: which names a template may start from, and what is not allowed in one, with what to write instead."""

from __future__ import annotations

import re

from router.event import CORE_ATTRIBUTES
from router.syntax.nearest import edits, nearest
from router.transforms.template import nodes

__all__ = ["CALL_HELP", "CHANCE", "LOOP_FIELDS", "ROOTS", "closest_root", "construct_of", "root_problem"]

ROOTS = frozenset((*CORE_ATTRIBUTES, "data"))
"""The names that every event may have; all others are extensions."""

_KNOWN_EXTENSIONS = frozenset(
    {"authid", "authtype", "correlationid", "causationid", "dataref", "deprecated", "expirytime", "partitionkey", "recordedtime",
    "sampledrate", "sequence", "sequencetype", "severitynumber", "severitytext", "traceparent", "tracestate"}
)  # fmt: skip
"""Extensions that the CloudEvents project documents: never taken for typing mistakes."""

_EXTENSION = re.compile(
    r"[a-z0-9]{1,20}"
)  # CloudEvents 1.0.2, "Naming Conventions": lower case letters and digits, up to 20

_NOT_HERE = {
    "event": "the event is the root: write `data.total` or `type`, without `event.`",
    "payload": "the payload is `data`: write `data.total`",
    "body": "the payload is `data`: write `data.total`",
    "self": "a template sees the event and nothing else",
    "loop": "`loop` exists only inside `{% for %}`",
    "null": "null is written `none`",
    "nil": "null is written `none`",
    "now": "a template has no clock: the same event always renders to the same bytes; `time` is when the event happened",
}

LOOP_FIELDS = ("first", "index", "index0", "last", "length", "revindex", "revindex0")
"""What `loop` has."""


def root_problem(name: str) -> tuple[str, str | None] | None:
    """Return message and help for a name that cannot start an expression; None for an attribute or a plausible extension."""
    if name in ROOTS or name in _KNOWN_EXTENSIONS:
        return None
    if name in _NOT_HERE:
        return f"`{name}` is not a variable", _NOT_HERE[name]
    close = closest_root(name)
    if close is not None:
        return f"`{name}` is not an attribute of events", f"did you mean `{close}`?"
    if _EXTENSION.fullmatch(name) is None:
        suggestion = nearest(name, ROOTS)
        return (
            f"`{name}` is not an attribute of events",
            f"did you mean `{suggestion}`?"
            if suggestion
            else "known are " + ", ".join(f"`{root}`" for root in sorted(ROOTS)) + ", and extensions ([a-z0-9]{1,20})",
        )
    return None


def closest_root(name: str) -> str | None:
    """Return the attribute that a name is a typing mistake of: one edit away, two from attributes of eight letters and more."""
    if len(name) <= 2:
        return None
    return next(
        (root for root in sorted(ROOTS) if len(root) > 2 and edits(name, root, 2) <= (1 if len(root) < 8 else 2)), None
    )


CHANCE = frozenset(
    {"now", "utcnow", "today", "random", "randint", "randrange", "shuffle", "uuid", "uuid1", "uuid4", "uuidv4"}
)
"""What people reach for who want a clock or chance, as names, functions or filters: RT407, since an event must always render the same."""


CALL_HELP = {
    "items": "write `value | items`",
    "keys": "loop over the object itself, or write `value | list`",
    "values": "loop over `value | items`",
    "get": "write `value['name'] | default(…)`",
    "format": "put texts together with `~`, write decimals with `| fixed(2)`",
    "join": "write `list | join(', ')`",
    "split": "write `value | split(',')`",
    "strip": "write `value | trim`",
    "upper": "write `value | upper`",
    "lower": "write `value | lower`",
    "title": "write `value | title`",
    "capitalize": "write `value | capitalize`",
    "replace": "write `value | replace('a', 'b')`",
    "startswith": "compare a slice: `value[:3] == 'abc'`",
    "endswith": "compare a slice: `value[-3:] == 'abc'`",
    "range": "loop over a list of the event",
    "now": "a template has no clock: `time` is when the event happened",
    "uuid4": "`id` is the event's own, unique with its `source`",
    "length": "write `value | length`",
    "tojson": "write `value | tojson`",
    "toJson": "write `value | tojson`",
    "contains": "write `'x' in value`",
}
"""What to write instead of calling a method or function."""

_CONSTRUCTS: dict[type[nodes.Node], str] = {
    nodes.AssignBlock: "`{% set %}` around a block",
    nodes.Block: "`{% block %}`",
    nodes.Call: "a call",
    nodes.CallBlock: "`{% call %}`",
    nodes.Extends: "`{% extends %}`",
    nodes.FilterBlock: "`{% filter %}`",
    nodes.FromImport: "`{% from %}`",
    nodes.Import: "`{% import %}`",
    nodes.Include: "`{% include %}`",
    nodes.Macro: "`{% macro %}`",
    nodes.NSRef: "a namespace",
    nodes.Pow: "`**`",
    nodes.Scope: "`{% autoescape %}`",
    nodes.ScopedEvalContextModifier: "`{% autoescape %}`",
    nodes.With: "`{% with %}`",
}


def construct_of(node: nodes.Node) -> str:
    """Return what people call a construct that is not allowed."""
    return _CONSTRUCTS.get(type(node), f"`{type(node).__name__.lower()}`")
