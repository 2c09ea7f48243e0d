"""What an import says of itself where the source, or what was asked for, is not as its writer may think."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Store
from engine.errors import Ambiguous, BadInput
from tests.exchange.repository import Repository
from tests.exchange.support import by_source, heads, snapshots, write_files, write_lines

Open = Callable[[str], Store]
PUT = [{"op": "put", "path": "$.mine", "value": True}]

# ---------------------------------------------------------------------------------------------------- tags


def test_a_persons_tag_stays_where_it_is(store: Store, repository: Repository) -> None:
    first = repository.commit({"a.json": "1"}, branch="main")
    repository.tag("v1", first)
    mine = store.commit(PUT, timeline="own")
    store.tag("v1", "own")
    result = store.import_from(repository.path)
    number = by_source(store)[first]
    assert store.tags() == {"v1": mine.dense, "v1@repository": number}
    assert result.warnings == ["tag v1 is another version here and stays; that of the source is v1@repository"]
    assert store.import_from(repository.path).warnings == []
    second = repository.commit({"a.json": "2"}, first, branch="main")
    repository.git.references.delete("refs/tags/v1")
    repository.tag("v1", second)
    assert store.import_from(repository.path).warnings == []
    assert store.tags() == {"v1": mine.dense, "v1@repository": by_source(store)[second]}


def test_an_imported_tag_that_a_person_moved_stays_until_the_source_moves_it(
    store: Store, repository: Repository
) -> None:
    first = repository.commit({"a.json": "1"})
    second = repository.commit({"a.json": "2"}, first, branch="main")
    repository.tag("v1", first)
    store.import_from(repository.path)
    store.tag("v1", "main", move=True)
    assert (store.import_from(repository.path).warnings, store.tags()) == ([], {"v1": 1})
    third = repository.commit({"a.json": "3"}, second, branch="main")
    repository.git.references.delete("refs/tags/v1")
    repository.tag("v1", third)
    assert len(store.import_from(repository.path).warnings) == 1
    assert store.tags() == {"v1": 1, "v1@repository": 2}


def test_a_tag_that_only_the_source_moves_follows_it(store: Store, repository: Repository) -> None:
    first = repository.commit({"a.json": "1"}, branch="main")
    repository.tag("latest", first)
    store.import_from(repository.path)
    second = repository.commit({"a.json": "2"}, first, branch="main")
    repository.git.references.delete("refs/tags/latest")
    repository.tag("latest", second)
    assert store.import_from(repository.path).warnings == []
    assert store.tags() == {"latest": 1}
    store.delete_tag("latest")
    store.import_from(repository.path)
    assert store.tags() == {"latest": 1}
    repository.git.references.delete("refs/tags/latest")
    store.delete_tag("latest")
    store.import_from(repository.path)
    assert store.tags() == {}


def test_tags_in_a_file_leave_a_persons_alone(tmp_path: Path, store: Store) -> None:
    store.commit(PUT, timeline="own")
    store.tag("t0", "own")
    records = [{**record, "tags": [f"t{n}"]} for n, record in enumerate(snapshots([{"n": 1}, {"n": 2}]))]
    source = write_lines(tmp_path / "h.jsonl", records)
    result = store.import_from(source)
    assert store.tags() == {"t0": 0, "t0@h": 1, "t1": 2}
    assert result.warnings == ["tag t0 is another version here and stays; that of the source is t0@h"]
    store.delete_tag("t0@h")
    store.import_from(source)
    assert store.tags() == {"t0": 0, "t0@h": 1, "t1": 2}


def test_a_tag_that_a_branch_of_its_name_hides(store: Store, repository: Repository) -> None:
    first = repository.commit({"a.json": "1"})
    second = repository.commit({"a.json": "2"}, first, branch="main")
    repository.point("v1", second)
    repository.point("v2", second)
    repository.tag("v1", first)
    repository.tag("v2", second)
    (told,) = store.import_from(repository.path).warnings
    handle = store.handle(0)
    assert told == f"tag v1 is hidden by the timeline of its name; {handle} means the tag"
    assert (store.at("v1").json(), store.at(handle).json()) == ({"a.json": 2}, {"a.json": 1})
    assert store.import_from(repository.path).warnings == []


# ----------------------------------------------------------------------------------------------------- ids


def test_an_id_that_two_versions_share_is_told_with_their_places(tmp_path: Path, store: Store) -> None:
    records = [{**record, "id": name} for record, name in zip(snapshots(range(6)), "abcbaa", strict=True)]
    source = write_lines(tmp_path / "h.jsonl", records[:4])
    result = store.import_from(source)
    assert result.warnings == ['records 2 and 4 have the same id "b": such an id names no moment']
    with pytest.raises(
        Ambiguous, match=f"'b' is the id of several transactions; use a handle, as {store.handle(1)} or"
    ):
        store.at("b")
    assert store.import_from(source).warnings == []
    write_lines(source, records)
    (told,) = store.import_from(source).warnings
    assert told == (
        'a record read before and record 5 have the same id "a", and 1 more repeat one: such an id names no moment'
    )


@pytest.mark.parametrize("cut", [1, 3, 4])
def test_a_parent_that_may_be_several_versions_is_refused(tmp_path: Path, store: Store, cut: int) -> None:
    """Also where they came with an earlier import."""
    named = [("a", []), ("b", ["a"]), ("b", ["a"]), ("c", ["a"]), ("d", ["b"])]
    records = [
        {**record, "id": name, "parents": parents}
        for record, (name, parents) in zip(snapshots(range(5)), named, strict=True)
    ]
    source = write_lines(tmp_path / "h.jsonl", records[:cut])
    store.import_from(source)
    write_lines(source, records)
    with pytest.raises(BadInput, match=r'h.jsonl:5: the parent "b" may be any of several versions'):
        store.import_from(source)
    assert store.graph.count == 4


def test_ids_of_their_own_are_not_told(tmp_path: Path, store: Store) -> None:
    records = [{**record, "id": f"v{number}"} for number, record in enumerate(snapshots(range(6)))]
    assert store.import_from(write_lines(tmp_path / "h.jsonl", records)).warnings == []
    assert store.import_from(write_lines(tmp_path / "i.jsonl", snapshots([[], [1]]))).warnings == []


# ---------------------------------------------------------------------------------------------------- keys


def test_a_key_that_no_list_has_is_told(tmp_path: Path, store: Store) -> None:
    source = write_lines(tmp_path / "h.jsonl", snapshots([{"rows": [{"id": 1, "n": 2}]}]))
    keys = {"$.rows": ["n"], "$.row": ["id"], "$.rows[*].id": ["x"]}
    for _ in range(2):
        assert store.import_from(source, keys=keys).warnings == [
            "--key $.row: there is no such list of records; there is $.rows[*]",
            "--key $.rows[*].id: there is no such list of records; there is $.rows[*]",
        ]


def test_a_key_of_a_list_on_some_branch_is_known(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": '{"rows": [{"n": 1}]}'}, branch="main")
    repository.commit({"b.json": '{"more": [{"n": 1}]}'}, root, branch="side")
    keys = {'$["a.json"].rows': ["n"], '$["b.json"].more': ["n"]}
    assert store.import_from(repository.path, keys=keys).warnings == []
    assert store.import_from(repository.path, keys=keys).warnings == []


# -------------------------------------------------------------------------------------------- tables, folders


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("when,who,v\n2024-01-01,a,1\n2024-01-02,b,2\n2024-01-03,a,2\n", "--map time=when,entity=who"),
        ("who,time,v\na,2024-01-01T10:00Z,1\nb,2024-01-02T10:00Z,2\na,2024-01-03,2\n", "--map time=time,entity=who"),
        ("order,date,who\n1,2024-01-01,a\n2,2024-01-02,b\n3,2024-01-03,a\n", None),
        ("name,v\na,1\nb,1\n", None),
        ("year,who\n2023,a\n2024,b\n2025,a\n", None),
        ("when,who\n", None),
    ],
)
def test_a_table_whose_rows_may_be_changes(tmp_path: Path, store: Store, text: str, hint: str | None) -> None:
    source = tmp_path / "log.csv"
    source.write_text(text)
    told = store.import_from(source).warnings
    assert (len(told) == 1 and hint in told[0]) if hint else told == []
    assert store.import_from(source).warnings == []


DEEP = "[" * 256 + "]" * 256


@pytest.mark.parametrize("bad", [DEEP, '{"a": {"b": 1, "b": 2}}'], ids=["deep", "twice"])
def test_what_is_met_on_the_way_leaves_out_its_file_only(
    tmp_path: Path, store: Store, open_store: Open, repository: Repository, bad: str
) -> None:
    files = {"a.json": bad, "b.json": DEEP[1:-1], "c.json": "1"}
    folder = write_files(tmp_path / "folder", files)
    result = store.import_from(folder)
    assert [item.where for item in result.skipped] == ["a.json"]
    assert list(store.at().json()) == ["b.json", "c.json"]
    assert store.import_from(folder).transactions == 0
    commit = repository.commit(files, branch="main")
    other = open_store("git")
    assert [item.where for item in other.import_from(repository.path).skipped] == [f"{commit[:12]}:a.json"]
    assert list(other.at().json()) == ["b.json", "c.json"]
    assert heads(other) == {"main": (commit,)}


def test_one_deep_file_is_a_state(tmp_path: Path, store: Store, open_store: Open, repository: Repository) -> None:
    """Nothing holds it by its name."""
    store.import_from(write_files(tmp_path, {"a.json": DEEP}) / "a.json")
    repository.commit({"a.json": DEEP}, branch="main")
    other = open_store("git")
    other.import_from(repository.path, paths=["a.json"])
    assert store.at().json() == other.at().json()
