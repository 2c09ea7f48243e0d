"""Tints that text stays legible on, and one colour for each name of a legend."""

from __future__ import annotations

from PySide6.QtGui import QColor

from widgets.theme import theme

_TINT = {False: 0.18, True: 0.24}


def tint(number: int, share: float | None = None) -> QColor:
    """The background of something in the n-th colour."""
    colours = theme()
    part = _TINT[colours.dark] if share is None else share
    back, ink = colours.surface, colours.branch(number)
    return QColor(*(round(b + (i - b) * part) for b, i in zip(back.getRgb()[:3], ink.getRgb()[:3], strict=True)))
