"""Many transactions at once are what they would be one by one: ids, states, names, segments."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Store
from engine.model.operations import ABSENT, AT_END, NO_LABEL, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.storage.segment import make_columns
from engine.timeline import bulk as module
from engine.timeline.bulk import BulkWriter, Many

KEYS = 4
TIMELINES = ("main", "side", "third")


class Plain(NamedTuple):
    """A transaction of the tests: parents as steps back from it, and `(key, value)` that it puts (None: removes)."""

    back: list[int]
    timeline: str
    time: int
    author: str
    message: str
    puts: list[tuple[int, int | None]]


transactions = st.lists(
    st.builds(
        Plain,
        st.lists(st.integers(1, 6), max_size=2, unique=True),
        st.sampled_from(TIMELINES),
        st.integers(-(10**15), 10**15),
        st.sampled_from(["", "ana", "bö"]),
        st.text(max_size=5),
        st.lists(st.tuples(st.integers(0, KEYS - 1), st.none() | st.integers(0, 300)), max_size=4),
    ),
    max_size=20,
)
Write = Callable[[BulkWriter, list[Plain]], object]


def rows_of(bulk: BulkWriter, plain: Plain) -> Rows:
    rows = Rows()
    for key, value in plain.puts:
        path = bulk.paths.child(0, encode_step(f"k{key}"))
        if value is None:
            rows.append(path, Kind.REMOVE, ABSENT)
            rows.append(path, Kind.DROP, ABSENT)  # derived: in no id
        else:
            rows.append(path, Kind.PUT, bulk.values.intern(encode(value)), label=(AT_END, NO_LABEL)[value % 2])
    return rows


def parents_of(number: int, plain: Plain) -> list[int]:
    return [number - back for back in plain.back if back <= number]


def one_by_one(bulk: BulkWriter, plains: list[Plain]) -> None:
    for number, plain in enumerate(plains):
        bulk.add(
            parents=parents_of(number, plain),
            timeline=plain.timeline,
            time=plain.time,
            author=plain.author,
            message=plain.message,
            rows=rows_of(bulk, plain),
        )


def at_once(bulk: BulkWriter, plains: list[Plain], first: int = 0) -> int:
    made = [rows_of(bulk, plain) for plain in plains]
    names = ("path", "kind", "value", "arg", "label")
    columns = [[item for rows in made for item in getattr(rows, name)] for name in names]
    return bulk.extend(
        Many(
            parents=[parents_of(number, plain) for number, plain in enumerate(plains, first)],
            timelines=[plain.timeline for plain in plains],
            times=[plain.time for plain in plains],
            authors=[plain.author for plain in plains],
            messages=[plain.message for plain in plains],
            counts=[len(rows) for rows in made],
            rows=make_columns(*columns),
        )
    )


def written(file: Path, write: Write, plains: list[Plain]) -> tuple[object, ...]:
    """What a store holds after a bulk writer wrote something, read from the file."""
    with Store.open(file, create=True) as store, store.bulk(b"importer", "import") as bulk:
        write(bulk, plains)
    with Store.open(file, read_only=True) as store:
        made = [store.get(dense).as_json() for dense in range(store.graph.count)]
        states = [store.at(dense).dumps() for dense in range(store.graph.count)]
        return made, states, [(t.name, t.heads, t.forked_from) for t in store.timelines()]


@given(transactions, st.integers(1, 8), st.integers(1, 8))
@settings(max_examples=30, deadline=None)
def test_at_once_is_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, plains: list[Plain], rows: int, count: int
) -> None:
    folder = tmp_path_factory.mktemp("bulk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FLUSH_ROWS", rows)
        patch.setattr(module, "FLUSH_TRANSACTIONS", count)
        assert written(folder / "a", at_once, plains) == written(folder / "b", one_by_one, plains)


def test_one_by_one_and_at_once_go_together(tmp_path: Path) -> None:
    plains = [Plain([1], "main", number, "ana", f"m{number}", [(0, number)]) for number in range(9)]

    def mixed(bulk: BulkWriter, plains: list[Plain]) -> None:
        one_by_one(bulk, plains[:3])
        assert at_once(bulk, plains[3:6], 3) == 3
        assert bulk.head("main") == 5
        assert bulk.next_seq == 7
        for number, plain in enumerate(plains[6:], 6):
            own = {"author": plain.author, "message": plain.message, "rows": rows_of(bulk, plain)}
            assert bulk.add(parents=[number - 1], timeline="main", time=number, **own) == number

    assert written(tmp_path / "a", mixed, plains) == written(tmp_path / "b", one_by_one, plains)
