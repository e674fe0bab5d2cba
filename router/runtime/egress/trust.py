"""TLS contexts, one per trust configuration, built once: building one takes about 50 ms, a thousand times a signed request."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import certifi

from router.errors import InternalError
from router.plan.tls import TlsIdentity, load_authorities, load_certificate

__all__ = ["Trust", "build_context"]

_CONTEXTS_MAX = 256  # identities of revisions long gone are forgotten beyond this


class Trust:
    """The contexts made so far. `None` stands for the machine's own trust and no client certificate."""

    def __init__(self) -> None:
        self._contexts: dict[TlsIdentity | None, ssl.SSLContext] = {}
        self._building = asyncio.Lock()

    async def context(self, identity: TlsIdentity | None) -> ssl.SSLContext:
        """Return the context of an identity, building it off the loop at first. Raises InternalError for PEM that cannot be read."""
        known = self._contexts.get(identity)
        if known is not None:
            return known
        async with self._building:
            if identity not in self._contexts:
                if len(self._contexts) >= _CONTEXTS_MAX:
                    del self._contexts[next(iter(self._contexts))]
                self._contexts[identity] = await asyncio.to_thread(build_context, identity)
            return self._contexts[identity]


def build_context(identity: TlsIdentity | None) -> ssl.SSLContext:
    """Return a client context: TLS 1.2 or later, certificate and name always checked, HTTP/1.1 only.

    Authorities are the identity's own, else the machine's, else (an image without any) certifi's.
    """
    try:
        if identity is not None and identity.ca_pem is not None:
            load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), identity.ca_pem)  # says what is wrong
            context = ssl.create_default_context(cadata=identity.ca_pem.decode("ascii"))
        else:
            context = ssl.create_default_context()
            if not _has_authorities():
                context.load_verify_locations(cafile=certifi.where())
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if identity is not None and identity.cert_pem is not None and identity.key_pem is not None:
            load_certificate(context, identity.cert_pem, identity.key_pem)
    except (ssl.SSLError, ValueError) as error:
        raise InternalError(f"the TLS settings cannot be used: {error}") from None
    return context


def _has_authorities() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))
