"""Sources to import from, and looks at what a store holds of them."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard

from engine import Store
from engine.exchange.importer import ImportResult

BASE = 1_704_067_200  # 2024-01-01T00:00Z
HOUR = 3600


def clock(number: int) -> str:
    """The time of the n-th version: so many hours after the beginning of 2024."""
    return (datetime(2024, 1, 1) + timedelta(hours=number)).isoformat() + "Z"


def exact(value: Any) -> str:
    """JSON to compare by: order of keys and elements, and 1 and 1.0, are told apart."""
    return json.dumps(value)


def snapshots(states: Iterable[Any], **more: Any) -> list[dict[str, Any]]:
    """Records of snapshots, one an hour."""
    return [{"time": clock(number), "state": state, **more} for number, state in enumerate(states)]


def graph(*versions: tuple[str, Any, list[str], str]) -> list[dict[str, Any]]:
    """Records of snapshots from (id, state, parents, timeline), one an hour."""
    return [
        {"time": clock(number), "state": state, "id": name, "parents": parents, "timeline": timeline}
        for number, (name, state, parents, timeline) in enumerate(versions)
    ]


def write_lines(path: Path, records: Iterable[Any]) -> Path:
    """A file of JSON Lines, compressed as its name says. Text is written as it is, anything else as JSON."""
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    data = "".join(f"{line}\n" for line in lines).encode()
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
    return path


def take_in(store: Path, source: Path, **options: Any) -> ImportResult:
    """Import a source into a store that is made where it is missing, and close it."""
    with Store.open(store, create=True) as opened:
        return opened.import_from(source, **options)


def states(store: Store) -> list[str]:
    """The exact state after every transaction, in order of arrival."""
    return [exact(store.at(dense).json()) for dense in range(store.graph.count)]


def ids(store: Store) -> list[str]:
    """The ids of all transactions, in order of arrival."""
    return [store.get(dense).id for dense in range(store.graph.count)]


def heads(store: Store) -> dict[str, tuple[str | None, ...]]:
    """Where every timeline stands, by source id."""
    return {name: tuple(store.get(head).source for head in heads) for name, heads in store.heads().items()}


def by_source(store: Store) -> dict[str, int]:
    """Dense numbers by source id."""
    return {store.get(dense).source or "": dense for dense in range(store.graph.count)}


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def greatest_at(moments: Sequence[int], asked: int) -> int:
    """The version of a chain that a time means: of those at or before it the one with the greatest time, the later
    one among equals; -1 for none."""
    best = -1
    for number, moment in enumerate(moments):
        if moment <= asked and (best < 0 or moment >= moments[best]):
            best = number
    return best


class Countdown:
    """Asks to stop when it has been asked this often."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0
