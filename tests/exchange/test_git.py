"""A git repository: every commit's state is what its files say, with the parents, branches and tags that it has."""

import json
from pathlib import Path

import pytest

from engine import Store
from engine.errors import BadInput
from tests.exchange.repository import Repository
from tests.exchange.support import BASE, HOUR, by_source, exact, heads, ids, states, take_in

ORDERS = {"orders": [{"id": 7, "status": "new"}, {"id": 9, "status": "shipped", "weight": 1.0}]}
YAML = "releases:\n- name: bosh\n  version: '1.10'\n- name: uaa\n  version: 1.10\n  on: yes\n"
TOML = 'title = "x"\n[owner]\nage = 7\nweight = 7.0\nborn = 1979-05-27T07:32:00Z\ntags = ["b", "a"]\n'
CSV = 'id,name\n2,"Bo, the 2nd"\n1,Ana\n'
INI = "[env:a]\nBoard = esp32\nflags = -D X=1\n[env]\nlevel = 3\n"


def agree(store: Store, repository: Repository) -> None:
    """Every transaction's state is that of the commit it came from."""
    for source, dense in by_source(store).items():
        assert exact(store.at(dense).json()) == exact(repository.state(source)), source


def test_files_of_every_format_are_read_in_the_order_in_which_they_say_things(
    store: Store, repository: Repository
) -> None:
    commit = repository.commit(
        {
            "z.json": json.dumps(ORDERS, indent=2),
            "deploy/cf.yml": YAML.replace("1.10\n  on: yes", "1.10"),
            "deploy/more.yaml": "a: null\nb: [1, 1.0, '1', true]\n",
            "pyproject.toml": TOML.replace("born = 1979-05-27T07:32:00Z\n", ""),
            "people.csv": CSV,
            "platformio.ini": INI,
            "README.md": "not data",
            "src/main.py": "print()",
        },
        branch="main",
    )
    result = store.import_from(repository.path)
    assert (result.kind, result.transactions, result.timelines, result.skipped) == ("git", 1, ["main"], [])
    state = store.at().json()
    assert list(state) == [
        "deploy/cf.yml",
        "deploy/more.yaml",
        "people.csv",
        "platformio.ini",
        "pyproject.toml",
        "z.json",
    ]
    assert exact(state) == exact(repository.state(commit))
    assert exact(state["people.csv"]) == exact([{"id": "2", "name": "Bo, the 2nd"}, {"id": "1", "name": "Ana"}])


def test_what_json_cannot_say_becomes_text_that_says_it(store: Store, repository: Repository) -> None:
    repository.commit({"a.toml": TOML, "b.yaml": "day: 2024-01-02\nmoment: 2001-12-14t21:59:43.10-05:00\n1: one\n"})
    repository.commit({"a.toml": TOML, "b.yaml": "2024-01-02: x\ntrue: y\nnull: z\n1.5: w\n"}, branch="main")
    store.import_from(repository.path)
    state = store.at().json()
    assert state["a.toml"]["owner"]["born"] == "1979-05-27T07:32:00+00:00"
    assert exact(state["b.yaml"]) == exact({"2024-01-02": "x", "true": "y", "null": "z", "1.5": "w"})


def test_author_message_time_and_id_are_those_of_the_commit(store: Store, repository: Repository) -> None:
    commit = repository.commit({"a.json": "1"}, branch="main", author="Zoë", message="First\n\nWith a body\n", at=5)
    store.import_from(repository.path)
    found = store.get(0)
    assert (found.author, found.message, found.source) == ("Zoë", "First\n\nWith a body", commit)
    assert found.time == (BASE + 5 * HOUR) * 1_000_000
    assert store.at(commit).transaction == store.at(commit[:7]).transaction == 0


