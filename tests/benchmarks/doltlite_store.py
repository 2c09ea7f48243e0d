"""DoltLite asked what `queries` asks ours. Its own SQLite must be the only one of the process: nothing of the engine
may be imported here."""

import doltlite  # noqa: F401  # before sqlite3: it takes its place

import sqlite3  # isort: skip
import hashlib
import json
import random
import time
from itertools import islice
from pathlib import Path

from tests.benchmarks.report import percentiles


def build(source: str, target: str) -> dict:
    """Write a file of changes (a line a transaction: `[[path, value], …]`) into a table, a Dolt commit each."""
    database = sqlite3.connect(target, isolation_level=None)
    database.execute("CREATE TABLE leaf (path TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    commits = []
    start = time.perf_counter()
    with Path(source).open(encoding="utf-8") as lines:
        for line in lines:
            database.execute("BEGIN")
            database.executemany("INSERT OR REPLACE INTO leaf VALUES (?, ?)", json.loads(line))
            database.execute("COMMIT")
            commits.append(database.execute("SELECT dolt_commit('-A', '-m', 'change', '--allow-empty')").fetchone()[0])
    seconds = time.perf_counter() - start
    database.execute("SELECT dolt_gc()")
    database.close()
    Path(f"{target}.commits").write_text("\n".join(commits), encoding="ascii")
    return {"seconds": seconds, "bytes": Path(target).stat().st_size}


def ask(target: str, paths: list[str], count: int, seconds: float) -> dict:
    """p50, p95, p99 in ms of each kind of question, in a warm store."""
    commits = Path(f"{target}.commits").read_text(encoding="ascii").split()
    database = sqlite3.connect(target, isolation_level=None)
    draw = random.Random(7)

    def state() -> None:
        rows = database.execute(f"SELECT path, value FROM dolt_at_leaf('{draw.choice(commits)}')").fetchall()
        digest = hashlib.blake2b()
        for _, value in rows:
            digest.update(value.encode())
        leaves = dict(rows)
        for path in draw.choices(paths, k=50):
            json.loads(leaves[path])

    def diff() -> None:
        asked = "SELECT to_path, from_path, to_value, from_value FROM dolt_diff_leaf(?, ?)"
        rows = database.execute(asked, (draw.choice(commits), draw.choice(commits))).fetchall()
        for _, _, after, before in islice(rows, 50):
            json.loads(after), json.loads(before)

    def near() -> None:
        place = draw.randrange(1, len(commits))
        asked = "SELECT to_path, from_path, to_value, from_value FROM dolt_diff_leaf(?, ?)"
        earlier = commits[max(0, place - draw.randrange(1, 1000))]
        for _, _, after, before in database.execute(asked, (earlier, commits[place])):
            json.loads(after), json.loads(before)

    def history() -> None:
        asked = "SELECT value, commit_hash, commit_date FROM dolt_history_leaf WHERE path = ?"
        for value, *_ in database.execute(asked, (draw.choice(paths),)):
            json.loads(value)

    def blame() -> None:
        database.execute(
            'SELECT "commit", message FROM dolt_blame_leaf WHERE path = ?', (draw.choice(paths),)
        ).fetchall()

    found = {}
    for question in (state, diff, near, history, blame):
        question()
        times: list[float] = []
        began = time.perf_counter()
        while len(times) < count and (len(times) < 5 or time.perf_counter() - began < seconds):
            start = time.perf_counter()
            question()
            times.append(1000 * (time.perf_counter() - start))
        p50, p95, p99 = percentiles(times, 50, 95, 99)
        found[question.__name__] = {"p50": p50, "p95": p95, "p99": p99, "questions": len(times)}
    return found


def branches(target: str, timelines: int, operations: int, paths: int) -> dict:
    """Branches off branches with so many changed rows on each, one commit a branch; milliseconds to make a branch."""
    draw = random.Random(1)
    database = sqlite3.connect(target, isolation_level=None)
    database.execute("CREATE TABLE leaf (path TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    database.executemany("INSERT INTO leaf VALUES (?, '0')", [(f"$.items.i{number}",) for number in range(paths)])
    database.execute("SELECT dolt_commit('-A', '-m', 'start')")
    names, making = ["main"], []
    began = time.perf_counter()
    for number in range(timelines):
        start = time.perf_counter()
        database.execute("SELECT dolt_branch(?, ?)", (f"t{number}", draw.choice(names)))
        making.append(1000 * (time.perf_counter() - start))
        database.execute("SELECT dolt_checkout(?)", (f"t{number}",))
        chosen = draw.sample(range(paths), operations)
        rows = [(str(draw.randrange(5_000)), f"$.items.i{place}") for place in chosen]
        database.execute("BEGIN")
        database.executemany("UPDATE leaf SET value = ? WHERE path = ?", rows)
        database.execute("COMMIT")
        database.execute("SELECT dolt_commit('-A', '-m', 'change', '--allow-empty')")
        names.append(f"t{number}")
    seconds = time.perf_counter() - began
    database.execute("SELECT dolt_gc()")
    database.close()
    return {"seconds": seconds, "bytes": Path(target).stat().st_size, "branch_ms": percentiles(making, 50, 95, 99)}
