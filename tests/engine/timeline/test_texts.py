"""Texts that are edited through a store: nothing makes every version of them at once."""

import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import Store
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from tests.engine.computed import computed_id

LETTERS = 3_000
LENGTH = 30_000  # code points of the text at first: all versions together are 90 MB


def type_letters(store: Store, letters: int, length: int) -> None:
    """Somebody types at the start of a text of some length, a transaction a letter."""
    with store.bulk(b"somebody", "typing") as bulk:
        path = bulk.paths.child(0, encode_step("text"))
        value = bulk.values.intern(encode("word " * (length // 5)))
        rows = Rows()
        rows.append(path, Kind.PUT, value, label=AT_END)
        dense = bulk.add(parents=[], timeline="main", time=0, rows=rows)
        for number in range(letters):
            value = bulk.values.splice(value, number, 0, "abcdefgh "[number % 9])
            rows = Rows()
            rows.append(path, Kind.SPLICE, value)
            dense = bulk.add(parents=[dense], timeline="main", time=number + 1, rows=rows)


@pytest.fixture(params=["warm", "compacted"])
def typed(request, tmp_path):
    """A store with a long text into which somebody typed."""
    with Store.open(tmp_path / "typed.refactory", create=True) as store:
        type_letters(store, LETTERS, LENGTH)
        if request.param == "compacted":
            store.compact()
        yield store


def peak_mb(ask) -> float:
    """The most memory that an answer needs while it is made."""
    tracemalloc.start()
    try:
        ask()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_the_file_holds_edits(typed) -> None:
    assert typed.path.stat().st_size < 60_000


def test_history_holds_no_texts(typed) -> None:
    found = []
    assert peak_mb(lambda: found.extend(typed.history("$.text"))) < 30
    assert len(found) == LETTERS + 1
    assert found[-1].after == typed.at()["$.text"]
    assert found[10].before == "abcdefgh " + "word " * (LENGTH // 5)
    assert len(found[0].after) == LENGTH


def test_figures_make_no_texts(typed) -> None:
    figures = []
    assert peak_mb(lambda: figures.append(typed.figures())) < 30
    # {"text":"…"} of every version
    expected = sum(len('{"text":""}') + LENGTH + typed_so_far for typed_so_far in range(LETTERS + 1))
    assert figures[0].raw == expected


def test_any_version_is_read(typed) -> None:
    letters = ("abcdefgh " * LETTERS)[:LETTERS]
    for number in (0, 1, 2_999, 17, 1_500, 3_000):
        assert typed.at(number)["$.text"] == letters[:number] + "word " * (LENGTH // 5)


def test_threads_read_versions_at_once(typed) -> None:
    letters = ("abcdefgh " * LETTERS)[:LETTERS]
    numbers = random.Random(1).sample(range(LETTERS), 200)

    def read(number: int) -> bool:
        return typed.at(number)["$.text"] == letters[:number] + "word " * (LENGTH // 5)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, numbers))


def test_ids_are_computed_from_the_edits(typed) -> None:
    assert peak_mb(lambda: [typed.get(dense).id for dense in range(0, LETTERS, 100)]) < 30


def test_a_segment_of_little_holds_few_ids(tmp_path) -> None:
    with Store.open(tmp_path / "typed.refactory", create=True) as store:
        type_letters(store, 10_000, 10)
        asked = [0, 1, 255, 256, 4_095, 4_096, 9_999]
        before = [store.get(dense).id for dense in asked]
        store.compact()
        (bodies,) = store._core.db.execute("SELECT length(outside) FROM segment")
        assert bodies[0] < 4 * 32
        assert [store.get(dense).id for dense in asked] == before
    with Store.open(tmp_path / "typed.refactory") as store:
        assert [store.get(dense).id for dense in asked] == before == [computed_id(store, dense) for dense in asked]


def test_a_list_of_segments_that_are_gone_goes_too(tmp_path) -> None:
    def listed(store: Store) -> list[tuple[str]]:
        return store._core.db.execute("SELECT name FROM manifest WHERE name='segments'")

    with Store.open(tmp_path / "typed.refactory", create=True) as store:
        for number in range(12):
            rows = Rows()
            with store.bulk(b"somebody", "typing") as bulk:
                path = bulk.paths.child(0, encode_step("text"))
                rows.append(path, Kind.PUT, bulk.values.intern(encode(number)), label=AT_END if not number else 0)
                head = bulk.head("main")
                bulk.add(parents=[head] if number else [], timeline="main", time=number, rows=rows)
        assert listed(store)
        store.compact()
        assert not listed(store)
    with Store.open(tmp_path / "typed.refactory") as store:
        assert [store.at(number)["$.text"] for number in range(12)] == list(range(12))
