"""Records of imported lists: what tells them apart, what is reported, and that their states come back exactly."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import BadInput
from engine.exchange import preview
from engine.exchange.importer import ImportResult
from tests.exchange.support import exact, graph, ids, snapshots, states, write_lines

Open = Callable[[str], Store]


def imported(store: Store, folder: Path, versions: list[Any], **options: Any) -> ImportResult:
    """Import states, and see that they come back."""
    result = store.import_from(write_lines(folder / "rows.jsonl", snapshots(versions)), **options)
    assert states(store) == [exact(state) for state in versions]
    return result


def test_a_record_is_followed_wherever_it_stands(store: Store, tmp_path: Path) -> None:
    versions = [
        {"fires": [{"id": "a", "acres": 1}, {"id": "b", "acres": 2}]},
        {"fires": [{"id": "c", "acres": 9}, {"id": "b", "acres": 2}, {"id": "a", "acres": 1}]},
        {"fires": [{"id": "b", "acres": 3}, {"id": "a", "acres": 1}]},
    ]
    result = imported(store, tmp_path, versions)
    assert result.identity == {"$.fires[*]": ["id"]}
    assert [entry.after for entry in store.history('$.fires[?@.id=="b"].acres')] == [2, 3]
    assert {(change.path, change.kind) for change in store.changes_of(2)} == {
        ('$.fires[?@.id=="c"].id', "removed"),
        ('$.fires[?@.id=="c"].acres', "removed"),
        ('$.fires[?@.id=="b"].acres', "changed"),
    }
    assert store.at(2).resolve("$.fires[0]") == store.at(0).resolve("$.fires[1]")


def test_the_look_before_the_import_tells_the_same(store: Store, tmp_path: Path) -> None:
    versions = [{"fires": [{"uuid": f"u{n}", "n": n % 2} for n in range(5)]}]
    result = imported(store, tmp_path, versions)
    assert preview(tmp_path / "rows.jsonl").identity == result.identity == {"$.fires[*]": ["uuid"]}


def test_several_fields_together(store: Store, tmp_path: Path) -> None:
    """Where no single one does: stations and days."""
    table = [{"station": s, "day": d, "level": 0} for s in (1, 2, 3) for d in (1, 2, 3)]
    other = [{**row, "level": row["station"] + row["day"]} for row in reversed(table)]
    result = imported(store, tmp_path, [table, other])
    assert {pattern: set(fields) for pattern, fields in result.identity.items()} == {"$[*]": {"station", "day"}}
    assert {change.kind for change in store.changes_of(1)} <= {"changed", "moved"}
    path = "$[?@.station==2 && @.day==3].level"
    assert [entry.after for entry in store.history(path)] == [0, 5]


def test_lists_within_records_have_an_identity_of_their_own(store: Store, tmp_path: Path) -> None:
    versions = [
        {"orders": [{"id": n, "lines": [{"sku": f"s{k}", "count": k} for k in range(3)]} for n in range(2)]},
        {"orders": [{"id": n, "lines": [{"sku": f"s{k}", "count": k} for k in (2, 0)]} for n in (1, 0)]},
    ]
    result = imported(store, tmp_path, versions)
    assert result.identity == {"$.orders[*]": ["id"], "$.orders[*].lines[*]": ["sku"]}
    path = '$.orders[?@.id==1].lines[?@.sku=="s2"].count'
    assert store.at(0).resolve(path) == store.at(1).resolve(path)


def test_keys_are_typed(store: Store, tmp_path: Path) -> None:
    rows = [{"id": key, "v": n} for n, key in enumerate([1, "1", 2, "2", "a"])]
    imported(store, tmp_path, [rows, list(reversed(rows)), rows[1:]])
    assert store.at(0)['$[?@.id=="1"].v'] == 1
    assert store.at(0)["$[?@.id==1].v"] == 0
    assert store.at(2).resolve("$[?@.id==1]") is None


def test_a_repeated_key_is_reported_and_the_import_goes_on(store: Store, tmp_path: Path) -> None:
    good = [{"id": n, "v": n} for n in range(8)]
    versions = [
        good,
        [*good, {"id": 3, "v": "again"}],
        [{"id": 3, "v": "first now"}, *good, {"id": 3, "v": "again"}],
        [{"id": 3, "v": "first now"}, {"id": 3, "v": "again"}],
        good,
    ]
    result = imported(store, tmp_path, versions)
    assert result.identity == {"$[*]": ["id"]}
    (warning,) = result.warnings
    assert warning == "$[*]: up to 2 records of one version have the id of another one"


def test_a_missing_key_is_reported_and_the_import_goes_on(store: Store, tmp_path: Path) -> None:
    good = [{"id": n, "v": n} for n in range(8)]
    versions = [
        good,
        [{"v": "no id"}, *good],
        [*good[:4], {"v": "no id"}, "no record", None, {"id": None, "v": 1}, *good[4:]],
        [{"id": True, "v": 1}, {"id": [1], "v": 2}, *good],
        [{"v": "no id"}, {"v": "no id"}],
        good,
    ]
    result = imported(store, tmp_path, versions)
    (warning,) = result.warnings
    assert warning == "$[*]: up to 4 records of one version have no id"
    assert store.at(0).resolve("$[?@.id==5]") == store.at(5).resolve("$[?@.id==5]")


def test_one_that_lacks_its_key_is_followed_by_what_it_holds(store: Store, tmp_path: Path) -> None:
    good = [{"id": n, "v": 1} for n in range(6)]
    lacking = {"v": "stays", "w": [1, 2]}
    changed = {**lacking, "v": "new"}
    imported(store, tmp_path, [good, [*good, lacking], [lacking, *good], [*good[:3], changed, *good[3:]]])
    places = [store.at(1).resolve("$[6]"), store.at(2).resolve("$[0]"), store.at(3).resolve("$[3]")]
    assert len(set(places)) == 1


def test_a_new_list_in_which_keys_lack_goes_on_from_itself(store: Store, tmp_path: Path, open_store: Open) -> None:
    """In one go and in parts: what was not changed is not written again."""
    rows: list[dict[str, Any]] = [{"id": n, "v": 1} for n in range(9)]
    lacking = [*rows[:4], {"v": 1}, *rows[4:]]
    changed = [*lacking[:7], {"id": 6, "v": 2}, *lacking[8:]]
    versions = [{"a": rows}, {"a": 0}, {"a": lacking}, {"a": changed}]
    imported(store, tmp_path, versions)
    assert [change.path for change in store.changes_of(3)] == ["$.a[?@.id==6].v"]
    assert store.get(3).operations == 1
    parts = open_store("parts")
    for end in (3, 4):
        imported(parts, tmp_path, versions[:end])
    assert ids(parts) == ids(store)


@pytest.mark.parametrize("pattern", ["$.rows[*]", "$.rows", "$..rows[*]", "$['rows'][*]", "$[*][*]"])
def test_the_user_says_otherwise(store: Store, tmp_path: Path, pattern: str) -> None:
    versions = [{"rows": [{"id": n, "place": f"p{n}"} for n in order]} for order in ([0, 1, 2], [2, 0, 1])]
    versions.append({"rows": [{"id": n + 10, "place": f"p{n}"} for n in range(3)]})
    result = imported(store, tmp_path, versions, keys={pattern: ["place"]})
    assert result.identity == {"$.rows[*]": ["place"]}
    assert [entry.after for entry in store.history('$.rows[?@.place=="p1"].id')] == [1, 11]


def test_the_user_says_several_fields(store: Store, tmp_path: Path) -> None:
    rows = [{"id": f"{a}{b}", "a": a, "b": b} for a in "xy" for b in (1, 2)]
    result = imported(store, tmp_path, [rows, rows[::-1]], keys={"$[*]": ["a", "b"]})
    assert result.identity == {"$[*]": ["a", "b"]}
    assert store.at(1)['$[?@.a=="y" && @.b==2].id'] == "y2"


@pytest.mark.parametrize("pattern", ["$.rows[0]", "$.rows[?@.id==1]", "rows[*", ""])
def test_a_pattern_that_names_no_lists_is_refused(store: Store, tmp_path: Path, pattern: str) -> None:
    source = write_lines(tmp_path / "rows.jsonl", snapshots([[{"id": 1}]]))
    with pytest.raises(BadInput):
        store.import_from(source, keys={pattern: ["id"]})
    assert store.graph.count == 0


def test_another_identity_counts_from_the_version_on_that_shows_it(store: Store, tmp_path: Path) -> None:
    """`id` numbers the rows anew each time; after some changes the name is seen to be the better key."""
    chance = random.Random(5)
    names = [f"name-{n}" for n in range(12)]
    versions = []
    for _ in range(12):
        chance.shuffle(names)
        versions.append(
            [{"id": place, "name": name, "v": len(name), "w": name[-1]} for place, name in enumerate(names)]
        )
    result = imported(store, tmp_path, versions)
    assert result.identity == {"$[*]": ["name"]}
    first, last = store.at(0), store.at(11)
    assert first.step_text(first.resolve("$[0]")) == "[?@.id==0]"
    assert last.step_text(last.resolve('$[?@.name=="name-3"]')) == '[?@.name=="name-3"]'


def test_branches_that_add_the_same_key_meet_in_one_element(store: Store, tmp_path: Path) -> None:
    rows = [{"id": 1, "v": 0}, {"id": 2, "v": 0}]
    records = graph(
        ("a", rows, [], "main"),
        ("b", [*rows, {"id": 3, "v": "ours"}], ["a"], "main"),
        ("c", [{"id": 3, "v": "theirs"}, *rows], ["a"], "side"),
    )
    store.import_from(write_lines(tmp_path / "rows.jsonl", records))
    assert store.at("b").resolve("$[?@.id==3]") == store.at("c").resolve("$[?@.id==3]")


def test_lists_of_other_things_have_no_keys(store: Store, tmp_path: Path) -> None:
    versions = [
        {"tags": ["a", "b", "c"], "grid": [[1, 2], [3, 4]], "mixed": [{"id": 1}, 2]},
        {"tags": ["c", "a", "b", "b"], "grid": [[3, 4], [1, 2]], "mixed": [2, {"id": 1}]},
        {"tags": [], "grid": [[]], "mixed": [None]},
    ]
    result = imported(store, tmp_path, versions)
    assert (result.identity, result.warnings) == ({}, [])
    assert store.at(0).resolve("$.tags[2]") == store.at(1).resolve("$.tags[0]")
