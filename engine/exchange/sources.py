"""Sources of imports: which one it is, what is known about it, and where it goes in a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import msgspec
from blake3 import blake3

from engine.exchange.options import Options
from engine.model.transactions import REPLICA_BYTES
from engine.timeline.refs import MAX_NAME

if TYPE_CHECKING:
    from engine.store import Store

DEFAULT_TIMELINE = "main"
MAX_STEMMED = MAX_NAME - 60


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported. `origin` identifies it among its kind; `stem` names it for people; `default` is its main
    timeline.

    `salt` is the contents of a source that `origin` only locates, so that what stands at the same place elsewhere is
    not taken for the same. `others` are what it may have been identified by before. `state` is for a source that does
    not only grow at its end: all that shapes what comes of it now. What an import of such a state adds has a replica of
    its own, which the importer asks for by `start_run` (or by `start_trunk`, for the part that does grow at its end).
    """

    kind: str
    origin: Any
    stem: str
    default: str = DEFAULT_TIMELINE
    salt: bytes = b""
    others: Sequence[Any] = ()
    state: bytes = b""


class Plan:
    """What is known about a source, and where it goes in this store. Made while nobody else may write."""

    def __init__(self, store: Store, source: Source, options: Options, last_seq: Callable[[bytes], int]) -> None:
        self.stem = source.stem
        self._last_seq = last_seq
        self.identity, saved = _known(store, source, options)
        self.notes = saved if saved is not None else _first_notes(store, source, options)
        self.base = int(self.notes["base"])
        self.timeline = str(self.notes["timeline"])
        self._state = source.state
        self.has_states = bool(source.state)
        behind = store.get(self.base).id if self.base >= 0 else ""
        moved: Any = "" if self.timeline == source.default else self.timeline
        if moved and source.default != DEFAULT_TIMELINE:
            moved = [source.default, moved]
        self._parts = [self.identity, behind, moved, source.salt]
        if not source.state and "replica" not in self.notes:
            self._start(_hash(self._parts)[:REPLICA_BYTES])
            self.notes["replica"] = self.notes["replicas"][-1]
        self.replica = bytes(self.notes.get("replica", bytes(REPLICA_BYTES)))
        self.replicas = self._replicas()

    @property
    def is_going_on(self) -> bool:
        """Whether the source is in the state for which the last run was started, and nothing came since."""
        return "replica" in self.notes and bool(self.notes.get("state", b"") == self._state)

    def start_trunk(self, replica: bytes) -> dict[str, Any]:
        """What comes now is of a trunk; gives its notes, as others' choices of identity are none of its."""
        trunks = self.notes.setdefault("trunks", {})
        trunks.setdefault(replica.hex(), {"identities": []})
        self._start(replica)
        self.notes |= {"last_trunk": replica.hex(), "state": b""}
        return self.trunk

    @property
    def trunk(self) -> dict[str, Any]:
        """The notes of the trunk that was written last."""
        return cast(dict[str, Any], self.notes.get("trunks", {}).get(self.notes.get("last_trunk"), {"identities": []}))

    def may_go_on(self, replica: bytes) -> bool:
        """Whether what a trunk chose is known, or it has chosen nothing yet."""
        return replica.hex() in self.notes.get("trunks", {}) or not self._last_seq(replica)

    def start_run(self, more: list[Any]) -> None:
        """What comes now is of a replica that has all in its name that shapes it: the state of the source, how far
        each replica before has come here, and `more`."""
        if self.is_going_on:
            self.replica = bytes(self.notes["replica"])
        else:
            ends = [[item, self._last_seq(item)] for item in sorted(map(bytes, self.notes.get("replicas", ())))]
            reached = [end for end in ends if end[1]]
            self._start(_hash([*self._parts, self._state, reached, more])[:REPLICA_BYTES])
            self.notes |= {"replica": self.replica, "state": self._state}

    def _start(self, replica: bytes) -> None:
        known = [bytes(item) for item in self.notes.get("replicas", ())]
        self.notes["replicas"] = [*(item for item in known if item != replica and self._last_seq(item)), replica]
        self.replica, self.replicas = replica, self._replicas()

    def _replicas(self) -> frozenset[str]:
        return frozenset(bytes(item).hex() for item in self.notes.get("replicas", ()))


def _known(store: Store, source: Source, options: Options) -> tuple[bytes, dict[str, Any] | None]:
    """How the source is identified here, and the notes of the imports before."""
    origins = (source.origin, *source.others)
    shaping = [options.shaping(), options.timeline or ""]
    identities = [_hash([source.kind, origin, *shaping]) for origin in origins]
    for identity in identities:
        saved = store.source(identity)
        if saved is not None:
            if "replicas" not in saved:
                saved["replicas"] = [saved["replica"]]
            return identity, saved
    return identities[0], None


def _first_notes(store: Store, source: Source, options: Options) -> dict[str, Any]:
    name, base = options.timeline or source.default, -1
    if options.timeline is not None:
        base = _head(store, name)
    elif _head(store, name) >= 0:
        name = free_name(store, f"{name[:MAX_STEMMED]}@{source.stem}")
    return {
        "kind": source.kind,
        "default": source.default,
        "timeline": name,
        "base": base,
        "heads": {},
        "detours": {},
        "pointed": {},
        "identities": [],
        "count": 0,
        "digest": b"",
        "more": {},
    }


def stem_of(name: str) -> str:
    """A name for people, shortened to what may be part of the name of a timeline."""
    return "".join("-" if char in "~:@\x7f" or char < "!" or char.isspace() else char for char in name)[:40] or "import"


def free_name(store: Store, name: str, others: Iterable[str] = ()) -> str:
    """The name, or with a number where a timeline or tag has it, or it is one of the others."""
    taken = {*store.graph.timeline_names, *store.tags(), *others}
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _head(store: Store, name: str) -> int:
    return max(store.heads().get(name, ()), default=-1)


def _hash(parts: list[Any]) -> bytes:
    return blake3(msgspec.msgpack.encode(parts)).digest(16)
