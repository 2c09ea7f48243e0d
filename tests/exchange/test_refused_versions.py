"""What was refused leaves nothing behind: the versions after it are what they would be without it."""

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import Cancelled
from engine.exchange import intake
from tests.exchange.repository import Repository
from tests.exchange.support import Countdown, clock, exact, ids, states, take_in, write_lines


def line(number: int, state: bytes) -> bytes:
    return b'{"time":"%s","state":%s}' % (clock(number).encode(), state)


def records(count: int, **more: Any) -> bytes:
    return json.dumps([{"id": n, "v": 0, **more} for n in range(count)], separators=(",", ":")).encode()


@pytest.mark.parametrize("fault", [b"1e999", b'"\xff"', b'{"p":1,"p":2}'])
def test_lists_that_come_first_after_a_refused_line_are_looked_at(store: Store, tmp_path: Path, fault: bytes) -> None:
    source = tmp_path / "lines.jsonl"
    good = [
        line(1, b'{"items":[]}'),
        line(3, b'{"items":%s}' % records(5)),
        line(4, b'{"items":%s}' % records(5, w=1)),
    ]
    bad = line(2, b'{"items":[],"new":{"x":%s}}' % fault)
    source.write_bytes(b"\n".join([good[0], bad, *good[1:]]))
    result = store.import_from(source, skip_bad=True)
    assert [item.where for item in result.skipped] == [f"{source}:2"]
    assert result.identity == {"$.items[*]": ["id"]}
    assert states(store) == [exact(json.loads(each)["state"]) for each in good]


def test_a_refused_line_chooses_nothing(tmp_path: Path) -> None:
    """Whether the import was stopped after it or not."""
    named, kept, turned = (
        json.dumps([{"id": key(n), "name": f"n{name(n)}"} for n in range(6)]).encode()
        for key, name in ((lambda n: 1, int), (int, int), (int, lambda n: 5 - n))
    )
    source = tmp_path / "lines.jsonl"
    source.write_bytes(
        b"\n".join(
            [
                line(1, b'{"items":[],"z":{"x":1}}'),
                line(2, b'{"items":%s,"z":{"x":1e999}}' % named),
                line(3, b'{"items":%s,"z":{"x":1}}' % kept),
                line(4, b'{"items":%s,"z":{"x":1}}' % turned),
            ]
        )
    )
    told = []
    for stop in range(5):
        with Store.open(tmp_path / f"store {stop}", create=True) as store:
            try:
                store.import_from(source, skip_bad=True, cancel=Countdown(stop))
            except Cancelled:
                store.import_from(source, skip_bad=True)
            told.append(ids(store))
    assert told == [told[0]] * len(told)
    assert len(told[0]) == 3


def test_what_is_counted_is_not_forgotten_with_what_was_refused(store: Store, repository: Repository) -> None:
    repeated = json.dumps([{"code": code} for code in (1, 1, 2, 3)])
    first = repository.commit({"a.json": repeated, "b.json": '{"x":1}'})
    second = repository.commit({"a.json": repeated, "b.json": '{"x":{"p":1,"p":2}}'}, first)
    repository.commit({"a.json": repeated, "b.json": '{"x":3}'}, second, branch="main")
    result = store.import_from(repository.path, keys={'$["a.json"][*]': ("code",)})
    assert result.identity == {'$["a.json"][*]': ["code"]}
    assert result.warnings == ['$["a.json"][*]: a record has the code of another one']
    assert len(result.skipped) == 1


def test_a_state_that_is_not_the_last_member_is_no_reason_to_build_the_tree_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    monkeypatch.setattr(intake, "rebuild", lambda *arguments: built.append(arguments))
    lines = [b'{"time":"%s","state":{"n":%d},"author":"ana"}' % (clock(n).encode(), n) for n in range(5)]
    source = tmp_path / "lines.jsonl"
    source.write_bytes(b"\n".join(lines))
    assert store.import_from(source).transactions == 5
    assert not built


@pytest.mark.parametrize("seed", [9, 28, 31, 36])
def test_however_strings_are_spelled_parts_give_the_ids_of_the_whole(tmp_path: Path, seed: int) -> None:
    """Which fields identify records is weighed over several versions, and names are escaped in the source."""
    chosen = random.Random(seed)
    rows = [{"id": n, "name": f"né{n}", "code": f"c{n}", "v": 0} for n in range(6)]
    other = 0
    versions = []
    for number in range(24):
        kind = chosen.randrange(5)
        if kind == 0:
            rows[chosen.randrange(len(rows))]["v"] += 1
        elif kind == 1:
            other += 1
        elif kind == 2:
            chosen.choice(rows)["name"] = f"m{chosen.randrange(99)}"
        elif kind == 3:
            keys = [row["id"] for row in rows]
            chosen.shuffle(keys)
            for row, key in zip(rows, keys, strict=True):
                row["id"] = key
        else:
            mark = 100 + number
            row = {"id": mark, "name": f"n{mark}", "code": f"c{mark}", "v": 0}
            rows.insert(chosen.randrange(len(rows) + 1), row)
        versions.append(json.dumps({"time": clock(number), "state": {"rows": rows, "other": other}}))
    told = []
    for cuts in ([24], [8, 24], range(1, 25)):
        place = tmp_path / f"store {len(told)}"
        for cut in cuts:
            take_in(place, write_lines(tmp_path / f"grown {len(told)}.jsonl", itertools.islice(versions, cut)))
        with Store.open(place) as store:
            told.append(ids(store))
    assert told[0] == told[1] == told[2]
