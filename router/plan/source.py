"""Sources and event types as the run road sees them: secrets in hand, schemas and filters compiled."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from router.filters import Filter
from router.language.documents import OnInvalid
from router.payloads import PayloadSchema
from router.plan.endpoint import Secret
from router.transforms import CompiledTransform

__all__ = ["PlannedEventType", "PlannedSource", "PlannedVerify", "PlannedVersion"]


class PlannedVerify(msgspec.Struct, frozen=True, kw_only=True):
    """How a source proves itself; `secrets` are in the order written, any of them may verify. Other fields as in `Verify`."""

    scheme: str
    secrets: tuple[Secret, ...] = ()
    header: str | None = None
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    tolerance_s: float = 300
    username: str | None = None


class PlannedSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source: the path it is posted to, its verification, and one compiled mapping per CloudEvents attribute (and `data`)."""

    name: str
    path: str
    verify: PlannedVerify
    event: Mapping[str, Filter]


class PlannedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An older version of a payload: the schema that recognises it and the transform whose value is the current payload."""

    version: str
    schema: PayloadSchema
    upgrade: CompiledTransform


class PlannedEventType(msgspec.Struct, frozen=True, kw_only=True):
    """An event type with its compiled schema (None accepts every payload) and its older versions, newest first."""

    name: str
    schema: PayloadSchema | None
    on_invalid: OnInvalid
    versions: tuple[PlannedVersion, ...] = ()
