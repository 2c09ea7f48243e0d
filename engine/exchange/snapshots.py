"""Snapshots: JSON Lines, one version a line: `{"time", "state"}` and optionally author, message, commit or id,
parents and timeline."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput, InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.detection import first_record, plain_name
from engine.exchange.intake import open_intake
from engine.exchange.jsonlines import read_lines
from engine.exchange.lines import LineReader
from engine.exchange.options import ImportResult, Options
from engine.exchange.records import RecordReader
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
        read_lines(path, intake, options, lambda line: intake.add_version(reader.read(line)))


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

    def read(self, line: bytes) -> SourceVersion:
        """The version of a line. Raises `InvalidValue` (or `BadInput` for its time) saying what is wrong."""
        record = jsontext.object_level(line)
        fields = self._fields
        state = fields.raw(record, "state")
        if state is None:
            raise InvalidValue(f'there is no "{fields.name("state")}"')
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
