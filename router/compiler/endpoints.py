"""Endpoints: addresses checked, credentials and signing keys resolved (RT501, RT502, RT503, RT606)."""

from __future__ import annotations

import base64

from router.compiler.findings import Findings, Site
from router.compiler.secret_values import SecretValues
from router.compiler.tls_identity import lower_tls
from router.delivery.address import UrlError, forbidden_target, parse_url
from router.delivery.signature import SigningKey, SigningKeyError
from router.language.documents import Auth, Configuration, Endpoint
from router.plan import PlannedEndpoint, Secret
from router.plan.oauth2 import ClientCredentials
from router.syntax.snapshot import Snapshot

__all__ = ["lower_endpoints"]


def lower_endpoints(
    configuration: Configuration, snapshot: Snapshot, secrets: SecretValues, findings: Findings
) -> dict[str, PlannedEndpoint]:
    """Return the endpoints ready to be called."""
    planned = {}
    for name, endpoint in configuration.endpoints.items():
        site = findings.site("endpoints", name)
        _check_addresses(endpoint, site, findings)
        planned[name] = PlannedEndpoint(
            name=name,
            urls=tuple(sorted(endpoint.urls, key=lambda url: url.priority)),
            headers=_credentials(endpoint.auth, site / "auth", secrets) if endpoint.auth is not None else {},
            oauth2=_client_credentials(endpoint, site / "auth" / "oauth2", secrets, findings),
            signing_scheme=endpoint.signing.scheme if endpoint.signing is not None else None,
            signing_keys=_signing_keys(endpoint, site / "signing", secrets, findings),
            tls=lower_tls(endpoint.tls, name, site / "tls", snapshot, secrets, findings)
            if endpoint.tls is not None
            else None,
            timeout=endpoint.timeout,
            retry=endpoint.retry,
            limits=endpoint.limits,
            allow_private=endpoint.allow_private,
            on_failure=endpoint.on_failure if endpoint.on_failure != name else None,
            enabled=endpoint.enabled,
        )
    return planned


def _check_addresses(endpoint: Endpoint, site: Site, findings: Findings) -> None:
    for index, url in enumerate(endpoint.urls):
        place = site / "url" if site.has("url") else site / "urls" / index / "url"
        what = f"endpoint `{endpoint.name}`"
        _check_address(url.url, place, what, "payload and credentials", findings, allow_private=endpoint.allow_private)


def _check_address(url: str, place: Site, what: str, goods: str, findings: Findings, *, allow_private: bool) -> None:
    try:
        target = parse_url(url)
    except UrlError as error:
        findings.error("RT501", place.value(), f"{what} cannot be called: {error}")
        return
    if allow_private:
        return
    forbidden = forbidden_target(target)
    if forbidden is not None:
        findings.error(
            "RT502",
            place.value(),
            f"{what} may not be called: {forbidden}",
            "for a receiver in your own network say `allow_private: true` on this endpoint",
        )
    elif not target.is_tls:
        findings.warning(
            "RT503",
            place.value(),
            f"{what} is called without TLS: {goods} can be read on the way",
            "use `https://`; for a receiver in your own network say `allow_private: true`",
        )


def _credentials(auth: Auth, site: Site, secrets: SecretValues) -> dict[str, Secret]:
    if auth.bearer is not None:
        value = secrets.value(auth.bearer, site / "bearer")
        return {"authorization": Secret(f"Bearer {value.reveal()}")} if value is not None else {}
    if auth.basic_password is not None:
        value = secrets.value(auth.basic_password, site / "basic" / "password")
        if value is None:
            return {}
        pair = f"{auth.basic_username or ''}:{value.reveal()}".encode()
        return {"authorization": Secret("Basic " + base64.b64encode(pair).decode())}
    if auth.header_name is not None and auth.header_value is not None:
        value = secrets.value(auth.header_value, site / "header" / "value")
        return {auth.header_name.lower(): value} if value is not None else {}
    return {}


def _client_credentials(
    endpoint: Endpoint, site: Site, secrets: SecretValues, findings: Findings
) -> ClientCredentials | None:
    client = endpoint.auth.oauth2 if endpoint.auth is not None else None
    if client is None:
        return None
    what = f"the token server of endpoint `{endpoint.name}`"
    _check_address(
        client.token_url, site / "token_url", what, "secret and token", findings, allow_private=endpoint.allow_private
    )
    secret = secrets.value(client.client_secret, site / "client_secret")
    if secret is None:
        return None
    return ClientCredentials(
        token_url=client.token_url, client_id=client.client_id, client_secret=secret, scopes=client.scopes
    )


def _signing_keys(endpoint: Endpoint, site: Site, secrets: SecretValues, findings: Findings) -> tuple[Secret, ...]:
    if endpoint.signing is None:
        return ()
    keys = []
    for index, ref in enumerate(endpoint.signing.secrets):
        place = site / "secrets" / index
        key = secrets.value(ref, place)
        if key is None:
            continue
        if endpoint.signing.scheme == "standard-webhooks":
            try:
                SigningKey(key.reveal())
            except SigningKeyError as error:
                findings.error(
                    "RT606",
                    place.value(),
                    f"the secret from {ref} is no Standard Webhooks key: {error}",
                    "a key is `whsec_` and the base64 of 24 to 64 random bytes",
                )
                continue
        keys.append(key)
    return tuple(keys)
