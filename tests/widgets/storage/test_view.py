"""The Storage view as a person uses it."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from engine.errors import CorruptStore, StoreError
from engine.timeline import attribution
from widgets.storage.load import REST
from widgets.storage.pages import GROWTH, QUESTIONS, TABLES
from widgets.storage.view import StorageView


@pytest.fixture
def view(session, qtbot, settle, monkeypatch):
    monkeypatch.setattr(attribution, "_PIECES", 2)
    found = StorageView(session)
    qtbot.addWidget(found)
    found.resize(1000, 420)
    with qtbot.waitExposed(found):
        found.show()
    settle()
    return found


def middle(view, label):
    """The middle of a tile of the treemap."""
    item = next(item for item in view.treemap.placed if item.tile.label == label)
    return QPoint(round(item.box.x + item.box.width / 2), round(item.box.y + item.box.height / 2))


def labels(view):
    return [item.tile.label for item in view.treemap.placed]


def incidents(view):
    return next(label for label in labels(view) if label.startswith("Incidents"))


def test_it_shows_the_figures_of_the_open_store(store, view):
    found = view.loaded.figures
    assert found.transactions == 5
    assert view.figures["ratio"].value().endswith(" : 1")
    assert view.figures["file"].accessibleName().startswith("In the file: ")
    assert view.figures["zstd"].value() == "Measure"
    assert incidents(view)
    assert view.pages.growth.names


def test_a_tile_leads_into_a_part_and_out_again(view, qtbot):
    label = incidents(view)
    qtbot.mouseDClick(view.treemap, Qt.MouseButton.LeftButton, pos=middle(view, label))
    assert labels(view) == ["[*]", "itself"]
    assert view._out.isEnabled()
    qtbot.keyClick(view.treemap, Qt.Key.Key_Backspace)
    assert incidents(view) == label
    assert view.treemap.placed[view.treemap.current].tile.label == label
    assert not view._out.isEnabled()


def test_the_keyboard_does_the_same(view, qtbot):
    label = incidents(view)
    view.treemap.setFocus()
    qtbot.keyClick(view.treemap, Qt.Key.Key_Home)
    while view.treemap.placed[view.treemap.current].tile.label != label:
        qtbot.keyClick(view.treemap, Qt.Key.Key_Right)
    qtbot.keyClick(view.treemap, Qt.Key.Key_Return)
    qtbot.keyClick(view.treemap, Qt.Key.Key_Home)
    qtbot.keyClick(view.treemap, Qt.Key.Key_Return)
    assert "Notes" in labels(view)
    QApplication.processEvents()
    crumbs = [button.accessibleName() for button in view.crumbs.findChildren(type(view._out)) if button.isVisible()]
    assert crumbs == ["$", "$.Incidents", "$.Incidents[*]"]
    view.crumbs.chosen.emit(0)
    assert incidents(view) == label


def test_a_tile_selects_its_path(session, store, view, qtbot, settle):
    label = next(item.tile.label for item in view.treemap.placed if item.tile.label == "title")
    qtbot.mouseClick(view.treemap, Qt.MouseButton.LeftButton, pos=middle(view, label))
    settle()
    assert store.at().path_text(session.path_id) == "$.title"
    assert "$.title" in view.treemap.accessibleDescription()


def test_of_many_records_the_first_that_is_there_now_is_selected(session, store, view, qtbot, settle):
    session.select(0)
    node = next(n for n in range(len(view.loaded.figures.prefixes.step))
                if view.loaded.figures.prefixes.text(n) == "$.Incidents[*].Type")  # fmt: skip
    view._select_prefix(node)
    settle()
    assert store.at(0).path_text(session.path_id) == '$.Incidents[?@.id=="b-2"].Type'
    view._select_prefix(REST)
    settle()
    assert store.at(0).path_text(session.path_id) == '$.Incidents[?@.id=="b-2"].Type'


def test_a_stretch_of_the_plot_is_selected_on_the_timeline(session, store, view, qtbot):
    session.select(0)
    growth = view.pages.growth
    qtbot.mouseClick(growth, Qt.MouseButton.LeftButton, pos=QPoint(growth.width() * 3 // 4, growth.height() // 2))
    assert session.selected == 4
    assert session.range == view.loaded.times[1]
    assert growth.at(QPointF(0, 0)) == -1
    session.select(0)
    growth.setFocus()
    qtbot.keyClick(growth, Qt.Key.Key_Left)
    qtbot.keyClick(growth, Qt.Key.Key_Return)
    assert session.selected == 1
    assert "Transactions 1 to 2, " in growth.accessibleDescription()


def test_the_plot_stacks_tiers_or_strategies_over_transactions_or_time(view, qtbot):
    growth = view.pages.growth
    assert (growth.by, growth.over) == ("tier", "transactions")
    view.pages._written.click()
    view.pages._times.click()
    assert (growth.by, growth.over) == ("strategy", "time")
    assert growth.grab().toImage() is not None
    view.pages.go("growth:tier")
    assert (growth.by, growth.over) == ("tier", "time")


def test_every_layer_is_in_the_legend_however_narrow_the_plot(view):
    growth = view.pages.growth
    for number in range(6):
        view.loaded.figures.by_strategy[f"way {number}"] = view.loaded.figures.stretches[0].by_strategy[
            f"way {number}"
        ] = 9
    view.pages._written.click()
    growth.resize(170, 400)
    legend = growth._legend()
    assert [number for number, _, _ in legend] == list(range(len(growth.names)))
    rooms = [room for _, _, room in legend]
    assert len({room.y() for room in rooms}) > 1
    assert growth._plot().top() >= max(room.bottom() for room in rooms)


def test_figures_lead_to_what_they_count(view, qtbot):
    for name, page in (
        ("file", TABLES),
        ("ratio", GROWTH),
        ("asked", QUESTIONS),
        ("ratio", GROWTH),
        ("cache", QUESTIONS),
    ):
        view.figures[name].click()
        assert view.pages.tabs.currentIndex() == page


def test_rows_lead_on(view, qtbot, store):
    view.pages.go("tables")
    tables = view.pages.tables
    rows = [row.name for row in tables.rows]
    tables.setFocus()
    while rows[tables.current] != "hot_transaction":
        qtbot.keyClick(tables, Qt.Key.Key_Down)
    qtbot.keyClick(tables, Qt.Key.Key_Return)
    assert view.pages.tabs.currentIndex() == GROWTH
    view.treemap.enter(view.treemap.placed[0].tile.node)
    view.pages.go("treemap")
    assert view.treemap.node == 0


def test_a_kind_of_question_shows_its_histogram(view, qtbot, settle, store):
    list(store.history("$.title"))
    view.reload()
    settle()
    view.pages.go("questions")
    questions = view.pages.questions
    place = [row.name for row in questions.rows].index("history")
    row = questions.viewport().height() and place * 24
    qtbot.mouseClick(
        questions.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(20, questions._head() + row + questions._head() // 2),
    )
    assert view.pages.latency.accessibleDescription().startswith("history: ")
    assert not view.pages.latency.grab().isNull()


def test_zstd_is_measured_when_one_asks(view, settle, store):
    view.figures["zstd"].click()
    assert view.figures["zstd"].value() == "Measuring…"
    settle()
    assert view.measured.raw == view.loaded.figures.raw
    assert "the file is" in view.figures["zstd"].value()


def test_it_says_when_there_is_more_than_it_shows(view, settle, store, session):
    store.commit([{"op": "put", "path": "$.title", "value": "newer"}])
    settle()
    assert view._note.text() == "1 transaction came after these figures"
    view.reload()
    settle()
    assert view.loaded.figures.transactions == 6
    assert view._note.isHidden()


def test_it_reads_nothing_while_it_is_hidden(session, qtbot, settle):
    hidden = StorageView(session)
    qtbot.addWidget(hidden)
    settle()
    assert hidden.loaded is None


def test_it_says_what_to_do_where_there_is_nothing(tmp_path, qtbot):
    from app.session import Session
    from engine.store import Store

    session = Session()
    view = StorageView(session)
    qtbot.addWidget(view)
    assert view._message.accessibleName().startswith("No store is open")
    with Store.open(tmp_path / "empty.refactory", create=True) as empty:
        session.show(empty)
        view.show()
        assert view._message.accessibleName().startswith("Nothing is stored yet")
        session.close()
    assert view._message.accessibleName().startswith("No store is open")
    session.jobs.close()


def test_a_store_that_cannot_be_read_says_why(view):
    view._fail(CorruptStore("the store is damaged: restore it from a backup"))
    assert "The store is damaged" in view._message.accessibleName()
    with pytest.raises(ValueError, match="bug"):
        view._fail(ValueError("bug"))


def test_compacting_says_what_it_did_and_reads_the_figures_anew(view, store, settle):
    before = view.loaded
    view._compact.click()
    view.compact()  # once is enough
    settle()
    settle()
    assert view._note.text().startswith("Compacted: ")
    assert view.loaded is not before
    assert store.at()["$.title"] == "Fires"
    assert not view._compacting


def test_a_store_that_can_only_be_read_is_not_compacted(view, store, monkeypatch):
    monkeypatch.setattr(type(store), "writable", False)
    view._describe()
    assert view._compact.isHidden()


def test_compacting_that_fails_can_be_tried_again(view, store, session, settle, monkeypatch):
    def failing(self, **_options):
        raise StoreError("no room")

    failures = []
    session.jobs.failed.connect(failures.append)
    monkeypatch.setattr(type(store), "compact", failing)
    view.compact()
    settle()
    assert [str(error) for error in failures] == ["no room"]
    assert not view._compacting


@pytest.mark.parametrize("size", [(1400, 180), (420, 800), (1000, 600)])
def test_it_fits_wide_and_narrow_places(view, size):
    view.resize(*size)
    assert not view.grab().isNull()
    orientation = Qt.Orientation.Vertical if size[0] < 720 else Qt.Orientation.Horizontal
    assert view._split.orientation() is orientation
