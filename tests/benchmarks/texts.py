"""Texts that people typed, a transaction a key stroke: bytes of the file, and how quickly any version is read.

python -m tests.benchmarks.texts [TRACE …]

The editing traces of the shared data are written through the bulk API, compacted, and compared with a plain replay: the
end and 200 random versions. "Net" is the file less an empty store. With times, the file has the time that the trace has
of each edit; without, there is none to store but an order.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine import Store
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from tests.benchmarks import traces
from tests.benchmarks.report import Goal, goals_table, percentiles, table, write_json
from tests.benchmarks.rivals import Rival, installed, run
from tests.benchmarks.traces import Trace

GOALS = {"automerge-paper": 62_000}
VERSIONS = 200
COLD = 40
REPLICA = b"one hand"
PATH = "$.text"
RIVALS = (
    Rival("loro", "loro_text", "loro", "Loro, a text, a commit a transaction, snapshot"),
    Rival("pycrdt", "pycrdt_text", "pycrdt", "pycrdt (Yrs), a text, a transaction each, nothing collected"),
)
COLUMNS = {
    "trace": "trace",
    "times": "times",
    "edits": "edits",
    "net": "net bytes",
    "warm": "before compact",
    "per_second": "edits/s",
    "compact_seconds": "compact s",
    "cold_p50": "cold p50 ms",
    "cold_p95": "p95",
    "any_p50": "any p50 ms",
    "any_p95": "p95",
    "next_ms": "next ms",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traces", nargs="*", metavar="TRACE", help="of those in the shared data")
    options = parser.parse_args(arguments)
    files = traces.files()
    if not files:
        print("skipped: ../shared/data is missing", file=sys.stderr)
        return 0
    if unknown := [name for name in options.traces if name not in files]:
        print(f"there is no trace {', '.join(unknown)}; there are: {', '.join(files)}", file=sys.stderr)
        return 2
    found, others = [], []
    for name in options.traces or files:
        trace = traces.read(files[name])
        for timed in (False, True):
            with tempfile.TemporaryDirectory(prefix="refactory-bench-") as folder:
                found.append({"trace": name, **measure(trace, Path(folder), timed)})
        others += [
            {"trace": name, "rival": rival.name, **run(rival, files[name])[0]} for rival in RIVALS if installed(rival)
        ]
    print(table(list(COLUMNS.values()), [[each[key] for key in COLUMNS] for each in found]) + "\n")
    if others:
        print(_rivals_table(others) + "\n")
    goals = [
        Goal(f"{each['trace']}: net bytes", each["net"], GOALS[each["trace"]])
        for each in found
        if each["trace"] in GOALS and each["times"] == "without"
    ]
    goals += [Goal(f"{each['trace']}: any version, cold, p95 ms", each["cold_p95"], 50) for each in found]
    print(goals_table(goals))
    print(write_json("texts", {"rows": found, "rivals": others, "goals": [goal.figures() for goal in goals]}))
    return 0 if all(goal.met for goal in goals) else 1


def _rivals_table(others: list[dict[str, Any]]) -> str:
    keys = ("trace", "rival", "bytes", "bytes_zstd", "seconds", "exact")
    rows = [[each[key] for key in keys] for each in others if "error" not in each]
    failed = [f"{each['rival']} failed on {each['trace']}: {each['error']}" for each in others if "error" in each]
    return "\n".join([table(["trace", "rival", "bytes", "zstd -19", "seconds", "exact"], rows), *failed])


def measure(trace: Trace, folder: Path, timed: bool) -> dict[str, Any]:
    """Bytes and times of one trace. Raises AssertionError where a version is not what a replay makes."""
    file = folder / "text.refactory"
    with Store.open(folder / "empty.refactory", create=True):
        pass
    empty = (folder / "empty.refactory").stat().st_size
    seconds = write(trace, file, timed)
    warm = file.stat().st_size
    start = time.perf_counter()
    with Store.open(file) as store:
        store.compact()
    compact_seconds = time.perf_counter() - start
    net = file.stat().st_size - empty
    chosen = random.Random(1).sample(range(len(trace.patches)), VERSIONS)
    reading = read_versions(file, chosen, check(trace, chosen))
    return {
        "times": "with" if timed else "without",
        "edits": trace.edits,
        "net": net,
        "warm": warm - empty,
        "per_second": trace.edits / seconds,
        "compact_seconds": compact_seconds,
        **reading,
    }


def write(trace: Trace, file: Path, timed: bool) -> float:
    """Write a trace, a transaction each of its; seconds until all is durable."""
    start = time.perf_counter()
    with Store.open(file, create=True) as store, store.bulk(REPLICA, "a trace") as bulk:
        path = bulk.paths.child(0, encode_step("text"))
        value = bulk.values.intern(encode(trace.start))
        rows = Rows()
        rows.append(path, Kind.PUT, value, label=AT_END)
        first = trace.times[0] if timed else 0
        dense = bulk.add(parents=[], timeline="main", time=first, rows=rows)
        for moment, patches in zip(trace.times, trace.patches, strict=True):
            rows = Rows()
            for place, gone, come in patches:
                value = bulk.values.splice(value, place, gone, come)
                rows.append(path, Kind.SPLICE, value)
            dense = bulk.add(parents=[dense], timeline="main", time=moment if timed else 0, rows=rows)
    return time.perf_counter() - start


def check(trace: Trace, chosen: Sequence[int]) -> dict[int, str]:
    """The text after some transactions, by a plain replay."""
    wanted = set(chosen)
    expected = {}
    for number, text in enumerate(trace.versions()):
        if number in wanted:
            expected[number] = text
    assert text == trace.end
    return expected


def read_versions(file: Path, chosen: Sequence[int], expected: dict[int, str]) -> dict[str, Any]:
    """How long versions take (ms): by a store that was just opened, by one that has read others, and the one after."""
    cold, warm, following = [], [], []
    for number in chosen[:COLD]:
        with Store.open(file) as store:
            start = time.perf_counter()
            assert store.at(number + 1)[PATH] == expected[number]
            cold.append(1000 * (time.perf_counter() - start))
    with Store.open(file) as store:
        store.at(None)[PATH]
        for number in chosen:
            start = time.perf_counter()
            assert store.at(number + 1)[PATH] == expected[number]
            warm.append(1000 * (time.perf_counter() - start))
            if number + 2 < store.graph.count:
                start = time.perf_counter()
                store.at(number + 2)[PATH]
                following.append(1000 * (time.perf_counter() - start))
    names = [("cold", cold), ("any", warm)]
    found = {f"{name}_p{share}": percentiles(taken, share)[0] for name, taken in names for share in (50, 95)}
    return {**found, "next_ms": percentiles(following, 50)[0]}


if __name__ == "__main__":
    sys.exit(main())
