"""Events that say operations (`{"time", "ops": […]}`), read exactly as `commit` reads them."""

from __future__ import annotations

import numpy as np

from engine.errors import InvalidValue
from engine.exchange import jsontext
from engine.exchange.clocktext import ClockReader
from engine.exchange.entities import read_header
from engine.exchange.fields import candidates
from engine.exchange.intake import Intake
from engine.exchange.records import RecordReader
from engine.model import values
from engine.model.operations import AT_END, KEEPS_VALUE, LABEL_SHIFT, NO_LABEL, Rows
from engine.timeline.draft import Draft, identify_by
from engine.timeline.patch import apply_operations
from engine.timeline.state import State
from engine.timeline.working import Tables

_IDENTIFY = identify_by(candidates)


class OperationFold:
    """Takes records with operations, one transaction each."""

    def __init__(self, intake: Intake, fields: RecordReader, clock: ClockReader) -> None:
        self._intake = intake
        self._fields = fields
        self._clock = clock
        self._states: dict[int, _LiveState] = {}

    def take(self, line: bytes) -> None:
        """Write the transaction of a record. Raises `BadInput` saying what is wrong, and then writes none."""
        record = jsontext.object_level(line)
        raw = self._fields.raw(record, "ops")
        operations = values.loads(raw or b"null")
        if not isinstance(operations, list):
            raise InvalidValue(f'"{self._fields.name("ops")}" is no list of operations')
        version = read_header(record, self._fields, self._clock)
        intake = self._intake
        name = version.timeline or intake.default
        parents = intake.parents(version, name)
        first = parents[0] if parents else -1
        live = self._states.pop(first, None) or _LiveState(intake.state(first))
        try:
            writer = intake.writer
            tables = Tables(writer.paths, writer.values, writer.next_row - 1)
            draft = Draft(tables, live.state, intake.replica, writer.next_seq, _IDENTIFY)
            apply_operations(draft, operations)
            rows = draft.finish()
        except BaseException:
            self._states[first] = live
            raise
        intake.begin()
        intake.shadow.rows = rows
        ordinal = intake.writer.next_row
        dense = intake.add(version, parents, name, None)
        live.apply(rows, ordinal, len(intake.writer.paths))
        self._states[dense] = live
        if len(self._states) > intake.max_trees:
            self._states.pop(next(iter(self._states)))


class _LiveState:
    """The vectors of a state that rows are applied to in place, with room to grow."""

    def __init__(self, state: State) -> None:
        self.state = State(state.values.copy(), state.labels.copy())

    def apply(self, rows: Rows, ordinal: int, path_count: int) -> None:
        """Apply the rows of a transaction, whose first one has this ordinal."""
        if path_count > len(self.state.values):
            room = path_count + path_count // 2 - len(self.state.values)
            self.state = State(np.pad(self.state.values, (0, room)), np.pad(self.state.labels, (0, room)))
        ids, labels = self.state.values, self.state.labels
        for number, (path, kind, value, label) in enumerate(
            zip(rows.path, rows.kind, rows.value, rows.label, strict=True), ordinal
        ):
            if kind not in KEEPS_VALUE:
                ids[path] = value
            if label != NO_LABEL:
                labels[path] = number << LABEL_SHIFT if label == AT_END else label
