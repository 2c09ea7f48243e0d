"""Loro (https://loro.dev): a text with its whole history, a commit a transaction; times are left out."""

import time
from pathlib import Path
from typing import Any

import zstandard
from loro import ExportMode, LoroDoc

from tests.benchmarks.traces import read


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of a snapshot (history and state), and what zstd -19 makes of it."""
    trace = read(file)
    document = LoroDoc()
    text = document.get_text("text")
    start = time.perf_counter()
    text.insert(0, trace.start)
    for patches in trace.patches:
        for place, gone, come in patches:
            if gone:
                text.delete(place, gone)
            if come:
                text.insert(place, come)
        document.commit()
    saved = document.export(ExportMode.Snapshot())
    (folder / "text.loro").write_bytes(saved)
    seconds = time.perf_counter() - start
    again = LoroDoc()
    again.import_((folder / "text.loro").read_bytes())
    exact = again.get_text("text").to_string() == trace.end
    packed = len(zstandard.ZstdCompressor(level=19).compress(saved))
    return {"bytes": len(saved), "bytes_zstd": packed, "seconds": seconds, "exact": exact}
