"""Headers: which a transform may set, and what a rendered value must look like.

Names are checked while compiling, values while rendering: a value comes from an event, and a line break in it would forge a header.
"""

from __future__ import annotations

import re

from router.transforms.limits import HEADER_CHARS_MAX
from router.transforms.problem import Fault

__all__ = ["content_type_problem", "field_value", "is_json", "name_problem"]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110, 5.5: visible ASCII, space, tab, obs-text

_OURS = {
    "authorization": "credentials belong to the endpoint: `auth`",
    "content-encoding": "the body is sent as it is rendered",
    "content-length": "the sender counts the bytes",
    "content-type": "write `content_type:` beside `payload:`",
    "host": "the host comes from the endpoint's URL",
    "user-agent": "the sender names itself",
}
_HOP_BY_HOP = frozenset(
    {"accept-encoding", "connection", "expect", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)  # fmt: skip
"""RFC 9110, 7.6.1 and 10.1: they concern the connection, which is not the transform's."""

_MEDIA_TYPE = re.compile(
    r"[!#$&^_.+0-9A-Za-z-]+/[!#$&^_.+0-9A-Za-z-]+(?:[ \t]*;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|\"[\x20\x21\x23-\x5b\x5d-\x7e]*\"))*"
)  # RFC 9110, 8.3.1
_CHARSET = re.compile(r";[ \t]*charset=\"?([^\s;\"]*)", re.IGNORECASE)


def name_problem(name: str) -> tuple[str, str] | None:
    """Return message and help for a header that a transform cannot set, or None."""
    lower = name.lower()
    if _TOKEN.fullmatch(name) is None:
        return f"`{name}` is no name for a header", "use letters, digits and hyphens"
    if lower in _OURS:
        return f"a transform cannot set the header `{name}`", _OURS[lower]
    if lower in _HOP_BY_HOP:
        return f"a transform cannot set the header `{name}`", "it concerns the connection, not the message"
    if lower.startswith("webhook-"):
        return f"a transform cannot set the header `{name}`", "identity and signature belong to the endpoint: `signing`"
    return None


def field_value(text: str) -> str:
    """Return a rendered value as it is sent, without white space around it. Fault when no header can hold it."""
    value = text.strip(" \t")
    if len(value) > HEADER_CHARS_MAX:
        raise Fault(f"a header of more than {HEADER_CHARS_MAX:,} characters is refused by most servers")
    if _VALUE.fullmatch(value) is not None:
        return value
    if any(letter in value for letter in "\r\n\0"):
        raise Fault("a header cannot hold a line break or NUL: use `| replace('\\n', ' ')` or `| urlencode`")
    raise Fault("a header holds Latin-1 text without control characters: use `| urlencode`")


def is_json(content_type: str) -> bool:
    """Say whether a media type is JSON (RFC 8259) or based on it (RFC 6839, `+json`)."""
    essence = content_type.split(";", 1)[0].strip().lower()
    return essence.endswith(("/json", "+json"))


def content_type_problem(content_type: str) -> tuple[str, str] | None:
    """Return message and help for a content type that is none or that bodies here do not have, or None."""
    if _MEDIA_TYPE.fullmatch(content_type) is None:
        return (
            f"`{content_type}` is no media type",
            "write, for example, `application/json` or `text/plain; charset=utf-8`",
        )
    charset = _CHARSET.search(content_type)
    if charset is not None and charset[1].lower() not in ("utf-8", "utf8"):
        return f"bodies are UTF-8, not {charset[1]}", "write `charset=utf-8`, or leave it out"
    return None
