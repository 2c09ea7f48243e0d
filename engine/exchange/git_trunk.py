"""The trunk of a repository: the part of it that has the same ids however often it was imported while it grew.

A repository grows, and what grows is imported again. Its most important branch grows at its end, along first parents;
what else there is may come and go, and is named after whatever is there. So the commits of that branch, each after
those ancestors that only it brings, have an order and names of timelines that later commits do not change. They are
written under a replica of their own, which is known by the branch's first commit and name and by what is chosen of
the files, for as long as nothing speaks against it: see `Trunk.open_part`.

Two histories that share their first commit and no longer agree (the branch was rewritten) have the same trunk replica
up to where they part and beyond: that they are told apart there is for those to do who compare ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from blake3 import blake3

from engine.exchange.git_history import History
from engine.exchange.git_timelines import Namer
from engine.model.transactions import REPLICA_BYTES


@dataclass(frozen=True, slots=True)
class Trunk:
    """`order` are the commits that the trunk reaches, in their order for good; `names` their timelines by commit."""

    replica: bytes
    order: list[str]
    names: dict[str, str]

    def open_part(self, kept: Collection[str], is_own: Callable[[str], bool], written: int) -> range | None:
        """The places of the order at which commits may be written under the trunk's replica: behind those that are, and
        before the first one that was imported under another.

        `kept` are the commits that were imported, of which `is_own` tells whether that was under this replica;
        `written` is how many transactions it has. None where not all of these are in the order, at its beginning (the
        branch was rewritten).
        """
        place, end, count = 0, len(self.order), 0
        for number, commit in enumerate(self.order):
            if commit in kept:
                if not is_own(commit):
                    end = number
                    break
                place, count = number + 1, count + 1
        return range(place, end) if count == written else None


def find_trunk(history: History, name: str, tip: str, shaping: list[Any]) -> Trunk | None:
    """The trunk that ends at `tip`, on the timeline `name`; None in a shallow clone, which does not know where it
    begins. `shaping` are the choices that decide what comes of a commit."""
    if history.is_shallow:
        return None
    namer = Namer(history.parents.__getitem__, history.message)
    order: list[str] = []
    for block in history.blocks(tip):
        namer.name_block(block, name)
        order += block
    parts = ["git trunk", history.root(tip), name, shaping]
    return Trunk(blake3(msgspec.msgpack.encode(parts)).digest(REPLICA_BYTES), order, namer.timelines)


def reserved_names(
    history: History,
    trunk: Trunk,
    branches: Collection[tuple[str, str]],
    known: Mapping[str, str],
    heads: Collection[str],
) -> set[str]:
    """The names of timelines that mean other commits than those that the trunk calls so: those of branches that have
    such commits, and those of earlier imports (`heads`) that the trunk has not made (`known`: what was imported)."""
    claimed: dict[str, str] = {}
    reserved: set[str] = set()
    for name, tip in branches:
        commit: str | None = tip
        while commit is not None and commit not in claimed:
            claimed[commit] = name
            if trunk.names.get(commit) != name:
                reserved.add(name)
            commit = next(iter(history.parents[commit]), None)
    made = {trunk.names[commit] for commit in known if commit in trunk.names}
    return reserved | {name for name in heads if name not in made}
