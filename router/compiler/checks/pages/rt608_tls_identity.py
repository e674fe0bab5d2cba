"""A certificate or key of an endpoint's `tls` cannot be used

The file can be read, but OpenSSL cannot make use of what is in it: it is no PEM, holds no certificate, the key has a password, or the key
belongs to another certificate. It is tried when the configuration is compiled, so that this is not found out by a delivery. Without the
key, as in CI, only the certificates are tried.

Write instead: the path of a PEM file. `openssl x509 -in client.pem -noout -text` shows a certificate; `openssl x509 -in client.pem -noout
-pubkey` and `openssl pkey -in client.key -pubout` print the same for a pair that belongs together.
"""

from router.syntax.diagnostic import Severity

CODE = "RT608"
NAME = "tls-identity"
SEVERITY = Severity.ERROR
EMITTED_BY = "router.compiler.tls_identity"

_ROUTES = """\
version: 1
event_types:
  order.paid: {schema: {type: object, required: [id, total], properties: {id: {type: string}, total: {type: number}, vip: {type: boolean}}}}
endpoints:
  crm: {url: https://crm.example.com/hooks, tls: {ca: ca.pem}, auth: {bearer: {env: CRM_TOKEN}}}
routes:
  paid: {events: [order.paid], targets: [crm]}
"""
_AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBhjCCASygAwIBAgIULhemul3jwhFGzGMwmd4ZnyW6fTkwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVcm91dGVyIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyNDEzMTQ1
MVoYDzIxMjYxMDMxMTMxNDUxWjAgMR4wHAYDVQQDDBVyb3V0ZXIgdGVzdCBhdXRo
b3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR4AElGegxV0TW0j/Y+wlKl
xEsJmY069r8/m32wUvgVmlN3tutlc3zMoiNOsK/p9ZW1WdMJla2pa2e7b2B/EVZ6
o0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQU
6aEoOlXTJz7vtlpp3dn2+/gYVFQwCgYIKoZIzj0EAwIDSAAwRQIhANfnKzoFGKC8
/yXOJUvdp0GF6fyQc4Te9NRrVX5++bOOAiB8nxLblu2zkNeovF9O10yuBqC3YmZb
JCvuYLEgSEnmxQ==
-----END CERTIFICATE-----
"""

BAD = {"routes.yaml": _ROUTES, "ca.pem": "to be filled in\n"}
AT = "routes.yaml:5:55"

GOOD = {"routes.yaml": _ROUTES, "ca.pem": _AUTHORITY}
