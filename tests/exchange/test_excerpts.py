"""Small pieces of real histories (tests/data): every state, every time, and what the values say on the way."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.model.times import format_time
from tests.exchange import event_oracle
from tests.exchange.support import exact, greatest_at, states

DATA = Path(__file__).resolve().parents[1] / "data"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def records(path: Path) -> list[dict[str, Any]]:
    """The lines of a file."""
    import zstandard

    return [json.loads(line) for line in zstandard.decompress(path.read_bytes(), 1 << 26).splitlines()]


def microseconds(found: Sequence[dict[str, Any]]) -> list[int]:
    """The times of records."""
    return [(datetime.fromisoformat(record["time"]) - EPOCH) // timedelta(microseconds=1) for record in found]


@pytest.mark.parametrize("name", ["atom-package-json", "scoop-edgedriver"])
def test_versions_come_back_with_all_that_is_told_of_them(store: Store, name: str) -> None:
    path = DATA / f"{name}.snapshots.jsonl.zst"
    found = records(path)
    result = store.import_from(path)
    assert (result.transactions, result.skipped, result.warnings) == (len(found), [], [])
    assert states(store) == [exact(record["state"]) for record in found]
    for number, record in enumerate(found):
        ours = store.get(number)
        assert (ours.author, ours.message, ours.source) == (record["author"], record["message"], record["commit"])


@pytest.mark.parametrize("name", ["atom-package-json", "scoop-edgedriver"])
def test_times_that_go_backwards_mean_what_the_rule_says(store: Store, name: str) -> None:
    path = DATA / f"{name}.snapshots.jsonl.zst"
    moments = microseconds(records(path))
    assert moments != sorted(moments)
    store.import_from(path)
    for moment in sorted(set(moments)):
        for asked in (moment - 1, moment, moment + 1):
            assert store.at(format_time(asked)).transaction == greatest_at(moments, asked)


def test_a_value_has_the_history_that_its_versions_show(store: Store) -> None:
    path = DATA / "scoop-edgedriver.snapshots.jsonl.zst"
    store.import_from(path)
    versions = [record["state"]["version"] for record in records(path)]
    changed = [n for n in range(len(versions)) if not n or versions[n] != versions[n - 1]]
    entries = list(store.history("$.version"))
    assert [(entry.transaction, entry.after) for entry in entries] == [(n, versions[n]) for n in changed]
    assert store.blame("$.version").dense == changed[-1]


def test_events_are_what_the_oracle_makes_of_them(store: Store) -> None:
    path = DATA / "bpic2019-p2p-variants.events.jsonl.zst"
    found = records(path)
    assert store.import_from(path).transactions == len(found)
    for number, state in enumerate(event_oracle.states(json.dumps(event) for event in found)):
        if number % 9 == 0:
            assert json.dumps(store.at(number).json(), sort_keys=True) == json.dumps(state, sort_keys=True)
    of_1948 = [number for number, record in enumerate(found) if record["time"].startswith("1948")]
    assert store.at("1949").transaction == of_1948[-1]
