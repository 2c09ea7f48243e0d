"""When something of ours goes wrong: a report that a person can read and copy, never a silent end.

Python's exceptions come to `report`; a crash of the interpreter itself leaves its stack in a file,
which the next start finds.
"""

import faulthandler
import logging
import os
import platform
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal, Slot, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from widgets.common.fit import resize_to_fit
from widgets.theme import SPACE_L, SPACE_M, fonts

log = logging.getLogger(__name__)
_fault_file: TextIO | None = None


def fault_path() -> Path:
    """Where a crash of the interpreter is written (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state") / "refactory" / "crash.log"


def last_crash() -> str:
    """The stack of a crash of the last time, if there was one."""
    try:
        return fault_path().read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def describe(error: BaseException) -> str:
    """The report: versions and traceback, nothing of the person's data but what the error itself quotes."""
    lines = [
        f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(line.rstrip("\n") for line in lines)


class CrashDialog(QDialog):
    """What happened, the report to copy, and that the store is safe."""

    def __init__(self, text: str) -> None:
        super().__init__(QApplication.activeWindow())
        self.setObjectName("crash")
        self.setWindowTitle("Something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        heading = QLabel("This is a mistake in the program, not yours.")
        heading.setFont(fonts().strong)
        told = QLabel(
            "Your store is whole: what was committed is on disk. You can go on working. "
            "If you report this, please copy the text below into the report."
        )
        told.setWordWrap(True)
        self.text = QPlainTextEdit(text, readOnly=True)
        self.text.setFont(fonts().mono)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Report")
        copy, close = QPushButton("Copy report"), QPushButton("Go on")
        close.setDefault(True)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        layout.addWidget(heading)
        layout.addWidget(told)
        layout.addWidget(self.text, 1)
        layout.addLayout(buttons)
        resize_to_fit(self, 720, 420)


def report(error: BaseException) -> None:
    """Log the error and show the report, one at a time."""
    text = describe(error)
    print(text, file=sys.stderr)
    show_report(text)


def show_report(text: str) -> None:
    """Show a report unless one is open: an error in a timer must not bury the screen."""
    if not any(isinstance(widget, CrashDialog) for widget in QApplication.topLevelWidgets()):
        CrashDialog(text).open()


class _Reporter(QObject):
    """Brings errors of other threads into the thread of the window."""

    happened = Signal(object)

    def __init__(self) -> None:
        super().__init__(QCoreApplication.instance())
        self.happened.connect(self.show, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def show(self, error: BaseException) -> None:
        """Show it."""
        report(error)


def install() -> None:
    """Catch what nobody else catches, from now on."""
    reporter = _Reporter()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
        else:
            reporter.happened.emit(error.with_traceback(trace))

    def thread_hook(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            reporter.happened.emit(arguments.exc_value)

    sys.excepthook = hook
    threading.excepthook = thread_hook
    _record_faults()


def _record_faults() -> None:
    """Let a crash of the interpreter write its stack to a file, after showing that of the last time."""
    global _fault_file
    before = last_crash()
    try:
        fault_path().parent.mkdir(parents=True, exist_ok=True)
        _fault_file = fault_path().open("w", encoding="utf-8")
        faulthandler.enable(_fault_file)
    except OSError as error:
        log.warning("crashes cannot be recorded in %s: %s", fault_path(), error)
    if before:
        QTimer.singleShot(0, lambda: show_report(f"The program ended by a crash the last time:\n\n{before}"))
