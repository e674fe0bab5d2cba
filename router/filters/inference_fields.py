"""Fields: whether a field that a filter names can be there (RT302, RT303, RT313)."""

from __future__ import annotations

from router.filters.inference_report import REPORTED, Report, Severity, phrase, quoted, written
from router.filters.inference_scope import Scope
from router.filters.nodes import Current, Field, Node
from router.shapes import Kind, Presence, Shape
from router.shapes.event import ATTRIBUTES, is_extension_name
from router.syntax.nearest import nearest

__all__ = ["field_of"]

_BARE = frozenset({"null", "true", "false"})
_NAMES_SHOWN_MAX = 8


def field_of(
    report: Report, holder: Node | None, base: Shape, node: Field, scope: Scope, path: tuple[str, ...] | None
) -> Shape:
    """Return the shape of a field of `base`, and report it when it cannot be there.

    `holder` is the expression before the dot, None when there is none; `path` the whole way from the scope's value, where it is plain.
    What has been reported is unknown, so that one mistake is one finding.
    """
    if base is REPORTED:
        return REPORTED
    if base.is_never or report.muted:
        return base.field(node.name) if not base.is_never else REPORTED
    if not base.kinds & Kind.OBJECT:
        if base.kinds & ~Kind.NULL == 0:
            return base.field(node.name)
        _report_no_object(report, holder, base, node, scope)
        return REPORTED
    if scope.is_event and path is not None:
        if len(path) == 1 and node.name not in ATTRIBUTES and node.name != "data":
            return _root_field(report, base, node)
        if len(path) > 1 and len(scope.shape.objects) > 1 and not _check_types(report, node, scope, path):
            return REPORTED
    found = {alternative.presence(node.name) for alternative in base.objects}
    if Presence.DECLARED in found or (Presence.UNKNOWN in found and base.objects):
        return base.field(node.name)
    if holder is None and node.name in _BARE and not node.quoted:  # RT309 says so already
        return REPORTED
    _report_unknown(report, _called(report, holder, scope), base, node, is_first=holder is None)
    return REPORTED


def _called(report: Report, holder: Node | None, scope: Scope) -> str:
    """Return what a message calls the value that a field is taken of."""
    return scope.label if holder is None or isinstance(holder, Current) else f"`{report.text(holder)}`"


def _report_no_object(report: Report, holder: Node | None, base: Shape, node: Field, scope: Scope) -> None:
    what = _called(report, holder, scope)
    name = quoted(node.name)
    help = None
    if base.kinds & Kind.ARRAY:
        if holder is None or isinstance(holder, Current):
            help = f"for that of each element write [*].{name}"
        elif base.element().objects:
            text = report.text(holder)
            help = f"for that of each element write {text}[*].{name}, of the first {text}[0].{name}"
    else:
        help = f"compare {what} itself" if holder is not None else None
    message = f"{what} is {phrase(base.only(~Kind.NULL))}, which has no field `{node.name}`: always null"
    report.say("RT303", "error", node, message, help)


def _report_unknown(report: Report, where: str, base: Shape, node: Field, *, is_first: bool) -> None:
    names = base.names
    near = nearest(node.name, names)
    is_closed = all(each.presence(node.name) is Presence.FORBIDDEN for each in base.objects)
    severity: Severity = "error" if is_closed else "warning"
    message = f"no field `{node.name}` in {where}"
    if not is_closed:
        message = f"the schema names no field `{node.name}` in {where}"
        if near is None and any(each.is_explicitly_open for each in base.objects):
            severity = "info"
    help = _suggestion(near, names, is_closed=is_closed)
    if is_first and node.quoted and near is None:
        severity, help = "error" if is_closed else "warning", _text_help(node)
    elif is_first and near is None and (node.name == "data" or node.name in ATTRIBUTES):
        help = "names here are those of the element; the event cannot be reached from inside"
    report.say("RT302", severity, node, message, help)


def _text_help(node: Field) -> str:
    return f"double quotes make a field's name; for the string write {written(node.name)}"


def _suggestion(near: str | None, names: list[str], *, is_closed: bool) -> str | None:
    if near is not None:
        return f"did you mean `{quoted(near)}`?"
    if not names:
        return "the schema allows no fields here"
    shown = ", ".join(names[:_NAMES_SHOWN_MAX]) + (", …" if len(names) > _NAMES_SHOWN_MAX else "")
    return f"its fields are {shown}" + ("" if is_closed else "; add it to the schema if it exists")


def _root_field(report: Report, base: Shape, node: Field) -> Shape:
    """Judge a name at the root that is no attribute: an extension, or something of the payload without `data.`."""
    name = node.name
    if name in _BARE and not node.quoted:
        return REPORTED
    payload = base.field("data")
    is_payload = name in payload.names
    is_extension = is_extension_name(name)
    severity: Severity = "warning" if is_extension else "error"
    message = f"the event has no attribute `{name}`"
    inner = nearest(name, payload.names)
    near = nearest(name, [*ATTRIBUTES, "data"])
    if node.quoted:
        help = _text_help(node)
    elif is_payload:
        message, help = f"{message}; the payload is in `data`", f"write data.{quoted(name)}"
    elif near is not None and (inner is None or is_extension):
        help = f"did you mean `{near}`?"
    elif inner is not None:
        help = f"did you mean `data.{quoted(inner)}`?"
    elif is_extension:
        return base.field(name)
    else:
        help = f"for a string write {written(name)}; an event has {', '.join(ATTRIBUTES)} and data"
    report.say("RT302", severity, node, message, help)
    return REPORTED


def _check_types(report: Report, node: Field, scope: Scope, path: tuple[str, ...]) -> bool:
    """Report a field that some of the route's event types have and others have not; False when so, or when none has it."""
    having: list[str] = []
    lacking: list[str] = []
    for alternative in scope.shape.objects:
        holder = alternative.field(path[0])
        for name in path[1:-1]:
            holder = holder.field(name)
        if not holder.objects or alternative.label is None:
            continue
        found = {each.presence(node.name) for each in holder.objects}
        if Presence.DECLARED in found or Presence.UNKNOWN in found:
            having.append(alternative.label)
        else:
            lacking.append(alternative.label)
    if not having or not lacking:
        return True
    report.lacking.append((node, path, having, lacking))
    return True
