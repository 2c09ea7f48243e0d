"""What a repository's transactions are called: the trunk's for good, however often it was imported while it grew; and
no name ever means two transactions."""

import contextlib
import json
import random
import shutil
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import pygit2
import pytest

from engine import Store
from engine.errors import Cancelled
from engine.exchange.git_history import History
from engine.timeline import bulk
from engine.timeline.bulk import BulkWriter
from tests.exchange.repository import Repository
from tests.exchange.support import Countdown, by_source, exact, heads, ids, states
from tests.exchange.test_git_merges import edit, merged_at_random
from tests.exchange.test_placing_heads import Killed

Open = Callable[[str], Store]
SIDES = ["fix", "fix", "ana/fix", "dev", "release"]


def handles(store: Store) -> dict[str, str]:
    """Ids by handle."""
    return {store.handle(dense): store.get(dense).id for dense in range(store.graph.count)}


def replicas(store: Store) -> dict[str, str]:
    """The replica of every commit."""
    return {source: store.handle(dense).split(":")[0] for source, dense in by_source(store).items()}


def agree(stores: Sequence[Store]) -> int:
    """Whether handles that two stores share mean the same; gives how many they share."""
    found = [handles(store) for store in stores]
    for one, other in combinations(found, 2):
        for handle in one.keys() & other.keys():
            assert one[handle] == other[handle]
    return sum(len(one.keys() & other.keys()) for one, other in combinations(found, 2))


class Growing:
    """A repository that grows at random. `lively`: with branches that are seen before they are merged, renamed and
    deleted, and tags; otherwise only `main` is ever seen, which merges what it merges."""

    def __init__(self, path: Path, seed: int, *, lively: bool) -> None:
        self.repository = Repository(path)
        self.chance = random.Random(seed)
        self.lively = lively
        self.main = self.repository.commit({"a.json": "[]"}, branch="main")
        self.made = [self.main]
        self.sides: dict[str, str] = {}
        self.dead: list[str] = []

    def commit(self, *parents: str, message: str = "") -> str:
        """A commit that has something of its own, mostly; times go to and fro."""
        files = merged_at_random(self.repository, list(parents), self.chance)
        if self.chance.random() < 0.2:
            files["README"] = str(len(self.made))
        else:
            edit(files, self.chance, len(self.made))
        at = len(self.made) + self.chance.randrange(-3, 4)
        self.made.append(self.repository.commit(files, *parents, message=message, at=at))
        return self.made[-1]

    def step(self) -> None:
        """One thing that happens."""
        what = self.chance.choice(["main", "side", "side", "side", "merge", "merge", "other"])
        if what == "main":
            self.main = self.commit(self.main)
        elif what == "side" or not self.sides:
            self.on_a_side()
        elif what == "merge":
            self.merge()
        elif self.lively:
            self.other()
        self.repository.point("main", self.main)

    def on_a_side(self) -> None:
        """A branch begins or goes on, or takes in another one."""
        name = self.chance.choice(SIDES)
        start = self.sides.get(name) or self.chance.choice([self.main, self.main, *self.made])
        others = [tip for tip in (*self.sides.values(), self.main) if tip != start]
        parents = [start, self.chance.choice(others)] if others and self.chance.random() < 0.2 else [start]
        self.sides[name] = self.commit(*parents)
        if self.lively and self.chance.random() < 0.5:
            self.repository.point(name.replace("ana", "ben"), self.sides[name])

    def merge(self) -> None:
        """Main takes in a branch, or two, which may be gone then."""
        names = self.chance.sample(sorted(self.sides), min(len(self.sides), self.chance.choice([1, 1, 2])))
        tips = [self.sides[name] for name in names]
        quoted = " and ".join(f"'{name}'" for name in names)
        message = self.chance.choice([f"Merge branches {quoted}", f"Merge branch {quoted}", "Take it in"])
        self.main = self.commit(self.main, *dict.fromkeys(tips), message=message)
        for name in names:
            if self.chance.random() < 0.6:
                del self.sides[name]
                self.delete(name)

    def delete(self, name: str) -> None:
        if name in self.repository.git.branches:
            self.repository.delete(name)

    def other(self) -> None:
        """Names come, go and change."""
        names = [name for name in self.repository.git.branches if name != "main"]
        kind = self.chance.randrange(4)
        if kind == 0 and names:
            self.delete(self.chance.choice(names))
        elif kind == 1 and names:
            name = self.chance.choice(names)
            self.repository.git.branches[name].rename(f"r{len(self.made)}", True)
        elif kind == 2:
            self.repository.point(f"b{len(self.made)}", self.chance.choice(self.made))
        else:
            self.repository.tag(f"t{len(self.made)}-{self.chance.random()}", self.chance.choice(self.made))


