"""Filters that make text, numbers and dates. Pure functions of JSON values: no clock, no locale, no chance.

Each takes the budget first and the value second, and spends the length of what it reads or makes before it makes it. A filter for text
takes any value that has a text (see `router.transforms.budget.plain`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from router.transforms.budget import Budget, encode
from router.transforms.limits import INTEGER_MAX, INTEGER_MIN
from router.transforms.operators import number, piece
from router.transforms.problem import Fault, kind_of

__all__ = [
    "absolute",
    "base64_decode",
    "base64_encode",
    "capitalize",
    "escape",
    "fixed",
    "isodate",
    "lower",
    "remove_prefix",
    "remove_suffix",
    "replace",
    "rounded",
    "sha256",
    "split",
    "string",
    "title",
    "to_float",
    "to_int",
    "to_json",
    "trim",
    "truncate",
    "upper",
    "url_encode",
]

_UNSET: Any = object()
_DIGITS_MAX = 15  # a double has 15 to 17 significant decimal digits
_NUMBER_CHARS_MAX = 400


def lower(budget: Budget, value: Any) -> str:
    """Return the text in lower case."""
    return piece(budget, value).lower()


def upper(budget: Budget, value: Any) -> str:
    """Return the text in upper case."""
    return piece(budget, value).upper()


def capitalize(budget: Budget, value: Any) -> str:
    """Return the text with its first letter in upper case and all others in lower case."""
    return piece(budget, value).capitalize()


_WORD_START = re.compile(r"([-\s({\[<]+)", re.UNICODE)


def title(budget: Budget, value: Any) -> str:
    """Return the text with every word capitalised; words end at white space, hyphens and opening brackets, as in Jinja."""
    parts = _WORD_START.split(piece(budget, value))
    return "".join(part[0].upper() + part[1:].lower() for part in parts if part)


def trim(budget: Budget, value: Any, chars: str | None = None) -> str:
    """Return the text without white space, or the characters given, at both ends."""
    return piece(budget, value).strip(None if chars is None else _text_argument("chars", chars))


def remove_prefix(budget: Budget, value: Any, prefix: str) -> str:
    """Return the text without a prefix, if it has it."""
    return piece(budget, value).removeprefix(_text_argument("prefix", prefix))


def remove_suffix(budget: Budget, value: Any, suffix: str) -> str:
    """Return the text without a suffix, if it has it."""
    return piece(budget, value).removesuffix(_text_argument("suffix", suffix))


def replace(budget: Budget, value: Any, old: str, new: str, count: int | None = None) -> str:
    """Return the text with `old` replaced by `new`, everywhere or the first `count` times."""
    text, old, new = piece(budget, value), _text_argument("old", old), _text_argument("new", new)
    times = text.count(old)
    if count is not None:
        times = min(times, max(0, _int_argument("count", count)))
    budget.spend_text(len(text) + times * max(0, len(new) - len(old)))
    return text.replace(old, new, times)


def split(budget: Budget, value: Any, separator: str | None = None, limit: int = -1) -> list[str]:
    """Return the parts of the text between separators, or between runs of white space."""
    text = piece(budget, value)
    if separator is not None and not _text_argument("separator", separator):
        raise Fault("`split` needs a separator that is not empty")
    budget.spend(1 + (text.count(separator) if separator is not None else len(text) // 2))
    return text.split(separator, _int_argument("limit", limit))


def truncate(budget: Budget, value: Any, length: int = 255, killwords: bool = False, end: str = "...") -> str:
    """Return the text cut to at most `length` characters, `end` included.

    The cut is at the last space unless `killwords`. Unlike Jinja's there is no leeway: receivers' limits have none.
    """
    text, end = piece(budget, value), _text_argument("end", end)
    length = _int_argument("length", length)
    if length < len(end):
        raise Fault(f"`truncate` to {length} characters leaves no room for its end of {len(end)}")
    if len(text) <= length:
        return text
    head = text[: length - len(end)]
    if not killwords and " " in head:
        head = head.rsplit(" ", 1)[0]
    return head + end


def escape(budget: Budget, value: Any) -> str:
    """Return the text with `& < > " '` as HTML entities."""
    text = piece(budget, value)
    budget.spend_text(len(text) + 5 * sum(map(text.count, "&<>\"'")))
    return html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def url_encode(budget: Budget, value: Any) -> str:
    """Return the text percent-encoded for a URL path (`/` stays); an object or list of pairs as a query string."""
    if type(value) is dict or type(value) is list:
        pairs = value.items() if type(value) is dict else value
        if any(len(pair) != 2 if type(pair) is list else type(pair) is not tuple for pair in pairs):
            raise Fault("`urlencode` takes a text, an object, or a list of pairs")
        budget.spend(len(pairs))
        return "&".join(f"{_quoted(budget, name, '')}={_quoted(budget, part, '')}" for name, part in pairs)
    return _quoted(budget, value, "/")


def _quoted(budget: Budget, value: Any, safe: str) -> str:
    text = piece(budget, value)
    budget.spend_text(3 * len(text.encode("utf-8", "surrogatepass")))
    return quote(text, safe, errors="surrogatepass")


def string(budget: Budget, value: Any) -> str:
    """Return the text of a value: strings as they are, everything else as JSON."""
    return piece(budget, value)


def to_json(budget: Budget, value: Any) -> str:
    """Return the value as JSON, without spaces."""
    encoded = encode(value)
    budget.spend_text(len(encoded))
    return encoded.decode()


# -- digests and encodings


def sha256(budget: Budget, value: Any) -> str:
    """Return the SHA-256 of the text's UTF-8 as 64 hexadecimal digits."""
    return hashlib.sha256(_utf8(budget, value)).hexdigest()


