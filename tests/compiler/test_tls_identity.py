"""What `tls` of an endpoint becomes, and every way in which its files can be unusable."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from router.compiler import Compilation, compile_snapshot
from router.plan.secret import Secret
from router.syntax.snapshot import Snapshot

TLS = Path(__file__).resolve().parents[1] / "data" / "tls"
_ROUTES = """\
version: 1
event_types: {order.paid: {}}
endpoints:
  crm:
    url: https://crm.example.com/hooks
    tls:
      cert: tls/client.pem
      key: {file: tls/client.key.pem}
      ca: tls/ca.pem
routes:
  paid: {events: [order.paid], targets: [crm]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a configuration whose identity is in order."""
    shutil.copytree(TLS, tmp_path / "tls")
    (tmp_path / "routes.yaml").write_text(_ROUTES, encoding="utf-8")
    return tmp_path


def _compile(folder: Path, *, strict: bool = True, environ: dict[str, str] | None = None) -> Compilation:
    return compile_snapshot(Snapshot.take(folder, environ=environ or {}), require_secrets=strict)


def _found(compilation: Compilation) -> list[str]:
    return [
        f"{one.span.line}:{one.span.column} {one.code} {one.message}"
        for one in compilation.diagnostics
        if one.code in ("RT203", "RT602", "RT608", "RT210")
    ]


def test_the_plan_holds_the_identity(folder: Path) -> None:
    compilation = _compile(folder)
    assert _found(compilation) == []
    assert compilation.plan is not None
    identity = compilation.plan.endpoints["crm"].tls
    assert identity is not None
    assert identity.cert_pem == (TLS / "client.pem").read_bytes()
    assert identity.ca_pem == (TLS / "ca.pem").read_bytes()
    assert identity.key_pem == Secret((TLS / "client.key.pem").read_text().removesuffix("\n"))
    assert "PRIVATE" not in repr(identity)


@pytest.mark.parametrize("name", ["client.pem", "client.key.pem", "ca.pem"])
def test_each_file_is_part_of_the_revision(folder: Path, name: str) -> None:
    before = Snapshot.take(folder, environ={})
    compile_snapshot(before)
    (folder / "tls" / name).write_bytes((folder / "tls" / name).read_bytes() + b"\n# renewed\n")
    after = Snapshot.take(folder, environ={})
    compile_snapshot(after)
    assert before.digest() != after.digest()


def test_the_key_is_not_kept_with_the_revision(folder: Path) -> None:
    snapshot = Snapshot.take(folder, environ={})
    compile_snapshot(snapshot)
    kept = snapshot.serialise()
    restored = compile_snapshot(Snapshot.restore(kept, environ={}), require_secrets=True)
    assert restored.plan is not None  # the key was read from its file again
    assert (folder / "tls" / "client.key.pem").read_bytes() not in kept
    (folder / "tls" / "client.key.pem").unlink()
    gone = compile_snapshot(Snapshot.restore(kept, environ={}), require_secrets=True)
    assert [line.split()[1] for line in _found(gone)] == ["RT602"]


def test_a_key_from_the_environment(folder: Path) -> None:
    text = _ROUTES.replace("{file: tls/client.key.pem}", "{env: CRM_TLS_KEY}")
    (folder / "routes.yaml").write_text(text, encoding="utf-8")
    assert _found(_compile(folder, environ={"CRM_TLS_KEY": (TLS / "client.key.pem").read_text()})) == []
    (absent,) = _found(_compile(folder))
    assert absent.startswith("8:12 RT602")
    assert _found(_compile(folder, strict=False)) == []


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("ca.pem", b"rubbish", "9:11 RT608 `tls.ca` of endpoint `crm` cannot be used: it is no PEM"),
        ("ca.pem", "ü".encode(), "9:11 RT608 `tls.ca` of endpoint `crm` cannot be used: it is no PEM: PEM is ASCII"),
        (
            "ca.pem",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "9:11 RT608 `tls.ca` of endpoint `crm` cannot be used: it holds no certificate",
        ),
        ("client.pem", b"", "7:13 RT608 `tls.cert` of endpoint `crm` cannot be used: it is no PEM"),
        (
            "client.key.pem",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "8:12 RT608 `tls.key` of endpoint `crm` cannot be used: it holds no private key",
        ),
        (
            "client.key.pem",
            (TLS / "server.key.pem").read_bytes(),
            "8:12 RT608 `tls.key` of endpoint `crm` cannot be used: it is not the key of the certificate",
        ),
    ],
)
def test_what_cannot_be_used_is_reported_where_it_is_named(
    folder: Path, name: str, content: bytes, expected: str
) -> None:
    (folder / "tls" / name).write_bytes(content)
    compilation = _compile(folder)
    (found,) = _found(compilation)
    assert found.startswith(expected)
    assert compilation.plan is None


def test_an_encrypted_key_is_reported_and_nobody_is_asked_for_a_password(folder: Path) -> None:
    key = folder / "tls" / "client.key.pem"
    encrypted = subprocess.run(
        ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:swordfish"], capture_output=True, check=True
    ).stdout
    key.write_bytes(encrypted)
    (found,) = _found(_compile(folder))
    assert "it is encrypted" in found


@pytest.mark.parametrize("name", ["client.pem", "ca.pem"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / "tls" / name).unlink()
    (found,) = _found(_compile(folder))
    assert "RT203 cannot read the" in found
    assert name in found


def test_without_the_key_only_the_certificates_are_tried(folder: Path) -> None:
    (folder / "tls" / "client.key.pem").unlink()
    assert _found(_compile(folder, strict=False)) == []
    (folder / "tls" / "client.pem").write_bytes(b"rubbish")
    assert [line.split()[1] for line in _found(_compile(folder, strict=False))] == ["RT608"]
