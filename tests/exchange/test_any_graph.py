"""Random documents, edited at random on branches that fork and merge, imported as snapshots.

Whatever the edits are (orders, types, repeated and missing keys, nothing at all), every state comes back exactly, every
merge says all it has to say, a second store gets the same ids in other portions, and what is exported is the same.
"""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from engine import Store
from engine.exchange import tracing
from tests.exchange.merges import unwritten
from tests.exchange.support import clock, exact, heads, ids, states, take_in, write_lines

NAMES = ["id", "name", "v", "rows", "", "é", "a b", "$x"]
LEAVES = [None, True, False, 0, 1, 1.0, -0.0, "1", "", "text", 2**70, 1e300, "\ud83d\ude00"]


def anything(chance: random.Random, depth: int = 0) -> Any:
    """A value; the deeper, the simpler."""
    kind = chance.randrange(8 if depth < 3 else 4)
    if kind < 4:
        return chance.choice(LEAVES)
    if kind == 4:
        return {name: anything(chance, depth + 1) for name in chance.sample(NAMES, chance.randrange(4))}
    if kind == 5:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    return [record(chance, depth) for _ in range(chance.randrange(6))]


def record(chance: random.Random, depth: int) -> dict[str, Any]:
    """A record with a key, mostly; keys repeat now and then."""
    row = {"id": chance.choice([1, 2, 3, 4, 5, 6, 7, "1", 1.0]), "v": anything(chance, depth + 2)}
    if chance.random() < 0.1:
        del row["id"]
    return row


def containers(value: Any) -> Iterator[Any]:
    """All maps and lists of a state."""
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from containers(item)


def edited(state: Any, chance: random.Random) -> Any:
    """A state after a few changes at random places."""
    state = copy.deepcopy(state)
    for _ in range(chance.choice([0, 1, 1, 2, 4])):
        found = list(containers(state))
        if not found or chance.random() < 0.04:
            state = anything(chance)
        else:
            edit = edit_map if isinstance(place := chance.choice(found), dict) else edit_list
            edit(place, chance)
    return state


def edit_map(place: dict[str, Any], chance: random.Random) -> None:
    """Set, take away, or order anew."""
    kind = chance.randrange(4)
    if kind == 0 and place:
        del place[chance.choice(list(place))]
    elif kind == 1:
        items = list(place.items())
        chance.shuffle(items)
        place.clear()
        place.update(items)
    else:
        place[chance.choice([*place, chance.choice(NAMES)])] = anything(chance, 2)


def edit_list(place: list[Any], chance: random.Random) -> None:
    """Insert, take away, repeat, move, or change an element."""
    kind = chance.randrange(7)
    where = chance.randrange(len(place) + 1)
    if kind == 0 or not place:
        place.insert(where, record(chance, 2) if chance.random() < 0.6 else anything(chance, 2))
    elif kind == 1:
        place.pop(where % len(place))
    elif kind == 2:
        place.insert(where, copy.deepcopy(chance.choice(place)))
    elif kind == 3:
        chance.shuffle(place)
    elif kind == 4:
        place.append(place.pop(where % len(place)))
    elif kind == 5:
        place.reverse()
    else:
        place[where % len(place)] = anything(chance, 2)


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records of snapshots: each version edits that of a parent, some have several."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    records: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 14))):
        recent = range(max(0, number - 5), number)
        parents = chance.sample(recent, min(len(recent), chance.choice([1, 1, 1, 2, 3])))
        state = edited(records[chance.choice(parents)]["state"], chance) if parents else anything(chance)
        named = {"id": f"v{number}", "parents": [f"v{parent}" for parent in parents]}
        timeline = chance.choice(["main", "main", "side", "third"])
        records.append({"time": clock(chance.randrange(20)), "state": state, "timeline": timeline, **named})
    return records


@given(graphs(), st.integers(0, 14))
@settings(max_examples=25)
def test_any_history_comes_back(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("graph")
    source, grown = write_lines(folder / "all.jsonl", records), folder / "grown.jsonl.zst"
    expected = [exact(record["state"]) for record in records]
    with Store.open(folder / "whole", create=True) as store:
        store.import_from(source)
        assert states(store) == expected
        assert [len(store.get(n).parents) for n in range(len(records))] == [len(r["parents"]) for r in records]
        assert [unwritten(store, dense) for dense in range(len(records))] == [[]] * len(records)
        told = ids(store), heads(store)
        store.export(folder / "out.jsonl")
    for part in (records[:cut], records):
        if part:
            take_in(folder / "parts", write_lines(grown, part))
    with Store.open(folder / "parts") as store:
        assert (ids(store), heads(store), states(store)) == (*told, expected)
    reads_back(folder, records, expected)


# What stands in a line that is refused somewhere inside, once a part of it has been read.
BAD = '{"id":1,"id":2}', '"\\ud800\\udc0"', "[1,]", '{"v":NaN}'


@given(graphs(), st.integers(0, 2**32), st.booleans())
@settings(max_examples=25)
def test_any_line_comes_back_with_bad_ones_between(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]], seed: int, walked: bool
) -> None:
    """Versions that name no parents: each comes after the one before, whatever was refused between."""
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("line")
    lines = []
    for record in records:
        del record["parents"]
        lines.append(compact(record))
        if chance.random() < 0.3:
            place = f"bad {chance.random()}"
            text = compact({**record, "state": spoilt(record["state"], place, chance)})
            lines.append(text.replace(f'"{place}"', chance.choice(BAD)))
    source = folder / "lines.jsonl"
    source.write_text("\n".join(lines), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, Store.open(folder / "store", create=True) as store:
        patch.setattr(tracing, "_WORTH", 0 if walked else tracing._WORTH)
        result = store.import_from(source, skip_bad=True)
        assert len(result.skipped) == len(lines) - len(records)
        assert states(store) == [exact(record["state"]) for record in records]


def compact(value: Any) -> str:
    """JSON without white space and escapes (two surrogates are one character)."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def spoilt(state: Any, mark: str, chance: random.Random) -> Any:
    """A state with something at a random place that is to be replaced by what is refused."""
    state = copy.deepcopy(state)
    found = list(containers(state))
    if not found:
        return mark
    place = chance.choice(found)
    if isinstance(place, dict):
        place["z"] = mark
    else:
        place.insert(chance.randrange(len(place) + 1), mark)
    return state


def reads_back(folder: Path, records: list[dict[str, Any]], expected: list[str]) -> None:
    """The export, imported, has the same states by id (what no timeline leads to is not exported)."""
    with Store.open(folder / "again", create=True) as store:
        store.import_from(folder / "out.jsonl")
        by_id = {record["id"]: state for record, state in zip(records, expected, strict=True)}
        for dense in range(store.graph.count):
            assert exact(store.at(dense).json()) == by_id[store.get(dense).source]
