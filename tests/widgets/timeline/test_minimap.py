"""The overview of the whole history."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from widgets.timeline import minimap
from widgets.timeline.minimap import HEIGHT, Overview
from widgets.timeline.viewport import Viewport

from .big import random_columns
from .conftest import HISTORY, START
from .diagram import graph
from .test_scene import loaded

Key, Button = Qt.Key, Qt.MouseButton


def drag(minimap, start: float, end: float) -> None:
    QTest.mousePress(minimap, Button.LeftButton, pos=QPoint(round(start), 20))
    QTest.mouseMove(minimap, QPoint(round(end), 20))
    QTest.mouseRelease(minimap, Button.LeftButton, pos=QPoint(round(end), 20))


def test_every_transaction_leaves_its_colour():
    columns = graph("main a=0 b=50 | fix@a c=100")
    overview = Overview(loaded(columns), Viewport.fitting(0, 100, 200))
    x = overview.view.xs(columns.time).astype(int)
    hues = [set(overview.hue[:, at].tolist()) - {0} for at in x]
    assert hues == [{1}, {1}, {2}]
    assert (overview.hue > 0).sum() == 3


@pytest.mark.parametrize("ordered", [True, False])
def test_a_crowded_timeline_is_painted_as_if_each_transaction_were_looked_at(monkeypatch, ordered):
    columns = random_columns(3000, 5)
    if not ordered:
        columns.time[:] = columns.time[::-1].copy()
    scene = loaded(columns)
    view = Viewport.fitting(*scene.span(), 40)
    monkeypatch.setattr(minimap, "CROWDED", 1_000_000)
    each = Overview(scene, view).hue
    monkeypatch.setattr(minimap, "CROWDED", 0)
    assert (Overview(scene, view).hue > 0).tolist() == (each > 0).tolist()


def test_the_strip_grows_with_the_history(view, fake):
    view.minimap.grab()
    columns = graph(HISTORY + " | main i=301")
    columns.time[:] = START + columns.time * 1_000_000
    fake.grow(columns)
    overview = view.minimap._overview
    assert overview.fits
    x = int(overview.view.x(int(columns.time[8])))
    assert 1 in overview.hue[:, x]
    view.minimap.grab()


def test_a_history_that_outgrows_the_strip_gets_a_new_one(view, fake, qtbot):
    columns = graph(HISTORY + " | main i=90000")
    columns.time[:] = START + columns.time * 1_000_000
    fake.grow(columns)
    assert not view.minimap._overview.fits
    qtbot.waitUntil(lambda: view.minimap._overview.fits)


def test_a_branch_that_begins_while_it_is_shown_waits_for_a_new_strip():
    loading = loaded(graph("main a=0 b=50"))
    overview = Overview(loading, Viewport.fitting(0, 1000, 200))
    overview._scene = loaded(graph("main a=0 b=50 | fix@a c=100"))
    overview.extend(2)
    assert not overview.fits
    assert (overview.hue > 0).sum() == 2


def test_a_commit_years_after_a_history_of_seconds(view, fake, qtbot):
    columns = graph("main a=0 b=5 c=9")
    columns.time[:] = START + columns.time * 1_000_000
    fake.open(columns)
    view.minimap.grab()
    later = graph("main a=0 b=5 c=9 d=10")
    later.time[:] = START + later.time * 1_000_000
    later.time[3] = START + 40 * 365 * 86_400_000_000
    fake.grow(later)
    fake.select(3)
    view.minimap.grab()
    qtbot.waitUntil(lambda: view.minimap._overview.fits)
    view.minimap.grab()


def test_dragging_the_window_moves_the_canvas(view):
    canvas, minimap = view.canvas, view.minimap
    canvas.zoom(8, 100)
    left, right = minimap._window()
    origin = canvas.view.origin
    drag(minimap, (left + right) / 2, (left + right) / 2 + 100)
    moved = minimap._window()
    assert moved[0] == pytest.approx(left + 100, abs=2)
    assert canvas.view.origin > origin


def test_dragging_an_edge_changes_what_is_shown(view):
    canvas, minimap = view.canvas, view.minimap
    canvas.zoom(4, 400)
    left, right = minimap._window()
    drag(minimap, right, right + 120)
    assert minimap._window()[1] == pytest.approx(right + 120, abs=3)
    assert minimap._window()[0] == pytest.approx(left, abs=3)


def test_a_click_outside_brings_the_window_there(view):
    canvas, minimap = view.canvas, view.minimap
    canvas.zoom(20, 100)
    QTest.mouseClick(minimap, Button.LeftButton, pos=QPoint(700, 20))
    left, right = minimap._window()
    assert (left + right) / 2 == pytest.approx(700, abs=2)


def test_the_keyboard_moves_the_window_and_says_where_it_is(view):
    canvas, minimap = view.canvas, view.minimap
    QTest.keyClick(minimap, Key.Key_Plus)
    scale, origin = canvas.view.scale, canvas.view.origin
    QTest.keyClick(minimap, Key.Key_Right)
    assert canvas.view.origin > origin
    assert "2023-07-22" in minimap.accessibleDescription()
    QTest.keyClick(minimap, Key.Key_0)
    assert canvas.view.scale > scale


def test_a_strip_of_nothing_can_be_painted(view, fake):
    fake.close()
    assert view.minimap.grab().height() == HEIGHT
