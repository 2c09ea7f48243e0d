"""Frames, jumps, first rows and UI ticks of the window on a large history, against the budgets.

A store of a million transactions is generated once and opened in the real timeline view,
offscreen and, where it is installed, under Xvfb with a window manager. With --columns the same is done on random
columns without a store, where texts cost nothing.

    python -m tests.benchmarks.frames [--transactions N] [--timelines B] [--columns] [--platform offscreen|xcb]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.generate import generated
from tests.benchmarks.report import DATA, ROOT, table, write_json

SIZE = (1920, 1080)
SEED = 20_260
#: What is measured and the budgets, ms (MiB for memory): p50, p95, max; None: no budget.
BUDGETS: dict[str, tuple[float | None, float | None, float | None]] = {
    "first rows, warm": (300, None, None),
    "first rows, cold": (1000, None, None),
    "lane layout": (None, None, 100),
    "lane layout, MiB": (None, None, 32),
    "pan": (8, 16.6, 33),
    "zoom": (8, 16.6, 33),
    "scroll lanes": (8, 16.6, 33),
    "scroll rows": (8, 16.6, 33),
    "jump": (None, None, 25),
    "append, update": (3, 3, 3),
    "append, frame": (None, None, None),
    "ticks idle": (None, 16, 50),
    "ticks, import elsewhere": (None, 16, 50),
    "ticks, import into this store": (None, 16, 50),
    "memory, MiB": (None, None, 250),
}


@dataclass
class Figure:
    """Percentiles of one thing that was measured. `busy` is the p95 of the processor's time of this process alone."""

    p50: float
    p95: float
    max: float
    count: int
    busy: float | None
    budget: tuple[float | None, float | None, float | None] = field(default=(None, None, None))

    @classmethod
    def of(cls, name: str, values: list[float], busy: list[float] | None) -> "Figure":
        p50, p95 = np.percentile(values, [50, 95])
        used = float(np.percentile(busy, 95)) if busy else None
        return cls(float(p50), float(p95), max(values), len(values), used, BUDGETS[name])

    @property
    def kept(self) -> bool:
        """Whether all budgets are kept."""
        pairs = zip((self.p50, self.p95, self.max), self.budget, strict=True)
        return all(limit is None or value <= limit for value, limit in pairs)


# ---------------------------------------------------------------------- in the measured process


