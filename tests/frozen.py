"""Tiny stores of the file format as it is now, kept for good: python -m tests.frozen [--anew]

One has a hot tail behind quick segments, one is compacted as a store that fits into memory, one as a store that does
not (checkpoints, index of paths and of histories). What a reader sees of them stands beside them as JSON. A format
that was released is never written again; `--anew` is for one that was not.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from engine import Store
from engine.model.operations import AT_END, Kind, Rows
from engine.model.paths import encode_step
from engine.model.values import encode
from engine.storage import log
from engine.storage.database import FORMAT
from engine.timeline import compaction, indexing, path_indexing, placing

FOLDER = Path(__file__).parent / "data" / "frozen"
STATUS = ("new", "paid", "packed", "sent")
TIME = 1_700_000_000_000_000


def seen(store: Store) -> dict[str, Any]:
    """All that a reader sees of a store, as JSON has it."""
    moments = range(store.graph.count)
    found = {
        "ids": [store.get(dense).id for dense in moments],
        "handles": [store.handle(dense) for dense in moments],
        "parents": [list(store.get(dense).parents) for dense in moments],
        "texts": [list(store.texts([dense])[0]) for dense in moments],
        "states": [json.loads(store.at(dense).dumps()) for dense in moments],
        "history": [[item.path, str(item.time), repr(item.after)] for item in store.history("$..*", timeline="main")],
        "blame": store.blame("$.text").id,
        "timelines": {item.name: list(item.heads) for item in store.timelines()},
        "tags": store.tags(),
        "actions": [[action.kind, action.text, action.state] for action in store.actions()],
        "source": store.source(b"frozen"),
    }
    return json.loads(json.dumps(found))


def fill(path: Path) -> None:
    """A store with a bit of everything: an import with a merge, commits of every operation, names, undo."""
    with Store.open(path, create=True) as store:
        with store.bulk(b"frozen-1", "import") as writer:
            heads: list[int] = []
            for number in range(40):
                heads = [_imported(writer, number, heads)]
            side = _imported(writer, 40, heads, timeline="side")
            heads = [_imported(writer, 41, [*heads, side])]
            writer.set_source(b"frozen", {"read": 42})
            writer.set_tag("imported", heads[0])
        _commits(store)
        store.branch("what-if", at="imported")
        store.commit([{"op": "put", "path": "$.title", "value": "other"}], timeline="what-if", time=TIME)
        store.tag("v1")
        store.undo()


def _imported(writer: Any, number: int, parents: list[int], timeline: str = "main") -> int:
    rows = Rows()
    known = {"title": f"title {number}", "status": STATUS[number % 4], "code": number % 4}
    for name in ("title", f"é{number % 3}", "status", "code"):
        path = writer.paths.child(0, encode_step(name))
        new = not parents or (name.startswith("é") and number < 3)
        value = writer.values.intern(encode(known.get(name, -number / 8)))
        rows.append(path, Kind.PUT, value, label=AT_END if new else 0)
    message = f"Update to 1.{number}.0" if number % 5 else "Zwischenstand ✓"
    time = TIME + number * 60_000_000
    return int(writer.add(parents=parents, timeline=timeline, time=time, message=message, rows=rows))


def _commits(store: Store) -> None:
    records = [{"id": f"r{n}", "n": n, "none": None, "flag": n % 2 == 0, "deep": [[n], {}]} for n in range(6)]
    text = {"op": "put", "path": "$.text", "value": "0123456789" * 3}
    store.commit([{"op": "put", "path": "$.records", "value": records}, text])
    for number in range(24):
        typed = {"index": number, "delete": number % 3 // 2, "insert": "añ😀"[number % 3]}
        operations: list[dict[str, Any]] = [
            {"op": "increment", "path": "$.count", "delta": number},
            {"op": "add", "path": "$.tags", "value": f"t{number % 5}"},
            {"op": "splice", "path": "$.text", **typed},
            {"op": "put", "path": f"$.records[{number % 6}].n", "value": (number - 9) * 10**number},
        ]
        if number % 6 == 3:
            operations.append({"op": "move", "path": "$.records", "from": 0, "to": 4})
        if number % 8 == 5:
            record = {"id": f"x{number}", "n": 0.1}
            operations.append({"op": "insert", "path": "$.records", "index": 2, "value": record})
        if number % 9 == 7:
            operations.append({"op": "discard", "path": "$.tags", "value": "t1"})
            operations.append({"op": "remove", "path": "$.records[1]"})
        store.commit(operations, author="ana", message=f"commit {number}", time=TIME + number * 1_000_000)


def make(folder: Path) -> None:
    """Write the three stores and what they say."""
    for kind in ("quick", "small", "large"):
        path = folder / f"format-{FORMAT}-{kind}.refactory"
        path.unlink(missing_ok=True)
        log.SEAL_TRANSACTIONS = 16
        fill(path)
        if kind != "quick":
            with Store.open(path) as store:
                if kind == "large":
                    compaction._SMALL_STORE, compaction._TRANSACTIONS[compaction.Effort.BALANCED] = 0, 20
                    indexing.LEAST_ROWS, placing.LEAST_ROWS, placing.STEP_COST = 0, 0, 30
                    placing.LEAST_FULL_ROWS, path_indexing.LEAST_PATHS = 60, 0
                store.compact()
        with Store.open(path, read_only=True) as store:
            text = json.dumps(seen(store), ensure_ascii=True, separators=(",", ":"))
        path.with_suffix(".json").write_text(text + "\n", encoding="ascii")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anew", action="store_true", help="write those of this format again")
    if not parser.parse_args().anew and list(FOLDER.glob(f"format-{FORMAT}-*")):
        print(f"there are stores of format {FORMAT} already; a released format is never written again", file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    make(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
