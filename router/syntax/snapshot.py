"""Snapshot: everything a configuration reads, read once.

A configuration is more than its YAML: schemas and examples it points to, variables it substitutes, secrets it refers to. All of it goes
through one Snapshot, which reads each file at most once and remembers every question, so that one compilation sees one state of the
world, the digest of that state is the revision's name, and the state can be kept and compiled again (`serialise`, `restore`).

Secrets are the exception to keeping: their values are handed out, only a hash of each enters the digest, and neither is serialised.

Names are display paths: relative to the working directory where possible, with `/`. The digest uses names relative to the root, so that
the same files give the same revision on every machine. This module interprets no content.
"""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from itertools import islice
from pathlib import Path
from typing import Protocol, Self

import msgspec

from router.identity import Revision
from router.syntax.git import head_commit
from router.syntax.source import FILE_BYTES_MAX

__all__ = ["DOCUMENTS_MAX", "SECRET_BYTES_MAX", "SNAPSHOT_BYTES_MAX", "SecretReference", "Snapshot"]

DOCUMENTS_MAX = 10_000
"""How many YAML documents a directory may hold."""

SNAPSHOT_BYTES_MAX = 256 * 1024 * 1024
"""How many bytes all files of one snapshot may have together."""

SECRET_BYTES_MAX = 64 * 1024
"""How long a secret's file may be; certificates' private keys are the longest that make sense."""

_FORMAT = 1
_SUFFIXES = (".yaml", ".yml")


