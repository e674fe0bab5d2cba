"""The Plan: one compiled configuration, immutable, and the pure function from an event to its matches."""

from router.plan.endpoint import PlannedEndpoint, Secret
from router.plan.match import Admission, Match, Routed
from router.plan.plan import Plan
from router.plan.route import PlannedRoute, PlannedTarget
from router.plan.source import PlannedEventType, PlannedSource, PlannedVerify, PlannedVersion

__all__ = [
    "Admission",
    "Match",
    "Plan",
    "PlannedEndpoint",
    "PlannedEventType",
    "PlannedRoute",
    "PlannedSource",
    "PlannedTarget",
    "PlannedVerify",
    "PlannedVersion",
    "Routed",
    "Secret",
]
