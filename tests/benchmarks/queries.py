"""Questions about the past of a large generated store: any state, any diff, a value's whole history, blame.

Warm: an open store, 20 questions before those that count. Cold: each question in a store that was just opened, of a
file that the system's page cache has forgotten; opening is told apart. DoltLite answers the same kinds of questions
about the same changes, at a scale that it can be filled at, and ours beside it at that scale.

    python -m tests.benchmarks.queries [--transactions N] [--paths P] [--timelines T] [--merges M] [--rival-scale N]
"""

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.report import Goal, call, goals_table, table, write_json

GOALS_MS = {"state": 5.0, "diff": 6.0, "history": 1.0, "blame": 1.0}
KINDS = ("state", "diff", "near", "history", "blame")
FIELDS = 8


def compacted(file: Path) -> Path:
    """The store after `compact` where the engine has one; made once."""
    from engine import Store

    mark = file.with_suffix(".compacted")
    if hasattr(Store, "compact") and not mark.exists():
        with Store.open(file) as store:
            store.compact()
        mark.touch()
    return file


def main(arguments: list[str] | None = None) -> int:
    from tests.benchmarks.generate import generated

    options = _options(arguments)
    records = options.paths // FIELDS
    file = compacted(generated(options.transactions, options.timelines, records, options.merges))
    given = {"file": str(file), "records": records, "seconds": options.seconds}
    rows, figures = [], []
    for kind in KINDS:
        for drawn in ("uniform", "zipf"):
            asked = {**given, "kind": kind, "zipf": drawn == "zipf"}
            for mood, count in (("warm", options.count), ("cold", options.cold)):
                found = call(f"questions:{mood}", **asked, count=count)
                figures.append({"kind": kind, "paths": drawn, "mood": mood, **found})
                rows.append([kind, drawn, mood, *_percentiles(found), found["questions"], found["mean_size"]])
                print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    opened = call("questions:first_read", file=str(file), records=records, count=10)
    rival = _rival(options) if importlib.util.find_spec("doltlite") and options.rival_scale else None
    return _report(options, file, rows, figures, opened, rival)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--timelines", type=int, default=100)
    parser.add_argument("--merges", type=int, default=1_000)
    parser.add_argument("--count", type=int, default=300, help="warm questions of each kind")
    parser.add_argument("--cold", type=int, default=20, help="cold questions of each kind")
    parser.add_argument("--seconds", type=float, default=20, help="a kind of question ends after so long")
    parser.add_argument("--rival-scale", type=int, default=20_000, help="transactions that DoltLite gets; 0: none")
    return parser.parse_args(arguments)


def _percentiles(found: dict[str, Any]) -> list[float]:
    return [found["p50"], found["p95"], found["p99"]]


def _rival(options: argparse.Namespace) -> dict[str, Any]:
    """DoltLite and ours on a smaller history of one timeline, with as many paths a transaction."""
    from tests.benchmarks.generate import generated

    paths = max(FIELDS, options.rival_scale * options.paths // options.transactions) // FIELDS * FIELDS
    records = max(100, paths // FIELDS)
    ours = compacted(generated(options.rival_scale, 1, records))
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as folder:
        source, target = Path(folder) / "changes.jsonl", str(Path(folder) / "doltlite.db")
        names = _write_changes(ours, source)
        built = call("doltlite_store:build", source=str(source), target=target)
        theirs = call("doltlite_store:ask", target=target, paths=names, count=100, seconds=options.seconds)
    given = {"file": str(ours), "records": records, "seconds": options.seconds, "zipf": False, "count": 100}
    mine = {kind: call("questions:warm", kind=kind, **given) for kind in KINDS}
    return {
        "transactions": options.rival_scale,
        "paths": records * FIELDS,
        "built": built,
        "doltlite": theirs,
        "ours": mine,
    }


def _write_changes(file: Path, target: Path) -> list[str]:
    """What each transaction of the default timeline set, a line each; returns all paths."""
    from engine import Store

    names: set[str] = set()
    with Store.open(file, read_only=True) as store, target.open("w", encoding="utf-8") as out:
        for dense in store.graph.chain(store.at().transaction).tolist():
            made = [change for change in store.changes_of(dense) if change.kind != "removed"]  # the empty state's {}
            changed = [(change.path, json.dumps(change.after)) for change in made]
            names.update(path for path, _ in changed)
            out.write(json.dumps(changed) + "\n")
    return sorted(names)


def _report(
    options: argparse.Namespace, file: Path, rows: list, figures: list, opened: dict, rival: dict | None
) -> int:
    size = file.stat().st_size
    print(
        f"{options.transactions:,} transactions, {options.paths:,} paths, {options.timelines:,} timelines, "
        f"{options.merges:,} merges: {size / 1e6:,.1f} MB"
    )
    print(table(["question", "paths", "", "p50 ms", "p95 ms", "p99 ms", "asked", "mean answer"], rows))
    peak = max(figure.get("peak_mb", 0) for figure in figures)
    added = opened["added_mb"]
    times = f"p50 {opened['p50']:.1f} ms, p95 {opened['p95']:.1f} ms"
    print(f"\nopen + first read, in a running process: {times}, RSS + {added:.0f} MB")
    print(f"most memory of any of these processes: {peak:,.0f} MB\n")
    goals = _goals(figures, opened, rival)
    if rival:
        print(_rival_table(rival) + "\n")
    print(goals_table(goals))
    found = {"transactions": options.transactions, "paths": options.paths, "timelines": options.timelines}
    found |= {"merges": options.merges, "bytes": size, "questions": figures, "first_read": opened, "rival": rival}
    print(write_json(f"queries-{options.transactions}", {**found, "goals": [goal.figures() for goal in goals]}))
    return 0 if all(goal.met for goal in goals) else 1


def _goals(figures: list[dict], opened: dict, rival: dict | None) -> list[Goal]:
    goals = [
        Goal(f"{f['kind']}, {f['mood']}, uniform paths, p95 ms", f["p95"], GOALS_MS[f["kind"]])
        for f in figures
        if f["paths"] == "uniform" and f["kind"] in GOALS_MS
    ]
    goals.append(Goal("open + first read, p95 ms", opened["p95"], 20))
    goals.append(Goal("open + first read, RSS + MB", opened["added_mb"], 100))
    if rival:
        ratio = rival["doltlite"]["history"]["p95"] / rival["ours"]["history"]["p95"]
        goals.append(Goal("DoltLite's history ÷ ours, p95", ratio, 10, at_most=False))
    return goals


def _rival_table(rival: dict) -> str:
    rows = []
    for kind in KINDS:
        theirs, mine = rival["doltlite"][kind], rival["ours"][kind]
        rows.append([kind, mine["p50"], mine["p95"], theirs["p50"], theirs["p95"], theirs["p95"] / mine["p95"]])
    columns = ["question", "ours p50", "ours p95", "DoltLite p50", "DoltLite p95", "DoltLite ÷ ours, p95"]
    built = rival["built"]
    scale = f"scaled down: {rival['transactions']:,} transactions, {rival['paths']:,} paths"
    taken = f"{built['bytes'] / 1e6:,.1f} MB, written in {built['seconds']:,.0f} s"
    return f"{scale}, one timeline (DoltLite: {taken})\n{table(columns, rows)}"


if __name__ == "__main__":
    sys.exit(main())
