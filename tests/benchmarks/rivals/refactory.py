"""Ours, measured as the rivals are: import, compact, the file's size, some states compared."""

import json
import time
from pathlib import Path
from typing import Any

from engine import Store
from tests.benchmarks.histories import canonical, read

CHECKED = 40  # versions of which the whole state is compared


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """Bytes of the store (`bytes`, after `compact` where there is one) and of an empty one; seconds; exactness."""
    with Store.open(folder / "empty.refactory", create=True):
        pass
    _load(folder)
    parsing, versions, raw = _parsing(file)
    target = folder / "history.refactory"
    start = time.perf_counter()
    with Store.open(target, create=True) as store:
        store.import_from(file)
    importing = time.perf_counter() - start
    imported = target.stat().st_size
    start = time.perf_counter()
    compacts = hasattr(Store, "compact")
    if compacts:
        with Store.open(target) as store:
            store.compact()
    compacting = time.perf_counter() - start
    return {
        "bytes": target.stat().st_size,
        "empty_bytes": (folder / "empty.refactory").stat().st_size,
        "imported_bytes": imported,
        "compacted": compacts,
        "versions": versions,
        "raw_bytes": raw,
        "seconds": importing,
        "compact_seconds": compacting,
        "json_loads_seconds": parsing,
        "exact": _exact(file, target, versions),
    }


def _load(folder: Path) -> None:
    """Import next to nothing: what loading our code takes is told by `startup`."""
    source = folder / "tiny.jsonl"
    source.write_text('{"time": "2020-01-01", "state": {"list": [1]}}\n', encoding="utf-8")
    with Store.open(folder / "tiny.refactory", create=True) as store:
        store.import_from(source, kind="snapshots")


def _parsing(file: Path) -> tuple[float, int, int]:
    """Seconds of `json.loads` over every line, the number of versions, and the bytes of their canonical JSON."""
    seconds, versions, raw = 0.0, 0, 0
    for snapshot in read(file):
        start = time.perf_counter()
        json.loads(snapshot.line)
        seconds += time.perf_counter() - start
        versions += 1
        raw += len(canonical(snapshot.state))
    return seconds, versions, raw


def _exact(file: Path, target: Path, versions: int) -> bool:
    """Whether states all over the history, the first and the last among them, are the source's, order and all."""
    step = max(1, versions // CHECKED)
    with Store.open(target, read_only=True) as store:
        if store.graph.count != versions:
            return False
        wanted = ((number, s) for number, s in enumerate(read(file)) if number % step == 0 or number == versions - 1)
        return all(
            json.dumps(store.at(number).json()) == json.dumps(json.loads(snapshot.line)["state"])
            for number, snapshot in wanted
        )
