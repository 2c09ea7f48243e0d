"""Opening stores for commands: to read, to change, and to make where there is none."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import KnownError
from engine.store import Store


@contextlib.contextmanager
def existing(file: str) -> Iterator[Store]:
    """The store, which must be there. Raises `NotFound` or `StoreError`."""
    with Store.open(file) as store:
        yield store


@contextlib.contextmanager
def possibly_new(file: str) -> Iterator[Store]:
    """The store, made if it is missing; one that was made for a change that failed, and is empty, is removed again."""
    path = Path(file).expanduser()
    is_new = "://" not in file and not os.path.lexists(path)
    store = Store.open(file, create=True)
    try:
        yield store
    except BaseException:
        is_new = is_new and _is_empty(store)
        with contextlib.suppress(KnownError):  # the first error is the one to tell
            store.close()
        if is_new:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise
    store.close()


def _is_empty(store: Store) -> bool:
    try:
        store.refresh()
        return not store.graph.count and not store.actions(1)
    except KnownError:
        return False
