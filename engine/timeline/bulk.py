"""Writing many transactions at once: what importers use. Flushed in segments, each flush atomic and durable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import BadInput
from engine.model import clock, times
from engine.model.operations import DERIVED, Rows, merkle_root
from engine.model.transactions import REPLICA_BYTES, Header, canonical_texts, hash_transaction
from engine.storage.identity import leaf_hashes
from engine.storage.pending import Pending
from engine.storage.segment import RowColumns, make_columns
from engine.storage.segment import place as place_labels
from engine.storage.transactions import Run
from engine.timeline.refs import Action, Ref, check_name

if TYPE_CHECKING:
    from engine.timeline.core import Core

FLUSH_ROWS = 1 << 15
FLUSH_TRANSACTIONS = 1 << 13


@dataclass(frozen=True, slots=True)
class Many:
    """Many transactions, an element each; `counts` are numbers of rows, `rows` (with labels as in `Rows`) those of all.

    `parents` are dense numbers: the first of these transactions gets the one that comes next in the store. A timeline
    is made when it is new.
    """

    parents: Sequence[Sequence[int]]
    timelines: Sequence[str]
    times: Sequence[int]
    authors: Sequence[str]
    messages: Sequence[str]
    counts: Sequence[int]
    rows: RowColumns


class BulkWriter:
    """Appends transactions of one replica. Made by `Store.bulk`, which keeps other writers out meanwhile.

    All of it is one action of the operation log, however often it is flushed.
    """

    def __init__(self, core: Core, replica: bytes, description: str) -> None:
        if len(replica) != REPLICA_BYTES:
            raise BadInput(f"a replica is named by {REPLICA_BYTES} bytes, not {len(replica)}")
        self._core = core
        self._replica = replica
        self._description = description
        self._seq = core.log.last_seq(replica)
        self._action: Action | None = None
        self._heads: dict[int, int] = {}
        self._forks: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._new: list[str] = []
        self._tags: dict[str, int] = {}
        self._sources: dict[bytes, dict[str, Any]] = {}
        self._flushed = core.log.marks()
        self._pending = Pending(core.log)
        self.paths = core.log.paths
        self.values = core.log.values

    def use(self, replica: bytes) -> None:
        """Go on as another replica: for those whose name follows from what the store holds when they may write."""
        if len(replica) != REPLICA_BYTES:
            raise BadInput(f"a replica is named by {REPLICA_BYTES} bytes, not {len(replica)}")
        self._replica = replica
        self._seq = self.last_seq(replica)

    def last_seq(self, replica: bytes) -> int:
        """The highest sequence number that the store has of a replica, 0 for none."""
        return self._core.log.last_seq(replica)

    @property
    def next_row(self) -> int:
        """Ordinal that the first row of the next transaction will have."""
        return self._pending.row_count + 1

    @property
    def next_seq(self) -> int:
        """Sequence number that the next transaction will have."""
        return self._seq + 1

    def add(
        self,
        *,
        parents: Sequence[int],
        timeline: str,
        time: int,
        rows: Rows,
        author: str = "",
        message: str = "",
        source: str = "",
        recorded: int | None = None,
        heads: Sequence[str] | None = None,
        tags: Sequence[str] = (),
    ) -> int:
        """Append a transaction and make it the head of its timeline; returns its dense number.

        `parents` are dense numbers, first parent first, [] for a first one. The timeline is made when it is new.
        `recorded` is raised above that of the parents where it is not. `heads` are the timelines that it becomes the
        head of where that is not (only) its own, `tags` the tags that name it: said here, they are durable with it.
        """
        for name in heads or ():
            check_name(name, "timeline")
        for name in tags:
            check_name(name, "tag")
        pending = self._pending
        number = self._timeline(timeline, parents)
        self._seq += 1
        above = [pending.recorded_of(parent) for parent in parents]
        stamp = clock.stamp(time, above) if recorded is None else max([recorded, *(item + 1 for item in above)])
        header = Header(self._replica, self._seq, timeline, author, message, source, time, stamp)
        dense = pending.add(header, number, parents, rows)
        if heads is None or number >= len(self._core.refs.timelines):
            self._heads[number] = dense
        for name in heads or ():
            self._heads[self._timeline(name, [dense])] = dense
        for tag in tags:
            self._tags[tag] = dense
        if pending.rows_since_flush >= FLUSH_ROWS or dense - self._flushed[0] >= FLUSH_TRANSACTIONS:
            self.flush()
        return dense

    def extend(self, many: Many) -> int:
        """Append many transactions, each the head of its timeline then; returns the dense number of the first.

        What comes of it is what `add` would make of them one by one, several times as quickly.
        """
        self._pending.settle()
        first = self._core.log.count
        ends = np.cumsum(many.counts, dtype=np.int64)
        start = row = 0
        while start < len(ends):
            room = FLUSH_TRANSACTIONS - (self._core.log.count - self._flushed[0])
            by_rows = int(np.searchsorted(ends, row + FLUSH_ROWS - self._pending.rows_since_flush)) + 1
            stop = min(start + room, by_rows, len(ends))
            self._take(many, slice(start, stop), slice(row, int(ends[stop - 1])))
            start, row = stop, int(ends[stop - 1])
            log = self._core.log
            if self._pending.rows_since_flush >= FLUSH_ROWS or log.count - self._flushed[0] >= FLUSH_TRANSACTIONS:
                self.flush()
        return first

    def _take(self, many: Many, span: slice, rows: slice) -> None:
        """Append some of them, of the rows that are theirs."""
        log, part = self._core.log, many.rows.take(rows)
        parents, names, moments = many.parents[span], many.timelines[span], many.times[span]
        timelines = [self._timeline(name, above) for name, above in zip(names, parents, strict=True)]
        leaves = leaf_hashes(
            log.paths, log.values, part.path.tolist(), part.kind.tolist(), part.value.tolist(), part.arg.tolist()
        )
        counts = np.asarray(many.counts[span])
        said = np.concatenate(([0], np.cumsum(part.kind < DERIVED)))[np.concatenate(([0], np.cumsum(counts)))].tolist()
        first, ids, stamps = log.count, list[bytes](), list[int]()
        known, recorded = log.id, self._pending.recorded_of
        texts = list(zip(names, many.authors[span], many.messages[span], strict=True))
        canonical = {each: canonical_texts(*each, "") for each in set(texts)}
        for each, above, moment, low, high in zip(texts, parents, moments, said, said[1:], strict=False):
            self._seq += 1
            stamp = clock.stamp(moment, [stamps[p - first] if p >= first else recorded(p) for p in above])
            over = [ids[p - first] if p >= first else known(p) for p in above]
            root = leaves[low] if high - low == 1 else merkle_root(leaves[low:high])
            fields = canonical[each], moment, stamp, high - low, root
            ids.append(hash_transaction(self._replica, self._seq, over, *fields))
            stamps.append(stamp)
        self._heads.update(zip(timelines, range(first, first + len(ids)), strict=True))
        label = place_labels(part.label, log.row_count + 1)
        self._pending.take(
            Run(
                parents=parents,
                timeline=timelines,
                replica=[self._replica] * len(ids),
                seq=range(self._seq - len(ids) + 1, self._seq + 1),
                time=moments,
                recorded=stamps,
                operations=np.diff(said).tolist(),
                counts=counts.tolist(),
                texts=[(author, message, "", name) for name, author, message in texts],
                ids=ids,
                rows=make_columns(part.path, part.kind, part.value, part.arg, label),
            )
        )

    def settle(self) -> None:
        """Let the log of the open store know what was added so far, so that it can be read before it is durable."""
        self._pending.settle()
        self._core.graph.follow()

    def _timeline(self, name: str, parents: Sequence[int]) -> int:
        number = self._names.get(name)
        if number is None:
            found = self._core.refs.find(name)
            if found is None:
                check_name(name, "timeline")
                number = len(self._core.refs.timelines) + len(self._new)
                self._new.append(name)
                self._forks[number] = parents[0] if parents else -1
            else:
                number = found
            self._names[name] = number
        return number

    def head(self, timeline: str) -> int:
        """The head of a timeline as of the last `add`, -1 for none."""
        number = self._names.get(timeline)
        if number is not None and number in self._heads:
            return self._heads[number]
        found = self._core.refs.find(timeline)
        return self._core.moments.head(found) if found is not None else -1

    def set_head(self, timeline: str, dense: int) -> None:
        """Point a timeline at a transaction; it is made when it is new."""
        if timeline not in self._names and self._core.refs.find(timeline) is None:
            number = self._timeline(timeline, self._fork(timeline, dense))
        else:
            number = self._timeline(timeline, ())
        self._heads[number] = dense

    def _fork(self, timeline: str, dense: int) -> list[int]:
        """What a timeline that is not (or no longer) there goes off from: below what was made on one of this name."""
        self.settle()
        graph, names = self._core.graph, [ref.name for ref in self._core.refs.timelines]
        own = graph.timeline_of(dense)
        if own >= len(names) or names[own] != timeline:
            return [dense]
        chain = graph.chain(dense)
        others = chain[self._core.log.take("timeline", chain) != own]
        return [int(others[-1])] if len(others) else []

    def set_tag(self, name: str, dense: int) -> None:
        """Make or move a tag."""
        self._tags[check_name(name, "tag")] = dense

    def set_source(self, identity: bytes, progress: dict[str, Any]) -> None:
        """Keep how far a source has been read, with the next flush."""
        self._sources[identity] = progress

    def flush(self) -> None:
        """Make everything so far durable: transactions, heads, tags, source progress, in one step."""
        core = self._core
        self._pending.settle()
        moves = self._moves()
        if not moves and not self._sources and core.log.count == self._flushed[0]:
            return
        with core.writing():
            core.log.write_segment()
            core.graph.follow()
            if moves and self._action is None:
                self._action = core.refs.apply("import", self._description, times.now(), moves)
            elif moves and self._action is not None:
                self._action = core.refs.extend(self._action, moves)
            else:
                core.refs.flush()
            for identity, progress in self._sources.items():
                core.write_source(identity, progress)
            for number in self._heads:
                head = core.moments.head(number)
                if head >= 0:
                    core.note_checkpoint(head)
        first = self._flushed[0]
        self._flushed = core.log.marks()
        self._pending = Pending(core.log)
        self._heads, self._tags, self._sources, self._new, self._forks = {}, {}, {}, [], {}
        core.tell(first)

    def _moves(self) -> list[tuple[str, Any, Any, Any]]:
        refs = self._core.refs
        names = {number: name for name, number in self._names.items()}
        moves: list[tuple[str, Any, Any, Any]] = []
        for number in sorted(self._heads):
            before = refs.timelines[number] if number < len(refs.timelines) else None
            fork = before.forked if before else self._forks.get(number, -1)
            after = Ref(names[number], (self._heads[number],), fork)
            if before != after:
                moves.append(("timeline", number, before, after))
        for name, dense in self._tags.items():
            if refs.tags.get(name) != dense:
                moves.append(("tag", name, refs.tags.get(name), dense))
        return moves

    def abandon(self) -> None:
        """Forget what was not flushed: transactions, and paths and values that none of those flushed brought."""
        core = self._core
        self._pending = Pending(core.log)
        if core.log.marks() != self._flushed:
            core.log.rewind(self._flushed)
            core.forget_states()
            core.graph.follow()
