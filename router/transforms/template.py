"""Template: one Jinja text parsed into a syntax tree whose nodes know their offsets. The only module that opens jinja2.

Jinja's lexer and parser do the work, so the language is exactly Jinja's; nothing of Jinja runs an event later. Its nodes carry line numbers
only. The parser copies them from token to node without ever looking at them, so the tokens are given their *offset* in place of the line:
`node.lineno` is then where a node's token starts, in code points. A test pins that this holds for the installed version.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, cast

import msgspec
from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.filters import FILTERS
from jinja2.lexer import TokenStream
from jinja2.parser import Parser
from jinja2.tests import TESTS

from router.transforms.limits import DEPTH_MAX, NODES_MAX, TEMPLATE_CHARS_MAX

__all__ = ["JINJA_FILTERS", "JINJA_TESTS", "Template", "TemplateFault", "Token", "has_markup", "nodes", "parse"]

JINJA_FILTERS = frozenset(FILTERS)
JINJA_TESTS = frozenset(TESTS)

_NUMBER_CHARS_MAX = 40


class Token(NamedTuple):
    """One token of the source: kind as Jinja names it, text as written, offsets in code points."""

    kind: str
    text: str
    start: int
    end: int


class TemplateFault(Exception):  # noqa: N818 - it never leaves this package: it becomes a TransformProblem
    """A text that is no template, or too large a one."""

    def __init__(self, code: str, message: str, start: int, end: int, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.start = start
        self.end = end
        self.help = help


class Template(msgspec.Struct, frozen=True):
    """A parsed template. `lineno` of every node is an offset into `text`, which is the source with `\\n` as its only line break."""

    source: str
    text: str
    body: list[nodes.Node]
    tokens: list[Token]
    dropped: list[int]  # offsets in `text` behind which the source has one `\r` more
    extents: dict[int, tuple[int, int, nodes.Node]]  # what `workshop.Extents` found, by the identity of nodes

    def token_at(self, offset: int) -> int:
        """Return the index of the token that starts at an offset or is the last before it."""
        return max(0, bisect_right(self.tokens, offset, key=lambda token: token.start) - 1)

    def original(self, offset: int) -> int:
        """Return the offset in the source as it was given."""
        return offset + bisect_right(self.dropped, offset - 1)

    def expression(self) -> nodes.Expr | None:
        """Return the one expression that the template consists of, or None when there is more or something else."""
        if len(self.body) == 1 and isinstance(self.body[0], nodes.Output):
            parts = self.body[0].nodes
            if len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData):
                return parts[0]
        return None


def has_markup(text: str) -> bool:
    """Say whether a text is more than literal."""
    return "{{" in text or "{%" in text or "{#" in text


_TEMPLATES_MAX = 4_000
"""How many parsed templates are kept: short ones such as `{{ data.id }}` stand in a configuration many times."""


@lru_cache(maxsize=_TEMPLATES_MAX)
def parse(source: str) -> Template:
    """Parse a template. Raises TemplateFault (RT401 for syntax, RT409 for size) with offsets into the source.

    The same template is given to everybody who asks for the same source; nobody changes it.
    """
    if len(source) > TEMPLATE_CHARS_MAX:
        raise TemplateFault(
            "RT409",
            f"the template has {len(source):,} characters; at most {TEMPLATE_CHARS_MAX:,} are allowed",
            0,
            len(source),
        )
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    dropped = (
        [match.start() - count for count, match in enumerate(re.finditer("\r\n", source))] if "\r" in source else []
    )
    tokens: list[Token] = []
    scanner = _Scanner(tokens)
    try:
        body = Parser(scanner, text).parse().body
        fault = _oversize(body)
    except TemplateSyntaxError as error:
        fault = _syntax_fault(error, text, tokens, scanner.ended)
    except RecursionError:
        fault = TemplateFault("RT409", "the template is nested too deeply", 0, len(text))
    except (ValueError, OverflowError, AssertionError) as error:
        fault = TemplateFault("RT401", str(error) or "the template cannot be read", 0, len(text))
    template = Template(source, text, [] if fault else body, tokens, dropped, {})
    if fault is not None:
        fault.start, fault.end = template.original(fault.start), template.original(fault.end)
        raise fault
    return template


class _Scanner(Environment):
    """A Jinja environment whose tokens carry offsets where lines would be."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__()
        self._tokens = tokens
        self.ended = False

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        self._tokens.extend(self._scan(source))
        self.ended = True
        triples = ((token.start, token.kind, token.text) for token in self._tokens)
        return TokenStream(self.lexer.wrap(triples), name, filename)

    def _scan(self, source: str) -> Iterator[Token]:
        position = 0
        for _, kind, text in self.lexer.tokeniter(source, None):
            # A `-` in a tag drops the white space beside it, which is then in no token.
            start = position if source.startswith(text, position) else source.index(text, position)
            position = start + len(text)
            if kind in ("integer", "float") and len(text) > _NUMBER_CHARS_MAX:
                message = f"a number has at most {_NUMBER_CHARS_MAX} characters"
                raise TemplateFault("RT409", message, start, position)
            yield Token(kind, text, start, position)


