"""Client credentials as the run road sees them: the secret in hand."""

from __future__ import annotations

import msgspec

from router.plan.secret import Secret

__all__ = ["ClientCredentials"]


class ClientCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """Where and as whom to get a token (RFC 6749, section 4.4)."""

    token_url: str
    client_id: str
    client_secret: Secret
    scopes: tuple[str, ...] = ()
