"""Snapshots: JSON Lines, one version a line: `{"time", "state"}` and optionally author, message, commit or id,
parents and timeline."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput, InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.detection import first_record, plain_name
from engine.exchange.intake import Intake, open_intake
from engine.exchange.jsonlines import read_lines
from engine.exchange.lines import LineReader
from engine.exchange.options import ImportResult, Options
from engine.exchange.records import RecordReader
from engine.exchange.shadow import UncheckedError
from engine.exchange.sources import Source
from engine.exchange.versions import SourceVersion
from engine.model.times import looks_like_time

if TYPE_CHECKING:
    from engine.store import Store

_SAMPLE = 200


def import_snapshots(store: Store, path: Path, options: Options, result: ImportResult) -> None:
    """Import a file of snapshots. Raises `BadInput` naming the line that cannot be read."""
    reader = SnapshotReader(options.mapping, learned_clock(path, options))
    stem = plain_name(path).split(".")[0]
    source = Source("snapshots", first_record(path), stem)
    with open_intake(store, source, options, result) as intake:
        read_lines(path, intake, options, partial(_take, intake, reader))


def _take(intake: Intake, reader: SnapshotReader, line: bytes) -> None:
    """Write the transaction of a line."""
    glanced = reader.glance(line)
    if glanced is not None:
        with contextlib.suppress(UncheckedError):
            intake.add_version(glanced, sure=False)
            return
    intake.add_version(reader.read(line))


def learned_clock(path: Path, options: Options) -> ClockReader:
    """A reader of times that has seen how the first records of a file write them, where that is not ISO 8601."""
    clock = ClockReader(options.zone, options.time_format)
    fields = RecordReader(options.mapping)
    samples: list[str] = []
    with LineReader(path) as lines:
        try:
            for _, line in islice(lines, _SAMPLE):
                samples.append(fields.text(jsontext.object_level(line.strip()), "time") or "")
                if looks_like_time(samples[0]):
                    break
        except BadInput:
            pass  # the import itself will come to that line and say what is wrong
    clock.learn([text for text in samples if text])
    return clock


class SnapshotReader:
    """Reads the lines of a file of snapshots."""

    def __init__(self, mapping: Mapping[str, str], clock: ClockReader) -> None:
        self._fields = RecordReader(mapping)
        self._clock = clock
        # Where the state begins in a line that is compact; of mapped names that lead into objects there is none.
        self._state = b"," + jsontext.dump(self._fields.name("state")) + b":"

    def glance(self, line: bytes) -> SourceVersion | None:
        """The version of a line if its state is the last of its members, with what is then taken for the state
        unread; None where that cannot be told so quickly."""
        at = line.find(self._state)
        if at < 0 or line[-1:] != b"}":
            return None
        start = at + len(self._state)
        try:
            record = jsontext.object_level(line[:at] + b"}")
            if self._fields.name("state") in record or line[start : start + 1] not in b"{[":
                return None
            return self._version(record, line[start:-1])
        except BadInput:
            return None

    def read(self, line: bytes) -> SourceVersion:
        """The version of a line. Raises `InvalidValue` (or `BadInput` for its time) saying what is wrong."""
        record = jsontext.object_level(line)
        state = self._fields.raw(record, "state")
        if state is None:
            raise InvalidValue(f'there is no "{self._fields.name("state")}"')
        return self._version(record, state)

    def _version(self, record: Mapping[str, bytes], state: bytes) -> SourceVersion:
        fields = self._fields
        time = fields.text(record, "time")
        if time is None:
            raise InvalidValue(f'there is no "{fields.name("time")}"')
        return SourceVersion(
            time=self._clock.read(time),
            state=state,
            author=fields.text(record, "author") or "",
            message=fields.text(record, "message") or "",
            source=fields.text(record, "commit") or fields.text(record, "id") or "",
            parents=fields.texts(record, "parents"),
            timeline=fields.text(record, "timeline") or None,
            tags=fields.texts(record, "tags") or (),
            heads=fields.texts(record, "heads") or (),
        )
