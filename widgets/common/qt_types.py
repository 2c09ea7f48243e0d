"""Makes the types of Qt known to Python before another thread needs them.

PySide makes a class when it is first asked for, in many steps of Python. A library that names all classes while it is
imported in a worker (pyqtgraph does) makes them there, and the window, which paints meanwhile, can meet one that is
half made: the program then ends with a segmentation fault. So they are made here first, in the thread of the window, a
few at a time so that it does not stand still.
"""

from collections.abc import Callable, Iterator
from threading import Event
from time import perf_counter

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer, Slot

SLICE = 0.008  #: seconds of one step
LOOK = 0.02  #: seconds between looks of a worker at whether it is to stop

_made = Event()


class MakeTypes(QObject):
    """Makes all classes, a step whenever the window has nothing else to do."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        names = [(module, name) for module in (QtCore, QtGui, QtWidgets) for name in dir(module)]
        self._rest: Iterator[tuple[object, str]] = iter(() if _made.is_set() else names)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    @Slot()
    def _step(self) -> None:
        end = perf_counter() + SLICE
        for module, name in self._rest:
            getattr(module, name)
            if perf_counter() > end:
                return
        _made.set()
        self._timer.stop()


def wait_for_types(cancelled: Callable[[], bool]) -> bool:
    """In a worker: wait until the classes are made; False if the work is to stop before."""
    while not _made.wait(LOOK):
        if cancelled():
            return False
    return True
