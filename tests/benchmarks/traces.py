"""The editing traces of the shared data that one person typed, as our benchmark and its rivals want them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import zstandard

from tests.benchmarks.report import DATA

LIMIT = 1 << 30

Patch = tuple[int, int, str]


@dataclass(frozen=True)
class Trace:
    """An editing trace: what the text is at first and in the end; per transaction its time (µs) and its patches, each
    a place, how many code points go, and what comes."""

    name: str
    start: str
    end: str
    times: Sequence[int]
    patches: Sequence[Sequence[Patch]]

    @property
    def edits(self) -> int:
        """Number of patches."""
        return sum(map(len, self.patches))

    def versions(self) -> Iterator[str]:
        """The text after each transaction, by a plain replay."""
        text = self.start
        for patches in self.patches:
            for place, gone, come in patches:
                text = text[:place] + come + text[place + gone :]
            yield text


def files() -> dict[str, Path]:
    """The traces there are, by name."""
    found = sorted((DATA / "traces").glob("sequential-*.json.zst"))
    return {file.name.removeprefix("sequential-").removesuffix(".json.zst"): file for file in found}


def read(file: Path) -> Trace:
    """A trace."""
    told = json.loads(zstandard.ZstdDecompressor().decompress(file.read_bytes(), max_output_size=LIMIT))
    times = [int(datetime.fromisoformat(each["time"]).timestamp() * 1e6) for each in told["txns"]]
    patches = [[(place, gone, come) for place, gone, come in each["patches"]] for each in told["txns"]]
    return Trace(file.name, told["startContent"], told["endContent"], times, patches)