def test_renames_deletions_and_changed_types(store: Store, repository: Repository) -> None:
    a = repository.commit({"a.json": json.dumps(ORDERS), "b/c.yaml": YAML})
    b = repository.commit({"moved.json": json.dumps(ORDERS), "b/c.yaml": YAML}, a)
    c = repository.commit({"moved.json": json.dumps(ORDERS["orders"]), "b/d/c.yaml": YAML}, b)
    d = repository.commit({"moved.json": "3"}, c)
    e = repository.commit({"note.txt": "nothing left"}, d)
    f = repository.commit({"a.json": json.dumps(ORDERS)}, e, branch="main")
    store.import_from(repository.path)
    assert list(by_source(store)) == [a, b, c, d, e, f]
    agree(store, repository)
    assert store.at(e).json() == {}


def test_the_history_of_a_record_goes_through_the_file(store: Store, repository: Repository) -> None:
    """The record is the same one in another place of the list."""
    a = repository.commit({"a.json": json.dumps(ORDERS)})
    other = {"orders": [ORDERS["orders"][1], {**ORDERS["orders"][0], "status": "paid"}]}
    repository.commit({"a.json": json.dumps(other)}, a, branch="main")
    store.import_from(repository.path)
    entries = list(store.history('$["a.json"].orders[?@.id==7].status'))
    assert [(entry.before, entry.after) for entry in entries][1:] == [("new", "paid")]


@pytest.mark.parametrize(
    ("name", "bad", "told"),
    [
        ("a.json", '{"a": [1, 2}', "invalid JSON at line 1"),
        ("a.json", '{"a": 1, "a": 2}', 'duplicate key "a"'),
        ("a.json", '{"x": {"a": NaN}}', "invalid JSON|NaN"),
        ("a.json", "", "empty"),
        ("a.json", " \n", "empty"),
        ("a.json", b'{"a": "\xff"}', "invalid UTF-8"),
        ("a.yaml", "a: 1\nb: [1\n", "invalid YAML at line"),
        ("a.yaml", "a: 1\na: 2\n", "duplicate key 'a'"),
        ("a.toml", "a = \n", "invalid TOML"),
        ("a.csv", 'a,b\n1,"2\n', "invalid CSV at line"),
        ("a.csv", "a,b\n1,2,3\n", "line 2 has 3 values"),
        ("a.ini", "[a]\nx=1\nx=2\n", "invalid INI"),
        ("a.ini", "[a]\n<<<<<<< HEAD\nx=1\n", "invalid INI|>>>"),
    ],
)
def test_a_version_that_does_not_parse_is_skipped_and_listed(
    store: Store, repository: Repository, name: str, bad: str | bytes, told: str
) -> None:
    good = {"a.json": '{"a":1}', "a.yaml": "a: 1", "a.toml": "a=1", "a.csv": "a,b\n1,2\n", "a.ini": "[a]\nx=1"}
    better = {"a.json": '{"a":2}', "a.yaml": "a: 2", "a.toml": "a=2", "a.csv": "a,b\n1,3\n", "a.ini": "[a]\nx=2"}
    first = repository.commit({name: good[name], "other.json": "1"})
    broken = repository.commit({name: bad, "other.json": "2"}, first)
    still = repository.commit({name: bad, "other.json": "3"}, broken)
    last = repository.commit({name: better[name], "other.json": "3"}, still, branch="main")
    result = store.import_from(repository.path)
    if name == "a.ini" and "<<<" in str(bad):
        assert result.skipped == []  # a key without a value is a key: such a file parses
        return
    (skipped,) = result.skipped
    assert skipped.where == f"{broken[:12]}:{name}"
    assert any(part in skipped.why for part in told.split("|"))
    before = store.at(first).json()[name]
    assert store.at(broken).json() == {name: before, "other.json": 2}
    assert store.at(still).json() == {name: before, "other.json": 3}
    assert store.at(last).json()[name] != before


def test_a_file_that_never_parsed_is_not_there(store: Store, repository: Repository) -> None:
    first = repository.commit({"a.json": "{", "b.json": "1"})
    last = repository.commit({"a.json": "2", "b.json": "1"}, first, branch="main")
    result = store.import_from(repository.path)
    assert [item.where for item in result.skipped] == [f"{first[:12]}:a.json"]
    assert store.at(first).json() == {"b.json": 1}
    assert store.at(last).json() == {"a.json": 2, "b.json": 1}


