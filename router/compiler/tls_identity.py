"""TLS identities: the files that an endpoint's `tls` names, read and tried out (RT203, RT608)."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from router.compiler.findings import Findings, Site
from router.compiler.secret_values import SecretValues
from router.language.documents import Tls
from router.plan.tls import TlsIdentity, TlsIdentityError, TlsPart, load_authorities, load_certificate
from router.syntax.snapshot import Snapshot

__all__ = ["lower_tls"]

_HELP = {
    TlsPart.CERT: "a client certificate is PEM, with the certificates that lead to its authority behind it",
    TlsPart.KEY: "a private key is PEM, without a password, and belongs to the first certificate of `cert`",
    TlsPart.CA: "authorities are certificates in PEM, one after the other",
}


def lower_tls(
    tls: Tls, endpoint: str, site: Site, snapshot: Snapshot, secrets: SecretValues, findings: Findings
) -> TlsIdentity:
    """Return what can be read of an identity; every part that OpenSSL cannot use is an error.

    The files of `cert` and `ca` become part of the revision as files, the key as a secret. An absent key, where secrets may be absent,
    leaves the pair untried.
    """
    cert = _read(tls.cert, "client certificate", site / "cert", snapshot, findings)
    ca = _read(tls.ca, "authorities", site / "ca", snapshot, findings)
    key = secrets.value(tls.key, site / "key") if tls.key is not None else None
    if ca is not None:
        _try(endpoint, site, findings, lambda: load_authorities(_context(), ca))
    if cert is not None and key is not None:
        _try(endpoint, site, findings, lambda: load_certificate(_context(), cert, key))
    elif cert is not None:
        _try(endpoint, site, findings, lambda: load_authorities(_context(), cert, TlsPart.CERT))
    return TlsIdentity(cert_pem=cert, key_pem=key, ca_pem=ca)


def _read(name: str | None, what: str, site: Site, snapshot: Snapshot, findings: Findings) -> bytes | None:
    if name is None:
        return None
    try:
        return snapshot.read(name)
    except OSError as error:
        findings.error(
            "RT203",
            site.value(),
            f"cannot read the {what} `{name}`: {error.strerror or error}",
            "paths are relative to the document they are written in",
        )
        return None


def _try(endpoint: str, site: Site, findings: Findings, load: Callable[[], None]) -> None:
    try:
        load()
    except TlsIdentityError as error:
        findings.error(
            "RT608",
            (site / error.part.value).value(),
            f"`tls.{error.part}` of endpoint `{endpoint}` cannot be used: {error}",
            _HELP[error.part],
        )


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