def check_states(store: Store, repository: Repository) -> None:
    for source, dense in by_source(store).items():
        assert exact(store.at(dense).json()) == exact(repository.state(source)), source


@pytest.mark.parametrize("seed", range(6))
def test_a_repository_that_grows_on_its_main_branch_has_the_same_ids_however_often_it_was_imported(
    tmp_path: Path, open_store: Open, seed: int
) -> None:
    growing = Growing(tmp_path / "git", seed, lively=False)
    often, seldom = open_store("often"), open_store("seldom")
    for number in range(40):
        growing.step()
        if growing.chance.random() < 0.4:
            often.import_from(growing.repository.path)
        if number in (11, 30):
            seldom.import_from(growing.repository.path)
    stores = [often, seldom, open_store("once")]
    for store in stores:
        store.import_from(growing.repository.path)
    assert len({tuple(ids(store)) for store in stores}) == 1
    assert [heads(store) for store in stores[1:]] == [heads(often)] * 2
    assert len(set(replicas(often).values())) == 1
    check_states(often, growing.repository)


@pytest.mark.parametrize("seed", range(8))
def test_no_name_ever_means_two_transactions(tmp_path: Path, open_store: Open, seed: int) -> None:
    """Stores that saw a repository at different moments, and clones of it with other branches."""
    growing = Growing(tmp_path / "git", 100 + seed, lively=True)
    often = open_store("often")
    stores = [often]
    for number in range(30):
        growing.step()
        if growing.chance.random() < 0.5:
            with contextlib.suppress(Cancelled):
                often.import_from(growing.repository.path, cancel=Countdown(growing.chance.choice([30, 60, 1000])))
        if number % 7 == 3:
            for store in (open_store(f"then{number}"), *growing.chance.sample(stores, min(2, len(stores)))):
                store.import_from(growing.repository.path)
                stores = [*dict.fromkeys([*stores, store])]
            stores.append(open_store(f"clone{number}"))
            stores[-1].import_from(cut_clone(growing, tmp_path / f"clone{number}"))
    for store in stores:
        store.import_from(growing.repository.path)
    assert agree([*stores, open_store("whole")]) > 0
    assert (
        len({tuple(sorted(states(store))) for store in stores if len(by_source(store)) == len(by_source(often))}) == 1
    )
    for store in stores:
        check_states(store, growing.repository)


def cut_clone(growing: Growing, path: Path) -> Path:
    """A clone that has not all of the branches and tags."""
    shutil.copytree(growing.repository.path, path)
    clone = Repository(path)
    for name in list(clone.git.branches):
        if name != "main" and growing.chance.random() < 0.5:
            clone.delete(name)
    return path


def test_another_branch_does_not_change_what_the_trunk_is_called(repository: Repository, open_store: Open) -> None:
    root = repository.commit({"a.json": "0"}, branch="main", at=0)
    tip = repository.commit({"a.json": "1"}, root, branch="main", at=5)
    alone = open_store("alone")
    alone.import_from(repository.path)
    side = repository.commit({"a.json": "2"}, root, branch="side", at=1)
    both = open_store("both")
    both.import_from(repository.path)
    alone.import_from(repository.path)
    assert replicas(alone) == replicas(both)
    assert handles(alone) == handles(both)
    assert replicas(both)[root] == replicas(both)[tip] != replicas(both)[side]


def test_a_branch_that_was_seen_before_its_merge_ends_the_trunk(repository: Repository, open_store: Open) -> None:
    """Its commits have their names already."""
    root = repository.commit({"a.json": "0"}, branch="main")
    side = repository.commit({"a.json": "0", "b.json": "1"}, root, branch="side")
    seen, late = open_store("seen"), open_store("late")
    seen.import_from(repository.path)
    tip = repository.commit({"a.json": "1"}, root)
    merge = repository.commit({"a.json": "1", "b.json": "1"}, tip, side, branch="main", message="Merge branch 'side'")
    for store in (seen, late):
        store.import_from(repository.path)
    assert len(set(replicas(late).values())) == 1
    assert replicas(seen)[root] == replicas(seen)[tip] == replicas(late)[root]
    assert replicas(seen)[merge] not in replicas(late).values()
    assert agree([seen, late]) == 2
    assert heads(seen) == heads(late) == {"main": (merge,), "side": (side,)}


