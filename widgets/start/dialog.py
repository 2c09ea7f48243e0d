"""The recent stores over the one that is open."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from widgets.common.fit import resize_to_fit
from widgets.theme import SPACE_S

from .recent import Recent, RecentList, RecentRow


class RecentDialog(QDialog):
    """Choose one: Return or a click opens it, Delete forgets it, Esc stays where one is."""

    chosen = Signal(object)  #: the path
    forgotten = Signal(object)  #: the path

    def __init__(self, stores: Sequence[Recent], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recent-stores")
        self.setWindowTitle("Open recent")
        self.list = RecentList("No other store was open before. Ctrl+O opens one from a file.")
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(self.list)
        area.setFocusPolicy(area.focusPolicy().NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_S, SPACE_S, SPACE_S, SPACE_S)
        layout.addWidget(area)
        self.list.chosen.connect(self._choose)
        self.list.forgotten.connect(self.forgotten)
        resize_to_fit(self, 560, 420)
        self.show_stores(stores)

    def show_stores(self, stores: Sequence[Recent]) -> None:
        """Show these; the first has the keyboard."""
        self.list.show_stores(stores)
        first = self.list.findChild(RecentRow)
        if first is not None:
            first.setFocus()

    def _choose(self, path: object) -> None:
        self.accept()
        self.chosen.emit(path)
