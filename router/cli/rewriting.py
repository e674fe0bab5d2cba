"""Writing files in place: whole or not at all, with the permissions they had, through links; and showing what would change."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from pathlib import Path

from router.cli.exits import CannotRunError
from router.cli.printing import Style, printable

__all__ = ["difference", "write_file"]


def write_file(name: str, data: bytes) -> None:
    """Write a file by way of a temporary one beside it. Raises CannotRunError."""
    target = Path(os.path.realpath(name))
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        Path(temporary).replace(target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise CannotRunError(f"cannot write {name}: {error.strerror or error}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def difference(name: str, before: bytes, after: bytes, *, style: Style) -> str:
    """Return a unified diff, as `git apply` and `patch` take it."""
    old, new = (data.decode("utf-8", "surrogateescape").splitlines(keepends=True) for data in (before, after))
    lines = []
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        body = line.rstrip("\n")
        lines.append(
            style(printable(body), colour) if colour and not line.startswith(("+++", "---")) else printable(body)
        )
        if not line.endswith("\n"):
            lines.append("\\ No newline at end of file")
    return "\n".join(lines) + ("\n" if lines else "")
