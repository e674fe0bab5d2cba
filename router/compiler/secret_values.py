"""Secrets: from a reference to its value, while the configuration is compiled and never later."""

from __future__ import annotations

from router.compiler.findings import Findings, Site
from router.language.documents import SecretRef
from router.plan import Secret
from router.syntax.snapshot import Snapshot

__all__ = ["SecretValues"]


class SecretValues:
    """Looks secrets up in the snapshot and reports those that are missing when they are required."""

    def __init__(self, snapshot: Snapshot, findings: Findings, *, required: bool) -> None:
        self._snapshot = snapshot
        self._findings = findings
        self._required = required

    def value(self, ref: SecretRef, site: Site) -> Secret | None:
        """Return the secret, or None when it is absent; absent ones are an error (RT602) only when secrets are required."""
        value = self._snapshot.secret(ref)
        if value:
            return Secret(value)
        if self._required:
            what = "is empty" if value == "" else "is not set" if ref.env is not None else "cannot be read"
            self._findings.error(
                "RT602",
                site.value(),
                f"the secret from {ref} {what}",
                f"set the environment variable {ref.env} before starting"
                if ref.env is not None
                else f"put the secret into {ref.file} and let this user read it",
            )
        return None
