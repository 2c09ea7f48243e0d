"""Asks for a moment: a time, a timeline, a tag, a handle or an id."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCompleter, QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from widgets.common.jobs import Job
from widgets.common.labels import WrappedLabel
from widgets.common.session import Session
from widgets.theme import SPACE_L, SPACE_M, SPACE_S

WIDTH = 448
HELP = (
    "A time such as 2022-07-26 or 2022-07-26T14:00Z, the name of a timeline or tag, a handle, an id or the first "
    "letters of one, or the source's own id. Add ~3 for three transactions earlier."
)


class MomentDialog(QDialog):
    """One field; it stays open, and says why, as long as the text names no moment."""

    chosen = Signal(int)  #: the dense number of the transaction

    def __init__(self, session: Session, title: str, button: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("moment")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.field = QLineEdit(placeholderText="2022-07-26, main, a tag, an id …")
        self.field.setAccessibleName(title)
        names = sorted([*session.store.heads(), *session.store.tags()]) if (session.store) else []
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.field.setCompleter(completer)
        self._help = WrappedLabel(HELP, WIDTH)
        self._help.setObjectName("muted")
        self.problem = WrappedLabel("", WIDTH)
        self.problem.setObjectName("error")
        self.problem.hide()
        self.go = QPushButton(button)
        self.go.setDefault(True)
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.go.clicked.connect(self._resolve)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.go)
        buttons.addWidget(cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_S)
        for widget in (self.field, self.problem, self._help):
            layout.addWidget(widget)
        layout.addSpacing(SPACE_M)
        layout.addLayout(buttons)
        self.setMinimumWidth(WIDTH + 2 * SPACE_L)
        self.adjustSize()

    def _resolve(self) -> None:
        store, text = self._session.store, self.field.text().strip()
        if store is None or not text:
            return
        self.go.setEnabled(False)
        self._session.run(
            Job(
                "Find the moment",
                lambda _context: int(store.at(text).transaction),
                self._take,
                self._fail,
                key="moment",
            )
        )

    def _take(self, dense: int) -> None:
        if dense < 0:
            self._fail(LookupError("That is before the first transaction."))
            return
        self.accept()
        self.chosen.emit(dense)

    def _fail(self, error: Exception) -> None:
        self.go.setEnabled(True)
        self.problem.setText(str(error))
        self.problem.show()
        self.adjustSize()
        self.field.selectAll()
        self.field.setFocus()