def _oversize(body: list[nodes.Node]) -> TemplateFault | None:
    count = start = 0
    pending = [(node, 1) for node in body]
    while pending:
        node, depth = pending.pop()
        count += 1
        if (
            cast("int | None", node.lineno) is None
        ):  # as with the operand of a comparison: take what it holds, or what came before
            children = (child.lineno for child in node.iter_child_nodes() if child.lineno is not None)
            node.lineno = next(children, start)
        start = node.lineno
        if depth > DEPTH_MAX:
            return TemplateFault("RT409", f"more than {DEPTH_MAX} levels of nesting", start, start + 1)
        if count > NODES_MAX:
            return TemplateFault("RT409", "the template is too large", start, start + 1)
        pending.extend((child, depth + 1) for child in node.iter_child_nodes())
    return None


# -- syntax errors


_HABITS = (
    ("&&", "write `and`"),
    ("&", "write `and`"),
    ("||", "write `or`"),
    ("!=", None),
    ("!", "write `not`"),
    ("?", "write `a if condition else b`"),
    ("`", "this is Jinja, not JMESPath: write numbers and strings without backticks"),
    ("=", "compare with `==`"),
    ("$", "a template names the event directly: `data.total`"),
    ("@", "a template names the event directly: `data.total`"),
)
"""What people write who come from JMESPath, JavaScript or Go, and what Jinja wants."""


_UNCLOSED = re.compile(r"^Unexpected end of template.* innermost block that needs to be closed is '(\w+)'")


def _syntax_fault(error: TemplateSyntaxError, text: str, tokens: list[Token], ended: bool) -> TemplateFault:
    message = (error.message or "the template cannot be read").strip().removesuffix(".")
    if ended:
        start = error.lineno
        token = next((token for token in tokens if token.start == start and token.text), None)
        end = token.end if token is not None else start + 1
    else:  # the lexer gave up behind the last token; its line number says nothing more
        start = tokens[-1].end if tokens else 0
        start += len(text[start:]) - len(text[start:].lstrip())
        end = start + 1
        message = re.sub(r" at \d+$", "", message)
    start, end = min(start, max(len(text) - 1, 0)), min(end, len(text))
    unclosed = _UNCLOSED.search(message)
    if unclosed is not None:
        message = f"`{{% {unclosed[1]} %}}` is never closed: `{{% end{unclosed[1]} %}}` is missing"
    elif not ended and text[start : start + 1] in "\"'":
        message = "the string is never closed"
    return TemplateFault("RT401", message[:1].lower() + message[1:], start, max(start, end), _habit(text, start))


def _habit(text: str, start: int) -> str | None:
    for written, advice in _HABITS:
        if text.startswith(written, start) or (written == "||" and text.startswith("||", max(0, start - 1))):
            return advice
    return None
