"""The project's own repository, as it is where the tests run."""

from pathlib import Path

import pytest

from engine import Store
from tests.exchange.merges import unwritten
from tests.exchange.repository import Repository
from tests.exchange.support import by_source, exact, ids

FILES = [f"*.{ending}" for ending in ("json", "yaml", "yml", "toml", "csv", "ini")]
ROOT = Path(__file__).resolve().parents[2]


def test_the_projects_own_repository(store: Store) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git clone")
    result = store.import_from(ROOT, paths=FILES)
    repository = Repository(ROOT)
    assert result.transactions > 0
    for source, dense in by_source(store).items():
        assert exact(store.at(dense).json()) == exact(repository.state(source)), source
        if len(store.get(dense).parents) > 1:
            assert unwritten(store, dense) == []
    state = store.at().json()
    assert state["pyproject.toml"]["project"]["name"] == "refactory"
    before = ids(store)
    assert store.import_from(ROOT, paths=FILES).transactions == 0
    assert ids(store) == before
