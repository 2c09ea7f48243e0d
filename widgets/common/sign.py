"""An icon as a widget, in the colours of whatever theme is in use."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets.theme import ICON, icon


class Sign(QWidget):
    """The icon `name` in the colour of a theme token; it takes no focus and says nothing to a screen reader."""

    def __init__(self, name: str, token: str = "text", size: int = ICON, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(size, size)
        self.set_icon(name, token)

    def set_icon(self, name: str, token: str = "text") -> None:
        """Show another one."""
        self._icon = icon(name, token)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it at the resolution of the screen."""
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()
