"""The search field above the timeline: hits are counted while they are found."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from widgets.common.text import count
from widgets.theme import SPACE_S, SPACE_XS, icon

from .model import TimelineModel

_TYPING = 150  #: ms after the last key until the search begins


class SearchBar(QWidget):
    """Filters by author, message, timeline, id or handle; Enter and Shift+Enter walk through the hits."""

    stepped = Signal(int)  #: 1: to the next (older) hit, -1: to the one before
    left = Signal()  #: Escape in an empty field, or Down: the keyboard goes to the rows

    def __init__(self, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.field = QLineEdit(objectName="timeline-search", clearButtonEnabled=True)
        self.field.setPlaceholderText("Search author, message, timeline, id")
        self.field.setAccessibleName("Search transactions by author, message, timeline, id or handle")
        self.field.addAction(icon("search", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.setMinimumWidth(200)
        self.field.setMaximumWidth(360)
        self.field.installEventFilter(self)
        self.count = QLabel(objectName="timeline-search-count")
        self.count.setAccessibleName("Number of hits")
        self.count.setForegroundRole(self.count.palette().ColorRole.PlaceholderText)
        self._previous = self._button("previous", "Newer hit (Shift+Enter)", -1)
        self._next = self._button("next", "Older hit (Enter)", 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_XS)
        layout.addWidget(self.field, 100)
        layout.addWidget(self._previous)
        layout.addWidget(self._next)
        layout.addSpacing(SPACE_S)
        layout.addWidget(self.count)
        layout.addStretch(1)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING)
        self._typing.timeout.connect(self._search)
        self.field.textChanged.connect(self._typed)
        model.search_changed.connect(self._show)
        model.reset.connect(self._show)
        self._show()

    def _button(self, name: str, text: str, step: int) -> QToolButton:
        button = QToolButton(autoRaise=True, icon=icon(name), toolTip=text)
        button.setAccessibleName(text)
        button.clicked.connect(lambda: self.stepped.emit(step))
        return button

    @Slot(str)
    def _typed(self, text: str) -> None:
        if text.strip():
            self._typing.start()
        else:
            self._search()

    @Slot()
    def _search(self) -> None:
        self._typing.stop()
        self._model.start_search(self.field.text())

    @Slot()
    def _show(self) -> None:
        search, found = self._model.search, self._model.found
        shown = search is not None
        self._previous.setVisible(shown)
        self._next.setVisible(shown)
        self.count.setVisible(shown)
        if search is None:
            if self.field.text() and not self._typing.isActive():
                self.field.clear()  # another store was opened
            return
        number = len(found) if found is not None else 0
        text = count(number, "hit")
        if not search.done:
            text += f" · {search.looked_at * 100 // max(search.total, 1)} % searched"
        self.count.setText("no hits" if search.done and not number else text)
        for button in (self._previous, self._next):
            button.setEnabled(number > 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter, Escape and Down in the field."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self._typing.isActive():
                    self._search()
                self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
            if key == Qt.Key.Key_Escape:
                if self.field.text():
                    self.field.clear()
                else:
                    self.left.emit()
                return True
            if key == Qt.Key.Key_Down:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)
