"""The shape of a generated history: who follows whom on which timeline, when, and what merges; all from one seed.

Timelines other than the first live for a while somewhere in the span, fork from one that is alive then (mostly the
first), and some end by being merged into the timeline that they came from. Columns are indexed by transaction in
order of arrival, so parents come before children.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

START = 1_420_070_400_000_000  # 2015-01-01T00:00Z
YEARS = 8
ALIVE = 60  # timelines alive at a time, about
MAIN_SHARE = 0.2
MERGED_SHARE = 0.35
MERGED_LIFE = 0.1  # how long, and with how many transactions, a timeline lives that will be merged
NONE = -1


@dataclass(frozen=True)
class Plan:
    """Columns by transaction: `timeline`, `parent`, `merged` (the second parent, -1 for none), `time` (µs).

    `home` is, by timeline, the timeline that it was forked from (-1 for the first).
    """

    timeline: NDArray[np.int32]
    parent: NDArray[np.int32]
    merged: NDArray[np.int32]
    time: NDArray[np.int64]
    home: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.timeline)


def make_plan(transactions: int, timelines: int, seed: int, merges: int = 0) -> Plan:
    """A history, the same for the same arguments, with `merges` merges or a few more where timelines that end by being
    merged are more. Raises ValueError with fewer than two transactions a timeline."""
    if timelines < 1 or transactions < 2 * timelines:
        raise ValueError("a history needs at least one timeline and two transactions for each")
    random = np.random.default_rng(seed)
    ending = random.random(timelines) < MERGED_SHARE
    timeline, begins = _arrange(transactions, ending, random)
    first = np.full(timelines, transactions, np.int64)
    np.minimum.at(first, timeline, np.arange(transactions))
    members = np.split(np.argsort(timeline, kind="stable"), np.cumsum(np.bincount(timeline, minlength=timelines))[:-1])
    home = _homes(begins, first, members, random)
    parent = np.full(transactions, NONE, np.int32)
    for number, own in enumerate(members):
        parent[own[1:]] = own[:-1]
        if number:
            parent[own[0]] = _latest(members[home[number]], own[0])
    merged = _merges(members, home, ending, transactions)
    _merge_more(merged, members, home, merges, random)
    return Plan(timeline, parent, merged, _times(transactions, random), home)


def _arrange(
    transactions: int, ending: NDArray[np.bool_], random: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The timeline of each transaction in order of arrival, and when each timeline begins (the span is 0 to 1).

    `ending` says which timelines are short because they will be merged.
    """
    timelines = len(ending)
    sizes = np.full(timelines, 2, np.int64)
    weights = random.lognormal(0, 1.2, timelines)
    weights[ending] *= MERGED_LIFE
    weights[0] = weights[1:].sum() * MAIN_SHARE / (1 - MAIN_SHARE) if timelines > 1 else 1
    spare = transactions - sizes.sum()
    sizes += np.floor(weights / weights.sum() * spare).astype(np.int64)
    sizes[0] += transactions - sizes.sum()
    begins = random.uniform(0.001, 0.98, timelines)
    begins[0] = 0
    lives = random.exponential(min(1, ALIVE / timelines), timelines)
    lives[ending] *= MERGED_LIFE
    lives = np.minimum(lives, 1 - begins)
    lives[0] = 1
    owner = np.repeat(np.arange(timelines, dtype=np.int32), sizes)
    moment = begins[owner] + lives[owner] * random.uniform(0, 1, transactions)
    moment[0] = NONE  # the first transaction of all is the first timeline's
    return owner[np.argsort(moment, kind="stable")], begins


def _homes(
    begins: NDArray[np.float64], first: NDArray[np.int64], members: list[NDArray[np.int64]], random: np.random.Generator
) -> NDArray[np.int32]:
    """Where each timeline forks from: the first one, or (three in ten) one of those that began shortly before."""
    home = np.zeros(len(begins), np.int32)
    home[0] = NONE
    order = np.argsort(first)
    for place, number in enumerate(order):
        if number and place > 1 and random.random() < 0.3:
            candidate = order[max(0, place - ALIVE) : place][random.integers(0, min(place, ALIVE))]
            if first[candidate] < first[number] <= members[candidate][-1]:
                home[number] = candidate
    return home


def _latest(own: NDArray[np.int64], before: int) -> int:
    """The last of a timeline's transactions that came before another one."""
    return int(own[np.searchsorted(own, before) - 1])


def _merges(
    members: list[NDArray[np.int64]], home: NDArray[np.int32], ending: NDArray[np.bool_], transactions: int
) -> NDArray[np.int32]:
    """The second parent of the transactions that merge: the next one of the home timeline after another's last."""
    merged = np.full(transactions, NONE, np.int32)
    for number in range(1, len(members)):
        if ending[number]:
            target = members[home[number]]
            place = np.searchsorted(target, members[number][-1])
            if place < len(target) and merged[target[place]] == NONE:
                merged[target[place]] = members[number][-1]
    return merged


def _merge_more(
    merged: NDArray[np.int32],
    members: list[NDArray[np.int64]],
    home: NDArray[np.int32],
    merges: int,
    random: np.random.Generator,
) -> None:
    """Merges of timelines that go on: what they wrote so far goes into their home, at any of their moments."""
    sizes = np.array([len(own) for own in members], np.float64)
    sizes[0] = 0
    done = set(merged[merged != NONE].tolist())
    if sizes.sum() == 0:
        return
    for number in random.choice(len(members), 20 * merges, p=sizes / sizes.sum()).tolist():
        if len(done) >= merges:
            return
        own, target = members[number], members[home[number]]
        place = np.searchsorted(target, own[random.integers(len(own))])
        if place < len(target) and merged[target[place]] == NONE:
            latest = _latest(own, target[place])
            if latest not in done:
                merged[target[place]] = latest
                done.add(latest)


def _times(transactions: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Bursts and pauses, never two at the same microsecond."""
    gaps = random.lognormal(0, 1.5, transactions)
    gaps *= YEARS * 365.25 * 86_400e6 / gaps.sum()
    return START + np.cumsum(np.maximum(gaps, 1).astype(np.int64))
