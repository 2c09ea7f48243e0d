"""`import_source`: whatever a person has, into a store."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput
from engine.exchange.detection import detect_kind
from engine.exchange.options import KINDS, Cancel, ImportResult, Options, Progress
from engine.model.values import MAX_DEPTH

if TYPE_CHECKING:
    from engine.store import Store

_CALLS_PER_LEVEL = 4

__all__ = ["ImportResult", "import_source"]


def import_source(
    store: Store,
    source: str | Path,
    *,
    kind: str | None = None,
    paths: Sequence[str] = (),
    keys: Mapping[str, Sequence[str]] | None = None,
    timeline: str | None = None,
    mapping: Mapping[str, str] | None = None,
    zone: str | None = None,
    time_format: str | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> ImportResult:
    """Import a source: a git repository, a file of snapshots or events, CSV, a folder; again, only what is new in it.

    `keys` gives identity fields by list pattern; the other options are those of 5-api. Raises `BadInput` or
    `NotFound` in one line that says where and what to do; what was imported before stays, in whole transactions.
    """
    began = time.monotonic()
    path = Path(source).expanduser()
    options = Options(
        paths=tuple(paths),
        keys={pattern: tuple(fields) for pattern, fields in (keys or {}).items()},
        timeline=timeline,
        mapping=dict(mapping or {}),
        zone=zone,
        time_format=time_format,
        skip_bad=skip_bad,
        progress=progress,
        cancel=cancel,
    )
    if kind is not None and kind not in KINDS:
        raise BadInput(f"unknown kind {kind!r}; known are {', '.join(KINDS)}")
    result = ImportResult(kind or detect_kind(path, options))
    with _room_to_work():
        _run(store, path, options, result)
    result.seconds = time.monotonic() - began
    return result


@contextlib.contextmanager
def _room_to_work() -> Iterator[None]:
    """The interpreter's settings while an import runs.

    States nested to the limit of the data model take a few calls a level. An import makes many objects and no cycles:
    the collector, which would walk all of them again and again, is called less often (a fifth of the time).
    """
    threshold, depth = gc.get_threshold(), sys.getrecursionlimit()
    gc.set_threshold(100_000, 50, 100)
    sys.setrecursionlimit(max(depth, _CALLS_PER_LEVEL * MAX_DEPTH + 1000))
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        sys.setrecursionlimit(depth)


def _run(store: Store, path: Path, options: Options, result: ImportResult) -> None:
    """Each kind has its own module, which is imported when it is needed."""
    if result.kind == "git":
        from engine.exchange.git import import_git

        import_git(store, path, options, result)
    elif result.kind == "folder":
        from engine.exchange.folder import import_folder

        import_folder(store, path, options, result)
    elif result.kind == "csv":
        from engine.exchange.csv_table import import_csv

        import_csv(store, path, options, result)
    elif result.kind == "events":
        from engine.exchange.events import import_events

        import_events(store, path, options, result)
    else:
        from engine.exchange.snapshots import import_snapshots

        import_snapshots(store, path, options, result)
