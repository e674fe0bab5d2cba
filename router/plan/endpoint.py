"""The endpoint as the run road sees it: every reference resolved, secrets in hand, never printed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from router.language.documents import Limits, Retry, Timeout, Url
from router.plan.oauth2 import ClientCredentials
from router.plan.secret import Secret
from router.plan.tls import TlsIdentity

__all__ = ["PlannedEndpoint", "Secret", "TlsIdentity"]


class PlannedEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint ready to be called.

    `headers` are fixed headers with credentials (`authorization`), lower-case names; with `oauth2` another one is
    fetched at run time. `signing_keys` are Standard Webhooks keys as text
    (`whsec_…`), newest first; empty means unsigned. `tls` is None for the machine's own trust. `on_failure` names the
    endpoint that operational events about this one go to, never this one. `allow_private` is the only door to private addresses.
    """

    name: str
    urls: tuple[Url, ...]
    headers: Mapping[str, Secret] = {}
    oauth2: ClientCredentials | None = None
    signing_scheme: str | None = None
    signing_keys: tuple[Secret, ...] = ()
    tls: TlsIdentity | None = None
    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    limits: Limits = Limits()
    allow_private: bool = False
    on_failure: str | None = None
    enabled: bool = True
