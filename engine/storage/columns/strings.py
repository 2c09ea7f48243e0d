"""Columns of byte strings.

Strategies: *text* (one after the other, see `text.py`); *dictionary* (the distinct ones, and their numbers); *hex*
(digits that are base 16 as half bytes: commit ids, checksums, UUIDs); *template* (what is constant once, numbers and
dates in it as columns of integers, see `templates.py`: time stamps, versions, generated messages).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.columns import entropy, integers, templates, text
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

TEXT, DICTIONARY, HEX, TEMPLATE = range(4)
NAMES = ("text", "dictionary", "hex", "template")

Spec = list[Any]
Encoded = tuple[Spec, list[bytes]]

_FEW = 8
# Strings that are met more often than so are written once each, whatever they look like.
_OFTEN = 8
_HEX_DIGITS = np.zeros((2, 256), bool)
_HEX_DIGITS[0, list(b"0123456789abcdef")] = True
_HEX_DIGITS[1, list(b"0123456789ABCDEF")] = True


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
    distinct = len(set(strings))
    if distinct * _OFTEN < len(strings):
        return [_encode_dictionary(strings, effort)]
    found = [_encode_hex(strings, effort)]
    made = templates.encode(strings, effort, times)
    if made is not None:
        found.append(([TEMPLATE, *made[0]], made[1]))
    if distinct * 2 < len(strings):
        found.append(_encode_dictionary(strings, effort))
    return [each for each in found if each is not None]


def encode_text(strings: Sequence[bytes], effort: Effort) -> Encoded:
    """Strings one after the other."""
    spec, bodies = text.encode(strings, effort)
    return [TEXT, *spec], bodies


def cost(encoded: Encoded) -> int:
    """Bytes that strings take: their bodies, and their spec, which is compressed with others."""
    return sum(map(len, encoded[1])) + len(msgspec.msgpack.encode(encoded[0])) * 2 // 3


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
    taken = np.flatnonzero(integers.decode(reader, mask, count)).tolist()
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


class _Listed(Sequence[bytes]):
    """Strings of a dictionary, by their numbers."""

    def __init__(self, listed: Sequence[bytes], numbers: NDArray[Any]) -> None:
        if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < len(listed):
            raise CorruptStore("the store is damaged: a column names strings that it does not list; restore a backup")
        self._listed, self._numbers = listed, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        return self._listed[self._numbers.item(index)]

    def all(self) -> list[bytes]:
        """All of them."""
        return [self._listed[number] for number in self._numbers.tolist()]


# --------------------------------------------------------------------------------------------- reading


def decode(
    reader: Reader, spec: Spec, times: NDArray[np.int64] | None = None, most: int = integers.MOST
) -> list[bytes]:
    """The strings of a spec, `most` at most, its bodies taken from the reader."""
    return all_of(decode_lazily(reader, spec, times, most))


def all_of(strings: Sequence[bytes]) -> list[bytes]:
    """What `decode_lazily` gave, all put together."""
    return strings.all() if isinstance(strings, templates.Templates | _Listed) else list(strings)


def decode_lazily(
    reader: Reader, spec: Spec, times: NDArray[np.int64] | None = None, most: int = integers.MOST
) -> Sequence[bytes]:
    """As `decode`, but those that are made of parts are put together one by one, when they are asked for by index."""
    strategy, *rest = spec
    strings: Sequence[bytes]
    if not 0 <= rest[0] <= most:
        raise CorruptStore("the store is damaged: a column claims to have too many strings; restore it from a backup")
    if strategy == TEXT:
        strings = text.decode(reader, rest)
    elif strategy == DICTIONARY:
        numbers = integers.decode(reader, rest[1], rest[0])
        strings = _Listed(decode(reader, rest[2], most=rest[0]), numbers)
    elif strategy == HEX:
        strings = _decode_hex(reader, rest)
    elif strategy == TEMPLATE:
        strings = templates.Templates(reader, rest, times)
    else:
        raise CorruptStore(f"the store is damaged: there is no way {strategy} to store strings; restore a backup")
    if len(strings) != rest[0]:
        raise CorruptStore("the store is damaged: a column holds another number of strings; restore it from a backup")
    return strings


def describe(spec: Spec) -> tuple[str, int]:
    """The strategy of a spec in words, and the bytes of its bodies."""
    strategy, *rest = spec
    if strategy == TEXT:
        return text.describe(rest)
    if strategy == TEMPLATE:
        return NAMES[strategy], templates.describe(rest)
    _, *rest = rest
    if strategy == DICTIONARY:
        return NAMES[strategy], integers.describe(rest[0])[1] + describe(rest[1])[1]
    return NAMES[strategy], integers.describe(rest[2])[1] + describe(rest[3])[1] + rest[-1]
