"""A calm bar at the top of the window: what happened, and what to do. It never blocks."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from widgets.theme import SPACE_M, SPACE_S, theme

from .buttons import icon_button
from .sign import Sign
from .text import sentence

STAYS = 8000  #: milliseconds that good news stay


class Notice(QFrame):
    """One message at a time; errors stay until they are closed, news go by themselves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._kind = "news"
        self._sign, self._text = Sign("about"), QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setAccessibleName("Message")
        self._button = QPushButton()
        self._clicked: Callable[[], object] | None = None
        self._button.clicked.connect(self._act)
        close = icon_button("close", "Close this message", self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_S, SPACE_S)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button)
        layout.addWidget(close)
        self._timer = QTimer(self, singleShot=True, interval=STAYS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def tell(self, text: str, button: str = "", clicked: Callable[[], object] | None = None) -> None:
        """Say something that is good to know, for a while."""
        self._show("news", text, button, clicked)
        self._timer.start()

    def warn(self, text: str, button: str = "", clicked: Callable[[], object] | None = None) -> None:
        """Say what went wrong and what to do; it stays."""
        self._show("error", text, button, clicked)
        self._timer.stop()

    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def refresh(self) -> None:
        """Take on the colours of the theme."""
        colours = theme()
        back, ink = (
            (colours.error_soft, colours.error) if self._kind == "error" else (colours.accent_soft, colours.accent)
        )
        self.setStyleSheet(
            f"QFrame#notice {{ background: {back.name()}; border: none; border-bottom: 1px solid {ink.name()}; }}"
            "QFrame#notice QLabel { background: transparent; border: none; }"
        )
        self._sign.set_icon(*(("warning", "error") if self._kind == "error" else ("about", "accent")))

    def _show(self, kind: str, text: str, button: str, clicked: Callable[[], object] | None) -> None:
        self._kind, self._clicked = kind, clicked
        text = sentence(text)
        self._text.setText(text)
        self.setAccessibleName(text)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.refresh()
        self.show()

    def _act(self) -> None:
        self.hide()
        if self._clicked is not None:
            self._clicked()
