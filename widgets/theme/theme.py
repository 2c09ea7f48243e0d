"""The theme in use, and how it reaches the application."""

from enum import StrEnum
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from .fonts import fonts
from .style import style_sheet
from .tokens import DARK, LIGHT, Theme

GRID = 4  #: every distance is a multiple of it, in device-independent pixels
SPACE_XS, SPACE_S, SPACE_M, SPACE_L, SPACE_XL = 4, 8, 12, 16, 24
ICON = 16
RADIUS = 4

_current: Theme = LIGHT


class Mode(StrEnum):
    """Which theme the person wants."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def theme() -> Theme:
    """The theme in use. Ask whenever you paint: it changes while the program runs."""
    return _current


def set_mode(mode: Mode) -> Theme:
    """Put a theme into use in the whole application, and return it."""
    global _current
    app = cast(QApplication, QApplication.instance())
    dark = mode is Mode.DARK
    if mode is Mode.SYSTEM:
        dark = app.styleHints().colorScheme() is Qt.ColorScheme.Dark
    _current = DARK if dark else LIGHT
    app.setFont(fonts().ui)
    app.setPalette(_palette(_current))
    app.setStyleSheet(style_sheet(_current))
    return _current


def _palette(colours: Theme) -> QPalette:
    """The tokens in the roles that Fusion paints with."""
    role = QPalette.ColorRole
    palette = QPalette()
    for target, colour in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.surface),
        (role.AlternateBase, colours.stripe),
        (role.Text, colours.text),
        (role.Button, colours.raised),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.error),
        (role.ToolTipBase, colours.raised),
        (role.ToolTipText, colours.text),
        (role.PlaceholderText, colours.text_muted),
        (role.Highlight, colours.selection),
        (role.HighlightedText, colours.text),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.Accent, colours.accent),
        (role.Light, colours.raised),
        (role.Midlight, colours.hover),
        (role.Mid, colours.border),
        (role.Dark, colours.border_strong),
        (role.Shadow, colours.border_strong),
    ):
        palette.setColor(target, colour)
    for target in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, colours.text_disabled)
    palette.setColor(QPalette.ColorGroup.Inactive, role.Highlight, colours.selection_inactive)
    return palette
