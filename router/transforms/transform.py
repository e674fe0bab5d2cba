"""CompiledTransform: a payload and headers, compiled ahead to one function each, and the compiling of them.

    definition ─ compile_transform ─► CompiledTransform, or problems (all of them)
    event document ─ render ─► Rendered (value, body, content type, headers), or RenderError

Nothing is parsed, looked up by name or allocated for Jinja while rendering: a structured payload of fifteen fields is one dict display.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import msgspec
import orjson

from router.transforms import budget, list_filters, operators
from router.transforms.budget import Budget
from router.transforms.catalogue import FILTERS
from router.transforms.code import FILENAME, function, load_functions
from router.transforms.filter_calls import FUNCTION_PREFIX, test_functions
from router.transforms.headers import content_type_problem, field_value, is_json, name_problem
from router.transforms.limits import OUTPUT_BYTES_MAX
from router.transforms.problem import Fault, RenderError, TransformProblem, kind_of
from router.transforms.template import TemplateFault, has_markup, parse
from router.transforms.tree import Trees, compile_text
from router.transforms.workshop import Reference, Site, Workshop

__all__ = ["CompiledTransform", "Rendered", "compile_transform"]

_NAMESPACE: dict[str, Any] = {
    **{name: getattr(operators, name) for name in operators.__all__},
    **{FUNCTION_PREFIX + name: spec.function for name, spec in FILTERS.items()},
    **test_functions(),
    "MISSING": budget.MISSING,
    "built": budget.built,
    "enumerate": enumerate,
    "leaf": budget.leaf,
    "len": len,
    "map_attribute": list_filters.map_attribute,
    "map_filter": list_filters.map_filter,
    "output": budget.output,
    "put": budget.put,
    "select": list_filters.select,
}
"""All that generated code can reach."""

_Function = Callable[[Mapping[str, Any], Budget], Any]


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What a transform made of one event.

    `value` is the payload as a Python value: what a structured or JSON text payload says, or the text itself; parts of it are parts of the
    event, so nobody may change it. `body` is its bytes. `headers` keep the names as written; the content type is not among them.
    """

    value: Any
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


class CompiledTransform:
    """A transform ready to render. `references` are the ways into the event that it takes.

    Its Python code is made when it is first rendered or `prepare`d: who only checks a configuration does without.
    """

    __slots__ = ("_functions", "_headers", "_json", "_sites", "_source", "_text", "content_type", "references")

    def __init__(
        self,
        *,
        payload: Any,
        text: bool,
        headers: Mapping[str, str],
        content_type: str,
        references: tuple[Reference, ...],
    ) -> None:
        self._source: tuple[Any, Mapping[str, str]] | None = (payload, headers)
        self._functions: dict[str, _Function] | None = None
        self._text = text
        self._json = is_json(content_type)
        self._headers: tuple[tuple[str, str], ...] = ()
        self._sites: tuple[Site, ...] = ()
        self.content_type = content_type
        self.references = references

    def prepare(self) -> dict[str, _Function]:
        """Make the code, once, and return its functions; threads may both do it, to the same effect."""
        source = self._source  # read first: whoever empties it has set the functions before
        functions = self._functions
        if functions is not None or source is None:
            return functions or {}
        shop = Workshop()
        _, headers = _lower(shop, source[0], self.content_type, source[1])
        if any(problem.severity == "error" for problem in shop.problems):
            raise RecursionError  # nothing else can be wrong now that was not when it was checked
        made = load_functions(shop.functions, _NAMESPACE)
        self._headers, self._sites = tuple(headers), tuple(shop.sites)
        self._functions = made
        self._source = None
        return made

    def render(self, document: Mapping[str, Any]) -> Rendered:
        """Render an event, given as the document that `Event.document` returns. Raises RenderError; pure otherwise."""
        spent = Budget()
        functions = self._prepared()
        value = self._run(functions["payload"], document, spent)
        if self._text:
            value, body = self._encoded(value)
        else:
            try:
                body = orjson.dumps(value)
            except (TypeError, RecursionError) as error:
                raise RenderError(f"the payload is not JSON: {error}", path=("payload",)) from error
            _check_size(body)
        headers = tuple((name, self._header(name, functions[made], document, spent)) for name, made in self._headers)
        return Rendered(value=value, body=body, content_type=self.content_type, headers=headers)

    def value(self, document: Mapping[str, Any]) -> Any:
        """Return the payload's value only, without bytes and headers. Raises RenderError."""
        value = self._run(self._prepared()["payload"], document, Budget())
        return self._encoded(value)[0] if self._text else value

    def _prepared(self) -> dict[str, _Function]:
        if self._functions is not None:
            return self._functions
        try:
            return self.prepare()
        except (
            RecursionError
        ) as error:  # the caller's own stack was deep already: the limits leave room for any usual one
            raise RenderError("the transform is nested too deeply", path=("payload",)) from error

    def _encoded(self, text: str) -> tuple[Any, bytes]:
        try:
            body = text.encode()
        except UnicodeEncodeError as error:
            raise RenderError("the text holds half of a surrogate pair", path=("payload",)) from error
        _check_size(body)
        if not self._json:
            return text, body
        try:
            return orjson.loads(body), body
        except orjson.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno} of the output"
            message = f"the template did not render to JSON: {error.msg.split(':')[0]}, at {place}"
            raise RenderError(message, path=("payload",)) from error

    def _header(self, name: str, made: _Function, document: Mapping[str, Any], spent: Budget) -> str:
        try:
            return field_value(self._run(made, document, spent))
        except Fault as fault:
            raise RenderError(str(fault), path=("headers", name)) from fault

    def _run(self, made: _Function, document: Mapping[str, Any], spent: Budget) -> Any:
        try:
            return made(document, spent)
        except Exception as error:  # whatever a template runs into is the template's failure, never the event loop's
            raise self._failure(error, document) from error

    def _failure(self, error: Exception, document: Mapping[str, Any]) -> RenderError:
        site, variables = self._locate(error.__traceback__)
        if site is None:
            return RenderError(_reason(error), path=("payload",))
        message = _reason(error)
        if site.root is not None and isinstance(error, KeyError | IndexError | TypeError):
            message = _lost(site, document if site.root == "event" else variables.get(site.root)) or message
        return RenderError(message, path=site.path, expression=site.expression, start=site.start, end=site.end)

    def _locate(self, trace: TracebackType | None) -> tuple[Site | None, Mapping[str, Any]]:
        found: tuple[Site | None, Mapping[str, Any]] = (None, {})
        while trace is not None:
            line = trace.tb_lineno
            if trace.tb_frame.f_code.co_filename == FILENAME and line and 1 <= line <= len(self._sites):
                found = (self._sites[line - 1], trace.tb_frame.f_locals)
            trace = trace.tb_next
        return found


