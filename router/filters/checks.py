"""Checks: what can be said against an expression without seeing an event.

`check_functions` finds what can never run and raises; `problems` finds all of it and the traps as well, and returns them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from router.filters.functions import network_bits
from router.filters.nodes import (
    Call,
    ExpressionArgument,
    Field,
    FilterProjection,
    Flatten,
    Index,
    Literal,
    Node,
    Not,
    Pipe,
    Projection,
    Slice,
    StringList,
    Sub,
    ValueProjection,
    children,
    walk,
)
from router.filters.parser import parse
from router.filters.problem import Fault, FilterProblem, FilterSyntaxError
from router.filters.signatures import SIGNATURES, nearest

__all__ = ["check_functions", "problems"]

_BARE: Final = frozenset({"null", "true", "false"})


def problems(expression: str) -> list[FilterProblem]:
    """Return what is wrong with an expression, in the order of its text; empty when it is well made.

    An error of RT301 or RT306 means that `Filter(expression)` raises; RT308 is an error too, although the expression would run.
    """
    try:
        tree = parse(expression)
    except FilterSyntaxError as error:
        return [_problem("RT301", error)]
    found = [_problem("RT306", error) for error in _function_errors(tree)]
    if "!" in expression:
        found += _precedence(tree, expression)
    if any(name in expression for name in _BARE):
        found += _bare_literals(tree)
    return sorted(found, key=lambda problem: (problem.start, problem.code))


def check_functions(tree: Node) -> None:
    """Raise FilterSyntaxError for an unknown function, a wrong number of arguments, or an argument that can never fit."""
    for error in _function_errors(tree):
        raise error


def _problem(code: str, error: FilterSyntaxError) -> FilterProblem:
    return FilterProblem(
        code=code, severity="error", message=error.message, start=error.start, end=error.end, help=error.help
    )


def _function_errors(tree: Node) -> Iterator[FilterSyntaxError]:
    for node in walk(tree):
        if isinstance(node, Call):
            error = _call_error(node)
            if error is not None:
                yield error


def _call_error(node: Call) -> FilterSyntaxError | None:
    signature = SIGNATURES.get(node.name)
    if signature is None:
        return _unknown_function(node)
    given = len(node.arguments)
    wanted = len(signature.parameters)
    if given < wanted or (given > wanted and not signature.variadic):
        message = f"{node.name}() takes {signature.arity}, not {given}"
        return FilterSyntaxError(message, node.start, node.end, fault="invalid-arity")
    for position, argument in enumerate(node.arguments):
        types = signature.parameters[min(position, wanted - 1)].types
        is_expression = isinstance(argument, ExpressionArgument)
        if is_expression != (types == ("expression",)):
            return _expression_error(node, argument, is_expression=is_expression)
    return _constant_error(node)


def _unknown_function(node: Call) -> FilterSyntaxError:
    near = nearest(node.name)
    help = f"did you mean `{near}`?" if near else f"functions are {', '.join(SIGNATURES)}"
    fault: Fault = "unknown-function"
    return FilterSyntaxError(f"unknown function `{node.name}`", node.start, node.name_end, help, fault)


def _expression_error(node: Call, argument: Node, *, is_expression: bool) -> FilterSyntaxError:
    if is_expression:
        message, help = f"{node.name}() takes a value here, not `&expression`", "leave out the &"
    else:
        message = f"{node.name}() takes an `&expression` here, applied to each element"
        help = "put & before it, as in sort_by(items, &price)"
    return FilterSyntaxError(message, argument.start, argument.end, help, "invalid-type")


def _constant_error(node: Call) -> FilterSyntaxError | None:
    """Find a constant that its function can make nothing of."""
    if node.name != "cidr":
        return None
    constant = node.arguments[1]
    texts: tuple[str, ...] = ()
    if isinstance(constant, StringList):
        texts = constant.values
    elif isinstance(constant, Literal) and isinstance(constant.value, str):
        texts = (constant.value,)
    elif isinstance(constant, Literal) and isinstance(constant.value, list):
        texts = tuple(item for item in constant.value if isinstance(item, str))
    for text in texts:
        if network_bits(text) is None:
            help = "a network is an IPv4 or IPv6 address and a prefix length, as in 10.0.0.0/8"
            return FilterSyntaxError(f"'{text}' is not a network", constant.start, constant.end, help, "invalid-value")
    return None


def _precedence(tree: Node, expression: str) -> Iterator[FilterProblem]:
    """Find `!a.b`, which JMESPath reads as `(!a).b`: a member of a boolean, so always null, so never a match."""
    told: set[int] = set()
    for node in walk(tree):
        negation = _negated_base(node, expression)
        if negation is None or negation.start in told:
            continue
        told.add(negation.start)
        first, last = expression[negation.start : negation.end], expression[negation.end : node.end]
        meant = f"!({(first + last)[1:].strip()})"
        yield FilterProblem(
            code="RT308",
            severity="error",
            message=f"`{first}{last}` means `({first}){last}`, a member of true or false, which is never true",
            start=negation.start,
            end=node.end,
            help=f"write {meant}",
            replacement=meant,
        )


def _negated_base(node: Node, expression: str) -> Not | None:
    """Return the `!operand` that the members after it were probably meant to belong to; not where parentheses say otherwise."""
    member: Node | None = None
    while isinstance(node, _CHAIN):
        member = node.right if isinstance(node, Sub) else node if isinstance(node, ValueProjection) else None
        node = node.left
        if expression[node.start : node.start + 1] == "(":
            return None
    while isinstance(member, _CHAIN) and not isinstance(member, ValueProjection):
        member = member.left
    return node if isinstance(node, Not) and isinstance(member, Field | ValueProjection) else None


_CHAIN: Final = (Sub, ValueProjection, Index, Slice, Flatten, Projection, FilterProjection)


def _bare_literals(tree: Node) -> Iterator[FilterProblem]:
    """Find null, true and false as operands: without backticks they name fields."""
    stack: list[tuple[Node, bool]] = [(tree, True)]
    while stack:
        node, is_operand = stack.pop()
        if isinstance(node, Field) and is_operand and not node.quoted and node.name in _BARE:
            yield FilterProblem(
                code="RT309",
                severity="warning",
                message=f"`{node.name}` is a field of that name, not the value",
                start=node.start,
                end=node.end,
                help=f'for the value write `{node.name}` in backticks; for the field write "{node.name}" in double quotes',
                replacement=f"`{node.name}`",
            )
        if isinstance(node, Sub | Pipe):
            stack += [(node.left, False), (node.right, False)]
        else:
            stack += [(child, True) for child in children(node)]
