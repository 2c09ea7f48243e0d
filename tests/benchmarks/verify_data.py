"""Every history of the shared data: imported, then compared with its source.

All versions of files that have fewer than 3,000, a random 200 of the others. A snapshot must come back exactly, order
of keys and elements included, with time, author, message and commit. An event log is folded by an oracle of its own
(`tests.exchange.event_oracle`); in which order the fields of a case stand is not said anywhere and not compared.
Times are asked for too: at 200 random ones the version must be the one that the rule about moments names (of those at
or before it the one with the greatest time, the later one among equals), also where times go backwards.

    python -m tests.benchmarks.verify_data [NAME…] [--seed N] [--json]
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine import Store
from engine.model.times import format_time
from tests.benchmarks.import_vs_git_history import read_lines
from tests.benchmarks.report import DATA, table, write_json
from tests.exchange import event_oracle
from tests.exchange.support import greatest_at

ALL_BELOW = 3000
SAMPLE = 200
TIMES = 200
SHOWN = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Findings:
    """What became of one file. `mismatches` says where and what; `backwards` counts times before the one before."""

    name: str
    versions: int = 0
    checked: int = 0
    times_checked: int = 0
    backwards: int = 0
    raw_bytes: int = 0
    import_seconds: float = 0.0
    import_cpu_seconds: float = 0.0
    store_bytes: int = 0
    verify_seconds: float = 0.0
    mismatches: list[str] = field(default_factory=list)

    @property
    def speed(self) -> float:
        """Megabytes of JSON Lines imported in a second."""
        return self.raw_bytes / 1e6 / self.import_seconds


def sources(names: Sequence[str]) -> list[Path]:
    """The files of the shared data, or the named ones. Raises ValueError for a name that none has."""
    files = {path.name.split(".")[0]: path for folder in ("snapshots", "events") for path in folder_files(folder)}
    unknown = [name for name in names if name not in files]
    if files and unknown:
        raise ValueError(f"there is no history {', '.join(unknown)}; there are: {', '.join(files)}")
    return [path for name, path in files.items() if not names or name in names]


def folder_files(folder: str) -> list[Path]:
    """The histories of a folder of the shared data, none where it is missing."""
    return sorted((DATA / folder).glob("*.jsonl.zst"))


def microseconds(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


def verify(path: Path, folder: Path, seed: int) -> Findings:
    """Import a file into a new store, and compare."""
    found = Findings(path.name.split(".")[0])
    moments = []
    for line in read_lines(path):
        found.raw_bytes += len(line)
        moments.append(microseconds(json.loads(line)["time"]))
    found.versions = len(moments)
    found.backwards = sum(later < earlier for earlier, later in pairwise(moments))
    file = folder / f"{found.name}.refactory"
    _import(path, file, found)
    began = time.perf_counter()
    chance = random.Random(f"{seed} {found.name}")
    with Store.open(file, read_only=True) as store:
        stored = store.graph.time[: store.graph.count].tolist()
        if stored != moments:
            found.mismatches.append(f"{len(stored)} transactions for {len(moments)} versions, or times that differ")
        else:
            _compare_states(store, path, found, chance)
            _compare_times(store, moments, found, chance)
    found.verify_seconds = time.perf_counter() - began
    file.unlink()
    return found


def _import(path: Path, file: Path, found: Findings) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    with Store.open(file, create=True) as store:
        result = store.import_from(path)
    found.import_seconds = time.perf_counter() - wall
    found.import_cpu_seconds = time.process_time() - processor
    found.store_bytes = file.stat().st_size
    found.mismatches += [f"{skip.where} skipped: {skip.why}" for skip in result.skipped]


# ------------------------------------------------------------------------------------------------- states


def _compare_states(store: Store, path: Path, found: Findings, chance: random.Random) -> None:
    count = found.versions
    every = count < ALL_BELOW
    chosen = set(range(count)) if every else {0, count - 1, *chance.sample(range(1, count - 1), SAMPLE - 2)}
    versions = _events(path) if path.parent.name == "events" else map(json.loads, read_lines(path))
    in_order = path.parent.name != "events"
    for number, version in enumerate(versions):
        if number in chosen:
            difference = _header(store, number, version) if in_order else ""
            difference = difference or compare(version["state"], store.at(number).json(), in_order=in_order)
            found.checked += 1
            if difference:
                found.mismatches.append(f"line {number + 1}: {difference}")


def _events(path: Path) -> Iterator[dict[str, Any]]:
    return ({"state": state} for state in event_oracle.states(read_lines(path)))


def _header(store: Store, number: int, version: dict[str, Any]) -> str:
    """How a transaction differs from its line in what is told beside the state."""
    ours = store.get(number)
    pairs = {"author": ours.author, "message": ours.message, "commit": ours.source}
    wrong = [f"{name} {ours!r} is not {version[name]!r}" for name, ours in pairs.items() if version[name] != ours]
    if ours.parents != ((number - 1,) if number else ()):
        wrong.append(f"parents {ours.parents}")
    return "; ".join(wrong)


def compare(theirs: Any, ours: Any, *, in_order: bool) -> str:
    """Where and how two states differ, "" where they are the same JSON; `in_order`: order of keys included."""
    if json.dumps(theirs, sort_keys=not in_order) == json.dumps(ours, sort_keys=not in_order):
        return ""
    return _difference(theirs, ours, "$") or "order of keys"


def _difference(theirs: Any, ours: Any, path: str) -> str:
    """The first place where values differ; the order of keys is told where it is all that differs in a map."""
    if type(theirs) is not type(ours):
        return f"{path}: {json.dumps(theirs)[:80]} in the source, {json.dumps(ours)[:80]} in the store"
    if isinstance(theirs, dict):
        if set(theirs) != set(ours):
            return f"{path}: only in the source {set(theirs) - set(ours)}, only in the store {set(ours) - set(theirs)}"
        steps = [(f"{path}.{key}", theirs[key], ours[key]) for key in theirs]
    elif isinstance(theirs, list):
        if len(theirs) != len(ours):
            return f"{path}: {len(theirs)} elements in the source, {len(ours)} in the store"
        steps = [(f"{path}[{index}]", theirs[index], ours[index]) for index in range(len(theirs))]
    else:
        same = json.dumps(theirs) == json.dumps(ours)
        return "" if same else f"{path}: {json.dumps(theirs)[:80]} in the source, {json.dumps(ours)[:80]} in the store"
    found = next((text for step, a, b in steps if (text := _difference(a, b, step))), "")
    if not found and isinstance(theirs, dict) and list(theirs) != list(ours):
        return f"{path}: keys {list(theirs)[:12]} in the source, {list(ours)[:12]} in the store"
    return found


# ------------------------------------------------------------------------------------------------ moments


def _compare_times(store: Store, moments: list[int], found: Findings, chance: random.Random) -> None:
    """Ask for times: those of versions, some just beside them, and some anywhere."""
    for asked in _times(moments, chance):
        expected = greatest_at(moments, asked)
        ours = store.at(format_time(asked)).transaction
        found.times_checked += 1
        if ours != expected:
            found.mismatches.append(f"at {format_time(asked)}: version {ours}, the rule says {expected}")


def _times(moments: list[int], chance: random.Random) -> list[int]:
    """Random times; half of them near versions whose time is before an earlier one's, where there are such."""
    odd = [n for n in range(1, len(moments)) if moments[n] < moments[n - 1]] or range(len(moments))
    near = [chance.choice(odd) for _ in range(TIMES // 2)]
    near = [min(len(moments) - 1, max(0, number + chance.randint(-2, 2))) for number in near]
    beside = [moments[number] + chance.choice((-1, 0, 0, 1, 1_000_000)) for number in near]
    low, high = min(moments) - 10**9, max(moments) + 10**9
    return beside + [chance.randint(low, high) for _ in range(TIMES - len(beside))]


# ------------------------------------------------------------------------------------------------- report

COLUMNS = ["history", "versions", "checked", "mismatches", "import s", "cpu s", "MB/s", "store bytes", "times back"]
COLUMNS += ["times checked", "verify s"]


def row(found: Findings) -> tuple[object, ...]:
    """A line of the table."""
    counts = (found.name, found.versions, found.checked, len(found.mismatches))
    import_ = (found.import_seconds, found.import_cpu_seconds, found.speed, found.store_bytes)
    return (*counts, *import_, found.backwards, found.times_checked, found.verify_seconds)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="histories by name (default: all)")
    parser.add_argument("--seed", type=int, default=2, help="of the versions and times that are looked at")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, one line")
    options = parser.parse_args(arguments)
    try:
        files = sources(options.names)
    except ValueError as error:
        parser.error(str(error))
    if not files:
        print(f"skipped: there are no histories in {DATA}", file=sys.stderr)
        return 0
    results = []
    with tempfile.TemporaryDirectory(prefix="refactory-verify-") as name:
        for path in files:
            results.append(verify(path, Path(name), options.seed))
            _tell(results[-1])
    rows = [{**asdict(found), "mb_per_second": found.speed} for found in results]
    saved = write_json("verify_data", {"seed": options.seed, "rows": rows})
    if options.json:
        print(json.dumps(rows))
    else:
        print(f"seed {options.seed}")
        print(table(COLUMNS, [row(found) for found in results]))
        print(saved)
    return 1 if any(found.mismatches for found in results) else 0


def _tell(found: Findings) -> None:
    """What is wrong with a file, as soon as it is known."""
    print(f"{found.name}: {len(found.mismatches)} mismatches", file=sys.stderr, flush=True)
    for text in found.mismatches[:SHOWN]:
        print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