def test_a_rewritten_branch_goes_on_under_another_name(repository: Repository, store: Store) -> None:
    root = repository.commit({"a.json": "0"})
    old = repository.commit({"a.json": "1"}, root, branch="main")
    store.import_from(repository.path)
    new = repository.commit({"a.json": "2"}, root, branch="main")
    store.import_from(repository.path)
    found = replicas(store)
    assert found[root] == found[old] != found[new]
    assert heads(store) == {"main": (new,)}
    later = repository.commit({"a.json": "3"}, new, branch="main")
    store.import_from(repository.path)
    check_states(store, repository)
    assert replicas(store)[later] != found[old]


def test_a_branch_that_was_another_for_a_while_goes_on_as_it_was(repository: Repository, open_store: Open) -> None:
    """It remembers what it chose, and not what the other one did."""

    def commit(keys: range, number: int, *parents: str) -> str:
        rows = [{"id": key, "n": f"r{place}"} for place, key in enumerate(keys)]
        return repository.commit({"a.json": json.dumps(rows), "n.json": str(number)}, *parents, branch="main")

    often, once = open_store("often"), open_store("once")
    tip = commit(range(6), 0)
    for number in range(1, 4):
        tip = commit(range(9 * number, 9 * number + 6), number, tip)
    often.import_from(repository.path)
    commit(range(3), 0)
    often.import_from(repository.path)
    for number in range(4, 7):
        tip = commit(range(9 * number, 9 * number + 6), number, tip)
    for store in (often, once):
        result = store.import_from(repository.path)
    assert result.identity == {'$["a.json"][*]': ["n"]}
    assert handles(once).items() < handles(often).items()
    assert len(handles(often)) == len(handles(once)) + 1


def test_what_is_chosen_of_the_files_is_part_of_the_name(repository: Repository, open_store: Open) -> None:
    repository.commit({"a.json": "0", "b.json": "1"}, branch="main")
    stores = [open_store(name) for name in ("all", "one", "keyed", "elsewhere")]
    options = [{}, {"paths": ["a.json"]}, {"keys": {"$.x": ["id"]}}, {"timeline": "other"}]
    for each, chosen in zip(stores, options, strict=True):
        each.import_from(repository.path, **chosen)
    assert agree(stores) == 0


def test_identity_is_chosen_by_the_trunk_alone(repository: Repository, open_store: Open) -> None:
    """A branch that came in between has chosen other fields for the same list."""
    root = repository.commit({"a.json": "[]"}, branch="main", at=0)
    alone, both = open_store("alone"), open_store("both")
    both.import_from(repository.path)
    repository.commit({"a.json": '[{"id": 1, "name": "x"}, {"id": 1, "name": "y"}]'}, root, branch="side", at=1)
    both.import_from(repository.path)
    repository.commit({"a.json": '[{"id": 1, "name": "x"}, {"id": 2, "name": "x"}]'}, root, branch="main", at=2)
    both.import_from(repository.path)
    repository.delete("side")
    alone.import_from(repository.path)
    assert handles(alone).items() < handles(both).items()


def test_a_file_that_is_refused_chooses_nothing(repository: Repository, open_store: Open) -> None:
    """What is wrong with it is found on the way; whoever goes on there comes the same way again."""

    def content(keys: range, value: int, deep: str) -> str:
        rows = [{"id": key, "n": f"r{place}", "v": value} for place, key in enumerate(keys)]
        return json.dumps({"rows": rows, "deep": None}).replace("null", deep)

    good = content(range(6), 0, "{}")
    tip = repository.commit({"a.json": good}, branch="main")
    often, once = open_store("often"), open_store("once")
    often.import_from(repository.path)
    bad = content(range(6), 1, '{"x": 1, "x": 2}')
    for number in range(20):
        tip = repository.commit({"a.json": good if number % 2 else bad, "n.json": str(number)}, tip, branch="main")
        often.import_from(repository.path)
    for number in range(1, 4):
        tip = repository.commit({"a.json": content(range(9 * number, 9 * number + 6), 0, "{}")}, tip, branch="main")
        often.import_from(repository.path)
    result = once.import_from(repository.path)
    assert handles(often) == handles(once)
    assert result.identity == {'$["a.json"].rows[*]': ["n"]}


