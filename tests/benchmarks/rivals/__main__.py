"""python -m tests.benchmarks.rivals MODULE FILE: one rival on one history; its figures as a line of JSON."""

import importlib
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import peak_mb


def main(module: str, file: str) -> int:
    # First of all: DoltLite must be loaded before anything that brings a SQLite of its own.
    measure = importlib.import_module(f"tests.benchmarks.rivals.{module}").measure
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as folder:
        start = time.perf_counter()
        figures = measure(Path(file), Path(folder))
        figures.setdefault("seconds", time.perf_counter() - start)
    print(json.dumps({**figures, "peak_mb": peak_mb()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
