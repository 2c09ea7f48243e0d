"""A fault on the first line is told as one, not as a file of unknown kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.store import Store


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('\n{"time": oops}\n', "s.jsonl:2: invalid JSON"),
        ('{"time":"2024-01-01","state":{"a":NaN}}\n', "s.jsonl:1: NaN is not"),
        ('{"time":"2024","state":' + "[" * 3000 + "]" * 3000 + "}\n", "s.jsonl:1: JSON is nested deeper"),
    ],
)
def test_the_first_line_is_at_fault(tmp_path: Path, text: str, said: str) -> None:
    source = tmp_path / "s.jsonl"
    source.write_text(text, "utf-8")
    with Store.open(tmp_path / "s.refactory", create=True) as store:
        with pytest.raises(BadInput) as caught:
            store.import_from(source)
        assert said in str(caught.value)
        assert store.graph.count == 0
