"""What an open store is made of, kept in step with its file."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import CorruptStore, KnownError, StoreError
from engine.metrics import Histogram
from engine.metrics.queries import Key
from engine.model.operations import FIRST_VALUE
from engine.model.transactions import REPLICA_BYTES
from engine.storage.database import Database
from engine.storage.history_index import HistoryIndex
from engine.storage.log import RESTORE, Log
from engine.storage.records import seal, seal_object, unseal, unseal_object
from engine.storage.statistics import Statistics
from engine.timeline import replica, runs
from engine.timeline.aliases import Aliases
from engine.timeline.checkpoints import Checkpoints
from engine.timeline.dag import Graph
from engine.timeline.heads import Heads
from engine.timeline.history import History
from engine.timeline.moments import Moments
from engine.timeline.refs import Names, Refs
from engine.timeline.state import EMPTY, States
from engine.timeline.trails import Trails
from engine.timeline.version import Version

if TYPE_CHECKING:
    from engine.timeline.batch import Batch
    from engine.timeline.bulk import BulkWriter

_RUNS = "runs"
# A store of fewer stretches has no list of runs. It is written anew when such a share of the log is not in it.
_LEAST_STRETCHES = 4
_RUNS_SHARE = 32


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """What changed: `transactions` first … last - 1 are new, and timelines or tags may have moved."""

    kind: str
    first: int
    last: int


class Memory:
    """What there is in memory of a file. It grows in place; what was made in vain goes as a whole, by putting another
    one in its place, so that who asks for several parts in one question takes this first."""

    def __init__(self, database: Database, stored_runs: Callable[[], bytes | None]) -> None:
        self.log = Log(database)
        self.refs = Refs(database, self.log)
        self.graph = Graph(self.log, self.refs.names, stored_runs)
        self.index = HistoryIndex(database)
        trails = Trails(self.log, self.graph, self.index)
        self.checkpoints = Checkpoints(database, self.graph.runs_of)
        self.states = States(database, self.log, self.graph, trails, self.checkpoints)
        self.heads = Heads(self.states)
        self.moments = Moments(self.log, self.graph, self.refs, Aliases(database))
        self.history = History(self.log, self.graph, trails)

    def version(self, dense: int = EMPTY) -> Version:
        """The version of a transaction."""
        return Version(self.log, self.states, dense)


class Core:
    """The parts of an open store. `lock` guards all changes of memory; the database's lock guards the connection."""

    def __init__(self, database: Database) -> None:
        self.db = database
        self.lock = threading.RLock()
        self._listeners: list[Callable[[StoreEvent], None]] = []
        self._seen = -1
        self.bulk: BulkWriter | Batch | None = None  # what has transactions that the log does not know yet
        self._note: replica.Note | None = None
        self._wrote = self._closed = False
        self._in_vain = False  # whether memory holds what came to nothing
        self._changing: int | None = None  # the thread that is inside of `writing`
        self.statistics = Statistics(database)
        with database.metrics.timing("open"):
            self.reload()

    # ------------------------------------------------------------------------------------------ memory

    @property
    def log(self) -> Log:
        """All transactions."""
        return self.memory.log

    @property
    def refs(self) -> Refs:
        """Timelines, tags and actions."""
        return self.memory.refs

    @property
    def graph(self) -> Graph:
        """Who descends from whom."""
        return self.memory.graph

    @property
    def index(self) -> HistoryIndex:
        """The path-history index."""
        return self.memory.index

    @property
    def checkpoints(self) -> Checkpoints:
        """The versions that are kept whole."""
        return self.memory.checkpoints

    @property
    def states(self) -> States:
        """The states of versions."""
        return self.memory.states

    @property
    def heads(self) -> Heads:
        """The states that commits are put together against."""
        return self.memory.heads

    @property
    def moments(self) -> Moments:
        """What names a version."""
        return self.memory.moments

    @property
    def history(self) -> History:
        """Histories of paths."""
        return self.memory.history

    @property
    def names(self) -> Names:
        """Timelines and tags as they are durable; to the thread that changes them, as they will be."""
        refs = self.refs
        return refs.current() if self._changing == threading.get_ident() else refs.durable

    # -------------------------------------------------------------------------------------- following

    def reload(self) -> None:
        """Read everything anew from the file; others see what there was until that is done."""
        with self.lock:
            memory = Memory(self.db, self._stored_runs)
            with self.db.read():
                self._follow(memory)
            self.memory = memory
            self._in_vain = False

    def follow(self) -> None:
        """Take in what the file holds beyond memory. The caller holds a database transaction."""
        self._follow(self.memory)

    def _follow(self, memory: Memory) -> None:
        body = self.db.execute("SELECT body FROM manifest WHERE name='store'")
        manifest: dict[str, Any] = unseal_object("manifest", "store", body[0][0]) if body else _new_manifest()
        self._forget_note()
        memory.log.follow(manifest)
        memory.index.follow(manifest)
        memory.refs.follow(manifest)
        if self.db.execute("SELECT count(*) FROM source")[0][0] != manifest["sources"]:
            raise CorruptStore(f"{self.db.path} is damaged: what was imported is not all noted; {RESTORE}")
        memory.checkpoints.follow(manifest, memory.log.count)
        memory.graph.follow()
        self.manifest = self._stored_manifest = manifest
        self._seen = self.db.data_version()

    def catch_up(self) -> None:
        """`follow`, if another connection has committed. The caller holds a write transaction."""
        if self.db.data_version() != self._seen:
            self.follow()

    def refresh(self) -> bool:
        """Take in what others committed; whether there was anything."""
        with self.lock:
            self._forget_vain()
            if self.db.data_version() == self._seen:
                return False
            first = self.log.count
            with self.db.read():
                self.follow()
        self.tell(first)
        return True

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Around a change of memory and file: when it fails, memory is read anew from the file."""
        with self.lock:
            self._forget_vain()
            try:
                yield
            except BaseException:
                self._in_vain = True
                self.reload()
                raise

    def _forget_vain(self) -> None:
        """Read memory anew where a change failed and the file could not be read then."""
        if self._in_vain:
            self.reload()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Around a database transaction that changes names: until it is durable, only this thread sees that."""
        outer, self._changing = self._changing, threading.get_ident()
        try:
            yield
            if outer is None:
                self.refs.publish()
        finally:
            self._changing = outer

    @contextlib.contextmanager
    def writing(self) -> Iterator[int]:
        """Around one durable change of memory and file: what others did is taken in before, the manifest is written
        after. Gives how many transactions were known."""
        counted: dict[Key, Histogram] = {}
        try:
            with self.db.hold(), self.changing(), self._alone(), self.db.write():
                first = self.log.count
                self.catch_up()
                sealed = self.log.sealed
                yield first
                if self.log.sealed > sealed:
                    self.keep_directories()
                self._write_manifest()
                self._wrote = True
                if self.statistics.due:
                    counted = self.statistics.write()
        except BaseException:
            self.db.metrics.give_back(counted)
            raise

    # ---------------------------------------------------------------------------------------- writing

    def close(self) -> None:
        """Close the file. What was counted is kept if it is worth it and nobody else writes: it is worth no waiting,
        not even for the disk, and no error."""
        with contextlib.suppress(KnownError):
            if not self._closed and self.statistics.worth_keeping(self._wrote):
                with self.db.hold(wait=False), self.db.lock:
                    self.db.execute("PRAGMA synchronous=NORMAL")
                    with self.db.write():
                        self.statistics.write()
        self._closed = True
        with self.lock:
            self._forget_note()
        self.db.close()

    def _write_manifest(self) -> None:
        """Store what there is to be, and the chain of the log, if that has changed."""
        counts = {**self.log.counts(), **self.refs.counts()}
        manifest = {**self.manifest, **counts, "chain": self.log.chain}
        if manifest != self._stored_manifest:
            body = seal_object("manifest", "store", manifest)
            self.db.execute("INSERT OR REPLACE INTO manifest VALUES ('store', ?)", (body,))
            self.manifest = self._stored_manifest = manifest

    def keep_directories(self, *, at_once: bool = False) -> None:
        """Store the lists of segments and of runs, if they lack many (with `at_once`: any). The caller holds a write
        transaction."""
        self.manifest = self.log.write_directory(self.manifest, at_once=at_once)
        stored, now = self.manifest.get(_RUNS, 0), self.log.sealed // runs.STRETCH
        if now >= _LEAST_STRETCHES and now > stored and (now - stored >= stored // _RUNS_SHARE or at_once):
            now, payload = self.graph.packed()
            body = seal("manifest", _RUNS, payload)
            self.db.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (_RUNS, body))
            self.manifest = {**self.manifest, _RUNS: now}

    def _stored_runs(self) -> bytes | None:
        """The list of runs in the file, if there is one."""
        found = self.db.execute("SELECT body FROM manifest WHERE name=?", (_RUNS,))
        return unseal("manifest", _RUNS, found[0][0]) if found else None

    def count_generation(self) -> None:
        """Say that what the file holds was cut in other pieces. The caller holds a write transaction. Raises
        `StoreError` where the segments in the file are not cut as is known: nothing of the change is to stay."""
        parts = self.log.parts
        known = (len(parts), sum(part.first for part in parts), sum(part.transactions for part in parts))
        sums = "SELECT count(*), total(first_transaction), total(transactions) FROM segment"
        if self.db.execute(sums)[0] != known:
            raise StoreError(f"{self.db.path} changed while it was compacted; nothing was lost, compact it again")
        self.log.generation += 1
        self.manifest = {**self.manifest, "generation": self.log.generation}

    def own_replica(self) -> bytes:
        """The replica that this store's own commits belong to; a copied or restored store gets a new one. It is looked
        at once after each reading of the file.

        The caller holds a write transaction.
        """
        own = bytes(self.manifest["replica"])
        if self._note is None:
            here = replica.place(self.db.path)
            self._note = replica.Note(own)
            if not own or self.manifest["place"] != here or self._note.seq() > self.log.last_seq(own):
                self._forget_note()
                own = os.urandom(REPLICA_BYTES)
                self._note = replica.Note(own)
                self.manifest = {**self.manifest, "place": here, "replica": own}
        return own

    def note_seq(self, seq: int) -> None:
        """Remember outside of the file how far this store's own commits have come, before that is durable."""
        assert self._note is not None, "own_replica comes first"
        self._note.keep(seq)

    def _forget_note(self) -> None:
        if self._note is not None:
            self._note.close()
            self._note = None

    def forget_states(self) -> None:
        """After a rewind, numbers mean other transactions."""
        self.states.forget()
        self.heads.forget()

    def note_checkpoint(self, dense: int) -> None:
        """Make a version a checkpoint where many rows lie behind it. The caller holds a write transaction."""
        if self.states.needs_checkpoint(dense):
            self.checkpoints.write_full(dense, self.states.at(dense))
            self.manifest = self.checkpoints.put(self.manifest, np.append(self.checkpoints.dense, dense))

    def set_default_timeline(self, name: str) -> None:
        """Remember which timeline commands mean when none is named. The caller holds a write transaction."""
        self.manifest = {**self.manifest, "timeline": name}

    def write_source(self, identity: bytes, progress: dict[str, Any]) -> None:
        """Store how far a source has been read. The caller holds a write transaction."""
        body = seal_object("source", identity, progress)
        new = not self.db.execute("SELECT 1 FROM source WHERE identity=?", (identity,))
        self.manifest = {**self.manifest, "sources": self.manifest["sources"] + new}
        self.db.execute("INSERT OR REPLACE INTO source VALUES (?,?)", (identity, body))

    def source(self, identity: bytes) -> dict[str, Any] | None:
        """How far a source has been read, or None."""
        # All are looked at: one that a damaged name or index hides would be imported a second time.
        found = {name: unseal_object("source", name, body) for name, body in self.db.execute("SELECT * FROM source")}
        return dict(found[identity]) if identity in found else None

    # -------------------------------------------------------------------------------------- listening

    def listen(self, callback: Callable[[StoreEvent], None]) -> Callable[[], None]:
        """Call back after every change, in the thread that made or noticed it; returns what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def tell(self, first: int) -> None:
        """Tell listeners that the log has grown from `first` on, or that names moved."""
        event = StoreEvent("transactions" if self.log.count > first else "names", first, self.log.count)
        for callback in tuple(self._listeners):
            callback(event)

    def version(self, dense: int = EMPTY) -> Version:
        """The version of a transaction."""
        return self.memory.version(dense)


def _new_manifest() -> dict[str, Any]:
    counted = ("transactions", "sealed", "timelines", "tags", "actions", "flushes", "named", "sources")
    counts = {**dict.fromkeys(counted, 0), "paths": 1, "values": FIRST_VALUE}
    return {"chain": b"", "generation": 0, "replica": b"", "place": "", "timeline": "main", **counts}
