"""TLS identity: what an endpoint's `tls` says, as PEM in memory, and the one way to hand it to OpenSSL.

The compiler tries it out, so that an unusable certificate is found where it is written; the egress engine uses it. Both go through
`load_authorities` and `load_certificate`, so that they cannot disagree. Nothing is read from the disk here.
"""

from __future__ import annotations

import ssl
import tempfile
from enum import StrEnum

import msgspec

from router.plan.secret import Secret

__all__ = ["TlsIdentity", "TlsIdentityError", "TlsPart", "load_authorities", "load_certificate"]


class TlsIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from the machine's own trust: a client certificate with its key, a private authority; all PEM."""

    cert_pem: bytes | None = None
    key_pem: Secret | None = None
    ca_pem: bytes | None = None


class TlsPart(StrEnum):
    """The parts of an identity, named as in the configuration."""

    CERT = "cert"
    KEY = "key"
    CA = "ca"


class TlsIdentityError(ValueError):
    """A part of an identity cannot be used; the message never quotes it."""

    def __init__(self, part: TlsPart, message: str) -> None:
        super().__init__(message)
        self.part = part


def load_authorities(context: ssl.SSLContext, pem: bytes, part: TlsPart = TlsPart.CA) -> None:
    """Have a context trust the certificates in `pem`. Raises TlsIdentityError."""
    try:
        text = pem.decode("ascii")
    except UnicodeDecodeError:
        raise TlsIdentityError(part, "it is no PEM: PEM is ASCII text") from None
    if "-----BEGIN " not in text:
        raise TlsIdentityError(part, "it is no PEM: it has no line `-----BEGIN CERTIFICATE-----`")
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise TlsIdentityError(part, f"it holds no certificate that OpenSSL can read ({_short(error)})") from None


def load_certificate(context: ssl.SSLContext, cert_pem: bytes, key_pem: Secret) -> None:
    """Have a context present a certificate. Raises TlsIdentityError.

    OpenSSL takes certificate and key from a file only, which is ours alone and gone at once.
    """
    load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), cert_pem, TlsPart.CERT)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(cert_pem + b"\n" + key_pem.reveal().encode("utf-8", "surrogateescape"))
        file.flush()
        try:
            context.load_cert_chain(file.name, password=_no_password)
        except _EncryptedKeyError:
            raise TlsIdentityError(
                TlsPart.KEY, "it is encrypted; store it decrypted, behind the secret's own protection"
            ) from None
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                raise TlsIdentityError(TlsPart.KEY, "it is not the key of the certificate") from None
            raise TlsIdentityError(
                TlsPart.KEY, f"it holds no private key that OpenSSL can use ({_short(error)})"
            ) from None


class _EncryptedKeyError(ValueError):
    """OpenSSL asked for a password."""


def _no_password() -> str:
    raise _EncryptedKeyError


def _short(error: Exception) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else None
    return (reason or type(error).__name__).lower().replace("_", " ")
