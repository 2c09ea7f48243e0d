"""What an import has to say in the end about how the source and what was asked for it fit together."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from engine.exchange.identity import Identities


class SourceIds:
    """The ids that a file gives its versions, to find those that it gives twice."""

    def __init__(self) -> None:
        self._marks = array("q")
        self._versions = array("q")
        self._records = array("q")

    def add(self, source: str, version: int, record: int = 0) -> None:
        """Note the id of a version; `record` is its place in the file, 0 where that is not known any more."""
        if source:
            self._marks.append(hash(source))
            self._versions.append(version)
            self._records.append(record)

    def __len__(self) -> int:
        return len(self._marks)

    def repeated(self, text: Callable[[int], str]) -> str | None:
        """What to say where versions share their id; `text` gives the id of a version."""
        marks, versions = np.array(self._marks, np.int64), np.array(self._versions, np.int64)
        order = np.lexsort((versions, marks))
        records = np.array(self._records, np.int64)[order]
        same = np.flatnonzero((np.diff(marks[order]) == 0) & (records[1:] > 0))
        if not len(same):
            return None
        at = same[int(np.argmin(versions[order[same + 1]]))]
        where = f"records {records[at]} and" if records[at] else "a record read before and record"
        more = f", and {len(same) - 1:,} more repeat one" if len(same) > 1 else ""
        return (
            f'{where} {records[at + 1]} have the same id "{text(int(versions[order[at]]))}"{more}: '
            "such an id names no moment"
        )


def unmatched(keys: Mapping[str, Sequence[str]], identities: Identities) -> Iterable[str]:
    """The patterns of `keys` that no list of records has."""
    for pattern, fields in keys.items():
        alone = Identities({pattern: fields})
        if not any(each.used and _is_meant(alone, each.path) for each in identities.walk()):
            yield pattern


def _is_meant(alone: Identities, path: Sequence[str | None]) -> bool:
    pattern = alone.root
    for step in path:
        pattern = alone.below(pattern, step)
    return pattern.forced
