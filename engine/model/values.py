"""Leaf values, their canonical bytes, and exact JSON.

A leaf is null, bool, int of any size, float (finite, kept bit for bit), string, bytes, or a set of leaves (read as a
`LeafSet`, which tells 1 from 1.0 and true as Python's own sets do not); the empty map and the empty list are leaves
too where a state is taken apart. Canonical bytes are a tag and a body, and two leaves are equal exactly when their
canonical bytes are: 1, 1.0 and true are three values.

JSON in and out is strict: duplicate keys, NaN and infinities, and nesting or numbers beyond the limits are refused
with the position. Bytes are written `{"$bytes": "base64"}`; a literal map that would read as that is escaped with
one more `$`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Any

from engine.errors import InvalidValue
from engine.model.encoding import utf8

MAX_DEPTH = 256
MAX_DIGITS = 200_000

# Digits that one conversion may have however low the interpreter's limit is set (it can be no lower than 640).
_AT_ONCE = 600

_FLOAT = struct.Struct(">d")
_BYTES_KEY = re.compile(r"\$+bytes\Z")

NULL = b"n"
FALSE = b"f"
TRUE = b"t"
EMPTY_MAP = b"{"
EMPTY_LIST = b"["
SET = b"S"


class LeafSet(Set[Any]):
    """An immutable set of leaves, told apart by their canonical bytes and iterated in that order."""

    __slots__ = ("_raw",)

    def __init__(self, members: Iterable[Any] = ()) -> None:
        self._raw = tuple(sorted({encode(member) for member in members}))

    @classmethod
    def of(cls, canonical: bytes) -> LeafSet:
        """The set of canonical bytes."""
        made = cls()
        made._raw = tuple(split_set(canonical))
        return made

    def __contains__(self, member: object) -> bool:
        try:
            return encode(member) in self._raw
        except InvalidValue:
            return False

    def __iter__(self) -> Iterator[Any]:
        return map(decode, self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LeafSet | frozenset | set):
            return NotImplemented
        return encode(self) == encode(other)

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"LeafSet([{', '.join(map(repr, self))}])"


def encode(value: object) -> bytes:
    """The canonical bytes of a leaf.

    Raises `InvalidValue` for NaN, infinities and types that the model does not hold.
    """
    kind = type(value)
    if kind is str:
        return b"s" + utf8(value)  # type: ignore[arg-type]
    if kind is int:
        return b"i" + encode_int(value)  # type: ignore[arg-type]
    if kind is float:
        if not math.isfinite(value):  # type: ignore[arg-type]
            raise InvalidValue(f"{value} is not a value: only finite numbers are kept; use null or a string")
        return b"d" + _FLOAT.pack(value)
    if value is None:
        return NULL
    if kind is bool:
        return TRUE if value else FALSE
    if kind is bytes:
        return b"b" + value  # type: ignore[operator]
    if kind is LeafSet:
        return join_set(value._raw)  # type: ignore[attr-defined]
    if kind is frozenset or kind is set:
        return join_set(map(encode, value))  # type: ignore[call-overload]
    raise InvalidValue(f"a {kind.__name__} is not a value: use null, bool, int, float, string, bytes, list or map")


def encode_int(number: int) -> bytes:
    """Big-endian two's complement, as short as it goes."""
    return number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)


def decode(data: bytes) -> Any:
    """The leaf of canonical bytes; `{}` and `[]` for the empty containers."""
    tag = data[:1]
    if tag == b"s":
        return data[1:].decode("utf-8", "surrogatepass")
    if tag == b"i":
        return int.from_bytes(data[1:], "big", signed=True)
    if tag == b"d":
        return _FLOAT.unpack(data[1:])[0]
    if tag == b"b":
        return data[1:]
    if tag == b"S":
        return LeafSet.of(data)
    return _CONSTANTS[tag]()


_CONSTANTS: dict[bytes, Callable[[], Any]] = {
    NULL: lambda: None,
    TRUE: lambda: True,
    FALSE: lambda: False,
    EMPTY_MAP: dict,
    EMPTY_LIST: list,
}


def join_set(members: Iterable[bytes]) -> bytes:
    """The canonical bytes of a set of canonical bytes: in their order, each with a four-byte length."""
    return SET + b"".join(len(item).to_bytes(4, "big") + item for item in sorted(set(members)))


def split_set(data: bytes) -> list[bytes]:
    """The canonical bytes of each member of an encoded set, in canonical order."""
    items = []
    offset = 1
    while offset < len(data):
        length = int.from_bytes(data[offset : offset + 4], "big")
        items.append(data[offset + 4 : offset + 4 + length])
        offset += 4 + length
    return items


# --------------------------------------------------------------------------------------------------- JSON


