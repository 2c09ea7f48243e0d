"""The picture of the timeline as a file: PNG at twice the resolution, SVG as vectors."""

from pathlib import Path

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter

from .canvas import Canvas

PNG_SCALE = 2


def save_picture(canvas: Canvas, path: Path) -> None:
    """Write what the canvas shows, without marks of focus or pointer. Raises OSError."""
    with path.open("ab"):
        pass  # Qt would fail without saying why
    size = canvas.viewport().size()
    if path.suffix.lower() == ".svg":
        _save_svg(canvas, path, size)
    elif not picture(canvas, PNG_SCALE).save(str(path), "PNG"):
        raise OSError(0, "the picture could not be written", str(path))


def picture(canvas: Canvas, scale: float) -> QImage:
    """What the canvas shows, with `scale` pixels for each of its own."""
    image = QImage(canvas.viewport().size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    canvas.paint(painter, marks=False)
    painter.end()
    return image


def _save_svg(canvas: Canvas, path: Path, size: QSize) -> None:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle("Timeline")
    painter = QPainter(generator)
    canvas.paint(painter, marks=False)
    painter.end()
