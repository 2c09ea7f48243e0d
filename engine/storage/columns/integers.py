"""Columns of integers.

Strategies: *constant*; *plain* (as the difference from the least element, in as few bytes as that needs: a frame of
reference); *delta* and *delta2* (steps, and steps of steps, zigzag coded); *runs* (values and how often each repeats);
*dictionary* (few distinct values, as numbers in order of first occurrence); *scaled* (multiples of a number, such as
times in whole seconds). What is left is laid out element by
element, in planes (all lowest bytes, then all second ones, …), or as bits, and goes through the entropy stage.

Which strategy: the cheapest two by a quick estimate on a sample, if they are close, are encoded for true, and the
shorter one is kept.
Arithmetic is modulo 2**64, so any step fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.columns import entropy
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

CONSTANT, PLAIN, DELTA, DELTA2, RUNS, DICTIONARY, SCALED = range(7)
NAMES = ("constant", "plain", "delta", "delta of delta", "run length", "dictionary", "scaled")
ELEMENTS, PLANES, BITS = range(3)
LAYOUTS = ("", "byte-shuffled", "bits")

Spec = list[Any]
Encoded = tuple[Spec, list[bytes]]

_SAMPLE = 1 << 14
_FEW_TIMES = 4
# Of a column that takes more bytes than this only the best way is tried.
_LARGE = 1 << 20
# How near an estimate has to be to the best one.
_CLOSE = 1.06
_NEAR = 1.2
# Bytes that a spec takes, about.
_SPEC = 6
MOST = 1 << 28
"""Elements that a column may have where nobody knows better."""
_U8 = NDArray[np.uint64]


class _Candidate(NamedTuple):
    """A way to write a column: strategy, parameters, and what is left to write."""

    strategy: int
    parameters: tuple[int, ...]
    rest: _U8


def encode(column: NDArray[Any], effort: Effort) -> Encoded:
    """A column of integers as spec and bodies. The spec: dtype, length, strategy, and what that needs."""
    head = [column.dtype.str.lstrip("|"), len(column)]
    if not len(column) or int(column.min()) == int(column.max()):
        return [*head, CONSTANT, int(column[0]) if len(column) else 0], []
    if effort == Effort.QUICK:
        spec, bodies = _quick(column)
        return [*head, *spec], bodies
    wide = column.astype(np.int64)
    factor = int(np.gcd.reduce(wide[1:] - wide[0])) if len(wide) > 2 else 1
    if factor > 1:
        spec, bodies = encode((wide - wide[0]) // factor, effort)
        return [*head, SCALED, int(wide[0]), factor, spec], bodies
    found = [way.make() for way in _promising(wide, effort)]
    spec, bodies = min(found, key=cost)
    if sum(map(len, bodies)) > column.nbytes:  # of a few bytes an estimate says little
        spec, bodies = _quick(column)
    return [*head, *spec], bodies


def _quick(column: NDArray[Any]) -> Encoded:
    """In planes, as it is or by its steps, whichever needs fewer bytes an element."""
    if column.dtype.itemsize == 1 and column.dtype.kind == "u":
        return [PLAIN, 0, 1, ELEMENTS, int(entropy.Stage.RAW), len(column)], [column.tobytes()]
    wide = column.astype(np.int64)
    ways = _simple(wide)
    best = next(ways)
    if (width := _width(best.rest)) > 1:
        steps = next(ways)
        best = steps if _width(steps.rest) < width else best
    width = _width(best.rest)
    return _write(best, BITS if not width else ELEMENTS if width == 1 else PLANES, Effort.QUICK)


def cost(encoded: Encoded) -> int:
    """Bytes that a column takes: its bodies, and some for its spec."""
    return sum(map(len, encoded[1])) + _SPEC


def _simple(column: NDArray[np.int64]) -> Iterator[_Candidate]:
    least = int(column.min())
    yield _Candidate(PLAIN, (least,), column.view(np.uint64) - np.array(least, np.int64).view(np.uint64))
    steps = np.diff(column)
    yield _Candidate(DELTA, (int(column[0]),), _zigzag(steps))
    if len(column) > 2:
        yield _Candidate(DELTA2, (int(column[0]), int(steps[0])), _zigzag(np.diff(steps)))


class _Way(NamedTuple):
    """A way to write a column that was estimated: bytes, whether its elements stay whole, and how to do it."""

    estimate: int
    whole: bool
    make: Callable[[], Encoded]


def _promising(column: NDArray[np.int64], effort: Effort) -> list[_Way]:
    """The ways of writing a column that are worth trying: the best two by estimate, if they are close."""
    ways = sorted([*_simple_ways(column, effort), *_composed_ways(column, effort)], key=lambda way: way.estimate)
    best = ways[0].estimate
    chosen = [way for way in ways[:2] if way.estimate <= best * _CLOSE]
    if effort == Effort.SMALL and not any(way.whole for way in chosen):
        # LZMA likes elements whole where zstd, which estimates, likes them in planes.
        chosen += [way for way in ways if way.whole and way.estimate <= best * _NEAR][:1]
    return chosen[:1] if best > _LARGE else chosen


def _simple_ways(column: NDArray[np.int64], effort: Effort) -> Iterator[_Way]:
    for candidate in _simple(column):
        sample = candidate.rest if len(candidate.rest) <= 2 * _SAMPLE else _sample(candidate.rest)
        width = _width(candidate.rest)
        for layout in (BITS,) if not width else (ELEMENTS,) if width == 1 else (PLANES, ELEMENTS):
            size = entropy.estimate(_lay(sample, width, layout)) * len(candidate.rest) // max(len(sample), 1)
            yield _Way(size, layout == ELEMENTS, partial(_write, candidate, layout, effort))


def estimate(column: NDArray[Any]) -> int:
    """About the bytes that a column will take, found quickly."""
    if not len(column) or int(column.min()) == int(column.max()):
        return 0
    sizes = []
    for candidate in islice(_simple(column.astype(np.int64)), 2):
        sample = candidate.rest if len(candidate.rest) <= 2 * _SAMPLE else _sample(candidate.rest)
        width = _width(candidate.rest)
        layout = PLANES if width > 1 else ELEMENTS if width else BITS
        sizes.append(entropy.estimate(_lay(sample, width, layout)) * len(candidate.rest) // max(len(sample), 1))
    return min(sizes)


def _sample(rest: _U8) -> _U8:
    """The beginning, the middle and the end."""
    third, middle = _SAMPLE // 3, len(rest) // 2
    return np.concatenate((rest[:third], rest[middle : middle + third], rest[-third:]))


def _composed_ways(column: NDArray[np.int64], effort: Effort) -> Iterator[_Way]:
    """Strategies made of other columns."""
    starts = np.flatnonzero(np.diff(column)) + 1
    if len(starts) * 4 < len(column):
        bounds = np.concatenate(([0], starts, [len(column)]))
        yield _pair(RUNS, column[bounds[:-1]], np.diff(bounds), effort)
    ordered = np.sort(column)
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    count = int(first.sum())
    if count * 8 < len(column) and (int(ordered[-1]) - int(ordered[0])) // 4 > count:
        yield _pair(DICTIONARY, *by_first(column), effort)


def _pair(strategy: int, first: NDArray[np.int64], second: NDArray[np.int64], effort: Effort) -> _Way:
    def make() -> Encoded:
        written = encode(first, effort), encode(second, effort)
        return [strategy, written[0][0], written[1][0]], [*written[0][1], *written[1][1]]

    return _Way(estimate(first) + estimate(second) + _SPEC, False, make)


def by_first(column: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The distinct elements in order of first occurrence, and for each element the number of its one."""
    if not len(column):
        return column, np.empty(0, np.int64)
    most = int(column.max())
    if int(column.min()) >= 0 and most <= _FEW_TIMES * len(column):
        return _by_first_of_small(column, most)
    order = np.argsort(column, kind="stable")
    ordered = column[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    firsts = order[starts]
    rank = np.empty(len(firsts), np.int64)
    by_place = np.argsort(firsts)
    rank[by_place] = np.arange(len(firsts))
    codes = np.empty(len(column), np.int64)
    codes[order] = np.repeat(rank, np.diff(np.append(starts, len(column))))
    return column[firsts[by_place]], codes


def _by_first_of_small(column: NDArray[Any], most: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The same for numbers from 0 to `most`, which need no sorting."""
    places = np.arange(len(column))
    first = np.empty(most + 1, np.int64)
    first[column[::-1]] = places[::-1]  # of several the last one stays
    firsts = first[column]
    new = firsts == places
    return column[new], (np.cumsum(new) - 1)[firsts]


def _write(candidate: _Candidate, layout: int, effort: Effort) -> Encoded:
    width = _width(candidate.rest)
    raw = _lay(candidate.rest, width, layout)
    stage, body = entropy.squeeze(raw, width if layout == ELEMENTS else 1, effort)
    return [candidate.strategy, *candidate.parameters, width, layout, int(stage), len(body)], [body]


def decode(reader: Reader, spec: Spec, most: int = MOST) -> NDArray[Any]:
    """The column of a spec, its bodies taken from the reader. It may not be written to where it is `plain` bytes.

    Raises `CorruptStore` for one of more than `most` elements: a few bytes say that a constant repeats any number of
    times, so who knows how many are to come says so.
    """
    dtype, length, strategy, *rest = spec
    kind = np.dtype(dtype)
    if not 0 <= length <= min(most, MOST) or kind.kind not in "iu":
        raise CorruptStore("the store is damaged: a column claims to be too long; restore it from a backup")
    if strategy == CONSTANT:
        return np.full(length, np.array(rest[0], np.int64).astype(kind), kind)
    if strategy == RUNS:
        values, lengths = decode(reader, rest[0], length), decode(reader, rest[1], length)
        within = 0 <= int(lengths.min(initial=0)) <= int(lengths.max(initial=0)) <= length  # so that the sum is right
        if len(values) != len(lengths) or not within or int(lengths.sum()) != length:
            raise CorruptStore("the store is damaged: a column's runs do not add up; restore it from a backup")
        return np.repeat(values, lengths).astype(kind, copy=False)
    if strategy == SCALED:
        first, factor, spec = rest
        multiples = decode(reader, spec, length)
        return _checked((multiples * np.int64(factor) + np.int64(first)).astype(kind, copy=False), length)
    if strategy == DICTIONARY:
        entries, codes = decode(reader, rest[0], length), decode(reader, rest[1], length)
        column: NDArray[Any] = entries[codes].astype(kind, copy=False)
        return _checked(column, length)
    if strategy == PLAIN:
        least, *how = rest
        return _checked(_read(reader, how, length, least, kind), length)
    first, *how = rest
    step = how.pop(0) if strategy == DELTA2 else 0
    steps = _unzigzag(_read(reader, how, length - 1 - (strategy == DELTA2), 0, np.dtype(np.uint64)))
    if strategy == DELTA2:
        steps = _accumulate(step, steps)
    return _checked(_accumulate(first, steps).astype(kind, copy=False), length)


def _checked(column: NDArray[Any], length: int) -> NDArray[Any]:
    if len(column) != length:
        raise CorruptStore("the store is damaged: a column has another length than it says; restore it from a backup")
    return column


def _accumulate(first: int, steps: NDArray[np.int64]) -> NDArray[np.int64]:
    column = np.empty(len(steps) + 1, np.int64)
    column[0], column[1:] = first, steps
    return np.cumsum(column, out=column)


def _read(reader: Reader, how: Spec, length: int, least: int, kind: np.dtype[Any]) -> NDArray[Any]:
    width, layout, stage, size = how
    if not (layout == BITS or 1 <= width <= 8):
        raise CorruptStore("the store is damaged: a column has elements of no width; restore it from a backup")
    if layout == BITS:
        raw = entropy.expand(stage, reader.take(size), (length + 7) // 8, 1)
        rest: NDArray[Any] = np.unpackbits(np.frombuffer(raw, np.uint8), count=length)
    else:
        raw = entropy.expand(stage, reader.take(size), length * width, width if layout == ELEMENTS else 1)
        rest = _gather(raw, length, width, layout)
    if kind.itemsize == width == 1 and not least:
        return rest.view(kind)
    column = rest.astype(kind)
    if least:
        column += np.array(least & (1 << 64) - 1, np.uint64).astype(kind)
    return column


def _gather(raw: bytes, length: int, width: int, layout: int) -> NDArray[Any]:
    if layout == ELEMENTS and width in (1, 2, 4, 8):
        return np.frombuffer(raw, f"<u{width}")
    size = 1 << (width - 1).bit_length()
    cells = np.zeros((length, size), np.uint8)
    flat = np.frombuffer(raw, np.uint8)
    if layout == ELEMENTS:
        cells[:, :width] = flat.reshape(length, width)
    else:
        for place in range(width):  # a plane at a time is twice as quick as transposing
            cells[:, place] = flat[place * length : (place + 1) * length]
    return cells.reshape(-1).view(f"<u{size}")


def _lay(rest: _U8, width: int, layout: int) -> bytes:
    if layout == BITS:
        return np.packbits(rest.astype(np.uint8)).tobytes()
    if width in (1, 2, 4, 8) and layout == ELEMENTS:
        return rest.astype(f"<u{width}").tobytes()
    cells = rest.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width]
    return cells.tobytes() if layout == ELEMENTS else cells.T.tobytes()


def _width(rest: _U8) -> int:
    """Bytes that tell any element; 0 where a bit does."""
    most = int(rest.max()) if len(rest) else 0
    return 0 if most < 2 else (most.bit_length() + 7) // 8


def _zigzag(steps: NDArray[np.int64]) -> _U8:
    """Signed numbers as unsigned ones, small where they were."""
    return ((steps << 1) ^ (steps >> 63)).view(np.uint64)


def _unzigzag(rest: NDArray[Any]) -> NDArray[np.int64]:
    wide = rest.astype(np.uint64, copy=False)
    return ((wide >> np.uint64(1)) ^ (~(wide & np.uint64(1)) + np.uint64(1))).view(np.int64)


def describe(spec: Spec) -> tuple[str, int]:
    """The strategy of a spec in words, and the bytes of its bodies."""
    _, _, strategy, *rest = spec
    if strategy == CONSTANT:
        return NAMES[CONSTANT], 0
    if strategy in (RUNS, DICTIONARY):
        return NAMES[strategy], sum(describe(part)[1] for part in rest)
    if strategy == SCALED:
        words, size = describe(rest[2])
        return f"{NAMES[SCALED]}, {words}", size
    _, layout, stage, size = rest[-4:]
    parts = [NAMES[strategy], LAYOUTS[layout], entropy.Stage(stage).name.lower() if stage else ""]
    return ", ".join(part for part in parts if part), size


def size_of(spec: Spec) -> int:
    """The bytes of the bodies of a spec, as `describe` tells them, without the words: for who passes a column over."""
    strategy = spec[2]
    if strategy == CONSTANT:
        return 0
    if strategy in (RUNS, DICTIONARY):
        return size_of(spec[3]) + size_of(spec[4])
    size: int = size_of(spec[5]) if strategy == SCALED else spec[-1]
    return size
