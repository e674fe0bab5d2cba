"""Snapshots: what is read, once; digests; keeping and restoring."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from router.language.documents import SecretRef
from router.syntax.snapshot import SECRET_BYTES_MAX, Snapshot
from router.syntax.source import FILE_BYTES_MAX


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "routes" / "team").mkdir(parents=True)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "routes" / "b.yaml").write_text("version: 1\n")
    (tmp_path / "routes" / "a.yml").write_text("version: 1\n")
    (tmp_path / "routes" / "team" / "c.yaml").write_text("version: 1\n")
    (tmp_path / "routes" / "notes.md").write_text("no")
    (tmp_path / "routes" / ".hidden.yaml").write_text("no")
    (tmp_path / "schemas" / "order.json").write_text("{}")
    return tmp_path


def _take(environ: dict[str, str] | None = None, root: str = "routes") -> Snapshot:
    return Snapshot.take(Path(root), environ=environ or {})


def test_documents_are_named_as_people_name_them(root: Path) -> None:
    names = ("routes/a.yml", "routes/b.yaml", "routes/team/c.yaml")
    assert _take().documents == names
    assert Snapshot.take(root / "routes", environ={}).documents == names


def test_documents_beside_the_working_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "schemas")
    snapshot = Snapshot.take(Path("../routes"), environ={})
    assert snapshot.documents[0] == "../routes/a.yml"
    assert snapshot.resolve("../routes/a.yml", "../schemas/order.json") == "order.json"
    assert snapshot.read("order.json") == b"{}"
    assert Snapshot.take(root / "routes", environ={}).documents[0] == f"{root}/routes/a.yml"


def test_one_file(root: Path) -> None:
    snapshot = _take(root="routes/b.yaml")
    assert snapshot.documents == ("routes/b.yaml",)
    assert snapshot.retake(environ={}).digest() == snapshot.digest()


def test_a_root_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        _take(root="nowhere")


def test_references_are_relative_to_their_document(root: Path) -> None:
    snapshot = _take()
    assert snapshot.resolve("routes/a.yml", "../schemas/order.json") == "schemas/order.json"
    assert snapshot.resolve("routes/team/c.yaml", "../../schemas/order.json") == "schemas/order.json"
    assert snapshot.resolve("routes/a.yml", "/etc/x") == "/etc/x"
    assert snapshot.resolve("routes/a.yml", str(root / "schemas" / "order.json")) == "schemas/order.json"
    assert snapshot.resolve("routes/a.yml", "../../beside.json") == "../beside.json"


def test_a_config_map_is_read_through_its_links(root: Path) -> None:
    mount = root / "mount"
    (mount / "..2026_01_02").mkdir(parents=True)
    (mount / "..2026_01_02" / "a.yaml").write_text("version: 1\n")
    (mount / "..data").symlink_to("..2026_01_02")
    (mount / "a.yaml").symlink_to("..data/a.yaml")
    (mount / "loop").symlink_to(".")
    snapshot = _take(root="mount")
    assert snapshot.documents == ("mount/a.yaml",)
    (mount / "..2026_01_03").mkdir()
    (mount / "..2026_01_03" / "a.yaml").write_text("version: 1\nroutes: {}\n")
    (mount / "..new").symlink_to("..2026_01_03")
    (mount / "..new").rename(mount / "..data")
    assert snapshot.read("mount/a.yaml") == b"version: 1\n"
    assert snapshot.retake(environ={}).read("mount/a.yaml") == b"version: 1\nroutes: {}\n"


def test_files_are_read_once(root: Path) -> None:
    snapshot = _take()
    assert snapshot.read("schemas/order.json") == b"{}"
    (root / "schemas" / "order.json").write_text("[]")
    (root / "routes" / "a.yml").write_text("changed")
    assert snapshot.read("schemas/order.json") == b"{}"
    assert snapshot.read("routes/a.yml") == b"version: 1\n"
    with pytest.raises(FileNotFoundError):
        snapshot.read("schemas/late.json")
    (root / "schemas" / "late.json").write_text("{}")
    with pytest.raises(FileNotFoundError):
        snapshot.read("schemas/late.json")


def test_what_is_no_regular_file_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe")
    snapshot = _take()
    for name, error in (("pipe", OSError), ("schemas", IsADirectoryError), ("nul\0", OSError)):
        with pytest.raises(error):
            snapshot.read(name)


def test_sizes_are_bounded(root: Path) -> None:
    with (root / "large.json").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    with (root / "secret").open("wb") as file:
        file.truncate(SECRET_BYTES_MAX + 1)
    with pytest.raises(OSError, match="larger than"):
        _take().read("large.json")
    assert _take().secret(SecretRef(file="secret")) is None


def test_an_unreadable_document_is_listed_and_raises_when_read(root: Path) -> None:
    (root / "routes" / "gone.yaml").symlink_to("nowhere")
    snapshot = _take()
    assert "routes/gone.yaml" in snapshot.documents
    with pytest.raises(FileNotFoundError):
        snapshot.read("routes/gone.yaml")


def test_the_digest_covers_everything_asked_for(root: Path) -> None:
    (root / "token").write_text("s3cret\n")

    def ask(environ: dict[str, str]) -> Snapshot:
        snapshot = _take(environ)
        snapshot.read("schemas/order.json")
        snapshot.environment("HOST")
        snapshot.secret(SecretRef(env="TOKEN"))
        snapshot.secret(SecretRef(file="token"))
        return snapshot

    base = {"HOST": "a", "TOKEN": "t"}
    digests = {ask(base).digest(), ask({**base, "OTHER": "x"}).digest()}
    assert len(digests) == 1
    digests.add(_take(base).digest())
    digests.add(ask({**base, "HOST": "b"}).digest())
    digests.add(ask({**base, "TOKEN": "u"}).digest())
    digests.add(ask({"TOKEN": "t"}).digest())
    (root / "token").write_text("other\n")
    digests.add(ask(base).digest())
    (root / "token").write_text("s3cret\n")
    (root / "schemas" / "order.json").write_text("true")
    digests.add(ask(base).digest())
    (root / "routes" / "a.yml").rename(root / "routes" / "z.yml")
    digests.add(ask(base).digest())
    assert len(digests) == 8


def test_the_digest_knows_no_order_and_no_machine(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _take({"A": "1", "B": "2"}), _take({"A": "1", "B": "2"})
    for name in ("A", "B"):
        first.environment(name)
    for name in ("B", "A", "B"):
        second.environment(name)
    assert first.digest() == second.digest()
    monkeypatch.chdir(root / "routes")
    third = Snapshot.take(Path(), environ={"A": "1", "B": "2"})
    third.environment("A")
    third.environment("B")
    assert third.digest() == first.digest()


def test_retake_sees_changes_of_all_that_was_asked(root: Path) -> None:
    snapshot = _take({"A": "1"})
    snapshot.read("schemas/order.json")
    snapshot.environment("A")
    assert snapshot.retake(environ={"A": "1"}).digest() == snapshot.digest()
    assert snapshot.retake(environ={"A": "2"}).digest() != snapshot.digest()
    (root / "schemas" / "order.json").write_text("[]")
    assert snapshot.retake(environ={"A": "1"}).digest() != snapshot.digest()


def test_secrets_lose_one_line_break(root: Path) -> None:
    for content, value in ((b"x\n", "x"), (b"x\r\n", "x"), (b"x\n\n", "x\n"), (b"x", "x"), (b"\xff", None)):
        (root / "token").write_bytes(content)
        assert _take().secret(SecretRef(file="token")) == value
    assert _take().secret(SecretRef(file="nowhere")) is None
    assert _take({"T": "x\n"}).secret(SecretRef(env="T")) == "x\n"
    assert _take().secret(SecretRef(env="T")) is None


def test_restore_gives_the_same_state_without_the_disk(root: Path) -> None:
    snapshot = _take({"HOST": "a", "TOKEN": "s3cret"})
    snapshot.read("schemas/order.json")
    with pytest.raises(FileNotFoundError):
        snapshot.read("schemas/missing.json")
    snapshot.environment("HOST")
    snapshot.secret(SecretRef(env="TOKEN"))
    kept = snapshot.serialise()
    for path in (root / "routes" / "a.yml", root / "schemas" / "order.json"):
        path.unlink()
    restored = Snapshot.restore(kept, environ={"TOKEN": "s3cret", "HOST": "changed"})
    assert restored.digest() == snapshot.digest()
    assert restored.documents == snapshot.documents
    assert restored.read("schemas/order.json") == b"{}"
    assert restored.environment("HOST") == "a"
    with pytest.raises(FileNotFoundError):
        restored.read("routes/notes.md")
    assert Snapshot.restore(kept, environ={"TOKEN": "rotated"}).digest() != snapshot.digest()
    assert restored.serialise()


def test_no_secret_is_kept(root: Path) -> None:
    (root / "token").write_text("from-a-file")
    snapshot = _take({"TOKEN": "from-a-variable"})
    snapshot.secret(SecretRef(env="TOKEN"))
    snapshot.secret(SecretRef(file="token"))
    content = zlib.decompress(snapshot.serialise())
    assert b"TOKEN" in content
    assert b"from-a" not in content


@pytest.mark.parametrize(
    "data", [b"", b"x", zlib.compress(b"x"), zlib.compress(b"x" * 100)[:-3], zlib.compress(b"\x80")]
)
def test_other_data_is_not_restored(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a kept snapshot"):
        Snapshot.restore(data, environ={})
