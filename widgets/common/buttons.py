"""Buttons that show an icon only: their text is in the tool tip, and a screen reader says it."""

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QToolButton

from widgets.theme import ICON, icon


def icon_button(
    name: str, text: str, clicked: Callable[[], object], *, spoken: str = "", token: str = "text", size: int = ICON
) -> QToolButton:
    """A button with the icon `name` that calls `clicked`. `spoken` is for those who cannot see where it stands."""
    button = QToolButton()
    button.setIcon(icon(name, token))
    button.setIconSize(QSize(size, size))
    button.setText(text)
    button.setToolTip(text)
    button.setAccessibleName(spoken or text)
    button.clicked.connect(lambda: clicked())
    return button
