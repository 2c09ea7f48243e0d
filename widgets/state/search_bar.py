"""The search field of the State view, with its count and the way to the next and previous hit."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from widgets.common.text import count
from widgets.theme import SPACE_XS, fonts, icon
from widgets.values.bar import tool_button

from .search import Hits

_WAIT = 180  #: milliseconds without a key before a search begins


class SearchBar(QWidget):
    """Asks for a search some moments after the last key; Return goes to the next hit, Shift+Return to the one before,
    Esc gives up."""

    asked = Signal(str)  #: search for this text; empty: stop searching
    stepped = Signal(int)  #: +1: next hit, -1: previous
    left = Signal()  #: Esc in an empty field, or Down: back to the tree

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.field.setObjectName("state-search")
        self.field.setPlaceholderText("Search keys and values, or type a path: $.items[*].name")
        self.field.setToolTip("Search keys and values, or type a path or pattern such as $.items[*].name")
        self.field.setAccessibleName("Search in the state")
        self.field.setClearButtonEnabled(True)
        self.field.addAction(QAction(icon("search", "text_muted"), "", self.field),
                             QLineEdit.ActionPosition.LeadingPosition)  # fmt: skip
        self.field.installEventFilter(self)
        self.count = QLabel()
        self.count.setFont(fonts().small)
        self.previous = tool_button("previous", "Previous hit", self, "Shift+F3")
        self.next = tool_button("next", "Next hit", self, "F3")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_XS)
        for widget, stretch in ((self.field, 1), (self.count, 0), (self.previous, 0), (self.next, 0)):
            layout.addWidget(widget, stretch)
        self._timer = QTimer(self, singleShot=True, interval=_WAIT)
        self._timer.timeout.connect(self._ask)
        self.field.textChanged.connect(self._typed)
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.show_hits(None, -1)

    def begin(self, text: str = "") -> None:
        """Move the keyboard to the field, with a first letter or with what is there selected."""
        if text:
            self.field.setText(text)
            self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.field.setCursorPosition(len(text))
        else:
            self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.field.selectAll()

    def show_hits(self, hits: Hits | None, place: int) -> None:
        """Say which hit of how many is selected; None while nothing is searched."""
        visible = hits is not None
        for widget in (self.count, self.previous, self.next):
            widget.setVisible(visible)
        if hits is None:
            return
        found = len(hits.path_ids)
        total = f"{count(found)}{'+' if hits.more else ''}"
        if not found:
            self.count.setText("no hit")
        else:
            self.count.setText(f"{count(place + 1)} of {total}" if place >= 0 else f"{total} hits")
        self.count.setToolTip("The search stopped at this many hits." if hits.more else "")
        self.previous.setEnabled(found > 0)
        self.next.setEnabled(found > 0)

    def show_problem(self, text: str) -> None:
        """Say why the pattern cannot be searched."""
        self.count.setVisible(True)
        self.count.setText("cannot be read")
        self.count.setToolTip(text)
        self.field.setAccessibleDescription(text)

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.field.setAccessibleDescription("")
        if text:
            self._timer.start()
        else:
            self._timer.stop()
            self.asked.emit("")

    @Slot()
    def _ask(self) -> None:
        self.asked.emit(self.field.text())

    def eventFilter(self, watched: object, event: object) -> bool:
        """Keys of the field that are not text."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
            if self._timer.isActive():
                self._timer.stop()
                self._ask()
            else:
                self.stepped.emit(-1 if shift else 1)
            return True
        if event.key() == Qt.Key.Key_Escape:
            if self.field.text():
                self.field.clear()
            self.left.emit()
            return True
        if event.key() == Qt.Key.Key_Down:
            self.left.emit()
            return True
        return False
