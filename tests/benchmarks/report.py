"""What the benchmarks share: a stopwatch over processes, a table for people, JSON for programs."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
PROGRAM = Path(sys.executable).parent / "refactory"


def timed(command: Sequence[str | Path], **options) -> float:
    """Run a command to its end; seconds by the wall. Raises CalledProcessError with what it said if it fails."""
    start = time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.stderr.write(done.stdout[-2000:] + done.stderr[-2000:])
        done.check_returncode()
    return seconds


def median_seconds(commands: Mapping[str, Sequence[str | Path]], runs: int) -> dict[str, float]:
    """The median of several runs of each command, after one that warms the disk cache.

    The commands take turns, so that what else the machine does meets all of them alike.
    """
    for command in commands.values():
        timed(command)
    rounds = [{name: timed(command) for name, command in commands.items()} for _ in range(runs)]
    return {name: statistics.median(each[name] for each in rounds) for name in commands}


def call(function: str, **arguments: Any) -> Any:
    """Run `module:function` of this package in a process of its own; arguments and answer are JSON.

    What a function leaves in memory, and which SQLite it loads, is then its own affair. Raises SystemExit if it fails.
    """
    module, name = function.split(":")
    code = f"import json, sys; from tests.benchmarks.{module} import {name} as f; a = json.loads(sys.argv[1])"
    command = [sys.executable, "-c", f"{code}; print(json.dumps(f(**a)))", json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{function} failed")
    return json.loads(done.stdout.splitlines()[-1])


def resident_mb() -> float:
    """Memory of this process now, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_mb() -> float:
    """The most memory that this process has had so far, in MB (Linux; what `getrusage` says, a child inherits)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def engine_mark(*files: Path) -> str:
    """Eight hex digits that change when how a store is written changes, or one of some more files."""
    sources = [*files, *sorted((ROOT / "engine" / "storage").glob("*.py"))]
    return blake2b(b"".join(file.read_bytes() for file in sources), digest_size=4).hexdigest()


def out_of_page_cache(file: Path) -> None:
    """Have the system forget what it keeps of a file, so that the next read is one of the disk."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as aligned text, numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(columns), *cells]) for i in range(len(columns))]
    right = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]

    def line(values: Sequence[str]) -> str:
        return "  ".join(
            v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True)
        ).rstrip()

    return "\n".join([line(columns), line(["-" * width for width in widths]), *map(line, cells)])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 100 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@dataclass(frozen=True)
class Goal:
    """A figure and what it should be: at most that, or at least that where more is better."""

    what: str
    value: float
    goal: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Whether it is as it should be."""
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def figures(self) -> dict:
        """For programs."""
        return {"what": self.what, "value": self.value, "goal": self.goal, "at_most": self.at_most, "met": self.met}


def goals_table(goals: Sequence[Goal]) -> str:
    """Each goal with what was measured, met or missed."""
    rows = [
        (goal.what, float(goal.value), f"{'≤' if goal.at_most else '≥'} {goal.goal:,}", "met" if goal.met else "MISSED")
        for goal in goals
    ]
    return table(["goal", "measured", "wanted", ""], rows)


def percentiles(values: Sequence[float], *wanted: float) -> list[float]:
    """Percentiles (in percent) of some values, none between two of them: what was really measured."""
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] for percent in wanted]


def write_json(name: str, figures: dict, folder: Path | None = None) -> Path:
    """Write figures with the commit, machine and time they belong to; returns the file."""
    folder = folder or ROOT / "out" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"benchmark": name, **_circumstances(), **figures}, indent=2) + "\n", encoding="utf-8")
    return file


def _circumstances() -> dict:
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "commit": commit.stdout.strip() or None,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
