"""References: every name that one definition uses must be one that another defines (RT203, RT701, RT904)."""

from __future__ import annotations

from router.compiler.findings import Findings, Site
from router.language.documents import Configuration, Route, RouteTest, Target
from router.language.globs import is_glob, matches_glob

__all__ = ["check_references", "expand_events"]


def check_references(configuration: Configuration, findings: Findings) -> None:
    """Report undefined names over the whole configuration."""
    for name, route in configuration.routes.items():
        _check_route(configuration, findings, name, route)
    for name, endpoint in configuration.endpoints.items():
        if endpoint.on_failure is not None:
            site = findings.site("endpoints", name) / "on_failure"
            if endpoint.on_failure not in findings.defined("endpoints"):
                findings.undefined("RT203", site.value(), "endpoint", endpoint.on_failure, "endpoints")
            elif endpoint.on_failure == name and findings.site("endpoints", name).has("on_failure"):
                findings.error(
                    "RT203",
                    site.value(),
                    f"endpoint `{name}` reports its failures to itself",
                    "name another endpoint: a failing one cannot tell of its own failure",
                )
    for index, test in enumerate(configuration.tests):
        _check_test(configuration, findings, findings.site("tests", index), test)


def expand_events(configuration: Configuration, route: Route) -> frozenset[str]:
    """Return the names of the event types that a route takes, globs expanded."""
    names: set[str] = set()
    for pattern in route.events:
        if is_glob(pattern):
            names.update(name for name in configuration.event_types if matches_glob(pattern, name))
        elif pattern in configuration.event_types:
            names.add(pattern)
    return frozenset(names)


def _check_route(
    configuration: Configuration,
    findings: Findings,
    name: str,
    route: Route,
) -> None:
    site = findings.site("routes", name)
    for index, pattern in enumerate(route.events):
        place = site / "events" / index
        if is_glob(pattern):
            if not any(matches_glob(pattern, known) for known in findings.defined("event_types")):
                findings.error(
                    "RT701",
                    place.value(),
                    f"`{pattern}` matches no event type",
                    "the segments of a name are separated by `.`; `*` stands for exactly one segment",
                )
        elif pattern not in findings.defined("event_types"):
            findings.undefined("RT203", place.value(), "event type", pattern, "event_types")
    if isinstance(route.transform, str):
        _check_transform(configuration, findings, site / "transform", route.transform)
    seen: dict[tuple[str, str], int] = {}
    for index, target in enumerate(route.targets):
        _check_target(configuration, findings, site / "targets" / index, target)
        key = (target.endpoint, repr(target.transform))
        if key in seen:
            findings.error(
                "RT703",
                (site / "targets" / index).value(),
                f"endpoint `{target.endpoint}` is already a target of this route",
                "remove one of the two: each would send the event again",
            )
        seen[key] = index


def _check_target(
    configuration: Configuration,
    findings: Findings,
    site: Site,
    target: Target,
) -> None:
    if target.endpoint not in findings.defined("endpoints"):
        place = site / "endpoint" if site.has("endpoint") else site
        findings.undefined("RT203", place.value(), "endpoint", target.endpoint, "endpoints")
    if isinstance(target.transform, str):
        _check_transform(configuration, findings, site / "transform", target.transform)


def _check_transform(configuration: Configuration, findings: Findings, site: Site, name: str) -> None:
    if name not in findings.defined("transforms"):
        findings.undefined("RT203", site.value(), "transform", name, "transforms")


def _check_test(configuration: Configuration, findings: Findings, site: Site, test: RouteTest) -> None:
    for index, expectation in enumerate(test.expect):
        place = site / "expect" / index
        route = configuration.routes.get(expectation.route)
        if route is None and expectation.route in findings.defined("routes"):
            continue
        if route is None:
            findings.undefined("RT904", (place / "route").value(), "route", expectation.route, "routes")
        elif expectation.endpoint is not None and all(
            target.endpoint != expectation.endpoint for target in route.targets
        ):
            targets = ", ".join(f"`{target.endpoint}`" for target in route.targets)
            findings.error(
                "RT904",
                (place / "endpoint").value(),
                f"route `{expectation.route}` has no target `{expectation.endpoint}`",
                f"its targets are {targets}",
            )
    if test.example is not None:
        _check_example(configuration, findings, site / "example", test.example)
    event_type = test.event.get("type") if test.event is not None else None
    if isinstance(event_type, str) and event_type not in findings.defined("event_types"):
        findings.undefined(
            "RT904",
            (site / "event" / "type").value(),
            "event type",
            event_type,
            "event_types",
        )


def _check_example(configuration: Configuration, findings: Findings, site: Site, example: str) -> None:
    name, _, number = example.partition("#")
    event_type = configuration.event_types.get(name)
    if event_type is None and name in findings.defined("event_types"):
        return
    if event_type is None:
        findings.undefined("RT904", site.value(), "event type", name, "event_types")
        return
    if not (number or "0").isdigit() or int(number or "0") >= len(event_type.examples):
        count = len(event_type.examples)
        findings.error(
            "RT904",
            site.value(),
            f"event type `{name}` has no example `#{number or 0}`",
            f"it has {count} example{'s' if count != 1 else ''}; they count from 0",
        )
