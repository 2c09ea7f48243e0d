"""What takes one change back."""

import pytest

from engine.errors import BadInput
from widgets.editing.edits import operations
from widgets.editing.revert import revert_edit, revert_edits


def taken_back(store, path: str, seen: int, before: int) -> dict:
    """The state after taking back what happened since `before` to a path as it is called at `seen`."""
    edit = revert_edit(store.at(before), store.at("main"), store.at(seen).resolve(path))
    store.commit(operations((edit,)), timeline="main")
    return store.at("main").json()


def test_what_was_added_goes(store) -> None:
    found = taken_back(store, '$.Incidents[?@.id=="c-9"]', seen=2, before=1)
    assert [fire["Name"] for fire in found["Incidents"]] == ["Bonnie Fire"]


def test_a_key_that_was_removed_comes_back(store) -> None:
    assert taken_back(store, "$.flag", seen=0, before=0)["flag"] is True


def test_an_element_of_a_list_without_keys_goes_and_comes(store) -> None:
    assert taken_back(store, "$.tags[1]", seen=1, before=0)["tags"] == ["state", "county"]
    assert taken_back(store, "$.tags[1]", seen=1, before=1)["tags"] == ["state", "federal", "county"]


def test_several_at_once_without_those_that_are_back(store) -> None:
    paths = [store.at(0).resolve(path) for path in ("$.flag", "$.title", '$.Incidents[?@.id=="a-17"].AcresBurned')]
    edits = revert_edits(store.at(0), store.at("main"), paths)
    assert [edit.path for edit in edits] == ["$.flag", '$.Incidents[?@.id=="a-17"].AcresBurned']
    with pytest.raises(BadInput, match="nothing to take back"):
        revert_edits(store.at(0), store.at("main"), paths[1:2])


def test_what_stood_in_something_that_is_gone_is_refused(store) -> None:
    store.commit([{"op": "remove", "path": "$.Incidents"}], timeline="main")
    acres = store.at(0).resolve('$.Incidents[?@.id=="a-17"].AcresBurned')
    with pytest.raises(BadInput, match=r"AcresBurned stood in something that is gone"):
        revert_edit(store.at(0), store.at("main"), acres)
