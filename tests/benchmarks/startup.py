"""What our own code adds to the start of the interpreter: `refactory --help` and a reading command.

python -m tests.benchmarks.startup [--runs N]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.report import PROGRAM, median_seconds, table, write_json

BUDGET_MS = 250.0


def make_store(folder: Path) -> Path:
    """A store with a few commits, made through the command line."""
    store = folder / "small.refactory"
    for number in range(10):
        operation = f'{{"op":"put","path":"$.orders.o{number}.status","value":"new"}}\n'
        command = [PROGRAM, "commit", store, "--message", f"order {number}"]
        subprocess.run(command, input=operation, text=True, check=True, stdout=subprocess.DEVNULL)
    return store


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=21)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as name:
        store = make_store(Path(name))
        commands = {
            "interpreter": [sys.executable, "-c", "pass"],
            "refactory --help": [PROGRAM, "--help"],
            "refactory log --limit 1": [PROGRAM, "log", store, "--limit", "1"],
            "refactory show": [PROGRAM, "show", store],
        }
        milliseconds = {name: 1000 * seconds for name, seconds in median_seconds(commands, options.runs).items()}
    own = milliseconds["interpreter"]
    rows = [
        (name, value, value - own, "" if value - own <= BUDGET_MS else "OVER") for name, value in milliseconds.items()
    ]
    print(table(["command", "ms", "over the interpreter", f"budget {BUDGET_MS:.0f} ms"], rows))
    print(write_json("startup", {"runs": options.runs, "budget_ms": BUDGET_MS, "milliseconds": milliseconds}))
    return 0 if all(value - own <= BUDGET_MS for value in milliseconds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
