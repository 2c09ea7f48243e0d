"""Search of transactions by author, message, id, handle or timeline; no Qt.

Names of timelines are compared once and spread over the transactions by a gather; authors and messages are read in
chunks of 2,000, newest first, so that the first hits show at once and a search can stop at any chunk.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic, sleep

import numpy as np

from .columns import Array, Columns

CHUNK = 2_000

Texts = Callable[[Array], Sequence[tuple[str, str]]]  #: author and message of transactions


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What one chunk gave: the transactions [start, stop) were looked at, these were found (ascending)."""

    start: int
    stop: int
    found: Array


def words_of(query: str) -> list[str]:
    """The words that must all occur, without regard to case; words in double quotes stay together."""
    words: list[str] = []
    for number, part in enumerate(query.casefold().split('"')):
        words += [part] if number % 2 and part else part.split()
    return words


def search(columns: Columns, texts: Texts, query: str, first: int = 0) -> Iterator[Hits]:
    """Look through the transactions from `first` on, newest first. Every word must occur in one of the texts."""
    words = words_of(query)
    names = [name.casefold() for name in columns.names]
    named = np.array([[word in name for name in names] for word in words], bool).reshape(len(words), len(names))
    for stop in range(columns.count, first, -CHUNK):
        start = max(stop - CHUNK, first)
        timeline = columns.timeline[start:stop]
        by_name = named[:, timeline]
        if by_name.all():
            found = np.ones(stop - start, bool)
        else:
            found = by_name.all(axis=0)
            rest = np.flatnonzero(~found)
            held = texts((rest + start).astype(np.int64))
            found[rest] = [
                _matches(words, f"{author}\n{message}".casefold(), by_name[:, at])
                for at, (author, message) in zip(rest.tolist(), held, strict=True)
            ]
        if columns.alive is not None:
            found &= columns.alive[start:stop]
        yield Hits(start, stop, (np.flatnonzero(found) + start).astype(np.int32))


def _matches(words: list[str], text: str, by_name: Array) -> bool:
    return all(word in text or by_name[number] for number, word in enumerate(words))


class Search:
    """One search, run by a worker and watched by the window: both may look at it at any time."""

    def __init__(self, columns: Columns, texts: Texts, query: str, resolve: Callable[[str], int | None]) -> None:
        self.query = query
        self._columns, self._texts, self._resolve = columns, texts, resolve
        self._older: list[Array] = []  # appended by the worker, newest chunk first
        self._newer: list[Array] = []  # what came after the search had begun, oldest first
        self._exact: int | None = None
        self.looked_at = 0
        self.total = columns.count
        self.done = False

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Search until the end, or until `stopped` says so."""
        exact = self._resolve(self.query)
        if exact is not None and 0 <= exact < self.total:
            self._exact = exact
        pause = monotonic()
        for hits in search(self._columns, self._texts, self.query):
            self._older.append(hits.found)
            self.looked_at = self.total - hits.start
            if stopped():
                return
            if monotonic() - pause > 0.005:
                sleep(0)  # lets the window's thread have the interpreter
                pause = monotonic()
        self.looked_at, self.done = self.total, True

    def extend(self, columns: Columns, first: int) -> None:
        """Look at the transactions that came since."""
        self._newer += [hits.found for hits in search(columns, self._texts, self.query, first)][::-1]

    def found(self) -> Array:
        """What has been found up to now, ascending."""
        parts = [*self._older[::-1], *self._newer]
        found = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        if self._exact is None:
            return found
        at = int(np.searchsorted(found, self._exact))
        if at < len(found) and found[at] == self._exact:
            return found
        return np.insert(found, at, self._exact)
