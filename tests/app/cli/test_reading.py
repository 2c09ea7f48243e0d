"""log, show, diff, history, blame, timelines: the contract of their JSON, and what people see."""

import json
from pathlib import Path

import pytest

from tests.app.cli.conftest import Run, put

LOG_KEYS = ["id", "handle", "source", "parents", "timeline", "time", "recorded", "author", "message", "operations"]


def test_log_gives_one_record_a_line_newest_first(run: Run, store: Path) -> None:
    records = run("log", store, "--json").documents
    assert [record["message"] for record in records] == ["rename", "ship", "open"]
    assert all(list(record) == LOG_KEYS for record in records)
    newest = records[0]
    assert len(newest["id"]) == 64
    assert newest["parents"] == [records[1]["id"]]
    assert records[2]["parents"] == []
    assert newest["source"] is None
    assert (newest["timeline"], newest["author"], newest["time"]) == ("main", "ana", "2024-01-03T12:00:00Z")
    replica, seq = newest["handle"].split(":")
    assert len(replica) == 16
    assert seq == "3"


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        (["--limit", "1"], ["rename"]),
        (["--limit", "0"], []),
        (["--since", "2024-01-02"], ["rename", "ship"]),
        (["--until", "2024-01-02T12:00Z"], ["ship", "open"]),
        (["--since", "main~1", "--until", "main~1"], ["ship"]),
        (["--path", "$.name"], ["rename", "open"]),
        (["--path", "$.orders[*].status"], ["rename", "ship", "open"]),
        (["--timeline", "main", "--path", "$['orders'][?@['id'] == 1]"], ["ship", "open"]),
    ],
)
def test_log_chooses(run: Run, store: Path, options: list[str], messages: list[str]) -> None:
    assert [record["message"] for record in run("log", store, "--json", *options).documents] == messages


def test_log_shows_all_timelines_unless_one_is_named(run: Run, store: Path) -> None:
    run("branch", store, "side", "--at", "main~2")
    run("commit", store, "--timeline", "side", "--message", "aside", stdin=[put("$.x", 1)])
    assert [record["message"] for record in run("log", store, "--json").documents] == [
        "aside",
        "rename",
        "ship",
        "open",
    ]
    side = run("log", store, "--json", "--timeline", "side").documents
    assert [record["message"] for record in side] == ["aside", "open"]
    assert run("log", store, "--timeline", "none").code == 2


def test_log_for_people_names_what_points_where(run: Run, store: Path) -> None:
    run("tag", store, "v1", "main~1")
    newest, ship, first = run("log", store).lines
    assert "[main] rename — ana" in newest
    assert "[tag v1] ship — ana" in ship
    assert "2024-01-01 12:00:00Z" in first
    assert "\x1b" not in newest


def test_show_prints_the_value_itself(run: Run, store: Path) -> None:
    assert run("show", store, "--json").out == '{"orders":[{"id":1,"status":"shipped","total":40}],"name":null}\n'
    assert run("show", store, "$.orders[0].status", "--json").out == '"shipped"\n'
    assert run("show", store, "--at", "main~1", "$.orders[1].total", "--json").out == "12.5\n"
    assert run("show", store, "$.name", "--at", "2024-01-02T23:00Z").out == '"Corner shop"\n'
    assert run("show", store, "--at", "2023-12-31", "--json").out == "{}\n"


def test_show_prints_a_list_for_a_pattern(run: Run, store: Path) -> None:
    assert run("show", store, "$.orders[*].id", "--at", "main~1", "--json").document == [1, 2]
    assert run("show", store, "$..nothing", "--json").out == "[]\n"


def test_show_for_people_is_indented(run: Run, store: Path) -> None:
    assert run("show", store, "$.orders[0]").lines == [
        "{",
        '  "id": 1,',
        '  "status": "shipped",',
        '  "total": 40',
        "}",
    ]


def test_show_what_is_not_there(run: Run, store: Path) -> None:
    done = run("show", store, "$.nothing")
    assert (done.code, done.out) == (2, "")
    assert "nothing at $.nothing" in done.error


