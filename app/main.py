"""Starts the window. Imports are few and late: what the start page does not need is loaded when it is used."""

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.window import Window


def without_display() -> None:
    """Draw into memory from now on; before there is a QApplication."""
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

    os.environ["QT_QPA_PLATFORM"] = "offscreen"

    def tell(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if not text.startswith("This plugin does not support"):  # it says so of every window
            print(text, file=sys.stderr)

    qInstallMessageHandler(tell)


def run_window(path: str | None, render: Path | None = None) -> int:
    """Open the window on `path` (a store, or something to import) and run until it closes; returns the exit code.

    With `render`, draw the window on `path` or the sample without a display into that PNG file, and return.
    """
    if render is not None:
        without_display()
    from PySide6.QtCore import QTimer

    from app import crash
    from app.jobs import be_responsive
    from app.settings import settings_file
    from app.window import Window

    app = make_application()
    be_responsive()
    if render is not None:
        from app.shot import render_window

        return render_window(Path(path) if path else None, render)
    crash.install()
    window = Window(settings_file())
    window.show()
    if path is not None:
        QTimer.singleShot(0, lambda: window.files.open_path(Path(path)))
    else:
        QTimer.singleShot(0, window.restore_session)
    _end_on_signals(window)
    return int(app.exec())


def self_test() -> int:
    """Open the sample without a display, draw every view, ask one question; 0 if all of it works."""
    without_display()
    from app.jobs import be_responsive
    from app.shot import self_test as draw

    app = make_application()
    be_responsive()
    try:
        return draw()
    finally:
        app.processEvents()


def make_application() -> "QApplication":
    """The one QApplication, with our style and without a theme yet."""
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication

    from widgets.theme import fonts

    running = QCoreApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("refactory")
    app.setApplicationDisplayName("The Re-factory")
    app.setDesktopFileName("refactory")
    app.setStyle("Fusion")
    app.setFont(fonts().ui)  # before there are widgets: those keep the font that they were born with
    return app


def _end_on_signals(window: "Window") -> None:
    """SIGINT and SIGTERM close the window properly, without a question. A timer lets Python see them while Qt waits."""
    from PySide6.QtCore import QCoreApplication, QTimer

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.end())
    timer = QTimer(QCoreApplication.instance(), interval=200)
    timer.timeout.connect(lambda: None)
    timer.start()
