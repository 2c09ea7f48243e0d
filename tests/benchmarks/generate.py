"""A large store from a seed: N transactions on T timelines over P paths, with forks, M merges and tags.

Which field changes follows Zipf's law; about a tenth of the values written are distinct. The same arguments give the
same history. Changes are made, and written, a block at a time; only the plan (24 bytes a transaction) is held whole.

    python -m tests.benchmarks.generate FILE [--transactions N] [--timelines T] [--paths P] [--merges M] [--seed S]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Store
from engine.model.operations import AT_END, MAP, NO_LABEL, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.storage.segment import make_columns
from engine.timeline.bulk import BulkWriter, Many
from tests.benchmarks.plan import NONE, Plan, make_plan
from tests.benchmarks.report import ROOT, engine_mark

Ids = NDArray[np.int64]
REPLICA = b"generate"
ZIPF = 1.1
DISTINCT = 0.1
CHANGES = 1.66  # a transaction, about
BLOCK = 1 << 15  # transactions that are drawn at a time
AUTHORS = [f"{name}@example.invalid" for name in ("ana", "bo", "chen", "dia", "emil", "fatou", "goro", "hana")]
STATES = ("new", "paid", "packed", "shipped", "delivered", "returned", "cancelled", "closed")
# A record's fields, each with how its n-th distinct value looks; None in the second place: as many as there may be.
FIELDS: dict[str, tuple[Callable[[int], object], int | None]] = {
    "status": (lambda n: STATES[n], len(STATES)),
    "quantity": (lambda n: n, None),
    "price": (lambda n: n * 1.25 + 0.1, None),
    "customer": (lambda n: f"customer-{n:06d}", None),
    "note": (lambda n: f"Please call {n % 97} times before delivery number {n}", None),
    "priority": (lambda n: n, 5),
    "express": (bool, 2),
    "depot": (lambda n: f"depot {n}", 40),
}
PREFIXES = ("feature", "fix", "release", "what-if", "import", "experiment")


@dataclass
class Changes:
    """What the transactions from `first` on write, flat: those of transaction `first + i` stand at `start[i]` to
    `start[i + 1]`.

    `leaf` numbers a field of a record (`record * len(FIELDS) + field`), `value` the field's n-th distinct value.
    """

    first: int
    start: NDArray[np.int64]
    leaf: NDArray[np.int64]
    value: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start) - 1


def timeline_name(number: int) -> str:
    """The name of the n-th timeline; the first is `main`."""
    return f"{PREFIXES[number % len(PREFIXES)]}/{number}" if number else "main"


def pool_sizes(transactions: int) -> list[int]:
    """How many distinct values each field draws from, so that a tenth of all values written are distinct."""
    fixed = sum(size for _, size in FIELDS.values() if size)
    free = sum(1 for _, size in FIELDS.values() if not size)
    each = max(1, int(transactions * CHANGES * DISTINCT - fixed) // free)
    return [size or each for _, size in FIELDS.values()]


class Popularity:
    """Which leaves change often: a Zipf law over them, in an order from the seed."""

    def __init__(self, records: int, seed: int) -> None:
        self.leaves = records * len(FIELDS)
        self._weights = np.cumsum(1 / np.arange(1, self.leaves + 1) ** ZIPF)
        self._order = np.random.default_rng(seed + 1).permutation(self.leaves)

    def draw(self, random: np.random.Generator, size: int) -> NDArray[np.int64]:
        """Leaves as the changes draw them."""
        rank = np.searchsorted(self._weights, random.uniform(0, self._weights[-1], size))
        return self._order[np.minimum(rank, self.leaves - 1)]


def leaf_path(leaf: int) -> str:
    """The printed path of a leaf."""
    record, place = divmod(leaf, len(FIELDS))
    return f"$.orders.o{record}.{list(FIELDS)[place]}"


def make_changes(transactions: int, records: int, seed: int) -> Iterator[Changes]:
    """One to eight changes a transaction, each to another leaf; a block of transactions at a time."""
    popularity = Popularity(records, seed)
    leaves = popularity.leaves
    sizes = np.array(pool_sizes(transactions))
    for first in range(0, transactions, BLOCK):
        random = np.random.default_rng((seed, first))
        length = min(BLOCK, transactions - first)
        owner = np.repeat(np.arange(length), np.minimum(random.geometric(0.6, length), 8))
        owner, leaf = np.divmod(np.unique(owner * leaves + popularity.draw(random, len(owner))), leaves)
        value = (random.uniform(0, 1, len(leaf)) * sizes[leaf % len(FIELDS)]).astype(np.int64)
        yield Changes(first, np.searchsorted(owner, np.arange(length + 1)), leaf, value)


class _Writer:
    """Writes a plan and its changes through the store's bulk writer."""

    def __init__(self, bulk: BulkWriter, plan: Plan, records: int) -> None:
        self.bulk = bulk
        self.plan = plan
        self.names = [timeline_name(number) for number in range(len(plan.home))]
        self.fields = list(FIELDS)
        self.makers = [make for make, _ in FIELDS.values()]
        # What a timeline wrote that a merge has yet to bring to its home: leaves and value ids, oldest first.
        self.unmerged: list[list[tuple[Ids, Ids]]] = [[] for _ in self.names]
        self.last_merged = _last_merged(plan)
        child = self.bulk.paths.child
        self.orders = child(0, encode_step("orders"))
        steps = [encode_step(name) for name in self.fields]
        self.record_paths = [child(self.orders, encode_step(f"o{number}")) for number in range(records)]
        self.leaf_paths = np.array([child(record, step) for record in self.record_paths for step in steps], np.int32)

    def write(self, changes: Changes) -> None:
        """The transactions of a block, in order of arrival: the first of all and merges one by one, others at once."""
        values = self._intern(changes)
        merged = self.plan.merged[changes.first : changes.first + len(changes)]
        special = np.flatnonzero(merged != NONE).tolist()
        start = 0
        for place in [0, *special] if changes.first == 0 else special:
            self._many(changes, values, start, place)
            self._one(changes, values, place)
            start = place + 1
        self._many(changes, values, start, len(changes))

    def _many(self, changes: Changes, values: Ids, start: int, stop: int) -> None:
        """Transactions that merge nothing."""
        if start >= stop:
            return
        span = slice(changes.first + start, changes.first + stop)
        timelines = self.plan.timeline[span]
        by_number = list(enumerate(timelines.tolist(), span.start))
        own = slice(changes.start[start], changes.start[stop])
        leaves, written = changes.leaf[own], values[own]
        counts = np.diff(changes.start[start : stop + 1])
        size = len(leaves)
        rows = make_columns(self.leaf_paths[leaves], np.full(size, Kind.PUT), written, np.zeros(size), np.zeros(size))
        firsts = changes.leaf[changes.start[start:stop]].tolist()
        self.bulk.extend(
            Many(
                parents=self.plan.parent[span, None].tolist(),
                timelines=[self.names[timeline] for _, timeline in by_number],
                times=self.plan.time[span].tolist(),
                authors=[
                    self._author(span.start + place, timeline) for place, timeline in enumerate(timelines.tolist())
                ],
                messages=[self._message(leaf) for leaf in firsts],
                counts=counts.tolist(),
                rows=rows,
            )
        )
        self._keep(span.stop, np.repeat(timelines, counts), leaves, written)

    def _one(self, changes: Changes, values: Ids, place: int) -> None:
        """The first transaction of all, or one that merges."""
        number = changes.first + place
        timeline, parent, other = (int(c[number]) for c in (self.plan.timeline, self.plan.parent, self.plan.merged))
        own = slice(changes.start[place], changes.start[place + 1])
        leaves, written = changes.leaf[own], values[own]
        message = self._message(int(leaves[0]))
        if other != NONE:
            merged = int(self.plan.timeline[other])
            parts = [*self.unmerged[merged], (leaves, written)]
            both = dict(zip(*(np.concatenate(column).tolist() for column in zip(*parts, strict=True)), strict=True))
            leaves, written = np.array(list(both)), np.array(list(both.values()))
            self.unmerged[merged] = []
            message = f"Merge {self.names[merged]}"
        self._keep(number + 1, np.full(len(leaves), timeline), leaves, written)
        changed = dict(zip(leaves.tolist(), written.tolist(), strict=True))
        self.bulk.add(
            parents=[p for p in (parent, other) if p != NONE],
            timeline=self.names[timeline],
            time=int(self.plan.time[number]),
            author=self._author(number, timeline),
            message=message,
            rows=self._rows(changed) if number else self._first_rows(changed),
        )

    def _keep(self, until: int, timelines: NDArray[Any], leaves: Ids, values: Ids) -> None:
        """Remember what was written on timelines that are merged later on."""
        wanted = self.last_merged[timelines] >= until
        if not wanted.any():
            return
        timelines, leaves, values = timelines[wanted], leaves[wanted], values[wanted]
        order = np.argsort(timelines, kind="stable")
        found, starts = np.unique(timelines[order], return_index=True)
        for timeline, where in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
            self.unmerged[timeline].append((leaves[where], values[where]))

    def _author(self, number: int, timeline: int) -> str:
        return AUTHORS[(timeline + number % 3) % len(AUTHORS)]

    def _message(self, leaf: int) -> str:
        record, place = divmod(leaf, len(self.fields))
        return f"Set {self.fields[place]} of order {record}"

    def _intern(self, changes: Changes) -> Ids:
        """The value ids of a block's changes."""
        width = len(self.fields)
        drawn, place = np.unique(changes.value * width + changes.leaf % width, return_inverse=True)
        intern = self.bulk.values.intern
        ids = [intern(encode(self.makers[number % width](number // width))) for number in drawn.tolist()]
        return np.array(ids, np.int64)[place]

    def _rows(self, changed: dict[int, int]) -> Rows:
        size = len(changed)
        paths = self.leaf_paths[list(changed)].tolist()
        return Rows(paths, [Kind.PUT] * size, list(changed.values()), [0] * size, [NO_LABEL] * size)

    def _first_rows(self, changed: dict[int, int]) -> Rows:
        """All records with all fields: later changes always meet a live path."""
        rows = Rows()
        rows.append(self.orders, Kind.PUT, MAP, label=AT_END)
        width = len(self.fields)
        firsts = [self.bulk.values.intern(encode(make(0))) for make in self.makers]
        paths = self.leaf_paths.tolist()
        for number, record in enumerate(self.record_paths):
            rows.append(record, Kind.PUT, MAP, label=AT_END)
            for leaf in range(number * width, (number + 1) * width):
                rows.append(paths[leaf], Kind.PUT, changed.get(leaf, firsts[leaf % width]), label=AT_END)
        return rows

    def tag(self) -> None:
        """A hundred tags on the first timeline."""
        own = np.flatnonzero(self.plan.timeline == 0)
        step = max(1, len(own) // 100)
        for count, number in enumerate(own[step::step].tolist(), 1):
            self.bulk.set_tag(f"v{count // 10}.{count % 10}", number)


def _last_merged(plan: Plan) -> Ids:
    """By timeline, the last transaction that merges it into another; from there on nobody asks what it wrote."""
    last = np.full(len(plan.home), NONE, np.int64)
    merging = np.flatnonzero(plan.merged != NONE)
    np.maximum.at(last, plan.timeline[plan.merged[merging]], merging)
    return last


def generate(
    file: Path,
    transactions: int = 1_000_000,
    timelines: int = 1_000,
    records: int = 2_000,
    seed: int = 1,
    merges: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a generated history to a new store; with fewer merges than timelines that end in one, there are these."""
    plan = make_plan(transactions, timelines, seed, merges)
    with Store.open(file, create=True) as store, store.bulk(REPLICA, "generate a history") as bulk:
        writer = _Writer(bulk, plan, records)
        for changes in make_changes(transactions, records, seed):
            writer.write(changes)
            if progress:
                progress(changes.first + len(changes), transactions)
        writer.tag()


def generated(
    transactions: int = 1_000_000, timelines: int = 1_000, records: int = 2_000, merges: int = 0, seed: int = 1
) -> Path:
    """A generated store of that size, made on first use and kept under out/bench until the generator, or how a store is
    written, changes."""
    here = Path(__file__).parent
    mark = engine_mark(here / "generate.py", here / "plan.py")
    name = f"generated-{transactions}-{timelines}-{records}-{merges}-{seed}"
    file = ROOT / "out" / "bench" / f"{name}-{mark}.refactory"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"unfinished-{file.name}")
        for stale in file.parent.glob(f"*{name}-*"):
            stale.unlink()
        generate(unfinished, transactions, timelines, records, seed, merges)
        unfinished.rename(file)
    return file


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--timelines", type=int, default=1_000)
    parser.add_argument("--paths", type=int, default=16_000, help="leaves: eight for each record")
    parser.add_argument("--merges", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.file.exists():
        parser.error(f"{options.file} exists already")
    start = time.perf_counter()

    def progress(done: int, total: int) -> None:
        print(f"\r{done:,} of {total:,} transactions", end="", file=sys.stderr, flush=True)

    sizes = (options.transactions, options.timelines, options.paths // len(FIELDS), options.seed, options.merges)
    generate(options.file, *sizes, progress if sys.stderr.isatty() else None)
    seconds = time.perf_counter() - start
    size = options.file.stat().st_size
    print(f"{options.file}: {options.transactions:,} transactions in {seconds:.1f} s, {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
