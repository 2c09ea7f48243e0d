"""The start page: open, import, the sample; recent stores; a place to drop things."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from widgets.common.area import AreaButton
from widgets.common.sign import Sign
from widgets.theme import RADIUS, SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS, fonts, theme

from .recent import Recent, RecentList

_WAYS = (
    ("sample", "sample", "Explore the sample", "A real history with branches and merges, to look around in."),
    ("import", "import", "Import…", "A git repository, a file of snapshots or events, CSV, or a folder."),
    ("open", "open", "Open a store…", "A file that the program made before."),
)


class _Way(AreaButton):
    """A large button: a sign, what it does, one line about it."""

    def __init__(self, sign: str, title: str, text: str, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(f"{title} {text}", parent)
        name, about, shortcut = QLabel(title), QLabel(text), QLabel(keys)
        name.setFont(fonts().strong)
        about.setObjectName("muted")
        about.setWordWrap(True)
        shortcut.setObjectName("muted")
        shortcut.setFont(fonts().small)
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        grid.setHorizontalSpacing(SPACE_M)
        grid.setVerticalSpacing(SPACE_XS // 2)
        grid.addWidget(Sign(sign, "accent", 20), 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(name, 0, 1)
        grid.addWidget(shortcut, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(about, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A frame, stronger under the pointer and with the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        over = self.underMouse()
        painter.setBrush(colours.hover if over else colours.surface)
        painter.setPen(
            QPen(colours.focus, 2) if self.hasFocus() else QPen(colours.border_strong if over else colours.border)
        )
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()


class DropHint(QFrame):
    """A dashed field that says what can be dropped; it lights up while something is held over the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = False
        text = QLabel("Drop a repository, a file or a store anywhere on this window.")
        text.setObjectName("muted")
        text.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        layout.setSpacing(SPACE_M)
        layout.addWidget(Sign("drop", "text_muted", 20))
        layout.addWidget(text, 1)

    def set_over(self, over: bool) -> None:
        """Something is held over the window, or no longer."""
        self._over = over
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dashes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        pen = QPen(colours.accent if self._over else colours.border_strong, 2 if self._over else 1)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(colours.accent_soft if self._over else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()


class StartPage(QWidget):
    """Ways to begin at the left, recent stores at the right."""

    asked = Signal(str)  #: "sample", "import" or "open"
    chosen = Signal(object)  #: the path of a recent store
    forgotten = Signal(object)  #: the path of a recent store

    def __init__(self, shortcuts: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Start page")
        self.recent = RecentList()
        self.recent.chosen.connect(self.chosen)
        self.recent.forgotten.connect(self.forgotten)
        self.drop = DropHint()
        columns = QHBoxLayout()
        columns.setSpacing(SPACE_XL * 2)
        columns.addLayout(self._ways(shortcuts), 5)
        columns.addLayout(self._stores(), 6)
        body = QWidget()
        body.setMaximumWidth(1040)
        inner = QVBoxLayout(body)
        inner.setContentsMargins(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_XL)
        inner.setSpacing(SPACE_XL)
        inner.addStretch(1)
        inner.addLayout(self._head())
        inner.addLayout(columns, 4)
        inner.addStretch(1)
        middle = QWidget()
        across = QHBoxLayout(middle)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(body, 20)
        across.addStretch(1)
        area = _plain_area(middle)  # in a small window the page scrolls
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def show_recent(self, stores: Sequence[Recent]) -> None:
        """Show these recent stores, latest first."""
        self.recent.show_stores(stores)

    @staticmethod
    def _head() -> QVBoxLayout:
        title, text = (
            QLabel("The Re-factory"),
            QLabel("Every version of your structured data, on every branch, at any moment."),
        )
        title.setFont(fonts().title)
        text.setObjectName("muted")
        head = QVBoxLayout()
        head.setSpacing(SPACE_XS)
        head.addWidget(title)
        head.addWidget(text)
        return head

    def _ways(self, shortcuts: dict[str, str]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(SPACE_S)
        column.addWidget(_heading("Begin"))
        for name, sign, title, text in _WAYS:
            way = _Way(sign, title, text, shortcuts.get(name, ""))
            way.setObjectName(f"start-{name}")
            way.clicked.connect(lambda _checked, name=name: self.asked.emit(name))
            column.addWidget(way)
        column.addSpacing(SPACE_S)
        column.addWidget(self.drop)
        column.addStretch(1)
        return column

    def _stores(self) -> QVBoxLayout:
        area = _plain_area(self.recent)
        column = QVBoxLayout()
        column.setSpacing(SPACE_S)
        heading = _heading("Recent")
        heading.setIndent(SPACE_M)  # above the names, not above the frame of the rows
        column.addWidget(heading)
        column.addWidget(area, 1)
        column.setContentsMargins(0, 0, 0, 0)
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        return column


def _plain_area(widget: QWidget) -> QScrollArea:
    """A scroll area that cannot be seen."""
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the keyboard
    area.setWidget(widget)
    area.viewport().setAutoFillBackground(False)
    widget.setAutoFillBackground(False)
    return area


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(fonts().strong)
    label.setContentsMargins(0, 0, 0, SPACE_L - SPACE_M)
    return label
