"""The beginning of every shared history: exact, and the same whether it comes in one go or in parts.

`tests/benchmarks/verify_data.py` looks at all versions.
"""

import json
from itertools import islice
from pathlib import Path

import pytest

from engine import Store
from engine.exchange.lines import LineReader
from tests.exchange import event_oracle

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SNAPSHOTS = sorted((DATA / "snapshots").glob("*.snapshots.jsonl.zst"))
EVENTS = sorted((DATA / "events").glob("*.events.jsonl.zst"))
NAMES = {path: path.name.split(".")[0] for path in [*SNAPSHOTS, *EVENTS]}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data is not at {DATA}")


def beginning(path: Path, lines: int, size: int) -> list[bytes]:
    """The first lines of a file: at least two, then as many as fit."""
    found: list[bytes] = []
    with LineReader(path) as reader:
        for _, line in islice(reader, lines):
            if len(found) >= 2 and sum(map(len, found)) + len(line) > size:
                break
            found.append(line + b"\n")
    return found


def ids(store: Store) -> list[str]:
    return [store.get(dense).id for dense in range(store.graph.count)]


@pytest.mark.parametrize("path", SNAPSHOTS, ids=NAMES.get)
def test_states_come_back_exactly(tmp_path: Path, path: Path) -> None:
    lines = beginning(path, 40, 1 << 18)
    source = tmp_path / "history.jsonl"
    with Store.open(tmp_path / "parts", create=True) as parts, Store.open(tmp_path / "whole", create=True) as whole:
        source.write_bytes(b"".join(lines[: len(lines) // 2]))
        parts.import_from(source)
        source.write_bytes(b"".join(lines))
        parts.import_from(source)
        whole.import_from(source)
        assert ids(parts) == ids(whole)
        for dense, line in enumerate(lines):
            assert json.dumps(parts.at(dense).json()) == json.dumps(json.loads(line)["state"])


@pytest.mark.parametrize("path", EVENTS, ids=NAMES.get)
def test_events_fold_as_the_oracle_says(tmp_path: Path, store: Store, path: Path) -> None:
    lines = beginning(path, 300, 1 << 20)
    source = tmp_path / "events.jsonl"
    source.write_bytes(b"".join(lines))
    store.import_from(source)
    for dense, state in enumerate(event_oracle.states(lines)):
        if dense % 7 == 0 or dense + 1 == len(lines):
            assert json.dumps(store.at(dense).json(), sort_keys=True) == json.dumps(state, sort_keys=True)