def test_commits_that_touch_no_data_are_left_out(store: Store, repository: Repository) -> None:
    a = repository.commit({"a.json": "1"})
    b = repository.commit({"a.json": "1", "README": "x"}, a)
    c = repository.commit({"a.json": "2", "README": "x"}, b)
    d = repository.commit({"a.json": "2"}, c, branch="main")
    repository.tag("v1", b)
    store.import_from(repository.path)
    assert by_source(store) == {a: 0, c: 1}
    assert heads(store) == {"main": (c,)}
    assert store.tags() == {"v1": 0}
    assert d not in by_source(store)


def test_branches_and_tags(store: Store, repository: Repository) -> None:
    root = repository.commit({"a.json": "0"})
    main = repository.commit({"a.json": "1"}, root, branch="main")
    side = repository.commit({"a.json": "2"}, root, branch="feature/x")
    gone = repository.commit({"a.json": "3"}, root)
    repository.point("same", main)
    repository.tag("v1", root)
    repository.tag("v2", gone, message="annotated")
    result = store.import_from(repository.path)
    assert heads(store) == {"main": (main,), "same": (main,), "feature/x": (side,), "side-1": (gone,)}
    assert result.timelines[0] == store.default_timeline == "main"
    numbers = by_source(store)
    assert store.tags() == {"v1": numbers[root], "v2": numbers[gone]}
    timelines = {timeline.name: timeline for timeline in store.timelines()}
    assert timelines["feature/x"].transactions == 2
    assert {source: store.get(dense).timeline for source, dense in numbers.items()} == {
        root: "main",
        main: "main",
        side: "feature/x",
        gone: "side-1",
    }


def test_the_default_timeline_is_heads_branch(store: Store, repository: Repository) -> None:
    repository.commit({"a.json": "1"}, branch="develop")
    repository.git.set_head("refs/heads/develop")
    store.import_from(repository.path)
    assert store.default_timeline == "develop"
    assert store.at().json() == {"a.json": 1}


def test_two_unrelated_beginnings(store: Store, repository: Repository) -> None:
    a = repository.commit({"a.json": "1"}, branch="main")
    b = repository.commit({"b.json": "2"}, branch="pages")
    store.import_from(repository.path)
    assert [store.get(dense).parents for dense in range(2)] == [(), ()]
    assert heads(store) == {"main": (a,), "pages": (b,)}
    agree(store, repository)


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        (["*.json"], {"a.json", "x/b.json", "x/y/c.json"}),
        (["x/*.json"], {"x/b.json"}),
        (["x/**"], {"x/b.json", "x/d.yaml", "x/y/c.json"}),
        (["x/**/*.json"], {"x/b.json", "x/y/c.json"}),
        (["x/y"], {"x/y/c.json"}),
        (["[ab].json", "x/d.*"], {"a.json", "x/b.json", "x/d.yaml"}),
        (["noext"], {"noext"}),
        ([], {"a.json", "x/b.json", "x/d.yaml", "x/y/c.json"}),
    ],
)
def test_globs_choose_files(store: Store, repository: Repository, globs: list[str], names: set[str]) -> None:
    files = {"a.json": "1", "x/b.json": "2", "x/y/c.json": "3", "x/d.yaml": "4", "noext": "5", "z.txt": "6"}
    repository.commit(files, branch="main")
    store.import_from(repository.path, paths=globs)
    state = store.at().json()
    if globs == ["noext"]:
        assert state == 5  # one file that is named exactly is the whole state
    elif len(names) == 1 and "*" not in globs[0]:
        assert state in (3, {"x/y/c.json": 3})
    else:
        assert set(state) == names


def test_one_file_by_its_name_is_the_whole_state(store: Store, repository: Repository) -> None:
    a = repository.commit({"data/a.json": json.dumps(ORDERS), "b.json": "1"})
    b = repository.commit({"data/a.json": "[1]", "b.json": "2"}, a)
    c = repository.commit({"b.json": "2"}, b, branch="main")
    store.import_from(repository.path, paths=["data/a.json"])
    assert states(store) == [exact(ORDERS), "[1]", "{}"]
    assert list(by_source(store)) == [a, b, c]


