"""Names and texts that sources have and a store cannot take as they are: of branches, tags, timelines, authors."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine import Store
from engine.errors import BadInput
from tests.exchange.repository import Repository
from tests.exchange.support import clock, heads, states, write_lines

LONG = "x" * 150 + "/" + "y" * 150


BAD_NAMES: list[dict[str, Any]] = [
    {"tags": ["a~1"]},
    {"tags": ["ok", ""]},
    {"heads": ["a:b"]},
    {"timeline": "a~1"},
    {"timeline": LONG},
    {"timeline": " "},
    {"timeline": "\x07"},
    {"timeline": "\ud800"},
]


@pytest.mark.parametrize("named", BAD_NAMES)
@pytest.mark.parametrize("body", [{"state": 1}, {"entity": "$", "fields": {"n": 1}}, {"ops": []}], ids=" ".join)
def test_a_line_with_a_name_that_cannot_be_is_left_out_as_a_whole(
    store: Store, tmp_path: Path, named: dict[str, Any], body: dict[str, Any]
) -> None:
    records: list[dict[str, Any]] = [{"time": clock(n), "id": f"v{n}", **body} for n in range(3)]
    records[1] |= named
    source = write_lines(tmp_path / "a.jsonl", records)
    with pytest.raises(BadInput, match=r"a\.jsonl:2: .* cannot name a (tag|timeline)"):
        store.import_from(source)
    assert heads(store) == {"main": ("v0",)}
    result = store.import_from(source, skip_bad=True)
    assert (result.transactions, len(result.skipped)) == (1, 1)
    assert (heads(store), store.tags()) == ({"main": ("v2",)}, {})


def git(folder: Path, *stream: bytes) -> Path:
    """A repository from what `git fast-import` reads."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=b"".join(stream), check=True)
    return folder


def commit(
    *, message: bytes = b"m", author: bytes = b"Ana", head: bytes = b"", when: int = 10**9, file: bytes = b"a.json"
) -> bytes:
    committer = b"committer %s <ana@example.invalid> %d +0000\n" % (author, when)
    text = b"data %d\n%s\n" % (len(message), message)
    return b"commit refs/heads/main\n" + committer + head + text + b"M 100644 inline " + file + b"\ndata 1\n1\n"


def point(name: bytes) -> bytes:
    return b"reset refs/" + name + b"\nfrom refs/heads/main\n\n"


def test_branches_and_tags_with_odd_names(store: Store, tmp_path: Path) -> None:
    long = LONG.encode()
    names = [
        b"heads/caf\xe9",
        b"heads/caf\xef",
        b"heads/" + long,
        b"tags/" + long,
        b"tags/v\xe9",
        "heads/späte/😀".encode(),
    ]
    result = store.import_from(git(tmp_path / "git", commit(), *map(point, names)))
    assert result.transactions == 1
    assert {name[:20] for name in store.heads()} == {"main", "caf\ufffd", "caf\ufffd-2", LONG[:20], "späte/😀"}
    assert {name[:20] for name in store.tags()} == {LONG[:20], "v\ufffd"}
    assert store.default_timeline == "main"
    before = store.heads(), store.tags()
    store.import_from(tmp_path / "git")
    assert (store.heads(), store.tags()) == before


def test_a_branch_and_a_tag_of_one_name(store: Store, repository: Repository) -> None:
    first = repository.commit({"a.json": "1"})
    last = repository.commit({"a.json": "2"}, first, branch="main")
    repository.point("v1", last)
    repository.tag("v1", first)
    store.import_from(repository.path)
    assert store.tags() == {"v1": 0}
    assert store.at("v1").json() == {"a.json": 2}  # a timeline comes before a tag


def test_names_that_read_like_moments(store: Store, repository: Repository) -> None:
    tips = {name: repository.commit({"a.json": str(n)}) for n, name in enumerate(["2024-01-01", "deadbeef", "12"])}
    for name, tip in tips.items():
        repository.point(name, tip)
    store.import_from(repository.path)
    for number, name in enumerate(tips):
        assert store.at(name).json() == {"a.json": number}


def test_a_repository_with_nothing_but_a_tag(store: Store, repository: Repository) -> None:
    repository.tag("v1", repository.commit({"a.json": "1"}))
    assert store.import_from(repository.path).transactions == 1
    assert store.at("v1").json() == {"a.json": 1}


@pytest.mark.parametrize(
    ("made", "author", "message"),
    [
        (commit(author=b"Zo\xeb", message=b"caf\xe9"), "Zo\ufffd", "caf\ufffd"),
        (commit(author=b"Zo\xeb", message=b"caf\xe9", head=b"encoding ISO-8859-1\n"), "Zoë", "café"),
        (commit(message=b"caf\xe9", head=b"encoding klingon\n"), "Ana", "caf\ufffd"),
        (commit(author=b""), "ana@example.invalid", "m"),
        (commit(message=b""), "Ana", ""),
    ],
)
def test_texts_in_other_encodings(store: Store, tmp_path: Path, made: bytes, author: str, message: str) -> None:
    store.import_from(git(tmp_path / "git", made))
    assert (store.get(0).author, store.get(0).message) == (author, message)


def test_paths_of_files_are_keys_whatever_they_are(store: Store, tmp_path: Path) -> None:
    files = [b'"../up.json"', b'"caf\\351.json"', b'"a\\nb.json"', b'"a b/$[0].json"']
    store.import_from(git(tmp_path / "git", *(commit(file=file) for file in files)))
    assert list(store.at().json()) == sorted(["../up.json", "caf\udce9.json", "a\nb.json", "a b/$[0].json"])


@pytest.mark.parametrize("when", [0, 253402300800, 9_999_999_999_999])
def test_times_far_away(store: Store, tmp_path: Path, when: int) -> None:
    store.import_from(git(tmp_path / "git", commit(when=when)))
    assert store.get(0).time == min(when * 1_000_000, 2**63 - 1)
    assert states(store) == ['{"a.json": 1}']
