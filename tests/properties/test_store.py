"""A store and the naive oracle in step: random commits, merges, branches, undo, re-opening, sealing, second writers."""

import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine import Store
from engine.errors import KnownError
from engine.storage import blocks, database, dictionaries, large_paths, log, path_table
from engine.timeline import (
    bulk,
    checkpoints,
    compaction,
    core,
    indexing,
    path_indexing,
    placing,
    runs,
    state,
    trails,
    version,
)
from engine.timeline.version import MISSING
from tests import oracle
from tests.oracle import ABSENT, EMPTY, Oracle, Refused, exact, plain
from tests.properties import edits, merges, strategies

NAMES = ["main", "side", "what-if", "späte Reihe", "a/b"]
TAGS = ["v1", "v2", "release 3"]
timelines = st.sampled_from(NAMES)


class StoreMachine(RuleBasedStateMachine):
    """Every rule changes both, or looks at both; every step compares heads, names and one old version."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.refactory"
        self.patch = pytest.MonkeyPatch()
        self.oracle = Oracle()
        self.texts: dict[int, str] = {}

    @initialize(
        seal=st.sampled_from([1, 2, 5, 1000]),
        checkpoint=st.sampled_from([1, 15, 1000]),
        cache=st.sampled_from([1, 5000, 1 << 25]),
        block=st.sampled_from([2, 5, 100]),
        few=st.sampled_from([0, 2, 64]),
    )
    def open(self, seal: int, checkpoint: int, cache: int, block: int, few: int) -> None:
        """A store with limits so small that everything happens in a few steps."""
        self.patch.setattr(database, "_PRAGMAS", database._PRAGMAS.replace("synchronous=FULL", "synchronous=OFF"))
        self.patch.setattr(log, "SEAL_TRANSACTIONS", seal)
        self.patch.setattr(bulk, "FLUSH_TRANSACTIONS", seal)
        self.patch.setattr(path_table, "FEW_LOOK_UPS", 9 * few)
        self.patch.setattr(log, "_LISTED_AT_ONCE", 1)
        self.patch.setattr(runs, "STRETCH", 4)
        self.patch.setattr(runs, "_PIECE", 2)
        self.patch.setattr(runs, "_FEW", few)
        self.patch.setattr(core, "_LEAST_STRETCHES", 1)
        self.patch.setattr(state, "CHECKPOINT_ROWS", checkpoint)
        self.patch.setattr(dictionaries, "BLOCK_VALUES", 7)
        self.patch.setattr(blocks, "MANY_PATHS", 2 * block)
        self.patch.setattr(blocks, "BLOCK_PATHS", block)
        self.patch.setattr(large_paths, "INDEX_ENTRIES", 2 * block)
        self.patch.setattr(path_indexing, "STEP_PATHS", 3 * block)
        self.patch.setattr(path_indexing, "_PARENTS", block)
        self.patch.setattr(placing, "STEP_COST", 2 * block)
        self.patch.setattr(placing, "SEGMENT_COST", block // 2)
        self.patch.setattr(placing, "LEAST_FULL_ROWS", 9 * block)
        self.patch.setattr(checkpoints, "BUCKET_PATHS", block)
        self.patch.setattr(indexing, "BLOCK_POSTINGS", block)
        self.patch.setattr(indexing, "STEP_ROWS", 3 * block)
        self.patch.setattr(trails, "_FEW_BLOCKS", few)
        self.patch.setattr(trails, "_FEW_PATHS", few)
        self.patch.setattr(version, "_MANY_PATHS", 10 * few)
        self.store = Store.open(self.path, create=True, cache_bytes=cache)
        self.other = Store.open(self.path, cache_bytes=cache)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.other.close()
            left = [item.name for item in Path(self.folder.name).iterdir()]
            assert left == [self.path.name]
        self.patch.undo()
        self.folder.cleanup()

    def any_version(self, data: st.DataObject) -> int:
        return data.draw(st.integers(EMPTY, len(self.oracle.versions) - 1))

    # Rules ------------------------------------------------------------------------------------------------

    @rule(data=st.data(), timeline=timelines, time=strategies.times, in_other=st.booleans())
    def person_writes(self, data: st.DataObject, timeline: str, time: int, in_other: bool) -> None:
        """A commit."""
        self.commit(data, timeline, time, in_other)

    @rule(data=st.data(), time=strategies.times)
    def person_writes_on(self, data: st.DataObject, time: int) -> None:
        """A commit on the timeline that has most."""
        sizes = {name: len(self.oracle.chain(ref.head)) for name, ref in self.oracle.timelines.items()}
        self.commit(data, max(sizes, key=lambda name: sizes[name], default="main"), time, in_other=False)

    @rule(data=st.data(), timeline=timelines, time=strategies.times)
    def importer_writes(self, data: st.DataObject, timeline: str, time: int) -> None:
        """A transaction as importers write them."""
        self.merge(data, timeline, time, data.draw(st.integers(0, 2)))

    @precondition(lambda self: len(self.oracle.timelines) > 1)
    @rule(data=st.data(), time=strategies.times)
    def importer_merges(self, data: st.DataObject, time: int) -> None:
        """A merge of two or three heads."""
        names = data.draw(st.permutations(list(self.oracle.timelines)))
        self.merge(data, names[0], time, data.draw(st.integers(1, 2)))

    @rule(data=st.data(), name=timelines, new=timelines, tag=st.sampled_from(TAGS))
    def names_move(self, data: st.DataObject, name: str, new: str, tag: str) -> None:
        """A timeline or tag is made, renamed or deleted."""
        which = data.draw(st.sampled_from(["branch", "branch", "tag", "rename", "delete"]))
        if which == "branch":
            self.branch(data, name)
        elif which == "tag":
            self.tag(data, tag)
        elif which == "rename":
            self.rename(name, new)
        else:
            self.delete(name)

    @rule(data=st.data())
    def actions_are_taken_back(self, data: st.DataObject) -> None:
        """Undo, several times, and redo."""
        for _ in range(data.draw(st.integers(1, 3))):
            self.undo(in_other=data.draw(st.booleans()))
        for _ in range(data.draw(st.integers(0, 3))):
            self.redo()

    @rule(data=st.data(), timeline=timelines, time=strategies.times, in_other=st.booleans())
    def somebody_looks(self, data: st.DataObject, timeline: str, time: int, in_other: bool) -> None:
        """All questions, at random places."""
        self.read_version(data, in_other)
        self.diff(data)
        self.history(data, timeline)
        self.log(data, data.draw(st.sampled_from([None, timeline])))
        self.moments(data, timeline, time)

    @rule(
        what=st.sampled_from(["add", "merge", "drop", "place", "drop checkpoints", "paths", "drop paths"]),
        in_other=st.booleans(),
    )
    def what_is_derived_changes(self, what: str, in_other: bool) -> None:
        """Indexes and checkpoints are built anew, or dropped; nobody is told, every answer stays the same."""
        core = (self.other if in_other else self.store)._core
        if what == "drop":
            indexing.drop_index(core)
        elif what in ("paths", "drop paths"):
            path_indexing.build_path_index(core, least_paths=1 if what == "paths" else 1 << 30)
        elif what == "place":
            placing.rewrite_checkpoints(core, least_rows=1)
        elif what == "drop checkpoints":
            placing.rewrite_checkpoints(core, least_rows=core.log.row_count + 1)
        else:
            indexing.build_index(core, least_rows=1, whole=what == "merge")

    # Changes ----------------------------------------------------------------------------------------------

    def commit(self, data: st.DataObject, timeline: str, time: int, in_other: bool) -> None:
        """A commit of a few operations, each drawn against the state that it finds."""
        change = self.oracle.change(self.oracle.head(timeline))
        operations = []
        refused = False
        for _ in range(data.draw(st.integers(1, 4))):
            if edits.size_of(change.state) > 60 or not oracle.is_container(change.state):
                operation, make = {"op": "put", "path": "$", "value": {}}, lambda: change.put((), {})
            else:
                operation, make = edits.draw_operation(data.draw, change)
            operations.append(edits.as_json(operation))
            try:
                make()
            except Refused:
                refused = True
                break
        self.write(operations, change, refused, timeline, time, in_other)

    def write(
        self, operations: list[Any], change: oracle.Change, refused: bool, timeline: str, time: int, in_other: bool
    ) -> None:
        store = self.other if in_other else self.store
        message = f"message {len(self.oracle.versions)}"
        try:
            made = store.commit(operations, timeline=timeline, time=time, author="ana", message=message)
        except KnownError:
            assert refused, operations
            return
        assert not refused, operations
        assert made.dense == self.oracle.commit(change, timeline, time, message)
        self.texts[made.dense] = made.id
        if in_other:
            assert self.store.refresh()

    def merge(self, data: st.DataObject, timeline: str, time: int, count: int) -> None:
        """Transactions as an importer writes them, merges of any versions among them."""
        with self.store.bulk(b"importer", "import") as writer:
            head = self.oracle.head(timeline)
            parents = [head] if head != EMPTY else []
            parents += [self.any_version(data) for _ in range(count)]
            parents = list(dict.fromkeys(parent for parent in parents if parent != EMPTY))
            states = [self.oracle.state(parent) for parent in parents]
            target = oracle.clone(states[0]) if states else {}
            for theirs in states[1:]:
                target = merges.mix(data.draw, target, theirs)
            ids = merges.union([{(): 0}, *map(merges.path_ids, [self.store] * len(parents), parents, states)])
            made = merges.MergeRows(writer, ids, states, target)
            message = f"message {len(self.oracle.versions)}"
            dense = writer.add(parents=parents, timeline=timeline, time=time, message=message, rows=made.rows)
        change = self.oracle.change(EMPTY)
        change.state, change.written, change.placed = target, made.written, made.placed
        forked = parents[0] if parents else EMPTY
        assert dense == self.oracle.add(change, timeline, time, message, tuple(parents), forked)
        self.texts[dense] = self.store.get(dense).id

    def branch(self, data: st.DataObject, name: str) -> None:
        """A timeline at any moment."""
        dense = self.any_version(data)
        if name in self.oracle.timelines:
            with pytest.raises(KnownError, match="there is a timeline"):
                self.store.branch(name, dense)
        else:
            self.store.branch(name, dense)
            self.oracle.act(lambda: self.oracle.timelines.update({name: oracle.Timeline(dense, dense)}))

    def rename(self, name: str, new: str) -> None:
        """Another name for a timeline."""
        if name not in self.oracle.timelines or new in self.oracle.timelines:
            with pytest.raises(KnownError, match=r"no timeline|is taken"):
                self.store.rename_branch(name, new)
        else:
            self.store.rename_branch(name, new)
            self.oracle.act(lambda: self.oracle.timelines.update({new: self.oracle.timelines.pop(name)}))

    def delete(self, name: str) -> None:
        """A timeline less."""
        if name not in self.oracle.timelines:
            with pytest.raises(KnownError, match="no timeline"):
                self.store.delete_branch(name)
        else:
            self.store.delete_branch(name)
            self.oracle.act(lambda: self.oracle.timelines.pop(name))

    def tag(self, data: st.DataObject, name: str) -> None:
        """A tag at any moment, or one less."""
        dense = self.any_version(data)
        if name in self.oracle.tags:
            self.store.delete_tag(name)
            self.oracle.act(lambda: self.oracle.tags.pop(name))
        elif dense == EMPTY:
            with pytest.raises(KnownError, match="no transaction to tag"):
                self.store.tag(name, dense)
        else:
            self.store.tag(name, dense)
            self.oracle.act(lambda: self.oracle.tags.update({name: dense}))

    def undo(self, in_other: bool) -> None:
        """The last action taken back."""
        store = self.other if in_other else self.store
        assert (store.undo() is not None) == self.oracle.undo()
        self.store.refresh()

    def redo(self) -> None:
        """What was undone last made again."""
        assert (self.store.redo() is not None) == self.oracle.redo()

    @rule(seal=st.booleans())
    def reopen(self, seal: bool) -> None:
        """Closed, and opened anew."""
        self.store.close()
        self.other.close()
        if seal:
            self.patch.setattr(log, "SEAL_TRANSACTIONS", 1)
        self.store = Store.open(self.path)
        self.other = Store.open(self.path)

    @rule(in_other=st.booleans(), small=st.booleans(), together=st.integers(1, 8))
    def compact(self, in_other: bool, small: bool, together: int) -> None:
        """Everything in other pieces and encodings, by this process or another one; it reads as before."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compaction, "_SMALL_STORE", (1 << 22) if small else 0)
            patch.setattr(compaction, "_TRANSACTIONS", dict.fromkeys(compaction._TRANSACTIONS, together))
            (self.other if in_other else self.store).compact()
        self.store.refresh()
        self.other.refresh()

    # Comparisons ------------------------------------------------------------------------------------------

    @invariant()
    def names_agree(self) -> None:
        """Timelines and tags."""
        found = {
            item.name: (item.heads[0] if item.heads else EMPTY, EMPTY if item.forked_from is None else item.forked_from)
            for item in self.store.timelines()
        }
        assert found == {name: (ref.head, ref.forked) for name, ref in self.oracle.timelines.items()}
        for item in self.store.timelines():
            assert item.transactions == len(self.oracle.chain(self.oracle.head(item.name)))
        assert self.store.tags() == self.oracle.tags
        assert self.store.graph.count == len(self.oracle.versions)

    @invariant()
    def heads_agree(self) -> None:
        """The states that are shown."""
        for name, ref in self.oracle.timelines.items():
            self.same_state(self.store.at(None, name), ref.head)
        if self.oracle.versions:
            self.same_state(self.store.at(len(self.oracle.versions) - 1), len(self.oracle.versions) - 1)

    def same_state(self, version: Any, dense: int) -> None:
        expected = self.oracle.state(dense)
        assert version.transaction == dense
        assert exact(version.json()) == exact(plain(expected))

    def read_version(self, data: st.DataObject, in_other: bool) -> None:
        """Any version: its state, its paths, its transaction."""
        dense = self.any_version(data)
        store = self.other if in_other else self.store
        store.refresh()
        version = store.at(dense)
        self.same_state(version, dense)
        expected = self.oracle.state(dense)
        for path, pid in merges.path_ids(store, dense, expected).items():
            text = oracle.path_text(expected, path)
            assert version.path_text(pid) == text
            assert version.resolve(text) == pid
            assert version.child_count(pid) == len(oracle.children(dict(oracle.nodes(expected))[path]))
        self.read_parts(data, store, dense)
        if dense != EMPTY:
            made, known = store.get(dense), self.oracle.versions[dense]
            assert (made.message, made.time, made.parents) == (known.message, known.time, known.parents)
            assert made.id == self.texts[dense]
            assert all(store.get(parent).recorded < made.recorded for parent in made.parents)

    def read_parts(self, data: st.DataObject, store: Store, dense: int) -> None:
        """A few paths of a version of which nothing is known yet."""
        expected = self.oracle.state(dense)
        known = merges.path_ids(store, dense, expected)
        values = dict(oracle.nodes(expected))
        store._core.states.forget()
        version = store.at(dense)
        for path in data.draw(st.lists(st.sampled_from(list(known)), max_size=3)):
            assert exact(version.value(known[path])) == exact(plain(values[path]))
            assert version.child_count(known[path]) == len(oracle.children(values[path]))
            assert version.path_text(known[path]) == oracle.path_text(expected, path)

    def diff(self, data: st.DataObject) -> None:
        """The leaves that differ, and the moves."""
        a, b = self.any_version(data), self.any_version(data)
        found = list(self.store.diff(a, b))
        changes = [
            (change.path, change.kind, side(change.before), side(change.after))
            for change in found
            if change.kind != "moved"
        ]
        assert in_any_order(changes) == in_any_order(self.oracle.diff(a, b))
        self.moves_explain([change for change in found if change.kind == "moved"], a, b)

    def moves_explain(self, moves: list[Any], a: int, b: int) -> None:
        """Without those that moved, what stands on both sides stands in the same order; and none moved needlessly."""
        old, new = self.oracle.state(a), self.oracle.state(b)
        texts = {(change.path, change.before, change.after) for change in moves}
        assert len(texts) == len(moves)
        before, after = dict(oracle.nodes(old)), dict(oracle.nodes(new))
        for path in before.keys() & after.keys():
            was = [step for step, _ in oracle.children(before[path])]
            now = [step for step, _ in oracle.children(after[path])]
            moved = {
                step
                for step in set(was) & set(now)
                if (oracle.path_text(new, (*path, step)), was.index(step), now.index(step)) in texts
            }
            texts -= {(oracle.path_text(new, (*path, step)), was.index(step), now.index(step)) for step in moved}
            stayed = [step for step in was if step in now and step not in moved]
            assert stayed == [step for step in now if step in stayed]
            common = [step for step in now if step in was]
            assert len(stayed) == longest_increasing([was.index(step) for step in common])
        assert not texts

    def history(self, data: st.DataObject, timeline: str) -> None:
        """Every change of the leaves that a pattern matches, and who wrote a path last."""
        if timeline not in self.oracle.timelines:
            return
        head = self.oracle.head(timeline)
        now = self.oracle.state(head)
        where, _ = data.draw(st.sampled_from(edits.places(now)))
        pattern, wanted = draw_pattern(data.draw, now, where)
        entries = [
            (entry.transaction, entry.path, side(entry.before), side(entry.after))
            for entry in self.store.history(pattern, timeline=timeline)
        ]
        assert [entry[0] for entry in entries] == sorted(entry[0] for entry in entries)
        assert in_any_order(entries) == in_any_order(self.oracle.history(wanted, head)), pattern
        blamed = self.oracle.blame(head, oracle.identities(now, where))
        text = oracle.path_text(now, oracle.identities(now, where))
        if blamed is None:
            with pytest.raises(KnownError, match="no transaction has written it"):
                self.store.blame(text, self.store.at(None, timeline))
        else:
            assert self.store.blame(text, self.store.at(None, timeline)).dense == blamed

    def log(self, data: st.DataObject, timeline: str | None) -> None:
        """Transactions of a timeline or of all, and those that touched a path."""
        if timeline is not None and timeline not in self.oracle.timelines:
            return
        heads = [self.oracle.head(timeline)] if timeline else [ref.head for ref in self.oracle.timelines.values()]
        known = self.oracle.ancestry(heads + ([] if timeline else list(self.oracle.tags.values())))
        newest = sorted(known, key=lambda dense: (self.store.get(dense).recorded, dense), reverse=True)
        assert [item.dense for item in self.store.log(timeline=timeline)] == newest
        if timeline:
            now = self.oracle.state(self.oracle.head(timeline))
            where, _ = data.draw(st.sampled_from(edits.places(now)))
            path = oracle.identities(now, where)
            touched = known & self.oracle.touching(path)
            text = oracle.path_text(now, path)
            assert {item.dense for item in self.store.log(timeline=timeline, path=text)} == touched, text

    def moments(self, data: st.DataObject, timeline: str, time: int) -> None:
        """Times, handles, ids and steps back mean what the oracle finds by walking."""
        if timeline in self.oracle.timelines:
            from engine.model.times import format_time

            found = self.store.at(format_time(time), timeline).transaction
            assert found == self.oracle.at_time(self.oracle.head(timeline), time)
            chain = [EMPTY, *self.oracle.chain(self.oracle.head(timeline))]
            back = data.draw(st.integers(0, len(chain) - 1))
            assert self.store.at(f"{timeline}~{back}").transaction == chain[-1 - back]
        if self.oracle.versions:
            made = self.store.get(data.draw(st.integers(0, len(self.oracle.versions) - 1)))
            assert self.store.at(made.handle).transaction == made.dense
            assert self.store.at(made.id).transaction == made.dense
            assert self.store.at(made.id[:12]).transaction == made.dense

    @precondition(lambda self: self.oracle.versions)
    @rule()
    def everything_after_opening_anew(self) -> None:
        """Invariant 3: re-opening and sealing change no state."""
        self.reopen(seal=True)
        for dense in range(len(self.oracle.versions)):
            self.same_state(self.store.at(dense), dense)
            assert self.store.get(dense).id == self.texts[dense]


