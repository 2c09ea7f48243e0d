"""Questions to a generated store, drawn from a seed, asked through the public API and answered in full.

`state`: any moment, the digest of its vector and 50 leaves as Python values. `diff`: any two moments, the vectors
compared and 50 changes as Python values. `near`: two moments of one timeline at most 1,000 transactions apart, every
change. `history`: a value at a timeline's head with all that it ever was there. `blame`: who wrote a value, at any
moment.
"""

import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from blake3 import blake3

from engine import Store
from tests.benchmarks.generate import Popularity, leaf_path
from tests.benchmarks.report import out_of_page_cache, peak_mb, percentiles, resident_mb

LEAVES = 50
NEAR = 1_000
KINDS = ("state", "diff", "near", "history", "blame")


class Asker:
    """Asks an open store one random question after another; `zipf`: about the leaves that change often."""

    def __init__(self, store: Store, records: int, zipf: bool, seed: int) -> None:
        self.store = store
        self.random = np.random.default_rng(seed)
        self.popularity = Popularity(records, 1)
        self.zipf = zipf
        self.names = sorted(store.heads())
        self.items = 0

    def paths(self, count: int) -> list[str]:
        """Paths of random leaves."""
        if self.zipf:
            return [leaf_path(leaf) for leaf in self.popularity.draw(self.random, count).tolist()]
        return [leaf_path(leaf) for leaf in self.random.integers(self.popularity.leaves, size=count).tolist()]

    def moment(self) -> int:
        """A random transaction."""
        return int(self.random.integers(self.store.graph.count))

    def question(self, kind: str) -> Callable[[], int]:
        """A question, drawn now and asked when it is called; it gives the number of Python values in the answer."""
        return {
            "state": self._state,
            "diff": self._diff,
            "near": self._near,
            "history": self._history,
            "blame": self._blame,
        }[kind]()

    def _state(self) -> Callable[[], int]:
        moment, paths = self.moment(), self.paths(LEAVES)

        def ask() -> int:
            version = self.store.at(moment)
            blake3(version.state.values.view(np.uint8)).digest()
            return len([version[path] for path in paths])

        return ask

    def _diff(self) -> Callable[[], int]:
        one, other = self.moment(), self.moment()
        return lambda: len(list(islice(self.store.diff(one, other), LEAVES)))

    def _near(self) -> Callable[[], int]:
        later = self.moment()
        chain = self.store.graph.chain(later)
        earlier = int(chain[max(0, len(chain) - 1 - int(self.random.integers(1, NEAR)))])
        return lambda: len(list(self.store.diff(earlier, later)))

    def _history(self) -> Callable[[], int]:
        name, (path,) = self.names[self.random.integers(len(self.names))], self.paths(1)

        def ask() -> int:
            assert self.store.at(None, name).get(path) is not None
            return len(list(self.store.history(path, timeline=name)))

        return ask

    def _blame(self) -> Callable[[], int]:
        moment, (path,) = self.moment(), self.paths(1)

        def ask() -> int:
            assert self.store.blame(path, moment).author
            return 1

        return ask


def timed(ask: Callable[[], int]) -> tuple[float, int]:
    """Milliseconds of one question, and how much it gave."""
    start = time.perf_counter()
    size = ask()
    return 1000 * (time.perf_counter() - start), size


def summary(measured: list[tuple[float, int]]) -> dict[str, float]:
    """p50, p95 and p99 in ms, the number of questions, and the mean size of an answer."""
    p50, p95, p99 = percentiles([ms for ms, _ in measured], 50, 95, 99)
    mean = sum(size for _, size in measured) / len(measured)
    return {"p50": p50, "p95": p95, "p99": p99, "questions": len(measured), "mean_size": mean}


def enough(count: int, seconds: float) -> Iterator[int]:
    """Counts to `count`, but stops after some seconds (and never before 5)."""
    start = time.perf_counter()
    for number in range(count):
        if number >= 5 and time.perf_counter() - start > seconds:
            return
        yield number


def warm(file: str, records: int, kind: str, zipf: bool, count: int, seconds: float) -> dict:
    """A kind of question in an open store, after a few that are not counted; with the memory of it all."""
    with Store.open(file, read_only=True) as store:
        asker = Asker(store, records, zipf, 7)
        for _ in enough(20, seconds / 3):
            asker.question(kind)()
        found = summary([timed(asker.question(kind)) for _ in enough(count, seconds)])
    return {**found, "peak_mb": peak_mb()}


def cold(file: str, records: int, kind: str, zipf: bool, count: int, seconds: float) -> dict:
    """A kind of question, each in a store that was just opened, of a file that the system has forgotten."""
    measured, opening = [], []
    for number in enough(count, seconds):
        out_of_page_cache(Path(file))
        start = time.perf_counter()
        with Store.open(file, read_only=True) as store:
            opening.append((1000 * (time.perf_counter() - start), 1))
            measured.append(timed(Asker(store, records, zipf, number).question(kind)))
    return {**summary(measured), "open": summary(opening)}


def first_read(file: str, records: int, count: int) -> dict:
    """Opening and one value at the head of the default timeline, in a running process; memory of the first."""
    measured = []
    before = resident_mb()
    memory = 0.0
    for number in range(count):
        path = leaf_path(number * 7919 % (records * 8))
        start = time.perf_counter()
        store = Store.open(file, read_only=True)
        store.at()[path]
        measured.append((1000 * (time.perf_counter() - start), 1))
        memory = memory or resident_mb() - before
        store.close()
    return {**summary(measured), "added_mb": memory, "peak_mb": peak_mb()}
