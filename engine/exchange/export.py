"""Histories for others: JSON Lines of operations, or of whole states; both can be imported again.

`jsonl`: one transaction a line, `{"time","ops","author","message","id","parents","timeline"}`, where the operations
are those of `commit`, against the state of the first parent. `snapshots`: the same with `"state"` instead of `"ops"`.
Parents come before children and are named by "id": the source's own id where a transaction has one, its handle
otherwise. "tags" and "heads" name what points at a transaction besides its own timeline. A file that ends in `.zst`
or `.gz` is compressed.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from engine.errors import BadInput, Cancelled, StoreError
from engine.exchange.options import Cancel, Progress
from engine.exchange.unfolding import operations_of
from engine.model import times, values

if TYPE_CHECKING:
    from engine.store import Store

FORMATS = ("jsonl", "snapshots")
_LEVEL = 9


def export(
    store: Store,
    file: str | Path,
    *,
    format: str = "jsonl",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> int:
    """Write every transaction that a timeline or tag leads to; returns how many.

    The file appears when it is whole. Raises `BadInput` for an unknown format, `StoreError` where the file cannot be
    written, `Cancelled`.
    """
    if format not in FORMATS:
        raise BadInput(f"unknown format {format!r}; known are {', '.join(FORMATS)}")
    dense = np.flatnonzero(store.reachable()).tolist()
    body = _operations if format == "jsonl" else _state
    names = _Names(store, dense)
    with _replacing(Path(file).expanduser()) as out:
        for done, number in enumerate(dense):
            if cancel is not None and cancel.is_set():
                raise Cancelled(f"stopped; {file} was not written")
            if progress is not None:
                progress(done, len(dense), "transactions")
            record = names.record(number, body(store, number))
            out.write(values.dumps(record).encode() + b"\n")
        if progress is not None:
            progress(len(dense), len(dense), "transactions")
    return len(dense)


def _operations(store: Store, dense: int) -> dict[str, Any]:
    parents = store.get(dense).parents
    return {"ops": operations_of(store, parents[0] if parents else -1, dense)}


def _state(store: Store, dense: int) -> dict[str, Any]:
    return {"state": store.at(dense).json()}


class _Names:
    """How records name transactions, and what points at them."""

    def __init__(self, store: Store, dense: list[int]) -> None:
        self._store = store
        sources = store.sources(dense)
        often = Counter(sources)
        self._ids = {
            number: source if source and often[source] == 1 else store.handle(number)
            for number, source in zip(dense, sources, strict=True)
        }
        self._tags: dict[int, list[str]] = {}
        for name, number in store.tags().items():
            self._tags.setdefault(number, []).append(name)
        self._heads: dict[int, list[str]] = {}
        for timeline in store.timelines():
            for number in timeline.heads:
                self._heads.setdefault(number, []).append(timeline.name)

    def record(self, dense: int, body: dict[str, Any]) -> dict[str, Any]:
        """The record of a transaction."""
        found = self._store.get(dense)
        record = {
            "time": times.format_time(found.time),
            **body,
            "author": found.author,
            "message": found.message,
            "id": self._ids[dense],
            "parents": [self._ids[parent] for parent in found.parents],
            "timeline": found.timeline,
        }
        if dense in self._tags:
            record["tags"] = self._tags[dense]
        heads = [name for name in self._heads.get(dense, ()) if name != found.timeline]
        if heads:
            record["heads"] = heads
        return record


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is complete, and leaves nothing behind when it is not."""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}; choose another place") from None
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with _compressing(path)(raw) as out:
                yield out
            raw.flush()
            os.fsync(raw.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        why = error.strerror or str(error)
        raise StoreError(f"{path}: cannot be written: {why}; make room or choose another place") from None
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _compressing(path: Path) -> Callable[[IO[bytes]], contextlib.AbstractContextManager[Any]]:
    if path.name.endswith(".zst"):
        import zstandard

        return lambda raw: zstandard.ZstdCompressor(level=_LEVEL).stream_writer(raw, closefd=False)
    if path.name.endswith(".gz"):
        # No name and no time in the header: the same history gives the same file.
        return lambda raw: gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0)
    return contextlib.nullcontext


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
