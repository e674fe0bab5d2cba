"""Client: a running router as the commands see it, over HTTP.

Faults of the connection become one line for the user (CannotRunError); answers are returned whatever their status.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from router.cli.exits import CannotRunError
from router.cli.options import DEFAULT_URL

__all__ = ["Client", "problem_text", "token_from", "value_of"]

_TIMEOUT_S = 30


class Client:
    """One router at one base URL; use as a context manager."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CannotRunError(f"`{url}` is no URL of a router; write for example {DEFAULT_URL}")
        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        # The machine's proxy settings are for the outside; a router is named directly.
        self._http = httpx.Client(timeout=_TIMEOUT_S, headers=headers, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post_event(self, body: bytes) -> httpx.Response:
        """Send one CloudEvent in structured mode."""
        path = "" if urlsplit(self.url).path else "/events"
        return self._ask("POST", path, content=body, headers={"content-type": "application/cloudevents+json"})

    def get(self, path: str, **parameters: str | int) -> Any:
        """Return the JSON that a path of the operators' API answers; raises CannotRunError for everything but 200."""
        return value_of(self.answer(path, **parameters))

    def answer(self, path: str, **parameters: str | int) -> httpx.Response:
        """Return what a path of the operators' API answers, whatever the status."""
        return self._ask("GET", path, params=parameters)

    def post(self, path: str) -> httpx.Response:
        """POST without a body."""
        return self._ask("POST", path)

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._http.request(method, self.url + path, **options)
        except httpx.ConnectError as error:
            raise CannotRunError(f"cannot reach {self.url}: {error}; is `router run` running there?") from None
        except httpx.TimeoutException:
            raise CannotRunError(f"{self.url} did not answer within {_TIMEOUT_S} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CannotRunError(f"{self.url}: {error or type(error).__name__}") from None


def token_from(file: str | None) -> str | None:
    """Return the admin token from the file, else from ROUTER_ADMIN_TOKEN, else None."""
    if file is None:
        return os.environ.get("ROUTER_ADMIN_TOKEN") or None
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise CannotRunError(f"cannot read the admin token from {file}: {reason}") from None
    if not token:
        raise CannotRunError(f"the admin token file {file} is empty")
    return token


def problem_text(answer: httpx.Response) -> str:
    """Return what an answer says went wrong: title and detail of a problem document (RFC 9457), else the status."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return f"{answer.status_code} {answer.reason_phrase}".strip()
    detail = problem.get("detail") or problem.get("title") or answer.reason_phrase
    return f"{answer.status_code} {detail}"


def value_of(answer: httpx.Response) -> Any:
    """Return the JSON of a successful answer; raises CannotRunError for any other."""
    if not answer.is_success:
        hint = ""
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            hint = "; give its admin token by ROUTER_ADMIN_TOKEN or --admin-token-file"
        raise CannotRunError(f"{answer.request.url}: {problem_text(answer)}{hint}")
    try:
        return answer.json()
    except ValueError:
        raise CannotRunError(f"{answer.request.url} did not answer JSON; is it a router?") from None