def test_only_what_is_new_comes_the_second_time(store: Store, repository: Repository) -> None:
    a = repository.commit({"a.json": "0"})
    b = repository.commit({"a.json": "1"}, a, branch="main")
    assert store.import_from(repository.path).transactions == 2
    before = ids(store)
    assert store.import_from(repository.path).transactions == 0
    c = repository.commit({"a.json": "2"}, b, branch="main")
    d = repository.commit({"a.json": "3"}, a, branch="old")
    e = repository.commit({"a.json": "4"}, c, d, branch="main", message="Merge branch 'old'")
    repository.tag("v1", d)
    result = store.import_from(repository.path)
    assert result.transactions == 3
    assert ids(store)[:2] == before
    assert heads(store) == {"main": (e,), "old": (d,)}
    assert store.tags() == {"v1": by_source(store)[d]}
    agree(store, repository)


def test_a_branch_that_was_moved_back_points_where_it_points(store: Store, repository: Repository) -> None:
    a = repository.commit({"a.json": "0"})
    b = repository.commit({"a.json": "1"}, a, branch="main")
    store.import_from(repository.path)
    repository.commit({"a.json": "2"}, a, branch="main")  # a forced push
    repository.point("kept", b)
    store.import_from(repository.path)
    assert store.at("main").json() == {"a.json": 2}
    assert store.at("kept").json() == {"a.json": 1}


def test_times_that_go_backwards(store: Store, repository: Repository) -> None:
    a = repository.commit({"a.json": "0"}, at=10)
    b = repository.commit({"a.json": "1"}, a, at=4)
    c = repository.commit({"a.json": "2"}, b, at=10)
    repository.commit({"a.json": "3"}, c, at=7, branch="main")
    store.import_from(repository.path)
    assert states(store) == ['{"a.json": 0}', '{"a.json": 1}', '{"a.json": 2}', '{"a.json": 3}']
    asked = {hour: store.at(f"2024-01-01T{hour:02}:30Z").transaction for hour in (3, 4, 6, 7, 9, 10, 11)}
    assert asked == {3: -1, 4: 1, 6: 1, 7: 3, 9: 3, 10: 2, 11: 2}


def test_links_and_modules_are_no_files_of_data(store: Store, repository: Repository) -> None:
    a = repository.commit({"a.json": "1"})
    link = repository.commit({"b.json": "a.json"}, a, mode=0o120000)
    repository.commit({"a.json": "1", "c.json": "2"}, link, branch="main")
    result = store.import_from(repository.path)
    assert result.skipped == []
    assert store.at(link).json() == {}
    assert store.at().json() == {"a.json": 1, "c.json": 2}


def test_two_stores_hold_the_same(tmp_path: Path, repository: Repository) -> None:
    a = repository.commit({"a.json": "0", "b.json": "{"})
    b = repository.commit({"a.json": "1"}, a, branch="main")
    c = repository.commit({"a.json": "2"}, a)
    repository.commit({"a.json": "3"}, b, c, branch="main")
    take_in(tmp_path / "x", repository.path)
    take_in(tmp_path / "y", repository.path)
    with Store.open(tmp_path / "x") as x, Store.open(tmp_path / "y") as y:
        assert ids(x) == ids(y)
        assert [x.handle(dense) for dense in range(x.graph.count)] == [y.handle(dense) for dense in range(4)]


def test_what_is_no_repository(store: Store, tmp_path: Path, repository: Repository) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadInput, match=f"{empty}: is not a git repository"):
        store.import_from(empty, kind="git")
    with pytest.raises(BadInput, match="the repository has no commits yet"):
        store.import_from(repository.path)
    repository.commit({"README": "x"}, branch="main")
    with pytest.raises(BadInput, match=r"no commit has a JSON, YAML, TOML, CSV or INI file"):
        store.import_from(repository.path)
    with pytest.raises(BadInput, match=r"no commit has \*\.xml"):
        store.import_from(repository.path, paths=["*.xml"])
    assert store.graph.count == 0
