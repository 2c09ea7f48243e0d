"""The real histories of ../shared/data/snapshots, read as rivals and benchmarks want them."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from tests.benchmarks.report import DATA

SUFFIX = ".snapshots.jsonl.zst"
# Fields that tell the records of a list apart, in the histories that there are; the first that is unique is taken.
KEYS = (
    *("id", "uuid", "name", "UniqueId", "F_OUTAGE_ID", "station_id", "reference", "WebId", "ID_oc", "project", "title"),
    *("slug", "key", "url", "date_of_interest", "version"),
)
TABLES = {"nyc-covid-by-day"}
FOLDERS = {"endoflife-folder"}


@dataclass(frozen=True)
class Snapshot:
    """One version: its line as stored (with the line's end) and what that says."""

    line: bytes

    @cached_property
    def record(self) -> dict[str, Any]:
        """The line as Python values: `state`, and what is known of the commit."""
        return msgspec.json.decode(self.line)

    @property
    def state(self) -> Any:
        """The state."""
        return self.record["state"]

    @property
    def said(self) -> dict[str, Any]:
        """Everything but the state."""
        return {key: value for key, value in self.record.items() if key != "state"}


def files() -> dict[str, Path]:
    """Every history by name, smallest file first; empty where the data are missing."""
    found = sorted((DATA / "snapshots").glob("*" + SUFFIX), key=lambda file: file.stat().st_size)
    return {name_of(file): file for file in found}


def name_of(file: Path) -> str:
    """The name of a history by its file."""
    return file.name.removesuffix(SUFFIX)


def read(file: Path) -> Iterator[Snapshot]:
    """The versions of a history, oldest first."""
    with file.open("rb") as raw:
        for line in io.BufferedReader(zstandard.ZstdDecompressor(max_window_size=2**28).stream_reader(raw), 1 << 20):
            yield Snapshot(line)


def canonical(state: Any) -> bytes:
    """JSON with sorted keys and no white space: what `raw` means in 4-storage."""
    return msgspec.json.encode(state, order="sorted")


def leaves(state: Any) -> dict[str, str]:
    """A state as JSON Pointer → JSON text of the leaf, for rivals that keep rows or flat maps.

    An element of a list of records stands under its key where one of `KEYS` tells the records apart, so that a record
    which moves keeps its rows; others under their places. The order of records is not asked of the rivals.
    """
    found: dict[str, str] = {}
    _collect(state, "", found)
    return found


def _collect(value: Any, path: str, found: dict[str, str]) -> None:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _collect(item, f"{path}/{escaped(key)}", found)
    elif isinstance(value, list) and value:
        key = key_of(value)
        for place, item in enumerate(value):
            _collect(item, f"{path}/{place if key is None else escaped(f'{key}={item[key]}')}", found)
    else:
        found[path] = json.dumps(value, ensure_ascii=False)


def key_of(items: list[Any]) -> str | None:
    """The field that tells the records of a list apart, None where there is none or these are no records."""
    if all(type(item) is dict for item in items):
        for key in KEYS:
            values = [item.get(key) for item in items]
            if all(type(value) in (str, int) for value in values) and len(set(values)) == len(values):
                return key
    return None


def escaped(key: str) -> str:
    """A key as a reference token (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def changes(file: Path) -> Iterator[tuple[Snapshot, dict[str, str], list[str]]]:
    """Each version with the leaves that it sets and those that it removes, against the version before."""
    before: dict[str, str] = {}
    for snapshot in read(file):
        after = leaves(snapshot.state)
        put = {path: value for path, value in after.items() if before.get(path) != value}
        yield snapshot, put, [path for path in before if path not in after]
        before = after
