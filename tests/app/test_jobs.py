"""Background work: results come back here, cancel is immediate, processes tell their progress."""

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from app.jobs import CommandProcess, JobRunner
from widgets.common.jobs import Job, JobContext


@pytest.fixture
def runner(qtbot):
    runner = JobRunner()
    yield runner
    runner.close()
    runner.deleteLater()


def test_the_work_runs_elsewhere_and_the_result_comes_back_here(runner: JobRunner, qtbot) -> None:
    threads, results = [], []

    def work(_context: JobContext) -> int:
        threads.append(threading.current_thread())
        return 42

    runner.run(Job("Answer", work, lambda result: results.append((result, threading.current_thread()))))
    qtbot.waitUntil(lambda: len(results) == 1)
    assert results == [(42, threading.main_thread())]
    assert threads[0] is not threading.main_thread()
    assert runner.activities() == []


def test_an_error_goes_to_the_job_or_else_to_the_window(runner: JobRunner, qtbot) -> None:
    def fail(_context: JobContext) -> None:
        raise ValueError("no")

    mine, others = [], []
    runner.failed.connect(others.append)
    runner.run(Job("Fail", fail, failed=mine.append))
    runner.run(Job("Fail", fail))
    qtbot.waitUntil(lambda: len(mine) == len(others) == 1)
    assert isinstance(mine[0], ValueError)


def test_cancel_is_immediate_and_the_result_is_dropped(runner: JobRunner, qtbot) -> None:
    go, results = threading.Event(), []
    context = runner.run(Job("Slow", lambda _context: go.wait(5), results.append))
    (activity,) = runner.activities()
    began = time.monotonic()
    activity.cancel()
    assert time.monotonic() - began < 0.1
    assert context.cancelled
    assert runner.activities() == []
    go.set()
    after: list[int] = []
    runner.run(Job("Next", lambda _context: 1, after.append))
    qtbot.waitUntil(lambda: after == [1])
    assert results == []


def test_a_job_that_does_not_listen_does_not_hold_up_others(runner: JobRunner, qtbot) -> None:
    go, results = threading.Event(), []
    runner.run(Job("Deaf", lambda _context: go.wait(5)))
    runner.activities()[0].cancel()
    runner.run(Job("Next", lambda _context: 1, results.append))
    qtbot.waitUntil(lambda: results == [1])
    go.set()


def test_a_job_replaces_an_older_one_with_the_same_key(runner: JobRunner, qtbot) -> None:
    go, results = threading.Event(), []
    first = runner.run(Job("Search", lambda _context: go.wait(5), lambda _r: results.append("first"), key="search"))
    runner.run(Job("Search", lambda _context: 1, lambda _r: results.append("second"), key="search"))
    assert first.cancelled
    go.set()
    qtbot.waitUntil(lambda: results == ["second"])


def test_the_result_for_a_closed_widget_is_dropped(runner: JobRunner, qtbot) -> None:
    class Owner(QObject):
        def take(self, result: int) -> None:
            raise AssertionError("called after it was deleted")

    import shiboken6

    owner = Owner()
    go, after = threading.Event(), []
    runner.run(Job("Late", lambda _context: go.wait(5), owner.take))
    shiboken6.delete(owner)
    go.set()
    runner.run(Job("After", lambda _context: 1, after.append))
    qtbot.waitUntil(lambda: after == [1] and not runner.activities())


def test_progress_can_be_read_while_it_runs(runner: JobRunner, qtbot) -> None:
    go = threading.Event()

    def work(context: JobContext) -> None:
        context.progress(3, 10, "versions")
        go.wait(5)

    context = runner.run(Job("Count", work))
    qtbot.waitUntil(lambda: context.latest is not None)
    assert (context.latest.done, context.latest.total, context.latest.unit) == (3, 10, "versions")
    go.set()
    qtbot.waitUntil(lambda: not runner.activities())


FAKE = """
import json, signal, sys, time
assert sys.argv[-2:] == ["--json", "--progress-json"], sys.argv
if "wait" in sys.argv:
    signal.signal(signal.SIGINT, lambda *_: sys.exit(3))
    print(json.dumps({"done": 1, "total": 4, "unit": "versions"}), file=sys.stderr, flush=True)
    time.sleep(30)
print(json.dumps({"done": 4, "total": 4, "unit": "versions"}), file=sys.stderr)
print("fires.jsonl: line 3: not JSON", file=sys.stderr)
print(json.dumps({"transactions": 4}))
sys.exit(2)
"""


@pytest.fixture
def command(tmp_path: Path, qtbot):
    """A command process that runs a stand-in for the program."""
    script = tmp_path / "stand_in.py"
    script.write_text(FAKE)

    def make(*arguments: str) -> CommandProcess:
        process = CommandProcess(arguments)
        given = process._process.arguments()
        process._process.setArguments([str(script), *given[2:]])
        return process

    return make


def test_a_command_tells_its_progress_result_and_messages(command, qtbot) -> None:
    process = command("import", "a", "b")
    with qtbot.waitSignal(process.ended, timeout=10_000) as ended:
        process.start()
    code, output, messages = ended.args
    assert (code, output.strip(), messages) == (2, '{"transactions": 4}', "fires.jsonl: line 3: not JSON")
    assert process.context.latest is not None
    assert process.context.latest.done == 4


def test_a_command_is_interrupted_by_cancel(command, qtbot) -> None:
    process = command("wait")
    process.start()
    qtbot.waitUntil(lambda: process.context.latest is not None, timeout=10_000)
    with qtbot.waitSignal(process.ended, timeout=10_000) as ended:
        process.cancel()
    assert ended.args[0] == 3


def test_a_command_that_cannot_start_says_so(command, qtbot) -> None:
    process = command("x")
    process._process.setProgram("/nowhere/python")
    with qtbot.waitSignal(process.ended, timeout=10_000) as ended:
        process.start()
    assert ended.args[0] == -1
    assert ended.args[2]