def _check_size(body: bytes) -> None:
    if len(body) > OUTPUT_BYTES_MAX:
        raise RenderError(f"the output is larger than {OUTPUT_BYTES_MAX:,} bytes", path=("payload",))


def _reason(error: Exception) -> str:
    if isinstance(error, Fault):
        return str(error)
    return f"cannot be evaluated ({type(error).__name__})"


def _lost(site: Site, value: Any) -> str | None:
    """Return where a way into the event ends; None when it does not."""
    walked = site.root_text
    for position, step in enumerate(site.keys):
        shown = walked or "the event"
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            if position == 0 and not walked:
                what = f"the event has no `{step}`"
            elif value is None:
                what = f"`{shown}` is null"
            elif isinstance(value, dict):
                what = f"`{shown}` has no `{step}`"
            elif isinstance(value, list) and isinstance(step, int):
                what = f"`{shown}` has no item {step}"
            else:
                what = f"`{shown}` is {kind_of(value)}, which has no `{step}`"
            return f"{what}; if it may be missing, write `| default(…)`"
        walked = f"{walked}[{step}]" if isinstance(step, int) else f"{walked}.{step}" if walked else str(step)
    return None


# -- compiling


def compile_transform(
    payload: Any, *, content_type: str, headers: Mapping[str, str]
) -> tuple[CompiledTransform | None, list[TransformProblem]]:
    """Compile a transform.

    A `payload` that is a string is a text template, except that one `{{ expression }}` alone under a JSON content type is its value. Any
    other payload is structured. Returns None when a problem is an error; problems are in the order of the definition.
    """
    shop = Workshop(checking=True)
    _check_content_type(shop, payload, content_type)
    text, _ = _lower(shop, payload, content_type, headers)
    problems = _in_order(shop.problems)
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    compiled = CompiledTransform(
        payload=payload, text=text, headers=headers, content_type=content_type, references=tuple(shop.references)
    )
    return compiled, problems


def _lower(
    shop: Workshop, payload: Any, content_type: str, headers: Mapping[str, str]
) -> tuple[bool, list[tuple[str, str]]]:
    """Lower everything; return whether the payload is text, and the name of each header with that of its function."""
    text = isinstance(payload, str) and not (is_json(content_type) and _is_expression(payload))
    if text:
        code = compile_text(shop, payload, ("payload",), json=is_json(content_type))
    elif isinstance(payload, str):
        code = Trees(shop).leaf(payload, ("payload",), root=True)
    else:
        code = Trees(shop).lower(payload, ("payload",))
    if not shop.checking:
        shop.functions.append(function("payload", [ast.Return(value=code)]))
    return text, _compile_headers(shop, headers)


def _in_order(problems: list[TransformProblem]) -> list[TransformProblem]:
    order = {path: position for position, path in enumerate(dict.fromkeys(problem.path for problem in problems))}
    return sorted(problems, key=lambda problem: (order[problem.path], problem.start))


def _is_expression(text: str) -> bool:
    try:
        return has_markup(text) and parse(text).expression() is not None
    except TemplateFault:
        return False


def _check_content_type(shop: Workshop, payload: Any, content_type: str) -> None:
    problem = content_type_problem(content_type)
    if problem is not None:
        shop.report("RT506", ("content_type",), (0, len(content_type)), *problem)
    elif not isinstance(payload, str) and not is_json(content_type):
        message = f"a structured payload is sent as JSON, but the content type is `{content_type}`"
        help = "write the payload as one text template, or leave `content_type` out"
        shop.report("RT506", ("content_type",), (0, len(content_type)), message, help, "warning")


def _compile_headers(shop: Workshop, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    names = []
    seen: dict[str, str] = {}
    for index, (name, text) in enumerate(headers.items()):
        path = ("headers", name)
        problem = name_problem(name)
        if problem is None and name.lower() in seen:
            problem = (
                f"the header `{name}` is there twice: names of headers have no case",
                f"it is `{seen[name.lower()]}` too",
            )
        seen.setdefault(name.lower(), name)
        if problem is not None:
            shop.report("RT506", path, (0, len(text)), *problem)
            continue
        made = f"header_{index}"
        code = compile_text(shop, text, path)
        if not shop.checking:
            shop.functions.append(function(made, [ast.Return(value=code)]))
        names.append((name, made))
    return names
