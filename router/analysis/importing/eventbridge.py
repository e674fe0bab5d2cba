"""EventBridge: an event pattern -> a filter of ours over the same event as `data`.

The event is EventBridge's whole envelope, as a target receives it, in `data`: `data.source`, `data."detail-type"`, `data.detail`.

A pattern compares flattened names, an array stands for each of its elements, and fields below one array must be met by the same element.
So each field becomes a condition over `leaves(data, 'detail.state')`, and an object with several fields below `detail` becomes
`branches(data, 'detail.user')[?…]`, whose conditions look at one object. `exists: false` is about the whole event, not one element: below a branch it
is moved to the outside, by writing out the alternatives. The envelope's own fields are strings by the service's word: for them a plain path is enough, and
the index understands it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from router.analysis.importing.document import ImportedEndpoint, ImportedRoute, document_text, unique_names
from router.analysis.importing.event_pattern import Alternatives, Fields, Leaf, Test, read_pattern
from router.analysis.importing.expressions import conjunction, disjunction, is_atomic, literal, negation, strings
from router.analysis.importing.refusal import ImportRefusedError

__all__ = ["conditions_of_pattern", "eventbridge_document", "filter_of_pattern", "route_text"]

_ENVELOPE: Final = {
    "source": "data.source",
    "detail-type": 'data."detail-type"',
    "account": "data.account",
    "region": "data.region",
    "time": "data.time",
}
_ALTERNATIVES_MAX: Final = 64
NEVER: Final = "!(@)"
"""A filter that holds for no event: an event is an object with members, which is true."""
Member = Leaf | Fields | Alternatives


def filter_of_pattern(pattern: Any) -> str:
    """Return the filter that holds for exactly the events that a pattern matches; raises ImportRefusedError."""
    return conjunction(conditions_of_pattern(pattern))


def conditions_of_pattern(pattern: Any) -> tuple[str, ...]:
    """Return the same as conditions that must all hold; raises ImportRefusedError."""
    root = read_pattern(pattern)
    if not _hides_absence(root):
        return _conditions(root)
    return (disjunction([f"({conjunction(_conditions(each))})" for each in _alternatives(root)]),)


def route_text(pattern: Any) -> str:
    """Return what a route for a pattern may be called: what it is about, by source and detail-type."""
    parts = []
    for field in ("source", "detail-type"):
        values = pattern.get(field) if isinstance(pattern, dict) else None
        if isinstance(values, list) and values and isinstance(values[0], str):
            parts.append(values[0].removeprefix("aws."))
    return " ".join(parts) or "pattern"


def eventbridge_document(
    patterns: Sequence[tuple[str, str, tuple[str, ...]]], *, event: str, endpoint: str, origin: str
) -> str:
    """Return the YAML for patterns given as (what to call the route, where it comes from, its conditions)."""
    names = unique_names(name for name, _, _ in patterns)
    routes = [
        ImportedRoute(
            name=name,
            description=f"Imported from {place}."
            + (" Its `detail` lists nothing, so it matches nothing: disabled." if NEVER in conditions else ""),
            event=event,
            conditions=tuple(
                each if len(conditions) == 1 or is_atomic(each) else f"({each})" for each in conditions if each != NEVER
            ),
            endpoint=endpoint,
            enabled=NEVER not in conditions,
        )
        for name, (_, place, conditions) in zip(names, patterns, strict=True)
    ]
    target = ImportedEndpoint(
        name=endpoint,
        url="https://example.com/events",
        description="Where the imported rules send: put in the real URL.",
    )
    return document_text(
        routes,
        [target],
        {event: "An event as EventBridge hands it to a target: the whole envelope is the payload."},
        heading=[f"Imported from {origin}: EventBridge event patterns."],
    )


def _conditions(root: Fields) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_terms(root, "data", "")))


def _terms(fields: Fields, root: str, prefix: str) -> Iterator[str]:
    for member in fields.members:
        match member:
            case Leaf():
                yield _leaf(member, root, _joined(prefix, member.name))
            case Alternatives():
                yield disjunction([conjunction([*_terms(choice, root, prefix)]) for choice in member.choices])
            case Fields():
                yield from _object(member, root, _joined(prefix, member.name))


def _object(fields: Fields, root: str, path: str) -> Iterator[str]:
    """Translate an object: one field needs no branch of its own, nor does the envelope, whose `detail` is never an array."""
    if path == "detail" or _count(fields) < 2:
        yield from _terms(fields, root, path)
        return
    outside = [*_absences(fields, path)]
    inner = [*_terms(_present(fields), "@", "")]
    yield from (negation(f"leaves({root}, {literal(each)})") for each in outside)
    if inner:
        yield f"branches({root}, {literal(path)})[?{conjunction(inner)}]"


def _count(fields: Fields) -> int:
    """Return how many leaves an object has, those of an `$or` counted as one where each choice has one."""
    total = 0
    for member in fields.members:
        if isinstance(member, Leaf):
            total += 1
        elif isinstance(member, Fields):
            total += _count(member)
        else:
            total += max(_count(choice) for choice in member.choices)
    return total


def _is_absent(leaf: Leaf) -> bool:
    return any(test.operator == "exists" and test.operand is False for test in leaf.tests)


def _absences(fields: Fields, path: str) -> Iterator[str]:
    """Yield the paths that must not exist; called where each is a field with that one test."""
    for member in fields.members:
        if isinstance(member, Leaf) and _is_absent(member):
            yield _joined(path, member.name)
        elif isinstance(member, Fields):
            yield from _absences(member, _joined(path, member.name))


def _present(fields: Fields) -> Fields:
    members: list[Member] = []
    for member in fields.members:
        if isinstance(member, Fields):
            inner = _present(member)
            if inner.members:
                members.append(inner)
        elif not (isinstance(member, Leaf) and _is_absent(member)):
            members.append(member)
    return Fields(fields.name, tuple(members), fields.path)


def _hides_absence(fields: Fields, *, scoped: bool = False, at_detail: bool = True) -> bool:
    """Say whether an absence below a branch is one of several tests or within an `$or`, so that it cannot simply move outside."""
    for member in fields.members:
        if isinstance(member, Leaf):
            if scoped and _is_absent(member) and len(member.tests) > 1:
                return True
        elif isinstance(member, Fields):
            is_detail = at_detail and member.name == "detail" and not scoped
            if _hides_absence(member, scoped=scoped or (not is_detail and _count(member) > 1), at_detail=False):
                return True
        elif any(
            (scoped and _has_absence(choice)) or _hides_absence(choice, scoped=scoped, at_detail=at_detail)
            for choice in member.choices
        ):
            return True
    return False


def _has_absence(fields: Fields) -> bool:
    for member in fields.members:
        if isinstance(member, Leaf):
            if _is_absent(member):
                return True
        elif any(_has_absence(each) for each in ([member] if isinstance(member, Fields) else member.choices)):
            return True
    return False


def _alternatives(fields: Fields) -> list[Fields]:
    """Write a pattern out as patterns without `$or`, in which `exists: false` stands alone: an event matches when one of them does."""
    choices: list[list[tuple[Member, ...]]] = []
    for member in fields.members:
        if isinstance(member, Alternatives):
            choices.append([inner.members for choice in member.choices for inner in _alternatives(choice)])
        elif isinstance(member, Fields):
            choices.append([(inner,) for inner in _alternatives(member)])
        elif _is_absent(member) and len(member.tests) > 1:
            absent = tuple(test for test in member.tests if test.operator == "exists" and test.operand is False)
            rest = tuple(test for test in member.tests if test not in absent)
            both = [Leaf(member.name, absent[:1], member.path)]
            if rest:
                both.append(Leaf(member.name, rest, member.path))
            choices.append([(each,) for each in both])
        else:
            choices.append([(member,)])
    count = 1
    for each in choices:
        count *= len(each)
    if count > _ALTERNATIVES_MAX:
        raise ImportRefusedError(
            f"written out, this has {count} alternatives of `exists: false` inside arrays; at most {_ALTERNATIVES_MAX} are written",
            fields.path,
        )
    return [
        Fields(fields.name, tuple(member for part in combination for member in part), fields.path)
        for combination in product(*choices)
    ]


def _leaf(leaf: Leaf, root: str, path: str) -> str:
    if not leaf.tests:
        return NEVER
    if root == "data" and path in _ENVELOPE and all(_is_about_text(test) for test in leaf.tests):
        plain = _ENVELOPE[path]
        return disjunction(
            [
                *_equalities(leaf.tests, plain, plain=True),
                *(_text_test(test, plain) for test in leaf.tests if test.operator != "equals"),
            ]
        )
    found = f"leaves({root}, {literal(path)})"
    terms = _equalities(leaf.tests, found, plain=False)
    terms += [_array_test(test, found) for test in leaf.tests if test.operator != "equals"]
    return disjunction(terms)


def _is_about_text(test: Test) -> bool:
    """Say whether a test holds for strings only, so that it is false where the field is missing."""
    if test.operator == "equals":
        return isinstance(test.operand, str)
    return test.operator not in ("exists", "numeric") and not test.operator.startswith("not-")


def _equalities(tests: tuple[Test, ...], subject: str, *, plain: bool) -> list[str]:
    values = [test.operand for test in tests if test.operator == "equals"]
    if not values:
        return []
    if plain and len(values) == 1:
        return [f"{subject} == {literal(values[0])}"]
    return [f"any_in({subject}, {strings(values)})"]


def _text_test(test: Test, subject: str) -> str:
    operator, operand = test.operator, test.operand
    match operator:
        case "prefix" | "suffix" | "cidr":
            return f"{operator}({subject}, {literal(operand)})"
        case "prefix-ignore-case" | "suffix-ignore-case":
            return f"{operator[:6]}(lower({subject}), {literal(operand.lower())})"
        case "wildcard":
            return f"glob({subject}, {literal(operand)})"
        case _:
            return f"lower({subject}) == {literal(operand.lower())}"


def _array_test(test: Test, found: str) -> str:
    """Return a test of the array of a field's values: an element must meet it."""
    operator, operand = test.operator, test.operand
    if operator == "exists":
        return found if operand else negation(found)
    if operator == "numeric":
        comparisons = [f"@ {'==' if sign == '=' else sign} {literal(value)}" for sign, value in operand]
        return f"{found}[?{' && '.join(comparisons)}]"
    if not operator.startswith("not-"):
        return f"{found}[?{_text_test(test, '@')}]"
    # A projection drops nulls, and null is something else than what is excluded; its type is not null.
    return f"{found}[?{negation(_excluded(operator[4:], operand))}].type(@)"


def _excluded(operator: str, operands: list[Any]) -> str:
    listed = literal(operands[0]) if len(operands) == 1 else strings(operands)
    match operator:
        case "equals":
            return f"any_in(@, {strings(operands)})"
        case "equals-ignore-case":
            return f"any_in(lower(@), {strings([each.lower() for each in operands])})"
        case "wildcard":
            return f"glob(@, {listed})"
        case _:
            return f"{operator}(@, {listed})"


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
