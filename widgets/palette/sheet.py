"""The sheet of all keyboard shortcuts, by menu, with a search."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from widgets.actions import Action
from widgets.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS, fonts


def plain(text: str) -> str:
    """A menu text without its mnemonic and its ellipsis."""
    return text.replace("&", "").removesuffix("…")


def keys(action: Action) -> str:
    """The shortcuts of an action as this system writes them."""
    sequences = QKeySequence.listFromString(action.shortcut) if action.shortcut else []
    return "  ".join(sequence.toString(QKeySequence.SequenceFormat.NativeText) for sequence in sequences)


class ShortcutSheet(QDialog):
    """All actions that have a shortcut, and what else the keyboard does in the views (`others`)."""

    def __init__(
        self,
        actions: Iterable[Action],
        others: Iterable[tuple[str, str, str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts")
        self.setWindowTitle("Keyboard shortcuts")
        rows = [(plain(one.menu.split("/")[0]), plain(one.text), keys(one)) for one in actions if one.shortcut]
        self._groups: dict[str, list[tuple[str, str]]] = {}
        for group, text, shortcut in [*rows, *others]:
            self._groups.setdefault(group, []).append((text, shortcut))
        self.field = QLineEdit(placeholderText="Search by name or key")
        self.field.setAccessibleName("Search shortcuts")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setAccessibleName("Keyboard shortcuts")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        layout.addWidget(self.field)
        layout.addWidget(self._area, 1)
        self._fill("")
        room = parent.size() if parent is not None else QSize(960, 760)
        self.resize(QSize(960, 760).boundedTo(room))

    def _fill(self, query: str) -> None:
        wanted = query.lower().strip()
        found = {
            group: [row for row in rows if wanted in f"{row[0]} {row[1]} {group}".lower()]
            for group, rows in self._groups.items()
        }
        found = {group: rows for group, rows in found.items() if rows}
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, SPACE_S, 0)
        columns.setSpacing(SPACE_XL * 2)
        for groups in _split(found):
            column = QVBoxLayout()
            column.setSpacing(SPACE_L)
            for group in groups:
                column.addLayout(_group(group, found[group]))
            column.addStretch(1)
            columns.addLayout(column, 1)
        if not found:
            none = QLabel("No shortcut matches. Every action is in the command palette too.")
            none.setObjectName("muted")
            columns.addWidget(none, alignment=Qt.AlignmentFlag.AlignTop)
        self._area.setWidget(page)


def _split(groups: dict[str, list[tuple[str, str]]]) -> list[list[str]]:
    """The groups in two columns of about the same height, in their order."""
    heights = [len(rows) + 2 for rows in groups.values()]
    names, total = list(groups), sum(heights)
    at = min(range(len(names) + 1), key=lambda place: abs(total - 2 * sum(heights[:place])))
    return [part for part in (names[:at], names[at:]) if part]


def _group(title: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE_L)
    grid.setVerticalSpacing(SPACE_XS)
    grid.setColumnStretch(0, 1)
    heading = QLabel(title)
    heading.setFont(fonts().strong)
    grid.addWidget(heading, 0, 0, 1, 2)
    for row, (text, shortcut) in enumerate(rows, start=1):
        name, key = QLabel(text), QLabel(shortcut)
        key.setObjectName("muted")
        key.setFont(fonts().small)
        key.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(name, row, 0)
        grid.addWidget(key, row, 1)
    return grid