class Driver:
    """Shows a history in the timeline view, and does what a person does."""

    def __init__(self, session: Any) -> None:
        from PySide6.QtWidgets import QApplication

        from widgets.timeline.view import TimelineView

        self.app = QApplication.instance()
        self.session = session
        self.view = TimelineView(session)
        self.view.resize(*SIZE)
        self.view.show()
        self.view.canvas.setFocus()
        self.random = np.random.default_rng(SEED)
        self.figures: dict[str, list[float]] = {}
        self.busy: dict[str, list[float]] = {}
        self.settle(0.3)

    def settle(self, seconds: float) -> None:
        """Let timers, jobs and paints come to rest."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.app.processEvents()
            time.sleep(0.002)

    def timed(self, name: str, action: Callable[[], object]) -> None:
        """Do something and paint everything that it changed."""
        start, busy = time.perf_counter(), time.thread_time()
        action()
        self.app.processEvents()
        self.figures.setdefault(name, []).append((time.perf_counter() - start) * 1000)
        self.busy.setdefault(name, []).append((time.thread_time() - busy) * 1000)

    def frames(self) -> None:
        """Pan, zoom and scroll at every zoom from the whole history to minutes."""
        canvas, rows = self.view.canvas, self.view.rows
        for closer in (1, 4, 16, 64, 256, 1024, 8192):
            canvas.show_all()
            canvas.zoom(closer, float(self.random.integers(300, 1600)))
            lanes = canvas.verticalScrollBar()
            lanes.setValue(int(self.random.integers(0, lanes.maximum() + 1)))
            self.settle(0.05)
            for step in range(40):
                self.timed("pan", lambda step=step: canvas.pan(37 if step % 20 < 14 else -53))
            for step in range(24):
                distance = 31 if step < 16 else -47
                self.timed("scroll lanes", lambda by=distance, bar=lanes: bar.setValue(bar.value() + by))
        canvas.show_all()
        for _ in range(4):
            x = float(self.random.integers(300, 1600))
            for step in range(60):
                self.timed("zoom", lambda step=step, x=x: canvas.zoom(1.25 if step < 30 else 1 / 1.25, x))
        bar = rows.verticalScrollBar()
        for start in self.random.integers(0, bar.maximum(), 6).tolist():
            bar.setValue(start)
            self.settle(0.05)
            for step in range(60):
                self.timed("scroll rows", lambda step=step: bar.setValue(bar.value() + 72 * (1 if step < 40 else -2)))

    def jumps(self, number: int = 60) -> None:
        """Select random moments: canvas and rows follow, texts included."""
        canvas = self.view.canvas
        for at, dense in enumerate(self.random.integers(0, self.session.graph.count, number).tolist()):
            if at % 10 == 0:
                canvas.show_all()
                canvas.zoom(4.0 ** (at // 10), 900)
                self.settle(0.05)
            self.timed("jump", lambda dense=dense: self.session.select(dense))
            self.settle(0.02)

    def layout(self) -> None:
        """Extents and both layouts of everything, and what they allocate."""
        import tracemalloc

        from widgets.timeline.extents import Extents
        from widgets.timeline.lanes import LaneOptions, lanes_of, lay_out_rows, lay_out_time

        columns = self.view.model.scene.columns

        def once() -> object:
            extents = Extents()
            extents.extend(columns)
            by_time = lay_out_time(extents, LaneOptions(), 0)
            return extents, by_time, lay_out_rows(extents, LaneOptions(), 0), lanes_of(by_time, columns)

        for _ in range(5):
            start = time.perf_counter()
            once()
            self.figures.setdefault("lane layout", []).append((time.perf_counter() - start) * 1000)
        tracemalloc.start()
        kept = once()
        self.figures["lane layout, MiB"] = [tracemalloc.get_traced_memory()[1] / 2**20]
        tracemalloc.stop()
        del kept

    def ticks(self, name: str, seconds: float, running: Callable[[], bool] = lambda: False) -> None:
        """The gaps between the ticks of a timer of 8 ms, for some seconds and as long as something runs."""
        from PySide6.QtCore import Qt, QTimer

        gaps: list[float] = []
        last = [time.perf_counter()]

        def tick() -> None:
            now = time.perf_counter()
            gaps.append((now - last[0]) * 1000)
            last[0] = now

        timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=8)
        timer.timeout.connect(tick)
        timer.start()
        end = time.perf_counter() + seconds
        latest = end + 60
        while time.perf_counter() < end or (running() and time.perf_counter() < latest):
            self.app.processEvents()
            time.sleep(0.0005)
        timer.stop()
        self.figures[name] = gaps


def measure(arguments: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Everything, in this process: milliseconds by the wall, and of the processor."""
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    app.setStyle("Fusion")
    from app.jobs import be_responsive
    from widgets.theme import Mode, set_mode

    set_mode(Mode.LIGHT)
    be_responsive()
    driver = _measure_columns(arguments) if arguments.columns else _measure_store(arguments)
    return {"wall": driver.figures, "busy": driver.busy}


def _measure_columns(arguments: argparse.Namespace) -> Driver:
    from tests.widgets.timeline.big import random_columns
    from tests.widgets.timeline.diagram import prefix
    from tests.widgets.timeline.support import Session

    columns = random_columns(arguments.transactions, arguments.timelines)
    driver = Driver(Session(prefix(columns, columns.count - 200)))
    driver.layout()
    driver.frames()
    driver.jumps()
    spent = _watch_growth(driver)
    for count in range(columns.count - 199, columns.count + 1):
        driver.session.store.graph.columns = prefix(columns, count)
        driver.timed("append, frame", lambda count=count: driver.session.graph_grew.emit(count - 1, count - 1))
    driver.figures["append, update"] = spent
    return driver


def _measure_store(arguments: argparse.Namespace) -> Driver:
    from app.session import Session
    from engine import Store

    store_file = Path(arguments.store)
    session = Session()
    driver = Driver(session)
    for name in ("first rows, cold", "first rows, warm", "first rows, warm"):
        if "cold" in name:
            _forget(store_file)
        start = time.perf_counter()
        session.show(Store.open(store_file))
        driver.app.processEvents()
        driver.figures.setdefault(name, []).append((time.perf_counter() - start) * 1000)
        driver.settle(1.0)
        driver.figures.setdefault("memory, MiB", [_resident()])  # before stores are opened again
        if len(driver.figures.get("first rows, warm", ())) < 2:
            session.close()
    driver.layout()
    driver.frames()
    driver.jumps()
    driver.ticks("ticks idle", 2)
    _appends(driver)
    with tempfile.TemporaryDirectory() as folder:
        with _importing(Path(folder) / "other.refactory") as running:
            driver.ticks("ticks, import elsewhere", 2, running)
        with _importing(store_file) as running:
            driver.ticks("ticks, import into this store", 2, running)
    session.shut_down()
    return driver


