"""git-history (https://github.com/simonw/git-history): the items of one list out of a git repository into SQLite.

What people use today for this very data. It is told where the list and the identity of its items are; what else a
state holds it does not keep.
"""

from pathlib import Path
from typing import Any

from tests.benchmarks.import_vs_git_history import make_inputs, run_git_history


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of its database."""
    import sqlite3

    _, repository, count, _ = make_inputs(folder, None)
    seconds, target = run_git_history(repository, folder)
    with sqlite3.connect(target) as database:
        commits = database.execute("SELECT count(*) FROM commits").fetchone()[0]
    return {"bytes": target.stat().st_size, "seconds": seconds, "exact": None, "versions": count, "commits": commits}
