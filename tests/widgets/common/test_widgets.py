"""The small widgets that views share."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton

from widgets.common import ElidedLabel, EmptyState, JobContext
from widgets.common.activity import ActivityBar
from widgets.common.notice import Notice


def test_a_cut_text_is_whole_in_the_tool_tip(qtbot) -> None:
    label = ElidedLabel("a rather long text that will not fit")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert label.elided() != label.text()
    assert label.toolTip() == label.text() == label.accessibleName()
    label.resize(600, 20)
    assert label.toolTip() == ""


def test_an_empty_state_says_what_to_do(qtbot) -> None:
    pressed = []
    empty = EmptyState("timeline", "No store is open", "Open one.")
    qtbot.addWidget(empty)
    empty.add_button("Open…", lambda: pressed.append(1))
    empty.show()
    assert empty.accessibleName() == "No store is open Open one."
    qtbot.mouseClick(empty.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert pressed == [1]


def test_a_notice_tells_and_offers_something(qtbot) -> None:
    pressed = []
    notice = Notice()
    qtbot.addWidget(notice)
    notice.warn("fires.refactory: no such file; check the name", "Choose…", lambda: pressed.append(1))
    assert notice.isVisible()
    assert "check the name" in notice.accessibleName()
    qtbot.mouseClick(notice.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert pressed == [1]
    assert not notice.isVisible()


class FakeActivity:
    title = "Import fires"

    def __init__(self) -> None:
        self.context = JobContext()
        self.context.started -= 10
        self.context.progress(500, 1000, "versions")

    def cancel(self) -> None:
        self.context.cancel()


def test_the_activity_bar_shows_the_longest_and_cancels_it(qtbot) -> None:
    running = [FakeActivity()]
    bar = ActivityBar(lambda: running)
    qtbot.addWidget(bar)
    bar.watch()
    assert bar.isVisible()
    assert "500 of 1000 versions" in bar.findChild(QLabel).text()
    qtbot.mouseClick(bar.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert running[0].context.cancelled
    running.clear()
    bar.refresh()
    assert not bar.isVisible()


def test_short_work_does_not_flicker(qtbot) -> None:
    activity = FakeActivity()
    activity.context.started += 10
    running = [activity]
    bar = ActivityBar(lambda: running)
    qtbot.addWidget(bar)
    bar.watch()
    assert not bar.isVisible()
    running.clear()
    bar.refresh()
