"""Texts that are edited on several timelines of a store: every version is what a plain replay makes, in the open store,
reopened with a cache of 1 MB, compacted, and after going on from there."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Store
from engine.timeline.version import MISSING

LETTERS = st.text(st.sampled_from("ab é€😀"), min_size=1, max_size=4)
SMALL_CACHE = 1 << 20


@dataclass
class Model:
    """The texts after each transaction, the transaction that each timeline is at, and each one's first parent."""

    states: list[dict[str, str]] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    parents: list[int] = field(default_factory=list)

    def chain(self, timeline: str) -> list[int]:
        """The transactions of a timeline from its beginning."""
        found = [self.heads[timeline]]
        while self.parents[found[-1]] >= 0:
            found.append(self.parents[found[-1]])
        return found[::-1]


def step(data: st.DataObject, store: Store, model: Model) -> None:
    """One transaction, with an edit of one or both texts, on one of the timelines; or a new timeline from anywhere."""
    if data.draw(st.integers(0, 9)) == 0 and len(model.heads) < 4:
        name, at = f"fork {len(model.heads)}", data.draw(st.integers(0, len(model.states) - 1))
        store.branch(name, at)
        model.heads[name] = at
        return
    timeline = data.draw(st.sampled_from(sorted(model.heads)))
    state = dict(model.states[model.heads[timeline]])
    operations = []
    for _ in range(data.draw(st.integers(1, 2))):
        key = data.draw(st.sampled_from("xy"))
        start = data.draw(st.integers(0, len(state[key])))
        gone = data.draw(st.integers(0, min(3, len(state[key]) - start)))
        come = data.draw(LETTERS)
        state[key] = state[key][:start] + come + state[key][start + gone :]
        operations.append({"op": "splice", "path": f"$.{key}", "index": start, "delete": gone, "insert": come})
    dense = store.commit(operations, timeline=timeline).dense
    assert dense == len(model.states)
    model.states.append(state)
    model.parents.append(model.heads[timeline])
    model.heads[timeline] = dense


def check(store: Store, model: Model) -> None:
    """Versions, in no order of time; history; and what differs between two."""
    for dense in [*range(0, len(model.states), 2), *range(1, len(model.states), 2)][::-1]:
        assert store.at(dense).json() == model.states[dense]
    for timeline in model.heads:
        chain = model.chain(timeline)
        texts = [model.states[dense]["x"] for dense in chain]
        pairs = zip([MISSING, *texts], texts, chain, strict=False)
        changes = [(before, after, dense) for before, after, dense in pairs if before != after]
        entries = list(store.history("$.x", timeline=timeline))
        assert [(entry.before, entry.after, entry.transaction) for entry in entries] == changes
        assert store.blame("$.x", chain[-1]).value == texts[-1]
    first, last = model.states[0], model.states[-1]
    differing = {change.path: change.after for change in store.diff(0, len(model.states) - 1)}
    assert differing == {f"$.{key}": last[key] for key in last if last[key] != first[key]}


@contextmanager
def opened(file: Path) -> Iterator[Store]:
    with Store.open(file, create=True, cache_bytes=SMALL_CACHE) as store:
        yield store


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_versions_are_what_a_replay_makes(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, model = Path(folder) / "texts.refactory", Model()
        with opened(file) as store:
            model.states.append({"x": data.draw(LETTERS), "y": ""})
            model.parents.append(-1)
            model.heads["main"] = 0
            store.commit([{"op": "put", "path": "$", "value": model.states[0]}], timeline="main")
            for _ in range(data.draw(st.integers(0, 25))):
                step(data, store, model)
            check(store, model)
            ids = [store.get(dense).id for dense in range(len(model.states))]
        with opened(file) as store:
            check(store, model)
            store.compact()
            check(store, model)
        with opened(file) as store:
            assert [store.get(dense).id for dense in range(len(ids))] == ids
            for _ in range(data.draw(st.integers(0, 10))):
                step(data, store, model)
            check(store, model)
            raw = sum(len(f'{{"x":"{state["x"]}","y":"{state["y"]}"}}'.encode()) for state in model.states)
            assert store.figures().raw == raw
