"""What cannot be read, wherever it stands: one line that names it, and whole versions before and after it."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
import zstandard

from engine import Store
from engine.errors import BadInput
from tests.exchange.repository import Repository
from tests.exchange.support import clock, exact, snapshots, states, write_files, write_lines

DEEP = 300
BAD: dict[str, bytes] = {
    "duplicate key": b'{"a":1,"a":2}',
    "duplicate key, spelled twice": b'{"a":1,"\\u0061":2}',
    "duplicate key, spaced": b'{ "a" : 1 , "b" : 1 , "a" : 1 }',
    "duplicate empty keys": b'{"":{},"":{}}',
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "too large": b"1e400",
    "too small": b"-1e400",
    "leading zero": b"01",
    "plus": b"+1",
    "no digits before the point": b".5",
    "no digits after the point": b"1.",
    "no exponent": b"1e",
    "hexadecimal": b"0x1",
    "half a word": b"nul",
    "a word": b"undefined",
    "unknown escape": b'"\\x41"',
    "half an escape": b'"\\u12"',
    "control character": b'"a\x01b"',
    "no end": b'"open',
    "single quotes": b"'a'",
    "no comma": b"[1 2]",
    "comma at the end of a list": b"[1,]",
    "comma at the end of an object": b'{"a":1,}',
    "no colon": b'{"a" 1}',
    "number as key": b"{1:2}",
    "too many brackets": b"[1]]",
    "comment": b"/* 1 */ 1",
    "invalid UTF-8": b'"\xff"',
    "half a character": b'"\xc3"',
    "overlong character": b'"\xc0\x80"',
    "surrogate in UTF-8": b'"\xed\xa0\x80"',
    "invalid UTF-8 in a key": b'{"\xfe":1}',
    "nested too deep": b"[" * DEEP + b"]" * DEEP,
    "objects nested too deep": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "nested without end": b"[" * 100_000,
    "too many digits": b"9" * 200_001,
}
# Where it stands: the whole state, a leaf, a record's field, a new record, among elements, deep in something new.
PLACES = [
    b"@",
    b'{"n":@}',
    b'{"rows":[{"id":1,"v":@},{"id":2}],"n":1}',
    b'{"rows":[{"id":1,"v":1},{"id":2},{"id":3,"w":@}],"n":1}',
    b'{"rows":[{"id":2},{"id":@}]}',
    b'{"list":[1,2,@,3]}',
    b'{"map":{"k":@}}',
    b'{"fresh":{"a":[[{"b":@}]]},"n":1}',
]
GOOD = {"rows": [{"id": 1, "v": 1}, {"id": 2}], "n": 1, "list": [1, 2, 3], "map": {"k": {"l": 1}}}


def line(state: bytes, number: int = 0) -> bytes:
    return b'{"time":"' + clock(number).encode() + b'","state":' + state + b"}\n"


@pytest.mark.parametrize("what", BAD)
def test_a_bad_line_is_skipped_as_a_whole_wherever_the_fault_is(store: Store, tmp_path: Path, what: str) -> None:
    """Each bad version stands between good ones, which come out as if it were not there."""
    lines, expected = [], []
    for number, place in enumerate(PLACES):
        state = {**GOOD, "number": number}
        lines += [line(json.dumps(state).encode(), number), line(place.replace(b"@", BAD[what]), number)]
        expected.append(exact(state))
    source = tmp_path / "bad.jsonl"
    source.write_bytes(b"".join(lines))
    with pytest.raises(BadInput, match=r"bad\.jsonl:2: ") as caught:
        store.import_from(source)
    assert "\n" not in str(caught.value)
    assert states(store) == expected[:1]
    result = store.import_from(source, skip_bad=True)
    assert [item.where.rpartition(":")[2] for item in result.skipped] == [str(2 * n) for n in range(1, len(PLACES) + 1)]
    assert states(store) == expected


def test_the_line_and_column_are_told(store: Store, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "bad.jsonl", ["", *snapshots([1]), "", '{"time":"2024-02-01","state":{"a":[1,}}'])
    with pytest.raises(BadInput, match=r"bad\.jsonl:4: invalid JSON at column \d+: "):
        store.import_from(source)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"time":"2024-01-01"}', 'there is no "state"'),
        ('{"state":{}}', 'there is no "time"'),
        ('{"time":null,"state":{}}', 'there is no "time"'),
        ('{"time":["2024-01-01"],"state":{}}', '"time" is not text'),
        ('{"time":"2024-01-01","state":{},"author":{}}', '"author" is not text'),
        ('{"time":"2024-01-01","state":{},"parents":"a"}', '"parents" is not a list'),
        ('{"time":"2024-01-01","state":{},"parents":[1]}', '"parents" is not a list of strings'),
        ('{"time":"2024-01-01","time":"2024-01-02","state":{}}', 'duplicate key "time"'),
        ('["time","state"]', "a JSON object is needed here"),
        ("null", "a JSON object is needed here"),
        ("time,state", "invalid JSON"),
    ],
)
def test_a_record_that_is_no_version(store: Store, tmp_path: Path, text: str, why: str) -> None:
    source = write_lines(tmp_path / "bad.jsonl", [*snapshots([{"a": 1}]), text, *snapshots([{"a": 2}])])
    with pytest.raises(BadInput, match=rf"bad\.jsonl:2: .*{why}"):
        store.import_from(source)
    assert store.import_from(source, skip_bad=True).transactions == 1
    assert states(store) == ['{"a": 1}', '{"a": 2}']


def test_every_bad_file_of_a_repository_is_listed(store: Store, repository: Repository) -> None:
    tip = repository.commit({"a.json": "0", "b.json": json.dumps(GOOD)})
    expected, bad = [exact({"a.json": 0, "b.json": GOOD})], []
    for number, what in enumerate(BAD, 1):
        place = PLACES[number % len(PLACES)]
        tip = repository.commit({"a.json": str(number), "b.json": place.replace(b"@", BAD[what])}, tip)
        bad.append(f"{tip[:12]}:b.json")
        expected.append(exact({"a.json": number, "b.json": GOOD}))
    tip = repository.commit({"a.json": "last", "b.json": "[1]"}, tip)
    tip = repository.commit({"a.json": "-1", "b.json": "[1]"}, tip, branch="main")
    result = store.import_from(repository.path)
    assert [item.where for item in result.skipped][: len(bad)] == bad
    assert states(store)[: len(expected)] == expected
    assert store.at().json() == {"a.json": -1, "b.json": [1]}


# ----------------------------------------------------------------------------------------------- compression


def packed(states: list[Any]) -> bytes:
    return b"".join(line(json.dumps(state).encode(), number) for number, state in enumerate(states))


@pytest.mark.parametrize("ending", ["gz", "zst"])
@pytest.mark.parametrize("part", [0.2, 0.9])
def test_a_file_that_was_cut_keeps_what_is_whole(store: Store, tmp_path: Path, ending: str, part: float) -> None:
    chance = random.Random(1)
    versions = [{"n": number, "noise": chance.random()} for number in range(600)]
    whole = gzip.compress(packed(versions)) if ending == "gz" else zstandard.compress(packed(versions))
    source = tmp_path / f"cut.jsonl.{ending}"
    source.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(BadInput, match=rf"cut\.jsonl\.{ending}(:\d+)?: .*get it again"):
        store.import_from(source, kind="snapshots")
    count = store.graph.count
    assert count < len(versions)
    assert not count or store.at(count - 1).json() == versions[count - 1]
    source.write_bytes(whole)
    assert store.import_from(source).transactions == len(versions) - count
    assert store.at().json() == versions[-1]


def test_a_damaged_byte_in_compressed_data_is_told(store: Store, tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(packed([{"n": n} for n in range(1000)])))
    whole[len(whole) // 2] ^= 0xFF
    source = tmp_path / "damaged.jsonl.gz"
    source.write_bytes(whole)
    with pytest.raises(BadInput, match=r"damaged\.jsonl\.gz:\d+: "):
        store.import_from(source)
    assert [json.loads(state)["n"] for state in states(store)] == list(range(store.graph.count))


def test_several_frames_and_members_are_one_file(store: Store, tmp_path: Path, open_store: Any) -> None:
    parts = [line(str(number).encode(), number) for number in range(4)]
    for name, data in {"a.gz": map(gzip.compress, parts), "a.zst": map(zstandard.compress, parts)}.items():
        (tmp_path / name).write_bytes(b"".join(data))
        other = open_store(name)
        other.import_from(tmp_path / name, kind="snapshots")
        assert states(other) == ["0", "1", "2", "3"]


# ---------------------------------------------------------------------------------------------------- limits


def test_numbers_of_many_digits_are_kept(store: Store, tmp_path: Path) -> None:
    digits = ["1" * 4301, "-" + "7" * 100_000, "0." + "3" * 400, "1" + "0" * 400 + ".0e-395"]
    source = write_lines(tmp_path / "a.jsonl", [f'{{"time":"2024-01-01","state":[{",".join(digits)}]}}'])
    store.import_from(source)
    assert store.at().dumps() == f"[{digits[0]},{digits[1]},{float(digits[2])!r},{float(digits[3])!r}]"


def test_what_is_just_not_too_deep_is_kept(store: Store, tmp_path: Path) -> None:
    state: Any = 1
    for number in range(250):
        state = [state] if number % 2 else {"k": state}
    store.import_from(write_lines(tmp_path / "a.jsonl", snapshots([state, [], state])))
    assert states(store) == [exact(state), "[]", exact(state)]


def test_going_on_from_numbers_of_many_digits(store: Store, tmp_path: Path) -> None:
    """What the store holds is written out to be compared with what comes next."""
    digits = "1203" * 1300
    lines = [f'{{"time":"2024-01-0{day}","state":{{"a":[{digits},{{"b":-{digits}}}],"n":{day}}}}}' for day in (1, 2, 3)]
    lines.append(f'{{"time":"2024-01-04","state":{{"a":[{digits},{{"b":-{digits}}},1],"n":4}}}}')
    store.import_from(write_lines(tmp_path / "a.jsonl", lines[:1]))
    for count in (2, 3, 4):
        assert store.import_from(write_lines(tmp_path / "a.jsonl", lines[:count])).transactions == 1
    assert store.at().dumps() == f'{{"a":[{digits},{{"b":-{digits}}},1],"n":4}}'
    assert [change.path for change in store.changes_of(1)] == ["$.n"]


LAUGHS = "\n".join(["a0: &a0 [x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)])


def test_aliases_that_unfold_without_end_are_skipped_in_a_folder_and_a_repository(
    store: Store, tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.exchange.formats.MAX_NODES", 50_000)
    files = {"bomb.yaml": LAUGHS, "self.yaml": "a: &a [*a]", "good.yaml": "b: &b [1, 2]\nc: [*b, *b]"}
    first = repository.commit(files, branch="main")
    result = store.import_from(repository.path)
    assert [item.where for item in result.skipped] == [f"{first[:12]}:bomb.yaml", f"{first[:12]}:self.yaml"]
    assert "unfold to more than 50000 values" in result.skipped[0].why
    assert store.at().json() == {"good.yaml": {"b": [1, 2], "c": [[1, 2], [1, 2]]}}
    result = store.import_from(write_files(tmp_path / "folder", files))
    assert [item.where for item in result.skipped] == ["bomb.yaml", "self.yaml"]


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.exchange.lines.MAX_LINE", 1 << 20)
    for name, compress in {"bomb.jsonl.gz": gzip.compress, "bomb.jsonl.zst": zstandard.compress}.items():
        source = tmp_path / name
        source.write_bytes(compress(line(b"1") + b'{"time":"2024-01-02","state":"' + b"a" * (32 << 20) + b'"}\n'))
        assert source.stat().st_size < 100_000
        with pytest.raises(BadInput, match=rf"{name}:2: the line is longer than 1 MiB"):
            store.import_from(source)
    assert states(store) == ["1"]


def test_files_that_are_too_large_are_skipped(
    store: Store, tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("formats", "folder", "git_files"):
        monkeypatch.setattr(f"engine.exchange.{module}.MAX_BYTES", 1 << 20)
    files = {"big.json": json.dumps("x" * (1 << 20)), "small.json": "1"}
    repository.commit(files, branch="main")
    for source in (repository.path, write_files(tmp_path / "folder", files)):
        (skipped,) = store.import_from(source).skipped
        assert skipped.where.endswith("big.json")
        assert skipped.why == "the file is larger than 1 MiB"
    assert store.at("main").json() == {"small.json": 1}
