"""From the command to a usable window, and how soon a cancelled import is gone.

python -m tests.benchmarks.window_start [--runs N]

A start is measured in a process of its own, from the interpreter's first line until the start page is painted and the
event loop is idle; a cancel from the click until the importing process has ended and left the store whole.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import DATA, table, write_json

START_MS, CANCEL_MS = 800.0, 100.0
IMPORT = DATA / "snapshots" / "energex-summary.snapshots.jsonl.zst"

_START = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from app.main import make_application, without_display
without_display()
app = make_application()
from PySide6.QtCore import QTimer
from app.window import Window
window = Window(Path(sys.argv[1]) / "settings.json")
window.show()
def painted():
    print(1000 * (time.perf_counter() - began))
    window.close()
    app.quit()
QTimer.singleShot(0, lambda: QTimer.singleShot(0, painted))
app.exec()
"""


def start_times(runs: int) -> list[float]:
    """Milliseconds of each start; one more before them warms the disk cache."""
    found = []
    with tempfile.TemporaryDirectory(prefix="refactory-bench-") as folder:
        for _ in range(runs + 1):
            done = subprocess.run([sys.executable, "-c", _START, folder], capture_output=True, text=True, check=True)
            found.append(float(done.stdout))
    return found[1:]


def cancel_times(runs: int) -> list[float]:
    """Milliseconds from a cancel to the end of the importing process, at different moments of the import."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    from app.jobs import CommandProcess
    from engine.store import Store

    app = QCoreApplication.instance() or QCoreApplication([])
    found: list[float] = []
    for run in range(runs):
        with tempfile.TemporaryDirectory(prefix="refactory-bench-") as folder:
            target = Path(folder) / "cancelled.refactory"
            process = CommandProcess(["import", str(IMPORT), str(target)])
            loop, codes = QEventLoop(), []
            process.ended.connect(lambda code, _output, _messages, codes=codes: codes.append(code))
            process.ended.connect(loop.quit)
            process.start()
            while process.context.latest is None and not codes:
                app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            until = time.perf_counter() + 0.2 * (run + 1)
            while time.perf_counter() < until:
                app.processEvents()
            began = time.perf_counter()
            process.cancel()
            if not codes:
                loop.exec()
            found.append(1000 * (time.perf_counter() - began))
            if codes != [3]:
                raise SystemExit(f"a cancelled import ended with {codes}")
            with Store.open(target) as store:
                store.at().json()
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures = {"start to a usable window": (start_times(options.runs), START_MS)}
    if IMPORT.exists():
        figures["cancel of an import"] = (cancel_times(min(5, options.runs)), CANCEL_MS)
    else:
        print(f"cancel of an import: not measured, {IMPORT} is missing", file=sys.stderr)
    rows = [
        (name, statistics.median(values), max(values), budget, "" if statistics.median(values) <= budget else "OVER")
        for name, (values, budget) in figures.items()
    ]
    print(table(["what", "median ms", "max ms", "budget ms", ""], rows))
    print(write_json("window_start", {name: values for name, (values, _) in figures.items()}))
    return 0 if all(not row[-1] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
