"""Colours, spacing, fonts and icons: the one place where the look of the window is decided."""

from .fonts import Fonts, fonts
from .icons import icon, icon_names
from .theme import GRID, ICON, RADIUS, SPACE_L, SPACE_M, SPACE_S, SPACE_XL, SPACE_XS, Mode, set_mode, theme
from .tokens import DARK, LIGHT, Theme

__all__ = [
    "DARK",
    "GRID",
    "ICON",
    "LIGHT",
    "RADIUS",
    "SPACE_L",
    "SPACE_M",
    "SPACE_S",
    "SPACE_XL",
    "SPACE_XS",
    "Fonts",
    "Mode",
    "Theme",
    "fonts",
    "icon",
    "icon_names",
    "set_mode",
    "theme",
]
