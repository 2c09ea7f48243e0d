"""What an open store is made of, kept in step with its file."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import CorruptStore
from engine.model.transactions import REPLICA_BYTES
from engine.storage.database import Database
from engine.storage.log import Log
from engine.storage.records import seal_object, unseal_object
from engine.timeline import replica
from engine.timeline.dag import Graph
from engine.timeline.history import History
from engine.timeline.moments import Moments
from engine.timeline.refs import Refs
from engine.timeline.state import EMPTY, States
from engine.timeline.version import Version

if TYPE_CHECKING:
    from engine.timeline.bulk import BulkWriter


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """What changed: `transactions` first … last - 1 are new, and timelines or tags may have moved."""

    kind: str
    first: int
    last: int


class Core:
    """The parts of an open store. `lock` guards all of memory; the database's lock guards the connection."""

    def __init__(self, database: Database) -> None:
        self.db = database
        self.lock = threading.RLock()
        self._listeners: list[Callable[[StoreEvent], None]] = []
        self._seen = -1
        self.bulk: BulkWriter | None = None
        self.reload()

    # -------------------------------------------------------------------------------------- following

    def reload(self) -> None:
        """Read everything anew from the file."""
        with self.lock:
            self.log = Log(self.db)
            self.refs = Refs(self.db)
            self.graph = Graph(self.log, self.refs.names)
            self.states = States(self.db, self.log, self.graph)
            self.moments = Moments(self.log, self.graph, self.refs)
            self.history = History(self.log, self.graph)
            self.manifest: dict[str, Any] = {}
            with self.db.read():
                self.follow()

    def follow(self) -> None:
        """Take in what the file holds beyond memory. The caller holds a database transaction."""
        body = self.db.execute("SELECT body FROM manifest WHERE name='store'")
        if body:
            self.manifest = unseal_object("manifest", "store", body[0][0])
        elif self.db.execute("SELECT count(*) FROM segment")[0][0]:
            raise CorruptStore(f"{self.db.path} is damaged: its manifest is missing; restore it from a backup")
        else:
            self.manifest = _new_manifest()
        self.log.follow(self.manifest)
        self.refs.follow()
        self.states.follow()
        self.graph.follow()
        for ref in self.refs.timelines:
            if any(head >= self.log.count for head in ref.heads):
                raise CorruptStore(
                    f"{self.db.path} is damaged: timeline {ref.name!r} is at a transaction that is missing; "
                    "restore it from a backup"
                )
        self._seen = self.db.data_version()

    def catch_up(self) -> None:
        """`follow`, if another connection has committed. The caller holds a write transaction."""
        if self.db.data_version() != self._seen:
            self.follow()

    def refresh(self) -> bool:
        """Take in what others committed; whether there was anything."""
        with self.lock:
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
            try:
                yield
            except BaseException:
                self.reload()
                raise

    # ---------------------------------------------------------------------------------------- writing

    def write_manifest(self) -> None:
        """Store the counts and the chain of the log. The caller holds a write transaction."""
        self.manifest = {**self.manifest, "sealed": self.log.sealed, "chain": self.log.chain}
        body = seal_object("manifest", "store", self.manifest)
        self.db.execute("INSERT OR REPLACE INTO manifest VALUES ('store', ?)", (body,))

    def own_replica(self) -> bytes:
        """The replica that this store's own commits belong to; a copied or restored store gets a new one.

        The caller holds a write transaction.
        """
        here = replica.place(self.db.path)
        own = bytes(self.manifest["replica"])
        if not own or self.manifest["place"] != here or replica.noted(own) > self.log.last_seq(own):
            own = os.urandom(REPLICA_BYTES)
            self.manifest = {**self.manifest, "place": here, "replica": own}
            self.write_manifest()
        return own

    def set_default_timeline(self, name: str) -> None:
        """Remember which timeline commands mean when none is named. The caller holds a write transaction."""
        self.manifest = {**self.manifest, "timeline": name}
        self.write_manifest()

    def write_source(self, identity: bytes, progress: dict[str, Any]) -> None:
        """Store how far a source has been read. The caller holds a write transaction."""
        body = seal_object("source", identity, progress)
        self.db.execute("INSERT OR REPLACE INTO source VALUES (?,?)", (identity, body))

    def source(self, identity: bytes) -> dict[str, Any] | None:
        """How far a source has been read, or None."""
        found = self.db.execute("SELECT body FROM source WHERE identity=?", (identity,))
        return dict(unseal_object("source", identity, found[0][0])) if found else None

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
        return Version(self.log, self.states, dense)


def _new_manifest() -> dict[str, Any]:
    return {"sealed": 0, "chain": b"", "replica": b"", "place": "", "timeline": "main"}