def test_the_order_of_blocks_is_kept_by_growth(tmp_path: Path) -> None:
    growing = Growing(tmp_path / "git", 7, lively=False)
    before: list[str] = []
    for _ in range(60):
        growing.step()
        history = History(growing.repository.git, [growing.main])
        order = [commit for block in history.blocks(growing.main) for commit in block]
        assert order[: len(before)] == before
        assert sorted(order) == sorted(history.parents)
        places = {commit: place for place, commit in enumerate(order)}
        assert all(places[parent] < places[commit] for commit in order for parent in history.parents[commit])
        before = order


@pytest.mark.parametrize("flushes", range(1, 8))
def test_a_kill_changes_no_name(
    tmp_path: Path, open_store: Open, monkeypatch: pytest.MonkeyPatch, flushes: int
) -> None:
    """Whatever was durable then, on the trunk or beside it, what comes later is called as if nothing had happened."""
    growing = Growing(tmp_path / "git", 5, lively=True)
    for _ in range(40):
        growing.step()
    flush = BulkWriter.flush
    left = [flushes]

    def last(writer: BulkWriter) -> None:
        flush(writer)
        left[0] -= 1
        if not left[0]:
            raise Killed

    killed, whole = open_store("killed"), open_store("whole")
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "FLUSH_TRANSACTIONS", 4)
        patch.setattr(BulkWriter, "flush", last)
        with pytest.raises(Killed):
            killed.import_from(growing.repository.path)
    assert killed.graph.count > 0
    for store in (killed, whole):
        store.import_from(growing.repository.path)
    assert ids(killed) == ids(whole)
    assert len(set(replicas(whole).values())) == 2
    assert (heads(killed), killed.tags()) == (heads(whole), whole.tags())


def test_the_log_is_in_order_of_time_though_the_trunk_came_first(repository: Repository, store: Store) -> None:
    root = repository.commit({"a.json": "0"}, at=0)
    side = repository.commit({"a.json": "1"}, root, branch="side", at=1)
    other = repository.commit({"a.json": "2"}, root, at=2)
    tip = repository.commit({"a.json": "3"}, root, at=3)
    merge = repository.commit({"a.json": "4"}, tip, other, branch="main", at=4)
    store.import_from(repository.path)
    assert list(by_source(store)) == [root, tip, other, merge, side]
    assert [found.source for found in store.log()] == [merge, tip, other, side, root]
    assert [found.source for found in store.log(limit=2)] == [merge, tip]


def test_a_clone_gives_what_the_original_gives(store: Store, repository: Repository, tmp_path: Path) -> None:
    """Whoever cloned it has one local branch, and the others as those of a remote."""
    first = repository.commit({"a.json": "1"})
    side = repository.commit({"a.json": "2"}, first, branch="feature/one")
    other = repository.commit({"a.json": "3"}, first, branch="other")
    merge = repository.commit({"a.json": "4"}, first, side)
    repository.commit({"a.json": "5"}, merge, branch="main")
    repository.point("same", merge)
    repository.git.references.create("refs/tags/v1", pygit2.Oid(hex=other))
    clone = pygit2.clone_repository(str(repository.path), str(tmp_path / "clone"))
    assert list(clone.branches.local) == ["main"]
    store.import_from(repository.path)
    with Store.open(tmp_path / "other", create=True) as cloned:
        cloned.import_from(tmp_path / "clone")
        assert (ids(cloned), heads(cloned)) == (ids(store), heads(store))
        assert {"feature/one", "other", "same"} <= set(heads(cloned))


def test_a_local_branch_that_is_behind_keeps_its_name(store: Store, repository: Repository, tmp_path: Path) -> None:
    first = repository.commit({"a.json": "1"}, branch="main")
    pygit2.clone_repository(str(repository.path), str(tmp_path / "clone"))
    later = repository.commit({"a.json": "2"}, first, branch="main")
    clone = pygit2.Repository(str(tmp_path / "clone"))
    clone.remotes["origin"].fetch()
    store.import_from(tmp_path / "clone")
    assert heads(store) == {"main": (first,), "origin/main": (later,)}
