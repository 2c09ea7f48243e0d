"""The corner of the status bar that shows what runs in the background, and stops it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from widgets.theme import SPACE_S

from .buttons import icon_button
from .jobs import JobContext
from .progress import fraction, words

APPEAR = 0.3  #: seconds; shorter work is not worth a flicker
REFRESH = 100  #: milliseconds


@dataclass(eq=False)
class Activity:
    """Something that runs in the background."""

    title: str
    context: JobContext
    cancel: Callable[[], None]


class ActivityBar(QWidget):
    """The longest running activity with progress and a button to cancel it; how many more there are."""

    def __init__(self, activities: Callable[[], Sequence[Activity]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activity")
        self._activities = activities
        self._shown: Activity | None = None
        self._text = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(160)
        self._bar.setAccessibleName("Progress")
        self._cancel = icon_button("stop", "Cancel", self._stop, spoken="Cancel what runs in the background")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_S, 0, SPACE_S, 0)
        layout.setSpacing(SPACE_S)
        for widget in (self._text, self._bar, self._cancel):
            layout.addWidget(widget)
        self._timer = QTimer(self, interval=REFRESH)
        self._timer.timeout.connect(self.refresh)
        self.hide()

    @Slot()
    def watch(self) -> None:
        """Something began or ended: look at it until nothing runs."""
        if self._activities():
            self._timer.start()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show how far it is."""
        now = monotonic()
        running = self._activities()
        long = [one for one in running if now - one.context.started >= APPEAR]
        if not running:
            self._timer.stop()
        self._shown = long[0] if long else None
        self.setVisible(self._shown is not None)
        if self._shown is None:
            return
        context = self._shown.context
        more = f" (and {len(long) - 1} more)" if len(long) > 1 else ""
        told = words(context.latest, context.started, now)
        self._text.setText(f"{self._shown.title}{more}" + (f"  {told}" if told else ""))
        part = fraction(context.latest)
        self._bar.setRange(0, 0 if part is None else 1000)
        self._bar.setValue(0 if part is None else round(part * 1000))

    @Slot()
    def _stop(self) -> None:
        if self._shown is not None:
            self._shown.cancel()
            self.refresh()
