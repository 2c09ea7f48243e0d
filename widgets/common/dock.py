"""A panel beside the timeline, with a thin title bar of its own."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QToolButton, QWidget

from widgets.theme import SPACE_S, SPACE_XS, fonts, icon


class Dock(QDockWidget):
    """A dock whose title bar is one line: the title, and a button to close it."""

    def __init__(self, title: str, view: QWidget, parent: QMainWindow) -> None:
        super().__init__(title, parent)
        bar = QWidget()
        bar.setObjectName("dock-title")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        label = QLabel(title)
        label.setFont(fonts().strong)
        close = QToolButton(icon=icon("close", "text_muted"), toolTip=f"Close {title}", text="Close")
        close.setAccessibleName(f"Close {title}")
        close.setIconSize(QSize(12, 12))
        close.clicked.connect(self.close)
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(SPACE_S, 0, SPACE_XS, 0)
        layout.addWidget(label, 1)
        layout.addWidget(close)
        bar.setFixedHeight(28)
        self.setTitleBarWidget(bar)
        self.setWidget(view)
