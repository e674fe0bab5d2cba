"""Decoding: only the parts of an event that filters look at, straight from JSON text.

Decoding a whole event costs several times what matching it does. Here `needs` of all filters become one type for msgspec, which then
skips everything else; the result is an ordinary dict with the rest left out, and the same code matches it.

The type accepts a value of any kind wherever it expects an object or array, so an event of another layout is no special case. What the
type cannot express is decoded in full instead: integers that need more than 64 bits (orjson makes them floats), values needed whole
that are nested deeper than `_LEVELS`, text nested deeper than Python recurses. Text that is not UTF-8 is found first, because skipped
strings are not decoded. Skipped text is still checked for syntax, with one exception, see `decoder_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, TypedDict, Union

import msgspec
import orjson

from router.filters.needs import Need, add_truth
from router.filters.parser import parse
from router.filters.shape import Shape

__all__ = ["Decode", "decode_whole", "decoder_of"]

Decode = Callable[[bytes], dict[str, Any]]
"""Takes JSON text; returns the event's document, or as much of it as counts. Raises ValueError for what is not JSON or no object."""

_MEMBERS_MAX: Final = 64
"""Names looked for in one object; more are sought one after another for each member of the event, and decoding it whole is as quick."""

_LEVELS: Final = 3
"""Levels of arrays and objects in a value that is needed whole."""

_SMALL_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


def decode_whole(body: bytes) -> dict[str, Any]:
    """Decode all of an event."""
    document = orjson.loads(body)
    if not isinstance(document, dict):
        raise ValueError(  # noqa: TRY004 - one error for what cannot be decoded
            f"an event is a JSON object, this is {type(document).__name__}"
        )
    return document


def decoder_of(shapes: Iterable[Shape]) -> Decode:
    """Return the quickest function that decodes what filters of some shapes, and routing by type, need of an event.

    It accepts and rejects what `decode_whole` does, with one exception: a number beyond the range of a double (1e999), which orjson
    refuses, goes unnoticed where nothing looks at it.
    """
    root = Need()
    root.member("type").whole = True
    for shape in shapes:
        add_truth(parse(shape.example), root)
    if root.whole or _widest(root) > _MEMBERS_MAX:
        return decode_whole
    read = msgspec.json.Decoder(_object(root)).decode

    def decode(body: bytes) -> dict[str, Any]:
        try:
            if not body.isascii():
                body.decode()
            document: dict[str, Any] = read(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return decode_whole(body)
        return document

    return decode


def _widest(need: Need) -> int:
    below = [*need.members.values(), *([need.items] if need.items is not None else [])]
    return 0 if need.whole else max([len(need.members), *map(_widest, below)])


def _type(need: Need) -> Any:
    """Return the type of a place: of any kind of value, with parts left out that are not needed."""
    if need.whole:
        return _anything(_LEVELS)
    items = Any if need.items is None else _type(need.items)
    return Union[_object(need), list[items], str, int, float, bool, None]  # type: ignore[valid-type]  # noqa: UP007 - made of values


def _object(need: Need) -> Any:
    return TypedDict("Part", {name: _type(member) for name, member in need.members.items()}, total=False)  # type: ignore[operator]


def _anything(levels: int) -> Any:
    if not levels:
        return Union[str, _SMALL_INTEGER, float, bool, None]  # noqa: UP007 - made of values
    below = _anything(levels - 1)
    return Union[str, _SMALL_INTEGER, float, bool, list[below], dict[str, below], None]  # type: ignore[valid-type]  # noqa: UP007 - made of values
