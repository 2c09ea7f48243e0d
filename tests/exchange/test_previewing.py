"""A look at a source before it is imported."""

import os
from pathlib import Path

import pytest

from engine.errors import BadInput, Cancelled, NotFound
from engine.exchange import preview
from engine.model.times import parse_time
from tests.exchange.repository import Repository
from tests.exchange.support import clock, snapshots, write_lines
from tests.exchange.test_going_on import STATES, StopAfter
from tests.exchange.test_tables_and_folders import CHANGES, write
from tests.exchange.test_xes import LOG


def test_snapshots(tmp_path: Path) -> None:
    lines = snapshots(STATES * 3)
    lines[5]["timeline"] = "dev"
    found = preview(write_lines(tmp_path / "h.jsonl.zst", lines))
    assert (found.kind, found.versions, found.looked_at, found.timelines) == ("snapshots", 90, 40, 2)
    assert (found.first, found.last) == (parse_time(clock(0)), parse_time(clock(89)))
    assert found.fields == ["rows", "n"]
    assert found.identity == {"$.rows[*]": ["id"]}
    assert found.problems == []


def test_problems_at_the_beginning_are_told(tmp_path: Path) -> None:
    lines = [*snapshots(STATES[:2]), '{"time":"2024-01-01","state":{"a" 1}}']
    found = preview(write_lines(tmp_path / "h.jsonl", lines))
    assert (found.versions, found.looked_at) == (3, 2)
    assert found.problems == [("h.jsonl:3", "invalid JSON at column 35: Expecting ':' delimiter")]


def test_a_cut_file(tmp_path: Path) -> None:
    lines = [{**record, "message": f"{n} {os.urandom(3000).hex()}"} for n, record in enumerate(snapshots(STATES * 3))]
    source = write_lines(tmp_path / "h.jsonl.zst", lines)
    source.write_bytes(source.read_bytes()[:-5])
    found = preview(source)
    assert found.versions is None
    assert "the compressed file ends in the middle" in found.problems[-1][1]


def test_events(tmp_path: Path) -> None:
    events = [{"time": clock(n), "entity": "e", "fields": {"n": n}} for n in range(5)]
    found = preview(write_lines(tmp_path / "e.jsonl", events))
    assert (found.kind, found.versions, found.fields) == ("events", 5, ["time", "entity", "fields"])
    (tmp_path / "log.xes").write_text(LOG)
    found = preview(tmp_path / "log.xes")
    assert (found.kind, found.versions, found.first) == ("events", 3, parse_time("2020-01-01T09:00Z"))


def test_tables(tmp_path: Path) -> None:
    found = preview(write(tmp_path / "t.csv", "id,n\n1,a\n2,b\n"))
    assert (found.kind, found.versions, found.fields, found.identity) == ("csv", 1, ["id", "n"], {"$[*]": ["id"]})
    found = preview(write(tmp_path / "log.csv", CHANGES))
    assert (found.versions, found.first, found.last) == (3, parse_time("2024-01-01"), parse_time("2024-01-03"))
    found = preview(write(tmp_path / "odd.csv", "time,entity\nsoon,x\n"))
    assert found.problems[0][0] == "odd.csv:2"


def test_folders(tmp_path: Path) -> None:
    write(tmp_path / "c" / "a.json", '[{"id":1},{"id":2}]')
    write(tmp_path / "c" / "b.yaml", "a: [")
    found = preview(tmp_path / "c")
    assert (found.kind, found.paths, found.identity) == ("folder", ["a.json"], {'$["a.json"][*]': ["id"]})
    assert [where for where, _ in found.problems] == ["b.yaml"]


def test_repositories(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    first = repository.commit({"a.json": '{"v":[{"id":1},{"id":2}]}'}, branch="main")
    repository.commit({"a.json": "{", "b.yml": "x: 1"}, first, branch="main")
    found = preview(tmp_path / "r")
    assert (found.kind, found.versions, found.timelines, found.paths) == ("git", 2, 1, ["a.json", "b.yml"])
    assert found.problems[0][0].endswith(":a.json")
    assert preview(tmp_path / "r", paths=("b.yml",)).fields == ["x"]


def test_looking_can_be_stopped_and_tells_progress(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "h.jsonl", snapshots(STATES))
    with pytest.raises(Cancelled, match="nothing was imported"):
        preview(source, cancel=StopAfter(3))
    seen: list[str] = []
    preview(source, progress=lambda done, total, unit: seen.append(unit))
    assert set(seen) == {"bytes"}


def test_what_cannot_be_imported_at_all(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        preview(tmp_path / "nothing")
    with pytest.raises(BadInput, match="is not a git repository"):
        preview(tmp_path, kind="git")
    with pytest.raises(BadInput, match="unknown kind"):
        preview(write(tmp_path / "x", "x"), kind="xml")
    Repository(tmp_path / "r")
    with pytest.raises(BadInput, match="has no commits yet"):
        preview(tmp_path / "r")
