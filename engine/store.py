"""`Store`: the one thing that most callers import. It ties the rooms of the engine together and adds nothing else."""

from __future__ import annotations

import contextlib
import dataclasses
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import BadInput, Cancelled, NotFound, StoreError
from engine.model import times, values
from engine.model.operations import ROOT
from engine.model.paths import parse_pattern
from engine.storage.cache import Budget
from engine.storage.database import Database
from engine.timeline import listing, naming
from engine.timeline.batch import Commit
from engine.timeline.bulk import BulkWriter
from engine.timeline.core import Core, StoreEvent
from engine.timeline.dag import Graph
from engine.timeline.diff import Change, diff
from engine.timeline.history import Entry
from engine.timeline.match import require_singular
from engine.timeline.patch import Operation
from engine.timeline.refs import Action, Ref, check_new_name
from engine.timeline.transaction import Blame, Timeline, Transaction, read_transaction
from engine.timeline.version import Version
from engine.timeline.writer import Waiting, Writer

if TYPE_CHECKING:
    from engine.exchange.importer import ImportResult
    from engine.timeline.compaction import Compacted
    from engine.timeline.figures import Figures
    from engine.timeline.raw_size import Cancel

Progress = Callable[[int, int | None, str], None]
Moment = str | int | Version | None


class Store:
    """An open store. Safe to use from several threads; other processes may use the same file meanwhile.

    A moment is text as in the command line (a time, a timeline, a tag, `REPLICA:SEQ`, an id, any of these with
    `~n`), a `Version`, a dense number, or None for the head of the default timeline.
    """

    def __init__(self, database: Database) -> None:
        try:
            self._core = Core(database)
        except BaseException:
            database.close()
            raise
        self._writer = Writer(self._core, _identify)
        self._metrics = database.metrics
        self.path = database.path

    @classmethod
    def open(
        cls,
        target: str | Path,
        *,
        create: bool = False,
        read_only: bool = False,
        cache_bytes: int | None = None,
        cache_policy: str = "steered",
    ) -> Store:
        """Open a store file; with `create`, make it where it is missing.

        All its caches together hold `cache_bytes` (192 MB, if it is not said); what leaves them first is steered by
        what is asked for. Other policies are there to compare with: `lru`, `none`.

        Raises `NotFound`, or `StoreError` for a file that is no store or of a newer version.
        """
        if isinstance(target, str) and "://" in target:
            raise StoreError(f"{target}: this version opens files only; give the path of a store")
        path = Path(target).expanduser()
        caches = Budget(cache_bytes, cache_policy)
        if create and not path.exists():
            return cls(Database.create(path, caches))
        return cls(Database.open(path, read_only=read_only, caches=caches))

    @property
    def writable(self) -> bool:
        """Whether this store takes commits: it was not opened read-only, and file and folder may be written."""
        return self._core.db.writable

    def close(self) -> None:
        """Close the file; the last to close leaves one file."""
        self._core.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def refresh(self) -> bool:
        """Take in what other processes committed; whether there was anything."""
        return self._core.refresh()

    def listen(self, callback: Callable[[StoreEvent], None]) -> Callable[[], None]:
        """Call back after every change, in the thread that made or noticed it; returns what ends that."""
        return self._core.listen(callback)

    # -------------------------------------------------------------------------------------- what there is

    @property
    def graph(self) -> Graph:
        """All transactions as columns."""
        return self._core.graph

    @property
    def default_timeline(self) -> str:
        """The import's HEAD branch, else `main`, else the first there is."""
        core = self._core
        name = str(core.manifest.get("timeline", "main"))
        if core.refs.find(name) is not None:
            return name
        names = [ref.name for ref in core.refs.timelines if not ref.deleted]
        return "main" if "main" in names or not names else names[0]

    def timelines(self) -> list[Timeline]:
        """Every timeline, in order of creation."""
        refs = enumerate(self._core.refs.timelines)
        return [self._timeline(number, ref) for number, ref in refs if not ref.deleted]

    def _timeline(self, number: int, ref: Ref) -> Timeline:
        length = self._core.graph.chain_length(ref.heads[0]) if ref.heads else 0
        updated = max((self._core.log.item("time", head) for head in ref.heads), default=None)
        return Timeline(number, ref.name, ref.heads, length, ref.forked if ref.forked >= 0 else None, updated)

    def timeline(self, name: str) -> Timeline | None:
        """The timeline of a name, or None where there is none."""
        refs = self._core.refs
        number = refs.find(name)
        return None if number is None else self._timeline(number, refs.timelines[number])

    def _named(self, name: str) -> Timeline:
        found = self.timeline(name)
        assert found is not None
        return found

    def heads(self) -> dict[str, tuple[int, ...]]:
        """The heads of every timeline by its name; cheap, unlike `timelines`."""
        return {ref.name: ref.heads for ref in self._core.refs.timelines if not ref.deleted}

    def tags(self) -> dict[str, int]:
        """Tags and the dense numbers that they name."""
        return dict(self._core.refs.tags)

    def get(self, dense: int) -> Transaction:
        """A transaction by its dense number."""
        core = self._core
        return read_transaction(core.log, dense, core.refs.timelines[core.log.item("timeline", dense)].name)

    def texts(self, dense: Sequence[int] | Any) -> list[tuple[str, str]]:
        """Author and message of many transactions."""
        return self._core.log.said(np.asarray(dense, np.int64).tolist())

    def sources(self, dense: Sequence[int] | Any) -> list[str]:
        """Source ids of many transactions, "" for none."""
        return [self._core.log.texts(int(item))[2] for item in dense]

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
            if not -1 <= moment < core.log.count:
                raise NotFound(f"no transaction {moment}; the store has {core.log.count}")
            return moment
        name = timeline if timeline is not None else self.default_timeline
        if timeline is not None or moment is None:
            number = core.refs.number(name) if timeline is not None else core.refs.find(name)
            if moment is None:
                return core.moments.head(number) if number is not None else -1
        return core.moments.resolve(moment, name)

    def find_moment(self, text: str, timeline: str | None = None) -> int:
        """The dense number that a moment names, -1 for the empty state."""
        return self.at(text, timeline).transaction

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
        found = diff(self._core.log, self._core.graph, before, after, roots)
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
        end = self._core.graph.last_until(head.transaction, last)
        asked = self._core.version(end) if end >= 0 else head
        entries = self._core.history.entries(asked_for, asked, end, first, self.at)
        bounds = (self._time_of(since), self._time_of(until))
        found = (entry for entry in entries if _within(entry.time, *bounds))
        return self._metrics.each("history", asked_for.prefix, found, perf_counter() - start)

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
        graph = self._core.graph
        if not later:
            return self._core.history.earlier(at, path_id, cancelled) if at >= 0 else None
        head = self.at(None, timeline).transaction
        if head < 0 or (at >= 0 and not graph.on_chain(at, head)):
            return None
        return self._core.history.later(at, head, path_id, cancelled)

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
        core, start = self._core, perf_counter()
        heads = [self.at(None, timeline).transaction] if timeline is not None else self._all_heads()
        dense = np.flatnonzero(core.graph.reachable(heads))
        dense = self._bounded(dense, since, timeline, operator.ge)
        dense = self._bounded(dense, until, timeline, operator.le)
        if path is not None:
            dense = self._touching(path, dense, timeline)
        found = map(self.get, listing.in_order(core.graph, dense)[::-1][:limit].tolist())
        prefix = "" if path is None else parse_pattern(path).prefix
        return self._metrics.each("log", prefix, found, perf_counter() - start)

    def _all_heads(self) -> list[int]:
        return listing.all_heads(self._core.refs)

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
        from engine.timeline.match import match_ever

        found = match_ever(self._core.log.paths, parse_pattern(path), self.at(None, timeline))
        if not found:
            raise NotFound(f"nothing was ever at {path}")
        return self._core.history.touching(found, dense)

    # ------------------------------------------------------------------------------------------- changing

    def commit(
        self,
        operations: Sequence[Operation],
        *,
        timeline: str | None = None,
        author: str = "",
        message: str = "",
        time: int | str | None = None,
    ) -> Transaction:
        """Write one transaction; durable when this returns. Operations are those of 5-api, or a JSON Patch.

        Raises `BadOperation` naming the operation, or `BadInput`, and then nothing is written.
        """
        name = timeline if timeline is not None else self.default_timeline
        when = times.parse_time(time) if isinstance(time, str) else time
        with self._metrics.timing("commit"):
            dense = self._writer.commit(Waiting(Commit(operations, name, author, message, when)))
        return self.get(dense)

    @contextlib.contextmanager
    def transaction(
        self, timeline: str | None = None, *, author: str = "", message: str = "", time: int | str | None = None
    ) -> Iterator[TransactionBuilder]:
        """Collect operations and commit them when the block ends without an error."""
        builder = TransactionBuilder()
        yield builder
        builder.transaction = self.commit(
            builder.operations, timeline=timeline, author=author, message=message, time=time
        )

    def branch(self, name: str, at: Moment = None) -> Timeline:
        """Make a timeline at a moment. Raises `BadInput` where the name is taken or not a name."""
        version = self.at(at)
        check_new_name(name, "timeline")

        self._writer.change("branch", f"branch {name}", lambda: naming.made(self._core.refs, name, version.transaction))
        return self._named(name)

    def rename_branch(self, name: str, new: str) -> Timeline:
        """Give a timeline another name."""
        check_new_name(new, "timeline")
        self._writer.change("rename", f"rename {name} to {new}", lambda: naming.renamed(self._core.refs, name, new))
        return self._named(new)

    def delete_branch(self, name: str) -> None:
        """Delete a timeline; its transactions stay, and undo brings it back."""
        self._writer.change("delete", f"delete {name}", lambda: naming.deleted(self._core.refs, name))

    def tag(self, name: str, at: Moment = None, *, move: bool = False) -> int:
        """Name a moment; returns its dense number. Raises `BadInput` where the name is taken; with `move`, the tag that
        has it is moved there, and `NotFound` raised where there is none."""
        version = self.at(at)
        check_new_name(name, "tag")
        if version.transaction < 0:
            raise BadInput("there is no transaction to tag yet")
        if move and self._core.refs.tags.get(name) == version.transaction:
            return version.transaction
        change = naming.tag_moved if move else naming.tagged
        said = f"move tag {name}" if move else f"tag {name}"
        self._writer.change("tag", said, lambda: change(self._core.refs, name, version.transaction))
        return version.transaction

    def delete_tag(self, name: str) -> None:
        """Remove a tag; undo brings it back."""
        self._writer.change("untag", f"delete tag {name}", lambda: naming.untagged(self._core.refs, name))

    def undo(self) -> Action | None:
        """Take back the last action of any kind; None where there is nothing to undo."""
        return self._writer.step("undo")

    def redo(self) -> Action | None:
        """Make again what was undone last; None where there is nothing to redo."""
        return self._writer.step("redo")

    def actions(self, limit: int = 1000) -> list[Action]:
        """The latest actions, newest first."""
        return self._core.refs.actions(limit)

    # -------------------------------------------------------------------------------------- in and out

    @contextlib.contextmanager
    def bulk(self, replica: bytes, description: str) -> Iterator[BulkWriter]:
        """A writer of many transactions; other writers wait. Leaving the block flushes the rest; an error or a
        cancel leaves what was flushed, in whole transactions."""
        core = self._core
        with core.db.hold(), core.lock:
            with core.writing() as known:
                pass  # what others did is taken in
            if core.log.count > known:
                core.tell(known)
            writer = core.bulk = BulkWriter(core, replica, description)
            try:
                yield writer
            except Cancelled:
                writer.flush()
                raise
            else:
                writer.flush()
            finally:
                core.bulk = None
                writer.abandon()

    def source(self, identity: bytes) -> dict[str, Any] | None:
        """How far an imported source has been read, or None for one that was not imported here."""
        return self._core.source(identity)

    def set_default_timeline(self, name: str) -> None:
        """Choose the timeline that is meant when none is named."""
        core = self._core
        with core.writing():
            core.refs.number(name)
            core.set_default_timeline(name)

    def import_from(self, source: str | Path, **options: Any) -> ImportResult:
        """Import a source; see `engine.exchange.importer.import_source` for the options."""
        from engine.exchange.importer import import_source

        with self._metrics.timing("import"):
            return import_source(self, source, **options)

    def export(
        self,
        file: str | Path,
        *,
        format: str = "jsonl",
        progress: Progress | None = None,
        cancel: Any = None,
    ) -> int:
        """Write the history for others; see `engine.exchange.export`. Returns the number of records."""
        from engine.exchange.export import export

        return export(self, file, format=format, progress=progress, cancel=cancel)

    def compact(self, *, progress: Progress | None = None, cancel: Any = None) -> Compacted:
        """Write the history in fewer bytes; readers and writers may go on meanwhile. See
        `engine.timeline.compaction`."""
        from engine.timeline.compaction import compact

        return compact(self._core, progress, cancel)

    def stats(self, *, progress: Progress | None = None, cancel: Cancel | None = None) -> dict[str, Any]:
        """What the store holds, what that takes, and how it is used: the record of `stats --json` in 5-api."""
        return self.figures(progress=progress, cancel=cancel).as_json()

    def figures(self, *, progress: Progress | None = None, cancel: Cancel | None = None) -> Figures:
        """The same with all details. Raises `Cancelled`."""
        from engine.timeline.figures import figures

        return figures(self._core, progress, cancel)