def loads(source: str | bytes) -> Any:
    """Strict JSON to plain Python values: exact numbers and strings, key order kept.

    Raises `InvalidValue` with line and column for a syntax error, and for duplicate keys, NaN, infinities
    (`1e400` included), numbers of more than `MAX_DIGITS` digits and nesting deeper than `MAX_DEPTH`.
    """
    if isinstance(source, bytes | bytearray):
        try:
            source = bytes(source).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidValue(f"invalid UTF-8 at byte {error.start}") from None
    try:
        value = _DECODER.decode(source)
    except json.JSONDecodeError as error:
        raise InvalidValue(f"invalid JSON at line {error.lineno} column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise InvalidValue(f"JSON is nested deeper than {MAX_DEPTH} levels") from None
    check_depth(source)
    return value


def check_depth(source: str, levels: int = MAX_DEPTH) -> None:
    """Refuse JSON that is nested deeper than some levels; counts brackets, and looks closer only where there are many.

    Raises `InvalidValue`, which names the limit for a whole state.
    """
    if source.count("[") + source.count("{") <= levels:
        return
    depth = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', source):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > levels:
                raise InvalidValue(f"JSON is nested deeper than {MAX_DEPTH} levels")
        elif mark in "]}":
            depth -= 1


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidValue(f"duplicate key {json.dumps(key)} in a JSON object; keep one of them")
            seen.add(key)
    return result


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidValue(f"the number {digits[:40]} is too large for a float; write it as an integer or a string")
    return number


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InvalidValue(f"a number of {len(digits)} digits is over the limit of {MAX_DIGITS}")
    limit = sys.get_int_max_str_digits()
    if limit and len(digits) > limit:
        return _long_integer(digits)
    return int(digits)


def _long_integer(digits: str) -> int:
    """Decimal to int by halves, within the interpreter's own limit for one conversion."""
    sign, digits = (-1, digits[1:]) if digits[0] == "-" else (1, digits)

    def convert(part: str) -> int:
        if len(part) <= _AT_ONCE:
            return int(part)
        low = len(part) // 2
        return int(convert(part[:-low]) * 10**low + convert(part[-low:]))

    return sign * convert(digits)


def _refuse(name: str) -> float:
    raise InvalidValue(f"{name} is not a JSON value: only finite numbers are kept; use null or a string")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=_finite, parse_int=_integer, parse_constant=_refuse)


def dumps(value: object, *, indent: int | None = None) -> str:
    """JSON text of plain Python values (with sets and bytes as 5-api writes them), key order kept, one line
    unless `indent` is given. Lone surrogates are escaped, everything else is written as it is."""
    result = dump_plain(to_json(value), indent=indent)
    try:
        result.encode("utf-8")
    except UnicodeEncodeError:
        result = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match.group()):04x}", result)
    return result


def dump_plain(plain: object, *, indent: int | None = None) -> str:
    """`json.dumps` of what JSON can hold, as it is, with integers of any number of digits."""
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        return json.dumps(plain, ensure_ascii=False, separators=separators, indent=indent, allow_nan=False)
    except ValueError:
        return _dump_long(plain, indent, 1)


def _dump_long(plain: Any, indent: int | None, level: int) -> str:
    """The same where an integer may have more digits than the interpreter prints."""
    if type(plain) is int:
        return print_integer(plain)
    if not plain or not isinstance(plain, dict | list):
        return json.dumps(plain, ensure_ascii=False, allow_nan=False)
    if isinstance(plain, dict):
        colon = ":" if indent is None else ": "
        items = [f"{dump_plain(key)}{colon}{_dump_long(item, indent, level + 1)}" for key, item in plain.items()]
    else:
        items = [_dump_long(item, indent, level + 1) for item in plain]
    first, last = "{}" if isinstance(plain, dict) else "[]"
    if indent is None:
        return first + ",".join(items) + last
    line = "\n" + " " * (indent * level)
    return first + line + f",{line}".join(items) + line[: -indent or None] + last


def print_integer(number: int) -> str:
    """The decimal digits of an integer, by halves, within the interpreter's own limit for one conversion (which is the
    process's, and is left alone)."""

    def convert(part: int, width: int) -> str:
        if width <= _AT_ONCE:
            return str(part).zfill(width)
        low = width // 2
        above, below = divmod(part, 10**low)
        return convert(above, width - low) + convert(below, low)

    width = abs(number).bit_length() * 30103 // 100_000 + 1  # 0.30103 is a little more than the logarithm of two
    return ("-" if number < 0 else "") + (convert(abs(number), width).lstrip("0") or "0")


def to_json(value: Any) -> Any:
    """Plain Python values to what JSON can hold: sets as lists in canonical order, bytes as `{"$bytes": …}`."""
    kind = type(value)
    if kind is dict:
        result = {key: to_json(item) for key, item in value.items()}
        return _escape(result) if len(result) == 1 else result
    if kind is list or kind is tuple:
        return [to_json(item) for item in value]
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, LeafSet | frozenset | set):
        return [to_json(member) for member in LeafSet(value)]
    return value


def _escape(single: dict[str, Any]) -> dict[str, Any]:
    ((key, item),) = single.items()
    if type(key) is str and _BYTES_KEY.match(key) and (len(key) > 6 or _from_base64(item) is not None):
        return {"$" + key: item}
    return single


def escaped(value: Any) -> Any:
    """Python values as `from_json` gives them back: a literal map that would read as bytes gets one more `$`."""
    if isinstance(value, dict):
        result = {key: escaped(item) for key, item in value.items()}
        return _escape(result) if len(result) == 1 else result
    return [escaped(item) for item in value] if isinstance(value, list | tuple) else value


def from_json(value: Any) -> Any:
    """The inverse of `to_json` for maps, lists and bytes: `{"$bytes": "…"}` becomes bytes, an escaped literal
    loses one `$`. Values that are neither are returned as they are."""
    try:
        return _from_json(value)
    except RecursionError:
        raise InvalidValue(f"the value is nested deeper than {MAX_DEPTH} levels") from None


def _from_json(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        if len(value) == 1:
            ((key, item),) = value.items()
            if type(key) is str and _BYTES_KEY.match(key):
                if len(key) > 6:
                    return {key[1:]: _from_json(item)}
                raw = _from_base64(item)
                if raw is not None:
                    return raw
        return {key: _from_json(item) for key, item in value.items()}
    if kind is list:
        return [_from_json(item) for item in value]
    return value


def _from_base64(item: object) -> bytes | None:
    if type(item) is not str:
        return None
    try:
        raw = base64.b64decode(item, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode("ascii") == item else None
