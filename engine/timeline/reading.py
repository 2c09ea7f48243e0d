"""What is asked of an open store: what there is, moments, differences, histories. `Store` is one of these that can be
changed as well."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from engine.errors import NotFound
from engine.model.operations import ROOT
from engine.model.paths import parse_pattern
from engine.timeline import listing
from engine.timeline.core import Core
from engine.timeline.dag import Graph
from engine.timeline.diff import Change, diff
from engine.timeline.history import Entry
from engine.timeline.match import match_ever, require_singular
from engine.timeline.refs import Ref
from engine.timeline.transaction import Blame, Timeline, Transaction, read_transaction
from engine.timeline.version import Version

Moment = str | int | Version | None


class Reader:
    """Answers about an open store.

    A moment is text as in the command line (a time, a timeline, a tag, `REPLICA:SEQ`, an id, any of these with
    `~n`), a `Version`, a dense number, or None for the head of the default timeline.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._metrics = core.db.metrics

    # -------------------------------------------------------------------------------------- what there is

    @property
    def graph(self) -> Graph:
        """All transactions as columns."""
        return self._core.graph

    @property
    def default_timeline(self) -> str:
        """The import's HEAD branch, else `main`, else the first there is."""
        known = self._core.names
        name = str(self._core.manifest.get("timeline", "main"))
        if name in known.ids:
            return name
        names = [ref.name for ref in known.timelines if not ref.deleted]
        return "main" if "main" in names or not names else names[0]

    def timelines(self) -> list[Timeline]:
        """Every timeline, in order of creation."""
        refs = enumerate(self._core.names.timelines)
        return [self._timeline(number, ref) for number, ref in refs if not ref.deleted]

    def _timeline(self, number: int, ref: Ref) -> Timeline:
        memory = self._core.memory
        length = memory.graph.chain_length(ref.heads[0]) if ref.heads else 0
        updated = max((memory.log.item("time", head) for head in ref.heads), default=None)
        return Timeline(number, ref.name, ref.heads, length, ref.forked if ref.forked >= 0 else None, updated)

    def timeline(self, name: str) -> Timeline | None:
        """The timeline of a name, or None where there is none."""
        names = self._core.names
        number = names.ids.get(name)
        return None if number is None else self._timeline(number, names.timelines[number])

    def _named(self, name: str) -> Timeline:
        found = self.timeline(name)
        assert found is not None
        return found

    def heads(self) -> dict[str, tuple[int, ...]]:
        """The heads of every timeline by its name; cheap, unlike `timelines`."""
        return {ref.name: ref.heads for ref in self._core.names.timelines if not ref.deleted}

    def tags(self) -> dict[str, int]:
        """Tags and the dense numbers that they name."""
        return dict(self._core.names.tags)

    def get(self, dense: int) -> Transaction:
        """A transaction by its dense number. Raises `NotFound` for a number that there is none of."""
        memory = self._core.memory
        check_number(dense, memory.log.count)
        name = memory.refs.name_of(memory.log.item("timeline", dense))
        return read_transaction(memory.log, dense, name)

    def texts(self, dense: Sequence[int] | Any) -> list[tuple[str, str]]:
        """Author and message of many transactions."""
        return self._core.log.said(np.asarray(dense, np.int64).tolist())

    def sources(self, dense: Sequence[int] | Any) -> list[str]:
        """Source ids of many transactions, "" for none."""
        log = self._core.log
        return [log.texts(int(item))[2] for item in dense]

    def made_by(self, replicas: Collection[str]) -> list[int]:
        """The transactions that some replicas (in hex) have made, in order of arrival."""
        log = self._core.log
        wanted = [index for index, replica in enumerate(log.replicas) if replica.hex() in replicas]
        return np.flatnonzero(np.isin(log.column("replica"), wanted)).tolist()

    def handle(self, dense: int) -> str:
        """`REPLICA:SEQ` of a transaction."""
        return self._core.log.handle(dense)

    # -------------------------------------------------------------------------------------------- moments

    def at(self, moment: Moment = None, timeline: str | None = None) -> Version:
        """The version at a moment. Times are looked up on `timeline`, the default one if None."""
        if isinstance(moment, Version):
            return moment
        core = self._core
        with core.lock:
            if core.bulk is not None:
                core.bulk.settle()
            return core.version(self._dense(moment, timeline))

    def _dense(self, moment: str | int | None, timeline: str | None) -> int:
        core = self._core
        if isinstance(moment, int):
            if moment != -1:
                check_number(moment, core.log.count)
            return moment
        name = timeline if timeline is not None else self.default_timeline
        if timeline is not None or moment is None:
            number = core.refs.number(name) if timeline is not None else core.refs.find(name)
            if moment is None:
                return core.moments.head(number) if number is not None else -1
        return core.moments.resolve(moment, name)

    def _time_of(self, moment: Moment) -> int | None:
        """The time that a moment says, if it is one in text."""
        return self._core.moments.time_of(moment) if isinstance(moment, str) else None

    def diff(self, a: Moment, b: Moment, path: str | None = None) -> Iterator[Change]:
        """Changes from `a` to `b`, one per leaf, at and below a path, or all that a pattern matches at one of them."""
        before, after = self.at(a), self.at(b)
        roots = [ROOT]
        if path is not None:
            pattern = parse_pattern(path)
            roots = before.match(pattern)
            if not (roots and pattern.singular):
                roots = roots + after.match(pattern)
            if not roots:
                raise NotFound(f"nothing at {path} at either moment")
        memory = self._core.memory
        found = diff(memory.log, memory.graph, before, after, roots)
        return self._metrics.each("diff", "$" if path is None else parse_pattern(path).prefix, found)

    def changes_of(self, dense: int) -> Iterator[Change]:
        """What a transaction changed against its first parent."""
        parents = self._core.log.parents(dense)
        return self.diff(parents[0] if parents else -1, dense)

    def history(
        self, pattern: str, *, timeline: str | None = None, since: Moment = None, until: Moment = None
    ) -> Iterator[Entry]:
        """Every change of the leaves that a pattern matches, on the first-parent chain of a timeline, oldest first.

        Both ends are included. A time bounds by time of transaction; another moment by its place on the chain.
        """
        start, asked_for = perf_counter(), parse_pattern(pattern)
        head = self.at(None, timeline)
        first, last = self._bound(since, timeline, 0), self._bound(until, timeline, head.transaction)
        memory = self._core.memory
        end = memory.graph.last_until(head.transaction, last)
        asked = memory.version(end) if end >= 0 else head
        entries = memory.history.entries(asked_for, asked, end, first, self.at)
        bounds = (self._time_of(since), self._time_of(until))
        if bounds != (None, None):
            entries = (entry for entry in entries if _within(entry.time, *bounds))
        return self._metrics.each("history", asked_for.prefix, entries, perf_counter() - start)

    def _bound(self, moment: Moment, timeline: str | None, default: int) -> int:
        """The transaction that a moment names, but for times, which bound otherwise."""
        bounded = moment is not None and self._time_of(moment) is None
        return self.at(moment, timeline).transaction if bounded else default

    def blame(self, path: str, at: Moment = None) -> Blame:
        """The transaction that last wrote at a path, or below it."""
        version, pattern = self.at(at), parse_pattern(path)
        require_singular(pattern)
        with self._metrics.timing("blame", pattern.prefix):
            found = version.resolve(path)
            if found is None:
                raise NotFound(f"nothing at {path} at that moment")
            dense = self._core.history.last_write(version.transaction, found)
        if dense is None:
            raise NotFound(f"{version.path_text(found)} is the empty state; no transaction has written it")
        made = self.get(dense)
        fields = {item.name: getattr(made, item.name) for item in dataclasses.fields(made)}
        return Blame(**fields, path=version.path_text(found), value=version.value(found))

    def nearest_change(
        self,
        path_id: int,
        at: int,
        *,
        later: bool = False,
        timeline: str | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> int | None:
        """The nearest transaction before `at` (dense) on its first-parent chain that touched a path or what is below
        it, or None; with `later`, the nearest after it on the chain of a timeline, which `at` must be on."""
        memory = self._core.memory
        if not later:
            return memory.history.earlier(at, path_id, cancelled) if at >= 0 else None
        head = self.at(None, timeline).transaction
        if head < 0 or (at >= 0 and not memory.graph.on_chain(at, head)):
            return None
        return memory.history.later(at, head, path_id, cancelled)

    def log(
        self,
        *,
        timeline: str | None = None,
        path: str | None = None,
        since: Moment = None,
        until: Moment = None,
        limit: int | None = None,
    ) -> Iterator[Transaction]:
        """Transactions, newest first: of a timeline's ancestry, or of all timelines and tags.

        `path` keeps those that touched it or anything below; times bound by time of transaction, other moments by
        their place in the log.
        """
        graph, start = self._core.graph, perf_counter()
        heads = [self.at(None, timeline).transaction] if timeline is not None else self._all_heads()
        dense = np.flatnonzero(graph.reachable(heads))
        dense = self._bounded(dense, since, timeline, operator.ge)
        dense = self._bounded(dense, until, timeline, operator.le)
        if path is not None:
            dense = self._touching(path, dense, timeline)
        found = map(self.get, listing.in_order(graph, dense)[::-1][:limit].tolist())
        prefix = "" if path is None else parse_pattern(path).prefix
        return self._metrics.each("log", prefix, found, perf_counter() - start)

    def _all_heads(self) -> list[int]:
        return listing.all_heads(self._core.names)

    def reachable(self) -> Any:
        """Mask over dense numbers: what some timeline or tag still leads to (an undone commit is not)."""
        return self._core.graph.reachable(self._all_heads())

    def _bounded(self, dense: Any, moment: Moment, timeline: str | None, bound: listing.Bound) -> Any:
        """Those at or beyond a moment, if there is one."""
        time = self._time_of(moment)
        if time is not None:
            return dense[bound(self._core.graph.times_of(dense), time)]
        if moment is None:
            return dense
        return dense[listing.placed(self._core.graph, dense, self.at(moment, timeline).transaction, bound)]

    def _touching(self, path: str, dense: Any, timeline: str | None) -> Any:
        found = match_ever(self._core.log.paths, parse_pattern(path), self.at(None, timeline))
        if not found:
            raise NotFound(f"nothing was ever at {path}")
        return self._core.history.touching(found, dense)


def _within(time: int, since: int | None, until: int | None) -> bool:
    return (since is None or time >= since) and (until is None or time <= until)


def check_number(dense: int, count: int) -> None:
    """Raise `NotFound` for a dense number that none of `count` transactions has."""
    if not 0 <= dense < count:
        raise NotFound(f"no transaction {dense}; the store has {count}")
