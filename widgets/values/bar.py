"""Rows of controls at the top and bottom of a view."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from widgets.theme import ICON, SPACE_S, SPACE_XS, icon


def tool_button(name: str, text: str, parent: QWidget, shortcut: str = "") -> QToolButton:
    """A flat button with an icon; its name is its tool tip as well."""
    button = QToolButton(parent)
    button.setIcon(icon(name))
    button.setIconSize(QSize(ICON, ICON))
    button.setAutoRaise(True)
    button.setToolTip(f"{text} ({shortcut})" if shortcut else text)
    button.setAccessibleName(text)
    return button


def bar(*widgets: QWidget, name: str = "") -> QWidget:
    """Widgets side by side; the first takes the room that is left."""
    row = QWidget()
    row.setObjectName(name)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(SPACE_S, SPACE_XS, SPACE_S, SPACE_XS)
    layout.setSpacing(SPACE_XS)
    for number, widget in enumerate(widgets):
        layout.addWidget(widget, 0 if number else 1)
    return row
