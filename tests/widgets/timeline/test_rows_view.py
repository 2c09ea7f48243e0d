"""The painted row list, and the plain table of the same rows."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QRegion
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication

from widgets.timeline.lanes import LaneOptions
from widgets.timeline.rows_model import Column

from .big import random_columns
from .conftest import HISTORY, START
from .diagram import graph, prefix
from .support import Session

A, B, C, D, E, F, G, H = range(8)
Key, Modifier, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton


@pytest.fixture
def large(qtbot):
    """A view of 5,000 transactions, of which 100 have not arrived yet."""
    from widgets.timeline.view import TimelineView

    columns = random_columns(5_000, 40)
    view = TimelineView(Session(prefix(columns, 4_900)))
    view.later = columns
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    qtbot.waitExposed(view)
    QApplication.processEvents()
    return view


def row_point(rows, row: int) -> QPoint:
    height = rows._row_height
    return QPoint(
        rows.header.sectionViewportPosition(Column.MESSAGE) + 20,
        row * height - rows.verticalScrollBar().value() + height // 2,
    )


def test_a_click_selects_and_with_ctrl_compares(view, fake):
    QTest.mouseClick(view.rows.viewport(), Button.LeftButton, pos=row_point(view.rows, 2))
    assert fake.selected == F
    QTest.mouseClick(view.rows.viewport(), Button.LeftButton, Modifier.ControlModifier, row_point(view.rows, 4))
    assert (fake.selected, fake.compared) == (F, D)
    QTest.mouseClick(view.rows.viewport(), Button.LeftButton, pos=QPoint(300, 650))
    assert fake.selected == F, "below the last row there is nothing"


def test_a_double_click_brings_it_to_the_middle_of_the_canvas(view, fake):
    view.canvas.zoom(30, 0)
    QTest.mouseClick(view.rows.viewport(), Button.LeftButton, pos=row_point(view.rows, 0))
    QTest.mouseDClick(view.rows.viewport(), Button.LeftButton, pos=row_point(view.rows, 0))
    assert view.canvas.point_of(H).x() == pytest.approx(view.canvas.view.width / 2, abs=1)


def test_the_keyboard_walks_through_the_rows(large):
    rows, session = large.rows, large.rows.session
    expected = [
        (Key.Key_Home, 4_899),
        (Key.Key_Down, 4_898),
        (Key.Key_Up, 4_899),
        (Key.Key_Up, 4_899),
        (Key.Key_End, 0),
        (Key.Key_Up, 1),
    ]
    for key, dense in expected:
        QTest.keyClick(rows, key)
        assert session.selected == dense
        row = rows.model.rows.row(dense)
        assert rows.top_row <= row <= rows.top_row + rows.rows_in_view
    QTest.keyClick(rows, Key.Key_PageUp)
    assert session.selected > 5
    QTest.keyClick(rows, Key.Key_Space)
    assert session.compared == session.selected


def test_what_is_selected_elsewhere_comes_into_view(large):
    large.rows.session.select(100)
    row = large.model.rows.row(100)
    assert large.rows.top_row < row < large.rows.top_row + large.rows.rows_in_view


def test_new_rows_leave_in_place_what_is_in_view(large):
    rows = large.rows
    rows.verticalScrollBar().setValue(1_000)
    top = int(rows.model.rows.dense(np.array([rows.top_row]))[0])
    offset = rows.verticalScrollBar().value() % rows._row_height
    resets = []
    large.table_model.modelReset.connect(lambda: resets.append(1))
    for count in (4_901, 4_950, 5_000):
        large.rows.session.grow(prefix(large.later, count))
    assert int(rows.model.rows.dense(np.array([rows.top_row]))[0]) == top
    assert rows.verticalScrollBar().value() % rows._row_height == offset
    assert large.table_model.rowCount() == 5_000
    assert not resets


def test_new_rows_show_at_the_top_if_that_is_in_view(large):
    large.rows.session.grow(large.later)
    assert large.rows.top_row == 0
    assert int(large.rows.model.rows.dense(np.array([0]))[0]) == 4_999


def test_scrolling_paints_only_what_comes_into_view(large):
    rows, painted = large.rows, []
    whole = rows.paint
    rows.paint = lambda painter, area: (painted.append(area), whole(painter, area))
    rows.verticalScrollBar().setValue(48)
    QApplication.processEvents()
    assert sum(QRegion(area).boundingRect().height() for area in painted) <= 3 * rows._row_height


def test_hidden_timelines_have_no_rows(view):
    view.model.set_options(LaneOptions(hidden=frozenset({1})))
    assert view.table_model.rowCount() == 6
    assert view.model.rows.row(D) == -1
    view.rows.grab()


def test_tool_tips_say_what_is_cut_off_or_drawn(view, fake):
    rows = view.rows
    graph_x = rows.header.sectionViewportPosition(Column.TIMELINE) + 4
    assert rows.tool_tip_at(QPointF(graph_x, row_point(rows, 3).y())) == "fix"
    tip = rows.tool_tip_at(QPointF(row_point(rows, 5)))
    assert tip.startswith("v1\n")
    time_x = rows.header.sectionViewportPosition(Column.TIME) + 4
    assert rows.tool_tip_at(QPointF(time_x, row_point(rows, 0).y())) == "2023-07-22 04:31:50"
    author_x = rows.header.sectionViewportPosition(Column.AUTHOR) + 4
    assert rows.tool_tip_at(QPointF(author_x, row_point(rows, 0).y())) == ""
    rows.header.resizeSection(Column.AUTHOR, 50)
    author_x = rows.header.sectionViewportPosition(Column.AUTHOR) + 4
    assert rows.tool_tip_at(QPointF(author_x, row_point(rows, 0).y())) == fake.store.texts([H])[0][0]
    assert rows.tool_tip_at(QPointF(10, 690)) == ""


def test_the_model_keeps_the_rules_of_qt(large, qtmodeltester):
    tester = QAbstractItemModelTester(
        large.table_model, QAbstractItemModelTester.FailureReportingMode.Fatal, large.table_model
    )
    assert tester.model() is large.table_model
    large.rows.session.grow(prefix(large.later, 4_950))
    large.model.set_options(LaneOptions(structure=True))
    large.rows.session.grow(large.later)
    large.model.set_options(LaneOptions())
    large.model.start_search("ana")
    qtmodeltester.check(large.table_model)


def test_the_model_says_what_the_rows_show(view, fake):
    texts = [
        [view.table_model.index(row, column).data() for column in Column] for row in range(view.table_model.rowCount())
    ]
    assert [row[Column.TIMELINE] for row in texts] == ["try", "main", "main", "fix", "fix", "main", "main", "main"]
    assert texts[5][Column.MESSAGE].startswith("[v1] ")
    assert texts[3][Column.HANDLE] == fake.store.handle(E)
    assert texts[7][Column.TIME] == "2023-07-22 04:26:40"
    spoken = view.table_model.index(5, Column.MESSAGE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == f"{view.model.title(C)}; {fake.store.texts([C])[0][0]}; 2023-07-22 04:28:40 UTC; on main; here: v1"


def test_f6_shows_the_same_rows_as_a_plain_table(view, fake):
    fake.select(E)
    view.rows.setFocus()
    QTest.keyClick(view.rows, Key.Key_F6)
    assert view.lists.currentWidget() is view.table
    assert view.table.currentIndex().row() == 3
    QTest.keyClick(view.table, Key.Key_Down)
    assert fake.selected == D
    fake.select(A)
    assert view.table.currentIndex().row() == 7
    QTest.keyClick(view.table, Key.Key_F6)
    assert view.lists.currentWidget() is view.rows


def test_a_wide_graph_scrolls_sideways(qtbot):
    from widgets.timeline.view import TimelineView

    line = "main a " + " ".join(f"| t{i}@a x{i}" for i in range(20)) + " " + " ".join(f"| t{i} y{i}" for i in range(20))
    columns = graph(line)
    columns.time[:] = START + columns.time * 1_000_000
    view = TimelineView(Session(columns))
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    bar = view.rows.horizontalScrollBar()
    assert bar.maximum() > 0
    view.rows.setFocus()
    QTest.keyClick(view.rows, Key.Key_Right)
    assert bar.value() > 0
    view.rows.grab()


def test_the_rows_of_nothing(view, fake):
    fake.close()
    assert view.table_model.rowCount() == 0
    QTest.keyClick(view.rows, Key.Key_Down)
    assert fake.selected == -1
    view.rows.grab()
    fake.open(graph(HISTORY))
    assert view.table_model.rowCount() == 8


def test_narrow_lists_leave_out_columns_for_the_message(view):
    widths = {}
    for width in (1000, 800, 500):
        view.resize(width, 700)
        QApplication.processEvents()
        header = view.rows.header
        widths[width] = header.sectionSize(Column.MESSAGE)
        hidden = [column for column in Column if header.isSectionHidden(column)]
        assert hidden == {1000: [], 800: [Column.HANDLE], 500: [Column.AUTHOR, Column.HANDLE]}[width]
        view.rows.grab()
    assert min(widths.values()) > 180