class SecretReference(Protocol):
    """What `Snapshot.secret` needs of a reference: one of the two is set."""

    @property
    def env(self) -> str | None: ...
    @property
    def file(self) -> str | None: ...


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The serialised form."""

    format: int
    base: str
    root: str
    folder: str
    documents: tuple[str, ...]
    files: dict[str, bytes]
    failures: dict[str, tuple[int, str]]
    environment: dict[str, str | None]
    secrets: tuple[tuple[str, str], ...]
    commit: str | None


class Snapshot:
    """One state of everything a configuration reads.

    `documents` are the names of the YAML documents, sorted; `root` is what was taken, `commit` the git commit it is checked out at.
    """

    def __init__(
        self,
        *,
        base: str,
        root: str,
        folder: str,
        documents: tuple[str, ...],
        environ: Mapping[str, str],
        commit: str | None,
    ) -> None:
        self.documents = documents
        self.commit = commit
        self._base = base
        self.root = root
        self._folder = folder  # the directory that names in the digest are relative to
        self._environ = environ
        self._is_restored = False
        self._files: dict[str, bytes] = {}
        self._failures: dict[str, tuple[int, str]] = {}
        self._environment: dict[str, str | None] = {}
        self._secrets: dict[tuple[str, str], str | None] = {}
        self._bytes = 0
        self._reader: Callable[[str], bytes] | None = None  # in place of the disk

    @classmethod
    def take(cls, root: Path, *, environ: Mapping[str, str] | None = None) -> Self:
        """Read every document below `root` (a directory, or one file) now; the other files are read when first asked for.

        Directories are walked in order, symbolic links are followed (a ConfigMap is nothing else), entries that begin with `.` are left
        out. Raises OSError when `root` does not exist or holds more than `DOCUMENTS_MAX` documents. A document that cannot be read is no
        error here: `read` raises it.
        """
        base = Path.cwd()
        directory = root if root.is_dir() else root.parent
        if not root.is_dir():
            root.stat()  # raises FileNotFoundError with the path in it
        found = sorted(_display(path, str(base)) for path in _documents(root))
        if len(found) > DOCUMENTS_MAX:
            raise OSError(errno.E2BIG, f"more than {DOCUMENTS_MAX:,} YAML documents", str(root))
        snapshot = cls(
            base=str(base),
            root=_display(root, str(base)),
            folder=_display(directory, str(base)),
            documents=tuple(found),
            environ=dict(os.environ if environ is None else environ),
            commit=head_commit(directory),
        )
        for name in found:
            snapshot._load(name)
        return snapshot

    @classmethod
    def of(
        cls,
        read: Callable[[str], bytes],
        documents: Iterable[str],
        *,
        root: str,
        environ: Mapping[str, str],
        commit: str | None = None,
    ) -> Self:
        """Return a snapshot whose files come from `read` in place of the disk, such as those of an older commit.

        `documents` and `root` are names as `take` would give them; `read` takes names and raises OSError. Variables come from `environ`;
        files of secrets are still read from the disk.
        """
        folder = root if any(name != root for name in documents) else posixpath.dirname(root) or "."
        snapshot = cls(
            base=str(Path.cwd()),
            root=root,
            folder=folder,
            documents=tuple(sorted(documents)),
            environ=environ,
            commit=commit,
        )
        snapshot._reader = read
        for name in snapshot.documents:
            snapshot._load(name)
        return snapshot

    def retake(self, *, environ: Mapping[str, str] | None = None) -> Snapshot:
        """Return a new snapshot of the same root that has been asked everything this one was asked.

        Its digest equals this one's exactly when nothing that the configuration reads has changed.
        """
        again = type(self).take(Path(self._base, self.root), environ=environ)
        again._ask_like(self)  # noqa: SLF001 - of the same class
        return again

    def _ask_like(self, other: Snapshot) -> None:
        for name in (*other._files, *other._failures):
            self._load(name)
        for name in other._environment:
            self.environment(name)
        for kind, name in other._secrets:
            self._secret(kind, name)

    def replacing(self, contents: Mapping[str, bytes]) -> Self:
        """Return the same state with other bytes in some of its files; the disk is not touched."""
        again = copy(self)
        again._overlay(contents)  # noqa: SLF001 - of the same class
        return again

    def _overlay(self, contents: Mapping[str, bytes]) -> None:
        self._files = {**self._files, **contents}
        self._failures = {name: failure for name, failure in self._failures.items() if name not in contents}
        self._environment = dict(self._environment)
        self._secrets = dict(self._secrets)
        self._bytes = sum(map(len, self._files.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """Every file asked for so far, documents included, whether it could be read or not; not the files of secrets."""
        return (*self._files, *self._failures)

    def read(self, name: str) -> bytes:
        """Return the bytes of a file, always the same ones; raises OSError, always the same one."""
        self._load(name)
        if name in self._failures:
            number, reason = self._failures[name]
            raise OSError(number, reason, name)
        return self._files[name]

    def resolve(self, name: str, reference: str) -> str:
        """Return the name, for `read`, of the path `reference` written inside document `name`: it is relative to that document."""
        return _display(Path(posixpath.join(posixpath.dirname(name), reference)), self._base)

    def environment(self, name: str) -> str | None:
        """Return the value of an environment variable, None when it is not set; the answer becomes part of the digest."""
        if name not in self._environment:
            self._environment[name] = self._environ.get(name)
        return self._environment[name]

    def secret(self, ref: SecretReference) -> str | None:
        """Return the value a reference stands for, None where there is none; one line break at the end of a file is dropped.

        A relative file is a name as `read` takes it: `resolve` it first.
        """
        if ref.env is not None:
            return self._secret("env", ref.env)
        return None if ref.file is None else self._secret("file", ref.file)

    def _secret(self, kind: str, name: str) -> str | None:
        if (kind, name) not in self._secrets:
            self._secrets[kind, name] = self._environ.get(name) if kind == "env" else self._secret_file(name)
        return self._secrets[kind, name]

    def _secret_file(self, name: str) -> str | None:
        try:
            text = _read(Path(self._base, name), SECRET_BYTES_MAX).decode("utf-8")
        except (OSError, ValueError):
            return None
        return text.removesuffix("\n").removesuffix("\r")

    def _load(self, name: str) -> None:
        if name in self._files or name in self._failures:
            return
        try:
            if self._is_restored:
                raise FileNotFoundError(errno.ENOENT, "not part of the kept revision", name)
            if self._reader is not None:
                data = self._reader(name)
            else:
                data = _read(Path(self._base, name), min(FILE_BYTES_MAX, SNAPSHOT_BYTES_MAX - self._bytes))
        except OSError as error:
            self._failures[name] = (error.errno or errno.EIO, error.strerror or "cannot be read")
        except ValueError:  # a NUL in the path
            self._failures[name] = (errno.EINVAL, "not a file name")
        else:
            self._files[name] = data
            self._bytes += len(data)

    def digest(self) -> Revision:
        """Return the name of this state: a hash over all documents and every file, variable and secret asked for so far.

        The order of the questions does not matter. Secrets enter as hashes.
        """
        parts = [_part("document", self._key(name)) for name in self.documents]
        parts += [_part("file", self._key(name), data) for name, data in self._files.items()]
        parts += [
            _part("failure", self._key(name), str(number).encode()) for name, (number, _) in self._failures.items()
        ]
        parts += [_part("variable", name, _encoded(value)) for name, value in self._environment.items()]
        parts += [_part("secret", f"{kind} {name}", _encoded(value)) for (kind, name), value in self._secrets.items()]
        return Revision(hashlib.sha256(b"".join(sorted(parts))).hexdigest()[:16])

    def _key(self, name: str) -> str:
        path = os.path.relpath(os.path.join(self._base, name), os.path.join(self._base, self._folder))  # noqa: PTH118 - lexical
        return path.replace(os.sep, "/")

    def serialise(self) -> bytes:
        """Return enough to compile this state again: documents, files, variables asked for, and which secrets, never their values."""
        kept = _Kept(
            format=_FORMAT,
            base=self._base,
            root=self.root,
            folder=self._folder,
            documents=self.documents,
            files=self._files,
            failures=self._failures,
            environment=self._environment,
            secrets=tuple(sorted(self._secrets)),
            commit=self.commit,
        )
        return zlib.compress(msgspec.msgpack.encode(kept), 6)

    @classmethod
    def restore(cls, data: bytes, *, environ: Mapping[str, str] | None = None) -> Self:
        """Return the snapshot that `serialise` kept; secrets are asked again of `environ` and the disk. Raises ValueError on other data."""
        try:
            kept = msgspec.msgpack.decode(_inflate(data), type=_Kept)
        except (zlib.error, msgspec.DecodeError) as error:
            raise ValueError(f"not a kept snapshot: {error}") from error
        if kept.format != _FORMAT:
            raise ValueError(f"a kept snapshot of format {kept.format}; this program reads format {_FORMAT}")
        snapshot = cls(
            base=kept.base,
            root=kept.root,
            folder=kept.folder,
            documents=kept.documents,
            environ=dict(os.environ if environ is None else environ),
            commit=kept.commit,
        )
        snapshot._is_restored = True
        snapshot._files = kept.files
        snapshot._failures = kept.failures
        snapshot._environment = kept.environment
        for kind, name in kept.secrets:
            snapshot._secret(kind, name)
        return snapshot


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    content = inflater.decompress(data, 2 * SNAPSHOT_BYTES_MAX)
    if not inflater.eof:
        raise ValueError("not a kept snapshot: it is cut short or too long")
    return content


def _part(kind: str, name: str, content: bytes = b"") -> bytes:
    digest = hashlib.sha256()
    for piece in (kind.encode(), name.encode("utf-8", "surrogateescape"), content):
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.digest()


def _encoded(value: str | None) -> bytes:
    return b"absent" if value is None else b"=" + value.encode("utf-8", "surrogateescape")


def _display(path: Path, base: str) -> str:
    """Return a path as people see it: normalised without looking at the disk, relative to `base` when it is below, or beside it."""
    absolute = os.path.normpath(os.path.join(base, path))  # noqa: PTH118 - lexical on purpose: links stay as written
    relative = os.path.relpath(absolute, base)
    if not Path(path).is_absolute() or not relative.startswith(".."):
        return relative.replace(os.sep, "/")
    return absolute.replace(os.sep, "/")


def _documents(root: Path) -> Iterable[Path]:
    return islice(_walk(root, frozenset()), DOCUMENTS_MAX + 1) if root.is_dir() else (root,)


def _walk(directory: Path, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    """Yield the documents below a directory; a link to a directory that it is itself in is not followed."""
    status = directory.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in sorted(directory.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, above | {identity})
        elif entry.suffix in _SUFFIXES:
            yield entry


def _read(path: Path, bytes_max: int) -> bytes:
    """Return a regular file's bytes; raises OSError, also for a longer file, a directory or a pipe (which would block)."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    with open(handle, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "is a directory", str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        data = file.read(bytes_max + 1)
    if len(data) > bytes_max:
        raise OSError(errno.EFBIG, f"larger than {bytes_max:,} bytes", str(path))
    return data
