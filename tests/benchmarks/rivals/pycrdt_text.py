"""pycrdt (Yrs, https://github.com/y-crdt/pycrdt): a text, a transaction each, deletions kept.

What was deleted stands in the document, but a past version can only be read with a snapshot that was kept for it;
neither that nor times are asked of it here.
"""

import time
from pathlib import Path
from typing import Any

import zstandard
from pycrdt import Doc, Text

from tests.benchmarks.traces import read


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of the document as an update, and what zstd -19 makes of it."""
    trace = read(file)
    document = Doc(skip_gc=True)
    text = document.get("text", type=Text)
    start = time.perf_counter()
    current = trace.start
    text += trace.start
    for patches in trace.patches:
        with document.transaction():
            for place, gone, come in patches:
                first = len(current[:place].encode())  # places are bytes of UTF-8
                if gone:
                    del text[first : first + len(current[place : place + gone].encode())]
                if come:
                    text.insert(first, come)
                current = current[:place] + come + current[place + gone :]
    saved = document.get_update()
    (folder / "text.yrs").write_bytes(saved)
    seconds = time.perf_counter() - start
    again = Doc(skip_gc=True)
    again.apply_update((folder / "text.yrs").read_bytes())
    exact = str(again.get("text", type=Text)) == trace.end
    packed = len(zstandard.ZstdCompressor(level=19).compress(saved))
    return {"bytes": len(saved), "bytes_zstd": packed, "seconds": seconds, "exact": exact}
