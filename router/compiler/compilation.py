"""compile_snapshot: the one entry from files to a Plan.

    snapshot ─ read (syntax, language) ─► Configuration ─ resolve, check ─► findings
                                                        └─ lower ─► checks ─► Plan, only when there is no error

Every pass runs over whatever the ones before it could make sense of, so that one run shows every mistake of every file. The revision
is taken last, because only then is it known what was read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from router.compiler.availability import check_availability
from router.compiler.checks import running_checks
from router.compiler.context import Base, CheckContext
from router.compiler.endpoints import lower_endpoints
from router.compiler.event_types import lower_event_types
from router.compiler.findings import Findings
from router.compiler.references import check_references
from router.compiler.route_table import lower_routes
from router.compiler.secret_values import SecretValues
from router.compiler.sources import lower_sources
from router.language.documents import Configuration
from router.language.reader import read_configuration
from router.plan import Plan
from router.syntax.diagnostic import ConfigurationError, Diagnostic, has_errors, in_order
from router.syntax.memory import Memory
from router.syntax.snapshot import Snapshot

__all__ = ["Compilation", "compile_path", "compile_snapshot"]


class Compilation(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot compiles to: a Plan, or None when any diagnostic is an error. `configuration` has what could be read."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    configuration: Configuration


def compile_snapshot(
    snapshot: Snapshot,
    *,
    require_secrets: bool = False,
    base: Snapshot | None = None,
    memory: Memory | None = None,
    with_plan: bool = True,
) -> Compilation:
    """Compile everything that a snapshot holds.

    With `require_secrets` a secret that cannot be resolved is an error (RT602), as it must be before delivering; without it, as in CI,
    secrets may be absent. With a `base`, an earlier state of the same configuration, changes that break senders or receivers of events are
    errors too (RT802); what is wrong with the base itself is nobody's concern any more. With a
    `memory`, what has not changed since its last round is not done again; without `with_plan`, only findings are wanted. Pure but for what the snapshot reads; never raises for a fault of the configuration.
    """
    memory = Memory() if memory is None else memory
    configuration, diagnostics = read_configuration(snapshot, memory)
    findings = Findings(configuration, diagnostics, unread=len(configuration.trees) < len(snapshot.documents))
    secrets = SecretValues(snapshot, findings, required=require_secrets)
    check_references(configuration, findings)
    check_availability(configuration, findings)
    event_types = lower_event_types(configuration, snapshot, findings, memory)
    endpoints = lower_endpoints(configuration, snapshot, secrets, findings)
    sources = lower_sources(configuration, secrets, findings)
    routes = lower_routes(configuration, findings, memory)
    context = CheckContext(
        configuration,
        snapshot,
        findings,
        schemas=event_types.schemas,
        event_types=event_types.planned,
        routes=routes,
        examples=event_types.examples,
        base=None if base is None else _base(base),
        memory=memory,
    )
    for check in running_checks():
        if check.check is not None:
            findings.diagnostics.extend(check.check(context))
    ordered = tuple(in_order(findings.diagnostics))
    plan = None
    if with_plan and not has_errors(ordered):
        plan = Plan(
            revision=snapshot.digest(),
            commit=snapshot.commit,
            event_types=event_types.planned,
            endpoints=endpoints,
            sources=sources,
            routes=routes,
        )
    return Compilation(plan=plan, diagnostics=ordered, configuration=configuration)


def _base(snapshot: Snapshot) -> Base:
    configuration, diagnostics = read_configuration(snapshot)
    findings = Findings(configuration, diagnostics, unread=True)
    lowered = lower_event_types(configuration, snapshot, findings)
    return Base(configuration=configuration, snapshot=snapshot, schemas=lowered.schemas)


def compile_path(
    path: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None, require_secrets: bool = False
) -> Plan:
    """Compile the configuration in a directory (or one file) and return its Plan.

    `environ` replaces the process's environment for `${NAME}` and secrets. Raises ConfigurationError, whose `diagnostics` has every
    finding, when there is any error; raises OSError when the path cannot be read at all.
    """
    compilation = compile_snapshot(Snapshot.take(Path(path), environ=environ), require_secrets=require_secrets)
    if compilation.plan is None:
        raise ConfigurationError(compilation.diagnostics)
    return compilation.plan
