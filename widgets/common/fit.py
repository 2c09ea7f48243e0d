"""Sizes that fit the screen: at scale 2 a full HD screen has room for 960 × 540 only."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

FRAME = QSize(16, 48)  #: about what a window manager draws around a window


def resize_to_fit(widget: QWidget, width: int, height: int) -> None:
    """Give a window this size, or what the screen has room for."""
    owner = widget.parentWidget()
    screen = owner.screen() if owner is not None else widget.screen()
    widget.resize(QSize(width, height).boundedTo(screen.availableSize() - FRAME))
