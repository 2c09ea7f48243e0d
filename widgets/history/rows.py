"""How series share the plot: numbers of one field in one strip, bands in a strip below. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from widgets.changes.records import record_steps
from widgets.values import key_text, split_path

from .series import Series, field_of

MOST_CURVES = 8
MOST_STRIPS = 4
MOST_BANDS = 12


@dataclass(frozen=True, slots=True, eq=False)
class PlotRow:
    """The series of one strip of the plot, by their number among all; the colour of each, the same for one record in
    all strips; and the strip's title."""

    title: str
    series: tuple[int, ...]
    colours: tuple[int, ...]
    numeric: bool


def arrange(series: Sequence[Series], first: int = -1) -> tuple[list[PlotRow], int]:
    """Strips from top to bottom, and how many series are left out (those with fewest changes). The path `first` comes
    before all others."""
    order = sorted(range(len(series)), key=lambda number: series[number].path_id != first)
    fields: dict[str, list[int]] = {}
    colours: dict[tuple[str, ...], int] = {}
    bands: list[int] = []
    for number in order:
        item = series[number]
        steps = split_path(item.path)
        if not item.numeric:
            bands.append(number)
            continue
        assert item.numbers is not None
        if not np.isfinite(item.numbers).any():
            continue  # nothing to draw: it is in the table
        members = fields.setdefault(field_of(item.path), [])
        if len(members) < MOST_CURVES:
            members.append(number)
            colours.setdefault(steps[: record_steps(steps)], len(colours))
    rows = []
    for step, members in list(fields.items())[:MOST_STRIPS]:
        records = [split_path(series[number].path) for number in members]
        chosen = tuple(colours[steps[: record_steps(steps)]] for steps in records)
        if len(set(chosen)) < len(chosen):  # several curves of one record: tell them apart
            chosen = tuple(range(len(members)))
        rows.append(PlotRow(key_text(step), tuple(members), chosen, numeric=True))
    if bands:
        shown = tuple(bands[:MOST_BANDS])
        rows.append(PlotRow("", shown, (0,) * len(shown), numeric=False))
    return rows, len(series) - sum(len(row.series) for row in rows)
