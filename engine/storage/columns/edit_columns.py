"""Runs of edits (`edits.py`) as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.storage.columns import entropy, integers, scattered, strings
from engine.storage.columns.document import document_order
from engine.storage.columns.edits import Edits
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader

TYPED, DOCUMENT = range(2)
ORDERS = ("as it was typed", "as it stands in the text")

Spec = list[Any]
_Ints = NDArray[np.int64]

# Beyond this, putting a text in the order of the document takes too long, or too much memory.
_MOST_CHAINS = 1 << 8
_MOST_RUNS = 1 << 17
_MOST_POINTS = 1 << 22
# The order of the document has to be worth the time that it takes to find it again.
_WORTHWHILE = 0.98


def encode(edits: Edits, effort: Effort) -> tuple[Spec, list[bytes]]:
    """Edits as spec and bodies. The ids of their values are not in it."""
    first = edits.made[edits.first_edit[:-1]]
    shape, symbols = _shapes(edits)
    jumps = edits.jump[edits.jump != 0]
    columns = [
        integers.encode(edits.chain, effort),
        integers.encode(first - edits.base, effort),
        integers.encode(edits.size, effort),
        integers.encode(shape.ravel(), effort),
        integers.encode(symbols, effort),
        integers.encode(edits.count[np.argsort(symbols, kind="stable")], effort),
        scattered.encode(jumps, effort),
        integers.encode(np.array(sorted(edits.kept), np.int64), effort),
        strings.encode_text([_utf8(edits.kept[chain]) for chain in sorted(edits.kept)], effort),
    ]
    order, size, stage, body = _encode_text(edits, effort)
    spec = [*(spec for spec, _ in columns), order, size, stage, len(body)]
    return spec, [*(body for _, bodies in columns for body in bodies), body]


def _shapes(edits: Edits) -> tuple[_Ints, _Ints]:
    """What runs are like but for their length: the distinct shapes (code points inserted and deleted by each edit, and
    2 where the cursor jumps, 1 where it goes backward), and that of each run."""
    how = 2 * (edits.jump != 0) + edits.backward
    columns = np.stack((edits.insert, edits.delete, how), axis=1)
    _, first, symbols = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    by_place = np.argsort(first)
    rank[by_place] = np.arange(len(first))
    return columns[first[by_place]].astype(np.int64), rank[symbols.ravel()]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _encode_text(edits: Edits, effort: Effort) -> tuple[int, int, int, bytes]:
    """The inserted text: which order, its size, its stage, its body."""
    typed = _utf8(edits.text)
    stage, body = entropy.squeeze(typed, 1, effort)
    small = len(edits.base) <= _MOST_CHAINS and len(edits.count) <= _MOST_RUNS
    if effort == Effort.SMALL and small and _points(edits.size, len(edits.text)) <= _MOST_POINTS:
        points = np.frombuffer(edits.text.encode("utf-32-le", "surrogatepass"), "<u4")[document_order(edits)]
        standing = _utf8(points.tobytes().decode("utf-32-le", "surrogatepass"))
        other_stage, other = entropy.squeeze(standing, 1, effort)
        if len(other) < len(body) * _WORTHWHILE:
            return DOCUMENT, len(standing), int(other_stage), other
    return TYPED, len(typed), int(stage), body


def _points(sizes: _Ints, inserted: int) -> int:
    """How many code points have to be ordered."""
    return int(sizes.sum()) + inserted


def decode(reader: Reader, spec: Spec, values: _Ints) -> Edits:
    """The edits of a spec, whose values have these ids."""
    most = 3 * len(values)  # a run is of one edit at least, and what it is like takes three numbers
    chain, distance, size, shape, symbols, counts = (_wide(reader, spec[place], most) for place in range(6))
    jumps = scattered.decode(reader, spec[6], most)
    kept = _wide(reader, spec[7], most).tolist()
    texts = strings.decode(reader, spec[8], most=most)
    shape = shape.reshape(-1, 3)
    count = np.empty(len(symbols), np.int64)
    count[np.argsort(symbols, kind="stable")] = counts
    insert, delete, how = shape[symbols].T
    jump = np.zeros(len(symbols), np.int64)
    jump[how >= 2] = jumps
    _check(values, chain, (distance, size), (count, insert, delete), kept)
    first = np.empty(len(distance), np.int64)
    first[chain[::-1]] = values[::-1]
    order, length, stage, packed = spec[9:]
    text = entropy.expand(stage, reader.take(packed), length, 1).decode("utf-8", "surrogatepass")
    runs = count, insert, delete, how % 2 == 1
    said = dict(zip(kept, [each.decode("utf-8", "surrogatepass") for each in texts], strict=True))
    edits = Edits(values, chain, (first - distance, size), runs, jump, text, said)
    return edits if order == TYPED else _typed(edits, runs, said)


def _wide(reader: Reader, spec: Spec, most: int) -> _Ints:
    return integers.decode(reader, spec, most).astype(np.int64, copy=False)


def _check(
    values: _Ints, chain: _Ints, bases: tuple[_Ints, _Ints], runs: tuple[_Ints, _Ints, _Ints], kept: list[int]
) -> None:
    """Refuse what would be too much to work with, or does not fit."""
    count, insert, delete = runs
    most = np.iinfo(np.int32).max
    total = float((count.astype(float) * np.maximum(insert, delete)).sum())
    sound = (
        len(values) == len(chain)
        and all(int(column.min(initial=0)) >= 0 for column in (chain, *bases, *runs))
        and int(count.min(initial=1)) > 0
        and int(chain.max(initial=-1)) + 1 == len(bases[0]) == len(bases[1])
        and all(int(column.max(initial=0)) < most for column in (chain, *bases[1:], *runs))
        and total < most
        and len(set(kept)) == len(kept)
        and all(0 <= number < len(bases[0]) for number in kept)
    )
    if not sound:
        raise CorruptStore("the store is damaged: edits of texts do not add up; restore it from a backup")


def _typed(edits: Edits, runs: tuple[_Ints, _Ints, _Ints, NDArray[np.bool_]], kept: dict[int, str]) -> Edits:
    """Edits whose text stands in the order of the document, with it in the order of typing."""
    if _points(edits.size, len(edits.text)) > _MOST_POINTS:
        raise CorruptStore("the store is damaged: a text claims to be too long; restore it from a backup")
    points = np.frombuffer(edits.text.encode("utf-32-le", "surrogatepass"), "<u4")
    typed = np.empty_like(points)
    typed[document_order(edits)] = points
    text = typed.tobytes().decode("utf-32-le", "surrogatepass")
    return Edits(edits.values, edits.chain, (edits.base, edits.size), runs, edits.jump, text, kept)


def describe(spec: Spec) -> list[tuple[str, str, int]]:
    """Of each column what it holds, the strategy in words, and the bytes of the bodies."""
    names = ("chains", "bases", "sizes", "shapes", "shape of each run", "lengths of runs")
    found = [(name, *integers.describe(each)) for name, each in zip(names, spec, strict=False)]
    found.append(("jumps", *scattered.describe(spec[6])))
    found.append(("kept texts", *strings.describe(spec[8])))
    order, _, stage, size = spec[9:]
    words = f"text, {entropy.Stage(stage).name.lower()}" if stage else "text"
    return [*found, ("inserted text", f"{words}: {ORDERS[order]}", size)]
