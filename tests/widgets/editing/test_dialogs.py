"""The dialogs that change the store: what they check, what they say, what they do."""

import pytest
from PySide6.QtCore import QSize, Qt

from widgets.editing.branch import BranchDialog
from widgets.editing.commit import NEW_TIMELINE, CommitDialog
from widgets.editing.edits import Edit
from widgets.editing.refs import DeleteDialog, RenameDialog
from widgets.editing.tag import TagDialog
from widgets.editing.value import ValueDialog, describe


@pytest.fixture
def show(qtbot):
    def shown(dialog):
        qtbot.addWidget(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        with qtbot.waitExposed(dialog):
            dialog.show()
        return dialog

    return shown


def title(value="Floods"):
    return Edit("put", "$.title", value, "Fires")


def test_a_branch_at_the_selected_moment(session, store, show, settle):
    session.select(1)
    dialog = show(BranchDialog(session))
    assert "2023-07-22 04:27:40 on main: grows" in dialog.explanation.text()
    assert not dialog.go.isEnabled()
    dialog.name.setText("main")
    assert "exists already" in dialog.told()
    dialog.name.setText("v1")
    assert "exists already" in dialog.told(), "a tag has the name"
    dialog.name.setText("what-then")
    assert dialog.told() == ""
    dialog.accept()
    settle()
    assert not dialog.isVisible()
    assert store.at("what-then").transaction == 1


def test_a_tag_at_a_given_moment(session, store, show, settle):
    dialog = show(TagDialog(session, at=2))
    dialog.name.setText("v3")
    dialog.accept()
    settle()
    assert store.tags()["v3"] == 2


def test_what_the_store_refuses_is_said_in_the_dialog(session, store, show, settle):
    dialog = show(TagDialog(session, at=2))
    dialog.name.setText("meanwhile")
    store.tag("meanwhile", at=0)  # by somebody else
    dialog.accept()
    settle()
    assert dialog.isVisible()
    assert "taken" in dialog.told()
    assert dialog.go.isEnabled()


def test_rename(session, store, show, settle):
    dialog = show(RenameDialog(session, name="what-if"))
    assert dialog.problem() == "Type another name."
    dialog.name.setText("guess")
    dialog.accept()
    settle()
    assert [line.name for line in store.timelines()] == ["main", "guess"]


def test_delete_says_what_stays_and_that_undo_brings_it_back(session, store, show, settle):
    dialog = show(DeleteDialog(session, "branch", name="what-if"))
    assert "stay in the store" in dialog.explanation.text()
    assert "Undo (Ctrl+Z) brings it back" in dialog.explanation.text()
    dialog.accept()
    settle()
    assert [line.name for line in store.timelines()] == ["main"]
    store.undo()
    assert [line.name for line in store.timelines()] == ["main", "what-if"]
    dialog = show(DeleteDialog(session, "tag"))
    assert dialog.which.currentText() == "v1"
    dialog.accept()
    settle()
    assert store.tags() == {}


def test_nothing_to_delete(session, store, show):
    store.delete_tag("v1")
    dialog = show(DeleteDialog(session, "tag"))
    assert dialog.told() == "There is no tag to delete."
    assert not dialog.go.isEnabled()


def test_commit_to_the_timeline_whose_head_was_edited(session, store, show, settle, qtbot):
    dialog = show(CommitDialog(session, (title(),), 3))
    assert dialog.target.currentText() == "main"
    assert dialog.list.topLevelItem(0).text(1) == "$.title"
    dialog.author.setText("cy")
    dialog.message.setPlainText("floods now")
    dialog.time.setText("yesterday")
    assert "ISO 8601" in dialog.told()
    dialog.time.setText("2024-02-03T04:05Z")
    with qtbot.waitSignal(dialog.committed) as committed:
        dialog.accept()
    made = store.get(committed.args[0])
    assert (made.author, made.message, made.timeline, made.parents) == ("cy", "floods now", "main", (3,))
    assert made.as_json()["time"] == "2024-02-03T04:05:00Z"
    assert store.at("main")["$.title"] == "Floods"


def test_edits_of_an_earlier_moment_go_to_a_branch_unless_one_says_otherwise(session, store, show, settle):
    dialog = show(CommitDialog(session, (title(),), 0))
    assert dialog.target.currentText() == NEW_TIMELINE
    assert dialog.branch.text() == "main-edit"
    dialog.target.setCurrentText("main")
    assert "moved on" in dialog.explanation.text()
    assert not dialog.branch.isVisible()
    dialog.target.setCurrentText(NEW_TIMELINE)
    dialog.branch.setText("main")
    assert "exists already" in dialog.told()
    dialog.branch.setText("floods")
    dialog.accept()
    settle()
    assert store.at("floods")["$.title"] == "Floods"
    assert store.get(store.at("floods").transaction).parents == (0,)


def test_a_commit_that_fails_leaves_no_branch_behind(session, store, show, settle):
    lost = Edit("remove", "$.nothing.here", before=1)
    dialog = show(CommitDialog(session, (lost,), 0))
    dialog.accept()
    settle()
    assert dialog.told() != ""
    assert [line.name for line in store.timelines()] == ["main", "what-if"]


def test_an_edit_can_be_left_out(session, show):
    dialog = show(CommitDialog(session, (title(), Edit("remove", "$.tags", before=[])), 3))
    assert dialog.go.text() == "Commit 2 edits"
    dialog._take_back()
    assert dialog.go.text() == "Commit 1 edit"
    dialog._take_back()
    assert "No edits are left" in dialog.told()
    assert not dialog.go.isEnabled()


def test_a_value_is_checked_while_one_types(show, qtbot):
    dialog = show(ValueDialog("$.a", {"b": 1}))
    assert dialog.text.toPlainText() == '{\n  "b": 1\n}'
    dialog.text.setPlainText('{\n  "b": tru\n}')
    qtbot.waitUntil(lambda: "line 2 column 8" in dialog.told())
    assert not dialog.go.isEnabled()
    assert dialog.text.extraSelections()
    dialog.text.setPlainText("[1, 2.0]")
    qtbot.waitUntil(lambda: "a list with 2 items" in dialog._kind.text())
    with qtbot.waitSignal(dialog.taken):
        qtbot.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.value() == [1, 2.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "a map with 0 keys"),
        (None, "null"),
        (True, "true or false"),
        (1, "an integer"),
        (1.0, "a number with a fraction"),
        ("a", "a string of 1 character"),
        (b"a", "bytes"),
        (frozenset(), "a set"),
    ],
)
def test_kinds_in_words(value, words):
    assert describe(value) == words


def test_the_commit_dialog_fits_a_small_screen(session, show, monkeypatch):
    from widgets.common import fit

    monkeypatch.setattr(fit, "FRAME", QSize(240, 48))
    dialog = show(CommitDialog(session, (title(),), 3))
    assert dialog.width() == dialog.screen().availableSize().width() - 240
