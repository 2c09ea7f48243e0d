"""CSV tables and change logs, folders of documents, single documents: what stands there now, and later."""

import os
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput, NotFound
from engine.model.times import parse_time


def write(path: Path, text: str, hour: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1_704_067_200 + hour * 3600,) * 2)
    return path


# ----------------------------------------------------------------------------------------------------- tables


def test_versions_of_a_table(tmp_path: Path, store: Store) -> None:
    table = write(tmp_path / "t.csv", "code,name\n1,a\n2,b\n")
    assert store.import_from(table).kind == "csv"
    write(table, "code,name\n2,B\n3,c\n1,a\n", hour=1)
    result = store.import_from(table)
    assert (result.transactions, result.identity) == (1, {"$[*]": ["code"]})
    assert store.at().json() == [{"code": "2", "name": "B"}, {"code": "3", "name": "c"}, {"code": "1", "name": "a"}]
    assert [t.time for t in store.log()] == [parse_time("2024-01-01T01:00"), parse_time("2024-01-01")]
    assert [entry.after for entry in store.history('$[?@.code=="2"].name')] == ["b", "B"]
    assert store.import_from(table).transactions == 0


@pytest.mark.parametrize("options", [{"keys": {"$[*]": ("name", "day")}}, {"mapping": {"key": "name,day"}}])
def test_the_key_column_may_be_said(tmp_path: Path, store: Store, options: dict[str, object]) -> None:
    table = write(tmp_path / "t.csv", "id,name,day\n1,a,x\n2,a,y\n")
    assert store.import_from(table, **options).identity == {"$[*]": ["name", "day"]}


def test_a_table_that_is_older_than_the_last_version_comes_after_it(tmp_path: Path, store: Store) -> None:
    table = write(tmp_path / "t.csv", "id,n\n1,a\n", hour=5)
    store.import_from(table)
    store.import_from(write(table, "id,n\n1,b\n", hour=1))
    assert store.get(1).time > store.get(0).time


def test_a_folder_of_versions_of_one_table(tmp_path: Path, store: Store) -> None:
    write(tmp_path / "v" / "t-2024-02-01.csv", "id,n\n1,a\n")
    write(tmp_path / "v" / "t-20240301T1200.csv", "id,n\n1,b\n")
    write(tmp_path / "v" / "t-2024-04-01.csv", "id,id\n")
    write(tmp_path / "v" / "t-last.csv", "id,n\n1,c\n", hour=9000)
    result = store.import_from(tmp_path / "v", kind="csv")
    assert [item.where for item in result.skipped] == ["t-2024-04-01.csv"]
    assert [store.get(n).time for n in range(2)] == [parse_time("2024-02-01"), parse_time("2024-03-01T12:00")]
    assert [store.at(n).json()[0]["n"] for n in range(3)] == ["a", "b", "c"]
    write(tmp_path / "v" / "t-z.csv", "id,n\n1,d\n", hour=9001)
    assert store.import_from(tmp_path / "v", kind="csv").transactions == 1


CHANGES = "time,id,status,qty\n2024-01-01,a,new,1\n2024-01-02,b,new,\n2024-01-03,a,done,\n"


def test_a_log_of_changes_is_told_by_its_columns(tmp_path: Path, store: Store) -> None:
    source = write(tmp_path / "log.csv", CHANGES)
    assert store.import_from(source).transactions == 3
    assert store.at("2024-01-02").json() == {"entities": {"a": {"status": "new", "qty": "1"}, "b": {"status": "new"}}}
    assert store.at().json()["entities"]["a"] == {"status": "done", "qty": "1"}
    write(source, CHANGES + "2024-01-04,b,done,5\n")
    assert store.import_from(source).transactions == 1


def test_a_log_of_changes_with_other_names(tmp_path: Path, store: Store) -> None:
    source = write(tmp_path / "log.csv", "when;what;field;value\n13/01/2024;x;f;1\n05/02/2024;x;g;2\n")
    store.import_from(source, mapping={"time": "when", "entity": "what"})
    assert store.at("2024-01-20").json() == {"entities": {"x": {"f": "1"}}}
    assert store.at().json() == {"entities": {"x": {"f": "1", "g": "2"}}}


def test_a_table_with_unique_ids_and_times_is_a_table(tmp_path: Path, store: Store) -> None:
    store.import_from(write(tmp_path / "t.csv", "time,id,v\n2024-01-01,a,1\n2024-01-02,b,2\n"))
    assert [record["id"] for record in store.at().json()] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "mapping", "why"),
    [
        ("a,a\n1,2\n", {}, "the column 'a' occurs twice"),
        ("a,b\n1,2,3\n", {}, "line 2 has 3 values, the header 2 names"),
        ("when,x\n2024-01-01,1\n", {"time": "when"}, "which column names the entity"),
        ("a,b\n1,2\n", {"time": "when"}, "there is no column 'when'; there are a, b"),
        ("time,entity\nsoon,x\n", {}, "'soon' is not a time"),
        ("", {}, "empty"),
    ],
)
def test_tables_that_cannot_be(tmp_path: Path, store: Store, text: str, mapping: dict[str, str], why: str) -> None:
    with pytest.raises(BadInput, match=r"t\.csv") as caught:
        store.import_from(write(tmp_path / "t.csv", text), mapping=mapping)
    assert why in str(caught.value)
    assert store.graph.count == 0


