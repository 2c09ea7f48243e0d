"""The headers of the transactions of an open store: those of the recent ones in memory, those in segments decoded a
segment and a column at a time, when somebody asks. Whole columns over all transactions are made for who needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model.transactions import handle
from engine.storage.arrays import GrowArray, distinct
from engine.storage.parts import Parts
from engine.storage.recent_headers import TYPES, RecentHeaders
from engine.storage.segment import HeaderColumns
from engine.storage.segment_directory import Part, SegmentDirectory
from engine.storage.transactions import Run
from engine.storage.zones import Zone, zone_of

# Whoever asks for one of these over all transactions shows the timeline, and asks for the others.
_TOGETHER = ("parent", "timeline", "time")
_COPIED = ("timeline", "seq", "time", "recorded", "operations")


class Headers:
    """What the transactions of a log say besides texts and operations."""

    def __init__(self, parts: Parts, lock: threading.RLock) -> None:
        """`lock` is taken while whole columns are made."""
        self._parts = parts
        self._lock = lock
        self._recent = RecentHeaders()
        self._whole: dict[str, GrowArray] = {}
        self._whole_extras = 0, GrowArray(np.int32), GrowArray(np.int32)
        self._last_seq: dict[bytes, int] = {}
        self._zones: dict[tuple[int, int], Zone] = {}
        self._learn_zones: Callable[[], None] | None = None

    def __len__(self) -> int:
        return self._recent.stop

    @property
    def sealed(self) -> int:
        """Transactions below this stand in segments."""
        return self._recent.first

    @property
    def replicas(self) -> list[bytes]:
        """The replicas that were met, by their numbers."""
        return self._parts.replicas.all

    @property
    def row_count(self) -> int:
        """Number of rows of all transactions."""
        return self._recent.stop_row

    # ---------------------------------------------------------------------------------- of one, of some

    def item(self, name: str, dense: int) -> int:
        """What one transaction says: parent (-1 for none), timeline, replica (its number), seq, time, recorded,
        operations, or rows_end (the number of rows up to and with it)."""
        whole, recent = self._whole.get(name), self._recent
        if whole is not None and dense < len(whole):
            return int(whole.item(dense))
        if dense >= recent.first:
            return int(recent.columns[name].item(dense - recent.first))
        part = self._parts.of(dense)
        if name == "rows_end":
            return part.first_row + self._parts.header(part, "bounds").item(dense - part.first + 1)
        return self._parts.header(part, name).item(dense - part.first)

    def row_start(self, dense: int) -> int:
        """Number of the first row of a transaction."""
        return self.item("rows_end", dense - 1) if dense else 0

    def clocks(self, dense: NDArray[Any]) -> list[tuple[int, str]]:
        """Time and `REPLICA:SEQ` of some transactions (ascending)."""
        found: list[tuple[int, str]] = []
        names, recent = ("time", "replica", "seq"), self._recent
        sealed = int(np.searchsorted(dense, recent.first))
        pieces = [
            [self._parts.header(part, name).take(dense[low:high] - part.first) for name in names]
            for part, low, high in self._parts.around(dense[:sealed], recent.first)
        ]
        pieces.append([recent.columns[name].data[dense[sealed:] - recent.first] for name in names])
        for piece in pieces:
            told = zip(*(column.tolist() for column in piece), strict=True)
            found += [(time, handle(self.replicas[replica], seq)) for time, replica, seq in told]
        return found

    def take(self, name: str, dense: NDArray[Any]) -> NDArray[Any]:
        """What some transactions (ascending) say, as `item`."""
        whole, recent = self._whole.get(name), self._recent
        if whole is not None and (not len(dense) or dense[-1] < len(whole)):
            found: NDArray[Any] = whole.data[dense]
            return found
        pieces = []
        sealed = int(np.searchsorted(dense, recent.first))
        for part, low, high in self._parts.around(dense[:sealed], recent.first):
            where = dense[low:high] - part.first
            if name == "rows_end":
                pieces.append(self._parts.header(part, "bounds").take(where + 1) + part.first_row)
            else:
                pieces.append(self._parts.header(part, name).take(where))
        if sealed < len(dense) or not pieces:
            pieces.append(recent.columns[name].data[dense[sealed:] - recent.first])
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def row_bounds(self, dense: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first row of each of some transactions (ascending), and the one after its last."""
        ends = self.take("rows_end", dense)
        starts = np.empty_like(ends)
        follows = np.zeros(len(dense), bool)
        follows[1:] = dense[1:] == dense[:-1] + 1
        starts[1:] = ends[:-1]
        others = dense[~follows]
        found = self.take("rows_end", np.maximum(others - 1, 0))
        found[others == 0] = 0
        starts[~follows] = found
        return starts, ends

    def span(self, name: str, first: int, stop: int) -> NDArray[Any]:
        """What the transactions from `first` to below `stop` say, as `item`."""
        whole = self._whole.get(name)
        if whole is not None and stop <= len(whole):
            return whole.data[first:stop]
        return self._joined(first, stop, lambda part: self._column(part, name), lambda recent: recent.columns[name])

    def _column(self, part: Part, name: str) -> NDArray[Any]:
        if name == "rows_end":
            return self._parts.header(part, "bounds").span(1) + part.first_row
        return self._parts.header(part, name).span()

    def _joined(
        self,
        first: int,
        stop: int,
        of_part: Callable[[Part], NDArray[Any]],
        of_recent: Callable[[RecentHeaders], GrowArray],
    ) -> NDArray[Any]:
        recent, found = self._recent, []
        at = first
        while at < min(stop, recent.first):
            part = self._parts.of(at)
            found.append(of_part(part)[at - part.first : stop - part.first])
            at = part.stop
        if at < stop or not found:
            found.append(of_recent(recent).data[max(at, recent.first) - recent.first : max(stop - recent.first, 0)])
        return found[0] if len(found) == 1 else np.concatenate(found)

    def parents(self, dense: int) -> tuple[int, ...]:
        """Parents of a transaction, first parent first; () for the first of a history."""
        first = self.item("parent", dense)
        return () if first < 0 else (first, *self.extras(dense, dense + 1)[1].tolist())

    def extras(self, first: int, stop: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Second and further parents of the transactions from `first` to below `stop`: (child, parent), ascending by
        child."""
        recent, children, parents = self._recent, [], []
        at = first
        while at < min(stop, recent.first):
            part = self._parts.of(at)
            child = self._parts.header(part, "extra_child").span()
            if len(child):
                within = slice(*np.searchsorted(child, (first, stop)))
                children.append(child[within])
                parents.append(self._parts.header(part, "extra_parent").span()[within])
            at = part.stop
        child, parent = recent.extras(first, stop)
        if not children:
            return child, parent
        return np.concatenate([*children, child]), np.concatenate([*parents, parent])

    # ------------------------------------------------------------------------------------ whole columns

    def column(self, name: str) -> NDArray[Any]:
        """A column over all transactions, by the names of `item`. Made when first asked for, and held from then on:
        who asks about some transactions asks for these."""
        whole = self._whole.get(name)
        if whole is None or len(whole) < len(self):
            with self._lock:
                missing = [other for other in _TOGETHER if other not in self._whole] if name in _TOGETHER else [name]
                made = [(each, self._whole.get(each) or GrowArray(TYPES[each])) for each in {name, *missing}]
                self._complete(made)
                self._whole.update(made)
                whole = self._whole[name]
        return whole.data

    def _complete(self, made: Sequence[tuple[str, GrowArray]]) -> None:
        """Read on with some columns, each segment once."""
        recent = self._recent
        for _, whole in made:
            whole.reserve(recent.stop)
        stored = ["bounds" if name == "rows_end" else name for name, _ in made]
        while (known := min(len(whole) for _, whole in made)) < recent.first:
            part = self._parts.of(known)
            for (name, whole), column in zip(made, self._read(part, stored), strict=True):
                if name == "rows_end":
                    column = column[1:] + part.first_row
                whole.extend(column[len(whole) - part.first :])
        for name, whole in made:
            whole.extend(recent.columns[name].data[len(whole) - recent.first :])

    def _read(self, part: Part, names: Sequence[str]) -> list[NDArray[Any]]:
        """Columns of a segment; with the parents come the second and further ones, where these are read up to there."""
        known, child, parent = self._whole_extras
        if "parent" not in names or known != part.first:
            return self._parts.read_headers(part, names)
        *found, children, parents = self._parts.read_headers(part, (*names, "extra_child", "extra_parent"))
        child.extend(children)
        parent.extend(parents)
        self._whole_extras = part.stop, child, parent
        return found

    def all_extras(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The second and further parents of all transactions, as `extras`; held from then on, as a column is."""
        with self._lock:
            known, child, parent = self._whole_extras
            fresh = self.extras(known, len(self))
            child.extend(fresh[0])
            parent.extend(fresh[1])
            self._whole_extras = len(self), child, parent
        return child.data, parent.data

    # ----------------------------------------------------------------------------------------- replicas

    def handle(self, dense: int) -> str:
        """`REPLICA:SEQ` of a transaction."""
        return handle(self.replicas[self.item("replica", dense)], self.item("seq", dense))

    def find_handle(self, replica: bytes, seq: int) -> int | None:
        """The transaction of a handle, or None."""
        recent = self._recent
        for part in self._parts:
            low, high = self.zone(part).seqs.get(replica, (1, 0))
            if low <= seq <= high:
                found = self._find(replica, seq, self._column(part, "replica"), self._column(part, "seq"))
                if found is not None:
                    return part.first + found
        found = self._find(replica, seq, recent.columns["replica"].data, recent.columns["seq"].data)
        return None if found is None else recent.first + found

    def _find(self, replica: bytes, seq: int, replicas: NDArray[Any], seqs: NDArray[Any]) -> int | None:
        number = self._parts.replicas.find(replica)
        if number is None:
            return None
        found = np.flatnonzero((replicas == number) & (seqs == seq))
        return int(found[0]) if len(found) else None

    def last_seq(self, replica: bytes) -> int:
        """The highest sequence number of a replica, 0 for none."""
        found = self._last_seq.get(replica)
        if found is None:
            recent = self._recent.columns
            number = self._parts.replicas.find(replica)
            own = recent["seq"].data[recent["replica"].data == number] if number is not None else np.empty(0, np.int64)
            sealed = (self.zone(part).seqs.get(replica, (0, 0))[1] for part in self._parts)
            found = self._last_seq[replica] = max([int(own.max(initial=0)), *sealed])
        return found

    def times_between(self) -> list[tuple[int, int, int, int]]:
        """Pieces of the log: the least and the greatest time in each, its first transaction, and the one after its
        last."""
        recent = self._recent
        found = [(*self.zone(part).times, *part.span) for part in self._parts if part.first < recent.first]
        time = recent.columns["time"].data[: recent.stop - recent.first]
        return [*found, (int(time.min()), int(time.max()), recent.first, recent.stop)] if len(time) else found

    def know_zones(self, directory: SegmentDirectory, zones: Callable[[], list[Zone]]) -> None:
        """Take over what gives the zone maps of some segments."""
        spans = directory.numbers[:, :2].tolist()

        def learn() -> None:
            self._zones.update(zip(((first, first + count) for first, count in spans), zones(), strict=True))

        self._learn_zones = learn

    def zone(self, part: Part) -> Zone:
        """The zone map of a segment."""
        if self._learn_zones is not None:
            learn, self._learn_zones = self._learn_zones, None
            learn()
        found = self._zones.get(part.span)
        if found is None:
            time, replica, seq = (self._column(part, name) for name in ("time", "replica", "seq"))
            found = self._zones[part.span] = zone_of(time, replica, seq, self.replicas)
        return found

    # ------------------------------------------------------------------------------------------- growing

    def extend(self, run: Run) -> None:
        """Add many."""
        recent = self._recent
        first, columns = recent.stop, recent.columns
        columns["rows_end"].extend([*accumulate(run.counts, initial=recent.stop_row)][1:])
        for name in _COPIED:
            columns[name].extend(getattr(run, name))
        known = {replica: self._parts.replicas.number(replica) for replica in dict.fromkeys(run.replica)}
        columns["replica"].extend([known[replica] for replica in run.replica])
        for replica, seq in (
            zip(run.replica, run.seq, strict=True) if len(known) > 1 else [(run.replica[-1], max(run.seq))]
        ):
            self._raise_seq(replica, seq)
        merges = [(first + i, other) for i, parents in enumerate(run.parents) for other in parents[1:]]
        recent.extra_child.extend([child for child, _ in merges])
        recent.extra_parent.extend([parent for _, parent in merges])
        columns["parent"].extend([parents[0] if parents else -1 for parents in run.parents])

    def _raise_seq(self, replica: bytes, seq: int) -> None:
        if replica in self._last_seq:
            self._last_seq[replica] = max(self._last_seq[replica], seq)

    def follow(self, directory: SegmentDirectory) -> None:
        """Take over which segments there are; what they hold is recent no more."""
        self._last_seq.clear()
        self._parts.replace(directory)
        self._recent = self._recent.after(directory.stop, directory.stop_row)

    def held(self, part: Part) -> dict[str, NDArray[Any]]:
        """Columns of some of the recent ones, as a segment of them will give them (see `Parts.header`)."""
        recent = self._recent
        within = slice(part.first - recent.first, part.stop - recent.first)
        found = {name: recent.columns[name].data[within] for name in (*_COPIED, "parent", "replica")}
        ends = recent.columns["rows_end"].data[within]
        found["bounds"] = np.concatenate(([0], ends - part.first_row))
        found["extra_child"], found["extra_parent"] = recent.extras(*part.span)
        return found

    def seal(self, part: Part) -> None:
        """Take over that a segment holds the oldest of the recent ones."""
        self._parts.add(part)
        self._recent = self._recent.after(part.stop, part.stop_row)

    def truncate(self, count: int) -> None:
        """Forget the newest (that did not become durable)."""
        self._last_seq.clear()
        self._recent.truncate(count)
        for column in self._whole.values():
            column.truncate(min(count, len(column)))
        known, child, parent = self._whole_extras
        keep = int(np.searchsorted(child.data, count))
        child.truncate(keep)
        parent.truncate(keep)
        self._whole_extras = min(known, count), child, parent

    def between(self, first: int, stop: int, checks: tuple[bytes, ...]) -> HeaderColumns:
        """The headers that a segment of some transactions is to hold."""
        local = {name: self.span(name, first, stop) for name in (*_COPIED, "parent", "replica")}
        used = distinct(local["replica"])
        extra_child, extra_parent = self.extras(first, stop)
        counts = np.diff(self.span("rows_end", first, stop), prepend=self.row_start(first))
        return HeaderColumns(
            parent=local["parent"],
            replica=np.searchsorted(used, local["replica"]).astype(np.int32),
            rows=counts.astype(np.int32),
            extra_child=extra_child,
            extra_parent=extra_parent,
            replicas=tuple(self.replicas[i] for i in used.tolist()),
            checks=checks,
            **{name: local[name] for name in _COPIED},
        )
