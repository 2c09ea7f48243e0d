"""Background work: jobs in worker threads, imports in a process of their own.

Python threads share one interpreter lock, so a worker can hold up the window. `be_responsive` lets
the interpreter switch every half millisecond; the engine's jobs work in small pieces. Work that is
pure Python for long (imports) runs in another process.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, QProcess, Qt, Signal, Slot

from widgets.common.activity import Activity
from widgets.common.jobs import Job, JobContext

WORKERS = 3


def be_responsive() -> None:
    """Let worker threads give way to the window quickly."""
    sys.setswitchinterval(0.0005)


@dataclass(eq=False)
class _Run:
    job: Job[Any]
    context: JobContext = field(default_factory=JobContext)
    result: Any = None
    error: Exception | None = None


class JobRunner(QObject):
    """Runs jobs in worker threads and brings their results back into the thread of the window."""

    changed = Signal()  #: an activity began or ended
    failed = Signal(object)  #: an exception that no job wanted to handle
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue: SimpleQueue[_Run | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._runs: list[_Run] = []
        self._others: list[Activity] = []
        self._handed = 0  # runs that the threads have got and not given back, cancelled ones included
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def activities(self) -> list[Activity]:
        """What runs or waits, in the order of its start."""
        runs = [Activity(run.job.title, run.context, partial(self._cancel, run)) for run in self._runs]
        return sorted(runs + self._others, key=lambda activity: activity.context.started)

    def run(self, job: Job[Any]) -> JobContext:
        """Queue a job; one with the same key that has not ended is cancelled."""
        if job.key is not None:
            for run in [run for run in self._runs if run.job.key == job.key]:
                self._cancel(run)
        run = _Run(job)
        self._runs.append(run)
        self._handed += 1
        if len(self._threads) < min(WORKERS, self._handed):
            thread = threading.Thread(target=self._work, name=f"job-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._queue.put(run)
        self.changed.emit()
        return run.context

    def add(self, activity: Activity) -> None:
        """Show something that runs elsewhere."""
        self._others.append(activity)
        self.changed.emit()

    def remove(self, activity: Activity) -> None:
        """It has ended."""
        self._others.remove(activity)
        self.changed.emit()

    def close(self, seconds: float = 2.0) -> None:
        """Cancel everything and end the threads."""
        for activity in self.activities():
            activity.cancel()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(seconds)
        self._threads.clear()

    def _cancel(self, run: _Run) -> None:
        """Stop waiting for a run at once; its thread comes free when the work notices."""
        run.context.cancel()
        if run in self._runs:
            self._runs.remove(run)
            self.changed.emit()

    def _work(self) -> None:
        while (run := self._queue.get()) is not None:
            try:
                if not run.context.cancelled:
                    run.result = run.job.work(run.context)
            except Exception as error:
                run.error = error
            if not shiboken6.isValid(self):
                return
            self._finished.emit(run)
            del run  # the result must not live on in a sleeping thread

    @Slot(object)
    def _deliver(self, run: _Run) -> None:
        self._handed -= 1
        if run not in self._runs:
            return  # cancelled meanwhile
        self._runs.remove(run)
        self.changed.emit()
        if run.error is None:
            _call(run.job.done, run.result)
        elif run.job.failed is not None:
            _call(run.job.failed, run.error)
        else:
            self.failed.emit(run.error)


def _call(callback: Callable[[Any], None], argument: Any) -> None:
    """Call back, unless the widget that asked was closed in the meantime."""
    owner = getattr(callback, "__self__", None)
    if not isinstance(owner, QObject) or shiboken6.isValid(owner):
        callback(argument)


class CommandProcess(QObject):
    """A command of the program in a process of its own, with progress and cancel.

    The command gets `--progress-json --json`: it then writes one JSON object a line to standard error for
    its progress (`done`, `total`, `unit`), any other line there is its message, and its result to standard
    output. Cancel sends SIGINT, as Ctrl+C does: the command leaves the store whole and ends with 3.
    """

    ended = Signal(int, str, str)  #: exit code, standard output, messages

    def __init__(self, arguments: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = JobContext()
        self._messages: list[str] = []
        self._rest = b""
        self._process = QProcess(self)
        self._process.setProgram(sys.executable)
        self._process.setArguments(["-m", "app", *arguments, "--json", "--progress-json"])
        environment = self._process.processEnvironment()
        if environment.isEmpty():
            environment = environment.systemEnvironment()
        folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        environment.insert("PYTHONPATH", os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])]))
        environment.insert("PYTHONUNBUFFERED", "1")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardError.connect(self._read)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._fail)

    def start(self) -> None:
        """Start it; `ended` says how it went."""
        self._process.start()

    def cancel(self) -> None:
        """Ask it to stop."""
        self.context.cancel()
        if pid := self._process.processId():
            os.kill(pid, signal.SIGINT)

    def close(self) -> None:
        """Stop it and wait until it is gone: before the program ends."""
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self.cancel()
            if not self._process.waitForFinished(3000):
                self._process.kill()
                self._process.waitForFinished(1000)

    @Slot()
    def _read(self) -> None:
        lines = (self._rest + bytes(self._process.readAllStandardError().data())).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._take(line.decode("utf-8", "replace").strip())

    def _take(self, line: str) -> None:
        try:
            record = json.loads(line)
            self.context.progress(int(record["done"]), record.get("total"), str(record.get("unit", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            if line:
                self._messages.append(line)

    @Slot(int, QProcess.ExitStatus)
    def _end(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._take(self._rest.decode("utf-8", "replace").strip())
        output = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        crashed = status is QProcess.ExitStatus.CrashExit
        self.ended.emit(
            -1 if crashed and not self.context.cancelled else 3 if crashed else code, output, "\n".join(self._messages)
        )

    @Slot(QProcess.ProcessError)
    def _fail(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.ended.emit(-1, "", self._process.errorString())
