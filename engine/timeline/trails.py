"""What rows did to paths along first-parent chains: from the path-history index, and beyond it from the log itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.model.operations import NO_LABEL
from engine.storage.again import ask_again
from engine.storage.arrays import distinct
from engine.storage.history_index import Gone, HistoryIndex, IndexView
from engine.storage.log import Log
from engine.storage.postings import MOVES, RELABELS, SETS, Postings, by_path, of_rows
from engine.timeline.dag import Graph

_FIRST_CHUNK, _CHUNK = 64, 8192
# More blocks of the index than this are not read to find one row: it is looked for from where it is likely to be.
_FEW_BLOCKS = 64
_FEW_PATHS = 8
_FEW_OWNERS = 4

Cancelled = Callable[[], bool]
Paths = NDArray[np.int32] | None  # ascending ids; None for all that there are
T = TypeVar("T")


class Writes(NamedTuple):
    """Rows that set values, along a chain: transaction, path, value id after; of one path, in order."""

    owner: NDArray[np.int32]
    path: NDArray[np.int32]
    value: NDArray[np.int32]

    def take(self, where: NDArray[Any]) -> Writes:
        """Some of the rows."""
        return Writes(self.owner[where], self.path[where], self.value[where])

    def last(self) -> Writes:
        """Sorted by path, then transaction, with the last row of each transaction on each path."""
        ordered = self.take(np.lexsort((self.owner, self.path)))
        last = np.ones(len(ordered.path), bool)
        last[:-1] = (ordered.path[1:] != ordered.path[:-1]) | (ordered.owner[1:] != ordered.owner[:-1])
        return ordered.take(last)


def join(*parts: Writes) -> Writes:
    """Rows of several, one after another."""
    return Writes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def starts(path: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a new path begins, in a sorted column."""
    found = np.ones(len(path), bool)
    found[1:] = path[1:] != path[:-1]
    return found


def _never() -> bool:
    return False


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    """Ranges that cover so many elements, first few and then many at a time: what is looked for is mostly near."""
    start, size = 0, _FIRST_CHUNK
    while start < count:
        yield start, min(count, start + size)
        start, size = start + size, min(2 * size, _CHUNK)


def _tells(postings: Postings, placing: bool) -> NDArray[np.bool_]:
    """Which of some postings say a label, or a value."""
    telling: NDArray[np.bool_] = postings.label != NO_LABEL if placing else postings.effect == SETS
    return telling


class AtMoment(NamedTuple):
    """Values and labels of some paths (ascending); of a path with very many rows the label is not looked for unless it
    is asked for, and then not `labelled`."""

    values: NDArray[np.int64]
    labels: NDArray[np.int64]
    labelled: NDArray[np.bool_]

    def take_over(self, paths: NDArray[np.int32], postings: Postings) -> None:
        """Write what postings say to the places of their paths; the last one of a path holds."""
        places = np.searchsorted(paths, postings.path)
        setting, placing = np.flatnonzero(postings.effect == SETS), np.flatnonzero(postings.label)
        self.values[places[setting]] = postings.value[setting]
        self.labels[places[placing]] = postings.label[placing]
        self.labelled[places[placing]] = True


