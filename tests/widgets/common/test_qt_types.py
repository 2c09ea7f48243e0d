"""Classes of Qt are made in the thread of the window before a worker names them."""

from threading import Event

from PySide6.QtCore import QObject, QTimer

from widgets.common import qt_types
from widgets.common.qt_types import MakeTypes, wait_for_types


def test_a_worker_goes_on_when_the_window_has_made_them_in_steps(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(qt_types, "_made", Event())
    monkeypatch.setattr(qt_types, "SLICE", -1.0)  # one class a step
    parent = QObject()
    maker = MakeTypes(parent)
    assert not wait_for_types(lambda: True), "a worker that is to stop does not wait"
    beside: list[bool] = []
    other = QTimer(parent, interval=0)
    other.timeout.connect(lambda: beside.append(qt_types._made.is_set()))
    other.start()
    qtbot.waitUntil(qt_types._made.is_set)
    assert beside.count(False) > 1, "the window goes on between them"
    assert wait_for_types(lambda: False)
    assert not maker._timer.isActive()
    assert list(maker._rest) == []


def test_once_is_enough(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(qt_types, "_made", Event())
    qt_types._made.set()
    parent = QObject()
    maker = MakeTypes(parent)
    qtbot.waitUntil(lambda: not maker._timer.isActive())
