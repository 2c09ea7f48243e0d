"""zstd over the whole history at once: small, and nothing can be read without reading all before it."""

from pathlib import Path
from typing import Any

import zstandard

from tests.benchmarks.histories import canonical, read

LONG = 27


class Stream:
    """Counts what a zstd stream would take, and keeps none of it. Levels from 10 on are `--long=27`."""

    def __init__(self, level: int) -> None:
        long = {"window_log": LONG, "enable_ldm": True} if level >= 10 else {}
        parameters = zstandard.ZstdCompressionParameters.from_level(level, **long)
        self._packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        self._bytes = 0

    def add(self, data: bytes) -> None:
        """Append bytes."""
        self._bytes += len(self._packer.compress(data))

    def end(self) -> int:
        """Bytes of the whole stream."""
        return self._bytes + len(self._packer.flush())


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` at level 19 with a long window, `bytes_level_3`; `raw_bytes`: canonical JSON of every version."""
    solid, quick = Stream(19), Stream(3)
    versions = raw = lines = 0
    for snapshot in read(file):
        solid.add(snapshot.line)
        quick.add(snapshot.line)
        raw += len(canonical(snapshot.state))
        lines += len(snapshot.line)
        versions += 1
    sizes = {"bytes": solid.end(), "bytes_level_3": quick.end()}
    return {**sizes, "versions": versions, "raw_bytes": raw, "line_bytes": lines, "exact": True}
