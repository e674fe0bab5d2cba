"""Event payloads: JSON Schemas compiled ahead, and what is wrong with a payload in plain English.

    schema (object or boolean) ─ compile_schema ─► PayloadSchema ─ is_valid / violations ─► verdict

The only room that opens `jsonschema_rs`. It reads schema files only through the `read` it is given, and never the network.
"""

from __future__ import annotations

from router.payloads.explain import Violation
from router.payloads.schema import PayloadSchema, SchemaError, compile_schema

__all__ = ["PayloadSchema", "SchemaError", "Violation", "compile_schema"]
