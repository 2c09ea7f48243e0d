"""Texts that edits made: put together when somebody asks for one, from the nearest text that is known.

That is the text asked for last (whoever reads on from version to version replays one edit at a time), one in the cache,
which gets one every so many runs of edits, a text that is kept in a block, or a value that stands for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.splices import Splice
from engine.storage import text_sizes
from engine.storage.cache import ByteCache
from engine.storage.columns.edits import Edits, apply_one, from_splices

STRIDE = 256
"""Runs of edits between two texts that are kept in the cache."""
_UNKNOWN = 1 << 40  # the length of a text that nobody asks for
_MOST_LENGTHS = 1 << 12
_STRING = b"s"

Source = bytes | Splice | tuple[Edits, int]
"""Where a value comes from: its canonical bytes, one splice, or the number of an edit of a block."""


@dataclass(frozen=True, slots=True)
class EditedText:
    """A text that edits made, by its value id: what stands for it where many are handed out."""

    value: int
    texts: Texts = field(repr=False, compare=False)

    def text(self) -> str:
        """The text."""
        return self.texts.text(self.value)


class Texts:
    """The texts of a value table, by value ids. `source` says where a value comes from."""

    def __init__(self, source: Callable[[int], Source], cache: ByteCache[str]) -> None:
        self._source = source
        self._cache = cache
        self._newest = -1, ""
        self._lengths: dict[int, int] = {}

    # ------------------------------------------------------------------------------------------ reading

    def text(self, value: int) -> str:
        """The text that a value is. Raises `CorruptStore` for one that is none."""
        newest, text = self._newest
        if newest != value:
            text = self._make(value)
            self._newest = value, text
        return text

    def _make(self, value: int) -> str:
        """Walk back to a text that is known, and replay what lies between."""
        plan: list[tuple[Edits, int, int]] = []
        while (text := self._known(value)) is None:
            source = self._source(value)
            if isinstance(source, bytes):
                text = _plain(source)
                break
            if isinstance(source, Splice):
                if not plan and (before := self._known(source.base)) is not None:
                    return apply_one(source, before)
                edits, value = self._gather(value, source)
                plan.append((edits, 0, len(edits)))
                continue
            edits, edit = source
            first, text = self._nearest(edits, edit)
            plan.append((edits, first, edit + 1))
            if text is not None:
                break
            value = edits.base.item(edits.chain_of(edit))
        for edits, first, stop in reversed(plan):
            text = self._replay(edits, text, first, stop)
        return text

    def _known(self, value: int) -> str | None:
        newest, text = self._newest
        return text if newest == value else self._cache.peek(value)

    def _gather(self, value: int, source: Source) -> tuple[Edits, int]:
        """The edits that lead to a value and stand in no block yet, and the value that these start from."""
        made, splices = [], []
        newest = self._newest[0]
        while isinstance(source, Splice):
            made.append(value)
            splices.append(source)
            value = source.base
            if value == newest or (len(splices) % STRIDE == 0 and value in self._cache):
                break
            source = self._source(value)
        return from_splices(made[::-1], splices[::-1], lambda _: _UNKNOWN), value

    def _nearest(self, edits: Edits, edit: int) -> tuple[int, str | None]:
        """The first edit of a chain that has to be replayed to make a text, and the text before it if it is known."""
        chain = edits.chain_of(edit)
        first = edits.first_edit.item(chain)
        newest, text = self._newest
        last = edits.edit_of(newest)
        if first <= last < edit and _runs(edits, last, edit) <= STRIDE:
            return last + 1, text
        for start in _marks(edits, chain, edit)[::-1].tolist():
            known = self._cache.peek(edits.made.item(start - 1))
            if known is not None:
                return start, known
        return first, edits.kept.get(chain)

    def _replay(self, edits: Edits, before: str, first: int, stop: int) -> str:
        """Replay edits of one chain, and keep a text every so many runs."""
        chain = edits.chain_of(first)
        if first == edits.first_edit[chain] and edits.size[chain] not in (len(before), _UNKNOWN):
            raise CorruptStore("the store is damaged: edits start from another text; restore it from a backup")
        marks = _marks(edits, chain, stop - 1)
        for mark in marks[marks > first].tolist():
            before = edits.apply(before, first, mark)
            first = mark
            self._cache.put(edits.made.item(mark - 1), before, _bytes(before))
        return edits.apply(before, first, stop)

    # ------------------------------------------------------------------------------------------ measures

    def length(self, value: int) -> int:
        """Code points of a text, which is not made for that where it is an edit's."""
        net, at = 0, value
        while True:
            known = self._lengths.get(at)
            if known is None:
                source = self._source(at)
                if isinstance(source, Splice):
                    net += len(source.insert) - source.delete
                    at = source.base
                    continue
                known = len(_plain(source)) if isinstance(source, bytes) else int(source[0].lengths[source[1]])
            if len(self._lengths) > _MOST_LENGTHS:
                self._lengths.clear()
            self._lengths[value] = known + net
            return known + net

    def json_sizes(self, edits: Edits) -> NDArray[np.int64]:
        """Bytes in JSON of the text after each of some edits, in order of the values; the texts are not made."""
        sizes = np.empty(len(edits), np.int64)
        for chain, base in enumerate(edits.base.tolist()):
            first, stop = edits.first_edit[chain : chain + 2].tolist()
            sizes[first:stop] = text_sizes.measure(edits, self.text(base), first, stop)
        return sizes[edits.place]

    def forget(self, value: int) -> None:
        """Forget the texts of values from one on, whose ids will be given to others."""
        self._newest = -1, ""
        self._cache.clear()
        self._lengths = {known: length for known, length in self._lengths.items() if known < value}

    def depth(self, value: int) -> int:
        """How many runs of edits have to be replayed to make a text of one that is kept or stands for itself."""
        runs = 0
        while not isinstance(source := self._source(value), bytes):
            if isinstance(source, Splice):
                runs, value = runs + 1, source.base
                continue
            edits, edit = source
            chain = edits.chain_of(edit)
            runs += _runs(edits, edits.first_edit.item(chain), edit) + 1
            if chain in edits.kept:
                break
            value = edits.base.item(chain)
        return runs


def _plain(canonical: bytes) -> str:
    try:
        if canonical[:1] == _STRING:
            return canonical[1:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        pass
    raise CorruptStore("the store is damaged: an edit is of what is no text; restore it from a backup")


def _runs(edits: Edits, first: int, last: int) -> int:
    """How many runs lie between two edits."""
    low, high = np.searchsorted(edits.run_edit, (first, last), side="right").tolist()
    return int(high - low)


def _marks(edits: Edits, chain: int, edit: int) -> NDArray[np.int64]:
    """The edits of a chain, up to one, before each of which the cache is to have the text."""
    run = int(np.searchsorted(edits.run_edit, edit, side="right")) - 1
    return edits.run_edit[edits.first_run.item(chain) + STRIDE : run + 1 : STRIDE]


def _bytes(text: str) -> int:
    """About what a text takes in memory."""
    return 64 + len(text) * (1 if text.isascii() else 4)
