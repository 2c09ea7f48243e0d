"""`refactory import` and `refactory compact` of real histories, killed at random moments (`kill -9`), again and again.

An import is started anew after each kill until it has finished; the store opens every time, its transactions are those
of an import that nobody killed, as far as it came, and never fewer than before. A compaction is killed after a commit
that was acknowledged; transactions, states and names are the same as before it.

    python -m tests.benchmarks.kills [--runs 1000] [--seed N]
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from app.__main__ import main as refactory
from engine import Store
from tests.benchmarks.report import DATA, table, write_json

NAMES = ("brave-seed", "ca-fires-2023", "endoflife-folder", "wled-platformio")
SAMPLES = 8


@dataclass(frozen=True)
class Told:
    """What a store says: the ids of its transactions, digests of some states by transaction, names with their heads."""

    ids: list[bytes]
    states: dict[int, bytes]
    heads: dict[str, object]


def told(path: Path, moments: list[int] | None = None) -> Told:
    """Open a store and read it: some states, or those of `moments`."""
    with Store.open(path) as store:
        count = store.graph.count
        ids = [store._core.log.id(dense) for dense in range(count)]
        if moments is None:
            moments = sorted({*range(0, count, max(1, count // SAMPLES)), count - 1} - {-1})
        states = {dense: blake3(store.at(dense).dumps().encode()).digest() for dense in moments if dense < count}
        return Told(ids, states, store.heads())


def run(arguments: list[str], wait: float | None) -> float | None:
    """The program in a process of its own, killed after so many seconds; how long it took if it came to its end."""
    start = time.perf_counter()
    child = os.fork()
    if not child:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        os._exit(refactory(arguments))
    if wait is None:
        status = os.waitpid(child, 0)[1]
    else:
        time.sleep(wait)
        done, status = os.waitpid(child, os.WNOHANG)
        if not done:
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status):
        raise SystemExit(f"refactory {' '.join(arguments)} ended with {os.WEXITSTATUS(status)}")
    return time.perf_counter() - start


class Killer:
    """One history with what an undisturbed import of it gives; each step is one run of the program."""

    def __init__(self, name: str, folder: Path, chosen: random.Random) -> None:
        self.name, self._folder, self._random = name, folder, chosen
        self._source = str(DATA / "snapshots" / f"{name}.snapshots.jsonl.zst")
        self._whole = folder / f"{name}.refactory"
        self._seconds = run(["import", self._source, str(self._whole)], None) or 0.0
        self._expected = told(self._whole)

    def imports(self) -> Iterator[bool]:
        """Imports, started anew until they have finished; whether each run was killed."""
        path = self._folder / f"{self.name}-import.refactory"
        while True:
            path.unlink(missing_ok=True)
            before, done = 0, None
            while done is None:
                done = run(["import", self._source, str(path)], self._random.uniform(0, self._seconds * 1.2))
                if path.exists():
                    before = self._as_far_as(path, before, whole=done is not None)
                yield done is None

    def _as_far_as(self, path: Path, before: int, whole: bool) -> int:
        with Store.open(path, create=True) as store:  # a kill while the file is made leaves one without tables
            count = store.graph.count
        found, expected = told(path, list(self._expected.states)), self._expected
        assert found.ids == expected.ids[:count], "other transactions"
        assert count >= before, "transactions that there were are gone"
        assert not whole or (count == len(expected.ids) and found.heads == expected.heads), "an import is not whole"
        assert found.states == {dense: state for dense, state in expected.states.items() if dense < count}, "states"
        return count

    def compactions(self) -> Iterator[bool]:
        """Compactions after a commit; whether each was killed."""
        path = self._folder / f"{self.name}-compact.refactory"
        shutil.copy(self._whole, path)
        seconds = run(["compact", str(path)], None) or 0.0
        while True:
            shutil.copy(self._whole, path)
            done = None
            while done is None:
                with Store.open(path) as store:
                    store.commit([_change(store, self._random.random())])
                expected = told(path)
                done = run(["compact", str(path)], self._random.uniform(0, seconds * 1.2))
                assert told(path) == expected, "a compaction changed something"
                yield done is None


def _change(store: Store, value: float) -> dict[str, object]:
    if store.at().dumps().startswith("["):
        return {"op": "insert", "path": "$", "index": 0, "value": value}
    return {"op": "put", "path": "$.killed", "value": value}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args(arguments)
    chosen = random.Random(options.seed)
    runs: Counter[tuple[str, str]] = Counter()
    kills: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        killers = [Killer(name, Path(folder), chosen) for name in NAMES]
        kinds = {"import": [killer.imports() for killer in killers], "compact": [k.compactions() for k in killers]}
        for number in range(options.runs):
            kind = ("import", "compact")[number % 2]
            place = chosen.randrange(len(NAMES))
            try:
                was_killed = next(kinds[kind][place])
            except Exception as error:
                print(f"seed {options.seed}, run {number}, {kind} of {NAMES[place]}: {error!r}", file=sys.stderr)
                raise
            runs[kind, NAMES[place]] += 1
            kills[kind, NAMES[place]] += was_killed
    rows = [[kind, name, count, kills[kind, name]] for (kind, name), count in sorted(runs.items())]
    print(table(["work", "history", "runs", "killed"], rows))
    print(
        f"{sum(runs.values())} runs, {sum(kills.values())} killed, seed {options.seed}: nothing lost, nothing half done"
    )
    figures = [dict(zip(("work", "history", "runs", "killed"), row, strict=True)) for row in rows]
    write_json("kills", {"seed": options.seed, "runs": figures})
    return 0


if __name__ == "__main__":
    sys.exit(main())
