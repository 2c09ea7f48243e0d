"""The import dialog: choose a source, look at what is in it, import it, watch, cancel."""

import json
from collections.abc import Callable
from dataclasses import replace
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
from widgets.common.fit import resize_to_fit
from widgets.common.progress import fraction, words
from widgets.theme import SPACE_L, SPACE_M, SPACE_S

from .form import SourceForm, TargetForm, read_plan
from .look import look
from .plan import ImportPlan
from .preview import Findings, PreviewPanel
from .words import in_words

REFRESH = 100  #: milliseconds
PAUSE = 500  #: milliseconds without a key before a source that exists is looked at
NOTHING = ("Nothing chosen yet", "Choose a source above to see what is in it.")
TYPED = ("Not looked at yet", "Press Enter to see what is in it.")


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
        self._found: Findings | None = None  #: what is in the source that the fields name now
        self._looked: ImportPlan | None = None  #: the question whose answer is shown or on its way
        self.source_form, self.target_form = SourceForm(folder), TargetForm()
        self.preview = PreviewPanel()
        self._empty = EmptyState("import", *NOTHING)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._paused)
        self._timer = QTimer(self, interval=REFRESH)
        self._timer.timeout.connect(self._tick)
        self._build()
        self._connect()
        resize_to_fit(self, 720, 620)
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
        self.cancel, self.go, self.show_store = QPushButton("Cancel"), QPushButton("Import"), QPushButton("Open")
        for button in (self.cancel, self.show_store):
            button.setAutoDefault(False)
        self.go.setDefault(True)
        self.show_store.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_S)
        buttons.addWidget(self.told, 1)
        buttons.addWidget(self.show_store)
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
        self.source_form.typed.connect(self._typed)
        self.target_form.changed.connect(self._check)
        self.target_form.reading_changed.connect(self._look)
        self.go.clicked.connect(self._go)
        self.show_store.clicked.connect(self._open)
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
    def _typed(self) -> None:
        """Another source is being written: what is shown is of the old one."""
        self._found, self._looked = None, None
        self.problem.hide()
        self._empty.set_message(*(TYPED if self.source_form.source.text().strip() else NOTHING))
        self.pages.setCurrentWidget(self._empty)
        self._check()
        self._pause.start()

    @Slot()
    def _paused(self) -> None:
        if self.source_form.source.text().strip() and self.plan().source.exists():
            self._look()

    @Slot()
    def _look(self) -> None:
        """Look at the source in the background; the latest question wins. Nothing is asked twice."""
        self._pause.stop()
        plan = self.plan()
        question = replace(plan, target=Path(), keys={}, timeline="", skip_bad=False)
        if question == self._looked or not self.isEnabled() or self.running:
            return
        self._looked, self._found = question, None
        self.problem.hide()
        self.show_store.hide()
        self.pages.setCurrentWidget(self._empty)
        if not self.source_form.source.text().strip():
            self._empty.set_message(*NOTHING)
            self._check()
            return
        self.target_form.suggest(plan.source)
        self._empty.set_message("Looking …", str(plan.source))
        self._check()
        job = Job(
            f"Look at {plan.source.name}",
            lambda context: look(plan, context),
            lambda found: self._take(question, found),
            lambda error: self._fail(question, error),
            key="import-preview",
        )
        self._session.run(job)

    def _take(self, question: ImportPlan, found: Findings) -> None:
        if question != self._looked:
            return
        if found.kind == "folder" and not found.paths:
            asked = f"has a file that matches {' '.join(question.paths)}" if question.paths else "has a file of these"
            self._empty.set_message("There is nothing to import", f"Nothing in {question.source} {asked}.")
        else:
            self._found = found
            self.preview.show_findings(found)
            self.pages.setCurrentWidget(self.preview)
        self._check()

    def _fail(self, question: ImportPlan, error: Exception) -> None:
        from engine.errors import KnownError

        if not isinstance(error, KnownError):
            raise error
        if question == self._looked:
            self._empty.set_message("This cannot be imported as it is", in_words(str(error)))

    def _check(self) -> None:
        """The import can start when its source was looked at, and there is a target that is not the source."""
        plan = self.plan()
        named = bool(self.target_form.target.text().strip()) and plan.source != plan.target
        self.go.setEnabled(named and self._found is not None and self._context is None)

    # ------------------------------------------------------------------ the import

    @Slot()
    def _go(self) -> None:
        self.problem.hide()
        self.show_store.hide()
        self.requested.emit(self.plan())

    @Slot()
    def _open(self) -> None:
        if self._done is not None:
            self.opened.emit(self._done)
            self.accept()

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
        if code == 3:
            self.told.setText("Stopped. What was imported until then is kept; Import goes on from there.")
            if target.exists():
                self._offer(target)
        else:
            self._say(". ".join(filter(None, (in_words(_last_line(messages)), self._advice()))))
        self._check()
        return False

    def _advice(self) -> str:
        """What else can be done about a line that cannot be read."""
        if self._found is None or not self._found.stops() or self.target_form.skip_bad.isChecked():
            return ""
        self.target_form.more.setChecked(True)
        return f"Correct it and import again, or tick “{self.target_form.skip_bad.text()}”."

    def _show_success(self, target: Path, output: str) -> bool:
        skipped = skipped_versions(output)
        if not skipped:
            self.accept()
            return True
        self.pages.setCurrentWidget(self.preview)
        self.preview.setEnabled(True)
        self.preview.show_problems(skipped, self._found.unit() if self._found else "version")
        self.told.setText("Imported; what is listed above was left out.")
        self._offer(target)
        self.go.hide()
        self.show_store.setDefault(True)
        self.show_store.setFocus()
        return False

    def _offer(self, target: Path) -> None:
        """A button opens what was imported."""
        self._done = target
        self.show_store.show()

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
