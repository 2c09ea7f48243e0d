"""A million entities of 16 fields: any entity at any moment, warm and cold, with the memory that takes.

python -m tests.benchmarks.entities [--entities N] [--changes N]
"""

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from engine import Store
from engine.model.operations import AT_END, MAP, NO_LABEL, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.timeline.bulk import BulkWriter
from tests.benchmarks.questions import enough, summary, timed
from tests.benchmarks.report import (
    ROOT,
    Goal,
    call,
    engine_mark,
    goals_table,
    out_of_page_cache,
    peak_mb,
    resident_mb,
    table,
    write_json,
)

FIELDS = 16
TOGETHER = 1_000  # entities that a transaction brings
CHANGED = 8  # fields that a later transaction changes, of as many entities
DISTINCT = 50_000
REPLICA = b"entities"
SECOND = 1_000_000


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=200_000, help="transactions that change eight entities each")
    parser.add_argument("--count", type=int, default=300, help="warm questions")
    parser.add_argument("--cold", type=int, default=10, help="cold questions, each in a store opened anew")
    parser.add_argument("--seconds", type=float, default=60, help="a kind of question ends after so long")
    options = parser.parse_args(arguments)
    file = made(options.entities, options.changes)
    given = {"file": str(file), "entities": options.entities, "seconds": options.seconds}
    warm = call("entities:ask_warm", **given, count=options.count)
    cold = call("entities:ask_cold", **given, count=options.cold)
    return _report(options, file, warm, cold)


# --------------------------------------------------------------------------------------------------- the store


def made(entities: int, changes: int) -> Path:
    """A store of so many entities, compacted where the engine can; kept until the engine's storage changes."""
    folder = ROOT / "out" / "bench"
    file = folder / f"entities-{entities}-{changes}-{engine_mark(Path(__file__))}.refactory"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(f"*entities-{entities}-{changes}-*"):
            stale.unlink()
        unfinished = file.with_name(f"unfinished-{file.name}")
        start = time.perf_counter()
        _make(unfinished, entities, changes)
        print(f"made in {time.perf_counter() - start:,.0f} s", file=sys.stderr, flush=True)
        unfinished.rename(file)
    return file


def _make(file: Path, entities: int, changes: int) -> None:
    with Store.open(file, create=True) as store:
        with store.bulk(REPLICA, "make entities") as bulk:
            parents: list[int] = []
            for number, rows in enumerate(chain.from_iterable(_Maker(bulk, entities).all(changes))):
                parents = [bulk.add(parents=parents, timeline="main", time=number * SECOND, rows=rows)]
        if hasattr(store, "compact"):
            store.compact()


class _Maker:
    """Makes the rows of every transaction, in order."""

    def __init__(self, bulk: BulkWriter, entities: int) -> None:
        self._paths = bulk.paths
        self._random = np.random.default_rng(1)
        self._values = np.array([bulk.values.intern(encode(f"value {number}")) for number in range(DISTINCT)])
        self._table = bulk.paths.child(0, encode_step("entities"))
        self._steps = [encode_step(f"field{number}") for number in range(FIELDS)]
        # The path id of every field of every entity.
        self._fields = np.zeros((entities, FIELDS), np.int32)

    def all(self, changes: int) -> tuple[Iterator[Rows], Iterator[Rows]]:
        """Transactions that bring entities, and then so many that change some."""
        return self._births(), (self._changed() for _ in range(changes))

    def _births(self) -> Iterator[Rows]:
        for first in range(0, len(self._fields), TOGETHER):
            rows = Rows()
            if not first:
                rows.append(self._table, Kind.PUT, MAP, label=AT_END)
            for entity in range(first, min(first + TOGETHER, len(self._fields))):
                self._birth(entity, rows)
            yield rows

    def _birth(self, entity: int, rows: Rows) -> None:
        record = self._paths.child(self._table, encode_step(f"e{entity}"))
        own = [self._paths.child(record, step) for step in self._steps]
        self._fields[entity] = own
        rows.append(record, Kind.PUT, MAP, label=AT_END)
        for path, value in zip(own, self._draw(FIELDS), strict=True):
            rows.append(path, Kind.PUT, value, label=AT_END)

    def _changed(self) -> Rows:
        """One field of each of some entities."""
        chosen = np.unique(self._random.integers(len(self._fields), size=CHANGED))
        size = len(chosen)
        paths = self._fields[chosen, self._random.integers(FIELDS, size=size)].tolist()
        return Rows(paths, [Kind.PUT] * size, self._draw(size), [0] * size, [NO_LABEL] * size)

    def _draw(self, size: int) -> list[int]:
        return self._values[self._random.integers(DISTINCT, size=size)].tolist()


# ------------------------------------------------------------------------------------------------ the questions


def _entity(store: Store, entities: int, random: np.random.Generator) -> int:
    """One random entity at one random moment at which it is there; its fields as Python values."""
    count = store.graph.count
    entity = int(random.integers(entities))
    born = entity // TOGETHER
    found = store.at(int(random.integers(born, count)))[f"$.entities.e{entity}"]
    assert len(found) == FIELDS
    return len(found)


def ask_warm(file: str, entities: int, count: int, seconds: float) -> dict:
    """Any entity at any moment, in an open store."""
    random = np.random.default_rng(7)
    before = resident_mb()
    with Store.open(file, read_only=True) as store:
        for _ in enough(20, seconds / 3):
            _entity(store, entities, random)
        found = summary([timed(lambda: _entity(store, entities, random)) for _ in enough(count, seconds)])
        return {**found, "added_mb": resident_mb() - before, "resident_mb": resident_mb(), "peak_mb": peak_mb()}


def ask_cold(file: str, entities: int, count: int, seconds: float) -> dict:
    """The same, each in a store that was just opened, of a file that the system has forgotten."""
    random = np.random.default_rng(8)
    measured, opening = [], []
    for _ in enough(count, seconds):
        out_of_page_cache(Path(file))
        start = time.perf_counter()
        with Store.open(file, read_only=True) as store:
            opening.append((1000 * (time.perf_counter() - start), 1))
            measured.append(timed(lambda opened=store: _entity(opened, entities, random)))
    return {**summary(measured), "open": summary(opening), "peak_mb": peak_mb()}


def _report(options: argparse.Namespace, file: Path, warm: dict, cold: dict) -> int:
    size = file.stat().st_size
    print(
        f"{options.entities:,} entities × {FIELDS} fields, {options.changes:,} transactions more: {size / 1e6:,.1f} MB"
    )
    rows = [
        [name, found["p50"], found["p95"], found["p99"], found["questions"], found["peak_mb"]]
        for name, found in (("warm", warm), ("cold", cold))
    ]
    rows.append(["opening, cold", *(cold["open"][key] for key in ("p50", "p95", "p99", "questions")), cold["peak_mb"]])
    print(table(["any entity, any moment", "p50 ms", "p95 ms", "p99 ms", "asked", "peak RSS MB"], rows))
    goals = [
        Goal("any entity at any moment, warm, p95 ms", warm["p95"], 5),
        Goal("any entity at any moment, cold, p95 ms", cold["p95"], 5),
        Goal("RSS, MB", warm["peak_mb"], 300),
    ]
    print("\n" + goals_table(goals))
    figures = {"entities": options.entities, "bytes": size, "warm": warm, "cold": cold}
    name = f"entities-{options.entities}"
    print(write_json(name, {**figures, "goals": [goal.figures() for goal in goals]}))
    return 0 if all(goal.met for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
