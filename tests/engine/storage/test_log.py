"""The log: what is asked while the tail becomes a segment."""

from pathlib import Path

import pytest

from engine import Store
from engine.storage.parts import Parts
from engine.storage.segment_directory import SegmentDirectory


def test_the_tail_may_become_a_segment_while_a_row_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path / "store", create=True) as store:
        for number in range(6):
            store.commit([{"op": "put", "path": "$.k", "value": number}])
        core, log, now = store._core, store._core.log, Parts.directory.fget
        expected = [log.after_row(row) for row in range(log.row_count + 1)]
        assert now is not None

        def sealed_meanwhile(self: Parts) -> SegmentDirectory:
            found = now(self)
            monkeypatch.undo()
            with core.writing():
                log.write_segment()
            return found

        monkeypatch.setattr(Parts, "directory", property(sealed_meanwhile))
        assert log.after_row(3) == expected[3]
        assert log.sealed == 6
        assert [log.after_row(row) for row in range(log.row_count + 1)] == expected
