"""git's best pack: one commit a version, the state as people would keep it in git (indented JSON, CSV, a folder)."""

import csv
import io
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.histories import FOLDERS, TABLES, Snapshot, name_of, read

REPACK = ["-c", "pack.threads=2", "-c", "pack.windowMemory=2g", "repack", "-adfq", "--depth=50", "--window=250"]


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of the pack without its index, commits and trees included."""
    repository = folder / "history.git"
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}

    def git(*arguments: str) -> bytes:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, check=True, capture_output=True, env=environment).stdout

    subprocess.run(["git", "init", "-q", "--bare", str(repository)], check=True, env=environment)
    command = ["git", "-C", str(repository), "fast-import", "--quiet"]
    importer = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    assert importer.stdin is not None
    documents: dict[str, bytes] = {}
    for place, snapshot in enumerate(read(file)):
        after = dict(_documents(name_of(file), snapshot.state))
        importer.stdin.write(commit(snapshot, place, documents, after))
        documents = after
    importer.stdin.close()
    if importer.wait():
        raise SystemExit("git fast-import failed")
    git(*REPACK)
    exact = all(git("show", f"main:{name}") == body for name, body in documents.items())
    sizes = {
        suffix: sum(p.stat().st_size for p in repository.glob(f"objects/pack/*.{suffix}")) for suffix in ("pack", "idx")
    }
    return {"bytes": sizes["pack"], "index_bytes": sizes["idx"], "exact": exact}


def _documents(name: str, state: Any) -> Iterator[tuple[str, bytes]]:
    """The files of a state."""
    if name in FOLDERS:
        yield from ((file, indented(document)) for file, document in state.items())
    elif name in TABLES:
        yield "state.csv", _table(state)
    else:
        yield "state.json", indented(state)


def indented(state: Any) -> bytes:
    """JSON with two blanks a level."""
    return msgspec.json.format(msgspec.json.encode(state), indent=2)


def _table(rows: list[dict[str, Any]]) -> bytes:
    header = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([row.get(key, "") for key in header] for row in rows)
    return text.getvalue().encode()


def commit(snapshot: Snapshot, place: int, before: dict[str, bytes], after: dict[str, bytes]) -> bytes:
    """One commit in the language of git fast-import. `place` stands for a time that is none."""
    said = snapshot.record
    try:
        moment = datetime.fromisoformat(said["time"])
        stamp = f"{max(int(moment.timestamp()), 0)} {moment.strftime('%z') or '+0000'}"
    except ValueError:
        stamp = f"{place} +0000"
    who = f"{said['author'] or 'x'} <x@example.invalid> {stamp}\n".encode()
    message = said["message"].encode()
    parts = [b"commit refs/heads/main\nauthor ", who, b"committer ", who, b"data %d\n%s\n" % (len(message), message)]
    parts += [b"D %s\n" % name.encode() for name in before if name not in after]
    for name, body in after.items():
        if before.get(name) != body:
            parts.append(b"M 644 inline %s\ndata %d\n%s\n" % (name.encode(), len(body), body))
    return b"".join(parts)
