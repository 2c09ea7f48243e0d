"""What the History view shows, read from the store in a job. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from engine.timeline.version import MISSING
from widgets.values import is_element, key_text, record_label, split_path

from .rows import PlotRow, arrange
from .series import Series, build

if TYPE_CHECKING:
    from engine.store import Entry, Store

MOST_ENTRIES = 50_000
MOST_NAMED = 300
_CHUNK = 500

Progress = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Which history: of a path or pattern on a timeline (None: the default one). `path_id` narrows it to one path and
    its children, which people know as `title`."""

    pattern: str
    timeline: str | None = None
    path_id: int | None = None
    title: str = ""
    first: int = -1  #: the path that the plot must show

    def same(self, other: Question | None) -> bool:
        """Whether the answer would be the same."""
        mine = (self.pattern, self.timeline, self.path_id)
        return other is not None and mine == (other.pattern, other.timeline, other.path_id)


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The answer: entries oldest first, author and message of each, series, and the end of the time axis."""

    question: Question
    entries: list[Entry]
    texts: list[tuple[str, str]]
    series: list[Series]
    names: dict[int, str]  #: what tells one path from the others, by path id
    transactions: np.ndarray  #: the dense number of the transaction of each entry
    end: int
    more: bool
    rows: list[PlotRow]  #: the strips of the plot
    left_out: int  #: series that are in the table only


def load(store: Store, question: Question, cancelled: Callable[[], bool], progress: Progress) -> Loaded:
    """Read the history. Raises `KnownError` for a pattern that cannot be read or a path that never was."""
    entries: list[Entry] = []
    found = store.history(question.pattern, timeline=question.timeline)
    head = store.at(None, question.timeline)
    for number, entry in enumerate(islice(found, 20 * MOST_ENTRIES)):
        if number % _CHUNK == 0:
            if cancelled():
                break
            progress(number, None, "changes")
        if question.path_id is None or question.path_id in (entry.path_id, head.parent(entry.path_id)):
            entries.append(entry)
        if len(entries) > MOST_ENTRIES:
            break
    more = len(entries) > MOST_ENTRIES
    del entries[MOST_ENTRIES:]
    transactions = np.array([entry.transaction for entry in entries], np.int64)
    series = build(entries, MISSING)
    return Loaded(
        question,
        entries,
        store.texts(transactions),
        series,
        _names(store, question, series),
        transactions,
        _end(store, question, entries),
        more,
        *arrange(series, question.first),
    )


def _end(store: Store, question: Question, entries: list[Entry]) -> int:
    """The time of the newest transaction on the timeline: values hold until then."""
    head = store.at(None, question.timeline).transaction
    times = [entry.time for entry in entries]
    if head >= 0:
        times.append(store.graph.time_of(head))
    return max(times, default=0)


def _names(store: Store, question: Question, series: list[Series]) -> dict[int, str]:
    """The record's name where all paths have one field, the field where they have one record, else both."""
    head = store.at(None, question.timeline)
    fields: dict[int, str] = {}
    records: dict[int, str] = {}
    for number, item in enumerate(series):
        steps = split_path(item.path)
        place = next((place for place, step in enumerate(steps[:-1]) if is_element(step)), None)
        fields[item.path_id] = "".join(key_text(step) for step in steps[-1:]) or "$"
        records[item.path_id] = ""
        if place is not None:
            fields[item.path_id] = ".".join(key_text(step) for step in steps[place + 1 :])
            record = item.path_id
            for _ in range(len(steps) - place - 1):
                record = head.parent(record)
            records[item.path_id] = (
                _label(store, head.transaction, item, record) if number < MOST_NAMED else None
            ) or (key_text(steps[place]))
    if len(set(fields.values())) == 1 and any(records.values()):
        return records
    if len(set(records.values())) == 1:
        return fields
    return {path_id: f"{records[path_id]} {field}".strip() for path_id, field in fields.items()}


def _label(store: Store, head: int, series: Series, record: int) -> str | None:
    """The name of a record at the head, or when it was last there."""
    version = store.at(head)
    if version.kind(record) != "map":
        there = np.flatnonzero(np.array(series.texts) != "—")
        if not len(there):
            return None
        version = store.at(int(series.transactions[there[-1]]))
    return record_label(version, record) if version.kind(record) == "map" else None


def pattern_of_all(path: str) -> str:
    """The same field of all records: every element of a path becomes `[*]`."""
    return "$" + "".join("[*]" if is_element(step) else step for step in split_path(path))


def by_place(path: str) -> bool:
    """Whether a path names an element by its place: at another moment another one may stand there."""
    return any(is_element(step) and "==" not in step for step in split_path(path))