class Trails:
    """Looks for rows on some paths along the chains of an open store."""

    def __init__(self, log: Log, graph: Graph, index: HistoryIndex) -> None:
        self._log = log
        self._graph = graph
        self._index = index

    @property
    def indexed(self) -> bool:
        """Whether there is an index."""
        return bool(self._index.runs)

    def _ask(self, look: Callable[[IndexView], T]) -> T:
        """What `look` finds in the index as it is then; anew, where another process has rebuilt it meanwhile."""
        return ask_again(lambda: look(self._index.view()), Gone, self._index.catch_up)

    def _covered(self, view: IndexView) -> int:
        """Transactions below this are in the index. (It may be ahead of what was read of the log.)"""
        return min(view.end, self._log.count)

    def _scanned(self, chain: NDArray[np.int32], paths: Paths) -> Postings:
        """The rows of some transactions on some paths, in their order."""
        rows, owner = self._log.gather(chain)
        if paths is not None:
            hit = np.flatnonzero(_among(paths, rows.path))
            rows, owner = rows.take(hit), owner[hit]
        return of_rows(rows, owner)

    # -------------------------------------------------------------------------------------------- all of them

    def writes(self, head: int, paths: NDArray[Any]) -> Writes:
        """All rows that set the values of some paths on the chain of `head`."""
        asked = distinct(np.asarray(paths, np.int32))
        return self._ask(lambda view: self._writes(view, head, asked))

    def _writes(self, view: IndexView, head: int, paths: NDArray[np.int32]) -> Writes:
        beyond = self._covered(view)
        found = [self._on_chain(view.postings(paths), head)] if beyond else []
        chain = self._graph.chain_from(head, beyond)
        for start in range(0, len(chain), _CHUNK):
            postings = self._scanned(chain[start : start + _CHUNK], paths)
            postings = postings.take(postings.effect == SETS)
            found.append(Writes(postings.owner, postings.path, postings.value))
        return join(*found) if found else Writes(*(np.empty(0, np.int32) for _ in range(3)))

    def _on_chain(self, postings: Postings, head: int) -> Writes:
        owner = postings.owner
        here = (owner < self._log.count) & (postings.effect == SETS)
        here[here] = self._graph.members(owner[here], head)
        return Writes(owner[here], postings.path[here], postings.value[here])

    def touching(self, paths: Paths, transactions: NDArray[Any]) -> NDArray[np.int32]:
        """Those of the transactions (ascending) that wrote or moved one of the paths."""
        return self._ask(lambda view: self._touching(view, paths, transactions))

    def _touching(self, view: IndexView, paths: Paths, transactions: NDArray[Any]) -> NDArray[np.int32]:
        found = []
        rest = transactions
        if paths is not None and view.runs:
            owners = distinct(self._owners(view, paths, MOVES))
            found.append(owners[np.isin(owners, transactions)])
            rest = transactions[np.searchsorted(transactions, self._covered(view)) :]
        for start in range(0, len(rest), _CHUNK):
            postings = self._scanned(rest[start : start + _CHUNK], paths)
            found.append(distinct(postings.owner[postings.effect != RELABELS]))
        return np.concatenate(found) if found else np.empty(0, np.int32)

    def _owners(
        self, view: IndexView, paths: NDArray[np.int32], most: int, head: int | None = None
    ) -> NDArray[np.int32]:
        """The transactions of the index, with repeats, that wrote or moved one of the paths; on a chain, if given."""
        postings = view.postings(paths)
        owner = postings.owner[postings.effect <= most]
        owner = owner[owner < self._log.count]
        return owner if head is None else owner[self._graph.members(owner, head)]

    # -------------------------------------------------------------------------------------------- at a moment

    def at(self, head: int, paths: NDArray[np.int32]) -> AtMoment:
        """What each of some paths (ascending) holds at a version."""
        return self._ask(lambda view: self._at(view, head, paths))

    def labels_at(self, head: int, paths: NDArray[np.int32]) -> NDArray[np.int64]:
        """The label that each of some paths (ascending) was given last, up to a version, whatever that takes."""
        return self._ask(lambda view: self._at(view, head, paths, labels=True)).labels

    def _at(self, view: IndexView, head: int, paths: NDArray[np.int32], *, labels: bool = False) -> AtMoment:
        """Values and labels after the last row of each path on the chain of `head`; 0 where there is none. `labels`
        says whether to find also those that are far from the values."""
        found = AtMoment(np.zeros(len(paths), np.int64), np.zeros(len(paths), np.int64), np.ones(len(paths), bool))
        beyond = self._covered(view)
        sealed = self._graph.last_until(head, beyond - 1)
        if sealed >= 0:
            heavy = view.heavy(paths)
            postings = by_path(view.postings(paths[~heavy]))
            postings = postings.take(postings.owner <= sealed)
            if len(paths) <= _FEW_PATHS:
                where = self._last_told(postings, sealed)
            else:
                where = np.flatnonzero(self._graph.members(postings.owner, sealed))
            found.take_over(paths, postings.take(where))
            for place in np.flatnonzero(heavy).tolist():
                found.values[place] = self._latest_of(view, sealed, int(paths[place]), placing=False)
                found.labelled[place] = labels
                if labels:
                    found.labels[place] = self._latest_of(view, sealed, int(paths[place]), placing=True)
        chain = self._graph.chain_from(head, beyond)
        for start in range(0, len(chain), _CHUNK):
            found.take_over(paths, self._scanned(chain[start : start + _CHUNK], paths))
        return found

    def _latest_of(self, view: IndexView, head: int, path: int, *, placing: bool) -> int:
        """The value or label of a path of many postings."""
        for first, last in self._graph.lineage(head):
            for piece in view.backwards(path, last + 1, placing=placing):
                telling = piece.take(_tells(piece, placing))
                place = self._last_on_chain(telling.owner, head)
                if place >= 0:
                    return int((telling.label if placing else telling.value)[place])
                if piece.owner[0] < first:
                    break
        return 0

    def _last_told(self, postings: Postings, head: int) -> NDArray[np.int64]:
        """The places of those of some sorted postings that tell the values and labels on the chain of `head`: of each
        path the last ones, which are looked for from the end."""
        bounds = np.append(np.flatnonzero(starts(postings.path)), len(postings))
        found = []
        for low, high in pairwise(bounds.tolist()):
            for placing in (False, True):
                telling = low + np.flatnonzero(_tells(postings.take(slice(low, high)), placing))
                place = self._last_on_chain(postings.owner[telling], head)
                if place >= 0:
                    found.append(int(telling[place]))
        return distinct(np.array(found, np.int64))

    def _last_on_chain(self, owner: NDArray[np.int32], head: int) -> int:
        """The last place of a transaction (ascending) that is on the chain of `head`, -1 for none: looked for from the
        end, a few at a time."""
        end, size = len(owner), _FEW_OWNERS
        while end > 0:
            start = max(0, end - size)
            on = np.flatnonzero(self._graph.members(owner[start:end], head))
            if len(on):
                return start + int(on[-1])
            end, size = start, 4 * size
        return -1

    # ------------------------------------------------------------------------------------------- the nearest

    def last(self, head: int, paths: Paths, *, moves: bool = False, cancelled: Cancelled = _never) -> int | None:
        """The newest transaction on the chain of `head` that wrote (with `moves`: or moved) one of the paths."""
        most = MOVES if moves else SETS
        return self._ask(lambda view: self._last(view, head, paths, most, cancelled))

    def _last(self, view: IndexView, head: int, paths: Paths, most: int, cancelled: Cancelled) -> int | None:
        beyond = self._covered(view)
        recent = self._last_scanned(head, beyond, paths, most, cancelled)
        if recent is not None or not beyond:
            return recent
        head = self._graph.last_until(head, beyond - 1)
        if head < 0:
            return None
        if paths is None or (len(paths) > _FEW_PATHS and view.blocks_with(paths) > _FEW_BLOCKS):
            return self._last_scanned(head, 0, paths, most, cancelled)
        if len(paths) > _FEW_PATHS:
            owners = self._owners(view, paths, most, head)
            return int(owners.max()) if len(owners) else None
        found = [self._last_of(view, head, path, most, cancelled) for path in paths.tolist()]
        return max(found) if max(found) >= 0 else None

    def _last_scanned(self, head: int, first: int, paths: Paths, most: int, cancelled: Cancelled) -> int | None:
        """The same by looking through the chain of `head` down to the transaction `first`."""
        size = _FIRST_CHUNK
        for piece in self._graph.backwards(head, first):
            end = len(piece)
            while end > 0:
                if cancelled():
                    return None
                start = max(0, end - size)
                postings = self._scanned(piece[start:end], paths)
                found = np.flatnonzero(postings.effect <= most)
                if len(found):
                    return int(postings.owner[found[-1]])
                end, size = start, min(2 * size, _CHUNK)
        return None

    def _last_of(self, view: IndexView, head: int, path: int, most: int, cancelled: Cancelled) -> int:
        """The newest transaction on a chain that wrote a path, by the index; -1 for none. Where the chain leaves a run
        for an older one, all that others wrote meanwhile is stepped over."""
        for first, last in self._graph.lineage(head):
            for piece in view.backwards(path, last + 1):
                owner = piece.owner[piece.effect <= most]
                place = self._last_on_chain(owner, head)
                if place >= 0:
                    return int(owner[place])
                if piece.owner[0] < first or cancelled():
                    break
        return -1

    def next(self, after: int, head: int, paths: Paths, cancelled: Cancelled = _never) -> int | None:
        """The nearest transaction after one on the chain of `head` that wrote or moved one of the paths."""
        return self._ask(lambda view: self._next(view, after, head, paths, cancelled))

    def _next(self, view: IndexView, after: int, head: int, paths: Paths, cancelled: Cancelled) -> int | None:
        if paths is not None and view.runs and view.blocks_with(paths) <= _FEW_BLOCKS:
            owners = self._owners(view, paths, MOVES, head)
            owners = owners[owners > after]
            if len(owners):
                return int(owners.min())
            after = max(after, self._covered(view) - 1)
        chain = self._graph.chain_from(head, after + 1)
        for start, end in _chunks(len(chain)):
            if cancelled():
                return None
            postings = self._scanned(chain[start:end], paths)
            found = np.flatnonzero(postings.effect != RELABELS)
            if len(found):
                return int(postings.owner[found[0]])
        return None


def _among(paths: NDArray[np.int32], asked: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which of the paths asked about are among some (ascending)."""
    if len(paths) <= _FEW_PATHS:
        return np.isin(asked, paths, kind="sort")
    wanted = np.zeros(max(int(paths[-1]), int(asked.max(initial=0))) + 1, bool)
    wanted[paths] = True
    return wanted[asked]
