"""Strings of a few templates: what is constant once, the numbers and dates in it as columns of integers.

A date that follows the time of its transaction is stored as the difference from it. Strings of templates that are too
rare to be worth columns of their own stand as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.arrays import stable_order
from engine.storage.columns import integers, text
from engine.storage.columns.dates import CLUE, PATTERN, SPELLINGS, spelling_of
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

Spec = list[Any]
Encoded = tuple[Spec, list[bytes]]

_DIGITS = re.compile(rb"\d{1,18}")
_MARK = b"\0"
# A template of fewer strings, or of less than this share of all (as a power of two), is not worth its columns.
_FEWEST = 8
_RARE = 8

Slot = tuple[int, int]
"""What a slot of a template is: (-1, digits; 0 for as many as it needs), or (a spelling of dates, 0)."""


class _Taken(NamedTuple):
    """Strings that were taken apart: the shapes (what is constant, with a mark for each slot, and which kind each slot
    is), that of each string, where its numbers begin, and the numbers and their lengths of all strings on end.

    A number with leading zeros has a length above 0, any other number the same below 0, a date 0.
    """

    shapes: list[tuple[bytes, tuple[int, ...]]]
    shape: NDArray[np.int64]
    start: NDArray[np.int64]
    number: NDArray[np.int64]
    length: NDArray[np.int64]


class _Template(NamedTuple):
    """What is constant, the slots, the places of the strings, and their numbers, a column a slot."""

    literal: bytes
    slots: list[Slot]
    places: NDArray[np.int64]
    numbers: NDArray[np.int64]


def encode(strings: Sequence[bytes], effort: Effort, times: NDArray[np.int64] | None) -> Encoded | None:
    """Strings as spec and bodies; None where they do not come in few templates."""
    taken = _take_apart(strings)
    if taken is None:
        return None
    least = max(_FEWEST, len(strings) >> _RARE)
    found = list(_templates(taken, least))
    covered = sum(len(template.places) for template in found)
    if covered * 2 < len(strings) or not any(template.slots for template in found):
        return None
    which = np.full(len(strings), len(found), np.uint32)
    specs, bodies = [], []
    for number, template in enumerate(found):
        which[template.places] = number
        context = times[template.places] if times is not None else None
        slots = []
        for kind, numbers in zip(template.slots, template.numbers.T, strict=True):
            (spec, body), follows = _encode_slot(kind, numbers, context, effort)
            slots.append([*kind, follows, spec])
            bodies += body
        specs.append([template.literal, slots])
    chosen = integers.encode(which, effort)
    others = text.encode([strings[place] for place in np.flatnonzero(which == len(found)).tolist()], effort)
    return [len(strings), chosen[0], specs, others[0]], [*chosen[1], *bodies, *others[1]]


def _take_apart(strings: Sequence[bytes]) -> _Taken | None:
    """Strings taken apart; None where the mark stands in one."""
    joined = b"".join(strings)
    if _MARK in joined:
        return None
    end = text.end_mark(joined + _MARK)
    if end < 0 or CLUE.search(joined):
        return _take_each(strings)
    return _take_all(bytes((end,)).join([*strings, b""]), bytes((end,)))


def _take_all(joined: bytes, end: bytes) -> _Taken:
    """Strings without dates, each followed by a mark, taken apart all at once."""
    literals = _DIGITS.sub(_MARK, joined).split(end)[:-1]
    found = _DIGITS.findall(joined)
    number = np.array([*map(int, found)], np.int64)
    length = np.fromiter(map(len, found), np.int64, len(found))
    padded = (length > 1) & (number < 10 ** (length - 1))
    shapes: dict[bytes, int] = {}
    shape = np.array([shapes.setdefault(literal, len(shapes)) for literal in literals], np.int64)
    kinds = [(literal, (-1,) * literal.count(_MARK)) for literal in shapes]
    return _Taken(kinds, shape, _starts(kinds, shape), number, np.where(padded, length, -length))


def _take_each(strings: Sequence[bytes]) -> _Taken:
    """Strings taken apart one by one."""
    shapes: dict[tuple[bytes, tuple[int, ...]], int] = {}
    shape: list[int] = []
    numbers: list[int] = []
    lengths: list[int] = []
    for string in strings:
        kinds: list[int] = []
        literal = b""
        start = 0
        for found in PATTERN.finditer(string) if CLUE.search(string) else ():
            kind = spelling_of(found[0])
            ticks = SPELLINGS[kind].read(found[0])
            if ticks is None:
                continue
            literal += _take_digits(string[start : found.start()], kinds, numbers, lengths) + _MARK
            kinds.append(kind)
            numbers.append(ticks)
            lengths.append(0)
            start = found.end()
        literal += _take_digits(string[start:], kinds, numbers, lengths)
        shape.append(shapes.setdefault((literal, tuple(kinds)), len(shapes)))
    listed, which = list(shapes), np.array(shape, np.int64)
    return _Taken(listed, which, _starts(listed, which), np.array(numbers, np.int64), np.array(lengths, np.int64))


def _take_digits(string: bytes, kinds: list[int], numbers: list[int], lengths: list[int]) -> bytes:
    for found in _DIGITS.findall(string):
        kinds.append(-1)
        numbers.append(int(found))
        lengths.append(len(found) if found[:1] == b"0" and len(found) > 1 else -len(found))
    return _DIGITS.sub(_MARK, string)


def _starts(shapes: Sequence[tuple[bytes, tuple[int, ...]]], shape: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.array([len(kinds) for _, kinds in shapes], np.int64)[shape]
    return np.cumsum(counts) - counts


def _templates(taken: _Taken, least: int) -> Iterator[_Template]:
    """The templates that so many strings or more are of. A number with leading zeros stands in a slot of so many
    digits, and so do all numbers in that slot of that length."""
    order = np.argsort(taken.shape, kind="stable")
    bounds = np.cumsum(np.bincount(taken.shape, minlength=len(taken.shapes)))
    for which in np.flatnonzero(np.diff(bounds, prepend=0) >= least).tolist():
        literal, kinds = taken.shapes[which]
        places = order[bounds[which - 1] if which else 0 : bounds[which]]
        cells = taken.start[places][:, None] + np.arange(len(kinds))
        numbers, lengths = taken.number[cells], taken.length[cells]
        padded = (lengths > 0).any(axis=0)
        digits, alike = np.unique(np.abs(lengths) * padded, axis=0, return_inverse=True)
        for number, widths in enumerate(digits.tolist()):
            chosen = np.flatnonzero(alike.reshape(-1) == number)
            if len(chosen) >= least:
                yield _Template(literal, list(zip(kinds, widths, strict=True)), places[chosen], numbers[chosen])


def _encode_slot(
    kind: Slot, numbers: NDArray[np.int64], times: NDArray[np.int64] | None, effort: Effort
) -> tuple[Encoded, int]:
    """The numbers of a slot; 1 beside them where they are differences from the times."""
    alone = integers.encode(numbers, effort)
    if kind[0] < 0 or times is None or not SPELLINGS[kind[0]].per_second:
        return alone, 0
    following = integers.encode(numbers - _ticks(times, kind[0]), effort)
    return (following, 1) if integers.cost(following) < integers.cost(alone) else (alone, 0)


def _ticks(times: NDArray[np.int64], kind: int) -> NDArray[np.int64]:
    per_second = SPELLINGS[kind].per_second
    return times // (1_000_000 // per_second) if per_second <= 1_000_000 else times * (per_second // 1_000_000)


class Templates(Sequence[bytes]):
    """Strings of templates, each put together when somebody asks for it."""

    def __init__(self, reader: Reader, spec: Spec, times: NDArray[np.int64] | None) -> None:
        count, chosen, templates, others = spec
        self._which = integers.decode(reader, chosen, count)
        if not 0 <= int(self._which.min(initial=0)) <= int(self._which.max(initial=0)) <= len(templates):
            raise CorruptStore("the store is damaged: a string is of no template; restore it from a backup")
        order = stable_order(self._which)
        counts = np.bincount(self._which, minlength=len(templates) + 1)
        self._members = np.split(order, np.cumsum(counts)[:-1])
        self._place = np.empty(len(order), np.int64)
        self._place[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._shapes: list[tuple[bytes, list[_SlotColumn]]] = []
        for (literal, slots), places in zip(templates, self._members, strict=False):
            context = times[places] if times is not None else None
            if literal.count(_MARK) != len(slots):
                raise CorruptStore("the store is damaged: a template has other numbers than places; restore a backup")
            shape = b"%b".join(piece.replace(b"%", b"%%") for piece in literal.split(_MARK))
            self._shapes.append((shape, [_SlotColumn(reader, slot, context, len(places)) for slot in slots]))
        self._others = text.decode(reader, others)
        if len(self._others) != counts[-1]:
            raise CorruptStore("the store is damaged: strings are missing in a column; restore it from a backup")

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, index: Any) -> Any:
        which, place = self._which.item(index), self._place.item(index)
        if which == len(self._shapes):
            return self._others[place]
        shape, slots = self._shapes[which]
        return shape % tuple(slot.text(slice(place, place + 1))[0] for slot in slots)

    def all(self) -> list[bytes]:
        """All of them."""
        made: list[bytes] = [b""] * len(self)
        for (shape, slots), places in zip(self._shapes, self._members, strict=False):
            rows = zip(*[slot.text(slice(None)) for slot in slots], strict=True) if slots else [()] * len(places)
            for place, row in zip(places.tolist(), rows, strict=True):
                made[place] = shape % row
        for place, string in zip(self._members[-1].tolist(), self._others, strict=True):
            made[place] = string
        return made


class _SlotColumn:
    """The numbers of a slot, and how they are written."""

    def __init__(self, reader: Reader, slot: Spec, times: NDArray[np.int64] | None, count: int) -> None:
        self._kind, digits, follows, spec = slot
        numbers = integers.decode(reader, spec, count).astype(np.int64, copy=False)
        if len(numbers) != count:
            raise CorruptStore("the store is damaged: a column has too few numbers; restore it from a backup")
        if follows:
            if times is None:
                raise CorruptStore("the store is damaged: dates follow times that are not there; restore a backup")
            numbers = numbers + _ticks(times, self._kind)
        self._numbers = numbers
        self._shape = b"%%0%dd" % digits if digits else b"%d"

    def text(self, where: slice) -> list[bytes]:
        """Some of them as text."""
        if self._kind < 0:
            return [self._shape % number for number in self._numbers[where].tolist()]
        return SPELLINGS[self._kind].write(self._numbers[where])


def describe(spec: Spec) -> int:
    """The bytes of the bodies."""
    _, chosen, templates, others = spec
    slots = sum(integers.describe(slot[3])[1] for _, slots in templates for slot in slots)
    return integers.describe(chosen)[1] + slots + text.describe(others)[1]
