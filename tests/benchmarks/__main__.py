"""Every benchmark one after the other, or the named ones: python -m tests.benchmarks [NAME [ARGS…]].

Each runs in a process of its own, prints a table and writes its figures as JSON to out/bench.
"""

import subprocess
import sys
from pathlib import Path

# Not benchmarks themselves: what they stand on.
HELPERS = {
    *("__init__", "__main__", "doltlite_store", "durable", "generate", "histories", "plan", "questions", "report"),
    "traces",
}


def names() -> list[str]:
    """The benchmarks there are, by module name."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in HELPERS)


def main(arguments: list[str]) -> int:
    known = names()
    if arguments and arguments[0] not in known:
        print(f"there is no benchmark {arguments[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen, options = ([arguments[0]], arguments[1:]) if arguments else (known, [])
    failed = []
    for name in chosen:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *options]).returncode:
            failed.append(name)
    if failed:
        print(f"\nbelow their goals or broken: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
