"""The canvas: what mouse and keyboard do, and what is painted."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from widgets.theme import Mode, set_mode, theme
from widgets.timeline.canvas import LANE_HEIGHTS
from widgets.timeline.frame import Detail
from widgets.timeline.labels import AXIS
from widgets.timeline.tool_tip import tool_tip

from .big import random_columns
from .support import Session

A, B, C, D, E, F, G, H = range(8)
Key, Modifier, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton


def place(canvas, dense: int) -> QPoint:
    """Where a transaction is drawn, in the viewport."""
    point = canvas.point_of(dense)
    return QPoint(round(point.x()), round(point.y()) + AXIS)


def click(canvas, at: QPoint, modifier=Modifier.NoModifier) -> None:
    QTest.mouseClick(canvas.viewport(), Button.LeftButton, modifier, at)


def drag(canvas, start: QPoint, end: QPoint, modifier=Modifier.NoModifier) -> None:
    QTest.mousePress(canvas.viewport(), Button.LeftButton, modifier, start)
    for part in (0.3, 0.7, 1):
        QTest.mouseMove(canvas.viewport(), start + (end - start) * part)
    QTest.mouseRelease(canvas.viewport(), Button.LeftButton, modifier, end)


def wheel(canvas, at: QPoint, notches: float, modifier=Modifier.NoModifier) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.viewport().mapToGlobal(at)),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Button.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas.viewport(), event)


def test_the_whole_history_is_in_view_at_first(view):
    times = view.model.scene.columns.time
    assert 0 < view.canvas.view.x(int(times[A])) < view.canvas.view.x(int(times[H])) < view.canvas.view.width


def test_a_click_selects_a_moment(view, fake):
    for dense in (E, A, H):
        click(view.canvas, place(view.canvas, dense))
        assert fake.selected == dense


def test_a_click_on_a_line_selects_the_moment_before(view, fake):
    between = (place(view.canvas, D) * 0.4) + (place(view.canvas, E) * 0.6)
    click(view.canvas, QPoint(round(between.x()), round(between.y())))
    assert fake.selected == D


def test_a_click_on_the_axis_selects_the_moment_of_the_main_timeline(view, fake):
    click(view.canvas, QPoint(place(view.canvas, D).x(), 10))
    assert fake.selected == C


def test_a_click_with_ctrl_compares_and_again_does_not(view, fake):
    click(view.canvas, place(view.canvas, G))
    click(view.canvas, place(view.canvas, B), Modifier.ControlModifier)
    assert (fake.selected, fake.compared) == (G, B)
    click(view.canvas, place(view.canvas, B), Modifier.ControlModifier)
    assert fake.compared is None


def test_dragging_pans(view):
    canvas = view.canvas
    canvas.zoom(4, 500)
    before = canvas.view
    drag(canvas, QPoint(400, 300), QPoint(300, 300))
    assert canvas.view.x(before.origin) == pytest.approx(-100, abs=1)


def test_dragging_with_shift_selects_a_range(view, fake):
    canvas = view.canvas
    drag(canvas, QPoint(600, 200), QPoint(300, 220), Modifier.ShiftModifier)
    assert fake.range == (canvas.view.time(300), canvas.view.time(600))
    assert canvas.dragged_range is None
    QTest.keyClick(canvas, Key.Key_Escape)
    assert fake.range is None


def test_the_wheel_zooms_at_the_pointer_and_pans_with_shift(view):
    canvas = view.canvas
    at = QPoint(700, 200)
    time, scale = canvas.view.time(700), canvas.view.scale
    wheel(canvas, at, 2)
    assert canvas.view.scale < scale
    assert canvas.view.time(700) == pytest.approx(time, abs=2 * canvas.view.scale)
    origin = canvas.view.origin
    wheel(canvas, at, -1, Modifier.ShiftModifier)
    assert canvas.view.origin > origin


def test_the_wheel_with_ctrl_makes_lanes_higher(view):
    before = view.canvas.lane_height
    wheel(view.canvas, QPoint(300, 200), 1, Modifier.ControlModifier)
    assert view.canvas.lane_height == LANE_HEIGHTS[LANE_HEIGHTS.index(before) + 1]


def test_a_double_click_zooms_in(view):
    scale = view.canvas.view.scale
    QTest.mouseDClick(view.canvas.viewport(), Button.LeftButton, Modifier.NoModifier, QPoint(500, 300))
    assert view.canvas.view.scale == pytest.approx(scale / 4)


@pytest.mark.parametrize(
    ("start", "key", "modifier", "expected"),
    [
        (A, Key.Key_Period, Modifier.NoModifier, B),
        (B, Key.Key_Comma, Modifier.NoModifier, A),
        (C, Key.Key_Right, Modifier.ControlModifier, F),
        (G, Key.Key_Left, Modifier.ControlModifier, F),
        (D, Key.Key_Up, Modifier.ControlModifier, C),
        (C, Key.Key_Down, Modifier.ControlModifier, D),
        (A, Key.Key_Comma, Modifier.NoModifier, A),
        (-1, Key.Key_Period, Modifier.NoModifier, H),
    ],
)
def test_the_keyboard_walks_from_transaction_to_transaction(view, fake, start, key, modifier, expected):
    fake.select(start)
    QTest.keyClick(view.canvas, key, modifier)
    assert fake.selected == expected


def test_the_keyboard_pans_zooms_and_changes_the_height(view):
    canvas = view.canvas
    scale = canvas.view.scale
    QTest.keyClick(canvas, Key.Key_Plus)
    assert canvas.view.scale < scale
    origin = canvas.view.origin
    QTest.keyClick(canvas, Key.Key_Right)
    assert canvas.view.origin > origin
    QTest.keyClick(canvas, Key.Key_Left)
    assert canvas.view.origin == pytest.approx(origin, abs=canvas.view.scale)
    QTest.keyClick(canvas, Key.Key_Minus)
    assert canvas.view.scale == pytest.approx(scale)
    height = canvas.lane_height
    QTest.keyClick(canvas, Key.Key_BracketRight)
    assert canvas.lane_height > height
    QTest.keyClick(canvas, Key.Key_BracketLeft)
    assert canvas.lane_height == height
    QTest.keyClick(canvas, Key.Key_Plus)
    QTest.keyClick(canvas, Key.Key_0)
    assert canvas.view.scale == pytest.approx(scale)


def test_space_marks_the_selected_moment_to_compare_with(view, fake):
    fake.select(B)
    QTest.keyClick(view.canvas, Key.Key_Space)
    QTest.keyClick(view.canvas, Key.Key_Period)
    assert (fake.compared, fake.selected) == (B, C)
    QTest.keyClick(view.canvas, Key.Key_Escape)
    assert fake.compared is None


def test_keys_with_alt_are_left_to_the_window(view, fake):
    fake.select(B)
    origin = view.canvas.view.origin
    QTest.keyClick(view.canvas, Key.Key_Left, Modifier.AltModifier)
    assert (fake.selected, view.canvas.view.origin) == (B, origin)


def test_what_is_selected_elsewhere_comes_into_view(view, fake):
    canvas = view.canvas
    canvas.zoom(50, 0)
    fake.select(H)
    assert 0 <= canvas.view.x(int(view.model.scene.columns.time[H])) <= canvas.view.width


def test_a_selection_made_here_does_not_move_the_picture(view):
    canvas = view.canvas
    canvas.zoom(3, 10)
    before = canvas.view
    click(canvas, QPoint(before.width - 3, 20))
    assert canvas.view == before


def test_the_menu_selects_what_is_below_the_pointer(view, fake, qtbot):
    asked = []
    view.canvas.menu_asked.disconnect()
    view.canvas.menu_asked.connect(lambda at, timeline: asked.append(timeline))
    from PySide6.QtGui import QContextMenuEvent

    point = place(view.canvas, E)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, point, view.canvas.viewport().mapToGlobal(point), Modifier.NoModifier
    )
    QApplication.sendEvent(view.canvas.viewport(), event)
    assert fake.selected == E
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, point, point, Modifier.NoModifier)
    QApplication.sendEvent(view.canvas.viewport(), event)
    assert asked == [1, 1]


def test_tool_tips_say_what_is_there(view, fake):
    text = tool_tip(view.canvas, QPointF(place(view.canvas, E)))
    assert text.splitlines() == [
        view.model.title(E),
        f"fix · {fake.store.texts([E])[0][0]}",
        "2023-07-22 04:29:40 UTC",
        fake.store.handle(E),
    ]
    between = (QPointF(place(view.canvas, F)) + QPointF(place(view.canvas, G))) / 2
    assert tool_tip(view.canvas, between) == "main: 5 transactions"
    assert tool_tip(view.canvas, QPointF(5, 690)) == ""


def test_a_new_transaction_appears_without_moving_what_is_in_view(view, fake):
    from .conftest import HISTORY, START
    from .diagram import graph

    canvas = view.canvas
    canvas.zoom(3, 400)
    before = canvas.view
    columns = graph(HISTORY + " | main i=330")
    columns.time[:] = START + columns.time * 1_000_000
    fake.grow(columns)
    assert canvas.view == before
    assert canvas.point_of(8) is not None


def test_the_whole_history_stays_in_view_while_it_grows(view, fake):
    from .conftest import HISTORY, START
    from .diagram import graph

    columns = graph(HISTORY + " | main i=9000")
    columns.time[:] = START + columns.time * 1_000_000
    fake.grow(columns)
    assert 0 < place(view.canvas, 8).x() < view.canvas.view.width


def colours(view) -> set[str]:
    """The colours that the canvas is painted in."""
    image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[AXIS + 1 :]
    return {f"#{value & 0xFFFFFF:06x}" for value in np.unique(pixels).tolist()}


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_timelines_have_the_colours_of_the_theme(view, fake, mode):
    set_mode(mode)
    fake.theme_changed.emit()
    try:
        seen = colours(view)
        assert {theme().branch(number).name() for number in range(3)} <= seen
        assert theme().surface.name() in seen
    finally:
        set_mode(Mode.LIGHT)


def test_detail_follows_the_density(qtbot):
    from widgets.timeline.view import TimelineView

    columns = random_columns(40_000, 300)
    view = TimelineView(Session(columns))
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    canvas = view.canvas
    seen = [canvas.frame_shown.detail]
    x = float(canvas.view.x(int(columns.time[20_000])))
    for _ in range(60):
        canvas.zoom(1.25, x)
        seen.append(canvas.frame_shown.detail)
        canvas.grab()
    assert seen[0] is Detail.DENSITY
    assert Detail.TICKS in seen
    assert seen[-1] is Detail.DOTS


def test_with_many_lanes_those_in_which_nothing_happens_are_left_out(qtbot):
    from widgets.timeline.view import TimelineView

    columns = random_columns(20_000, 2_000)
    session = Session(columns)
    view = TimelineView(session)
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    canvas, lanes = view.canvas, view.model.scene.by_time.count
    assert canvas.arrangement.only_active
    assert len(canvas.arrangement.slots.lanes) == lanes
    canvas.zoom(500, 500)
    assert len(canvas.arrangement.slots.lanes) < lanes / 2
    canvas.show_only_active(False)
    assert len(canvas.arrangement.slots.lanes) == lanes
    session.select(10_000)
    assert canvas.point_of(10_000) is not None
    shown = canvas.point_of(10_000).y() + AXIS
    assert AXIS <= shown <= canvas.viewport().height()


def test_the_main_timeline_stays_in_place_while_lanes_scroll(qtbot):
    from widgets.timeline.view import TimelineView

    view = TimelineView(Session(random_columns(5_000, 400)))
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    canvas = view.canvas
    window = canvas.window_of_lanes
    before = float(window.y(np.array([0]))[0])
    canvas.verticalScrollBar().setValue(200)
    window = canvas.window_of_lanes
    assert float(window.y(np.array([0]))[0]) == before
    assert float(window.y(np.array([9]))[0]) == before + 9 * canvas.lane_height - 200
    assert window.lane_at(before) == 0
    image = QImage(canvas.viewport().size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    canvas.paint(painter)
    painter.end()
