"""JSON one level at a time, exactly.

A container is taken apart into the bytes of its children, which are looked at only where they differ from what was
there before. msgspec does the cutting; what it does not see is checked here: duplicate keys (a compact object has one
possible length; any other is walked), invalid UTF-8, numbers that a float does not hold. Whatever it cannot read at
all, lone surrogates for one, goes through the strict reader of `engine.model.values`, which also words the error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from engine.errors import InvalidValue
from engine.model import values

OBJECT = 0x7B
ARRAY = 0x5B
STRING = 0x22

_read_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_raw = msgspec.json.Decoder(msgspec.Raw).decode
_read_any = msgspec.json.Decoder().decode
_read_string = msgspec.json.Decoder(str).decode
_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_SPACE = b" \t\r\n"
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)":', re.DOTALL)
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]{0,299})((?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,9})?)")
# What may be spelled in more than one way: escapes, white space, floats, and minus zero.
_ODD = re.compile(rb"[\\\s]|[0-9][.eE]|-0")
_CANON_BYTES = 32 << 20
Made = TypeVar("Made")
_BYTES_KEY = re.compile(r"\$+bytes")
# An object that may spell bytes; its key may be written with escapes. `{"$schema": …}` is none.
_MAYBE_BYTES = re.compile(rb'\{\s*"(?:\$+bytes"|[$bytes]*\\u00)')


class Cut:
    """An object, cut: its keys in order, the bytes of its values, and room for what is found out about them.

    `level` maps keys to values, which is for looking at some of them; `step` is that of a list element with identity
    fields `fields`; `vids` are the value ids. All of it is shared: nothing may be changed.
    """

    __slots__ = ("fields", "level", "raws", "step", "vids")

    def __init__(self, level: Mapping[str, Any], raws: list[bytes]) -> None:
        self.level = level
        self.raws = raws
        self.vids: list[int] | None = None
        self.fields: tuple[str, ...] | None = None
        self.step: bytes | None = None


def object_level(raw: bytes) -> dict[str, bytes]:
    """The members of a JSON object, in order: key → bytes of the value.

    Raises `InvalidValue` for duplicate keys and whatever else is no JSON object.
    """
    try:
        level = _read_object(raw)
        result = dict(zip(level, map(bytes, level.values()), strict=True))
    except _MALFORMED:
        return _strict_object(raw)
    length = 1 + 4 * len(result) + sum(map(len, result.values())) + len("".join(result).encode())
    if length == len(raw) or (not result and not raw[1:-1].strip(_SPACE)):
        return result
    if _compact(raw, result):
        return result
    return _respaced(raw)


def _compact(raw: bytes, level: dict[str, bytes]) -> bool:
    """Whether the text is these members and nothing else: walks the keys as they are written."""
    offset = 1
    for key, value in level.items():
        match = _KEY.match(raw, offset)
        if match is None or not raw.startswith(value, match.end()):
            return False
        spelled = match[1]
        if (_read_string(b'"' + spelled + b'"') if b"\\" in spelled else spelled.decode()) != key:
            return False
        offset = match.end() + len(value) + 1
    return offset == len(raw) and raw.count(b",", offset - 1) == 0


def _respaced(raw: bytes) -> dict[str, bytes]:
    """The level of an object that is written with white space, or whose keys repeat."""
    squeezed = squeeze(raw)
    if squeezed is not None and squeezed != raw:
        level = {key: bytes(value) for key, value in _read_object(squeezed).items()}
        if _compact(squeezed, level):
            return level
    return _strict_object(raw)


def _strict_object(raw: bytes) -> dict[str, bytes]:
    value = values.loads(raw)
    if type(value) is not dict:
        raise InvalidValue("a JSON object is needed here")
    return {key: dump(item) for key, item in value.items()}


def array_level(raw: bytes) -> list[bytes]:
    """The bytes of each element of a JSON array. Raises `InvalidValue`."""
    try:
        return list(map(bytes, _read_array(raw)))
    except _MALFORMED:
        value = values.loads(raw)
        if type(value) is not list:
            raise InvalidValue("a JSON array is needed here") from None
        return [dump(item) for item in value]


def is_value(raw: bytes) -> bool:
    """Whether these bytes are one JSON value, as far as msgspec sees (see above)."""
    try:
        _read_raw(raw)
    except _MALFORMED:
        return False
    return True


def plain(raw: bytes) -> Any:
    """The values that JSON spells, for a look at them: quick, and without the checks of the strict reader."""
    try:
        return _read_any(raw)
    except _MALFORMED:
        return values.loads(raw)


def squeeze(raw: bytes) -> bytes | None:
    """The same JSON without white space between tokens; None where msgspec cannot read it."""
    try:
        return msgspec.json.format(raw, indent=-1)
    except _MALFORMED:
        return None


def dump(value: object) -> bytes:
    """Compact JSON of plain values as `values.loads` gives them."""
    return _escape_surrogates(values.dump_plain(value))


def _escape_surrogates(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match.group()):04x}", text).encode()


def leaf(raw: bytes) -> Any:
    """The scalar that these bytes spell: ints of any size, floats bit for bit, strings exactly.

    Raises `InvalidValue`; the strict reader has the last word on everything unusual.
    """
    first = raw[0]
    if first == STRING:
        try:
            return _read_string(raw) if b"\\" in raw else raw[1:-1].decode()
        except _MALFORMED:
            return values.loads(raw)
    constant = _CONSTANTS.get(raw)
    if constant is not None:
        return constant[0]
    number = _NUMBER.fullmatch(raw)
    if number is None:
        return values.loads(raw)
    if not number.group(1):
        return int(raw)
    result = float(raw)
    return result if math.isfinite(result) else values.loads(raw)


def encoded_leaf(raw: bytes) -> bytes:
    """The canonical bytes of the scalar that these bytes spell. Raises `InvalidValue`."""
    if raw[0] == STRING and raw.isascii() and b"\\" not in raw:
        return b"s" + raw[1:-1]  # as `values.encode` says it, without the detour
    return values.encode(leaf(raw))


_CONSTANTS: dict[bytes, tuple[Any]] = {b"null": (None,), b"true": (True,), b"false": (False,)}


_SPELLED_ONCE = b"ntf{"


def same_leaf(a: bytes, b: bytes) -> bool:
    """Whether two leaves that are written differently are the same value (`1.0` and `1.00`, `"é"` and `"\\u00e9"`)."""
    if a[0] == STRING and b[0] == STRING:
        if b"\\" not in a and b"\\" not in b:
            return False
    elif (a.isdigit() and b.isdigit()) or a[0] in _SPELLED_ONCE or b[0] in _SPELLED_ONCE:
        return False  # two numbers without sign; null, true or false; bytes (`{"$bytes": …}`) beside a scalar
    return encoded_leaf(a) == encoded_leaf(b)


def cut(raw: bytes) -> Cut:
    """The keys of a JSON object and the bytes of its values; the literal form of `{"$$bytes": …}` (`values.from_json`)
    is taken back. Raises `InvalidValue`."""
    try:
        level: Mapping[str, Any] = _read_object(raw)
        raws = list(map(bytes, level.values()))
    except _MALFORMED:
        level, raws = {}, []
    if 1 + 4 * len(raws) + sum(map(len, raws)) + len("".join(level).encode()) != len(raw):
        level = object_level(raw)
        raws = list(level.values())
    if len(raws) == 1:
        (key,) = level
        if _BYTES_KEY.fullmatch(key) and len(key) > len("$bytes"):
            level = {key[1:]: raws[0]}
    return Cut(level, raws)


def spelled_bytes(raw: bytes) -> bytes | None:
    """The bytes that an object `{"$bytes": "base64"}` stands for; None for every other object."""
    if raw[1:2] == b'"' and raw[2:3] not in b"$\\":
        return None
    if not _MAYBE_BYTES.match(raw):
        return None
    found = values.from_json(values.loads(raw))
    return found if type(found) is bytes else None


def canonical(raw: bytes) -> bytes:
    """The one spelling of a piece of JSON (key order kept): equal exactly where the values are."""
    if raw[0] == STRING:
        odd = b"\\" in raw
    else:
        odd = _ODD.search(raw) is not None
    return dump(plain(raw)) if odd else raw


class Memory(Generic[Made]):
    """A function of pieces of JSON with a memory, bounded by their bytes: most of what is asked for has been asked for
    at the version before. Pieces larger than `largest` are not remembered."""

    def __init__(self, make: Callable[[bytes], Made], total: int, largest: int) -> None:
        self._make = make
        self._total = total
        self._largest = largest
        self._known: dict[bytes, Made] = {}
        self._size = 0

    def __call__(self, raw: bytes) -> Made:
        found = self._known.get(raw)
        if found is None:
            found = self._make(raw)
            if len(raw) <= self._largest:
                self._size += len(raw)
                if self._size > self._total:
                    self._known.clear()
                    self._size = len(raw)
                self._known[raw] = found
        return found


class Canon:
    """`canonical` with a memory for containers; scalars are sooner looked at."""

    def __init__(self) -> None:
        self._containers = Memory(canonical, _CANON_BYTES, _CANON_BYTES)

    def __call__(self, raw: bytes) -> bytes:
        return self._containers(raw) if raw[0] in b"{[" else canonical(raw)


def dump_members(members: Sequence[tuple[str, bytes]]) -> bytes:
    """The JSON of a map of these members, escaped where it would read as bytes."""
    if len(members) == 1 and _BYTES_KEY.fullmatch(members[0][0]):
        return dump(values.to_json({key: values.loads(raw) for key, raw in members}))
    return b"{" + b",".join([dump(key) + b":" + raw for key, raw in members]) + b"}"
