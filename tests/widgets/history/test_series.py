"""History entries as columns for curves and bands."""

from typing import Any, NamedTuple

import numpy as np

from widgets.history.export import csv_text
from widgets.history.series import GAP, build, runs, steps

MISSING = object()
SECOND = 1_000_000


class Entry(NamedTuple):
    path: str
    path_id: int
    time: int
    transaction: int
    handle: str
    before: Any
    after: Any


def entries(*values: Any, path_id: int = 1, times: list[int] | None = None) -> list[Entry]:
    sides = [MISSING, *values]
    return [
        Entry(f"$.p{path_id}", path_id, (times[n] if times else n) * SECOND, n, f"h:{n}", sides[n], value)
        for n, value in enumerate(values)
    ]


def test_numbers_make_a_curve_with_gaps_where_there_is_none():
    (series,) = build(entries(1, 2.5, None, MISSING, 10**400, 3), MISSING)
    assert series.numeric
    np.testing.assert_array_equal(series.numbers, [1, 2.5, np.nan, np.nan, np.nan, 3])
    assert series.texts[3] == "—"


def test_anything_else_makes_categories_that_tell_types_apart():
    (series,) = build(entries("1", 1, True, "1", MISSING, None), MISSING)
    assert not series.numeric
    assert series.labels == ('"1"', "1", "true", "null")
    assert series.codes.tolist() == [0, 1, 2, 0, GAP, 3]


def test_paths_with_most_changes_come_first():
    found = build([*entries(1, path_id=1), *entries(1, 2, path_id=2)], MISSING)
    assert [series.path for series in found] == ["$.p2", "$.p1"]


def test_times_that_go_backwards_are_put_in_order_the_later_change_last():
    (series,) = build(entries(1, 2, 3, 4, times=[5, 3, 5, 4]), MISSING)
    assert (series.times // SECOND).tolist() == [3, 4, 5, 5]
    assert series.numbers.tolist() == [2, 4, 1, 3]
    assert series.entries.tolist() == [1, 3, 0, 2]
    assert series.at(5 * SECOND) == 3
    assert series.at(3 * SECOND) == 0
    assert series.at(0) == -1


def test_a_step_curve_holds_each_value_until_the_next():
    times = np.array([10, 20, 40]) * SECOND
    x, y = steps(times, np.array([1.0, 2.0, 3.0]), end=50 * SECOND, origin=10 * SECOND)
    assert x.tolist() == [0, 10, 10, 30, 30, 40]
    assert y.tolist() == [1, 1, 2, 2, 3, 3]
    assert [len(part) for part in steps(times[:0], np.array([]), 0, 0)] == [0, 0]


def test_bands_join_equal_neighbours_and_leave_gaps_out():
    first, start, stop, code = runs(np.array([0, 0, 1, GAP, 0]), np.arange(5), end=9)
    assert list(zip(first, start, stop, code, strict=True)) == [(0, 0, 2, 0), (2, 2, 3, 1), (4, 4, 9, 0)]


def test_csv_has_the_values_exactly():
    rows = [*entries("a,b", {"x": 1.0}), *entries(None, path_id=2)]
    text = csv_text(rows, [("ana", "first"), ("", 'say "hi"'), ("", "")], MISSING)
    assert text.splitlines() == [
        "time,path,before,after,transaction,author,message",
        '1970-01-01T00:00:00Z,$.p1,,"a,b",h:0,ana,first',
        '1970-01-01T00:00:01Z,$.p1,"a,b","{""x"":1.0}",h:1,,"say ""hi"""',
        "1970-01-01T00:00:00Z,$.p2,,null,h:0,,",
    ]
