"""A block of values: those that stand for themselves, and those that edits of a text made.

The head is that of the former alone (`columns/values.py`), or a list of: that head, how it is told which are the
latter, the bytes of their columns, the spec of these (`columns/edit_columns.py`), and a last element, nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import compress
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.splices import Splice
from engine.storage.columns import block, edit_columns, integers, values
from engine.storage.columns.choices import Choice, complete
from engine.storage.columns.edits import Edits, from_splices
from engine.storage.columns.effort import Effort
from engine.storage.columns.reader import Reader, readable

Item = bytes | Splice
"""A value as it is stored: its canonical bytes, or what made it of another one."""

MOST_RUNS = 1 << 14
_EDITED = 5


class Bases(Protocol):
    """What a block wants to know of the texts in other blocks that its edits start from, by their ids."""

    def length(self, value: int) -> int:
        """Code points of a text."""

    def depth(self, value: int) -> int:
        """How many runs of edits have to be replayed to make it."""

    def text(self, value: int) -> str:
        """The text."""


def pack(items: Sequence[Item], groups: NDArray[Any] | None, effort: Effort, first: int, bases: Bases) -> bytes:
    """The payload of values from the id `first` on; `groups` has a number for each, which a quick block does without.

    A text that would take too many runs to make is kept where edits go on from it.
    """
    plain = [item for item in items if not isinstance(item, Splice)]
    if len(plain) == len(items):
        head, bodies = values.encode(plain, groups, effort)
        return block.assemble(head, bodies, effort)
    edited = np.array([isinstance(item, Splice) for item in items])
    splices = [item for item in items if isinstance(item, Splice)]
    head, bodies = values.encode(plain, None if groups is None else groups[~edited], effort)
    mask = integers.encode(edited.view(np.uint8), effort)
    ids = (np.flatnonzero(edited) + first).tolist()
    edits = from_splices(ids, splices, bases.length)
    edits.kept = {
        chain: bases.text(base)
        for chain, base in enumerate(edits.base.tolist())
        if base < first and bases.depth(base) > MOST_RUNS
    }
    spec, columns = edit_columns.encode(edits, effort)
    whole = [head, mask[0], sum(map(len, columns)), spec, None]
    return block.assemble(whole, [*mask[1], *columns, *bodies], effort)


class Opened:
    """A block that is open: what is not asked for is not decoded."""

    def __init__(self, payload: bytes, first: int, count: int) -> None:
        """Raises `CorruptStore` where it does not hold `count` values."""
        head, reader = block.take_apart(payload)
        self.first, self.count = first, count
        self.nbytes = 2 * len(payload) + 100 * count
        self.edited: NDArray[np.bool_] | None = None
        with readable("a block of values"):
            if len(head) == _EDITED:
                head, mask, size, self._spec, _ = head
                self.edited = integers.decode(reader, mask, count).astype(bool)
                if len(self.edited) != count:
                    raise _damaged(f"a block of values does not hold {count}")
                self._columns = reader.take(size)
                self._rank = np.cumsum(~self.edited) - 1
                count = int(self._rank[-1]) + 1
        self._plain = values.Opened(head, reader, count)

    @cached_property
    def edits(self) -> Edits:
        """What edits made, in a block that has such values."""
        assert self.edited is not None
        with readable("edits of texts"):
            ids = np.flatnonzero(self.edited).astype(np.int64) + self.first
            return edit_columns.decode(Reader(memoryview(self._columns)), self._spec, ids)

    def is_derived(self, value: int) -> bool:
        """Whether edits made a value."""
        return self.edited is not None and self.edited.item(value - self.first)

    def plain(self, value: int) -> bytes:
        """The canonical bytes of a value that stands for itself."""
        place = value - self.first
        return self._plain.get(place if self.edited is None else self._rank.item(place))

    def all_plain(self) -> list[tuple[int, bytes]]:
        """The ids and canonical bytes of all that stand for themselves."""
        ids = range(self.first, self.first + self.count)
        return list(zip(ids if self.edited is None else compress(ids, ~self.edited), self._plain.all(), strict=True))

    def items(self) -> list[Item]:
        """All values, as they are stored."""
        if self.edited is None:
            return list(self._plain.all())
        plain, derived = iter(self._plain.all()), iter(self.edits.splices())
        return [next(derived) if edited else next(plain) for edited in self.edited.tolist()]


def holds(payload: bytes, items: Sequence[Item], first: int, bases: Bases) -> bool:
    """Whether a payload is read as these values from the id `first` on."""
    opened = Opened(payload, first, len(items))
    if opened.items() != items:
        return False
    edits = opened.edits if opened.edited is not None else None
    if edits is None:
        return True
    chains = edits.base.tolist()
    same = all(bases.text(chains[chain]) == text for chain, text in edits.kept.items())
    outside = [chain for chain, base in enumerate(chains) if base < first]
    return same and all(edits.size[chain] == bases.length(chains[chain]) for chain in outside)


def describe(payload: bytes) -> list[Choice]:
    """How the values of a payload are stored, and what each part costs; the sizes add up to the payload's."""
    head, _ = block.take_apart(payload)
    if len(head) != _EDITED:
        return complete(values.describe(head), len(payload))
    head, mask, _, spec, _ = head
    found = [Choice("edited", *integers.describe(mask)), *(Choice(*each) for each in edit_columns.describe(spec))]
    return complete([*found, *values.describe(head)], len(payload))


def _damaged(what: str) -> CorruptStore:
    return CorruptStore(f"the store is damaged: {what}; restore it from a backup")