def side(value: Any) -> Any:
    return ABSENT if value is MISSING else value


def in_any_order(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows as text, sorted, types told apart."""
    return sorted(repr([exact(item) for item in row]) for row in rows)


def longest_increasing(numbers: list[int]) -> int:
    """The length of the longest increasing subsequence, the slow way."""
    best: list[int] = []
    for index, number in enumerate(numbers):
        best.append(1 + max((best[i] for i in range(index) if numbers[i] < number), default=0))
    return max(best, default=0)


def draw_pattern(draw: edits.Draw, state: Any, where: oracle.Where) -> tuple[str, Any]:
    """A pattern that matches the place, and the same as a predicate on paths."""
    path = oracle.identities(state, where)
    wild = [draw(st.booleans()) for _ in path]
    text = "$"
    for index, step in enumerate(where):
        if wild[index]:
            text += draw(st.sampled_from(["[*]", ".*"]))
        else:
            text += oracle.name_text(step) if isinstance(step, str) else f"[{step}]"

    def matches(other: oracle.Path) -> bool:
        return len(other) == len(path) and all(w or a == b for w, a, b in zip(wild, path, other, strict=True))

    # A place after a wildcard means an element of each list, which the predicate does not follow. A key instead of a
    # place means all that share it.
    if any(isinstance(step, int) and any(wild[:index]) and not wild[index] for index, step in enumerate(where)):
        return oracle.path_text(state, path), lambda other: len(other) == len(path) and oracle.named_by(path, other)
    return text, matches


StoreMachine.TestCase.settings = settings(stateful_step_count=25, suppress_health_check=list(HealthCheck))
TestStore = StoreMachine.TestCase
