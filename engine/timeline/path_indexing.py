"""Builds the index of paths of a store that has very many (see `storage/large_paths.py`)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.storage.large_paths import (
    KEY,
    Directory,
    Gone,
    Names,
    PathIndexRecord,
    entries,
    hash_of,
    next_number,
    write_directory,
    write_entries,
    written,
)
from engine.storage.path_block import PathBlock
from engine.storage.records import unseal
from engine.timeline.core import Core

Progress = Callable[[int, int | None, str], None]

# A store of fewer paths reads them all.
LEAST_PATHS = 1 << 15
# So many entries are sorted at a time; more only where they are children of neighbouring parents.
STEP_PATHS = 1 << 21
_PARENTS = 1 << 12
_SWEPT = 256


def build_path_index(
    core: Core, progress: Progress | None = None, cancel: Any = None, *, least_paths: int | None = None
) -> None:
    """Index all paths in blocks, anew if there are some that are not; a store of fewer than `least_paths` (by default
    `LEAST_PATHS`) gets none, and loses the one it has. Raises `Cancelled` between two steps."""
    stored = _stored(core)
    record = PathIndexRecord(*core.manifest[KEY]) if KEY in core.manifest else None
    if stored < max(2, LEAST_PATHS if least_paths is None else least_paths):
        _drop(core)
    elif record is None or record.paths != stored:
        with contextlib.suppress(Gone):  # another process makes one as well, or cuts the paths in other blocks
            _build(core, stored, progress, cancel)
    _sweep(core)


def _stored(core: Core) -> int:
    """Paths below this are in blocks."""
    found = core.db.execute("SELECT first + count FROM path_block WHERE first > 0 ORDER BY first DESC LIMIT 1")
    return int(found[0][0]) if found else 1


def _drop(core: Core) -> None:
    if KEY in core.manifest:
        with core.writing():
            core.manifest = {name: value for name, value in core.manifest.items() if name != KEY}


def _build(core: Core, stored: int, progress: Progress | None, cancel: Any) -> None:
    """Make an index in several transactions. Raises `Gone` where another process has swept away what is written."""
    survey = _survey(core, stored)
    parents: list[int] = []
    number = 0
    left: list[tuple[int, bytes]] = []
    for low, high in _pieces(survey.children):
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped: the index of paths was not made")
        if progress is not None:
            progress(low, stored, "indexing paths")
        some = entries(_blocks(core, stored), survey.names, low, high)
        with core.writing():
            number = number or next_number(core.db)
            _require(written(core.db, number) == left)
            parents += write_entries(core.db, number, len(parents), some)
            left = written(core.db, number)
    with core.writing():
        blocks = core.db.execute("SELECT first FROM path_block WHERE first > 0 AND first < ? ORDER BY first", (stored,))
        _require(written(core.db, number) == left and [first for (first,) in blocks] == survey.first.tolist())
        record = PathIndexRecord(number, stored, len(parents))
        write_directory(core.db, record, Directory(survey.first, survey.known, np.array(parents, np.int32)))
        core.manifest = {**core.manifest, KEY: [record.number, record.paths, record.blocks]}


def _require(there: bool) -> None:
    if not there:
        raise Gone


def _blocks(core: Core, stored: int) -> Iterator[PathBlock]:
    """All blocks of paths, one after another. Raises `Gone` where they are others now."""
    known, first = 1, 1  # the root is in no block, and is the first name
    while first < stored:
        found = core.db.execute("SELECT body FROM path_block WHERE first=?", (first,))
        _require(bool(found))
        block = PathBlock(unseal("path_block", first, found[0][0]), first, known)
        _require(first + len(block) <= stored)
        yield block
        known += block.new_count
        first += len(block)


@dataclass(frozen=True, slots=True)
class _Survey:
    """The first path of each block and the names before it (and in all), the names, and how many children each stretch
    of `_PARENTS` paths has."""

    first: NDArray[np.int32]
    known: NDArray[np.int32]
    names: Names
    children: NDArray[np.int64]


def _survey(core: Core, stored: int) -> _Survey:
    first, known = [], [1]
    hashes: list[int] = [0]
    firsts: list[NDArray[np.int64]] = []
    counts = np.zeros(stored // _PARENTS + 1, np.int64)
    for block in _blocks(core, stored):
        first.append(block.first)
        known.append(block.known + block.new_count)
        hashes += map(hash_of, block.new_names())
        firsts.append(np.flatnonzero(block.is_new) + block.first)
        counts += np.bincount(block.parents // _PARENTS, minlength=len(counts))
    names = Names(np.array(hashes, np.uint32), np.concatenate(firsts).astype(np.int32))
    return _Survey(np.array(first, np.int32), np.array(known, np.int32), names, counts)


def _pieces(counts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Ranges of parents that have about `STEP_PATHS` children, given those of each stretch."""
    step = np.cumsum(counts) // STEP_PATHS
    bounds = [0, *(np.flatnonzero(np.diff(step)) + 1).tolist(), len(counts)]
    yield from ((low * _PARENTS, high * _PARENTS) for low, high in pairwise(bounds))


def _sweep(core: Core) -> None:
    """Delete what is of no index, or of one that was not finished."""
    left = "SELECT first FROM path_block WHERE first<0 AND (first<? OR first>?) LIMIT ?"
    while core.db.execute(left, (*_kept(core), 1)):
        with core.writing():
            core.db.execute(f"DELETE FROM path_block WHERE first IN ({left})", (*_kept(core), _SWEPT))


def _kept(core: Core) -> tuple[int, int]:
    """The least and the greatest key of the index that there is."""
    if KEY not in core.manifest:
        return 0, 0
    record = PathIndexRecord(*core.manifest[KEY])
    return record.key(record.blocks), record.key(0)
