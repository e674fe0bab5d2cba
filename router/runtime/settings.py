"""RuntimeSettings: what differs between a laptop and production; set by flags and `ROUTER_*` variables, never by route files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from router.runtime.watching import POLL_S

__all__ = ["OBSERVE_S", "RETENTION_S", "RuntimeSettings"]

RETENTION_S = 7 * 86400.0
"""A week: longer than any delivery is retried (the default age limit is three days), so that what went wrong can still be looked at."""


OBSERVE_S = 5.0
"""How old the figures of the backlog in the metrics may be: less than any usual scrape interval."""


class RuntimeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one runtime.

    `config` is a directory or one file. Events older than `retention_s` whose deliveries are all over are deleted. `poll_s` is how often
    checksums are compared when no file event came, `observe_s` how often the backlog is counted and the loop's lateness measured. With `watch` off only polls, signals and requests reload; with `signals` off SIGHUP is
    left alone. `environ` replaces the process's environment for `${NAME}` and secrets.
    """

    config: Path
    retention_s: float = RETENTION_S
    poll_s: float = POLL_S
    observe_s: float = OBSERVE_S
    watch: bool = True
    signals: bool = True
    environ: Mapping[str, str] | None = None
