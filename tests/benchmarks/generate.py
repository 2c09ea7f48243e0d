"""A large store from a seed: N transactions on B timelines over P records, with forks, merges and tags.

Which field changes follows Zipf's law; about a tenth of the values written are distinct. The same arguments give the
same history.

    python -m tests.benchmarks.generate FILE [--transactions N] [--timelines B] [--records P] [--seed S]
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import Store
from engine.model.operations import AT_END, MAP, NO_LABEL, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from tests.benchmarks.plan import NONE, Plan, make_plan
from tests.benchmarks.report import ROOT

REPLICA = b"generate"
ZIPF = 1.1
DISTINCT = 0.1
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
    """What all transactions write, flat: those of transaction `i` stand at `start[i]` to `start[i + 1]`.

    `leaf` numbers a field of a record (`record * len(FIELDS) + field`), `value` the field's n-th distinct value.
    """

    start: NDArray[np.int64]
    leaf: NDArray[np.int64]
    value: NDArray[np.int64]


@dataclass
class _Log:
    """What a timeline wrote since it began: leaves and value ids, oldest first."""

    leaf: list[int] = field(default_factory=list)
    value: list[int] = field(default_factory=list)


def timeline_name(number: int) -> str:
    """The name of the n-th timeline; the first is `main`."""
    return f"{PREFIXES[number % len(PREFIXES)]}/{number}" if number else "main"


def pool_sizes(operations: int) -> list[int]:
    """How many distinct values each field draws from, so that a tenth of all values written are distinct."""
    fixed = sum(size for _, size in FIELDS.values() if size)
    free = sum(1 for _, size in FIELDS.values() if not size)
    each = max(1, int(operations * DISTINCT - fixed) // free)
    return [size or each for _, size in FIELDS.values()]


def make_changes(transactions: int, records: int, seed: int) -> Changes:
    """One to eight changes a transaction, each to another leaf."""
    random = np.random.default_rng(seed + 1)
    counts = np.minimum(random.geometric(0.6, transactions), 8)
    owner = np.repeat(np.arange(transactions), counts)
    leaves = records * len(FIELDS)
    weights = np.cumsum(1 / np.arange(1, leaves + 1) ** ZIPF)
    rank = np.searchsorted(weights, random.uniform(0, weights[-1], len(owner)))
    pairs = np.unique(owner * leaves + random.permutation(leaves)[np.minimum(rank, leaves - 1)])
    owner, leaf = np.divmod(pairs, leaves)
    sizes = np.array(pool_sizes(len(pairs)))[leaf % len(FIELDS)]
    value = (random.uniform(0, 1, len(pairs)) * sizes).astype(np.int64)
    return Changes(np.searchsorted(owner, np.arange(transactions + 1)), leaf, value)


class _Writer:
    """Writes a plan and its changes through the store's bulk writer."""

    def __init__(self, bulk, plan: Plan, changes: Changes, records: int) -> None:
        self.bulk = bulk
        self.plan = plan
        self.records = records
        self.changes = changes
        self.names = [timeline_name(number) for number in range(len(plan.home))]
        self.fields = list(FIELDS)
        self.logs = [_Log() for _ in self.names]
        self.forked_at = [0] * len(self.names)

    def write(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Everything, in order of arrival."""
        self._intern()
        plan, total = self.plan, len(self.plan)
        timelines, parents = plan.timeline.tolist(), plan.parent.tolist()
        merged, times = plan.merged.tolist(), plan.time.tolist()
        starts, leaves, values = self.changes.start.tolist(), self.changes.leaf.tolist(), self.values.tolist()
        for number in range(total):
            timeline, parent, other = timelines[number], parents[number], merged[number]
            home = plan.home[timeline]
            if home != NONE and timelines[parent] != timeline:
                self.forked_at[timeline] = len(self.logs[home].leaf)
            span = slice(starts[number], starts[number + 1])
            changed = dict(zip(leaves[span], values[span], strict=True))
            message = self._message(leaves[span][0])
            if other != NONE:
                changed = self._merge(timelines[other], timeline, changed)
                message = f"Merge {self.names[timelines[other]]}"
            rows = self._rows(changed) if number else self._first_rows(changed)
            self.logs[timeline].leaf += changed.keys()
            self.logs[timeline].value += changed.values()
            self.bulk.add(
                parents=[p for p in (parent, other) if p != NONE],
                timeline=self.names[timeline],
                time=times[number],
                author=AUTHORS[(timeline + number % 3) % len(AUTHORS)],
                message=message,
                source="",
                rows=rows,
            )
            if progress and number % 10_000 == 0:
                progress(number, total)
        self._tag(timelines)

    def _message(self, leaf: int) -> str:
        record, place = divmod(leaf, len(self.fields))
        return f"Set {self.fields[place]} of order {record}"

    def _intern(self) -> None:
        child, intern = self.bulk.paths.child, self.bulk.values.intern
        self.orders = child(0, encode_step("orders"))
        steps = [encode_step(name) for name in self.fields]
        self.record_paths = [child(self.orders, encode_step(f"o{number}")) for number in range(self.records)]
        self.leaf_paths = [child(record, step) for record in self.record_paths for step in steps]
        pools = [
            [intern(encode(make(number))) for number in range(size)]
            for (make, _), size in zip(FIELDS.values(), pool_sizes(len(self.changes.leaf)), strict=True)
        ]
        self.first_values = [pool[0] for pool in pools]
        offsets = np.cumsum([0, *(len(pool) for pool in pools)])[:-1]
        ids = np.array([identity for pool in pools for identity in pool])
        self.values = ids[offsets[self.changes.leaf % len(pools)] + self.changes.value]

    def _rows(self, changed: dict[int, int]) -> Rows:
        size = len(changed)
        paths = [self.leaf_paths[leaf] for leaf in changed]
        return Rows(paths, [Kind.PUT] * size, list(changed.values()), [0] * size, [NO_LABEL] * size)

    def _first_rows(self, changed: dict[int, int]) -> Rows:
        """All records with all fields: later changes always meet a live path."""
        rows = Rows()
        rows.append(self.orders, Kind.PUT, MAP, label=AT_END)
        width = len(self.fields)
        for number, record in enumerate(self.record_paths):
            rows.append(record, Kind.PUT, MAP, label=AT_END)
            for leaf in range(number * width, (number + 1) * width):
                value = changed.get(leaf, self.first_values[leaf % width])
                rows.append(self.leaf_paths[leaf], Kind.PUT, value, label=AT_END)
        return rows

    def _merge(self, other: int, into: int, changed: dict[int, int]) -> dict[int, int]:
        """Every leaf on which the two may differ: the merged timeline's value wins, then the merge's own changes."""
        here, there = self.logs[into], self.logs[other]
        since = self.forked_at[other]
        both = dict(zip(here.leaf[since:], here.value[since:], strict=True))
        both.update(zip(there.leaf, there.value, strict=True))
        both.update(changed)
        return both

    def _tag(self, timelines: list[int]) -> None:
        own = [number for number, timeline in enumerate(timelines) if timeline == 0]
        step = max(1, len(own) // 100)
        for count, number in enumerate(own[step::step], 1):
            self.bulk.set_tag(f"v{count // 10}.{count % 10}", number)


def generate(
    file: Path,
    transactions: int = 1_000_000,
    timelines: int = 1_000,
    records: int = 2_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a generated history to a new store."""
    plan = make_plan(transactions, timelines, seed)
    changes = make_changes(transactions, records, seed)
    with Store.open(file, create=True) as store, store.bulk(REPLICA, "generate a history") as bulk:
        _Writer(bulk, plan, changes, records).write(progress)


def generated(transactions: int = 1_000_000, timelines: int = 1_000, seed: int = 1) -> Path:
    """A generated store of that size, made on first use and kept under out/bench until the generator, or how a store is
    written, changes."""
    from hashlib import blake2b

    here, storage = Path(__file__).parent, ROOT / "engine" / "storage"
    files = [here / "generate.py", here / "plan.py"]
    files += [storage / f"{name}.py" for name in ("database", "ddl", "integers", "records", "segment", "transactions")]
    mark = blake2b(b"".join(file.read_bytes() for file in files), digest_size=4).hexdigest()
    file = ROOT / "out" / "bench" / f"generated-{transactions}-{timelines}-{seed}-{mark}.refactory"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"unfinished-{file.name}")
        for stale in file.parent.glob(f"*generated-{transactions}-{timelines}-{seed}-*"):
            stale.unlink()
        generate(unfinished, transactions, timelines, seed=seed)
        unfinished.rename(file)
    return file


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--timelines", type=int, default=1_000)
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.file.exists():
        parser.error(f"{options.file} exists already")
    start = time.perf_counter()

    def progress(done: int, total: int) -> None:
        print(f"\r{done:,} of {total:,} transactions", end="", file=sys.stderr, flush=True)

    sizes = (options.transactions, options.timelines, options.records, options.seed)
    generate(options.file, *sizes, progress if sys.stderr.isatty() else None)
    seconds = time.perf_counter() - start
    size = options.file.stat().st_size
    print(f"{options.file}: {options.transactions:,} transactions in {seconds:.1f} s, {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
