"""Loro (https://loro.dev): a CRDT with its whole history; a map of leaves, a commit a version."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard
from loro import ExportMode, LoroDoc

from tests.benchmarks.histories import changes, leaves


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of a snapshot (history and state, what its documentation says to save), and what zstd -19 makes of it."""
    document = LoroDoc()
    state = document.get_map("state")
    seconds = 0.0
    for snapshot, put, removed in changes(file):
        start = time.perf_counter()
        for path, value in put.items():
            state.insert(path, value)
        for path in removed:
            state.delete(path)
        document.set_next_commit_message(snapshot.record["message"])
        document.set_next_commit_timestamp(int(datetime.fromisoformat(snapshot.record["time"]).timestamp()))
        document.commit()
        seconds += time.perf_counter() - start
    start = time.perf_counter()
    saved = document.export(ExportMode.Snapshot())
    (folder / "history.loro").write_bytes(saved)
    seconds += time.perf_counter() - start
    again = LoroDoc()
    again.import_((folder / "history.loro").read_bytes())
    exact = again.get_map("state").get_deep_value() == leaves(snapshot.state)
    packed = len(zstandard.ZstdCompressor(level=19).compress(saved))
    return {"bytes": len(saved), "bytes_zstd": packed, "seconds": seconds, "exact": exact}
