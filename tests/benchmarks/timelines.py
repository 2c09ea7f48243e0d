"""Ten thousand timelines of 20 operations: bytes, seconds, and what one more costs; DoltLite at a smaller scale.

Merging is not measured: this version of the engine has no merge.

    python -m tests.benchmarks.timelines [--timelines N] [--rival-scale N]
"""

import argparse
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import Store
from engine.model.operations import AT_END, MAP, NO_LABEL, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.timeline.bulk import BulkWriter
from tests.benchmarks.durable import PlainTable, taking_turns
from tests.benchmarks.report import Goal, call, goals_table, percentiles, table, write_json

OPERATIONS = 20
PATHS = 1_000
REPLICA = b"timeline"
HOUR = 3_600_000_000


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timelines", type=int, default=10_000)
    parser.add_argument("--count", type=int, default=300, help="timelines made alone, beside a durable INSERT")
    parser.add_argument("--rival-scale", type=int, default=200, help="timelines that DoltLite gets; 0: none")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as name:
        folder = Path(name)
        together = bulk(folder / "together.refactory", options.timelines, 1)
        apart = bulk(folder / "apart.refactory", options.timelines, OPERATIONS)
        alone = one_more(folder / "together.refactory", folder, options.count)
        rival = None
        if options.rival_scale and importlib.util.find_spec("doltlite"):
            target = str(folder / "doltlite.db")
            sizes = {"timelines": options.rival_scale, "operations": OPERATIONS, "paths": PATHS}
            rival = {**sizes, **call("doltlite_store:branches", target=target, **sizes)}
    return _report(together, apart, alone, rival)


def bulk(file: Path, timelines: int, transactions: int) -> dict[str, Any]:
    """Timelines off random transactions made before, 20 operations on each in so many transactions."""
    draw = random.Random(1)
    with Store.open(file, create=True) as store:
        start = time.perf_counter()
        with store.bulk(REPLICA, "make timelines") as writer:
            rows = _rows(writer)
            writer.add(parents=[], timeline="main", time=0, rows=rows(range(PATHS), True))
            starts = [0]
            for number in range(timelines):
                parent = draw.choice(starts)  # nine levels deep on average
                for _ in range(transactions):
                    chosen = draw.sample(range(PATHS), OPERATIONS // transactions)
                    when = writer.next_seq * HOUR
                    parent = writer.add(parents=[parent], timeline=f"t{number}", time=when, rows=rows(chosen, False))
                starts.append(parent)
        seconds = time.perf_counter() - start
        if hasattr(store, "compact"):
            store.compact()
        names = len(store.heads())
    # What the paths and values of the one state cost is in it: the goal is the whole file.
    made = {"timelines": timelines, "transactions_each": transactions, "exact": names == timelines + 1}
    return {**made, "seconds": seconds, "bytes": file.stat().st_size, "compacted": hasattr(Store, "compact")}


def _rows(writer: BulkWriter) -> Callable[[Any, bool], Rows]:
    """Makes the rows that set some paths to values that were not there before; `new`: the paths are new, too."""
    draw = random.Random(2)
    items = writer.paths.child(0, encode_step("items"))
    paths = [writer.paths.child(items, encode_step(f"i{number}")) for number in range(PATHS)]

    def rows(chosen: Any, new: bool) -> Rows:
        made = Rows()
        if new:
            made.append(items, Kind.PUT, MAP, label=AT_END)
        for number in chosen:
            value = writer.values.intern(encode(draw.randrange(5_000)))
            made.append(paths[number], Kind.PUT, value, label=AT_END if new else NO_LABEL)
        return made

    return rows


def one_more(file: Path, folder: Path, count: int) -> dict[str, Any]:
    """Milliseconds of a timeline made alone in a store of many, and of a plain insert, in turns; of a commit on it."""
    plain = PlainTable(folder / "plain.db")
    with Store.open(file) as store:
        names = list(store.heads())

        def branch(number: int) -> None:
            store.branch(f"more-{number}", names[number % len(names)])

        branch(-1)
        plain.insert()
        ours, theirs = taking_turns(branch, plain.insert, count)
    plain.close()
    return {"ours_ms": percentiles(ours, 50, 95, 99), "sqlite_ms": percentiles(theirs, 50, 95, 99)}


def _report(together: dict, apart: dict, alone: dict, rival: dict | None) -> int:
    rows = []
    for made, how in ((together, "one transaction each"), (apart, f"{OPERATIONS} transactions each")):
        rate = made["timelines"] * OPERATIONS / made["seconds"]
        rows.append([f"ours, {how}", made["timelines"], made["seconds"], rate, made["bytes"] / 1e6])
    if rival:
        rate = rival["timelines"] * OPERATIONS / rival["seconds"]
        rows.append(["DoltLite, scaled down", rival["timelines"], rival["seconds"], rate, rival["bytes"] / 1e6])
    print(table(["timelines of 20 operations", "timelines", "s", "operations/s", "MB"], rows))
    pairs = [("ours", alone["ours_ms"]), ("SQLite's durable INSERT", alone["sqlite_ms"])]
    if rival:
        pairs.append(("DoltLite, scaled down", rival["branch_ms"]))
    print("\n" + table(["one more timeline", "p50 ms", "p95 ms", "p99 ms"], [(name, *times) for name, times in pairs]))
    print("\nmerge is not measured: this version of the engine has none")
    if not together["compacted"]:
        print("ours was not compacted: this version of the engine has no compact")
    goals = [
        Goal("10,000 timelines, MB", together["bytes"] / 1e6, 8),
        Goal("10,000 timelines, s in group commits", together["seconds"], 5),
        Goal("one alone ÷ a durable INSERT, p50", alone["ours_ms"][0] / alone["sqlite_ms"][0], 1.2),
    ]
    print("\n" + goals_table(goals))
    figures = {"together": together, "apart": apart, "alone": alone, "doltlite": rival}
    print(write_json("timelines", {**figures, "goals": [goal.figures() for goal in goals]}))
    return 0 if all(goal.met for goal in goals) and together["exact"] and apart["exact"] else 1


if __name__ == "__main__":
    sys.exit(main())
