"""What can be wrong with a transform: found while compiling (TransformProblem, collected) or while rendering (RenderError, raised)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from router.errors import Blame, RouterError

__all__ = ["Fault", "Path", "RenderError", "TransformProblem", "dotted", "kind_of"]

Path = tuple[str | int, ...]
"""Where a template stands in its transform: `("payload", "items", 0)`, `("headers", "X-Region")`."""


_EXPRESSION_CHARS_MAX = 80
_MESSAGE_CHARS_MAX = 400


class TransformProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One finding about a transform.

    `path` leads from the transform's definition to the scalar; `start` and `end` are code points within that scalar, the end exclusive.
    Codes: RT401 syntax, RT402 unknown variable or field, RT403 field that may be missing, RT404 unknown filter or test or wrong arguments to one, RT405 text put into JSON
    unescaped, RT408 construct that is not allowed, RT409 too large or too costly, RT506 header that a transform cannot set.
    """

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    path: Path
    start: int
    end: int
    help: str | None = None


class RenderError(RouterError):
    """A transform that failed on one event: one line that names the place in the payload and the expression.

    `path` is as in TransformProblem; `expression` is the template's text between `start` and `end`, or None when the output as a whole is
    at fault. Never holds values of the event, which may be private.
    """

    blame = Blame.CONFIGURATION

    def __init__(
        self, message: str, *, path: Path = (), expression: str | None = None, start: int = 0, end: int = 0
    ) -> None:
        where = dotted(path) if path else "payload"
        shown = _shown(expression) if expression else ""
        message = message if len(message) <= _MESSAGE_CHARS_MAX else message[: _MESSAGE_CHARS_MAX - 1] + "…"
        super().__init__(f"{where}: `{shown}`: {message}" if shown else f"{where}: {message}")
        self.message = message
        self.path = path
        self.expression = expression
        self.start = start
        self.end = end


def _shown(expression: str) -> str:
    line = " ".join(expression.split())
    return line if len(line) <= _EXPRESSION_CHARS_MAX else line[: _EXPRESSION_CHARS_MAX - 1] + "…"


class Fault(Exception):  # noqa: N818 - it never leaves this package: the renderer adds the place and makes it a RenderError
    """What a filter or an operator objects to, in one sentence."""


def dotted(path: Path) -> str:
    """Return a path as people write it: `payload.items[0].name`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def kind_of(value: Any) -> str:
    """Return what a JSON value is, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return "missing"
