"""Line icons, drawn in the colour of the theme at the size and resolution that is asked for.

The files in `resources/icons` are 16 × 16 with `currentColor` strokes. A themed icon asks for the theme
when it is painted, so nothing has to be made anew when the theme changes.
"""

from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from .theme import theme

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"


def icon_names() -> list[str]:
    """The icons that there are."""
    return sorted(file.stem for file in FOLDER.glob("*.svg"))


def icon(name: str, token: str = "text") -> QIcon:
    """The icon `name` in the colour of a theme token (a field of `Theme`).

    A copy: the icon that an engine is given to shows Python the engine as its child, though others share it. Where
    that icon is part of a cycle, the garbage collector deletes the engine under all of them.
    """
    if not (FOLDER / f"{name}.svg").exists():
        raise LookupError(f"there is no icon “{name}” in {FOLDER}")
    return QIcon(QIcon(_Engine(name, token)))


@cache
def _source(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, width: int, height: int) -> QPixmap:
    pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode())).render(
        painter, QRectF(0, 0, width, height)
    )
    painter.end()
    return pixmap


class _Engine(QIconEngine):
    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name, self._token = name, token

    def _colour(self, mode: QIcon.Mode) -> str:
        tokens = theme()
        if mode is QIcon.Mode.Disabled:
            return tokens.text_disabled.name()
        colour: QColor = getattr(tokens, self._token)
        return colour.name()

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        pixmap = _pixmap(self._name, self._colour(mode), round(rect.width() * ratio), round(rect.height() * ratio))
        painter.drawPixmap(rect, pixmap)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _pixmap(self._name, self._colour(mode), size.width(), size.height()).copy()

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        pixmap = self.pixmap(size * scale, mode, state)
        pixmap.setDevicePixelRatio(scale)
        return pixmap

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        return size

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._token)

    def addPixmap(self, pixmap: QPixmap | QImage, mode: QIcon.Mode, state: QIcon.State) -> None:
        raise NotImplementedError("a themed icon is drawn from its file")
