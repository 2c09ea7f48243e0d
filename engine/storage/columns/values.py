"""Values, by their canonical bytes, as columns.

In a quick block they stand one after the other. In a cold one they are taken apart by *group* (the field that a value
was first met in) and type, so that what is alike stands together: integers, decimals, dates, checksums each in the
encoder that suits them. What no encoder suits is one text for all groups, group after group. A column of codes says for
each value which part it is in.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model import values as model
from engine.storage.arrays import stable_order
from engine.storage.columns import integers, strings
from engine.storage.columns.choices import Choice
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader, readable

JOINED, INTEGERS, DECIMALS, STRINGS, FLOATS, LONG = range(6)

_FEW = 16
_LONG = 1 << 16
_RESTORE = "restore it from a backup"
_DIGITS = 15
_EXACT = 1 << 53
_FLOAT = struct.Struct(">d")
_Part = tuple[list[Any], list[bytes]]


def encode(values: Sequence[bytes], groups: NDArray[Any] | None, effort: Effort) -> _Part:
    """Values as head and bodies; `groups` has a number for each, which a quick block does without."""
    if groups is None or effort == Effort.QUICK:
        spec, quick = strings.encode_text(values, effort)
        return [spec], quick
    tags = np.frombuffer(b"".join([value[:1] for value in values]), np.uint8)
    kinds, codes = integers.by_first(groups.astype(np.int64) << 8 | tags)
    written = integers.encode(codes.astype(np.uint32), effort)
    order = np.argsort(codes, kind="stable")
    bounds = np.cumsum(np.bincount(codes, minlength=len(kinds))).tolist()
    specs: list[list[Any]] = []
    bodies: list[bytes] = list(written[1])
    joined: list[tuple[int, int, list[bytes]]] = []
    for number, kind in enumerate(kinds.tolist()):
        places = order[bounds[number - 1] if number else 0 : bounds[number]].tolist()
        tag, contents = kind & 255, [values[place][1:] for place in places]
        best = _best(tag, contents, effort)
        if best is None:
            joined.append((kind >> 8, number, contents))
            specs.append([tag, JOINED])
        else:
            specs.append([tag, *best[0]])
            bodies += best[1]
    joined.sort(key=lambda each: each[:2])  # what was split by type alone stands together again
    text = strings.encode_text([content for *_, contents in joined for content in contents], effort)
    turn = [number for _, number, _ in joined]
    return [written[0], specs, turn, text[0]], [*bodies, *text[1]]


def _best(tag: int, contents: list[bytes], effort: Effort) -> _Part | None:
    """A part in the encoder that suits it, or None where it had better stand in the common text."""
    if tag == ord("s"):
        long = sum(map(len, contents)) > _LONG
        if len(contents) < _FEW and not long:
            return None
        found = strings.encode(contents, effort)
        if found[0][0] != strings.TEXT:
            return [STRINGS, *found[0]], found[1]
        # Long texts by themselves, so that whoever reads a short one need not decode them.
        return ([LONG, *found[0]], found[1]) if long else None
    if tag == ord("i") and all(len(content) <= 8 for content in contents):
        numbers = np.array([int.from_bytes(content, "big", signed=True) for content in contents], np.int64)
        spec, bodies = integers.encode(numbers, effort)
        return [INTEGERS, spec], bodies
    if tag == ord("d"):
        return _encode_floats(contents, effort)
    return None


def _encode_floats(contents: list[bytes], effort: Effort) -> _Part:
    """Doubles as decimals where all of them are short ones, else as they are."""
    numbers = np.frombuffer(b"".join(contents), ">f8").astype(np.float64)
    best: _Part | None = None
    for digits in range(_DIGITS + 1):
        scaled = numbers * 10.0**digits
        if not np.abs(scaled).max() < _EXACT:
            break
        mantissas = np.rint(scaled).astype(np.int64)  # compared as integers, which have no -0
        if _same(mantissas / 10.0**digits, numbers):
            spec, bodies = integers.encode(mantissas, effort)
            best = [DECIMALS, digits, spec], bodies
            break
    spec, bodies = integers.encode(numbers.view(np.int64), effort)
    raw: _Part = [FLOATS, spec], bodies
    return raw if best is None or sum(map(len, bodies)) < sum(map(len, best[1])) else best


def _same(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool((a.view(np.int64) == b.view(np.int64)).all())


_COUNTED = 32  # values of a block, until the places of all are worked out


class Opened:
    """Values of a block that is open: a part is decoded when one of its values is asked for."""

    def __init__(self, head: list[Any], reader: Reader, count: int) -> None:
        """Takes the bodies from the reader. Raises `CorruptStore` where there are not so many values."""
        with readable("a block of values"):
            if len(head) == 1:
                self._codes: NDArray[Any] = np.zeros(count, np.uint8)
                whole = strings.decode(reader, head[0], most=count)
                self._parts: list[Sequence[bytes] | None] = [whole]
                if len(whole) != count:
                    raise CorruptStore(f"the store is damaged: a block of values does not hold {count}; {_RESTORE}")
                self._place: NDArray[np.int64] | None = np.arange(count)
                self._starts: NDArray[np.int64] = np.zeros(1, np.int64)
            else:
                self._open(reader, head, count)

    def _open(self, reader: Reader, head: list[Any], count: int) -> None:
        written, specs, self._turn, self._text = head
        self._codes = integers.decode(reader, written, count)
        told = 0 <= int(self._codes.min(initial=0)) <= int(self._codes.max(initial=0)) < max(len(specs), 1)
        if len(self._codes) != count or not told:
            raise CorruptStore(f"the store is damaged: a block of values does not hold {count}; {_RESTORE}")
        self._sizes = np.bincount(self._codes, minlength=len(specs))
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._place, self._asked = None, 0
        self._specs: list[Any] = specs
        sizes = [_size(spec) for spec in specs]
        self._pieces = [reader.take(size) for size in sizes]
        self._joined = reader.take(strings.describe(self._text)[1])
        self._parts = [None] * len(specs)

    def __len__(self) -> int:
        return len(self._codes)

    def get(self, place: int) -> bytes:
        """The canonical bytes of one value."""
        code = self._codes.item(place)
        part = self._parts[code]
        found: bytes = (self._decode(code) if part is None else part)[self._rank(place, code)]
        return found

    def _rank(self, place: int, code: int) -> int:
        """How many values before one are in the same part: counted, until many were asked for."""
        if self._place is None:
            self._asked += 1
            if self._asked <= _COUNTED:
                return int(np.count_nonzero(self._codes[:place] == code))
        return int(self._places().item(place))

    def _places(self) -> NDArray[np.int64]:
        """The place of each value in its part."""
        if self._place is None:
            order = stable_order(self._codes)
            found = np.empty(len(order), np.int64)
            found[order] = np.arange(len(order)) - np.repeat(self._starts, self._sizes)
            self._place = found
        return self._place

    def all(self) -> list[bytes]:
        """Those of all."""
        contents: list[bytes] = []
        for code in range(len(self._parts)):
            part = self._parts[code]
            found = self._decode(code) if part is None else part
            contents += found.all() if isinstance(found, _Tagged | _Numbers) else found
        return [contents[place] for place in (self._starts[self._codes] + self._places()).tolist()]

    def _decode(self, code: int) -> Sequence[bytes]:
        with readable("a block of values"):
            if self._specs[code][1] == JOINED:
                self._split()
            else:
                reader = Reader(memoryview(self._pieces[code]))
                self._parts[code] = _decode_part(reader, int(self._sizes[code]), *self._specs[code])
        part = self._parts[code]
        if part is None or len(part) != self._sizes[code]:
            raise CorruptStore(f"the store is damaged: values are missing in a block; {_RESTORE}")
        return part

    def _split(self) -> None:
        """The parts that share a text."""
        contents = strings.decode_lazily(Reader(memoryview(self._joined)), self._text, most=len(self))
        start = 0
        for number in self._turn:
            tag, stop = bytes((self._specs[number][0],)), start + int(self._sizes[number])
            self._parts[number] = _Tagged(tag, contents, range(len(contents))[start:stop])
            start = stop


class _Tagged(Sequence[bytes]):
    """Some strings with a tag in front, put together when somebody asks for one."""

    def __init__(self, tag: bytes, contents: Sequence[bytes], places: range) -> None:
        self._tag, self._contents, self._places = tag, contents, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> Any:
        return self._tag + self._contents[self._places[index]]

    def all(self) -> list[bytes]:
        """All of them."""
        return [
            self._tag + content for content in strings.all_of(self._contents)[self._places.start : self._places.stop]
        ]


class _Numbers(Sequence[bytes]):
    """Integers or doubles, whose canonical bytes are made when somebody asks for one."""

    def __init__(self, numbers: NDArray[Any]) -> None:
        self._numbers = numbers
        self._write = _double if numbers.dtype.kind == "f" else _integer

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        return self._write(self._numbers.item(index))

    def all(self) -> list[bytes]:
        """All of them."""
        return list(map(self._write, self._numbers.tolist()))


def _integer(number: int) -> bytes:
    return b"i" + model.encode_int(number)


def _double(number: float) -> bytes:
    return b"d" + _FLOAT.pack(number)


def _size(spec: list[Any]) -> int:
    """The bytes that the bodies of a part take."""
    _, encoder, *rest = spec
    if encoder == JOINED:
        return 0
    return strings.describe(rest)[1] if encoder in (STRINGS, LONG) else integers.describe(rest[-1])[1]


def _decode_part(reader: Reader, count: int, tag: int, encoder: int, *rest: Any) -> Sequence[bytes]:
    if encoder in (STRINGS, LONG):
        contents = strings.decode_lazily(reader, list(rest), most=count)
        return _Tagged(bytes((tag,)), contents, range(len(contents)))
    if encoder == INTEGERS:
        return _Numbers(integers.decode(reader, rest[0], count))
    if encoder == DECIMALS:
        return _Numbers(integers.decode(reader, rest[1], count) / 10.0 ** rest[0])
    return _Numbers(integers.decode(reader, rest[0], count).view(np.float64))


def describe(head: list[Any]) -> list[Choice]:
    """How the parts of a head are stored, and what each costs."""
    if len(head) == 1:
        return [Choice("strings", *strings.describe(head[0]))]
    written, specs, _, text = head
    found = [Choice("codes", *integers.describe(written))]
    for _, encoder, *rest in specs:
        if encoder in (STRINGS, LONG):
            found.append(Choice("strings", *strings.describe(rest)))
        elif encoder != JOINED:
            words, size = integers.describe(rest[-1])
            found.append(Choice("numbers", f"decimal, {words}" if encoder == DECIMALS else words, size))
    return [*found, Choice("strings", *strings.describe(text))]
