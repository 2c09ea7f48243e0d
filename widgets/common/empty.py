"""What a view shows while it has nothing to show: a sign, what is missing, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from widgets.theme import SPACE_L, SPACE_S, SPACE_XL, fonts

from .labels import WrappedLabel
from .sign import Sign


class EmptyState(QWidget):
    """A centred sign, a title, one sentence that says what to do, and buttons that do it."""

    def __init__(self, icon_name: str, title: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty-state")
        self._title, self._text = WrappedLabel(), WrappedLabel()
        self._title.setFont(fonts().strong)
        self._text.setObjectName("muted")
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(SPACE_S)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_XL)
        layout.setSpacing(SPACE_S)
        layout.addStretch(1)
        layout.addWidget(Sign(icon_name, "text_muted", 32), alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._title, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._text, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(SPACE_L - SPACE_S)
        layout.addLayout(self._buttons)
        layout.addStretch(1)
        self.set_message(title, text)

    def set_message(self, title: str, text: str = "") -> None:
        """Change the title and the sentence below it."""
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(f"{title} {text}".strip())

    def add_button(self, text: str, clicked: Callable[[], object]) -> QPushButton:
        """Add a button below the text."""
        button = QPushButton(text)
        button.clicked.connect(lambda: clicked())
        self._buttons.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        return button
