"""What a store keeps of its own use."""

from pathlib import Path

import apsw
import pytest

from engine import Store
from engine.errors import CorruptStore
from engine.metrics import Histogram
from engine.metrics.queries import by_kind
from engine.storage import statistics


def put(path: str, value: object) -> list[dict[str, object]]:
    return [{"op": "put", "path": path, "value": value}]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.refactory"
    with Store.open(path, create=True) as store:
        store.commit(put("$.a", {"b": 1, "c": [1, 2]}))
        store.commit(put("$.a.b", 2))
    return path


def counts(store: Store) -> dict[str, int]:
    """Answers by kind, as kept and since."""
    histograms, _ = store._core.statistics.read()
    return {kind: histogram.count for kind, histogram in by_kind(histograms).items()}


def test_every_kind_of_question_is_counted(file: Path) -> None:
    with Store.open(file) as store:
        before = counts(store)
        store.at(0)["$.a.b"]
        list(store.diff(0, 1))
        list(store.history("$.a.b"))
        list(store.log())
        store.blame("$.a.b")
        store.commit(put("$.a.b", 3))
        now = counts(store)
        keys = store._core.statistics.read()[0].keys()
    new = {kind: now[kind] - before.get(kind, 0) for kind in now}
    assert {kind: new[kind] for kind in ("value", "diff", "history", "log", "blame", "commit")} == dict.fromkeys(
        ("value", "diff", "history", "log", "blame", "commit"), 1
    )
    assert new["state"] >= 2
    assert {("value", "$.a"), ("diff", "$"), ("history", "$.a"), ("blame", "$.a"), ("open", "")} <= keys


def test_counts_are_kept_and_those_of_two_processes_add_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MANY", 1)
    one, other = Store.open(file), Store.open(file)
    started = counts(one).get("value", 0)
    for store in (one, other, other):
        store.at()["$.a"]
    one.close()
    other.close()
    assert [item.name for item in file.parent.iterdir()] == [file.name]
    with Store.open(file) as store:
        assert counts(store)["value"] == started + 3
        _, cache = store._core.statistics.read()
        assert cache.misses > 0


@pytest.mark.parametrize(("read_only", "questions"), [(True, 2 * statistics.MANY), (False, statistics.MANY // 4)])
def test_who_may_not_write_or_asked_little_leaves_the_file_as_it_was(
    file: Path, read_only: bool, questions: int
) -> None:
    content = file.read_bytes()
    with Store.open(file, read_only=read_only) as store:
        for _ in range(questions):
            store.at().json()
            store.at()["$.a.b"]
        store.close()  # and once more when the block ends
    assert file.read_bytes() == content


def test_a_long_look_is_kept(file: Path) -> None:
    with Store.open(file) as store:
        for _ in range(statistics.MANY):
            store.at()["$.a"]
    with Store.open(file) as store:
        assert counts(store)["value"] >= statistics.MANY


def test_who_wrote_keeps_also_what_was_asked_before(file: Path) -> None:
    with Store.open(file) as store:
        started = counts(store)["commit"]
        store.commit(put("$.a.b", 3))
    with Store.open(file) as store:
        assert counts(store)["commit"] == started + 1


def test_nobody_waits_to_keep_counts(file: Path) -> None:
    with Store.open(file) as writer, writer._core.db.hold():
        reader = Store.open(file)
        reader._core._wrote = True
        before = counts(reader).get("value", 0)
        reader.at()["$.a"]
        reader.close()
    with Store.open(file) as store:
        assert counts(store).get("value", 0) == before


def test_a_commit_takes_along_what_waits_for_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "PAUSE", -1.0)
    with Store.open(file) as store, Store.open(file) as other:
        before = counts(other).get("value", 0)
        store.at()["$.a"]
        assert counts(other).get("value", 0) == before
        store.commit(put("$.a.b", 4))
        assert counts(other)["value"] == before + 1
        assert counts(store)["value"] == before + 1


def test_counts_of_a_change_that_fails_wait_for_the_next(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "PAUSE", -1.0)
    with Store.open(file) as store:
        before = counts(store).get("value", 0)
        store.at()["$.a"]
        with monkeypatch.context() as patch:
            execute = store._core.db.execute

            def fail(sql: str, *rest: object) -> list[object]:
                if sql == "COMMIT":
                    raise OSError("no")
                return execute(sql, *rest)  # type: ignore[arg-type]

            patch.setattr(store._core.db, "execute", fail)
            with pytest.raises(OSError, match="no"):
                store.tag("v1")
        assert counts(store)["value"] == before + 1


def test_damage_is_named_and_hinders_no_commit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "PAUSE", -1.0)
    connection = apsw.Connection(str(file))
    connection.execute("UPDATE statistic SET body=x'00'")
    connection.close()
    with Store.open(file) as store:
        store.commit(put("$.a.b", 5))
        with pytest.raises(CorruptStore, match="statistic queries"):
            store._core.statistics.read()


def test_however_many_prefixes_were_asked_for_the_row_is_small(file: Path) -> None:
    with Store.open(file) as store:
        for number in range(400):
            store._core.db.metrics.record("value", f"$.key{number}", 1e-6 * 2 ** (number % 20))
    with Store.open(file) as store:
        ((size,),) = store._core.db.execute("SELECT length(body) FROM statistic")
        assert size < 16_000
        assert counts(store)["value"] >= 400
        assert isinstance(store._core.statistics.read()[0]["open", ""], Histogram)
