"""Import of the CAL FIRE incidents beside git-history, on the same versions.

`git-history` (https://github.com/simonw/git-history) is what people use today for this very data: it walks the
commits that touch one file and writes every item version into SQLite. It reads a git repository, so one is made from
the snapshots: one commit a version, the state as indented JSON, as the original repository has it. Ours imports that
repository too, and the snapshots file that it was made from. All three keep every version of every incident.

    python -m tests.benchmarks.import_vs_git_history [--versions N] [--runs N]
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from tests.benchmarks.report import DATA, PROGRAM, table, timed, write_json

SOURCE = DATA / "snapshots" / "ca-fires-2020.snapshots.jsonl.zst"
FILE = "incidents.json"
LIST = "Incidents"
KEY = "UniqueId"


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a zstd-compressed file."""
    import zstandard

    with path.open("rb") as raw:
        reader = zstandard.ZstdDecompressor(max_window_size=2**28).stream_reader(raw)
        yield from io.BufferedReader(reader)


def make_inputs(folder: Path, versions: int | None) -> tuple[Path, Path, int, int]:
    """Write the same versions as a snapshots file and as a git repository; returns both, their count and bytes."""
    import zstandard

    snapshots, repository = folder / "fires.snapshots.jsonl.zst", folder / "fires"
    subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
    git = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE)
    assert git.stdin is not None
    count = size = 0
    with snapshots.open("wb") as raw, zstandard.ZstdCompressor(level=3).stream_writer(raw) as packed:
        for line in islice(read_lines(SOURCE), versions):
            packed.write(line)
            git.stdin.write(_commit(json.loads(line)))
            count, size = count + 1, size + len(line)
    git.stdin.close()
    if git.wait():
        raise SystemExit("git fast-import failed")
    subprocess.run(["git", "reset", "-q", "--hard", "main"], cwd=repository, check=True)
    # A repository that was cloned is packed: the rival reads it at its best.
    subprocess.run(["git", "gc", "-q"], cwd=repository, check=True)
    return snapshots, repository, count, size


def _commit(version: dict) -> bytes:
    seconds = int(datetime.fromisoformat(version["time"]).timestamp())
    message = version["message"].encode()
    state = json.dumps(version["state"], indent=4, ensure_ascii=False).encode()
    return b"".join(
        [
            f"commit refs/heads/main\ncommitter {version['author']} <bot@example.invalid> {seconds} +0000\n".encode(),
            b"data %d\n%s\n" % (len(message), message),
            b"M 100644 inline %s\ndata %d\n%s\n" % (FILE.encode(), len(state), state),
        ]
    )


def run_git_history(repository: Path, folder: Path) -> tuple[float, Path]:
    """Seconds of `git-history file` on the repository, and the database that it wrote."""
    database = folder / "git-history.db"
    program = Path(sys.executable).parent / "git-history"
    command = [program, "file", database, FILE, "--repo", repository, "--id", KEY, "--silent"]
    return timed([*command, "--convert", f"json.loads(content)[{LIST!r}]"], cwd=repository), database


def run_ours(source: Path, folder: Path, runs: int, *options: str) -> tuple[float, Path]:
    """Median seconds of `refactory import SOURCE STORE` into a new store each time, and the last store."""
    seconds = []
    for run in range(runs):
        store = folder / f"{source.name}-{run}.refactory"
        seconds.append(timed([PROGRAM, "import", source, store, *options]))
    return statistics.median(seconds), store


def states_agree(store: Path, versions: int) -> bool:
    """Whether the store's transactions, oldest first, hold exactly the source's states: speed alone proves nothing."""
    from engine import Store

    with Store.open(store, read_only=True) as opened:
        ours = (opened.at(t.dense).json() for t in sorted(opened.log(), key=lambda t: t.dense))
        return all(
            json.dumps(mine) == json.dumps(json.loads(line)["state"])
            for mine, line in zip(ours, islice(read_lines(SOURCE), versions), strict=True)
        )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, help="only the first N versions (the whole takes some minutes)")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours; the median counts (default: 3)")
    parser.add_argument("--no-rival", action="store_true", help="ours only")
    options = parser.parse_args(arguments)
    if not SOURCE.exists():
        print(f"skipped: {SOURCE} is missing", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as name:
        folder = Path(name)
        snapshots, repository, count, size = make_inputs(folder, options.versions)
        snapshot_seconds, store = run_ours(snapshots, folder, options.runs)
        exact = states_agree(store, count)
        git_seconds, git_store = run_ours(repository, folder, options.runs, "--path", FILE)
        results = [
            ("refactory, snapshots", snapshot_seconds, store.stat().st_size),
            ("refactory, git", git_seconds, git_store.stat().st_size),
        ]
        if not options.no_rival:
            rival_seconds, database = run_git_history(repository, folder)
            results.append(("git-history", rival_seconds, database.stat().st_size))
    return _report(results, count, size, exact)


def _report(results: list[tuple[str, float, int]], count: int, size: int, exact: bool) -> int:
    rival = next((seconds for name, seconds, _ in results if name == "git-history"), None)
    rows = [
        (name, seconds, count / seconds, size / seconds / 1e6, stored, rival / seconds if rival else 0.0)
        for name, seconds, stored in results
    ]
    print(f"CAL FIRE incidents: {count:,} versions, {size / 1e6:,.1f} MB as JSON Lines")
    print(table(["import", "seconds", "versions/s", "MB/s", "bytes stored", "times git-history"], rows))
    print(f"every state equals the source's: {'yes' if exact else 'NO'}")
    columns = ("name", "seconds", "versions_per_second", "mb_per_second", "bytes", "times_git_history")
    figures = [dict(zip(columns, row, strict=True)) for row in rows]
    print(write_json("import_vs_git_history", {"versions": count, "raw_bytes": size, "exact": exact, "rows": figures}))
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
