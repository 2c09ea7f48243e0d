"""A panel beside the timeline, with a thin title bar of its own."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QDockWidget, QHBoxLayout, QLabel, QMainWindow, QTabBar, QVBoxLayout, QWidget

from widgets.theme import SPACE_S, SPACE_XS, fonts

from .buttons import icon_button

HEIGHT = 28


class Dock(QDockWidget):
    """A dock whose title bar is one line: the title, and a button to close it.

    Where several share a place, their tabs say the title, and the bar is left out. A view that another one covers
    is hidden, which Qt does not do by itself: it then does no work, and Tab does not lead into it.
    """

    def __init__(self, title: str, view: QWidget, parent: QMainWindow) -> None:
        super().__init__(title, parent)
        self._window = parent
        bar = QWidget()
        bar.setObjectName("dock-title")
        bar.setFixedHeight(HEIGHT)
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        label = QLabel(title)
        label.setFont(fonts().strong)
        close = icon_button("close", f"Close {title}", self.close, token="text_muted", size=12)
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(SPACE_S, 0, SPACE_XS, 0)
        layout.addWidget(label, 1)
        layout.addWidget(close)
        self._bar, self._none = bar, QWidget(self)
        self.setTitleBarWidget(bar)
        holder = QWidget()  # a dock may not be without a visible widget
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(view)
        self.setWidget(holder)
        for signal in (self.visibilityChanged, self.dockLocationChanged, self.topLevelChanged):
            # Queued: a dock is told of its place before it is among the tabs there.
            signal.connect(self.fit_title, Qt.ConnectionType.QueuedConnection)
        self.view = view
        self.visibilityChanged.connect(self._cover)
        self.fit_title()

    @Slot(bool)
    def _cover(self, visible: bool) -> None:
        """Another panel covers this one, or no longer. The keyboard goes from one to the other."""
        had_focus = not visible and self.view.isAncestorOf(QApplication.focusWidget() or self)
        self.view.setVisible(visible)
        if had_focus:
            QTimer.singleShot(0, self, self._hand_on)

    @Slot()
    def _hand_on(self) -> None:
        for other in self._window.tabifiedDockWidgets(self):
            if isinstance(other, Dock) and other.view.isVisible():
                other.view.setFocus()

    @Slot()
    def fit_title(self, *_arguments: object) -> None:
        """Show the bar unless there is a tab that says the same."""
        for tabs in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            tabs.setAccessibleName("Panels")
        shared = [dock for dock in self._window.tabifiedDockWidgets(self) if not dock.isHidden()]
        tabbed = bool(shared) and not self.isFloating()
        wanted, other = (self._none, self._bar) if tabbed else (self._bar, self._none)
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)
            wanted.show()
            other.setParent(self)
            other.hide()