# ---------------------------------------------------------------------------------------------------- folders


def test_a_folder_is_a_map_of_its_files(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "config"
    write(folder / "z.json", '{"rows":[{"id":1},{"id":2}]}', hour=2)
    write(folder / "sub" / "a.yml", "k: 1\n")
    write(folder / "readme.md", "no data")
    write(folder / ".hidden" / "x.json", "{}")
    (folder / "link.json").symlink_to("/etc/hostname")
    result = store.import_from(folder)
    assert (result.kind, result.skipped) == ("folder", [])
    assert store.at().json() == {"sub/a.yml": {"k": 1}, "z.json": {"rows": [{"id": 1}, {"id": 2}]}}
    assert store.get(0).time == parse_time("2024-01-01T02:00")
    assert store.import_from(folder).transactions == 0


def test_what_does_not_parse_is_listed_and_what_was_known_stays(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "config"
    write(folder / "a.json", '{"v":1}')
    write(folder / "b.toml", "x = 1\n")
    write(folder / "never.json", "{")
    store.import_from(folder)
    write(folder / "a.json", '{"v":', hour=1)
    write(folder / "b.toml", "x = 2\n", hour=1)
    result = store.import_from(folder)
    assert [item.where for item in result.skipped] == ["a.json", "never.json"]
    assert store.at().json() == {"a.json": {"v": 1}, "b.toml": {"x": 2}}
    (folder / "b.toml").unlink()
    store.import_from(folder)
    assert store.at().json() == {"a.json": {"v": 1}}


def test_files_are_chosen_by_pattern(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "config"
    write(folder / "a" / "x.json", "1")
    write(folder / "a" / "y.yaml", "2")
    write(folder / "b" / "deep" / "x.json", "3")
    write(folder / "data", "[4]")
    for paths, names in (
        (("*.json",), ["a/x.json", "b/deep/x.json"]),
        (("a/*",), ["a/x.json", "a/y.yaml"]),
        (("b",), ["b/deep/x.json"]),
        (("**/x.json", "data"), ["a/x.json", "b/deep/x.json", "data"]),
        (("?/[xy].*",), ["a/x.json", "a/y.yaml"]),
    ):
        with Store.open(tmp_path / "-".join(names).replace("/", "_"), create=True) as other:
            other.import_from(folder, paths=paths)
            assert list(other.at().json()) == names


def test_a_single_document(tmp_path: Path, store: Store) -> None:
    source = write(tmp_path / "app.toml", "[a]\nv = 1\n")
    assert store.import_from(source).kind == "folder"
    assert store.at().json() == {"a": {"v": 1}}
    store.import_from(write(source, "[a]\nv = 2\n", hour=1))
    assert [entry.after for entry in store.history("$.a.v")] == [1, 2]
    write(source, "[a\n", hour=2)
    with pytest.raises(BadInput, match=r"app\.toml: invalid TOML"):
        store.import_from(source)
    assert store.at().json() == {"a": {"v": 2}}


def test_places_without_anything_to_read(tmp_path: Path, store: Store) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="empty: no JSON, YAML, TOML, CSV or INI file there"):
        store.import_from(tmp_path / "empty")
    with pytest.raises(BadInput, match=r"empty: no \.csv file there"):
        store.import_from(tmp_path / "empty", kind="csv")
    with pytest.raises(BadInput, match="not a format that is read here"):
        store.import_from(write(tmp_path / "x.txt", "text"), kind="folder")
    with pytest.raises(NotFound, match="no such file"):
        store.import_from(tmp_path / "nothing")


# ------------------------------------------------------------------------------------------------ what a source is


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("https://example.com/x.git", None, "clone or download it first"),
        ("git@example.com:x/y", None, "clone or download it first"),
        ("x.bin", "\x00\x01", "cannot tell what this is"),
        ("x.jsonl", '{"other":1}\n', "cannot tell what this is"),
        ("x.jsonl", "", "cannot tell what this is"),
    ],
)
def test_what_cannot_be_told(tmp_path: Path, store: Store, name: str, text: str | None, why: str) -> None:
    source = name if text is None else write(tmp_path / name, text)
    with pytest.raises(BadInput, match=why):
        store.import_from(source)
    with pytest.raises(BadInput, match="unknown kind 'xml'; known are git"):
        store.import_from(source, kind="xml")
