"""The writer lock between processes: in the order of asking, and nobody waits for one that is stopped."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import StoreError
from engine.storage import lock as module
from engine.storage.lock import WriterLock

HEAD = """
import os, signal, sys, time
from pathlib import Path
from engine.storage.lock import WriterLock
lock = WriterLock(Path(sys.argv[1]))
"""
STOPS_WHILE_IT_WAITS = f"""{HEAD}
time.sleep = lambda _: os.kill(os.getpid(), signal.SIGSTOP)
lock.acquire()
"""
ACQUIRES = f"""{HEAD}
lock.acquire(float(sys.argv[2]))
"""


@contextmanager
def waiting_and_stopped(store: Path) -> Iterator[int]:
    """A process that waits for the lock, and that somebody has stopped (Ctrl+Z)."""
    with subprocess.Popen([sys.executable, "-c", STOPS_WHILE_IT_WAITS, str(store)]) as process:
        try:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            yield process.pid
        finally:
            process.kill()


def acquire_elsewhere(store: Path, wait: float) -> bool:
    """Whether another process gets the lock."""
    command = [sys.executable, "-c", ACQUIRES, str(store), str(wait)]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "another process keeps the store locked" in done.stderr
    return done.returncode == 0


def test_one_at_a_time(tmp_path: Path) -> None:
    one, other = WriterLock(tmp_path / "store"), WriterLock(tmp_path / "store")
    one.acquire()
    for wait in (0, 0.01):
        with pytest.raises(StoreError, match="another process keeps the store locked"):
            other.acquire(wait)
    one.release()
    other.acquire(0)
    other.release()
    one.remove()
    other.remove()
    assert not list(tmp_path.iterdir())


def test_nobody_waits_for_one_that_is_stopped(tmp_path: Path) -> None:
    store = tmp_path / "store"
    holder, again = WriterLock(store), WriterLock(store)
    holder.acquire()
    with waiting_and_stopped(store):
        assert not acquire_elsewhere(store, 0.1), "it is held"
        holder.release()
        assert acquire_elsewhere(store, 1.0)
        for _ in range(3):
            again.acquire(1.0)
            again.release()
        assert not acquire_elsewhere(store, 0), "there is one before, and it is not to wait"
    assert acquire_elsewhere(store, 0), "the number of a process ends with it"


def test_whom_one_went_past_once_one_waits_for_no_more(tmp_path: Path) -> None:
    store = tmp_path / "store"
    holder, other = WriterLock(store), WriterLock(store)
    holder.acquire()
    with waiting_and_stopped(store) as stopped:
        holder.release()
        other.acquire(0.1)
        other.release()
        other.acquire(0)
        other.release()
        os.kill(stopped, signal.SIGKILL)
    other.acquire(0)
    other.release()


def test_the_lock_is_given_in_the_order_of_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, order = tmp_path / "store", list[int]()
    waits = [threading.Event() for _ in range(6)]
    mine = threading.local()
    mine.number = 5

    def sleep(seconds: float) -> None:
        waits[mine.number].set()
        time.sleep(seconds)

    # Patience without end: how busy the machine is decides nothing.
    monkeypatch.setattr(module, "_PATIENCE", 1000.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=sleep))

    def write(number: int) -> None:
        mine.number = number
        lock = WriterLock(store)
        lock.acquire()
        order.append(number)
        lock.release()

    first = WriterLock(store)
    first.acquire()
    with ThreadPoolExecutor(5) as pool:
        for number, event in enumerate(waits[:5]):
            pool.submit(write, number)
            assert event.wait(60)
        first.release()
        first.acquire()
        order.append(mine.number)
        first.release()
    assert order == [0, 1, 2, 3, 4, 5]


def test_who_waits_for_a_file_that_was_replaced_has_a_place_in_the_new_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    first, second, third, waiter = (WriterLock(store) for _ in range(4))
    asleep, wake = threading.Semaphore(0), threading.Semaphore(0)

    def sleep(_: float) -> None:
        asleep.release()
        assert wake.acquire(timeout=60)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=sleep))
    first.acquire()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(waiter.acquire)
        assert asleep.acquire(timeout=60)
        first.remove()
        second.acquire()
        wake.release()
        assert asleep.acquire(timeout=60)
        second.release()
        with pytest.raises(StoreError, match="another process keeps the store locked"):
            third.acquire(0)
        wake.release()
        waiting.result(60)
    with pytest.raises(StoreError, match="another process keeps the store locked"):
        third.acquire(0)
    waiter.release()
    third.acquire(0)
