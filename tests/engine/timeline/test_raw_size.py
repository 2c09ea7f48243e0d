"""The size of a history as canonical JSON of every version, against writing it."""

import json
import random
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Store
from engine.errors import BadInput, Cancelled
from engine.model.json_size import json_sizes
from engine.model.values import dumps, encode
from engine.timeline import raw_size
from engine.timeline.raw_size import RawSize
from tests.properties.strategies import scalars

DATA = Path(__file__).resolve().parents[2] / "data"


@given(st.lists(scalars))
def test_leaves_are_as_long_as_what_is_written(values: list[object]) -> None:
    sizes = json_sizes([encode(value) for value in values])
    assert sizes.tolist() == [len(dumps(value).encode()) for value in values]


@pytest.mark.parametrize(
    "value", ["", '"\\\b\t\n\f\r\0\x1f\x7f', "é€😀", "\ud800x\udfff", 0, -1, 9, 10, -(10**16), 1 << 54, 1 << 200, -0.0]
)
def test_odd_leaves_too(value: object) -> None:
    assert json_sizes([encode(value), b""]).tolist() == [len(dumps(value).encode()), 0]


def written(store: Store) -> int:
    """The bytes, by writing every version."""

    def ordered(value: object) -> object:
        if isinstance(value, dict):
            return {key: ordered(value[key]) for key in sorted(value)}
        return [ordered(item) for item in value] if isinstance(value, list) else value

    return sum(len(dumps(ordered(store.at(dense).json())).encode()) for dense in range(store.graph.count))


def computed(store: Store, known: RawSize | None = None) -> RawSize:
    core = store._core
    return raw_size.raw_size(core.log, core.graph, core.states, known)


def grow(store: Store, seed: int, steps: int) -> None:
    """Random commits on random timelines; containers come, empty, and go."""
    chance = random.Random(seed)
    names = ["main"]
    store.commit([{"op": "put", "path": "$.a", "value": {"b": {}, "list": [1, [2], {}]}}], timeline="main")
    for _ in range(steps):
        if chance.random() < 0.25:
            names.append(f"t{len(store.timelines())}")
            store.branch(names[-1], at=chance.randrange(-1, store.graph.count) if chance.random() < 0.9 else None)
        path = chance.choice(["$.a", "$.a.b", "$.a.b.c", "$.x", "$.x.y", '$["k\\"é"]', "$.a.b.c.d"])
        value = chance.choice([1, "é\n", {}, [], {"y": [1, {"z": None}]}, [[]], 1.5, {"y": {}}])
        timeline = chance.choice(names)
        try:
            if chance.random() < 0.3:
                store.commit([{"op": "remove", "path": path}], timeline=timeline)
            else:
                store.commit([{"op": "put", "path": path, "value": value}], timeline=timeline)
        except BadInput:  # nothing to remove, or nothing that would change
            pass


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rows", [1, 7, 1 << 20])
def test_random_histories_with_branches(store: Store, monkeypatch, seed: int, rows: int) -> None:
    monkeypatch.setattr(raw_size, "BATCH_ROWS", rows)
    grow(store, seed, 60)
    assert computed(store) == RawSize(store.graph.count, written(store))


def test_what_is_known_is_not_looked_at_again(store: Store) -> None:
    grow(store, 9, 40)
    known = computed(store)
    grow(store, 10, 20)
    assert computed(store, known) == computed(store) == RawSize(store.graph.count, written(store))
    assert computed(store, RawSize(store.graph.count, 5)) == RawSize(store.graph.count, 5)


@pytest.mark.parametrize("few", [0, 64])
def test_real_excerpts(tmp_path: Path, monkeypatch, few: int) -> None:
    monkeypatch.setattr(raw_size, "_FEW", few)
    files = sorted(DATA.glob("*.snapshots.jsonl*"))
    assert files
    for file in files:
        with Store.open(tmp_path / f"{file.stem}.refactory", create=True) as store:
            store.import_from(file)
            assert computed(store) == RawSize(store.graph.count, written(store)), file.name


def test_the_size_is_that_of_plain_json(store: Store) -> None:
    store.commit([{"op": "put", "path": "$", "value": {"b": [1, "x"], "a": {"c": True}}}])
    text = json.dumps({"b": [1, "x"], "a": {"c": True}}, sort_keys=True, separators=(",", ":"))
    assert computed(store).bytes == len(text)


def test_it_can_be_stopped(store: Store) -> None:
    grow(store, 1, 3)
    stop = Event()
    stop.set()
    core = store._core
    with pytest.raises(Cancelled):
        raw_size.raw_size(core.log, core.graph, core.states, cancel=stop)
    told: list[tuple[int, int | None, str]] = []
    raw_size.raw_size(core.log, core.graph, core.states, progress=lambda *step: told.append(step))
    assert told[-1] == (store.graph.count, store.graph.count, "transactions")
