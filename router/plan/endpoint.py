"""The endpoint as the run road sees it: every reference resolved, secrets in hand, never printed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from router.language.documents import Limits, Retry, Timeout, Url

__all__ = ["PlannedEndpoint", "Secret"]


class Secret:
    """A secret value that no log, traceback or `repr` shows; ask `reveal()` where it is used."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class PlannedEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint ready to be called.

    `headers` are fixed headers with credentials (`authorization`), lower-case names. `signing_keys` are Standard Webhooks keys as text
    (`whsec_…`), newest first; empty means unsigned. `allow_private` is the only door to private addresses.
    """

    name: str
    urls: tuple[Url, ...]
    headers: Mapping[str, Secret] = {}
    signing_scheme: str | None = None
    signing_keys: tuple[Secret, ...] = ()
    timeout: Timeout = Timeout()
    retry: Retry = Retry()
    limits: Limits = Limits()
    allow_private: bool = False
    enabled: bool = True
