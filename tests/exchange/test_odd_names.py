"""Names that are no UTF-8, text with lone surrogates, and patterns that are none."""

import os
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import BadInput
from engine.exchange.globs import Globs
from tests.exchange.support import clock, ids, snapshots, states, write_files, write_lines

ODD = os.fsdecode(b"x\xff")
EVENT = {"time": clock(0), "entity": "e", "fields": {"v": 1}}
MAPPING = {"time": "t"}


def odd_file(folder: Path, kind: str) -> Path:
    """A source of a kind under a name that is not UTF-8."""
    if kind == "snapshots":
        return write_lines(folder / f"{ODD}.jsonl", snapshots([1, 2]))
    if kind == "events":
        return write_lines(folder / f"{ODD}.jsonl", [EVENT])
    if kind == "folder":
        return write_files(folder / ODD, {f"{ODD}.json": '{"a":1}', f"{ODD}2.json": "{", "good.json": "1"})
    name, text = {"table": (f"{ODD}.csv", "id,v\n1,2\n"), "document": (f"{ODD}.yaml", "a: 1")}[kind]
    return write_files(folder, {name: text}) / name


@pytest.mark.parametrize("kind", ["snapshots", "events", "folder", "table", "document"])
def test_a_source_may_have_a_name_that_is_not_utf8(store: Store, tmp_path: Path, kind: str) -> None:
    if os.name == "nt":
        pytest.skip("names are UTF-16 there")
    store.commit([{"op": "put", "path": "$.mine", "value": 1}])
    source = odd_file(tmp_path, kind)
    result = store.import_from(source)
    (name,) = result.timelines
    assert name.startswith("main@x")
    assert result.transactions
    before = ids(store)
    store.import_from(source)
    assert ids(store) == before
    if kind == "folder":
        assert store.at(name).json() == {"good.json": 1, f"{ODD}.json": {"a": 1}}
        assert [item.where for item in result.skipped] == [f"{ODD}2.json"]


@pytest.mark.parametrize(
    "options",
    [
        {"mapping": {"author": ODD}},
        {"keys": {"$.x": (ODD,)}},
    ],
)
def test_options_may_hold_what_was_typed(store: Store, tmp_path: Path, options: dict[str, Any]) -> None:
    store.import_from(write_lines(tmp_path / "a.jsonl", snapshots([{"x": [{"id": 1}]}])), **options)
    assert states(store) == ['{"x": [{"id": 1}]}']


def test_texts_with_lone_surrogates_are_kept(store: Store, tmp_path: Path) -> None:
    lines = [
        f'{{"time":"{clock(hour)}","state":{{"\\ud800":[{{"\\udfff":1,"v":{hour}}},{{"\\udfff":2}}]}},'
        '"author":"a\\ud800","message":"m\\udfff"}'
        for hour in range(3)
    ]
    options: dict[str, Any] = {"keys": {'$["\\ud800"]': ("\udfff",)}}
    for count in (2, 3):
        store.import_from(write_lines(tmp_path / "a.jsonl", lines[:count]), **options)
    assert store.at().json() == {"\ud800": [{"\udfff": 1, "v": 2}, {"\udfff": 2}]}
    assert {(item.author, item.message) for item in store.log()} == {("a\ud800", "m\udfff")}


def test_identity_below_a_name_with_lone_surrogates_goes_on(store: Store, tmp_path: Path) -> None:
    lines = [
        f'{{"time":"{clock(hour)}","state":{{"\\ud800":[{{"id\\udfff":1,"v":{hour}}},{{"id\\udfff":2}}]}}}}'
        for hour in range(3)
    ]
    for count in (1, 2, 3):
        store.import_from(write_lines(tmp_path / "a.jsonl", lines[:count]))
    assert store.at().json() == {"\ud800": [{"id\udfff": 1, "v": 2}, {"id\udfff": 2}]}


@pytest.mark.parametrize("field", ['"timeline":"t\\ud800"', '"tags":["t\\ud800"]', '"heads":["t\\ud800"]'])
@pytest.mark.parametrize("what", ['"state":1', '"entity":"e","fields":{}', '"ops":[]'])
def test_a_timeline_or_tag_with_a_lone_surrogate_is_refused_with_its_line(
    store: Store, tmp_path: Path, field: str, what: str
) -> None:
    lines = [f'{{"time":"{clock(0)}",{what}}}', f'{{"time":"{clock(1)}",{what},{field}}}']
    with pytest.raises(BadInput, match=r"a\.jsonl:2: .*cannot name a"):
        store.import_from(write_lines(tmp_path / "a.jsonl", lines))
    assert store.graph.count == 1


@pytest.mark.parametrize("pattern", ["a[z-a].json", "**/[9-0]*", "[!b-a]"])
def test_a_pattern_that_is_none_is_refused(store: Store, tmp_path: Path, pattern: str) -> None:
    with pytest.raises(BadInput, match="bad character range"):
        Globs([pattern])
    with pytest.raises(BadInput, match="not a pattern"):
        store.import_from(write_files(tmp_path / "folder", {"a.json": "1"}), paths=(pattern,))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("[ab].json", "a.json", "c.json"),
        ("[!ab].json", "c.json", "a.json"),
        ("[]a].json", "].json", "b.json"),
        ("[!]a].json", "b.json", "].json"),
        ("[[a].json", "[.json", "b.json"),
        ("[a&&b].json", "&.json", "c.json"),
        ("[a||b~~].json", "~.json", "c.json"),
        ("[\\d].json", "d.json", "1.json"),
        ("[.json", "[.json", "a.json"),
        ("[].json", "[].json", "a.json"),
        ("[!].json", "!.json", "a.json"),
    ],
)
def test_sets_of_characters(pattern: str, yes: str, no: str) -> None:
    globs = Globs([pattern])
    assert globs.match(yes)
    assert globs.match(f"deep/er/{yes}")
    assert not globs.match(no)
