"""The import dialog: choose a source, look at what is in it, import it, watch, cancel."""

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from widgets.common import EmptyState, Job, JobContext, Session
from widgets.common.progress import fraction, words
from widgets.theme import SPACE_L, SPACE_M, SPACE_S

from .form import SourceForm, TargetForm, read_plan
from .look import look
from .plan import ImportPlan
from .preview import Findings, PreviewPanel

REFRESH = 100  #: milliseconds


class ImportDialog(QDialog):
    """One page. The window runs the import (`requested`) and tells how it goes (`show_running`, `show_end`)."""

    requested = Signal(object)  #: an ImportPlan
    opened = Signal(object)  #: the path of a store that was imported, to open it

    def __init__(self, session: Session, source: Path | None, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import")
        self.setWindowTitle("Import")
        self._session = session
        self._context: JobContext | None = None
        self._cancel_import: Callable[[], None] | None = None
        self._done: Path | None = None
        self.source_form, self.target_form = SourceForm(folder), TargetForm()
        self.preview = PreviewPanel()
        self._empty = EmptyState("import", "Nothing chosen yet", "Choose a source above to see what is in it.")
        self._timer = QTimer(self, interval=REFRESH)
        self._timer.timeout.connect(self._tick)
        self._build()
        self._connect()
        self.resize(720, 620)
        if source is not None:
            self.source_form.choose(str(source))
        self._check()

    # ------------------------------------------------------------------ building

    def _build(self) -> None:
        self.pages = QStackedWidget()
        self.pages.setObjectName("card")
        self.pages.addWidget(self._empty)
        self.pages.addWidget(self.preview)
        self.problem = QLabel()
        self.problem.setObjectName("error")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.setAccessibleName("What is wrong")
        self.problem.hide()
        self.told = QLabel()
        self.told.setObjectName("muted")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Progress")
        self.cancel, self.go = QPushButton("Cancel"), QPushButton("Import")
        self.cancel.setAutoDefault(False)
        self.go.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_S)
        buttons.addWidget(self.told, 1)
        buttons.addWidget(self.go)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        layout.addWidget(self.source_form)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.target_form)
        layout.addWidget(self.problem)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        self.bar.hide()

    def _connect(self) -> None:
        self.source_form.changed.connect(self._look)
        self.target_form.changed.connect(self._check)
        self.go.clicked.connect(self._go)
        self.cancel.clicked.connect(self._stop)

    @property
    def running(self) -> bool:
        """Whether the import runs; it goes on if the dialog is closed."""
        return self._context is not None

    # ------------------------------------------------------------------ the preview

    def plan(self) -> ImportPlan:
        """What the fields say."""
        return read_plan(self.source_form, self.target_form, self.preview.changed_keys())

    @Slot()
    def _look(self) -> None:
        """Look at the source in the background; the latest question wins."""
        plan = self.plan()
        self.problem.hide()
        if not self.source_form.source.text().strip():
            self.pages.setCurrentWidget(self._empty)
            self._check()
            return
        self.target_form.suggest(plan.source)
        self._empty.set_message("Looking …", str(plan.source))
        self.pages.setCurrentWidget(self._empty)
        self._check()
        job = Job(
            f"Look at {plan.source.name}",
            lambda context: look(plan, context),
            self._take,
            self._fail,
            key="import-preview",
        )
        self._session.run(job)

    def _take(self, found: Findings) -> None:
        self.preview.show_findings(found)
        self.pages.setCurrentWidget(self.preview)
        self._check()

    def _fail(self, error: Exception) -> None:
        from engine.errors import KnownError

        if not isinstance(error, KnownError):
            raise error
        self._empty.set_message("This cannot be imported as it is", "")
        self._say(str(error))

    def _check(self) -> None:
        """The import can start when there is a source and a target that is not the source."""
        plan = self.plan()
        named = bool(self.source_form.source.text().strip() and self.target_form.target.text().strip())
        self.go.setEnabled(named and plan.source != plan.target and self._context is None)

    # ------------------------------------------------------------------ the import

    @Slot()
    def _go(self) -> None:
        if self._done is not None:
            self.opened.emit(self._done)
            self.accept()
        else:
            self.problem.hide()
            self.requested.emit(self.plan())

    def show_running(self, context: JobContext, cancel: Callable[[], None]) -> None:
        """The import runs: show how far it is."""
        self._context, self._cancel_import = context, cancel
        for form in (self.source_form, self.target_form, self.preview):
            form.setEnabled(False)
        self.cancel.setText("Stop")
        self.go.setEnabled(False)
        self.bar.show()
        self._tick()
        self._timer.start()

    def show_end(self, code: int, output: str, messages: str) -> bool:
        """The import ended with this exit code, result and messages; whether the store shall be opened now."""
        self._timer.stop()
        self._context = None
        self.bar.hide()
        self.told.clear()
        self.cancel.setText("Close")
        target = self.plan().target
        if code == 0:
            return self._show_success(target, output)
        for form in (self.source_form, self.target_form, self.preview):
            form.setEnabled(True)
        self._say("Stopped. What was imported until then is kept, whole." if code == 3 else _last_line(messages))
        if target.exists() and code == 3:
            self._offer(target)
        self._check()
        return False

    def _show_success(self, target: Path, output: str) -> bool:
        skipped = skipped_versions(output)
        if not skipped:
            self.accept()
            return True
        self.pages.setCurrentWidget(self.preview)
        self.preview.setEnabled(True)
        self.preview.show_problems(skipped)
        self.told.setText("Imported; the versions above were left out.")
        self._offer(target)
        return False

    def _offer(self, target: Path) -> None:
        """The button now opens what was imported."""
        self._done = target
        self.go.setText("Open")
        self.go.setEnabled(True)

    @Slot()
    def _tick(self) -> None:
        if self._context is None:
            return
        latest = self._context.latest
        self.told.setText(words(latest, self._context.started, monotonic()) or "Starting …")
        part = fraction(latest)
        self.bar.setRange(0, 0 if part is None else 1000)
        self.bar.setValue(0 if part is None else round(1000 * part))

    @Slot()
    def _stop(self) -> None:
        if self._context is not None and self._cancel_import is not None:
            self.cancel.setEnabled(False)
            self._cancel_import()
            self.cancel.setEnabled(True)
        else:
            self.reject()

    def _say(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.show()


def skipped_versions(output: str) -> list[tuple[str, str]]:
    """Where and why versions were left out, from the command's result."""
    try:
        result = json.loads(output)
        return [(str(one["where"]), str(one["why"])) for one in result.get("skipped", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _last_line(messages: str) -> str:
    lines = messages.strip().splitlines()
    return lines[-1] if lines else "The import ended without saying why. Try it on the command line: refactory import."
