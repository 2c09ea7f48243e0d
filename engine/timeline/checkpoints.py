"""Checkpoints: states of some versions in the file, so that no other one is far from a known one.

A *full* checkpoint is a list of buckets, each a stretch of the vector of values or of labels, stored once by its
content; any other one is what the rows since an earlier checkpoint on its chain did, each path once. Which there are is
in the table's first row, written anew with every change; the manifest counts the changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.operations import ABSENT, LABEL_SHIFT
from engine.storage.cache import ByteCache
from engine.storage.database import Database
from engine.storage.records import CHECKSUM_BYTES, pack_arrays, seal, unpack_arrays, unseal, unseal_object
from engine.timeline.vectors import Effect, Placed, Places, State

BUCKET_PATHS = 1 << 14
KEY = "checkpoints"
_DIRECTORY = -1
_NO_BASE = -1
_LOW = (1 << LABEL_SHIFT) - 1


class Gone(Exception):
    """A checkpoint that is not in the file, or not all of it: another process has dropped it meanwhile."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint as it is stored: a full one has buckets of `width` paths (0: nothing in it), another one a base
    and an effect."""

    base: int
    paths: int
    width: int
    values: tuple[int, ...]
    labels: tuple[int, ...]
    effect: Effect

    @property
    def keys(self) -> tuple[int, ...]:
        """Of all its buckets."""
        return self.values + self.labels


class Checkpoints:
    """Those of an open store: which there are, and their content, fetched when asked for."""

    def __init__(self, database: Database, runs_of: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
        """`runs_of` gives the runs of some transactions (see `Graph.runs_of`)."""
        self._db = database
        self._runs_of = runs_of
        self._changes = 0
        self._parents: dict[int, tuple[bytes, int, tuple[int, ...]]] = {}
        self._lost: set[tuple[str, int]] = set()  # what the file lists and does not find, when it is damaged
        self.dense: NDArray[np.int64] = np.empty(0, np.int64)
        self.runs: NDArray[np.int64] = np.empty(0, np.int64)
        self._read: ByteCache[Checkpoint] = database.caches.cache("checkpoints")
        self._buckets: ByteCache[NDArray[Any]] = database.caches.cache("buckets")

    # ------------------------------------------------------------------------------------------- following

    def follow(self, manifest: dict[str, Any], count: int) -> None:
        """Learn which checkpoints the file holds, of `count` transactions."""
        changes = manifest.get(KEY, 0)
        if changes == self._changes:
            return
        found = self._db.execute("SELECT body FROM checkpoint WHERE dense=?", (_DIRECTORY,))
        if not found:
            raise CorruptStore("the store is damaged: the list of its checkpoints is missing; restore it from a backup")
        arrays = unpack_arrays(unseal("checkpoint", _DIRECTORY, found[0][0]))
        dense = arrays["dense"].astype(np.int64)
        if ((dense < 0) | (dense >= count)).any() or len(arrays.get("run", ())) != len(dense):
            raise CorruptStore("the store is damaged: a checkpoint belongs to no transaction; restore it from a backup")
        self._read.clear()
        self._lost.clear()
        self.dense, self.runs, self._changes = dense, arrays["run"].astype(np.int64), changes

    def catch_up(self, count: int) -> None:
        """Read from the file which there are, of the first `count` transactions: after `Gone`."""
        body = self._db.execute("SELECT body FROM manifest WHERE name='store'")
        self.follow(unseal_object("manifest", "store", body[0][0]) if body else {}, 1 << 31)
        known = self.dense < count
        self.dense, self.runs = self.dense[known], self.runs[known]

    def put(self, manifest: dict[str, Any], dense: NDArray[np.int64]) -> dict[str, Any]:
        """Say which checkpoints there are from now on; the new manifest. The caller holds a write transaction."""
        changes = manifest.get(KEY, 0) + 1
        known = dict(zip(self.dense.tolist(), self.runs.tolist(), strict=True))
        fresh = np.array([item for item in dense.tolist() if item not in known], np.int64)
        known.update(zip(fresh.tolist(), self._runs_of(fresh).tolist(), strict=True))
        dense = np.sort(dense)
        runs = np.array([known[item] for item in dense.tolist()], np.int64)
        body = seal("checkpoint", _DIRECTORY, pack_arrays(dense=dense.astype(np.int32), run=runs.astype(np.int32)))
        self._db.execute("INSERT OR REPLACE INTO checkpoint VALUES (?,?)", (_DIRECTORY, body))
        self._read.clear()
        self._lost.clear()
        self.dense, self.runs, self._changes = dense, runs, changes
        return {**manifest, KEY: changes}

    # ------------------------------------------------------------------------------------------- reading

    def state(self, dense: int, size: int, labels: Callable[[int], NDArray[np.int64]]) -> State:
        """The state of a checkpoint, of `size` paths. `labels(dense)` gives the labels of a version where its
        checkpoint is dropped before somebody asks for them. Raises `Gone`."""
        line = self.line(dense)
        full, *others = map(self._get, line)
        values = self._vector(full, full.values, np.int32, size)
        for item in others:
            values[item.effect.path] = item.effect.value

        def load() -> NDArray[np.int64]:
            try:
                return self._vector(full, full.labels, np.int64)
            except Gone:
                return labels(line[0])

        places = Places(load, full.labels)
        for item in others:
            places = places.then(item.effect.placed)
        return State(values, places=places)

    def line(self, dense: int) -> list[int]:
        """The checkpoints that one is made from, itself included, the full one first. Raises `Gone`."""
        found = [dense]
        while (base := self._get(found[-1]).base) != _NO_BASE:
            found.append(base)
        return found[::-1]

    def _get(self, dense: int) -> Checkpoint:
        def load() -> tuple[Checkpoint, int]:
            found = self._db.execute("SELECT body FROM checkpoint WHERE dense=?", (dense,))
            if not found:
                self._missing("checkpoint", dense)
            return _unpack(unseal("checkpoint", dense, found[0][0]), dense)

        return self._read.get(dense, load)

    def _vector(self, full: Checkpoint, keys: tuple[int, ...], dtype: Any, size: int = 0) -> NDArray[Any]:
        vector = np.zeros(max(size, full.paths), dtype)
        for place, key in enumerate(keys):
            if key:
                bucket = self._bucket(key)
                start = place * full.width
                vector[start : start + len(bucket)] = bucket
        return vector

    def _bucket(self, key: int) -> NDArray[Any]:
        def load() -> tuple[NDArray[Any], int]:
            found = self._db.execute("SELECT body FROM bucket WHERE hash=?", (key,))
            if not found:
                self._missing("bucket", key)
            arrays = unpack_arrays(unseal("bucket", key, found[0][0]))
            bucket: NDArray[Any] = arrays["value"] if "value" in arrays else _joined(arrays["ordinal"], arrays["rest"])
            return bucket, bucket.nbytes

        return self._buckets.get(key, load)

    def whole(self, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some checkpoints (ascending) that can be read: their rows are in the file, and their buckets, and
        what they go back to is one of them."""
        buckets = {0, *(key for (key,) in self._db.execute("SELECT hash FROM bucket"))}
        rows = dict(self._db.execute(f"SELECT dense, substr(body, 1, {CHECKSUM_BYTES}) FROM checkpoint"))
        buckets -= {key for table, key in self._lost if table == "bucket"}
        found: set[int] = set()
        for dense in wanted.tolist():
            if dense in rows and ("checkpoint", dense) not in self._lost:
                base, keys = self._parents_of(dense, rows[dense])
                if base in found or (base == _NO_BASE and buckets.issuperset(keys)):
                    found.add(dense)
        return np.array(sorted(found), np.int64)

    def _parents_of(self, dense: int, checksum: bytes) -> tuple[int, tuple[int, ...]]:
        """What a row with a checksum goes back to, and its buckets; kept, so that who asks again does it quickly."""
        known = self._parents.get(dense)
        if known is None or known[0] != checksum:
            item = self._load(dense)
            known = self._parents[dense] = (checksum, item.base, item.keys) if item else (b"", dense, ())
        return known[1:]

    def _load(self, dense: int) -> Checkpoint | None:
        found = self._db.execute("SELECT body FROM checkpoint WHERE dense=?", (dense,))
        return _unpack(unseal("checkpoint", dense, found[0][0]), dense)[0] if found else None

    def _missing(self, table: str, key: int) -> NoReturn:
        """Raises `Gone`. Where nobody has dropped what is missing, only those are known from now on that can be read:
        all are derived, so the others do."""
        body = self._db.execute("SELECT body FROM manifest WHERE name='store'")
        if body and unseal_object("manifest", "store", body[0][0]).get(KEY, 0) == self._changes:
            self._lost.add((table, key))
            kept = np.isin(self.dense, self.whole(self.dense))
            self._read.clear()
            self.dense, self.runs = self.dense[kept], self.runs[kept]
        raise Gone

    # ------------------------------------------------------------------------------------------- writing

    def write_full(self, dense: int, state: State) -> None:
        """Store a state. The caller holds a write transaction, and says afterwards which checkpoints there are."""
        labels = np.where(state.values != ABSENT, state.labels, 0)
        keys = [self._write_buckets(vector) for vector in (state.values, labels)]
        columns = {
            "size": np.array([len(state.values), BUCKET_PATHS]),
            "values": np.array(keys[0]),
            "labels": np.array(keys[1]),
        }
        self._write("checkpoint", dense, pack_arrays(**columns))

    def write_since(self, dense: int, base: int, effect: Effect) -> None:
        """Store what was done since another checkpoint. As above."""
        placed = effect.placed
        payload = pack_arrays(
            base=np.array([dense - base]),
            path=effect.path,
            value=effect.value,
            placed=placed.path,
            ordinal=placed.label >> LABEL_SHIFT,
            rest=(placed.label & _LOW).astype(np.int32),
        )
        self._write("checkpoint", dense, payload)

    def _write_buckets(self, vector: NDArray[Any]) -> list[int]:
        return [
            self._write_bucket(vector[start : start + BUCKET_PATHS]) for start in range(0, len(vector), BUCKET_PATHS)
        ]

    def _write_bucket(self, part: NDArray[Any]) -> int:
        """The key of a bucket, stored if it is new; 0 for one without anything in it."""
        if not part.any():
            return 0
        key = int.from_bytes(blake3(part.dtype.str.encode() + part.tobytes()).digest(8), "big") >> 1 or 1
        if not self._db.execute("SELECT 1 FROM bucket WHERE hash=?", (key,)):
            whole = part.dtype == np.int32
            columns = {"value": part} if whole else {"ordinal": part >> LABEL_SHIFT, "rest": (part & _LOW).astype("i4")}
            self._write("bucket", key, pack_arrays(**columns))
        return key

    def _write(self, table: str, key: int, payload: bytes) -> None:
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?,?)", (key, seal(table, key, payload)))

    def sweep(self, limit: int = 512) -> bool:
        """Delete checkpoints that are on no list, so many at most; buckets are left to `sweep_buckets`. Whether there
        may be more. The caller holds a write transaction."""
        kept = set(self.dense.tolist()) | {_DIRECTORY}
        stored = [dense for (dense,) in self._db.execute("SELECT dense FROM checkpoint")]
        gone = [dense for dense in stored if dense not in kept][:limit]
        for dense in gone:
            self._db.execute("DELETE FROM checkpoint WHERE dense=?", (dense,))
        return len(gone) == limit

    def sweep_buckets(self, limit: int = 2048) -> bool:
        """Delete buckets that no checkpoint has, so many at most. As above."""
        used = {key for item in map(self._load, self.dense.tolist()) if item is not None for key in item.keys}
        stored = [key for (key,) in self._db.execute("SELECT hash FROM bucket")]
        gone = [key for key in stored if key not in used][:limit]
        for key in gone:
            self._db.execute("DELETE FROM bucket WHERE hash=?", (key,))
        return len(gone) == limit


def _joined(ordinal: NDArray[np.int64], rest: NDArray[np.int32]) -> NDArray[np.int64]:
    return (ordinal << LABEL_SHIFT) | rest


def _unpack(payload: bytes, dense: int) -> tuple[Checkpoint, int]:
    arrays = unpack_arrays(payload)
    nothing = Effect(np.empty(0, np.int32), np.empty(0, np.int32), Placed(np.empty(0, np.int32), np.empty(0, np.int64)))
    if "base" in arrays:
        placed = Placed(arrays["placed"], _joined(arrays["ordinal"], arrays["rest"]))
        effect = Effect(arrays["path"], arrays["value"], placed)
        made = Checkpoint(dense - int(arrays["base"][0]), 0, 0, (), (), effect)
    else:
        values, labels = (tuple(arrays[name].tolist()) for name in ("values", "labels"))
        paths, width = arrays["size"].tolist()
        made = Checkpoint(_NO_BASE, paths, width, values, labels, nothing)
    return made, 200 + sum(array.nbytes for array in arrays.values())
