"""A one-line language for graphs, and their lanes as text.

`main a b c | fix@b d e | main f+e` reads: on `main` the transactions a, b, c; on `fix`, forked from b, d and e;
then on `main` f, which merges e. Transactions arrive in the order in which they are written. The time of a
transaction is its number, or what follows an equals sign: `a=100`.
"""

import numpy as np

from widgets.timeline.columns import Array, Columns
from widgets.timeline.lanes import Layout


def graph(text: str) -> Columns:
    """The graph that `text` describes."""
    names: dict[str, int] = {}
    dense: dict[str, int] = {}
    heads: dict[int, int] = {}
    parents, timelines, times, extras = [], [], [], []
    for run in text.split("|"):
        head, *transactions = run.split()
        name, _, fork = head.partition("@")
        timeline = names.setdefault(name, len(names))
        if fork:
            heads[timeline] = dense[fork]
        for word in transactions:
            word, _, time = word.partition("=")
            letter, *merged = word.split("+")
            number = len(parents)
            dense[letter] = number
            parents.append(heads.get(timeline, -1))
            timelines.append(timeline)
            times.append(int(time) if time else number)
            extras += [(number, dense[other]) for other in merged]
            heads[timeline] = number
    child = np.array([c for c, _ in extras], np.int32)
    parent = np.array([p for _, p in extras], np.int32)
    return Columns(
        np.array(parents, np.int32),
        np.array(timelines, np.int32),
        np.array(times, np.int64),
        child,
        parent,
        list(names),
    )


def draw(text: str, layout: Layout, begin: Array, end: Array) -> str:
    """The lanes, one a line: letters of the transactions at their place, `-` where a line runs."""
    columns = graph(text)
    letters = [w.partition("=")[0].partition("+")[0] for run in text.split("|") for w in run.split()[1:]]
    first, last = min(begin[layout.lane >= 0]), max(end[layout.lane >= 0])
    rows = [[" "] * int(last - first + 1) for _ in range(layout.count)]
    for timeline, lane in enumerate(layout.lane.tolist()):
        if lane >= 0:
            for at in range(int(begin[timeline] - first), int(end[timeline] - first) + 1):
                rows[lane][at] = "-"
    for number, letter in enumerate(letters):
        lane = layout.lane[columns.timeline[number]]
        if lane >= 0:
            rows[lane][int(columns.time[number] - first)] = letter
    return "\n".join("".join(row).rstrip() for row in rows)


def prefix(columns: Columns, count: int) -> Columns:
    """The graph when only its first `count` transactions had arrived."""
    seen = columns.extra_child < count
    names = columns.names[: int(columns.timeline[:count].max(initial=-1)) + 1]
    return Columns(
        columns.parent[:count],
        columns.timeline[:count],
        columns.time[:count],
        columns.extra_child[seen],
        columns.extra_parent[seen],
        names,
    )
