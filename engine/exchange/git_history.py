"""The commits of a repository: parents, times, and one order for all of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from engine.exchange.git_files import reading


def text_of(read: Callable[[], str], raw: bytes) -> str:
    """A text of a commit, which may be in another encoding than it says, or in one that nobody knows."""
    try:
        return read()
    except (UnicodeDecodeError, LookupError):
        return raw.decode("utf-8", "replace")


class History:
    """The commits that some tips reach: parents and times, and one order for all of them."""

    def __init__(self, repository: Any, tips: Iterable[str], tick: Callable[[int], None] = lambda _: None) -> None:
        self._repository = repository
        self.parents: dict[str, tuple[str, ...]] = {}
        self.times: dict[str, int] = {}
        self.is_shallow = False
        self._ways: dict[str, tuple[str, int]] = {}
        waiting = list(tips)
        while waiting:
            commit = waiting.pop()
            if commit not in self.parents:
                with reading():
                    found = repository[commit]
                # A shallow clone lacks the parents of its oldest commits.
                known = tuple(str(parent) for parent in found.parent_ids if parent in repository)
                self.is_shallow = self.is_shallow or len(known) < len(found.parent_ids)
                self.parents[commit] = known
                self.times[commit] = found.commit_time
                waiting.extend(self.parents[commit])
                tick(len(self.parents))

    def root(self, commit: str) -> str:
        """The first commit below one, on first parents."""
        return self._first_parents(commit)[0]

    def roots(self) -> list[str]:
        """All commits without parents, by id."""
        return sorted(commit for commit, parents in self.parents.items() if not parents)

    def length(self, commit: str) -> int:
        """How many commits there are below one, on first parents."""
        return self._first_parents(commit)[1]

    def _first_parents(self, commit: str) -> tuple[str, int]:
        """The end of the way along first parents, and its length; what was walked once is not walked again."""
        way = []
        while commit not in self._ways and self.parents[commit]:
            way.append(commit)
            commit = self.parents[commit][0]
        root, count = self._ways.setdefault(commit, (commit, 1))
        for later in reversed(way):
            count += 1
            self._ways[later] = root, count
        return root, count

    def message(self, commit: str) -> str:
        """The message of a commit."""
        with reading():
            found = self._repository[commit]
        return text_of(lambda: found.message, found.raw_message)

    def order(self) -> list[str]:
        """All commits, parents first, else by time and id (Kahn 1962 with a heap)."""
        return self._ordered(self.parents)

    def _ordered(self, commits: Collection[str]) -> list[str]:
        """Some commits in that order."""
        above = {commit: {parent for parent in self.parents[commit] if parent in commits} for commit in commits}
        missing = {commit: len(parents) for commit, parents in above.items()}
        children: dict[str, list[str]] = {}
        for commit, parents in above.items():
            for parent in parents:
                children.setdefault(parent, []).append(commit)
        ready = [(self.times[commit], commit) for commit, count in missing.items() if not count]
        heapq.heapify(ready)
        order = []
        while ready:
            _, commit = heapq.heappop(ready)
            order.append(commit)
            for child in children.get(commit, ()):
                missing[child] -= 1
                if not missing[child]:
                    heapq.heappush(ready, (self.times[child], child))
        return order

    def blocks(self, tip: str) -> Iterator[list[str]]:
        """Every commit of the way along first parents that ends at `tip`, from its root on, each with those ancestors
        before it that none of the earlier ones has: in all of them, whatever comes later changes nothing."""
        chain = [tip]
        while self.parents[chain[-1]]:
            chain.append(self.parents[chain[-1]][0])
        found: set[str] = set()
        for commit in reversed(chain):
            fresh = {commit}
            waiting = [commit]
            while waiting:
                new = {parent for parent in self.parents[waiting.pop()] if parent not in found and parent not in fresh}
                fresh |= new
                waiting.extend(new)
            found |= fresh
            yield self._ordered(fresh) if len(fresh) > 1 else [commit]

    def parents_of_others(self, commits: Iterable[str]) -> set[str]:
        """The commits that have children beside some."""
        others = self.parents.keys() - set(commits)
        return {parent for commit in others for parent in self.parents[commit]}

    def reached(self, tips: Iterable[str]) -> set[str]:
        """What some commits (those that still exist) reach."""
        found: set[str] = set()
        waiting = [tip for tip in tips if tip in self.parents]
        while waiting:
            commit = waiting.pop()
            if commit not in found:
                found.add(commit)
                waiting.extend(self.parents[commit])
        return found
