"""One key figure: what it is, how much, and a press to see what it counts."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from widgets.common import ElidedLabel
from widgets.common.area import AreaButton
from widgets.theme import RADIUS, SPACE_S, SPACE_XS, fonts, theme


class Figure(AreaButton):
    """A caption and a value below it."""

    def __init__(self, caption: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(caption, parent)
        self._caption, self._value = ElidedLabel(caption), ElidedLabel("—")
        self._caption.setFont(fonts().small)
        self._caption.setObjectName("muted")
        self._value.setFont(fonts().strong)
        self.setToolTip(help_text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_S, SPACE_XS, SPACE_S, SPACE_XS)
        layout.setSpacing(0)
        layout.addWidget(self._caption)
        layout.addWidget(self._value)

    def sizeHint(self) -> QSize:
        """Two lines."""
        return self.layout().sizeHint()

    def show_value(self, value: str) -> None:
        """Show another value."""
        self._value.setText(value)
        self.setAccessibleName(f"{self._caption.text()}: {value}")

    def value(self) -> str:
        """What is shown."""
        return self._value.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A tint under the pointer, a ring around what has the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().adjusted(1, 1, -1, -1)
        if self.underMouse():
            painter.setPen(QPen(theme().hover))
            painter.setBrush(theme().hover)
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(theme().focus, 2))
            painter.setBrush(theme().hover if self.underMouse() else theme().surface)
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.end()
