"""What is going on when something fails: generators that stop at every moment where a change is acknowledged."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine import Store
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.timeline.bulk import BulkWriter

Workload = Callable[[Path], Iterator[None]]


def snapshot(path: Path) -> dict[str, Any] | None:
    """All that a reader sees of a store; None where there is none."""
    if not path.exists():
        return None
    with Store.open(path, read_only=True) as store:
        transactions = list(store.log())
        return {
            "states": {item.name: store.at(None, item.name).json() for item in store.timelines()},
            "all": [store.at(dense).json() for dense in range(store.graph.count)],
            "log": [(item.dense, item.parents, item.message) for item in transactions],
            "ids": len({item.id for item in transactions}),
            "timelines": [(item.name, item.heads, item.transactions) for item in store.timelines()],
            "tags": store.tags(),
            "actions": [(action.kind, action.state) for action in store.actions()],
            "history": [(entry.path, entry.after) for entry in store.history("$..*")] if transactions else [],
            "sources": [store.source(name) for name in (b"source", b"other")],
        }


def commits(path: Path) -> Iterator[None]:
    """A new store, commits on two timelines with new paths and values, a segment now and then."""
    with Store.open(path, create=True) as store:
        yield
        for number in range(7):
            operations = [
                {"op": "put", "path": f"$.k{number}", "value": {"n": number, "text": f"value {number}" * 20}},
                {"op": "increment", "path": "$.count", "delta": 1},
            ]
            store.commit(operations, timeline=("main", "side")[number % 3 == 2], message=f"commit {number}")
            yield


def names(path: Path) -> Iterator[None]:
    """Names that move, and actions taken back and made again."""
    with Store.open(path, create=True) as store:
        yield
        store.commit([{"op": "put", "path": "$.a", "value": 1}])
        yield
        for change in (
            lambda: store.branch("side"),
            lambda: store.tag("v1"),
            lambda: store.rename_branch("side", "other"),
            lambda: store.undo(),
            lambda: store.redo(),
            lambda: store.delete_tag("v1"),
            lambda: store.delete_branch("other"),
            lambda: store.undo(),
            lambda: store.commit([{"op": "put", "path": "$.b", "value": 2}], timeline="other"),
        ):
            change()
            yield


def add(writer: BulkWriter, number: int, parents: list[int]) -> int:
    """A transaction as an importer writes it."""
    rows = Rows()
    for name in (f"k{number}", "last"):
        path = writer.paths.child(0, encode_step(name))
        new = name != "last" or not parents
        rows.append(path, Kind.PUT, writer.values.intern(encode(f"{name} {number}" * 9)), label=AT_END if new else 0)
    return writer.add(parents=parents, timeline="main", time=number, message=f"import {number}", rows=rows)


def imports(path: Path) -> Iterator[None]:
    """A store filled by an importer in several flushes, and a commit after it."""
    with Store.open(path, create=True) as store:
        yield
        with store.bulk(b"importer", "import") as writer:
            parents: list[int] = []
            for number in range(12):
                parents = [add(writer, number, parents)]
                if number % 4 == 3:
                    writer.set_source(b"source", {"read": number})
                    writer.set_tag(f"v{number}", parents[0])
                    writer.flush()
                    yield
        store.commit([{"op": "put", "path": "$.own", "value": "mine"}], message="after the import")
        yield


def reopening(path: Path) -> Iterator[None]:
    """A store that is closed and opened again between its changes, so that its log is taken in every time."""
    Store.open(path, create=True).close()
    yield
    for number in range(4):
        with Store.open(path) as store:
            store.commit([{"op": "put", "path": f"$.k{number}", "value": "x" * 9000}], message=f"commit {number}")
            yield


def checkpoints(path: Path) -> Iterator[None]:
    """Large commits, so that the log beside the file is taken in while the store is open."""
    with Store.open(path, create=True) as store:
        yield
        for number in range(5):
            store.commit([{"op": "put", "path": f"$.k{number % 2}", "value": str(number) * 30_000}])
            yield


def compactions(path: Path) -> Iterator[None]:
    """Segments of an import and of commits written anew, in a store that goes on after it."""
    with Store.open(path, create=True) as store:
        yield
        with store.bulk(b"importer", "import") as writer:
            parents: list[int] = []
            for number in range(6):
                parents = [add(writer, number, parents)]
                if number % 3 == 2:
                    writer.flush()
                    yield
        for number in range(2):
            store.commit([{"op": "put", "path": f"$.own{number}", "value": "mine " * 20}], message=f"own {number}")
            yield
            # Nothing that a reader sees: it may be done or not, whatever fails.
            store.compact()


WORKLOADS: dict[str, Workload] = {
    work.__name__: work for work in (commits, names, imports, reopening, checkpoints, compactions)
}
