"""The command palette: type a few letters, choose with the arrow keys, Enter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.theme import ICON, SPACE_M, SPACE_S, fonts, theme

from .fuzzy import match

SHOWN = 200  #: more matches than anyone scrolls through


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be chosen: an action, a timeline, a tag."""

    text: str
    run: Callable[[], object]
    detail: str = ""  #: where it stands, or what it is
    shortcut: str = ""
    icon: QIcon | None = None
    enabled: bool = True
    help: str = ""


class PaletteModel(QAbstractListModel):
    """The entries that match, best first."""

    def __init__(self, entries: Iterable[Entry], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries = list(entries)
        self._found: list[tuple[Entry, tuple[int, ...]]] = []
        self.filter("")

    def filter(self, query: str) -> None:
        """Show what matches `query`; everything for an empty one. What cannot be done now comes last."""
        ranked = []
        for order, entry in enumerate(self._entries):
            found = match(query, entry.text)
            if found is None and (aside := match(query, f"{entry.detail} {entry.text}")):
                found = aside[0] - 8, ()
            if found:
                ranked.append((not entry.enabled, -found[0] if query else 0.0, order, entry, found[1]))
        ranked.sort(key=lambda row: row[:3])
        self.beginResetModel()
        self._found = [(row[3], row[4]) for row in ranked[:SHOWN]]
        self.endResetModel()

    def entry(self, row: int) -> Entry:
        """The entry in this row."""
        return self._found[row][0]

    def positions(self, row: int) -> tuple[int, ...]:
        """Which letters of its text matched."""
        return self._found[row][1]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """How many there are."""
        return 0 if parent.isValid() else len(self._found)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The text, and what a screen reader says."""
        if not index.isValid():
            return None
        entry = self.entry(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return ", ".join(filter(None, (entry.text, entry.detail, entry.shortcut)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.help or None
        return None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """What cannot be done now can be seen, not chosen."""
        if not index.isValid() or not self.entry(index.row()).enabled:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class _Delegate(QStyledItemDelegate):
    """One line: icon, text with the matching letters strong, where it stands, the shortcut at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, fonts().row + 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        assert isinstance(model, PaletteModel)
        entry, colours = model.entry(index.row()), theme()
        rect: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, colours.selection)
        if entry.icon is not None:
            mode = QIcon.Mode.Normal if entry.enabled else QIcon.Mode.Disabled
            entry.icon.paint(
                painter, QRect(rect.left() + SPACE_M, rect.center().y() - ICON // 2, ICON, ICON), mode=mode
            )
        right = self._right(painter, rect, entry)
        left = rect.left() + SPACE_M + ICON + SPACE_S
        box = QRect(left, rect.top(), right - SPACE_M - left, rect.height())
        self._text(painter, box, entry, model.positions(index.row()))
        painter.restore()

    def _right(self, painter: QPainter, rect: QRect, entry: Entry) -> int:
        """The shortcut and the place; returns where they begin."""
        colours, right = theme(), rect.right() - SPACE_M
        painter.setFont(fonts().small)
        metrics = QFontMetrics(fonts().small)
        for text, colour in ((entry.shortcut, colours.text_muted), (entry.detail, colours.text_muted)):
            if text:
                width = metrics.horizontalAdvance(text)
                painter.setPen(colour)
                painter.drawText(
                    QRect(right - width, rect.top(), width, rect.height()), Qt.AlignmentFlag.AlignVCenter, text
                )
                right -= width + SPACE_M
        return right

    def _text(self, painter: QPainter, box: QRect, entry: Entry, positions: tuple[int, ...]) -> None:
        colours = theme()
        painter.setPen(colours.text if entry.enabled else colours.text_disabled)
        text = QFontMetrics(fonts().ui).elidedText(entry.text, Qt.TextElideMode.ElideRight, box.width())
        matched, x = set(positions), box.left()
        for start, end in _runs(text, matched):
            font = fonts().strong if start in matched else fonts().ui
            painter.setFont(font)
            painter.drawText(
                QRect(x, box.top(), box.width(), box.height()), Qt.AlignmentFlag.AlignVCenter, text[start:end]
            )
            x += QFontMetrics(font).horizontalAdvance(text[start:end])


def _runs(text: str, matched: set[int]) -> list[tuple[int, int]]:
    """Stretches of letters that all matched or all did not."""
    edges = [0] + [at for at in range(1, len(text)) if (at in matched) != (at - 1 in matched)] + [len(text)]
    return [(start, end) for start, end in pairwise(edges) if end > start]


class CommandPalette(QDialog):
    """A field and the entries that match it. Enter does the selected one, Escape closes."""

    def __init__(self, entries: Iterable[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setAccessibleName("Command palette")
        self.field = QLineEdit(placeholderText="Type to find an action, a timeline or a tag")
        self.field.setAccessibleName("Find an action")
        self.list = QListView()
        self.list.setAccessibleName("Matching actions")
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Delegate(self.list))
        self.model = PaletteModel(entries, self)
        self.list.setModel(self.model)
        self._none = QLabel("Nothing matches. Try fewer letters.")
        self._none.setObjectName("muted")
        self._none.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_M)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        box = QVBoxLayout()
        box.setContentsMargins(SPACE_S, SPACE_S, SPACE_S, SPACE_S)
        box.addWidget(self.field)
        layout.addLayout(box)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._none)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.clicked.connect(lambda index: self._choose(index.row()))
        self._filter("")

    def popup(self) -> None:
        """Show it at the upper middle of the window."""
        owner = self.parentWidget()
        if owner is not None:
            width = min(640, owner.width() - 32)
            self.resize(width, min(460, owner.height() - 96))
            self.move(owner.mapToGlobal(owner.rect().topLeft()) + self._offset(owner, width))
        self.show()
        self.field.setFocus()

    def _offset(self, owner: QWidget, width: int) -> QPoint:
        return QPoint((owner.width() - width) // 2, 64)

    def _filter(self, query: str) -> None:
        self.model.filter(query)
        some = self.model.rowCount() > 0
        self.list.setVisible(some)
        self._none.setVisible(not some)
        if some:
            self.list.setCurrentIndex(self.model.index(0))

    def _choose(self, row: int) -> None:
        if 0 <= row < self.model.rowCount() and self.model.entry(row).enabled:
            entry = self.model.entry(row)
            self.accept()
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field keeps the keyboard; the arrow keys move in the list."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            row, rows = self.list.currentIndex().row(), self.model.rowCount()
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}.get(
                Qt.Key(event.key())
            )
            if step is not None and rows:
                self.list.setCurrentIndex(self.model.index(max(0, min(rows - 1, row + step))))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(row)
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QEvent) -> None:
        """A frame around it: there is no window border."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().raised)
        painter.setPen(theme().border_strong)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
