"""Columns of byte strings.

Strategies: *text* (one after the other, each with an end mark, or their lengths beside them); *dictionary* (the
distinct
ones, and their numbers); *hex* (digits that are base 16 as half bytes: commit ids, checksums, UUIDs); *template* (what
is constant once, numbers and dates in it as columns of integers: time stamps, versions, generated messages). A date
that follows the time of its transaction is stored as the difference from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.columns import entropy, integers
from engine.storage.columns.dates import PATTERN, SPELLINGS, spelling_of
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

TEXT, DICTIONARY, HEX, TEMPLATE = range(4)
NAMES = ("text", "dictionary", "hex", "template")

Spec = list[Any]
Encoded = tuple[Spec, list[bytes]]

_ENDS = (0, 10, 30, 31, 255)
_FEW = 8
_DIGITS = re.compile(rb"\d{1,18}")
_HEX_DIGITS = np.zeros((2, 256), bool)
_HEX_DIGITS[0, list(b"0123456789abcdef")] = True
_HEX_DIGITS[1, list(b"0123456789ABCDEF")] = True
_MARK = b"\0"


def encode(strings: Sequence[bytes], effort: Effort, times: NDArray[np.int64] | None = None) -> Encoded:
    """Strings as spec and bodies; `times` are microseconds since the epoch that dates in them may follow."""
    if effort == Effort.QUICK:
        repeated = len(set(strings)) * 4 < len(strings)
        return _encode_dictionary(strings, effort) if repeated else encode_text(strings, effort)
    best = min(special(strings, effort, times), key=cost, default=None)
    if best is not None and cost(best) * 3 < len(entropy.zstd(b"\n".join(strings), 3)):
        return best
    plain = encode_text(strings, effort)
    return plain if best is None or cost(plain) <= cost(best) else best


def special(strings: Sequence[bytes], effort: Effort, times: NDArray[np.int64] | None = None) -> list[Encoded]:
    """The strings in every strategy but *text* that can hold them."""
    if len(strings) < _FEW:
        return []
    found = [_encode_hex(strings, effort), _encode_template(strings, effort, times)]
    if len(set(strings)) * 2 < len(strings):
        found.append(_encode_dictionary(strings, effort))
    return [each for each in found if each is not None]


def cost(encoded: Encoded) -> int:
    """Bytes that strings take: their bodies, and their spec, which is compressed with others."""
    return sum(map(len, encoded[1])) + len(msgspec.msgpack.encode(encoded[0])) * 2 // 3


# ----------------------------------------------------------------------------------------------- text


def encode_text(strings: Sequence[bytes], effort: Effort) -> Encoded:
    """Strings one after the other."""
    joined = b"".join(strings)
    present = np.bincount(np.frombuffer(joined, np.uint8), minlength=256) if effort else None
    end = next((mark for mark in _ENDS if present is not None and not present[mark]), -1)
    if end < 0:
        lengths = integers.encode(np.fromiter(map(len, strings), np.int64, len(strings)), effort)
        stage, body = entropy.squeeze(joined, 1, effort)
        return [TEXT, len(strings), end, lengths[0], len(joined), int(stage), len(body)], [*lengths[1], body]
    raw = bytes((end,)).join([*strings, b""])
    stage, body = entropy.squeeze(raw, 1, effort)
    return [TEXT, len(strings), end, [], len(raw), int(stage), len(body)], [body]


def _decode_text(reader: Reader, rest: Spec) -> list[bytes]:
    count, end, lengths, size, stage, length = rest
    if end >= 0:
        raw = entropy.expand(stage, reader.take(length), size, 1)
        strings = raw.split(bytes((end,)))
        strings.pop()
        return strings
    ends = np.cumsum(integers.decode(reader, lengths), dtype=np.int64).tolist()
    raw = entropy.expand(stage, reader.take(length), size, 1)
    if (ends[-1] if ends else 0) != size or len(ends) != count:
        raise CorruptStore("the store is damaged: strings have another length than they say; restore it from a backup")
    return [raw[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]


# ----------------------------------------------------------------------------------------- dictionary


def _encode_dictionary(strings: Sequence[bytes], effort: Effort) -> Encoded:
    places = {string: place for place, string in enumerate(dict.fromkeys(strings))}
    codes = integers.encode(np.fromiter(map(places.__getitem__, strings), np.uint32, len(strings)), effort)
    entries = encode(list(places), effort) if effort else encode_text(list(places), effort)
    return [DICTIONARY, len(strings), codes[0], entries[0]], [*codes[1], *entries[1]]


# ------------------------------------------------------------------------------------------------ hex


def _encode_hex(strings: Sequence[bytes], effort: Effort) -> Encoded | None:
    """Strings of one length whose every place is constant or a hexadecimal digit; others may stand between them."""
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    size = int(np.bincount(lengths).argmax()) if int(lengths.max()) < 1 << 16 else 0
    chosen = np.flatnonzero(lengths == size)
    if not 8 <= size <= 256 or len(chosen) * 10 < len(strings) * 9:
        return None
    cells = np.frombuffer(b"".join([strings[place] for place in chosen.tolist()]), np.uint8).reshape(-1, size)
    for upper, digits in enumerate(_HEX_DIGITS):
        is_digit = digits[cells]
        wanted = is_digit.mean(axis=0) > 0.9
        fits = is_digit[:, wanted].all(axis=1)
        if not wanted.sum() >= 8 or not fits.mean() > 0.9:
            continue
        literal = np.where(wanted, 0, cells[int(np.argmax(fits))])
        fits &= (cells[:, ~wanted] == literal[~wanted]).all(axis=1)
        if not fits.mean() > 0.9:
            continue
        return _pack_hex(strings, chosen[fits], cells[fits][:, wanted], (upper, wanted, literal), effort)
    return None


def _pack_hex(
    strings: Sequence[bytes],
    chosen: NDArray[Any],
    digits: NDArray[np.uint8],
    shape: tuple[int, NDArray[np.bool_], NDArray[np.uint8]],
    effort: Effort,
) -> Encoded:
    upper, wanted, literal = shape
    halves = np.where(digits >= 65, digits - (55 if upper else 87), digits - 48).reshape(-1)
    if len(halves) % 2:
        halves = np.append(halves, 0)
    raw = (halves[0::2] << 4 | halves[1::2]).astype(np.uint8).tobytes()
    stage, body = entropy.squeeze(raw, 1, effort)
    taken = np.zeros(len(strings), np.uint8)
    taken[chosen] = 1
    mask = integers.encode(taken, effort)
    others = encode_text([strings[place] for place in np.flatnonzero(taken == 0).tolist()], effort)
    template = bytes(np.where(wanted, 0, literal).astype(np.uint8))
    spec = [HEX, len(strings), upper, template, mask[0], others[0], len(raw), int(stage), len(body)]
    return spec, [*mask[1], *others[1], body]


def _decode_hex(reader: Reader, rest: Spec) -> list[bytes]:
    count, upper, template, mask, others, size, stage, length = rest
    taken = np.flatnonzero(integers.decode(reader, mask)).tolist()
    left = decode(reader, others)
    raw = np.frombuffer(entropy.expand(stage, reader.take(length), size, 1), np.uint8)
    halves = np.empty(2 * len(raw), np.uint8)
    halves[0::2], halves[1::2] = raw >> 4, raw & 15
    wanted = np.frombuffer(template, np.uint8) == 0
    digits = halves[: len(taken) * int(wanted.sum())].reshape(len(taken), -1)
    cells = np.empty((len(taken), len(template)), np.uint8)
    cells[:] = np.frombuffer(template, np.uint8)
    cells[:, wanted] = np.where(digits > 9, digits + (55 if upper else 87), digits + 48)
    packed, each = cells.tobytes(), len(template)
    made = [packed[start : start + each] for start in range(0, len(packed), each)]
    return _merged(count, taken, made, left)


def _merged(count: int, places: Sequence[int], made: Sequence[bytes], left: Sequence[bytes]) -> list[bytes]:
    """Strings at their places, and those that are left at the others, in order."""
    if len(places) + len(left) != count or len(places) != len(made):
        raise CorruptStore("the store is damaged: strings are missing in a column; restore it from a backup")
    if not left:
        return list(made)
    merged: list[bytes | None] = [None] * count
    for place, string in zip(places, made, strict=True):
        merged[place] = string
    rest = iter(left)
    return [string if string is not None else next(rest) for string in merged]


# ------------------------------------------------------------------------------------------- template

_Apart = tuple[bytes, list[int], list[int], list[int]]
Slot = tuple[int, int]
"""What a slot of a template is: (-1, digits; 0 for as many as it needs), or (a spelling of dates, 0)."""


def _encode_template(strings: Sequence[bytes], effort: Effort, times: NDArray[np.int64] | None) -> Encoded | None:
    taken = [_take_apart(string) for string in strings]
    if None in taken:
        return None
    groups = _templates(taken)  # type: ignore[arg-type]
    if len(groups) * 4 > len(strings) or not any(slots for _, slots, _ in groups):
        return None
    which = np.empty(len(strings), np.uint32)
    specs, bodies = [], []
    for number, (literal, kinds, places) in enumerate(groups):
        which[places] = number
        context = times[places] if times is not None else None
        slots = []
        for place, kind in enumerate(kinds):
            numbers = np.array([taken[string][2][place] for string in places], np.int64)  # type: ignore[index]
            (spec, body), follows = _encode_slot(kind, numbers, context, effort)
            slots.append([*kind, follows, spec])
            bodies += body
        specs.append([literal, slots])
    chosen = integers.encode(which, effort)
    return [TEMPLATE, len(strings), chosen[0], specs], [*chosen[1], *bodies]


def _take_apart(string: bytes) -> _Apart | None:
    """What is constant, with a mark for each slot; which kind each slot is, its number, its length."""
    if _MARK in string:
        return None
    kinds: list[int] = []
    numbers: list[int] = []
    lengths: list[int] = []
    literal = b""
    start = 0
    for found in PATTERN.finditer(string):
        kind = spelling_of(found[0])
        number = SPELLINGS[kind].read(found[0])
        if number is None:
            continue
        literal += _take_digits(string[start : found.start()], kinds, numbers, lengths) + _MARK
        kinds.append(kind)
        numbers.append(number)
        lengths.append(0)
        start = found.end()
    literal += _take_digits(string[start:], kinds, numbers, lengths)
    return literal, kinds, numbers, lengths


def _take_digits(text: bytes, kinds: list[int], numbers: list[int], lengths: list[int]) -> bytes:
    for found in _DIGITS.findall(text):
        kinds.append(-1)
        numbers.append(int(found))
        # A number without leading zeros says its length itself: 0.
        lengths.append(len(found) if found[:1] == b"0" and len(found) > 1 else -len(found))
    return _DIGITS.sub(_MARK, text)


def _templates(taken: Sequence[_Apart]) -> list[tuple[bytes, list[Slot], list[int]]]:
    """The templates that strings are of: what is constant, the slots, the places of the strings.

    A number with leading zeros stands in a slot of so many digits, and so do all numbers in that slot of that length.
    """
    alike: dict[tuple[bytes, tuple[int, ...]], list[int]] = {}
    for place, (literal, kinds, _, _) in enumerate(taken):
        alike.setdefault((literal, tuple(kinds)), []).append(place)
    found = []
    for (literal, slots), places in alike.items():
        lengths = [taken[place][3] for place in places]
        padded = [slot for slot in range(len(slots)) if any(each[slot] > 0 for each in lengths)]
        shapes: dict[tuple[int, ...], list[int]] = {}
        for place, each in zip(places, lengths, strict=True):
            shapes.setdefault(tuple(abs(each[slot]) for slot in padded), []).append(place)
        for shape, members in shapes.items():
            digits = dict(zip(padded, shape, strict=True))
            found.append((literal, [(kind, digits.get(slot, 0)) for slot, kind in enumerate(slots)], members))
    return found


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


class _Templates(Sequence[bytes]):
    """Strings of templates, each put together when somebody asks for it."""

    def __init__(self, reader: Reader, rest: Spec, times: NDArray[np.int64] | None) -> None:
        _, chosen, templates = rest
        self._which = integers.decode(reader, chosen)
        self._place = np.zeros(len(self._which), np.int64)
        self._shapes: list[tuple[bytes, list[_SlotColumn]]] = []
        for number, (literal, slots) in enumerate(templates):
            places = np.flatnonzero(self._which == number)
            self._place[places] = np.arange(len(places))
            context = times[places] if times is not None else None
            shape = b"%b".join(piece.replace(b"%", b"%%") for piece in literal.split(_MARK))
            self._shapes.append((shape, [_SlotColumn(reader, slot, context, len(places)) for slot in slots]))

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, index: Any) -> Any:
        shape, slots = self._shapes[self._which.item(index)]
        place = self._place.item(index)
        return shape % tuple(slot.text(slice(place, place + 1))[0] for slot in slots)

    def all(self) -> list[bytes]:
        """All of them."""
        made: list[bytes] = [b""] * len(self)
        for number, (shape, slots) in enumerate(self._shapes):
            places = np.flatnonzero(self._which == number).tolist()
            rows = zip(*[slot.text(slice(None)) for slot in slots], strict=True) if slots else [()] * len(places)
            for place, row in zip(places, rows, strict=True):
                made[place] = shape % row
        return made


class _SlotColumn:
    """The numbers of a slot, and how they are written."""

    def __init__(self, reader: Reader, slot: Spec, times: NDArray[np.int64] | None, count: int) -> None:
        self._kind, digits, follows, spec = slot
        numbers = integers.decode(reader, spec).astype(np.int64, copy=False)
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


class _Listed(Sequence[bytes]):
    """Strings of a dictionary, by their numbers."""

    def __init__(self, listed: Sequence[bytes], numbers: NDArray[Any]) -> None:
        self._listed, self._numbers = listed, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        return self._listed[self._numbers.item(index)]

    def all(self) -> list[bytes]:
        """All of them."""
        return [self._listed[number] for number in self._numbers.tolist()]


# --------------------------------------------------------------------------------------------- reading


def decode(reader: Reader, spec: Spec, times: NDArray[np.int64] | None = None) -> list[bytes]:
    """The strings of a spec, its bodies taken from the reader."""
    strings = decode_lazily(reader, spec, times)
    return strings.all() if isinstance(strings, _Templates | _Listed) else list(strings)


def decode_lazily(reader: Reader, spec: Spec, times: NDArray[np.int64] | None = None) -> Sequence[bytes]:
    """As `decode`, but those that are made of parts are put together one by one, when they are asked for by index."""
    strategy, *rest = spec
    strings: Sequence[bytes]
    if strategy == TEXT:
        strings = _decode_text(reader, rest)
    elif strategy == DICTIONARY:
        numbers = integers.decode(reader, rest[1])
        strings = _Listed(decode(reader, rest[2]), numbers)
    elif strategy == HEX:
        strings = _decode_hex(reader, rest)
    elif strategy == TEMPLATE:
        strings = _Templates(reader, rest, times)
    else:
        raise CorruptStore(f"the store is damaged: there is no way {strategy} to store strings; restore a backup")
    if len(strings) != rest[0]:
        raise CorruptStore("the store is damaged: a column holds another number of strings; restore it from a backup")
    return strings


def describe(spec: Spec) -> tuple[str, int]:
    """The strategy of a spec in words, and the bytes of its bodies."""
    strategy, _, *rest = spec
    if strategy == TEXT:
        _, lengths, _, stage, size = rest
        words = f"text, {entropy.Stage(stage).name.lower()}" if stage else "text"
        return words, size + (integers.describe(lengths)[1] if lengths else 0)
    if strategy == DICTIONARY:
        return NAMES[strategy], integers.describe(rest[0])[1] + describe(rest[1])[1]
    if strategy == HEX:
        return NAMES[strategy], integers.describe(rest[2])[1] + describe(rest[3])[1] + rest[-1]
    slots = sum(integers.describe(slot[3])[1] for _, slots in rest[1] for slot in slots)
    return NAMES[strategy], integers.describe(rest[0])[1] + slots
