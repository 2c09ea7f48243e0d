"""What screen readers are told about the painted parts: what they are, and what is selected in them."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from .canvas import Canvas
from .model import TimelineModel
from .rows import RowList


class Painted(QAccessibleWidget):
    """A painted widget: its value is the selected transaction in one sentence."""

    def __init__(self, widget: Canvas | RowList, role: QAccessible.Role) -> None:
        super().__init__(widget, role, widget.accessibleName())
        self._painted = widget

    def text(self, kind: QAccessible.Text) -> str:
        """Its name; as value and description the selected transaction."""
        if kind in (QAccessible.Text.Value, QAccessible.Text.Description):
            return self._painted.model.describe(self._painted.session.selected)
        if kind == QAccessible.Text.Help:
            return "F6 shows the same rows as a plain table."
        return super().text(kind)


_installed = False
_made: dict[int, Painted] = {}  # Qt holds no reference to the Python half


def _factory(_class_name: str, made_for: QObject) -> QAccessibleInterface | None:
    role = QAccessible.Role.Graphic if isinstance(made_for, Canvas) else QAccessible.Role.List
    if not isinstance(made_for, Canvas | RowList):
        return None
    key = id(made_for)
    painted = _made[key] = Painted(made_for, role)
    made_for.destroyed.connect(lambda: _made.pop(key, None))
    return painted


def install() -> None:
    """Let Qt ask for these descriptions."""
    global _installed
    if not _installed:
        QAccessible.installFactory(_factory)
        _installed = True


def announce(widget: QWidget, model: TimelineModel) -> None:
    """Say what has been selected, if a screen reader listens and `widget` has the keyboard."""
    if QAccessible.isActive() and widget.hasFocus():
        QAccessible.updateAccessibility(QAccessibleEvent(widget, QAccessible.Event.DescriptionChanged))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, model.describe(model.session.selected)))
