"""The hashed operations alone give the order: labels are derived, so nothing may be said by a label only."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Store
from engine.model.operations import DERIVED, Kind, Rows
from tests.exchange.replay import Sequence, Tables
from tests.exchange.support import exact, snapshots, take_in, write_lines
from tests.exchange.test_shadow import Import


def bisected(make: Any, versions: int, rng: random.Random) -> list[list[Any]]:
    """Versions that grow between the same two neighbours until no label is left there, over and over."""
    items: list[Any] = [make("first"), make("last")]
    states = [items]
    place = 1
    for number in range(versions):
        new = [make(f"{number}.{part}") for part in range(rng.randint(1, 2))]
        items = items[:place] + new + items[place:]
        if rng.random() < 0.2:
            items = [items[-1], *items[:-1]] if rng.random() < 0.5 else items[1:]
        place = min(max(place + number % 2, 1), len(items) - 1)
        states.append(items)
    return states


def as_map(items: list[Any]) -> dict[str, Any]:
    return dict.fromkeys(items, 1)


@given(st.integers(0, 2**32), st.integers(15, 40), st.sampled_from(["map", "records", "elements"]))
@settings(max_examples=40)
def test_order_follows_from_operations(seed: int, versions: int, shape: str) -> None:
    rng = random.Random(seed)
    source = Import()
    relabelled = False
    for items in bisected(lambda name: {"id": name} if shape == "records" else name, versions, rng):
        state = {"x": as_map(items) if shape == "map" else items, "end": 0}
        relabelled |= any(kind == "RELABEL" for kind, _ in source.put(state))
        source.check(state)
    assert relabelled or versions < 26


@pytest.mark.parametrize("shape", ["map", "records"])
def test_the_store_shows_what_its_operations_say(tmp_path: Path, shape: str) -> None:
    rng = random.Random(3)
    lists = bisected(lambda name: {"id": name} if shape == "records" else name, 60, rng)
    states = [as_map(items) if shape == "map" else {"list": items} for items in lists]
    take_in(tmp_path / "a.refactory", write_lines(tmp_path / "a.jsonl", snapshots(states)))
    with Store.open(tmp_path / "a.refactory") as store:
        log = store._core.log
        tables = Tables()
        tables.paths, tables.values = log.paths, log.values
        model = Sequence(tables)
        derived = 0
        for dense, state in enumerate(states):
            columns = log.rows(dense)
            rows = Rows()
            for path, kind, value, arg in zip(columns.path, columns.kind, columns.value, columns.arg, strict=True):
                derived += kind == Kind.RELABEL
                if kind < DERIVED:
                    rows.append(int(path), int(kind), int(value), int(arg))
            model.apply(rows)
            assert exact(model.json()) == exact(store.at(dense).json()) == exact(state)
        assert derived