def base64_encode(budget: Budget, value: Any) -> str:
    """Return the text's UTF-8 in Base64 (RFC 4648, section 4)."""
    return base64.b64encode(_utf8(budget, value)).decode()


def base64_decode(budget: Budget, value: Any) -> str:
    """Return the UTF-8 text that a Base64 text stands for; the URL-safe alphabet and missing padding are accepted."""
    text = piece(budget, value).translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Fault("is not the Base64 of a UTF-8 text") from error


def _utf8(budget: Budget, value: Any) -> bytes:
    try:
        return piece(budget, value).encode()
    except UnicodeEncodeError as error:
        raise Fault("is no Unicode text") from error


# -- numbers


def to_int(budget: Budget, value: Any, default: Any = _UNSET) -> Any:
    """Return the value as an integer, fractions cut off; `default` for what is no number, and a Fault without one."""
    found = _number(budget, value)
    if found is None:
        return _or_default("an integer", value, default)
    return number(int(found))


def to_float(budget: Budget, value: Any, default: Any = _UNSET) -> Any:
    """Return the value as a float; `default` for what is no number, and a Fault without one."""
    found = _number(budget, value)
    if found is None:
        return _or_default("a number", value, default)
    return number(float(found))


def _or_default(what: str, value: Any, default: Any) -> Any:
    if default is _UNSET:
        raise Fault(f"{kind_of(value)} that is not {what}; say what to use instead, for example with `default=0`")
    return default


def _number(budget: Budget, value: Any) -> int | float | None:
    kind = type(value)
    if kind is bool:
        return int(value)
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]
    if kind is not str or len(value) > _NUMBER_CHARS_MAX:
        return None
    budget.spend(1)
    text = value.strip()
    try:
        return int(text) if text.lstrip("+-").isdecimal() and text.isascii() else _finite(text)
    except ValueError:
        return None


_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


def _finite(text: str) -> float | None:
    if _DECIMAL.fullmatch(text) is None:
        return None
    found = float(text)
    return found if math.isfinite(found) else None


def _real(name: str, value: Any) -> int | float:
    if type(value) is not int and type(value) is not float:
        raise Fault(f"`{name}` needs a number, not {kind_of(value)}")
    return value


def rounded(budget: Budget, value: Any, precision: int = 0, method: str = "common") -> Any:
    """Return the number rounded to `precision` decimals; `method` is `common` (half to even, as in Jinja), `ceil` or `floor`."""
    found, digits = _real("round", value), _int_argument("precision", precision)
    if method not in ("common", "ceil", "floor") or abs(digits) > _DIGITS_MAX:
        raise Fault(f"`round` takes a precision up to {_DIGITS_MAX} and the method `common`, `ceil` or `floor`")
    if method == "common":
        return number(round(found, digits))
    scale = 10**digits if digits >= 0 else 1 / 10**-digits
    scaled = found * scale
    if not math.isfinite(scaled):
        return found
    return number((math.ceil(scaled) if method == "ceil" else math.floor(scaled)) / scale)


def fixed(budget: Budget, value: Any, digits: int = 2) -> str:
    """Return the number as text with exactly so many decimals, half away from zero: `10.5` as `10.50`."""
    found, places = _real("fixed", value), _int_argument("digits", digits)
    if not 0 <= places <= _DIGITS_MAX:
        raise Fault(f"`fixed` writes 0 to {_DIGITS_MAX} decimals")
    try:
        return f"{Decimal(repr(found)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    except InvalidOperation as error:
        raise Fault("the number is too large to be written with so many decimals") from error


def absolute(budget: Budget, value: Any) -> Any:
    """Return the number without its sign."""
    return number(abs(_real("abs", value)))


# -- dates

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MAX = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second RFC 3339 can write


def isodate(budget: Budget, value: Any) -> str:
    """Return seconds since 1970 as an RFC 3339 time in UTC; fractions are written as milliseconds."""
    seconds = _real("isodate", value)
    if not 0 <= seconds <= _SECONDS_MAX:
        raise Fault("`isodate` takes seconds since 1970, up to the year 9999 (milliseconds: divide by 1000)")
    milliseconds = round(seconds * 1000)
    time = _EPOCH + timedelta(milliseconds=milliseconds)
    return time.isoformat(timespec="milliseconds" if milliseconds % 1000 else "seconds").replace("+00:00", "Z")


# -- arguments


def _text_argument(name: str, value: Any) -> str:
    if type(value) is not str:
        raise Fault(f"the argument `{name}` must be a string, not {kind_of(value)}")
    return value


def _int_argument(name: str, value: Any) -> int:
    if type(value) is not int or not INTEGER_MIN <= value <= INTEGER_MAX:
        raise Fault(f"the argument `{name}` must be an integer, not {kind_of(value)}")
    return value
