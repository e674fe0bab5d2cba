"""Fields: whether what a template names can be there (RT402), and whether it surely is (RT403)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.shapes import UNKNOWN, Kind, Presence, Shape
from router.syntax.nearest import nearest
from router.transforms.inference_scope import Env, Report, Severity
from router.transforms.template import nodes

if TYPE_CHECKING:
    from router.transforms.inference import _Walker

__all__ = ["check_steps", "member_of", "path_of", "present", "root_of"]

_NAMES_SHOWN_MAX = 8
_OPTIONAL_ATTRIBUTES = frozenset({"subject", "time", "datacontenttype", "dataschema"})


def present(shape: Shape) -> Shape:
    """Return a shape less what stands for its absence."""
    return shape.only(~Kind.NULL) if shape.absent else shape


def root_of(report: Report, node: nodes.Name, env: Env, *, maybe: bool) -> Shape:
    """Return the shape of an attribute of the event; names that are none are unknown, compiling reports them."""
    found = env.event.field(node.name)
    if maybe:
        return found
    if found.absent and not found.loose and node.name in _OPTIONAL_ATTRIBUTES:
        report.say(
            "RT403",
            "warning",
            node,
            f"events need not have `{node.name}`: without it, nothing can be sent",
            f"write `{node.name} | default(…)`",
        )
    return present(found)


def member_of(walker: _Walker, node: nodes.Getattr | nodes.Getitem, key: str | int, env: Env, *, maybe: bool) -> Shape:
    """Return the shape of a member, and report it when it cannot be there, or need not be and nothing guards it."""
    base = present(walker.value(node.node, env, maybe=maybe))
    if isinstance(node.node, nodes.Name) and node.node.name == "loop":
        return UNKNOWN
    report = walker.report
    if maybe:
        base = base.only(~Kind.NULL)
    elif base.kinds & Kind.NULL and base.kinds & ~Kind.NULL and not base.loose:
        holder = report.text(node.node)
        report.say("RT403", "error", node, f"`{holder}` may be null, which has no `{key}`", _guard(report, node))
        return UNKNOWN
    if isinstance(key, int):
        return _entry(report, node, key, base, maybe=maybe)
    if not base.kinds & Kind.OBJECT:
        if base.kinds & ~Kind.NULL:
            _report_no_object(report, node, key, base)
        return UNKNOWN
    if _is_unknown_field(report, node, key, base, guarded=maybe):
        return UNKNOWN
    found = base.only(Kind.OBJECT).field(key)
    if maybe:
        return found
    if found.absent and not found.loose:
        # A schema that requires nothing anywhere may only not care to say; one that requires other fields has said it.
        severity: Severity = "error" if any(alternative.required for alternative in base.objects) else "warning"
        report.say("RT403", severity, node, _missing(report, node, key, env), _guard(report, node))
        return UNKNOWN
    return present(found)


def path_of(node: nodes.Node) -> tuple[str, ...] | None:
    """Return the names of a plain way such as data.customer.name; None for all else."""
    names: list[str] = []
    while True:
        match node:
            case nodes.Getattr():
                names.append(node.attr)
                node = node.node
            case nodes.Getitem(arg=nodes.Const(value=str() as name)):
                names.append(name)
                node = node.node
            case nodes.Name():
                return (node.name, *reversed(names))
            case _:
                return None


def check_steps(report: Report, node: nodes.Node, steps: list[str], shape: Shape) -> Shape:
    """Return what lies at the steps that an `attribute` names, reporting one that cannot be there."""
    for step in steps:
        shape = present(shape).only(~Kind.NULL)
        if step.isdecimal() or not shape.kinds & Kind.OBJECT:
            return UNKNOWN
        if _is_unknown_field(report, node, step, shape, guarded=True):
            return UNKNOWN
        shape = shape.only(Kind.OBJECT).field(step)
    return present(shape)


def _entry(report: Report, node: nodes.Node, index: int, base: Shape, *, maybe: bool) -> Shape:
    if not base.kinds & Kind.ARRAY:
        return UNKNOWN
    count = index + 1 if index >= 0 else -index
    most = base.elements.length_max
    if most is not None and count > most and base.kinds == Kind.ARRAY:
        if not maybe:
            report.say("RT402", "error", node, f"the list has at most {most} item{'s' if most != 1 else ''}")
        return UNKNOWN
    if not maybe and base.elements.length_min < count and not base.loose and base.kinds == Kind.ARRAY:
        message = (
            f"the list may have {'no item' if count == 1 else f'fewer than {count} items'}: then nothing can be sent"
        )
        report.say("RT403", "warning", node, message, _guard(report, node))
    return base.only(Kind.ARRAY).elements.at(index)


def _report_no_object(report: Report, node: nodes.Getattr | nodes.Getitem, key: str, base: Shape) -> None:
    holder = report.text(node.node)
    what = base.only(~Kind.NULL).describe()
    help = None
    if base.kinds & Kind.ARRAY:
        help = f"loop over it, or write `{holder} | map(attribute='{key}') | list`"
    report.say("RT402", "error", node, f"`{holder}` is {_a(what)}, which has no `{key}`", help)


def _a(words: str) -> str:
    return f"{'an' if words[:1] in 'aeio' else 'a'} {words}"


def _is_unknown_field(report: Report, node: nodes.Node, key: str, base: Shape, *, guarded: bool) -> bool:
    presences = {alternative.presence(key) for alternative in base.objects}
    if Presence.DECLARED in presences or Presence.UNKNOWN in presences or not presences:
        return False
    names = base.names
    near = nearest(key, names)
    is_closed = presences == {Presence.FORBIDDEN}
    is_open = any(alternative.is_explicitly_open for alternative in base.objects)
    if not is_closed and near is None and (guarded or is_open):
        return False
    holder = report.text(node.node) if isinstance(node, nodes.Getattr | nodes.Getitem) else "the items"
    where = f"`{holder}`" if isinstance(node, nodes.Getattr | nodes.Getitem) else holder
    message = f"no field `{key}` in {where}" if is_closed else f"the schema names no field `{key}` in {where}"
    if near is not None:
        help = f"did you mean `{near}`?"
    else:
        shown = ", ".join(f"`{name}`" for name in names[:_NAMES_SHOWN_MAX]) + (
            ", …" if len(names) > _NAMES_SHOWN_MAX else ""
        )
        help = f"its fields are {shown}" if names else "the schema allows no fields here"
    report.say("RT402", "error" if is_closed else "warning", node, message, help, last=key)
    return True


def _missing(report: Report, node: nodes.Node, key: str, env: Env) -> str:
    """Return the sentence for a field that need not be there, with the event types in which it need not."""
    path = path_of(node)
    if path is not None and path[0] not in env.variables and len(env.event.objects) > 1:
        lacking = [
            alternative.label
            for alternative in env.event.objects
            if alternative.label is not None and _may_lack(alternative.field(path[0]), path[1:])
        ]
        if lacking and len(lacking) < len(env.event.objects):
            names = ", ".join(f"`{name}`" for name in lacking[:3]) + (", …" if len(lacking) > 3 else "")
            return f"`{report.text(node)}` may be missing in events of type {names}: without it, nothing can be sent"
    return f"`{report.text(node)}` may be missing: without it, nothing can be sent"


def _may_lack(shape: Shape, steps: tuple[str, ...]) -> bool:
    for step in steps:
        shape = shape.field(step)
    return shape.absent


def _guard(report: Report, node: nodes.Node) -> str:
    written = report.text(node)
    return f"write `{written} | default(…)`, or ask `{{% if {written} is defined %}}` first"
