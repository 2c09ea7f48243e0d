"""Stores of each file format that there was open, say what they said, and go on."""

import json
import shutil
from pathlib import Path

import pytest

from engine import Store
from tests.frozen import FOLDER, seen

FILES = sorted(FOLDER.glob("*.refactory"))


def test_there_are_some() -> None:
    assert {file.stem.rpartition("-")[2] for file in FILES} == {"large", "quick", "small"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_frozen_store_says_what_it_said(file: Path, tmp_path: Path) -> None:
    path = tmp_path / file.name
    shutil.copy(file, path)
    expected = json.loads(file.with_suffix(".json").read_text(encoding="ascii"))
    with Store.open(path, read_only=True) as store:
        assert seen(store) == expected
    assert path.read_bytes() == file.read_bytes(), "reading changes nothing"
    with Store.open(path) as store:
        store.commit([{"op": "put", "path": "$.later", "value": 1}])
        store.compact()
        assert seen(store)["states"][:-1] == expected["states"]
        assert seen(store)["ids"][:-1] == expected["ids"]