@pytest.mark.parametrize("option", ["--valid", "--known"])
def test_show_says_that_two_times_come_later(run: Run, store: Path, option: str) -> None:
    done = run("show", store, option, "2024-01-01")
    assert done.code == 2
    assert "not in this version" in done.error


def test_exact_values_come_back(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "exact.refactory"
    text = (
        '{"z":0,"a":-0.0,"big":123456789012345678901234567890,"one":1,"float":1.0,"e":1e-07,"true":true,'
        '"text":"é😀\\u2028\\n","lone":"\\ud800","":{},"list":[],"null":null,"bytes":{"$bytes":"AAE="},'
        '"literal":{"$$bytes":"AAE="}}'
    )
    assert run("commit", file, stdin=f'{{"op":"put","path":"$","value":{text}}}').code == 0
    shown = run("show", file, "--json").out
    assert shown == text.replace("\\u2028", "\u2028") + "\n"
    shown.encode("utf-8")


def test_numbers_that_python_does_not_print_by_itself(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "big.refactory"
    digits = "7" * 20_000
    assert run("commit", file, stdin=f'{{"op":"put","path":"$.n","value":{digits}}}').code == 0
    assert run("show", file, "$.n", "--json").out == digits + "\n"
    assert run("history", file, "$.n", "--json").out.rstrip().endswith(digits + "}")


def test_diff_is_one_record_a_leaf(run: Run, store: Path) -> None:
    changes = run("diff", store, "main~2", "main", "--json").documents
    assert changes == [
        {"path": "$.orders[?@.id==1].status", "kind": "changed", "before": "new", "after": "shipped"},
        {"path": "$.orders[?@.id==2].id", "kind": "removed", "before": 2},
        {"path": "$.orders[?@.id==2].status", "kind": "removed", "before": "new"},
        {"path": "$.orders[?@.id==2].total", "kind": "removed", "before": 12.5},
        {"path": "$.name", "kind": "changed", "before": "Corner shop", "after": None},
    ]
    assert run("diff", store, "main", "main", "--json").out == ""


def test_diff_from_the_empty_state(run: Run, store: Path) -> None:
    empty, *changes = run("diff", store, "2000-01-01", "main~2", "--json").documents
    assert empty == {"path": "$", "kind": "removed", "before": {}}, "{} is a leaf while nothing is in it"
    assert {change["kind"] for change in changes} == {"added"}
    assert all("before" not in change for change in changes)
    assert {"path": "$.name", "kind": "added", "after": "Corner shop"} in changes


def test_diff_below_a_path_or_pattern(run: Run, store: Path) -> None:
    below = run("diff", store, "main~2", "main", "--path", "$.orders[*].total", "--json").documents
    assert below == [{"path": "$.orders[?@.id==2].total", "kind": "removed", "before": 12.5}]
    assert run("diff", store, "main~1", "main", "--path", "$.nowhere").code == 2


def test_diff_gives_places_for_what_moved(run: Run, store: Path) -> None:
    run("commit", store, stdin=[{"op": "insert", "path": "$.orders", "index": 1, "value": {"id": 9}}])
    run("commit", store, stdin=[{"op": "move", "path": "$.orders", "from": 1, "to": 0}])
    moved = run("diff", store, "main~1", "main", "--json").document
    assert moved == {"path": "$.orders[?@.id==9]", "kind": "moved", "before": 1, "after": 0}
    assert run("diff", store, "main~1", "main").lines == ["> $.orders[?@.id==9]  place 1 → 0"]


def test_diff_for_people(run: Run, store: Path) -> None:
    lines = run("diff", store, "main~1", "main").lines
    assert "- $.orders[?@.id==2].total  12.5" in lines
    assert '~ $.name  "Corner shop" → null' in lines


def test_history_of_a_pattern(run: Run, store: Path) -> None:
    handles = [record["handle"] for record in run("log", store, "--json").documents][::-1]
    status = run("history", store, "$.orders[*].status", "--json").documents
    first, second = "$.orders[?@.id==1].status", "$.orders[?@.id==2].status"
    assert status == [
        {"path": first, "time": "2024-01-01T12:00:00Z", "transaction": handles[0], "after": "new"},
        {"path": second, "time": "2024-01-01T12:00:00Z", "transaction": handles[0], "after": "new"},
        {
            "path": first,
            "time": "2024-01-02T12:00:00Z",
            "transaction": handles[1],
            "before": "new",
            "after": "shipped",
        },
        {"path": second, "time": "2024-01-03T12:00:00Z", "transaction": handles[2], "before": "new"},
    ]


def test_history_tells_null_from_nothing(run: Run, store: Path) -> None:
    name = run("history", store, "$.name", "--json", "--since", "2024-01-02").document
    assert name["before"] == "Corner shop"
    assert name["after"] is None
    assert run("history", store, "$.name", "--json", "--until", "main~2").document["after"] == "Corner shop"


def test_history_for_people(run: Run, store: Path) -> None:
    first, last = run("history", store, "$.name").lines
    assert first.endswith('2024-01-01 12:00:00Z  $.name  ∅ → "Corner shop"')
    assert last.endswith('$.name  "Corner shop" → null')


def test_blame_is_a_log_record_with_path_and_value(run: Run, store: Path) -> None:
    record = run("blame", store, "$['orders'][0]['status']", "--json").document
    assert list(record) == [*LOG_KEYS, "path", "value"]
    assert (record["message"], record["path"], record["value"]) == ("ship", "$.orders[?@.id==1].status", "shipped")
    assert run("blame", store, "$.orders[0].status", "--at", "main~2", "--json").document["message"] == "open"
    assert run("blame", store, "$.nothing").code == 2
    assert run("blame", store, "$.orders[*]").code == 2
    people = run("blame", store, "$.name").lines
    assert people[0].endswith("rename — ana")
    assert people[1] == "$.name = null"


def test_timelines(run: Run, store: Path) -> None:
    run("branch", store, "side", "--at", "main~1")
    ids = [record["id"] for record in run("log", store, "--json").documents]
    main, side = run("timelines", store, "--json").documents
    assert main == {
        "name": "main",
        "heads": [ids[0]],
        "transactions": 3,
        "forked_from": None,
        "updated": "2024-01-03T12:00:00Z",
    }
    assert side == {
        "name": "side",
        "heads": [ids[1]],
        "transactions": 2,
        "forked_from": ids[1],
        "updated": "2024-01-02T12:00:00Z",
    }
    shown = run("timelines", store).lines
    assert shown[0].startswith("* main")
    assert shown[1].startswith("  side")


@pytest.mark.parametrize(
    "moment", ["main", "v1", "2024-01-03T13:00:00+01:00", "HANDLE", "ID", "ID12", "2024-01-04 00:00"]
)
def test_moments_in_every_form(run: Run, store: Path, moment: str) -> None:
    run("tag", store, "v1")
    newest = run("log", store, "--json", "--limit", 1).document
    moment = {"HANDLE": newest["handle"], "ID": newest["id"], "ID12": newest["id"][:12]}.get(moment, moment)
    assert run("show", store, "$.name", "--at", moment, "--json").out == "null\n"
    assert run("show", store, "$.name", "--at", f"{moment}~1", "--json").out == '"Corner shop"\n'


@pytest.mark.parametrize("moment", ["nonsense", "main~99", "ffffffffffffffff:1", "zzzz", "2024-13-01"])
def test_moments_that_are_none(run: Run, store: Path, moment: str) -> None:
    done = run("show", store, "--at", moment)
    assert done.code == 2
    assert moment in done.error


def test_reading_leaves_the_folder_as_it_was(run: Run, store: Path) -> None:
    before = store.read_bytes()
    for arguments in (["log"], ["show"], ["timelines"], ["history", "$.name"]):
        command, *rest = arguments
        assert run(command, store, *rest).code == 0
    assert store.read_bytes() == before
    assert [path.name for path in store.parent.iterdir()] == [store.name]


def test_json_is_utf8_whatever_the_locale(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "é.refactory"
    run("commit", file, "-m", "naïve 😀", stdin=[put("$.ключ", "значение")])
    assert json.loads(run("log", file, "--json").out)["message"] == "naïve 😀"
    assert run("history", file, "$.*", "--json").document["path"] == '$["ключ"]'
