"""Demo secrets: an environment in which a configuration can run on this machine, made up for one run."""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from router.language.documents import Configuration, SecretRef
from router.language.reader import read_configuration
from router.syntax.snapshot import Snapshot

__all__ = ["demo_environment", "made_up_secrets"]

_LOCAL_DEFAULT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):-https?://(?:127\.0\.0\.1|localhost)(?::\d+)?(/[^}]*)?\}")


def demo_environment(snapshot: Snapshot, receiver: str) -> dict[str, str]:
    """Return this process's environment with every secret variable set and every `${NAME:-http://127.0.0.1…/path}` turned to the receiver."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROUTER_")}
    environment["PYTHONUNBUFFERED"] = "1"
    for document in snapshot.documents:
        for name, path in _LOCAL_DEFAULT.findall(snapshot.read(document).decode("utf-8", "replace")):
            environment[name] = receiver + (path or "/")
    return environment | made_up_secrets(snapshot)


def made_up_secrets(snapshot: Snapshot) -> dict[str, str]:
    """Return a value for every secret variable that the configuration refers to.

    All have the form of a Standard Webhooks key, which is as good as any for a bearer token or password.
    """
    configuration, _ = read_configuration(snapshot)
    names = sorted(set(_secret_variables(configuration)))
    return {name: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for name in names}


def _secret_variables(configuration: Configuration) -> Iterator[str]:
    for definition in (*configuration.sources.values(), *configuration.endpoints.values()):
        yield from _variables_in(definition)


def _variables_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretRef):
        if value.env is not None:
            yield value.env
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _variables_in(getattr(value, field))
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _variables_in(member)
    elif isinstance(value, tuple | list):
        for member in value:
            yield from _variables_in(member)
