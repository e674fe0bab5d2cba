"""ReloadReport: what one attempt to load a configuration came to.

The reloader makes it, the server and the command line show it. It holds no Plan and no secret.
"""

from __future__ import annotations

import msgspec

from router.identity import Revision
from router.syntax.diagnostic import Diagnostic

__all__ = ["ReloadReport"]


class ReloadReport(msgspec.Struct, frozen=True, kw_only=True):
    """One reload.

    `applied` says whether what was read is in force now (also when it already was); `changed` whether this reload replaced the revision in
    force. `revision` is the one in force afterwards, None when there is none. `diagnostics` are all findings of what was read. `at_ms` is
    Unix milliseconds. `reason` says in one line why it was not applied, or why it was asked for.
    """

    applied: bool
    changed: bool
    revision: Revision | None
    diagnostics: tuple[Diagnostic, ...] = ()
    at_ms: int
    reason: str | None = None
