"""The language's own JSON Schema, as shipped and as used.

The file `config.schema.json` is for editors too, which see documents before `${NAME}` is substituted; so it lets such text stand where a
duration or a number belongs. After substitution nothing of the kind may be left: `strict` takes those allowances out.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import orjson

__all__ = ["config_schema", "strict_config_schema"]

_ALLOWANCE = r"\$\{[A-Za-z_]"


@cache
def config_schema() -> dict[str, Any]:
    """Return `schemas/config/v1/config.schema.json`, from inside the package."""
    content: dict[str, Any] = orjson.loads(resources.files(__package__).joinpath("config.schema.json").read_bytes())
    return content


@cache
def strict_config_schema() -> dict[str, Any]:
    """Return the schema that documents must satisfy after substitution."""
    content: dict[str, Any] = _strict(config_schema())
    return content


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _strict(value) for key, value in schema.items()}
    pattern = schema.get("pattern")
    if pattern == f"^{_ALLOWANCE}":
        del result["pattern"]
        result["type"] = [name for name in schema["type"] if name != "string"]
    elif isinstance(pattern, str):
        result["pattern"] = pattern.removesuffix(f"|{_ALLOWANCE}")
    return result
