"""The two type faces that ship with the program: Inter for words, JetBrains Mono for values and ids."""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics, QGuiApplication

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "fonts"


@dataclass(frozen=True, eq=False)
class Fonts:
    """The fonts of the window, and the row height that fits them (in device-independent pixels)."""

    ui: QFont
    strong: QFont  #: for emphasis and headers
    small: QFont  #: for captions and axis labels
    title: QFont  #: for the head of a page
    mono: QFont  #: for values, paths and ids
    row: int  #: height of one row of a list


def _make(family: str, pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont(family)
    font.setPixelSize(round(pixels))
    font.setWeight(weight)
    return font


@cache
def fonts() -> Fonts:
    """The fonts; the first call loads them, and needs a QGuiApplication."""
    for file in ("Inter-Regular.otf", "Inter-SemiBold.otf", "JetBrainsMono-Regular.ttf"):
        QFontDatabase.addApplicationFont(str(FOLDER / file))
    screen = QGuiApplication.primaryScreen()
    # Elsewhere the logical resolution carries the person's wish for larger text; on macOS it is 72 for all.
    scale = 1.0 if sys.platform == "darwin" or screen is None else screen.logicalDotsPerInch() / 96
    ui = _make("Inter", 13 * scale)
    mono = _make("JetBrains Mono", 12 * scale)
    mono.setStyleHint(QFont.StyleHint.Monospace)
    mono.setFeature(QFont.Tag("calt"), 0)  # its ligatures would draw `!=` as another sign than the value has
    return Fonts(
        ui=ui,
        strong=_make("Inter", 13 * scale, QFont.Weight.DemiBold),
        small=_make("Inter", 12 * scale),
        title=_make("Inter", 22 * scale, QFont.Weight.DemiBold),
        mono=mono,
        row=max(24, 4 * round((QFontMetrics(ui).height() + 8) / 4)),
    )