class TransactionBuilder:
    """Operations of a transaction that is being written; each method is one of 5-api's `commit`, with Python's values
    where that has JSON."""

    def __init__(self) -> None:
        self.operations: list[Mapping[str, Any]] = []
        self.transaction: Transaction | None = None

    def _add(self, op: str, path: str, **fields: Any) -> None:
        if "value" in fields:
            fields["value"] = values.escaped(fields["value"])
        self.operations.append({"op": op, "path": path, **fields})

    def put(self, path: str, value: Any) -> None:
        """Set the value at a path."""
        self._add("put", path, value=value)

    def remove(self, path: str) -> None:
        """Remove what is at a path."""
        self._add("remove", path)

    def insert(self, path: str, index: int, value: Any) -> None:
        """Insert into the list at a path."""
        self._add("insert", path, index=index, value=value)

    def move(self, path: str, start: int, end: int) -> None:
        """Move a child of the list or map at a path."""
        self._add("move", path, **{"from": start, "to": end})

    def increment(self, path: str, delta: int | float) -> None:
        """Add to the number at a path."""
        self._add("increment", path, delta=delta)

    def add(self, path: str, value: Any) -> None:
        """Add to the set at a path."""
        self._add("add", path, value=value)

    def discard(self, path: str, value: Any) -> None:
        """Take from the set at a path."""
        self._add("discard", path, value=value)

    def splice(self, path: str, index: int, delete: int, insert: str) -> None:
        """Edit the text at a path, in code points."""
        self._add("splice", path, index=index, delete=delete, insert=insert)


def _identify(items: Sequence[Any]) -> tuple[str, ...] | None:
    """Identity fields for a list of records that is new."""
    from engine.exchange.fields import candidates

    return next(map(tuple, candidates([items])), None)


def _within(time: int, since: int | None, until: int | None) -> bool:
    return (since is None or time >= since) and (until is None or time <= until)
