"""What every test gets: Qt without a display, directories of its own, and a look at what it left behind."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A Qt that reads these once at start, and a suite that must not touch the files of the person who runs it.
_HOME = Path(tempfile.mkdtemp(prefix="refactory-tests-"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_STYLE_OVERRIDE"] = "Fusion"
os.environ["QT_SCALE_FACTOR"] = "1"
os.environ["HOME"] = str(_HOME)
for _kind in ("CONFIG", "DATA", "CACHE", "STATE"):
    os.environ[f"XDG_{_kind}_HOME"] = str(_HOME / _kind.lower())
os.environ["XDG_RUNTIME_DIR"] = str(_HOME)
# Git and libgit2 commit the same way on every machine.
os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
for _name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
    os.environ.pop(_name, None)
for _role in ("AUTHOR", "COMMITTER"):
    os.environ[f"GIT_{_role}_NAME"] = "Test"
    os.environ[f"GIT_{_role}_EMAIL"] = "test@example.invalid"

# Examples are not timed, and a failure prints what replays it. pytest by itself looks for new examples every time;
# ./dev test judges every change by the same ones (`repeatable`); ./dev soak takes many new ones for hours (`soak`).
settings.register_profile("suite", deadline=None, print_blob=True)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile(
    "soak", deadline=None, print_blob=True, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_unconfigure() -> None:
    """Remove the suite's own home directory."""
    import shutil

    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def leaves_nothing_behind() -> Iterator[None]:
    """Fail a test that leaves a running thread, an open window or a running timer behind."""
    threads = set(threading.enumerate())
    windows = set(_windows())
    yield
    _fail_on_threads(threads)
    _fail_on_windows(windows)


def _application():
    """The QApplication if a test has made one; looks without importing Qt, as most of the suite has none."""
    import sys

    widgets = sys.modules.get("PySide6.QtWidgets")
    return widgets.QApplication.instance() if widgets else None


def _windows() -> list:
    application = _application()
    if application is None or not hasattr(application, "topLevelWidgets"):
        return []
    return [widget for widget in application.topLevelWidgets() if widget.parent() is None]


def _fail_on_threads(before: set[threading.Thread]) -> None:
    # Python shows a thread that Qt started as a dummy, which never ends; Qt's own pool is asked below.
    new = [t for t in threading.enumerate() if t not in before and not isinstance(t, threading._DummyThread)]
    for thread in new:
        thread.join(2)
    running = [thread.name for thread in new if thread.is_alive()]
    assert not running, f"threads left running: {running}"


def _fail_on_windows(before: set) -> None:
    application = _application()
    if application is None:
        return
    import gc

    from PySide6.QtCore import QEvent, QThread, QThreadPool, QTimer

    assert QThreadPool.globalInstance().waitForDone(2000), "work left running in Qt's thread pool"
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if set(_windows()) - before:
        gc.collect()
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [f"{type(w).__name__} {w.objectName()!r}" for w in _windows() if w not in before]
    assert not left, f"windows left open: {left}"
    threads = [thread.objectName() for thread in application.findChildren(QThread) if thread.isRunning()]
    assert not threads, f"Qt threads left running: {threads}"
    timers = [timer.objectName() or repr(timer) for timer in application.findChildren(QTimer) if timer.isActive()]
    assert not timers, f"timers left running: {timers}"
