"""ZODB (https://zodb.org) over a FileStorage that is never packed: an OOBTree of leaves, a transaction a version."""

import time
from pathlib import Path
from typing import Any

import transaction
import ZODB
from BTrees.OOBTree import OOBTree
from ZODB.FileStorage import FileStorage

from tests.benchmarks.histories import changes, leaves


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of the file with its index beside it."""
    target = folder / "history.fs"
    database = ZODB.DB(FileStorage(str(target)))
    connection = database.open()
    state = connection.root.state = OOBTree()
    seconds = 0.0
    for snapshot, put, removed in changes(file):
        start = time.perf_counter()
        state.update(put)
        for path in removed:
            del state[path]
        current = transaction.get()
        current.setUser(snapshot.record["author"] or "x")
        current.note(f"{snapshot.record['time']} {snapshot.record['message']}")
        transaction.commit()
        seconds += time.perf_counter() - start
    database.close()
    size = sum(part.stat().st_size for part in folder.glob("history.fs*"))
    again = ZODB.DB(FileStorage(str(target), read_only=True))
    exact = dict(again.open().root.state) == leaves(snapshot.state)
    again.close()
    return {"bytes": size, "seconds": seconds, "exact": exact}
