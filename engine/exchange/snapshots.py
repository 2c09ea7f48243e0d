"""Snapshots: JSON Lines, one version a line: `{"time", "state"}` and optionally author, message, commit or id,
parents and timeline."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.records import RecordReader
from engine.exchange.versions import SourceVersion


def is_snapshot(record: Mapping[str, bytes], reader: RecordReader) -> bool:
    """Whether a record is one of a version."""
    return reader.raw(record, "state") is not None


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
        )
