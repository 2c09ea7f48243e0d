"""A session of somebody who explores a store, recorded and replayed with different caches.

What is done, and how often, is what the explorer asks the store for while a person works: a branch is walked step by
step and each step's changes are looked at; bookmarks are jumped to again and again; a value's history is stepped
through; two moments are compared; the log is scrolled. The session is made once from a seed and replayed, step for
step the same, in a fresh process for each policy and size of the caches that the engine offers.

    python -m tests.benchmarks.replay [--transactions N] [--steps N] [--cache-mb MB…]
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from engine import Store
from tests.benchmarks.generate import FIELDS, Popularity, generated, leaf_path
from tests.benchmarks.questions import summary
from tests.benchmarks.report import Goal, call, goals_table, peak_mb, table, write_json

BOOKMARKS = 12
ROWS = 40  # leaves in sight
PAGE = 45  # transactions in sight
FIRST_CHANGES = 50
# What somebody turns to next, and how likely.
HABITS = {"walk": 0.3, "jump": 0.35, "step": 0.15, "compare": 0.1, "scroll": 0.1}

Step = list[Any]


# ------------------------------------------------------------------------------------------------ recording


class Person:
    """Makes a session: steps `[what, …]` that `replay` knows how to make again."""

    def __init__(self, store: Store, records: int, seed: int) -> None:
        self._store = store
        self._random = np.random.default_rng(seed)
        self._popularity = Popularity(records, 1)
        heads = store.heads()
        lengths = np.array([len(store.graph.chain(found[0])) for found in heads.values()], np.float64)
        self._names, self._weights = list(heads), lengths / lengths.sum()
        self._bookmarks = [self._somewhere() for _ in range(BOOKMARKS)]
        self._view = self._popularity.draw(self._random, ROWS).tolist()

    def session(self, steps: int) -> list[Step]:
        """So many steps, or a few more."""
        made: list[Step] = []
        habits, weights = list(HABITS), list(HABITS.values())
        while len(made) < steps:
            made += getattr(self, f"_{habits[self._random.choice(len(habits), p=weights)]}")()
        return made

    def _timeline(self) -> str:
        return self._names[self._random.choice(len(self._names), p=self._weights)]

    def _chain(self, name: str) -> np.ndarray:
        return self._store.graph.chain(self._store.heads()[name][0])

    def _somewhere(self) -> int:
        """A moment on some timeline, more likely a late one."""
        chain = self._chain(self._timeline())
        return int(chain[int(len(chain) * self._random.beta(3, 1.2))])

    def _look(self, dense: int) -> Step:
        """The state at a moment with what is in sight of it, which changes now and then."""
        if self._random.random() < 0.1:
            self._view = self._popularity.draw(self._random, ROWS).tolist()
        return ["at", dense, [leaf_path(leaf) for leaf in self._view]]

    def _bookmark(self) -> int:
        """One of the bookmarks, the first ones most often; now and then another one is set."""
        place = min(int(self._random.zipf(1.6)) - 1, BOOKMARKS - 1)
        if self._random.random() < 0.05:
            self._bookmarks[place] = self._somewhere()
        return self._bookmarks[place]

    def _walk(self) -> Iterator[Step]:
        chain = self._chain(self._timeline())
        stride = int(self._random.choice([1, 1, 1, 10, 100]))
        place = len(chain) - 1 - int(len(chain) * self._random.beta(1, 6))
        for _ in range(int(self._random.integers(10, 40))):
            if place < 0:
                return
            yield self._look(int(chain[place]))
            yield ["changes", int(chain[place])]
            # Mostly further back, sometimes a step forth again to see it once more.
            place += stride if self._random.random() < 0.15 and place + stride < len(chain) else -stride

    def _jump(self) -> Iterator[Step]:
        for _ in range(int(self._random.integers(1, 5))):
            yield self._look(self._bookmark())

    def _step(self) -> Iterator[Step]:
        path, name = leaf_path(int(self._popularity.draw(self._random, 1)[0])), self._timeline()
        yield ["history", path, name]
        dense: int | None = self._store.at(None, name).transaction
        for _ in range(int(self._random.integers(3, 12))):
            dense = self._store.nearest_change(self._path(path), dense)
            if dense is None:
                return
            yield ["nearest", path, dense]
            yield self._look(dense)

    def _path(self, path: str) -> int:
        found = self._store.at().resolve(path)
        assert found is not None
        return found

    def _compare(self) -> Iterator[Step]:
        yield ["diff", self._bookmark(), self._bookmark() if self._random.random() < 0.5 else self._somewhere()]

    def _scroll(self) -> Iterator[Step]:
        first = int(self._random.integers(self._store.graph.count))
        for page in range(int(self._random.integers(5, 25))):
            if first >= page * PAGE:
                yield ["log", first - page * PAGE]


def record(file: str, records: int, steps: int, target: str) -> dict:
    """Make a session on a store and write it down."""
    with Store.open(file, read_only=True) as store:
        session = Person(store, records, 1).session(steps)
    Path(target).write_text(json.dumps(session), encoding="utf-8")
    return {"steps": len(session), "distinct_moments": len({step[1] for step in session if step[0] == "at"})}


# ------------------------------------------------------------------------------------------------ replaying


def replay(file: str, session: str, options: dict[str, Any]) -> dict:
    """Every step of a session against a store opened with some options; latencies by kind, what the caches did."""
    steps = json.loads(Path(session).read_text(encoding="utf-8"))
    measured: dict[str, list[tuple[float, int]]] = {}
    with Store.open(file, read_only=True, **options) as store:
        for step in steps:
            start = time.perf_counter()
            size = _do(store, step)
            measured.setdefault(step[0], []).append((1000 * (time.perf_counter() - start), size))
        # What was decoded is told by the caches themselves; `stats` gives what people ask for.
        counters = store._core.db.caches.counters().values()
        cache = {name: sum(getattr(each, name) for each in counters) for name in ("hits", "misses", "decoded")}
    every = [item for items in measured.values() for item in items]
    kinds = {kind: summary(items) for kind, items in measured.items()}
    return {"all": summary(every), "kinds": kinds, "cache": cache, "peak_mb": peak_mb()}


def _do(store: Store, step: Step) -> int:
    """One step; how many values it gave."""
    match step:
        case ["at", dense, paths]:
            version = store.at(dense)
            return len([version[path] for path in paths])
        case ["changes", dense]:
            return len(list(store.changes_of(dense)))
        case ["diff", one, other]:
            return len(list(islice(store.diff(one, other), FIRST_CHANGES)))
        case ["history", path, name]:
            return len(list(islice(store.history(path, timeline=name), PAGE)))
        case ["nearest", path, dense]:
            version = store.at(dense)
            found = version.resolve(path)
            return 0 if found is None else len(str(store.nearest_change(found, dense)))
        case ["log", last]:
            return len(store.texts(np.arange(max(0, last - PAGE), last)))
        case _:
            raise ValueError(f"no such step: {step[0]}")


def offered(megabytes: list[int]) -> list[tuple[str, dict[str, Any]]]:
    """The settings of caches that are compared, by name."""
    kept = [{"cache_policy": name, "cache_bytes": size << 20} for size in megabytes for name in ("steered", "lru")]
    return [(_named(settings), settings) for settings in [*kept, {"cache_policy": "none"}]]


def _named(settings: dict[str, Any]) -> str:
    size = f" {settings['cache_bytes'] >> 20} MB" if "cache_bytes" in settings else ""
    return settings["cache_policy"] + size


# ------------------------------------------------------------------------------------------------ the tables


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--timelines", type=int, default=100)
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--merges", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--cache-mb", type=int, nargs="+", default=[16, 96])
    options = parser.parse_args(arguments)
    records = options.paths // len(FIELDS)
    file = str(generated(options.transactions, options.timelines, records, options.merges))
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as folder:
        session = str(Path(folder) / "session.json")
        recorded = call("replay:record", file=file, records=records, steps=options.steps, target=session)
        runs = {}
        for name, settings in offered(options.cache_mb):
            runs[name] = call("replay:replay", file=file, session=session, options=settings)
            print(f"{name}: p95 {runs[name]['all']['p95']:.1f} ms", file=sys.stderr, flush=True)
    return _report(options, recorded, runs)


def _report(options: argparse.Namespace, recorded: dict, runs: dict[str, dict]) -> int:
    print(
        f"{recorded['steps']:,} steps, {recorded['distinct_moments']:,} moments, {options.transactions:,} transactions"
    )
    rows = []
    for name, run in runs.items():
        cache = run["cache"]
        rate = cache["hits"] / (cache["hits"] + cache["misses"])
        percentiles = [run["all"][key] for key in ("p50", "p95", "p99")]
        rows.append([name, *percentiles, rate, cache["decoded"] / 1e6, run["peak_mb"]])
    print(table(["caches", "p50 ms", "p95 ms", "p99 ms", "hit rate", "decoded MB", "peak RSS MB"], rows) + "\n")
    kinds = [
        [name, kind, found["p50"], found["p95"], found["questions"]]
        for name, run in runs.items()
        for kind, found in run["kinds"].items()
    ]
    print(table(["caches", "step", "p50 ms", "p95 ms", "times"], kinds))
    goals = _goals(runs)
    print("\n" + goals_table(goals))
    print(write_json("replay", {"session": recorded, "runs": runs, "goals": [goal.figures() for goal in goals]}))
    return 0 if all(goal.met for goal in goals) else 1


def _goals(runs: dict[str, dict]) -> list[Goal]:
    """Decoded bytes, steered against plain LRU, at each size that both were replayed with."""
    goals = []
    for name, run in runs.items():
        policy, _, size = name.partition(" ")
        rival = runs.get(f"lru {size}".strip())
        if policy == "steered" and rival:
            ratio = run["cache"]["decoded"] / rival["cache"]["decoded"]
            goals.append(Goal(f"bytes decoded, steered ÷ LRU, {size}", ratio, 0.7))
    return goals


if __name__ == "__main__":
    sys.exit(main())
