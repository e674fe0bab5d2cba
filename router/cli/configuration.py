"""The configuration a command works on: the snapshot of its PATH, or one clear reason why there is none."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from router.cli.exits import CannotRunError

if TYPE_CHECKING:
    from router.cli.rendering.report import Sources
    from router.syntax.snapshot import Snapshot

__all__ = ["DEFAULT_PATH", "add_path", "sources_of", "take_snapshot"]

DEFAULT_PATH = "routes"


def add_path(parser: argparse.ArgumentParser) -> None:
    """Add the positional PATH."""
    parser.add_argument(
        "path",
        nargs="?",
        default=DEFAULT_PATH,
        metavar="PATH",
        help="directory of YAML files, or one file (default: routes)",
    )


def take_snapshot(path: str) -> Snapshot:
    """Read the configuration at `path`; raise CannotRunError when there is nothing to read."""
    from router.syntax.snapshot import Snapshot

    root = Path(path)
    try:
        snapshot = Snapshot.take(root)
    except FileNotFoundError:
        raise CannotRunError(f"no such file or directory: {path}") from None
    except OSError as error:
        raise CannotRunError(f"cannot read {error.filename or path}: {error.strerror or error}") from None
    if not snapshot.documents:
        raise CannotRunError(f"no YAML files in {path}: a configuration is a directory with *.yaml or *.yml files")
    for document in snapshot.documents:
        try:
            snapshot.read(document)
        except OSError as error:
            raise CannotRunError(f"cannot read {document}: {error.strerror or error}") from None
    return snapshot


def sources_of(snapshot: Snapshot) -> Sources:
    """Return a reader of source texts for excerpts; the snapshot has read them already."""

    def text(name: str) -> str | None:
        try:
            return snapshot.read(name).decode("utf-8", "replace").removeprefix("\ufeff")
        except OSError:
            return None

    return text
