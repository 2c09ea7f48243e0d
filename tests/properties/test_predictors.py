"""Predictors of columns: whatever they say, the column comes back; and what they know costs nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.storage.columns import Effort, integers, predictors, references
from engine.storage.columns.predictors import Column, Context
from engine.storage.columns.reader import Reader

# Each row: its field, its record, its value.
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=60)


def columns(rows: list[tuple[int, int, int]]) -> list[Column]:
    field, record, value = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    made = []
    for number in range(4):
        own = np.flatnonzero(field == number)
        made.append(Column(own, record[own].astype(np.int32), integers.by_first(value[own])[1]))
    return [column for column in made if len(column.rows)]


@pytest.mark.parametrize("way", references.PREDICTORS)
@given(rows=ROWS)
def test_what_was_predicted_comes_back(way: int, rows: list[tuple[int, int, int]]) -> None:
    predictor = references.PREDICTORS[way]
    *before, column = columns(rows)
    context = Context(column.rows, column.records, before)
    for parameter, other in enumerate(before):
        if way == references.SIBLING or len(other.rows) == len(column.rows):
            residual = predictor.residual(parameter, context, column.codes)
            assert predictor.restore(parameter, context, residual).tolist() == column.codes.tolist()
    for parameter in predictor.propose(context, column.codes):
        assert 0 <= parameter < len(before)


def test_a_function_of_a_field_of_the_record_is_free() -> None:
    random = np.random.default_rng(1)
    records, status = random.integers(0, 50, 4_000), random.integers(0, 9, 4_000)
    rows = np.arange(0, 12_000, 3)
    leader = Column(rows, records.astype(np.int32), integers.by_first(status)[1])
    some = np.flatnonzero(random.random(4_000) < 0.4)  # it is written less often
    context = Context(rows[some] + 1, records[some].astype(np.int32), [leader])
    codes = integers.by_first(status[some] % 4)[1]
    assert list(predictors.Sibling().propose(context, codes)) == [0]
    assert predictors.Sibling().residual(0, context, codes).missed.sum() <= 9  # each status once


@given(rows=ROWS, effort=st.sampled_from(Effort))
def test_values_of_rows_come_back(rows: list[tuple[int, int, int]], effort: Effort) -> None:
    fields, records, values = (np.array(column) for column in zip(*(rows * 30), strict=True))
    path = fields + 10 * records
    spec, bodies = references.encode(path, values, fields, records.astype(np.int32), effort)
    read = references.decode(Reader(memoryview(b"".join(bodies))), spec, path, fields, lambda: records.astype(np.int32))
    assert read.tolist() == values.tolist()
