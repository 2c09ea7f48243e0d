"""Where checkpoints stand: as many as keep every version's replay short, and no more bytes than that takes.

The cost of a replay is the rows on the chain since the nearest checkpoint, and the segments that they stand in, each as
dear to decode as so many rows. Where it reaches `STEP_COST` there is a checkpoint. Most say what was done since an
earlier one: the n-th on a chain since the chain's last full one goes back as many as the highest power of 4 that
divides n, so that a version is made from a few of them (the digits of n to the base 4, added up), and what they say
overlaps little. Once the rows since the full one are half as many as there are paths, there is another full one.

In a store whose bytes count more than that (`spend_on_checkpoints`) all are full ones, and stand where little is alive.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.timeline.checkpoints import Gone
from engine.timeline.core import Core
from engine.timeline.vectors import advance, effect, empty_state

Progress = Callable[[int, int | None, str], None]

# A store with fewer rows than this is replayed from its beginning.
LEAST_ROWS = 1 << 18
STEP_COST = 1 << 13
SEGMENT_COST = 1 << 12
LEAST_FULL_ROWS = 1 << 14
_NEAR = 1 << 15
_FANOUT = 4
_BYTES_ALIVE = 3  # what a full checkpoint takes for a path that is there, about
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Planned:
    """A checkpoint that is to be: what it is made from (-1 for the empty state), and whether it is a full one."""

    dense: int
    base: int
    full: bool


def rewrite_checkpoints(
    core: Core,
    progress: Progress | None = None,
    cancel: Any = None,
    *,
    least_rows: int | None = None,
    step_cost: int | None = None,
) -> None:
    """Put the checkpoints of a store where they pay, instead of those that there are; `cancel` has `is_set()`.

    A store of fewer than `least_rows` rows (by default `LEAST_ROWS`) gets none; `step_cost` is by default `STEP_COST`.
    Those that stand where they are to stand, and can be read, are left alone. Raises `Cancelled` between two steps.
    """
    small = core.log.row_count < (LEAST_ROWS if least_rows is None else least_rows)
    planned = [] if small else plan(core, step_cost)
    wanted = [item.dense for item in planned]
    there = core.checkpoints.dense
    if planned and wanted == there.tolist() == core.checkpoints.whole(there).tolist():
        return
    with contextlib.suppress(Gone):  # another process has swept away what is on no list yet
        for done in range(0, len(planned), _AT_ONCE):
            _stop_if_asked(cancel)
            if progress is not None:
                progress(done, len(planned), "checkpoints")
            with core.writing():
                for item in planned[done : done + _AT_ONCE]:
                    _write(core, item)
    _finish(core, wanted)


def _stop_if_asked(cancel: Any) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("stopped: the checkpoints are those of before")


def _finish(core: Core, written: list[int]) -> None:
    """Say which checkpoints there are now, and free the bytes of the others. Where another process has swept away some
    of those that were written, what it put on the list stays there."""
    core.checkpoints.whole(np.array(written, np.int64))  # reads them all, which is to keep no writer waiting
    with core.writing():
        dense = core.checkpoints.whole(np.array(written, np.int64))
        if len(dense) < len(written):
            dense = core.checkpoints.whole(np.union1d(dense, core.checkpoints.dense))
        if len(dense) or len(core.checkpoints.dense):
            core.manifest = core.checkpoints.put(core.manifest, dense)
    for sweep in (core.checkpoints.sweep, core.checkpoints.sweep_buckets):
        more = True
        while more:
            with core.writing():
                more = sweep()


def spend_on_checkpoints(core: Core, most: int, progress: Progress | None = None, cancel: Any = None) -> None:
    """As `rewrite_checkpoints`, with full ones alone, and about `most` bytes for all: a row that has to be replayed
    earns its share of these, and where the rows since the last one have earned what another takes, there it is."""
    total, spent = core.log.row_count, 0
    written: list[int] = []
    with contextlib.suppress(Gone):  # as above
        for fork, members in core.graph.forks() if total >= LEAST_ROWS else ():
            known = np.sort(np.array(written, np.int64))
            base = core.graph.nearest(fork, known) if fork >= 0 and len(known) else -1
            state = core.states.checkpoint(base) if base >= 0 else empty_state()
            earned = 0
            for dense, _ in _steps(core, members, _NEAR):
                _stop_if_asked(cancel)
                rows, _ = core.log.gather(core.graph.chain(dense, base))
                state, base = advance(state, rows, len(core.log.paths)), dense
                earned += len(rows) * most // total
                price = _BYTES_ALIVE * int(np.count_nonzero(state.values))
                if price <= earned and spent + price <= most:
                    with core.writing():
                        core.checkpoints.write_full(dense, state)
                    written.append(dense)
                    earned, spent = 0, spent + price
                if progress is not None:
                    progress(dense, core.log.count, "checkpoints")
    _finish(core, sorted(written))


def _write(core: Core, item: Planned) -> None:
    rows, _ = core.log.gather(core.graph.chain(item.dense, item.base))
    if not item.full:
        core.checkpoints.write_since(item.dense, item.base, effect(rows))
        return
    size = len(core.log.paths)
    before = core.states.checkpoint(item.base) if item.base >= 0 else empty_state()
    core.checkpoints.write_full(item.dense, advance(before, rows, size))


def plan(core: Core, step_cost: int | None = None) -> list[Planned]:
    """The checkpoints that a store should have, in the order of the log; each is made from one before it."""
    enough = max(len(core.log.paths) // 2, LEAST_FULL_ROWS)
    lines: dict[int, tuple[list[int], int]] = {}  # by checkpoint: the line since the last full one, and its rows
    known = np.empty(0, np.int64)
    planned: list[Planned] = []
    for fork, members in core.graph.forks():
        base = core.graph.nearest(fork, known) if fork >= 0 and len(known) else -1
        line, rows = lines.get(base, ([], 0))
        line = list(line)
        found = []
        for dense, count in _steps(core, members, STEP_COST if step_cost is None else step_cost):
            rows += count
            full = not line or rows >= enough
            planned.append(Planned(dense, (line[-1] if line else -1) if full else line[_back(len(line))], full))
            line, rows = ([dense], 0) if full else ([*line, dense], rows)
            lines[dense] = (line, rows)
            found.append(dense)
        known = np.sort(np.append(known, found).astype(np.int64))
    return sorted(planned, key=lambda item: item.dense)


def _back(number: int) -> int:
    """Which of a line the checkpoint of a number is made from."""
    step = 1
    while number % (step * _FANOUT) == 0:
        step *= _FANOUT
    return number - step


def _steps(core: Core, members: NDArray[np.int32], step_cost: int) -> Iterator[tuple[int, int]]:
    """The transactions of a run at which the cost of a replay from the one before is reached, and the rows between."""
    starts, ends = core.log.row_bounds(members)
    rows = np.cumsum(ends - starts)
    segment = np.searchsorted(core.log.segment_rows(), starts, side="right")
    entered = np.cumsum(np.diff(segment, prepend=segment[:1]) > 0)
    step = (rows + entered * SEGMENT_COST) // step_cost
    last = np.flatnonzero(step[1:] > step[:-1]) + 1
    if len(step) and step[0] > 0:
        last = np.concatenate(([0], last))
    counts = np.diff(rows[last], prepend=0)
    yield from zip(members[last].tolist(), counts.tolist(), strict=True)
