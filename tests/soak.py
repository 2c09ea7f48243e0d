"""Property and fault tests with a new seed each round, for hours: python -m tests.soak --hours 8

Each round appends one line to the ledger `tests/soak.jsonl`: its seed, the commit, how many tests and examples it ran.
The counts in our goals are sums over that ledger. A round that fails is told with the command that replays it.
"""

import argparse
import json
import re
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEDGER = ROOT / "tests" / "soak.jsonl"
SUITES = ("tests/properties", "tests/faults")
_PASSED = re.compile(r"(\d+) passed")
_EXAMPLES = re.compile(r"- (\d+) passing\b")


def command(seed: int) -> list[str]:
    """The pytest command of one round; the same seed replays it."""
    suites = [suite for suite in SUITES if (ROOT / suite).is_dir()]
    options = ["-q", "-m", "", "-n", "auto", "--dist", "worksteal", "--timeout", "7200"]
    return [sys.executable, "-m", "pytest", *suites, *options, *hypothesis_options(seed)]


def hypothesis_options(seed: int) -> list[str]:
    """Many examples, all from one seed, and how many there were."""
    return ["--hypothesis-profile", "soak", "--hypothesis-seed", str(seed), "--hypothesis-show-statistics"]


def counts(output: str) -> tuple[int, int]:
    """Tests that passed and hypothesis examples that held, as the output of pytest tells them."""
    return _sum(_PASSED, output), _sum(_EXAMPLES, output)


def _sum(pattern: re.Pattern[str], output: str) -> int:
    return sum(int(number) for number in pattern.findall(output))


def run_round(seed: int) -> dict:
    """One round; returns its line for the ledger. Raises SystemExit where a test fails."""
    start = time.monotonic()
    done = subprocess.run(command(seed), cwd=ROOT, capture_output=True, text=True)
    passed, examples = counts(done.stdout)
    if done.returncode:
        print(done.stdout[-20_000:], done.stderr[-5_000:], sep="\n", file=sys.stderr)
        print(f"seed {seed} failed; replay it with:\n  {' '.join(command(seed))}", file=sys.stderr)
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "seed": seed,
        "passed": passed,
        "examples": examples,
        "seconds": round(time.monotonic() - start),
        "ok": done.returncode == 0,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1.0, help="no new round starts after this long (default: 1)")
    parser.add_argument("--seed", type=int, help="replay this one round, without a line in the ledger")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        return 0 if run_round(options.seed)["ok"] else 1
    end = time.monotonic() + options.hours * 3600
    while time.monotonic() < end:
        line = run_round(secrets.randbits(32))
        with LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.write(json.dumps(line) + "\n")
        print(
            f"seed {line['seed']}: {line['passed']} tests, {line['examples']:,} examples, {line['seconds']} s",
            flush=True,
        )
        if not line["ok"]:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
