"""What others need for the same history. A module each, with `measure(file, folder)`; see `run`.

A rival runs in a process of its own (two SQLite libraries in one process would be in each other's way, and memory is
told per process). Its figures are kept in out/bench/cache by the bytes of the history, the code of the rival and the
version of the package that it stands on.
"""

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.benchmarks.report import ROOT

CACHE = ROOT / "out" / "bench" / "cache"
Measure = Callable[[Path, Path], dict[str, Any]]


@dataclass(frozen=True)
class Rival:
    """A rival by its name: the module that measures it, the package that it needs (None: nothing), what it is."""

    name: str
    module: str
    package: str | None
    text: str
    every: bool = False
    """Whether it is quick enough to be measured on every history, however large."""


RIVALS = {
    rival.name: rival
    for rival in (
        Rival("zstd", "zstd", None, "zstd of the JSON Lines, -3 and -19 --long=27 solid", True),
        Rival("git", "git", None, "git, one commit a version, repack -adf --depth=50 --window=250", True),
        Rival("patch", "patch", None, "JSON Patch (RFC 6902) between versions, zstd -19 --long=27", True),
        Rival("doltlite", "doltlite_rows", "doltlite", "DoltLite, a row per leaf, a Dolt commit a version, dolt_gc"),
        Rival("loro", "loro_map", "loro", "Loro, a map of leaves, a commit a version, snapshot"),
        Rival("pycrdt", "pycrdt_map", "pycrdt", "pycrdt (Yrs), a map of leaves, nothing collected"),
        Rival("zodb", "zodb_tree", "ZODB", "ZODB FileStorage, an OOBTree of leaves, a transaction a version"),
        Rival("git-history", "git_history", "git-history", "git-history, items of the one list, from git"),
    )
}


def installed(rival: Rival) -> bool:
    """Whether what a rival stands on is there."""
    if rival.package is None:
        return True
    try:
        importlib.metadata.version(rival.package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def run(rival: Rival, file: Path, fresh: bool = False) -> tuple[dict[str, Any], bool]:
    """A rival's figures for a history, and whether they were measured now (rather than remembered).

    `bytes` is what it stores, `exact` whether its last state is the history's; `error` alone where it failed.
    """
    kept = CACHE / f"{rival.name}-{file.name.split('.')[0]}-{_mark(rival, file)}.json"
    if kept.exists() and not fresh:
        return json.loads(kept.read_text(encoding="utf-8")), False
    figures = measured(rival.module, file)
    if "error" not in figures:
        CACHE.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(figures) + "\n", encoding="utf-8")
    return figures, True


def measured(module: str, file: Path) -> dict[str, Any]:
    """Run one module of this package on a history, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.rivals", module, str(file)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["no word"])[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def _mark(rival: Rival, file: Path) -> str:
    here = Path(__file__).parent
    code = [here / f"{rival.module}.py", here.parent / "histories.py"]
    version = importlib.metadata.version(rival.package) if rival.package else ""
    parts = [_digest(file), *(_digest(part) for part in code), version.encode()]
    return blake2b(b"".join(parts), digest_size=8).hexdigest()


@cache
def _digest(file: Path) -> bytes:
    return blake2b(file.read_bytes(), digest_size=8).digest()
