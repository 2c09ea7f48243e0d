"""CSV: versions of one table, a folder of them, a log of changes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput
from tests.exchange.support import exact, ids, states, write_files

TABLE = "id,name,price\n1,Ana,2.50\n2,Bo,\n"


def table(folder: Path, text: str | bytes, name: str = "prices.csv", *, hour: int = 0) -> Path:
    """A file of this text, last changed at an hour of 2024."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (1704067200 + 3600 * hour,) * 2)
    return path


def test_a_table_is_a_list_of_records_of_text(store: Store, tmp_path: Path) -> None:
    result = store.import_from(table(tmp_path, TABLE, hour=3))
    assert (result.kind, result.transactions, result.identity) == ("csv", 1, {"$[*]": ["id"]})
    rows = [{"id": "1", "name": "Ana", "price": "2.50"}, {"id": "2", "name": "Bo", "price": ""}]
    assert states(store) == [exact(rows)]
    assert store.get(0).as_json()["time"] == "2024-01-01T03:00:00Z"
    assert store.get(0).message == "prices.csv"


def test_the_next_version_of_the_table_is_the_next_transaction(store: Store, tmp_path: Path) -> None:
    source = table(tmp_path, TABLE)
    store.import_from(source)
    assert store.import_from(source).transactions == 0
    table(tmp_path, TABLE, hour=1)  # only its time is new
    assert store.import_from(source).transactions == 0
    table(tmp_path, "id,name,price,note\n2,Bo,9,new\n1,Ana,2.50,\n", hour=2)
    assert store.import_from(source).transactions == 1
    assert store.get(1).parents == (0,)
    assert [entry.after for entry in store.history('$[?@.id=="2"].price')] == ["", "9"]
    assert [list(row) for row in store.at().json()] == [["id", "name", "price", "note"]] * 2


def test_what_separates_the_columns_is_found(store: Store, tmp_path: Path) -> None:
    for number, mark in enumerate(";\t|"):
        store.import_from(table(tmp_path, TABLE.replace(",", mark), f"t{number}.csv"))
        assert store.at(number)["$[0].name"] == "Ana"


def test_quoted_cells_and_short_rows(store: Store, tmp_path: Path) -> None:
    text = '\ufeffid,note\r\n1,"two\r\nlines, and ""quotes"""\r\n2\r\n\r\n3,\r\n'
    store.import_from(table(tmp_path, text))
    assert store.at().json() == [
        {"id": "1", "note": 'two\r\nlines, and "quotes"'},
        {"id": "2"},
        {"id": "3", "note": ""},
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,name\n1,2,3\n", "line 2 has 3 values, the header 2 names"),
        ("id,id\n1,2\n", "the column 'id' occurs twice in the header"),
        ('id,name\n1,"open\n', "invalid CSV at line"),
        (b"id,name\n1,\xff\n", "invalid UTF-8"),
        ("", "empty"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(store: Store, tmp_path: Path, text: str | bytes, why: str) -> None:
    source = table(tmp_path, TABLE)
    store.import_from(source)
    table(tmp_path, text, hour=1)
    with pytest.raises(BadInput, match=f"prices.csv.*{why}"):
        store.import_from(source)
    assert store.graph.count == 1


def test_a_folder_of_versions_goes_by_the_dates_in_their_names(store: Store, tmp_path: Path) -> None:
    names = {"prices-2024-03-01.csv": "3", "prices-2024-01-01.csv": "1", "prices_20240201.csv": "2", "notes.txt": ""}
    folder = write_files(tmp_path / "prices", {name: f"id,v\na,{v}\n" for name, v in names.items()})
    result = store.import_from(folder, kind="csv")
    assert result.transactions == 3
    told = {store.get(n).as_json()["time"]: store.at(n).json()[0]["v"] for n in range(3)}
    assert told == {"2024-01-01T00:00:00Z": "1", "2024-02-01T00:00:00Z": "2", "2024-03-01T00:00:00Z": "3"}
    assert store.at("2024-02-10").json() == [{"id": "a", "v": "2"}]
    write_files(folder, {"prices_2024-04-01.csv": "id,v\na,4\n"})
    assert store.import_from(folder, kind="csv").transactions == 1
    assert store.at().json() == [{"id": "a", "v": "4"}]


# ------------------------------------------------------------------------------------------ logs of changes

LOG = "time,entity,status,amount\n2024-01-01,o1,new,5\n2024-01-02,o2,new,\n2024-01-03,o1,paid,\n"


def test_a_log_of_cases(store: Store, tmp_path: Path) -> None:
    text = "case,activity,timestamp,resource,cost\nc1,start,2024-01-01,ana,1\nc1,end,2024-01-02,,2\n"
    store.import_from(table(tmp_path, text))
    assert store.at().json() == {"cases": {"c1": {"activity": "end", "resource": "ana", "cost": "2"}}}


def test_a_log_that_grew(store: Store, tmp_path: Path, open_store: Callable[[str], Store]) -> None:
    source = table(tmp_path, "".join(LOG.splitlines(keepends=True)[:2]))
    store.import_from(source)
    table(tmp_path, LOG)
    assert store.import_from(source).transactions == 2
    whole = open_store("whole")
    whole.import_from(source)
    assert ids(store) == ids(whole)
    table(tmp_path, LOG.replace("o2", "o3"))
    with pytest.raises(BadInput, match="the part that was imported before has changed"):
        store.import_from(source)
