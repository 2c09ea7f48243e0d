"""Pictures of a view: PNG at twice the resolution of the screen, SVG as vectors."""

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtWidgets import QWidget

from widgets.theme import theme

PNG_SCALE = 2


def save_picture(view: QWidget, path: Path) -> None:
    """Write what `view` shows to `path`, as its suffix says. Raises OSError."""
    with path.open("ab"):
        pass  # Qt would fail without a reason
    if path.suffix.lower() == ".svg":
        _save_svg(view, path)
    elif not grab(view, PNG_SCALE).save(str(path), "PNG"):
        raise OSError(0, "the picture could not be written", str(path))


def grab(view: QWidget, scale: float) -> QImage:
    """The view as an image with `scale` pixels for each of its own."""
    image = QImage(view.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(theme().window)
    painter = QPainter(image)
    _render(view, painter)
    painter.end()
    return image


def _save_svg(view: QWidget, path: Path) -> None:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(view.size())
    generator.setViewBox(view.rect())
    generator.setTitle(view.windowTitle() or view.objectName())
    painter = QPainter(generator)
    painter.fillRect(view.rect(), theme().surface)
    _render(view, painter)
    painter.end()


def _render(view: QWidget, painter: QPainter) -> None:
    flags = QWidget.RenderFlag.DrawWindowBackground | QWidget.RenderFlag.DrawChildren
    view.render(painter, QPoint(), QRegion(), flags)
