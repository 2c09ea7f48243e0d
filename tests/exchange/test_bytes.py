"""Values that spell bytes, as they come and go."""

from __future__ import annotations

import json
from pathlib import Path

from engine.store import Store


def test_bytes_become_scalars_and_containers_and_bytes_again(tmp_path: Path) -> None:
    spelled = {"$bytes": "AAEC"}
    states = [
        {"n": spelled, "l": [1]},
        {"n": 2, "l": [spelled]},
        {"n": spelled, "l": [spelled, 1]},
        {"n": {"a": 1}, "l": [2, {"$bytes": "AAED"}]},
        {"n": "text", "l": [[], spelled]},
    ]
    source = tmp_path / "s.jsonl"
    lines = [json.dumps({"time": f"2024-01-0{day}", "state": state}) for day, state in enumerate(states, 1)]
    source.write_text("\n".join(lines) + "\n", "utf-8")
    with Store.open(tmp_path / "s.refactory", create=True) as store:
        store.import_from(source)
        assert [json.loads(store.at(dense).dumps()) for dense in range(len(states))] == states
