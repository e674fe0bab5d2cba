"""Route tests: the `tests:` of a configuration, run against its Plan.

A test gives one event and names exactly the deliveries that it must cause. The event takes the way of a real one: its payload is
checked against its event type's schema (and upgraded when it is of an older version), then the Plan routes and renders it. Nothing is stored or sent.

An expectation holds for a delivery when the route is the same and every field that it states is: `endpoint` by name, `payload` as a JSON
value (members that it does not name are not compared, arrays are whole), `headers` each by name without regard to case. Each delivery satisfies one expectation, and none may be
left over on either side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from router.analysis.value_diff import differences, is_equal, shown
from router.errors import EventError
from router.event import Event
from router.language.documents import Configuration, Expectation, OnInvalid, RouteTest
from router.plan import Match, Plan
from router.syntax.diagnostic import Span
from router.syntax.snapshot import Snapshot

__all__ = ["Difference", "TestResult", "read_example", "run_tests"]


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as a test expects: a sentence, and lines that show it closer."""

    message: str
    details: tuple[str, ...] = ()


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one test. `span` is where its name stands."""

    __test__: ClassVar[bool] = False  # not a test case, whatever its name makes pytest think

    name: str
    span: Span
    differences: tuple[Difference, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Say whether everything was as expected."""
        return not self.differences


class _UnusableError(Exception):
    """A test whose event cannot be had; the text says why."""


def run_tests(configuration: Configuration, plan: Plan, snapshot: Snapshot) -> list[TestResult]:
    """Run every test of the configuration, in document order.

    `plan` and `configuration` must come from one compilation of `snapshot`. Never raises for a fault of a test: that is a result.
    """
    results = []
    for position, test in enumerate(configuration.tests):
        origin = configuration.origin[("tests", position)]
        try:
            event = _event(test, origin.tree.file, configuration, snapshot)
            found = _verdict(test, event, plan)
        except _UnusableError as error:
            found = (Difference(str(error)),)
        results.append(TestResult(name=test.name, span=origin.tree.span((*origin.path, "name")), differences=found))
    return results


def read_example(reference: str, configuration: Configuration, snapshot: Snapshot) -> tuple[str, Any]:
    """Return the event type and the payload of `TYPE#N` (`TYPE` alone is its first example).

    Raises LookupError or OSError or ValueError with a sentence that says what is wrong.
    """
    name, _, number = reference.partition("#")
    event_type = configuration.event_types.get(name)
    if event_type is None:
        raise LookupError(f"no event type `{name}` is defined")
    count = len(event_type.examples)
    if count == 0:
        raise LookupError(f"event type `{name}` has no examples")
    if not (number or "0").isdigit() or int(number or "0") >= count:
        raise LookupError(
            f"event type `{name}` has no example `#{number}`; it has #0" + (f" to #{count - 1}" if count > 1 else "")
        )
    example = event_type.examples[int(number or "0")]
    if not isinstance(example, str):
        return name, example
    document = configuration.origin[("event_types", name)].tree.file
    return name, json.loads(snapshot.read(snapshot.resolve(document, example)))


def _event(test: RouteTest, document: str, configuration: Configuration, snapshot: Snapshot) -> Event:
    try:
        if test.example is not None:
            name, payload = read_example(test.example, configuration, snapshot)
            return Event.from_document({"type": name, "data": payload})
        if test.file is not None:
            content = json.loads(snapshot.read(snapshot.resolve(document, test.file)))
            if not isinstance(content, Mapping):
                raise _UnusableError(f"{test.file} holds no event: it must be a JSON object with `type` and `data`")
            return Event.from_document(content)
        return Event.from_document(test.event or {})
    except LookupError as error:
        raise _UnusableError(str(error.args[0])) from None
    except OSError as error:
        raise _UnusableError(
            f"cannot read {error.filename or test.file or test.example}: {error.strerror or error}"
        ) from None
    except ValueError as error:
        raise _UnusableError(f"{test.file or test.example} is not JSON: {error}") from None
    except EventError as error:
        raise _UnusableError(error.detail) from None


