"""Options: how commands are declared, the kinds of value they take, and settings that a variable may give instead of a flag."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from router.cli.exits import EXIT_CODES_HELP, CannotRunError

__all__ = [
    "DEFAULT_URL",
    "Address",
    "Commands",
    "Setting",
    "add_colour",
    "add_command",
    "add_settings",
    "address",
    "duration_s",
    "settled",
    "size_bytes",
]

DEFAULT_URL = "http://127.0.0.1:8080"
"""Where a router listens unless told otherwise."""

Commands = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps the class private."""


class Address(NamedTuple):
    """A host and a port to listen on; port 0 takes any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Setting(NamedTuple):
    """A flag that an environment variable can stand for: `--drain` and ROUTER_DRAIN."""

    name: str
    kind: Callable[[str], Any]
    default: str | None
    metavar: str
    help: str

    @property
    def flag(self) -> str:
        """Return the flag as written on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Return the variable that stands for it."""
        return "ROUTER_" + self.name.upper()


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    summary: str,
    about: str,
    examples: str,
    exits: str = EXIT_CODES_HELP,
) -> argparse.ArgumentParser:
    """Declare a command: `summary` for the list of commands, `about` and `examples` for its own help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=about,
        epilog=f"examples:\n{examples.rstrip()}\n\n{exits}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=run)
    return parser


def add_colour(parser: argparse.ArgumentParser, default: str = "auto") -> None:
    """Add `--color`."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default=default,
        help="colours: auto (default) means on a terminal without NO_COLOR",
    )


def add_settings(parser: argparse.ArgumentParser, settings: tuple[Setting, ...]) -> None:
    """Add one flag per setting; the help names the variable and the default."""
    for setting in settings:
        default = f", default {setting.default}" if setting.default is not None else ""
        parser.add_argument(
            setting.flag,
            dest=setting.name,
            metavar=setting.metavar,
            help=f"{setting.help} [{setting.variable}{default}]",
        )


def settled(settings: tuple[Setting, ...], arguments: argparse.Namespace, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return each setting's value: from its flag, else its variable, else its default (None when it has none).

    Raises CannotRunError that names the flag or the variable the bad value came from.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        text, origin = getattr(arguments, setting.name), setting.flag
        if text is None:
            text, origin = environ.get(setting.variable) or None, setting.variable
        if text is None:
            text = setting.default
        try:
            values[setting.name] = None if text is None else setting.kind(text)
        except argparse.ArgumentTypeError as error:
            raise CannotRunError(f"{origin}: {error}") from None
    return values


def address(text: str) -> Address:
    """Read `host:port`, `:port` (all of 127.0.0.1's port) or `[v6]:port`."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"`{text}` is no address; write host:port, for example 127.0.0.1:8080")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise argparse.ArgumentTypeError(f"`{text}`: put the IPv6 address in brackets, [{host}]:{port}")
    return Address(host or "127.0.0.1", int(port))


def duration_s(text: str) -> float:
    """Read a duration as the configuration writes it: 500ms, 30s, 5m, 2h, 3d."""
    from router.language import units

    return _with_unit(units.duration_s, text)


def size_bytes(text: str) -> int:
    """Read a size as the configuration writes it: 64KiB, 1MiB."""
    from router.language import units

    return int(_with_unit(units.size_bytes, text))


def _with_unit(read: Callable[[str], float], text: str) -> float:
    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"`{text}`: {error}") from None
