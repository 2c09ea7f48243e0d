"""The list of recent stores."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.common.area import AreaButton
from widgets.common.buttons import icon_button
from widgets.common.labels import ElidedLabel
from widgets.common.sign import Sign
from widgets.common.text import ago, moment, size
from widgets.theme import RADIUS, SPACE_M, SPACE_S, fonts, theme


@dataclass(frozen=True, slots=True)
class Recent:
    """A store that was open before."""

    path: Path
    opened: int  #: microseconds since 1970 UTC


def home_relative(path: Path) -> str:
    """The path with `~` for the home folder."""
    home = str(Path.home())
    text = str(path)
    return f"~{text[len(home) :]}" if text.startswith(home + os.sep) else text


class RecentRow(AreaButton):
    """One recent store: its name, where it is, how large, when it was open. A click opens it."""

    chosen = Signal(object)  #: the path
    forgotten = Signal(object)  #: the path

    def __init__(self, recent: Recent, parent: QWidget | None = None) -> None:
        super().__init__(recent.path.stem, parent)
        self.setObjectName("recent")
        self._path = recent.path
        self.clicked.connect(lambda: self.chosen.emit(self._path))
        try:
            told = size(recent.path.stat().st_size)
        except OSError:
            told = ""
        self.missing = not told
        name = ElidedLabel(recent.path.stem or recent.path.name)
        name.setFont(fonts().strong)
        place = ElidedLabel(home_relative(recent.path.parent), mode=Qt.TextElideMode.ElideMiddle)
        place.setObjectName("muted")
        place.setFont(fonts().small)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(name)
        left.addWidget(place)
        when = ago(recent.opened, int(time() * 1_000_000)) if recent.opened else ""
        right = QVBoxLayout()
        right.setSpacing(0)
        for text in (told or "not found", when):
            label = QLabel(text)
            label.setObjectName("error" if text == "not found" else "muted")
            label.setFont(fonts().small)
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
            right.addWidget(label)
        forget = icon_button(
            "close",
            "Remove from this list",
            lambda: self.forgotten.emit(self._path),
            spoken=f"Remove {recent.path.stem} from the list of recent stores",
            token="text_muted",
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_S, SPACE_S)
        layout.setSpacing(SPACE_M)
        layout.addWidget(Sign("store", "text_muted", 20))
        layout.addLayout(left, 1)
        layout.addLayout(right)
        layout.addWidget(forget)
        self.setAccessibleName(f"Open {recent.path.stem}, {told or 'not found'}, {when}, in {recent.path.parent}")
        self.setToolTip(f"{recent.path}\nlast open {moment(recent.opened)} UTC" if recent.opened else str(recent.path))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete forgets it, the arrow keys go to the others."""
        if event.key() == Qt.Key.Key_Delete:
            self.forgotten.emit(self._path)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._neighbour(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def _neighbour(self, step: int) -> None:
        parent = self.parentWidget()
        rows = parent.findChildren(RecentRow) if parent else []
        place = rows.index(self) + step
        if 0 <= place < len(rows):
            rows[place].setFocus(Qt.FocusReason.TabFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The background under the pointer, and the focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        if self.underMouse() or self.hasFocus():
            painter.setBrush(colours.hover)
            painter.setPen(colours.focus if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()


class RecentList(QWidget):
    """All of them, latest first; a hint if there are none."""

    chosen = Signal(object)
    forgotten = Signal(object)

    def __init__(self, hint: str = "Stores that you open appear here.", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)

    def show_stores(self, stores: Sequence[Recent]) -> None:
        """Show these."""
        while (item := self._layout.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
                widget.hide()
                widget.setParent(None)
        if not stores:
            none = QLabel(self._hint)
            none.setObjectName("muted")
            none.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
            self._layout.addWidget(none)
        for store in stores:
            row = RecentRow(store)
            row.chosen.connect(self.chosen)
            row.forgotten.connect(self.forgotten)
            self._layout.addWidget(row)
        self._layout.addStretch(1)
