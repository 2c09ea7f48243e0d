"""Damage to a store is named, and never a silent wrong answer; what is lost is noticed, and never a shorter history."""

import random
import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine import Store
from engine.errors import CorruptStore, StoreError
from engine.storage import dictionaries, log
from engine.storage.database import PAGE_BYTES
from engine.timeline import checkpoints, indexing, placing, state
from tests.faults.workloads import add, commits, snapshot

FLIPS = 150


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A store with segments, hot transactions, blocks of both dictionaries, checkpoints, an index, names, actions, a
    source."""
    path = tmp_path_factory.mktemp("original") / "a.refactory"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "SEAL_TRANSACTIONS", 4)
        patch.setattr(dictionaries, "BLOCK_VALUES", 5)
        patch.setattr(state, "CHECKPOINT_ROWS", 8)
        list(commits(path))
        with Store.open(path) as store, store.bulk(b"importer", "import") as writer:
            parents: list[int] = []
            for number in range(5):
                parents = [add(writer, number, parents)]
            writer.set_source(b"source", {"read": 5})
            writer.set_source(b"other", {"read": 7})
            writer.set_tag("imported", parents[0])
        patch.setattr(indexing, "BLOCK_POSTINGS", 8)
        patch.setattr(checkpoints, "BUCKET_PATHS", 8)
        for name, limit in {"STEP_COST": 6, "SEGMENT_COST": 1, "LEAST_FULL_ROWS": 20}.items():
            patch.setattr(placing, name, limit)
        with Store.open(path) as store:
            indexing.build_index(store._core, least_rows=1)
            placing.rewrite_checkpoints(store._core, least_rows=1)
            for number in range(2):
                store.commit([{"op": "put", "path": f"$.hot{number}", "value": f"hot {number}"}], timeline="side")
            store.undo()
            store.branch("other")
            store.tag("v1", "side")
            store.delete_branch("other")
    return path, snapshot(path)


@pytest.fixture
def damaged(original: tuple[Path, Any], tmp_path: Path) -> Path:
    """A copy to do harm to."""
    return Path(shutil.copy(original[0], tmp_path / "a.refactory"))


def change(path: Path, sql: str, *parameters: object) -> None:
    """Do harm in SQL."""
    connection = apsw.Connection(str(path))
    connection.execute(sql, parameters).fetchall()
    connection.close()


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


# Each table with its key and its bodies.
BODIES = {
    "manifest": ("name", ["body"]),
    "hot_transaction": ("dense", ["body"]),
    "segment": ("first_transaction", ["headers", "texts", "outside", "columns"]),
    "path_block": ("first", ["body"]),
    "value_block": ("first", ["body"]),
    "checkpoint": ("dense", ["body"]),
    "bucket": ("hash", ["body"]),
    "history_block": ("id", ["body"]),
    "timeline": ("id", ["body"]),
    "tag": ("name", ["body"]),
    "oplog": ("id", ["body"]),
    "source": ("identity", ["body"]),
}
PAIRS = [(table, body) for table, (_, bodies) in BODIES.items() for body in bodies]


def test_the_original_has_rows_in_every_table(original: tuple[Path, Any]) -> None:
    counts = {table: rows(original[0], f"SELECT count(*) FROM {table}")[0][0] for table in BODIES}
    assert min(count for table, count in counts.items() if table != "manifest") >= 2
    every = {name for (name,) in rows(original[0], "SELECT name FROM sqlite_master WHERE type='table'")}
    assert every == set(BODIES) | {"statistic"}


@pytest.mark.parametrize(("table", "body"), PAIRS)
def test_a_flipped_bit_is_named(
    original: tuple[Path, Any], damaged: Path, chosen: random.Random, table: str, body: str
) -> None:
    key = BODIES[table][0]
    for name, content in rows(damaged, f"SELECT {key}, {body} FROM {table}"):
        shutil.copy(original[0], damaged)
        flipped = bytearray(content)
        flipped[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
        change(damaged, f"UPDATE {table} SET {body}=? WHERE {key}=?", bytes(flipped), name)
        with pytest.raises(CorruptStore, match=table) as caught:
            snapshot(damaged)
        assert "restore" in str(caught.value)


@pytest.mark.parametrize(("table", "body"), PAIRS)
@pytest.mark.parametrize("value", [None, 5, "text", b"", b"short"], ids=["null", "number", "text", "empty", "short"])
def test_a_body_of_another_kind_is_named(damaged: Path, table: str, body: str, value: object) -> None:
    key = BODIES[table][0]
    ((name,), *_) = rows(damaged, f"SELECT max({key}) FROM {table}")
    change(damaged, "PRAGMA writable_schema=ON")
    change(damaged, f"UPDATE OR IGNORE {table} SET {body}=? WHERE {key}=?", value, name)
    if value is None:
        return  # the schema refuses it
    with pytest.raises(CorruptStore, match=table):
        snapshot(damaged)


@pytest.mark.parametrize("table", [table for table in BODIES if table != "manifest"])
def test_bodies_that_changed_places_are_found(damaged: Path, table: str) -> None:
    key, bodies = BODIES[table]
    first, second = rows(damaged, f"SELECT {key}, {bodies[-1]} FROM {table} LIMIT 2")
    change(damaged, f"UPDATE {table} SET {bodies[-1]}=? WHERE {key}=?", second[1], first[0])
    change(damaged, f"UPDATE {table} SET {bodies[-1]}=? WHERE {key}=?", first[1], second[0])
    with pytest.raises(CorruptStore, match=table):
        snapshot(damaged)


@pytest.mark.parametrize("table", BODIES)
def test_a_row_that_is_lost_is_missed(original: tuple[Path, Any], damaged: Path, table: str) -> None:
    key = BODIES[table][0]
    for (name,) in rows(damaged, f"SELECT {key} FROM {table}"):
        shutil.copy(original[0], damaged)
        change(damaged, f"DELETE FROM {table} WHERE {key}=?", name)
        if table in ("checkpoint", "bucket") and name != -1:
            found = answer(damaged)
            assert isinstance(found, CorruptStore) or found == original[1], "what is derived and not used is not missed"
            continue
        with pytest.raises(CorruptStore, match="damaged"):
            snapshot(damaged)


@pytest.mark.parametrize("table", [table for table in BODIES if table not in ("checkpoint", "bucket")])
def test_a_table_that_is_empty_is_missed(damaged: Path, table: str) -> None:
    change(damaged, f"DELETE FROM {table}")
    with pytest.raises(CorruptStore, match="damaged"):
        snapshot(damaged)


@pytest.mark.parametrize("rows", ["bucket", "checkpoint WHERE dense >= 0"])
def test_checkpoints_that_are_empty_are_done_without(original: tuple[Path, Any], damaged: Path, rows: str) -> None:
    change(damaged, f"DELETE FROM {rows}")
    assert snapshot(damaged) == original[1]


def out_of_order(path: Path, table: str) -> list[bytes]:
    """Copies of a file, in each of which two cells of a page of a table have changed places: a scan finds both, a
    search does not."""
    content = path.read_bytes()
    harmed = []
    for (page,) in rows(path, f"SELECT pageno FROM dbstat WHERE name='{table}' AND pagetype != 'overflow'"):
        start = (page - 1) * PAGE_BYTES
        cells = start + (12 if content[start] == 5 else 8)
        count = int.from_bytes(content[start + 3 : start + 5], "big")
        for cell in range(count - 1):
            place = cells + 2 * cell
            swapped = content[place + 2 : place + 4] + content[place : place + 2]
            harmed.append(content[:place] + swapped + content[place + 4 :])
    return harmed


@pytest.mark.parametrize("table", [table for table in BODIES if table not in ("manifest", "segment")])  # one to a page
def test_rows_out_of_order_are_no_silent_wrong_answer(original: tuple[Path, Any], damaged: Path, table: str) -> None:
    harms = out_of_order(original[0], table)
    assert harms
    for harmed in harms:
        damaged.write_bytes(harmed)
        found = answer(damaged)
        assert isinstance(found, StoreError) or found == original[1]


# Columns that SQLite lets have any type, where damage gives them one.
FREE = ("transactions", "first_row", "row_count", "count")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *[("segment", column) for column in ("first_transaction", "transactions", "first_row", "row_count")],
        *[(table, column) for table in ("path_block", "value_block") for column in ("first", "count")],
        *[("hot_transaction", "dense"), ("timeline", "id"), ("oplog", "id"), ("checkpoint", "dense")],
        *[("history_block", "id"), ("bucket", "hash")],
    ],
)
def test_numbers_beside_the_bodies_are_checked(
    original: tuple[Path, Any], damaged: Path, table: str, column: str
) -> None:
    for (number,) in rows(damaged, f"SELECT {column} FROM {table}"):
        for other in (number + 1, number - 1, 1 << 40, -5, *((b"x", "x") if column in FREE else ())):
            shutil.copy(original[0], damaged)
            change(damaged, f"UPDATE OR IGNORE {table} SET {column}=? WHERE {column}=?", other, number)
            if rows(damaged, f"SELECT {column} FROM {table}") == rows(original[0], f"SELECT {column} FROM {table}"):
                continue  # there is a row of that number
            found = answer(damaged)
            # A checkpoint that nothing else is made from is derived, and missed when it is used.
            assert isinstance(found, CorruptStore) or (table in ("checkpoint", "bucket") and found == original[1])


def test_segments_of_another_store_are_found(damaged: Path, original: tuple[Path, Any], tmp_path: Path) -> None:
    """Whole and valid by themselves, as after a page of an old copy came back."""
    other = tmp_path / "b.refactory"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "SEAL_TRANSACTIONS", 4)
        list(commits(other))
    for columns in (["headers"], ["texts"], ["outside"], ["columns"], ["headers", "texts", "outside", "columns"]):
        shutil.copy(original[0], damaged)
        for column in columns:
            ((body,),) = rows(other, f"SELECT {column} FROM segment WHERE first_transaction=0")
            change(damaged, f"UPDATE segment SET {column}=? WHERE first_transaction=0", body)
        if columns in (["columns"], ["texts"], ["outside"]):  # the same operations, messages, nothing: the same bytes
            assert snapshot(damaged) == original[1]
            continue
        with pytest.raises(CorruptStore, match="damaged"):
            snapshot(damaged)


def test_an_import_note_whose_name_is_damaged_is_not_an_import_that_never_was(damaged: Path) -> None:
    change(damaged, "UPDATE source SET identity=? WHERE identity=?", b"sourcf", b"source")
    with pytest.raises(CorruptStore, match="source"):
        snapshot(damaged)


# ------------------------------------------------------------------------------------------------- the file


def answer(path: Path) -> Any:
    """What a reader sees, or the error that it is told."""
    try:
        return snapshot(path)
    except StoreError as error:
        return error


def test_flipped_bytes_anywhere_are_no_silent_wrong_answer(
    original: tuple[Path, Any], damaged: Path, chosen: random.Random, effort: int
) -> None:
    path, expected = original
    content = path.read_bytes()
    told = 0
    for _ in range(FLIPS * effort):
        flipped = bytearray(content)
        places = [chosen.randrange(len(content)) for _ in range(chosen.choice([1, 1, 1, 4]))]
        for place in places:
            flipped[place] = chosen.choice([flipped[place] ^ (1 << chosen.randrange(8)), 0, 255, chosen.randrange(256)])
        damaged.write_bytes(flipped)
        found = answer(damaged)
        told += isinstance(found, StoreError)
        assert isinstance(found, StoreError) or found == expected, f"at {places}"
    assert told > FLIPS * effort // 10


def test_pages_zeroed_cut_or_exchanged_are_no_silent_wrong_answer(original: tuple[Path, Any], damaged: Path) -> None:
    path, expected = original
    content = path.read_bytes()
    pages = [content[start : start + PAGE_BYTES] for start in range(0, len(content), PAGE_BYTES)]
    for number in range(len(pages)):
        other = pages[(number + 1) % len(pages)]
        for harm in (
            bytes(PAGE_BYTES),
            b"\xff" * PAGE_BYTES,
            other,
            pages[number][: PAGE_BYTES // 2] + other[PAGE_BYTES // 2 :],
        ):
            damaged.write_bytes(b"".join([*pages[:number], harm, *pages[number + 1 :]]))
            found = answer(damaged)
            assert isinstance(found, StoreError) or found == expected, f"page {number}"
    for size in (
        0,
        1,
        15,
        100,
        PAGE_BYTES - 1,
        PAGE_BYTES,
        *(PAGE_BYTES * n for n in range(2, len(pages))),
        len(content) - 1,
    ):
        damaged.write_bytes(content[:size])
        assert isinstance(answer(damaged), StoreError), size


def test_damage_to_the_log_beside_the_file_leaves_an_earlier_moment(
    tmp_path: Path, chosen: random.Random, effort: int
) -> None:
    """SQLite takes a frame that fails its checksum for the end of the log: what was before it is there, whole."""
    path, copy = tmp_path / "a.refactory", tmp_path / "copy"
    moments: list[Any] = []
    content = wal = b""
    for _ in commits(path):
        content, wal = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
        moments.append(snapshot(path))
    for turn in range(FLIPS * effort // 5):
        copy.mkdir(exist_ok=True)
        flipped = bytearray(wal)
        if turn % 2:
            del flipped[chosen.randrange(len(wal)) :]
        else:
            flipped[chosen.randrange(len(wal))] ^= 1 << chosen.randrange(8)
        (copy / path.name).write_bytes(content)
        (copy / f"{path.name}-wal").write_bytes(flipped)
        found = answer(copy / path.name)
        assert isinstance(found, StoreError) or found in moments, turn
        shutil.rmtree(copy)
