"""EventBridge patterns as JMESPath filters, and events that match them.

EventBridge compares a pattern's values with a field or, if that is an array, with its elements; `any_in` does the same. Prefix, suffix
and the like are converted for single values only, as they occur in the corpus.
"""

from __future__ import annotations

import json
import re
from typing import Any

PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


def filter_of(pattern: dict[str, Any]) -> str | None:
    """Return the filter for a pattern, or None when it uses what has no counterpart."""
    try:
        return " && ".join(_object(pattern, ""))
    except (KeyError, TypeError, ValueError):
        return None


def _object(pattern: dict[str, Any], path: str) -> list[str]:
    terms = []
    for name, wanted in pattern.items():
        if name == "$or":
            terms.append("(" + " || ".join(" && ".join(_object(each, path)) for each in wanted) + ")")
            continue
        here = _member(path, name)
        if isinstance(wanted, dict):
            terms += _object(wanted, here)
        elif isinstance(wanted, list) and wanted:
            terms.append(_field(here, wanted))
        else:
            raise TypeError(wanted)
    if not terms:
        raise ValueError("nothing to compare")
    return terms


def _member(path: str, name: str) -> str:
    written = name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else json.dumps(name)
    return f"{path}.{written}" if path else written


def _field(path: str, wanted: list[Any]) -> str:
    plain = [value for value in wanted if not isinstance(value, dict)]
    terms = [_content(path, value) for value in wanted if isinstance(value, dict)]
    scalars = [value for value in plain if value is not None]
    if len(scalars) != len(plain):
        terms.append(f"{path} == `null`")
    if scalars:
        terms.append(f"any_in({path}, {_literal(scalars)})")
    return terms[0] if len(terms) == 1 else f"({' || '.join(terms)})"


def _literal(value: Any) -> str:
    return "`" + json.dumps(value).replace("`", "\\`") + "`"


def _content(path: str, content: dict[str, Any]) -> str:
    ((operator, operand),) = content.items()
    if operator in ("prefix", "suffix"):
        if isinstance(operand, dict):
            return f"{operator}(lower({path}), {_literal(operand['equals-ignore-case'].lower())})"
        return f"{operator}({path}, {_literal(operand)})"
    if operator == "wildcard":
        return f"glob({path}, {_literal(operand)})"
    if operator == "equals-ignore-case":
        return f"lower({path}) == {_literal(operand.lower())}"
    if operator == "cidr":
        return f"cidr({path}, {_literal(operand)})"
    if operator == "exists":
        return f"{path} {'!=' if operand else '=='} `null`"
    if operator == "numeric":
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return "(" + " && ".join(f"{path} {'==' if sign == '=' else sign} `{number}`" for sign, number in pairs) + ")"
    if operator == "anything-but":
        if isinstance(operand, dict):
            return f"({path} != `null` && !{_content(path, operand)})"
        values = operand if isinstance(operand, list) else [operand]
        return f"({path} != `null` && !any_in({path}, {_literal(values)}))"
    raise ValueError(operator)


def filled(pattern: Any, number: int) -> Any:
    """Return the pattern with each `${…}` replaced by a value of deployment `number`."""
    if isinstance(pattern, dict):
        return {name: filled(value, number) for name, value in pattern.items()}
    if isinstance(pattern, list):
        return [filled(value, number) for value in pattern]
    return PLACEHOLDER.sub(f"v{number}", pattern) if isinstance(pattern, str) else pattern


def event_for(pattern: dict[str, Any]) -> dict[str, Any]:
    """Return the smallest event that a pattern matches, as far as its first alternatives go."""
    event: dict[str, Any] = {}
    for name, wanted in pattern.items():
        if name == "$or":
            event |= event_for(wanted[0])
        elif isinstance(wanted, dict):
            event[name] = event_for(wanted)
        elif wanted:
            value = _sample(wanted[0])
            if value is not None:
                event[name] = value
    return event


def _sample(wanted: Any) -> Any:
    if not isinstance(wanted, dict):
        return wanted
    ((operator, operand),) = wanted.items()
    if isinstance(operand, dict):
        return "something else" if operator == "anything-but" else operand["equals-ignore-case"]
    if operator == "numeric":
        return operand[1] + {">": 1, "<": -1}.get(operand[0], 0)
    if operator == "exists":
        return "present" if operand else None
    if operator == "anything-but":
        return "something else"
    if operator == "cidr":
        return operand.partition("/")[0]
    return operand.replace("*", "")
