"""commit, branch, tag, undo, redo: what they write, print, and refuse."""

from pathlib import Path
from typing import Any

import pytest

from tests.app.cli.conftest import Run, put


def state(run: Run, file: Path, *options: str) -> Any:
    return run("show", file, "--json", *options).document


def test_commit_makes_a_missing_store(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "new.refactory"
    record = run("commit", file, "--json", "--author", "ana", "-m", "begin", stdin=[put("$.a.b", 1)]).document
    assert (record["timeline"], record["author"], record["message"]) == ("main", "ana", "begin")
    assert record["parents"] == []
    assert run("log", file, "--json").document == record
    assert state(run, file) == {"a": {"b": 1}}
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_commit_reads_a_file_a_dash_and_a_json_patch(run: Run, tmp_path: Path) -> None:
    file, operations = tmp_path / "s.refactory", tmp_path / "operations"
    operations.write_bytes(b'\xef\xbb\xbf{"op":"put","path":"$.list","value":["a"]}\r\n\r\n')
    assert run("commit", file, operations).code == 0
    assert run("commit", file, "-", stdin=[{"op": "insert", "path": "$.list", "index": 1, "value": "b"}]).code == 0
    patch = '\n [\n{"op":"add","path":"/list/-","value":"c"},\n{"op":"test","path":"/list/0","value":"a"}]\n'
    assert run("commit", "--message", "patch", file, stdin=patch).code == 0
    assert state(run, file) == {"list": ["a", "b", "c"]}


def test_commit_knows_every_operation(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "s.refactory"
    operations = [
        put("$", {"n": 1, "text": "héllo", "list": ["x", "y"], "gone": 0}),
        {"op": "remove", "path": "$.gone"},
        {"op": "insert", "path": "$.list", "index": 0, "value": {"k": None}},
        {"op": "move", "path": "$.list", "from": 2, "to": 0},
        {"op": "increment", "path": "$.n", "delta": 41},
        {"op": "add", "path": "$.set", "value": "b"},
        {"op": "add", "path": "$.set", "value": "a"},
        {"op": "discard", "path": "$.set", "value": "b"},
        {"op": "splice", "path": "$.text", "index": 1, "delete": 1, "insert": "e"},
    ]
    assert run("commit", file, stdin=operations).code == 0
    assert state(run, file) == {"n": 42, "text": "hello", "list": ["y", {"k": None}, "x"], "set": ["a"]}


def test_commit_takes_a_time_and_a_timeline(run: Run, store: Path) -> None:
    run("branch", store, "side", "--at", "main~2")
    record = run(
        *("commit", store, "--json", "--timeline", "side", "--time", "1999-12-31T23:00+01:00"),
        stdin=[put("$.old", True)],
    ).document
    assert (record["timeline"], record["time"]) == ("side", "1999-12-31T22:00:00Z")
    assert "old" not in state(run, store)
    assert state(run, store, "--at", "side")["old"] is True


def test_commit_to_a_timeline_that_is_not_there(run: Run, store: Path) -> None:
    done = run("commit", store, "--timeline", "mian", stdin=[put("$.x", 1)])
    assert done.code == 2
    assert "no timeline 'mian'" in done.error
    assert len(run("timelines", store).lines) == 1


def test_messages_that_look_like_options(run: Run, store: Path) -> None:
    record = run("commit", store, "--json", "--message", "--json is fine", "--author", "-a", stdin=[put("$.x", 1)])
    assert record.document["message"] == "--json is fine"
    assert record.document["author"] == "-a"


BAD_OPERATIONS = [
    ("", "there is no operation in it"),
    ("\n \n", "there is no operation in it"),
    ("[]", "there is no operation in it"),
    ("nonsense", "standard input:1: invalid JSON at column 1"),
    ('{"op":"put","path":"$.a","value":1}\n\n{"op":', "standard input:3: invalid JSON at column 7"),
    ('{"op":"put","path":"$.a","value":1}\n[1]', "standard input:2: an operation is an object"),
    ('[{"op":"add","path":"/a","value":1},\n{"op"}]', "invalid JSON at line 2 column 6"),
    ('{"op":"put","path":"$.a","value":NaN}', "standard input:1: NaN is not a JSON value"),
    ('{"op":"put","path":"$.a","value":1e999}', "standard input:1: the number 1e999 is too large"),
    ('{"op":"put","path":"$.a","value":{"x":1,"x":2}}', 'standard input:1: duplicate key "x"'),
    ('{"op":"put","path":"$.a"}', 'standard input:1: put $.a needs "value"'),
    ('{"op":"frobnicate","path":"$.a"}', "standard input:1: unknown op 'frobnicate'"),
    ('{"path":"$.a"}', "standard input:1: unknown op None"),
    ('{"op":"put","path":"$.a","value":1}\n{"op":"remove","path":"$.b"}', "standard input:2: nothing at $.b"),
    ('{"op":"put","path":"$[","value":1}', "standard input:1: '$[' is not a JSONPath"),
    ('{"op":"put","path":"$.a[*]","value":1}', "standard input:1: $.a[*] may name several places"),
    ('{"op":"insert","path":"$","index":0,"value":1}', "standard input:1: $ is a map, not a list"),
    ('[{"op":"remove","path":"/a"}]', "standard input: operation 1: nothing at"),
    ('[{"op":"add","path":"/a","value":1},{"op":"test","path":"/a","value":2}]', "operation 2: the test failed"),
    (b'{"op":"put","path":"$.a","value":1}\n"\xff"', "standard input:2: invalid UTF-8 at byte 37"),
    ("[" * 5000, "JSON is nested deeper than"),
]


@pytest.mark.parametrize(("text", "told"), BAD_OPERATIONS)
def test_bad_operations_name_their_line_and_leave_no_store(
    run: Run, tmp_path: Path, text: str | bytes, told: str
) -> None:
    file = tmp_path / "new.refactory"
    done = run("commit", file, stdin=text)
    assert (done.code, done.out) == (2, "")
    assert told in done.error
    assert list(tmp_path.iterdir()) == []


def test_bad_operations_leave_a_store_as_it_was(run: Run, store: Path) -> None:
    before = run("log", store, "--json").out
    done = run("commit", store, stdin=[put("$.a", 1), {"op": "remove", "path": "$.nothing"}])
    assert done.code == 2
    assert "standard input:2:" in done.error
    assert run("log", store, "--json").out == before
    assert state(run, store) == {"orders": [{"id": 1, "status": "shipped", "total": 40}], "name": None}


def test_a_bad_time_is_met_before_anything_else(run: Run, tmp_path: Path) -> None:
    done = run("commit", tmp_path / "new.refactory", "--time", "yesterday", stdin=[put("$.a", 1)])
    assert done.code == 2
    assert "'yesterday' is not an ISO 8601 time" in done.error
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------ names


def test_branch_makes_renames_deletes(run: Run, store: Path) -> None:
    ids = [record["id"] for record in run("log", store, "--json").documents]
    made = run("branch", store, "what-if", "--at", "main~1", "--json").document
    assert list(made) == ["name", "heads", "transactions", "forked_from", "updated"]
    assert (made["name"], made["heads"], made["transactions"], made["forked_from"]) == ("what-if", [ids[1]], 2, ids[1])
    renamed = run("branch", store, "what-if", "--rename", "then", "--json").document
    assert renamed == {**made, "name": "then"}
    assert run("branch", store, "then", "--delete", "--json").document == renamed
    assert [record["name"] for record in run("timelines", store, "--json").documents] == ["main"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["main"], "there is a timeline 'main' already"),
        (["v1"], "'v1' is a tag"),
        (["x~1"], "cannot name a timeline"),
        ([""], "cannot name a timeline"),
        (["new", "--at", "nowhere"], "'nowhere' names no moment"),
        (["none", "--delete"], "no timeline 'none'"),
        (["none", "--rename", "x"], "no timeline 'none'"),
        (["main", "--rename", "v1"], "the name 'v1' is taken"),
        (["main", "--rename", "x", "--delete"], "not allowed with argument"),
    ],
)
def test_branch_refuses(run: Run, store: Path, arguments: list[str], told: str) -> None:
    run("tag", store, "v1")
    done = run("branch", store, *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.error
    assert [record["name"] for record in run("timelines", store, "--json").documents] == ["main"]


def test_tag_names_lists_deletes(run: Run, store: Path) -> None:
    ids = [record["id"] for record in run("log", store, "--json").documents]
    made = run("tag", store, "v1", "main~1", "--json").document
    assert made == {
        "name": "v1",
        "heads": [ids[1]],
        "transactions": 2,
        "forked_from": None,
        "updated": "2024-01-02T12:00:00Z",
    }
    assert run("tag", store, "v2", "--json").document["heads"] == [ids[0]]
    assert [record["name"] for record in run("tag", store, "--json").documents] == ["v1", "v2"]
    assert run("tag", store).lines[0].startswith("v1  ")
    assert run("tag", store, "v1", "--delete", "--json").document == made
    assert [record["name"] for record in run("tag", store, "--json").documents] == ["v2"]


def test_tag_moves_and_undo_takes_it_back(run: Run, store: Path) -> None:
    made = run("tag", store, "v1", "main~1", "--json").document
    moved = run("tag", store, "v1", "main", "--move", "--json").document
    assert moved["heads"] != made["heads"]
    assert run("tag", store, "--json").documents == [moved]
    assert run("undo", store, "--json").document["undone"]["text"] == "move tag v1"
    assert run("tag", store, "--json").documents == [made]
    assert run("tag", store, "v1", "--move").out.startswith("v1 is now ")
    assert run("tag", store, "--json").documents == [moved]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["v1"], "the name 'v1' is taken"),
        (["main"], "the name 'main' is taken"),
        (["v2", "nowhere"], "'nowhere' names no moment"),
        (["none", "--delete"], "no tag 'none'"),
        (["none", "--move"], "no tag 'none' to move; there is v1"),
        (["--move"], "tag: --move needs the NAME of a tag"),
        (["v1", "main~1", "--move", "--delete"], "not allowed with argument"),
        (["v1", "main", "--delete"], "takes no moment"),
        (["--delete"], "needs the NAME"),
    ],
)
def test_tag_refuses(run: Run, store: Path, arguments: list[str], told: str) -> None:
    run("tag", store, "v1")
    done = run("tag", store, *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.error
    assert [record["name"] for record in run("tag", store, "--json").documents] == ["v1"]


# ------------------------------------------------------------------------------------------- undo and redo


def test_undo_and_redo_every_kind_of_action(run: Run, store: Path) -> None:
    run("branch", store, "side")
    run("tag", store, "v1")
    run("commit", store, "-m", "last", stdin=[put("$.x", 1)])
    kinds = [run("undo", store, "--json").document["undone"]["kind"] for _ in range(3)]
    assert kinds == ["commit", "tag", "branch"]
    assert "x" not in state(run, store)
    assert run("tag", store, "--json").out == ""
    documents = [run("redo", store, "--json").document for _ in range(3)]
    redone = [document["redone"] for document in documents]
    assert documents == [{"undone": action, "redone": action} for action in redone]
    assert [action["kind"] for action in redone] == ["branch", "tag", "commit"]
    assert list(redone[2]) == ["kind", "text", "time"]
    assert redone[2]["text"] == "last"
    assert state(run, store)["x"] == 1


def test_nothing_to_undo_or_redo(run: Run, store: Path) -> None:
    done = run("redo", store, "--json")
    assert (done.code, done.document) == (1, {"undone": None, "redone": None})
    for _ in range(3):
        assert run("undo", store).code == 0
    done = run("undo", store, "--json")
    assert (done.code, done.document) == (1, {"undone": None})
    assert run("undo", store).lines == ["nothing to undo"]
    assert state(run, store) == {}


@pytest.mark.parametrize("command", [["branch", "x"], ["tag", "x"], ["undo"], ["redo"], ["timelines"], ["log"]])
def test_other_commands_make_no_store(run: Run, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "missing.refactory"
    done = run(command[0], file, *command[1:])
    assert (done.code, done.out) == (2, "")
    assert f"{file}: no such store" in done.error
    assert list(tmp_path.iterdir()) == []
