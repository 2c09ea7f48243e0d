"""Builds the path-history index: new segments become runs, runs are merged into larger ones.

What is new is sorted a bounded number of rows at a time, each a run of its own; then the newest runs are merged into
one while the run before them is not several times their size. So a row is sorted once and merged about as often as the
index has had runs of growing size: a logarithm (O'Neil et al. 1996, LSM-tree; here with runs over disjoint stretches of
rows, so that merging is a merge by path alone). Each step is one write transaction; between any two of them the store
is whole, and what a killed build leaves behind is swept away by the next one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from engine.errors import Cancelled
from engine.storage.history_index import BLOCK_POSTINGS, KEY, Directory, Gone, HistoryIndex, RunOfPostings, records
from engine.storage.postings import Postings, by_path, join, of_rows
from engine.timeline.core import Core

Progress = Callable[[int, int | None, str], None]

# A store with fewer rows than this is read through its segments as quickly, and in fewer bytes.
LEAST_ROWS = 1 << 17
# So many rows are sorted, or merged, at a time.
STEP_ROWS = 1 << 19
# Runs are merged while the older one is less than so many times the newer ones.
GROWTH = 4


def build_index(
    core: Core,
    progress: Progress | None = None,
    cancel: Any = None,
    *,
    least_rows: int | None = None,
    whole: bool = False,
) -> None:
    """Bring the index up to the last segment; with `whole`, leave it in one run.

    A store of fewer than `least_rows` (by default `LEAST_ROWS`) rows in segments gets none, and loses the one it has.
    `cancel` has `is_set()`; raises `Cancelled` between two steps.
    """
    builder = _Builder(core, progress, cancel)
    if core.log.row_start(core.log.sealed) < (LEAST_ROWS if least_rows is None else least_rows):
        drop_index(core)
        return
    builder.sweep()
    while core.index.end < core.log.sealed:
        builder.add()
    runs = core.index.runs
    first = 0 if whole else _worth_merging([run.rows for run in runs])
    if len(runs) - first > 1:
        builder.merge(runs[first:])
    builder.sweep()


def drop_index(core: Core) -> None:
    """Forget the index, and free its bytes: every answer is then found by scanning the log."""
    if core.index.runs:
        with core.writing():
            _set_runs(core, ())
    _Builder(core, None, None).sweep()


def _worth_merging(rows: Sequence[int]) -> int:
    """The first of the newest runs that are to be merged into one, given the rows of all."""
    first = len(rows) - 1
    while first > 0 and rows[first - 1] < GROWTH * sum(rows[first:]):
        first -= 1
    return max(first, 0)


def _set_runs(core: Core, runs: Sequence[RunOfPostings]) -> None:
    core.manifest = {**core.manifest, KEY: records(runs)}
    core.index.follow(core.manifest)


class _Builder:
    """The steps; each is one write transaction."""

    def __init__(self, core: Core, progress: Progress | None, cancel: Any) -> None:
        self._core = core
        self._progress = progress
        self._cancel = cancel

    @property
    def _index(self) -> HistoryIndex:
        return self._core.index

    def _step(self, done: int, total: int, what: str) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled("stopped: what was indexed so far is kept")
        if self._progress is not None:
            self._progress(done, total, what)

    def sweep(self) -> None:
        """Delete what unfinished builds and merges left."""
        if not self._core.db.execute("SELECT EXISTS (SELECT 1 FROM history_block)")[0][0]:
            return
        more = True
        while more:
            with self._core.writing():
                more = self._index.sweep()

    def add(self) -> None:
        """Make a run of the next rows that are in segments and not in the index."""
        core = self._core
        self._step(self._index.end, core.log.sealed, "indexing")
        with core.writing():
            log = core.log
            first = self._index.end
            if first >= log.sealed:
                return  # another process has been here
            end = log.after_row(log.row_start(first) + STEP_ROWS)
            end = min(log.sealed, max(end, first + 1))
            rows, owner = log.gather(np.arange(first, end, dtype=np.int32))
            postings = by_path(of_rows(rows, owner))
            number = self._index.next_number()
            blocks = list(_cut(postings))
            for place, block in enumerate(blocks):
                self._index.write_block(number, place, block, first)
            self._index.write_directory(number, Directory.of(blocks))
            _set_runs(core, [*self._index.runs, RunOfPostings(number, first, end - first, len(rows), len(blocks))])

    def merge(self, runs: Sequence[RunOfPostings]) -> None:
        """Make one run of several that follow each other. Others may write between its steps."""
        with contextlib.suppress(Gone):  # another process has merged them: what was written here is swept away
            number, directory, left = self._write_merged(runs)
            with self._core.writing():
                now = self._index.runs
                if [run for run in now if run in runs] == list(runs) and self._index.written(number) == left:
                    self._index.write_directory(number, directory)
                    size = [sum(run.transactions for run in runs), sum(run.rows for run in runs), len(directory)]
                    merged = RunOfPostings(number, runs[0].first, *size)
                    at = now.index(runs[0])
                    _set_runs(self._core, [*now[:at], merged, *now[at + len(runs) :]])

    def _write_merged(self, runs: Sequence[RunOfPostings]) -> tuple[int, Directory, list[tuple[int, bytes]]]:
        """Write the blocks of a merged run, in several transactions; its number and directory, and what the file then
        holds of it. Raises `Gone` where another process has swept away what is written."""
        total = sum(run.rows for run in runs)
        written: list[tuple[int, bytes]] = []
        number = done = place = 0
        directories: list[Directory] = []
        left = join([])
        for piece, last in _merged(self._index, runs):
            self._step(done, total, "merging the index")
            done += len(piece)
            blocks = list(_cut(join([left, piece])))
            left = join([]) if last or not blocks else blocks.pop()
            with self._core.writing():
                number = number or self._index.next_number()
                if self._index.written(number) != written:
                    raise Gone
                for block in blocks:
                    self._index.write_block(number, place, block, runs[0].first)
                    place += 1
                written = self._index.written(number)
            directories.append(Directory.of(blocks))
        columns = zip(*((item.path, item.owner, item.places) for item in directories), strict=True)
        return number, Directory(*map(np.concatenate, columns)), written


def _cut(postings: Postings) -> Iterator[Postings]:
    """Blocks of sorted postings. A path that fits into a block is in one, unless the block would be less than half
    full without it; what one transaction did to a path is always in one."""
    start = 0
    while start < len(postings):
        end = min(start + BLOCK_POSTINGS, len(postings))
        if end < len(postings) and postings.path[end - 1] == postings.path[end]:
            begin = int(np.searchsorted(postings.path, postings.path[end]))
            if begin >= start + BLOCK_POSTINGS // 2:
                end = begin
            while end < len(postings) and _together(postings, end):
                end += 1
        yield postings.take(slice(start, end))
        start = end


def _together(postings: Postings, place: int) -> bool:
    """Whether a posting is of the same path and transaction as the one before it."""
    same = postings.path[place - 1] == postings.path[place] and postings.owner[place - 1] == postings.owner[place]
    return bool(same)


def _merged(index: HistoryIndex, runs: Sequence[RunOfPostings]) -> Iterator[tuple[Postings, bool]]:
    """The postings of several runs in order of path and row, some at a time, and whether they are the last."""
    total = sum(run.rows for run in runs)
    bounds = index.cuts(runs, max(1, total // STEP_ROWS))
    for place, (low, high) in enumerate(zip([0, *bounds], [*bounds, 1 << 31], strict=True)):
        yield by_path(join([index.between(run, low, high) for run in runs])), place == len(bounds)
