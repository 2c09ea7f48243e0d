"""The session: selection, history, what changes the store, other processes."""

import gc
from pathlib import Path

import pytest

from app.session import Session
from engine.errors import NotFound
from engine.store import Store
from widgets.common import session as protocol
from widgets.common.jobs import Job


def test_it_has_all_that_views_may_ask_for(session: Session) -> None:
    wanted = set(protocol.Session.__annotations__) | {
        name for name in vars(protocol.Session) if not name.startswith("_")
    }
    assert [name for name in sorted(wanted) if not hasattr(session, name)] == []


def test_the_head_of_the_default_timeline_is_selected_first(session: Session) -> None:
    assert session.selected == 2
    assert session.timeline == "main"
    assert session.version()["$.acres"] == 20


def test_selecting_tells_the_views_once(session: Session, qtbot) -> None:
    heard = []
    session.selection_changed.connect(lambda: heard.append((session.selected, session.path_id)))
    session.select(0)
    session.select(0)
    assert heard == [(0, 0)]
    assert session.version()["$.acres"] == 0


def test_the_timeline_for_commits_is_that_of_a_selected_head(session: Session) -> None:
    session.select(3)
    assert session.timeline == "what-if"
    session.select(0)
    assert session.timeline == "main"


def test_back_and_forward(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.session.COALESCE", -1.0)
    session.select(0)
    session.compare(1)
    session.select_path(2)
    session.go_back()
    assert (session.selected, session.compared, session.path_id) == (0, 1, 0)
    session.go_back()
    session.go_back()
    assert (session.selected, session.compared) == (2, None)
    assert not session.can_go_back
    session.go_forward()
    assert session.selected == 0
    session.select(1)
    assert not session.can_go_forward


def test_quick_steps_are_one_place_to_go_back_to(session: Session) -> None:
    session.select(1)
    session.select(0)
    session.go_back()
    assert session.selected == 2


def test_a_range_is_kept_in_order_and_cleared_by_an_empty_one(session: Session) -> None:
    session.select_range(9, 3)
    assert session.range == (3, 9)
    session.select_range(4, 4)
    assert session.range is None


def test_a_commit_makes_the_graph_grow(session: Session, qtbot) -> None:
    store = session.store
    assert store is not None
    grew = []
    session.graph_grew.connect(lambda first, last: grew.append((first, last)))
    with qtbot.waitSignal(session.refs_changed):
        session.run(Job("Commit", lambda _context: store.commit([{"op": "put", "path": "$.acres", "value": 5}])))
    assert grew == [(4, 4)]
    assert session.selected == 2


def test_an_undone_commit_is_left(session: Session, qtbot) -> None:
    store = session.store
    assert store is not None
    with qtbot.waitSignal(session.refs_changed):
        store.commit([{"op": "put", "path": "$.acres", "value": 5}])
    session.select(4)
    assert session.can_undo
    assert not session.can_redo
    with qtbot.waitSignal(session.selection_changed):
        store.undo()
    assert session.selected == 2
    assert session.can_redo


def test_commits_of_other_processes_appear(session: Session, store_path: Path, qtbot) -> None:
    with Store.open(store_path) as other:
        other.commit([{"op": "put", "path": "$.acres", "value": 7}], timeline="main")
    with qtbot.waitSignal(session.graph_grew, timeout=5000) as heard:
        session._look()
    assert heard.args == [4, 4]


def test_opening_in_the_background(qtbot, store_path: Path) -> None:
    session = Session()
    opened = []
    with qtbot.waitSignal(session.store_opened):
        session.open(store_path, lambda: opened.append(session.selected))
    qtbot.waitUntil(lambda: opened == [2])
    with qtbot.waitSignal(session.store_closed):
        session.close()
    assert session.store is None
    assert session.selected == -1
    session.shut_down()


def test_a_missing_store_is_a_known_error(qtbot, tmp_path: Path) -> None:
    session = Session()
    errors = []
    session.open(tmp_path / "no.refactory", lambda: None, errors.append)
    qtbot.waitUntil(lambda: len(errors) == 1)
    assert isinstance(errors[0], NotFound)
    session.shut_down()


def test_without_a_store_there_is_no_version(qtbot) -> None:
    session = Session()
    session.select(3)
    assert session.selected == -1
    assert session.timeline is None
    with pytest.raises(RuntimeError):
        session.version()


def test_what_is_open_is_no_work_for_the_garbage_collector(session: Session) -> None:
    assert gc.get_freeze_count() > 10_000
    session.close()
    assert gc.get_freeze_count() == 0


def commit(session: Session, acres: int, qtbot) -> int:
    store = session.store
    assert store is not None
    with qtbot.waitSignal(session.refs_changed):
        made = store.commit([{"op": "put", "path": "$.acres", "value": acres}])
    return made.dense


def test_nothing_goes_back_to_what_was_undone(session: Session, monkeypatch: pytest.MonkeyPatch, qtbot) -> None:
    monkeypatch.setattr("app.session.COALESCE", -1.0)
    session.select(commit(session, 5, qtbot))
    session.compare(0)
    session.select(1)
    with qtbot.waitSignal(session.refs_changed):
        session.store.undo()
    session.go_back()
    assert (session.selected, session.compared) == (2, None)
    session.go_forward()
    assert session.selected == 1


def test_an_undone_moment_is_compared_with_no_longer(session: Session, qtbot) -> None:
    session.compare(commit(session, 5, qtbot))
    with qtbot.waitSignal(session.selection_changed):
        session.store.undo()
    assert (session.selected, session.compared) == (2, None)


def test_a_chosen_timeline_takes_the_commits_where_it_ends_with_another(session: Session, qtbot) -> None:
    store = session.store
    with qtbot.waitSignal(session.refs_changed):
        store.branch("try", at=2)
    with qtbot.waitSignal(session.selection_changed):
        session.select_timeline("try")
    assert (session.selected, session.timeline) == (2, "try")
    session.select_timeline("what-if")
    assert (session.selected, session.timeline) == (3, "what-if")
    session.select_timeline("main")
    assert (session.selected, session.timeline) == (2, "main")
    session.select_timeline("try")
    with qtbot.waitSignal(session.refs_changed):
        store.rename_branch("try", "tried")
    assert session.timeline == "tried"
    with qtbot.waitSignal(session.refs_changed):
        store.delete_branch("tried")
    assert session.timeline == "main"
