"""Event logs: JSON Lines of operations, of entities' fields or of cases, and XES files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput, InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.detection import first_record, plain_name
from engine.exchange.entities import EntityFold
from engine.exchange.intake import Intake, open_intake
from engine.exchange.jsonlines import read_lines, read_records
from engine.exchange.operations import OperationFold
from engine.exchange.options import ImportResult, Options
from engine.exchange.records import RecordReader
from engine.exchange.snapshots import learned_clock
from engine.exchange.sources import Source

if TYPE_CHECKING:
    from engine.store import Store


def import_events(store: Store, path: Path, options: Options, result: ImportResult) -> None:
    """Import a file of events. Raises `BadInput` naming the line (in XES the event) that cannot be read."""
    if plain_name(path).endswith(".xes"):
        _import_xes(store, path, options, result)
        return
    clock = learned_clock(path, options)
    first = first_record(path)
    source = Source("events", first, plain_name(path).split(".")[0])
    with open_intake(store, source, options, result) as intake:
        read_lines(path, intake, options, fold(intake, first, options, clock))


def fold(intake: Intake, first: bytes, options: Options, clock: ClockReader) -> Callable[[bytes], None]:
    """What takes the records of a source whose first one is given: all are operations, or all are entities' fields."""
    fields = RecordReader(options.mapping)
    try:
        has_operations = fields.raw(jsontext.object_level(first), "ops") is not None
    except InvalidValue:
        has_operations = False
    taker = OperationFold(intake, fields, clock) if has_operations else EntityFold(intake, fields, clock)

    def take(line: bytes) -> None:
        if (b'"ops"' in line) and fields.raw(jsontext.object_level(line), "ops") is not None and not has_operations:
            raise BadInput("operations in a file that began with entities; put them into a file of their own")
        taker.take(line)

    return take


def _import_xes(store: Store, path: Path, options: Options, result: ImportResult) -> None:
    from engine.exchange.xes import SortedEvents

    with SortedEvents(path) as events:
        clock = ClockReader(options.zone, options.time_format)
        source = Source("events", events.first, plain_name(path).split(".")[0])
        with open_intake(store, source, options, result) as intake:
            read_records(path, events, intake, options, fold(intake, events.first, options, clock))
