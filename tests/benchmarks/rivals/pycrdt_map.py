"""pycrdt (Yrs, https://github.com/y-crdt/pycrdt): a map of leaves, a transaction a version, deletions kept.

Authors, messages and times have no place in it, and a past version can only be read with a snapshot that was kept for
it; neither is asked of it here.
"""

import time
from pathlib import Path
from typing import Any

import zstandard
from pycrdt import Doc, Map

from tests.benchmarks.histories import changes, leaves


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of the document as an update, and what zstd -19 makes of it."""
    document = Doc(skip_gc=True)
    state = document.get("state", type=Map)
    seconds = 0.0
    for snapshot, put, removed in changes(file):
        latest = snapshot
        start = time.perf_counter()
        with document.transaction():
            state.update(put)
            for path in removed:
                del state[path]
        seconds += time.perf_counter() - start
    start = time.perf_counter()
    saved = document.get_update()
    (folder / "history.yrs").write_bytes(saved)
    seconds += time.perf_counter() - start
    again = Doc(skip_gc=True)
    again.apply_update((folder / "history.yrs").read_bytes())
    exact = again.get("state", type=Map).to_py() == leaves(latest.state)
    packed = len(zstandard.ZstdCompressor(level=19).compress(saved))
    return {"bytes": len(saved), "bytes_zstd": packed, "seconds": seconds, "exact": exact}
