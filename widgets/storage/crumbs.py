"""Where in the state the treemap is: each step leads back to it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from widgets.theme import SPACE_XS, fonts
from widgets.values import key_text

from .load import Loaded, ancestry

_WIDEST = 180


class Crumbs(QWidget):
    """A button for every step from `$` to the prefix that is shown."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("storage-crumbs")
        self.setAccessibleName("Where the treemap is")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE_XS)
        self._layout.addStretch(1)

    def show_node(self, loaded: Loaded | None, node: int) -> None:
        """Show the steps to a prefix."""
        while self._layout.count() > 1:
            item = self._layout.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if loaded is None:
            return
        steps = ancestry(loaded.figures, node)
        for place, step in enumerate(steps):
            if place:
                self._put(_separator())
            name = loaded.figures.prefixes.step[step] or "$"
            button = QToolButton()
            metrics = button.fontMetrics()
            button.setText(metrics.elidedText(key_text(name), Qt.TextElideMode.ElideMiddle, _WIDEST))
            button.setToolTip(loaded.figures.prefixes.text(step))
            button.setAccessibleName(loaded.figures.prefixes.text(step))
            button.setAutoRaise(True)
            button.setEnabled(step != node)
            button.clicked.connect(partial(self.chosen.emit, step))
            self._put(button)

    def _put(self, widget: QWidget) -> None:
        self._layout.insertWidget(self._layout.count() - 1, widget)


def _separator() -> QLabel:
    label = QLabel("›")
    label.setObjectName("muted")
    label.setFont(fonts().small)
    return label
