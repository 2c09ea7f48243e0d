"""Icons as files, for the few places where only a style sheet can set them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtGui import QColor

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"


@cache
def _folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="refactory-icons-")


@cache
def _write(name: str, colour: str) -> str:
    file = Path(_folder().name) / f"{name}-{colour[1:]}.svg"
    file.write_text((FOLDER / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour))
    return file.as_posix()


def image_file(name: str, colour: QColor) -> str:
    """The path of an SVG file with the icon `name` in `colour`; it lives as long as the program."""
    return _write(name, colour.name())
