"""Moments: the texts that name a version, and what they resolve to."""

from __future__ import annotations

import re

import numpy as np

from engine.errors import Ambiguous, NotFound
from engine.model.times import looks_like_time, parse_time
from engine.model.transactions import parse_handle
from engine.storage.log import Log
from engine.timeline.aliases import Aliases
from engine.timeline.dag import Graph
from engine.timeline.refs import Refs

_BACK = re.compile(r"(.*?)~(\d{0,9})\Z", re.DOTALL)
_HEX = re.compile(r"[0-9a-f]{4,64}\Z")


def version_at_time(log: Log, graph: Graph, head: int, time: int) -> int:
    """On the first-parent chain of `head`: the version with the greatest time ≤ `time`, the later one among equals;
    -1 (the empty state) when all are later.

    Times need not follow the order of the log: pieces of the log are looked into from that which may have the greatest
    time on, until none that is left can have a greater one.
    """
    found, best = -1, -1 << 63
    pieces = [piece for piece in log.times_between() if piece[0] <= time and piece[2] <= head]
    for _, greatest, first, stop in sorted(pieces, key=lambda piece: (-min(piece[1], time), -piece[2])):
        if found >= 0 and min(greatest, time) < best:
            break
        chain = graph.chain_between(head, first, stop - 1)
        times = log.take("time", chain)
        early = times[times <= time]
        if len(early) and (int(early.max()), int(chain[-1])) > (best, found):
            latest = int(early.max())
            candidate = int(chain[np.flatnonzero(times == latest)[-1]])
            found, best = max((best, found), (latest, candidate))[::-1]
    return found


class Moments:
    """Resolves moments in an open store."""

    def __init__(self, log: Log, graph: Graph, refs: Refs, aliases: Aliases) -> None:
        self._log = log
        self._graph = graph
        self._refs = refs
        self._aliases = aliases

    def resolve(self, text: str, timeline: str) -> int:
        """The version (dense number, -1 for the empty state) that the text names.

        Order of meaning: timeline, tag, time (on `timeline`), handle, id or unique prefix, source id (of what was left
        out, too, where it changed nothing) or unique prefix; any of these with `~n`. Raises `NotFound` or `Ambiguous`.
        """
        name = text.strip()
        found = self._named(name, timeline)
        if found is not None:
            return found
        back = _BACK.match(name)
        if back and back[1]:
            base = self._named(back[1], timeline)
            if base is not None:
                return self._back(base, int(back[2] or 1), name)
        raise NotFound(
            f"{text!r} names no moment here; give a time, a timeline, a tag, REPLICA:SEQ, or 4 or more digits of an id"
        )

    def time_of(self, text: str) -> int | None:
        """The time that a moment says, in microseconds, or None where it names something else."""
        name = text.strip()
        named = self._refs.find(name) is not None or name in self._refs.tags
        return parse_time(name) if looks_like_time(name) and not named else None

    def _back(self, base: int, steps: int, name: str) -> int:
        found = self._graph.back(base, steps) if base >= 0 else -2 if steps else -1
        if found < -1:
            raise NotFound(f"{name!r} is before the beginning of the history")
        return found

    def _named(self, name: str, timeline: str) -> int | None:
        number = self._refs.find(name)
        if number is not None:
            return self.head(number)
        if name in self._refs.tags:
            return self._refs.tags[name]
        if looks_like_time(name):
            number = self._refs.find(timeline)
            return version_at_time(
                self._log, self._graph, self.head(number) if number is not None else -1, parse_time(name)
            )
        handle = parse_handle(name)
        if handle:
            found = self._log.find_handle(*handle)
            if found is None:
                raise NotFound(f"no transaction {name!r} in this store")
            return found
        return self._by_id(name)

    def _by_id(self, name: str) -> int | None:
        is_hex = _HEX.match(name) is not None
        found = set(self._log.find_id(name)) if is_hex else set()
        if not found:
            found = set(self._log.find_source(name))
            exact = sorted(dense for dense in found if self._log.texts(dense)[2] == name)
            if len(exact) > 1:
                one, other = (self._log.handle(dense) for dense in exact[:2])
                raise Ambiguous(f"{name!r} is the id of several transactions; use a handle, as {one} or {other}")
            if is_hex and not exact:
                # The file may hold versions that this process has not taken in yet.
                found.update(version for version in self._aliases.find(name) if version < self._log.count)
        if len(found) > 1:
            raise Ambiguous(f"{name!r} is the beginning of several ids; give more of it")
        return found.pop() if found else None

    def head(self, timeline: int) -> int:
        """The version that a timeline shows; -1 for one without transactions."""
        heads = self._refs.timelines[timeline].heads
        return heads[0] if heads else -1
