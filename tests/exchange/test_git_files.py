"""Files of commits that are large, or that turn out late to be no JSON."""

from typing import Any

import pytest

from engine import Store
from engine.errors import InvalidValue
from engine.exchange.git_files import Files
from engine.exchange.globs import Globs
from tests.exchange.repository import Repository


def test_what_was_too_large_to_keep_is_listed_all_the_same(
    store: Store, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.exchange.git_files._CACHE_BYTES", 20)
    twice = '{"deep": {"key": 1, "key": 2}, "more": "%s"}'
    files = {"a.json": twice % ("a" * 30), "b.json": '{"b": "0123456789"}', "c.json": twice % "", "d.json": "[1]"}
    first = repository.commit(files, branch="main")
    repository.commit({**files, "d.json": "[2]"}, first, branch="main")
    result = store.import_from(repository.path)
    assert [item.where for item in result.skipped] == [f"{first[:12]}:a.json", f"{first[:12]}:c.json"]
    assert all("duplicate key" in item.why for item in result.skipped)
    assert store.at().json() == {"b.json": {"b": "0123456789"}, "d.json": [2]}


class _Header:
    """A repository that tells sizes only."""

    def __init__(self, repository: Any) -> None:
        self.odb = repository.odb

    def __getitem__(self, blob: str) -> Any:
        raise AssertionError("the blob was unfolded")


def test_the_size_is_asked_before_a_blob_is_unfolded(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.exchange.git_files.MAX_BYTES", 1 << 20)
    blob = repository.git.create_blob(b" " * (1 << 21))
    files = Files(_Header(repository.git), Globs([]), "")
    with pytest.raises(InvalidValue, match="larger than 1 MiB"):
        files.read("a.json", str(blob))