def _watch_growth(driver: Driver) -> list[float]:
    """Note how long the model takes for each growth; the list fills as it goes."""
    model = driver.view.model
    spent: list[float] = []
    model.session.graph_grew.disconnect(model._grow)

    def grow(first: int, last: int) -> None:
        start = time.perf_counter()
        model._grow(first, last)
        spent.append((time.perf_counter() - start) * 1000)

    model.session.graph_grew.connect(grow)
    return spent


def _appends(driver: Driver) -> None:
    """Commits, and what the view does until the new transaction is on the screen."""
    spent = _watch_growth(driver)
    for number in range(60):
        operations = [{"op": "put", "path": "$.benchmark", "value": number}]
        driver.session.store.commit(operations, author="bench", message=f"commit {number}")
        driver.timed("append, frame", lambda: None)
        driver.settle(0.03)
    driver.figures["append, update"] = spent


@contextmanager
def _importing(target: Path) -> Iterator[Callable[[], bool]]:
    """The command-line importer at work in a process of its own; yields whether it runs."""
    source = DATA / "snapshots" / "ca-fires-2020.snapshots.jsonl.zst"
    if not source.exists():
        print(f"{source} is missing: nothing is imported", file=sys.stderr)
        yield lambda: False
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "import", str(source), str(target)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield lambda: process.poll() is None
    process.terminate()
    process.wait()


def _forget(file: Path) -> None:
    """Let the system drop what it holds of a file in memory."""
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def _resident() -> float:
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# ---------------------------------------------------------------------- around it


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """An Xvfb with a window manager; yields the environment."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        environment = {**os.environ, "DISPLAY": f":{pipe.readline().strip()}", "QT_QPA_PLATFORM": "xcb"}
    manager = (
        subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL) if shutil.which("openbox") else None
    )
    try:
        yield environment
    finally:
        for process in (manager, server):
            if process is not None:
                process.terminate()
                process.wait()


def run_child(arguments: argparse.Namespace, environment: dict[str, str], store: Path | None) -> dict[str, Any]:
    """Measure in a new process, on a copy of the store."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.frames", "--child", f"{folder}/figures.json"]
        command += ["--transactions", str(arguments.transactions), "--timelines", str(arguments.timelines)]
        if store is not None:
            shutil.copy(store, Path(folder) / "store.refactory")
            command += ["--store", f"{folder}/store.refactory"]
        else:
            command.append("--columns")
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return json.loads(Path(folder, "figures.json").read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--timelines", type=int, default=1_000)
    parser.add_argument("--columns", action="store_true")
    parser.add_argument("--platform", choices=["offscreen", "xcb"])
    parser.add_argument("--store", help=argparse.SUPPRESS)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        Path(arguments.child).write_text(json.dumps(measure(arguments)))
        return 0
    store = None if arguments.columns else generated(arguments.transactions, arguments.timelines)
    results: dict[str, dict[str, Any]] = {}
    if arguments.platform != "xcb":
        results["offscreen"] = run_child(arguments, {**os.environ, "QT_QPA_PLATFORM": "offscreen"}, store)
    if arguments.platform != "offscreen" and shutil.which("Xvfb"):
        with display() as environment:
            results["xcb"] = run_child(arguments, environment, store)
    return _report(arguments, results)


def _report(arguments: argparse.Namespace, results: dict[str, dict[str, Any]]) -> int:
    rows, figures, kept = [], {}, True
    for platform, measured in results.items():
        busy = measured["busy"]
        figures[platform] = {name: Figure.of(name, held, busy.get(name)) for name, held in measured["wall"].items()}
        for name, figure in figures[platform].items():
            limits = " / ".join("–" if limit is None else f"{limit:g}" for limit in figure.budget)
            kept &= figure.kept
            verdict = "" if figure.budget == (None, None, None) else "yes" if figure.kept else "NO"
            used = "" if figure.busy is None else f"{figure.busy:.1f}"
            rows.append((platform, name, figure.p50, figure.p95, figure.max, used, figure.count, limits, verdict))
    print(f"{arguments.transactions:,} transactions, {arguments.timelines:,} timelines, {SIZE[0]} × {SIZE[1]}; ms\n")
    print(table(("platform", "what", "p50", "p95", "max", "p95 busy", "n", "budget p50 / p95 / max", "kept"), rows))
    name = f"frames-{arguments.transactions}x{arguments.timelines}{'-columns' if arguments.columns else ''}"
    shown = {platform: {key: asdict(figure) for key, figure in held.items()} for platform, held in figures.items()}
    print(f"\n{write_json(name, {'size': SIZE, 'platforms': shown})}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