def _verdict(test: RouteTest, event: Event, plan: Plan) -> tuple[Difference, ...]:
    if event.type not in plan.event_types:
        return (Difference(f"the event would be refused: event type `{event.type}` is not defined"),)
    admission = plan.admit(event)
    if admission.violations:
        what = "refused" if plan.event_types[event.type].on_invalid is OnInvalid.REJECT else "quarantined"
        details = tuple(f"/data{violation.pointer}: {violation.detail}" for violation in admission.violations)
        return (Difference(f"the event would be {what}: it breaks the schema of `{event.type}`", details),)
    routed = plan.route(admission.event)
    failed = tuple(Difference(f"the filter of route `{route}` failed: {why}") for route, why in routed.failures)
    return failed + _compared(test.expect, list(routed.matches))


def _compared(expected: tuple[Expectation, ...], actual: list[Match]) -> tuple[Difference, ...]:
    # The most specific expectation chooses first, so that a vague one cannot take its delivery away.
    open_ones = [
        wanted for wanted in sorted(expected, key=_specificity, reverse=True) if not _take(actual, wanted, _is_met)
    ]
    found: list[Difference] = []
    for wanted in open_ones:
        near = _take(actual, wanted, _is_addressed)
        found.append(
            _near_miss(wanted, near)
            if near
            else Difference(f"expected {_named(wanted.route, wanted.endpoint)}, but it was not made")
        )
    found += [
        Difference(f"{_named(match.route, match.endpoint)} was made, but not expected", _outcome(match))
        for match in actual
    ]
    return tuple(found)


def _is_met(wanted: Expectation, match: Match) -> bool:
    """Say whether a delivery is what an expectation states."""
    return (
        _is_addressed(wanted, match)
        and match.error is None
        and (wanted.payload is msgspec.UNSET or is_equal(wanted.payload, _payload(match), partial=True))
        and not _header_differences(wanted, match)
    )


def _is_addressed(wanted: Expectation, match: Match) -> bool:
    return wanted.route == match.route and wanted.endpoint in (None, match.endpoint)


def _take(actual: list[Match], wanted: Expectation, fits: Any) -> Match | None:
    for position, match in enumerate(actual):
        if fits(wanted, match):
            return actual.pop(position)
    return None


def _specificity(wanted: Expectation) -> int:
    return (wanted.endpoint is not None) + (wanted.payload is not msgspec.UNSET) + (wanted.headers is not None)


def _near_miss(wanted: Expectation, match: Match) -> Difference:
    name = _named(match.route, match.endpoint)
    if match.error is not None:
        return Difference(f"{name} could not be rendered", (match.error,))
    details = list(_header_differences(wanted, match))
    if wanted.payload is not msgspec.UNSET:
        details += differences(wanted.payload, _payload(match), partial=True)
    return Difference(f"{name} is not as expected", tuple(details))


def _header_differences(wanted: Expectation, match: Match) -> list[str]:
    found = []
    for name, value in (wanted.headers or {}).items():
        given = match.headers.get(name.lower())
        if given is None:
            found.append(f"header {name}: expected {shown(value)}, but it is missing")
        elif given != value:
            found.append(f"header {name}: expected {shown(value)}, got {shown(given)}")
    return found


def _payload(match: Match) -> Any:
    return match.payload.decode("utf-8", "replace") if isinstance(match.payload, bytes) else match.payload


def _outcome(match: Match) -> tuple[str, ...]:
    return (f"rendering failed: {match.error}",) if match.error is not None else (f"payload: {shown(_payload(match))}",)


def _named(route: str, endpoint: str | None) -> str:
    return f"`{route}` to `{endpoint}`" if endpoint is not None else f"`{route}`"
