"""Durable commits: one writer beside SQLite's own insert, one with many commits in a group, many threads at once, many
processes on one file.

The processes write to 100 timelines of one store at once; every commit that was acknowledged is looked for at the end.

    python -m tests.benchmarks.commits [--commits N] [--threads N] [--processes N] [--rounds N]
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine import Store
from tests.benchmarks.durable import PlainTable, taking_turns
from tests.benchmarks.report import Goal, goals_table, percentiles, table, write_json

TIMELINES = 100
BATCHES = (1, 10, 100)  # operations a commit


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=500, help="of one writer")
    parser.add_argument("--operations", type=int, default=50_000, help="of one thread in groups of a thousand commits")
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5, help="that the threads write for, at each size of commit")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=20, help="commits on each of the 100 timelines")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as name:
        folder = Path(name)
        single = one_writer(folder, options.commits)
        together = [one_group(folder, batch, options.operations) for batch in BATCHES]
        groups = [group(folder, options.threads, batch, options.seconds) for batch in BATCHES]
        shared = many_processes(folder, options.processes, options.rounds)
    return _report(single, together, groups, shared)


# ------------------------------------------------------------------------------------------------ one writer


def one_writer(folder: Path, count: int) -> dict[str, Any]:
    """A commit of one operation and a plain insert, in turns."""
    plain = PlainTable(folder / "plain.db")
    with Store.open(folder / "one.refactory", create=True) as store:

        def commit(number: int) -> None:
            store.commit([{"op": "put", "path": f"$.items.i{number % 500}", "value": number}], message="change")

        for number in range(20):
            commit(-1 - number)
            plain.insert()
        ours, theirs = taking_turns(commit, plain.insert, count)
    plain.close()
    return {"ours_ms": percentiles(ours, 50, 95, 99), "sqlite_ms": percentiles(theirs, 50, 95, 99), "commits": count}


# ------------------------------------------------------------------------------------------------ one thread, groups


def one_group(folder: Path, batch: int, operations: int) -> dict[str, Any]:
    """One thread that commits to an open store in groups of a thousand, `batch` operations a commit."""
    with Store.open(folder / f"together-{batch}.refactory", create=True) as store:
        store.commit([{"op": "put", "path": "$.items", "value": {f"i{number}": -1 for number in range(1000)}}])
        commits = operations // batch
        start = time.perf_counter()
        for first in range(0, commits, 1000):
            with store.group() as together:
                for number in range(first, min(first + 1000, commits)):
                    items = range(number * batch, (number + 1) * batch)
                    together.commit([{"op": "put", "path": f"$.items.i{n % 1000}", "value": n} for n in items])
        took = time.perf_counter() - start
        exact = store.graph.count == commits + 1
    return _rates("one, in groups", batch, commits, took, exact)


def _rates(who: str, batch: int, commits: int, took: float, exact: bool) -> dict[str, Any]:
    found = {"threads": who, "operations_per_commit": batch, "commits": commits, "exact": exact}
    return {**found, "commits_per_second": commits / took, "operations_per_second": commits * batch / took}


# ------------------------------------------------------------------------------------------------ many threads


def group(folder: Path, threads: int, batch: int, seconds: float) -> dict[str, Any]:
    """Threads that commit to one open store as quickly as they can, `batch` operations a commit."""
    with Store.open(folder / f"group-{batch}.refactory", create=True) as store, ThreadPoolExecutor(threads) as pool:
        store.commit([{"op": "put", "path": "$.items", "value": {}}])
        end = time.perf_counter() + seconds

        def work(thread: int) -> int:
            done = 0
            while time.perf_counter() < end:
                items = range(done * batch, (done + 1) * batch)
                store.commit([{"op": "put", "path": f"$.items.t{thread}_{n % 1000}", "value": n} for n in items])
                done += 1
            return done

        start = time.perf_counter()
        commits = sum(pool.map(work, range(threads)))
        took = time.perf_counter() - start
        exact = store.graph.count == commits + 1
    return _rates(str(threads), batch, commits, took, exact)


# ------------------------------------------------------------------------------------------------ many processes


def many_processes(folder: Path, processes: int, rounds: int) -> dict[str, Any]:
    """Processes that write to 100 timelines of one file, each to its share of them; every commit is checked after."""
    file = folder / "shared.refactory"
    with Store.open(file, create=True) as store:
        store.commit([{"op": "put", "path": "$.count", "value": 0}])
        for number in range(TIMELINES):
            store.branch(f"t{number}")
    context = multiprocessing.get_context("spawn")
    barrier = context.Manager().Barrier(processes)
    start = time.perf_counter()
    with context.Pool(processes) as pool:
        shares = [(str(file), number, processes, rounds, barrier) for number in range(processes)]
        done = [item for share in pool.starmap(_write_share, shares, chunksize=1) for item in share]
    took = time.perf_counter() - start
    lost = _lost(file, done, rounds)
    times = [ms for *_, ms in done]
    spread = percentiles(times, 50, 95, 99)
    counted = {"processes": processes, "timelines": TIMELINES, "acknowledged": len(done), "lost": lost}
    return {**counted, "ms": [*spread, max(times)], "commits_per_second": len(done) / took}


def _write_share(file: str, own: int, processes: int, rounds: int, barrier: Any) -> list[tuple[str, int, str, float]]:
    """Commits to every timeline of one process in turn: (timeline, what was written, id, milliseconds)."""
    done = []
    with Store.open(file) as store:
        barrier.wait()
        for count in range(1, rounds + 1):
            for number in range(own, TIMELINES, processes):
                name = f"t{number}"
                start = time.perf_counter()
                made = store.commit([{"op": "put", "path": "$.count", "value": count}], timeline=name)
                done.append((name, count, made.id, 1000 * (time.perf_counter() - start)))
    return done


def _lost(file: Path, done: list[tuple[str, int, str, float]], rounds: int) -> int:
    """How many acknowledged commits are not where they were written, or not what was written."""
    lost = 0
    with Store.open(file, read_only=True) as store:
        chains = {name: set(store.graph.chain(heads[0]).tolist()) for name, heads in store.heads().items()}
        for name, count, made, _ in done:
            dense = store.at(made).transaction
            lost += dense not in chains[name] or store.at(dense)["$.count"] != count
        lost += sum(store.at(None, f"t{number}")["$.count"] != rounds for number in range(TIMELINES))
        lost += store.graph.count != 1 + len(done)
    return lost


# ------------------------------------------------------------------------------------------------ the tables


def _report(
    single: dict[str, Any], together: list[dict[str, Any]], groups: list[dict[str, Any]], shared: dict[str, Any]
) -> int:
    pairs = [("one writer, one operation", single["ours_ms"]), ("SQLite's insert", single["sqlite_ms"])]
    print(table(["durable", "p50 ms", "p95 ms", "p99 ms"], [(name, *times) for name, times in pairs]))
    columns = ["threads", "operations a commit", "commits/s", "operations/s", "all there"]
    keys = ("threads", "operations_per_commit", "commits_per_second", "operations_per_second")
    rows = [[*(each[key] for key in keys), "yes" if each["exact"] else "NO"] for each in (*together, *groups)]
    print("\n" + table(columns, rows) + "\n")
    columns = ["processes", "timelines", "commits", "lost", "commits/s", "p50", "p95", "p99", "max ms"]
    keys = ("processes", "timelines", "acknowledged", "lost", "commits_per_second")
    print(table(columns, [[shared[key] for key in keys] + shared["ms"]]))
    ratio = single["ours_ms"][0] / single["sqlite_ms"][0]
    goals = [Goal("one writer ÷ SQLite's insert, p50", ratio, 1.5)]
    for each in (*together, *groups):
        what = f"threads: {each['threads']}; operations/s at {each['operations_per_commit']} a commit"
        goals.append(Goal(what, each["operations_per_second"], 50_000, at_most=False))
    goals.append(Goal("lost commits", shared["lost"], 0))
    print("\n" + goals_table(goals))
    figures = {"one_writer": single, "together": together, "group": groups, "processes": shared}
    print(write_json("commits", {**figures, "goals": [goal.figures() for goal in goals]}))
    return 0 if all(goal.met for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
