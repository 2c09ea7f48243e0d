"""Builds `resources/sample.refactory`: the real history of Atom's package.json, with real branches and merges.

Usage: python packaging/make_sample.py DATA resources/sample.refactory

DATA is a folder with `snapshots/atom-package-json.snapshots.jsonl.zst` (every version of the file on the main branch)
and `merges/atom.merges.jsonl.zst` (base, ours, theirs and result of merges where both sides changed it). A merge is
put where its base and one of its sides are versions of the main branch; the other side becomes one transaction on a
branch of its own (the commits in between are not in the data), at the time of the merge.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from engine import Store
from engine.model import values

FIRST = "2017-06"
RELEASE = re.compile(r"1\.\d+\.0\Z")


def main(data: Path, target: Path) -> None:
    """Build the sample and say what it holds."""
    snapshots = [row for row in _rows(data / "snapshots/atom-package-json.snapshots.jsonl.zst") if row["time"] >= FIRST]
    merges = [row for row in _rows(data / "merges/atom.merges.jsonl.zst") if row["path"] == "package.json"]
    places = {_same(row["state"]): place for place, row in enumerate(snapshots)}
    before: dict[int, list[dict[str, Any]]] = {}
    for merge in sorted(merges, key=lambda row: str(row["time"])):
        _add_merge(merge, snapshots, places, before)
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "atom-package-json.jsonl"
        lines = []
        for place, row in enumerate(snapshots):
            main_row = {**row, "timeline": "main", "id": row["commit"]}
            main_row.setdefault("parents", [snapshots[place - 1]["commit"]] if place else [])
            main_row.pop("commit")
            for each in [main_row, *before.get(place, [])]:
                lines.append(values.dumps(each))
        source.write_text("\n".join(lines) + "\n", "utf-8")
        with Store.open(target, create=True) as store:
            print(store.import_from(source, kind="snapshots"))
            _tag_releases(store)
    print(target, target.stat().st_size, "bytes")


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with open(file, "rb") as raw:
        stream = zstandard.ZstdDecompressor(max_window_size=1 << 28).stream_reader(raw)
        for line in io.BufferedReader(stream):
            yield json.loads(line)


def _same(state: Any) -> str:
    return json.dumps(state, sort_keys=True)


def _add_merge(
    merge: dict[str, Any],
    snapshots: list[dict[str, Any]],
    places: dict[str, int],
    after: dict[int, list[dict[str, Any]]],
) -> None:
    """Put a merge into the history, if the main branch holds its base and one side."""
    at = {side: places.get(_same(merge[side])) for side in ("base", "ours", "theirs", "result")}
    base, commit = at["base"], str(merge["merge_commit"])[:12]
    if base is None:
        return
    name = f"branch-{commit[:7]}"
    branch = {"time": merge["time"], "author": "", "timeline": name, "id": f"{commit}-side"}
    ours, theirs, result = at["ours"], at["theirs"], at["result"]
    if ours is not None and result is not None and theirs is None and base <= ours < result:
        if "parents" in snapshots[result]:
            return
        state, message = merge["theirs"], f"What the branch held when {commit} merged it"
        where = result - 1
        snapshots[result]["parents"] = [snapshots[result - 1]["commit"], branch["id"]]
        side = {**branch, "message": message, "parents": [snapshots[base]["commit"]], "state": state}
        after.setdefault(where, []).append(side)
    elif theirs is not None and ours is None and result is None and theirs >= base:
        message = f"What the branch held when {commit} merged the main branch into it"
        side = {**branch, "message": message, "parents": [snapshots[base]["commit"]], "state": merge["ours"]}
        both = {
            **branch,
            "id": commit,
            "message": f"Merge of the main branch ({commit})",
            "parents": [side["id"], snapshots[theirs]["commit"]],
            "state": merge["result"],
        }
        after.setdefault(theirs, []).extend([side, both])


def _tag_releases(store: Store) -> None:
    """Tag the first version of the main branch that carries each release number."""
    seen: set[str] = set()
    for entry in store.history("$.version", timeline="main"):
        version = str(entry.after)
        if RELEASE.match(version) and version not in seen:
            seen.add(version)
            store.tag(f"v{version}", entry.transaction)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
