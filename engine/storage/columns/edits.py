"""Edits of texts as runs.

Who types makes a value a key stroke; each differs from the one before by one splice. Such values are *derived*: what is
stored is what was typed, run by run. A *chain* is a row of derived values, each made from the one before; a *run* is a
stretch of a chain in which the cursor goes where typing takes it: forward with what is inserted, back with what is
deleted before it, nowhere with what is deleted after it. Most of a run follows from its first edit (storage of event
graphs: J. Gentle, M. Kleppmann, "Collaborative Text Editing with Eg-walker", EuroSys 2025).

Edits are numbered chain after chain, those of a chain in order; `text` has what they insert, in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CorruptStore
from engine.model.splices import Splice
from engine.storage.columns.replay import Moves, from_codes, outside, replay, to_codes, width_of

_Ints = NDArray[np.int64]
_FORWARD, _BACKWARD = 1, 2
_FEW = 3


class Edits:
    """Derived values as chains of runs.

    By value, in order: `values`, their ids, and `chain`, the chain of each. By chain: `base`, the value that it starts
    from, and `size`, the length of that one's text; `kept` has that text where it is stored beside. By run: `count` of
    edits, how many code points each of them inserts and deletes, whether the cursor goes `backward`, and `caret`, where
    it is before the first.
    """

    def __init__(
        self,
        values: _Ints,
        chain: _Ints,
        bases: tuple[_Ints, _Ints],
        runs: tuple[_Ints, _Ints, _Ints, NDArray[np.bool_]],
        jump: _Ints,
        text: str,
        kept: dict[int, str] | None = None,
    ) -> None:
        """`jump` is how far each run's caret is from where the run before it left the cursor (0 before a chain).
        Raises `CorruptStore` for columns that do not fit each other."""
        self.values, self.chain = values, chain
        self.base, self.size = bases
        self.count, self.insert, self.delete, self.backward = runs
        self.jump, self.text, self.kept = jump, text, kept or {}
        lengths = np.bincount(chain, minlength=len(self.base)).astype(np.int64)
        self.first_edit = np.concatenate(([0], np.cumsum(lengths)))
        self.run_edit = np.concatenate(([0], np.cumsum(self.count)))
        self.first_run = np.searchsorted(self.run_edit, self.first_edit)
        inserted = self.count * self.insert
        self.offset = np.concatenate(([0], np.cumsum(inserted)))
        self._check(lengths)
        self.order = np.argsort(chain, kind="stable")
        gone = np.concatenate(([0], np.cumsum(jump + self.count * self._step)))
        run_chain = np.repeat(np.arange(len(self.base)), np.diff(self.first_run))
        self.caret = gone[:-1] + jump - gone[self.first_run[run_chain]]

    def _check(self, lengths: _Ints) -> None:
        sound = (
            len(lengths) == len(self.base) == len(self.size)
            and (not len(lengths) or int(lengths.min()) > 0)
            and self.run_edit[-1] == len(self.values)
            and np.array_equal(self.run_edit[self.first_run], self.first_edit)
            and int(self.offset[-1]) == len(self.text)
            and not (self.size < 0).any()
            and not (self.backward & (self.insert > 0)).any()
            and not (self.base >= self.values[np.argsort(self.chain, kind="stable")[self.first_edit[:-1]]]).any()
        )
        if not sound:
            raise CorruptStore("the store is damaged: edits of texts do not add up; restore it from a backup")

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def place(self) -> _Ints:
        """The number of the edit that makes each value."""
        place = np.empty(len(self.order), np.int64)
        place[self.order] = np.arange(len(self.order))
        return place

    @cached_property
    def made(self) -> _Ints:
        """The value that each edit makes."""
        made: _Ints = self.values[self.order]
        return made

    @cached_property
    def bases(self) -> _Ints:
        """The value that each edit is of."""
        bases: _Ints = np.concatenate(([0], self.made[:-1]))
        bases[self.first_edit[:-1]] = self.base
        return bases

    @cached_property
    def width(self) -> int:
        """Bytes that each code point of `codes` takes."""
        return width_of(self.text)

    @cached_property
    def codes(self) -> bytes:
        """The text as code points."""
        return to_codes(self.text, self.width)

    @cached_property
    def _step(self) -> _Ints:
        """How far each edit of a run moves the cursor."""
        return np.where(self.insert > 0, self.insert, np.where(self.backward, -self.delete, 0)).astype(np.int64)

    def edit_of(self, value: int) -> int:
        """The number of the edit that makes a value, -1 for one that none makes."""
        where = int(np.searchsorted(self.values, value))
        found = where < len(self.values) and self.values.item(where) == value
        return self.place.item(where) if found else -1

    def chain_of(self, edit: int) -> int:
        """The chain that an edit is in."""
        return self.chain.item(self.order.item(edit))

    @cached_property
    def lengths(self) -> _Ints:
        """The length of the text after each edit, in code points."""
        net = np.cumsum(np.repeat(self.insert - self.delete, self.count))
        before = np.concatenate(([0], net))[self.first_edit[:-1]]
        return net + np.repeat(self.size - before, np.diff(self.first_edit))

    def lengthened(self, before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
        """Where a value is that of an edit of the one before which leaves another length."""
        edit = self.place[np.searchsorted(self.values, after)]
        run = np.searchsorted(self.run_edit, edit, side="right") - 1
        lengthened: NDArray[np.bool_] = (self.bases[edit] == before) & (self.insert != self.delete)[run]
        return lengthened

    def splices(self) -> list[Splice]:
        """All, in order of the values."""
        nth = np.arange(len(self)) - np.repeat(self.run_edit[:-1], self.count)
        start = self.caret - np.where(self.backward, self.delete, 0)
        index = (np.repeat(start, self.count) + nth * np.repeat(self._step, self.count)).tolist()
        delete, insert = np.repeat(self.delete, self.count).tolist(), np.repeat(self.insert, self.count)
        ends = np.cumsum(insert).tolist()
        columns = zip(self.bases.tolist(), index, delete, [0, *ends], ends, strict=False)
        found = [Splice(at, where, gone, self.text[start:end]) for at, where, gone, start, end in columns]
        return [found[edit] for edit in self.place.tolist()]

    def splice(self, edit: int) -> Splice:
        """One of them, by its number."""
        run = int(np.searchsorted(self.run_edit, edit, side="right")) - 1
        nth = edit - self.run_edit.item(run)
        insert, delete, backward = self.insert.item(run), self.delete.item(run), self.backward.item(run)
        index = self.caret.item(run) + (nth * insert if insert else -(nth + 1) * delete if backward else 0)
        start = self.offset.item(run) + nth * insert
        chain = self.chain_of(edit)
        base = self.base.item(chain) if edit == self.first_edit.item(chain) else self.made.item(edit - 1)
        return Splice(base, index, delete, self.text[start : start + insert])

    def moves(self, first: int, stop: int) -> Moves:
        """The edits from `first` on up to `stop`, all of one chain, for `replay`."""
        low = int(np.searchsorted(self.run_edit, first, side="right")) - 1
        high = int(np.searchsorted(self.run_edit, stop, side="left"))
        runs = slice(low, high)
        count = self.count[runs].copy()
        insert, delete, backward = self.insert[runs], self.delete[runs], self.backward[runs]
        skipped = np.zeros(high - low, np.int64)
        skipped[0] = first - self.run_edit[low]
        count[-1] -= self.run_edit[high] - stop
        count -= skipped
        caret = self.caret[runs] + self._step[runs] * skipped
        return Moves(caret, count * delete, backward, count * insert, self.offset[runs] + skipped * insert)

    def apply(self, before: str, first: int, stop: int) -> str:
        """What the edits from `first` on up to `stop`, all of one chain, make of a text."""
        if stop - first <= _FEW:
            for edit in range(first, stop):
                before = apply_one(self.splice(edit), before)
            return before
        width = max(self.width, width_of(before))
        supply = self.codes if width == self.width else to_codes(self.text, width)
        return from_codes(replay(to_codes(before, width), supply, self.moves(first, stop), width), width)


def apply_one(splice: Splice, before: str) -> str:
    """What one edit makes of a text. Raises `CorruptStore` for an edit that is not within it."""
    if not 0 <= splice.start <= splice.start + splice.delete <= len(before):
        raise outside()
    return before[: splice.start] + splice.insert + before[splice.start + splice.delete :]


def from_splices(values: Sequence[int], splices: Sequence[Splice], size_of: Callable[[int], int]) -> Edits:
    """Derived values (ascending ids, and what each of them is) as runs. `size_of` gives the length of a text that is
    none of them, by its id."""
    ends: dict[int, int] = {}
    bases: list[int] = []
    chain = np.empty(len(values), np.int64)
    for place, (value, splice) in enumerate(zip(values, splices, strict=True)):
        number = ends.pop(splice.base, len(bases))
        if number == len(bases):
            bases.append(splice.base)
        ends[value] = chain[place] = number
    order = np.argsort(chain, kind="stable")
    ordered = [splices[place] for place in order.tolist()]
    index = np.array([splice.start for splice in ordered], np.int64)
    delete = np.array([splice.delete for splice in ordered], np.int64)
    insert = np.array([len(splice.insert) for splice in ordered], np.int64)
    starts = _run_starts(chain[order], index, delete, insert)
    count = np.diff(np.append(starts, len(ordered)))
    backward, jump = _cursor(starts, chain[order], (index, delete, insert))
    ids = np.array(values, np.int64)
    sizes = _sizes(ids[order], chain[order], bases, insert - delete, size_of)
    text = "".join([splice.insert for splice in ordered])
    runs = count, insert[starts], delete[starts], backward
    return Edits(ids, chain, (np.array(bases, np.int64), sizes), runs, jump, text)


def _run_starts(chain: _Ints, index: _Ints, delete: _Ints, insert: _Ints) -> _Ints:
    """The first edit of each run: those that do not go on from the edit before as that did from the one before it."""
    alike = (np.diff(chain) == 0) & (np.diff(delete) == 0) & (np.diff(insert) == 0)
    step, typing = np.diff(index), insert[1:] > 0
    forward = alike & (step == np.where(typing, insert[1:], 0))
    back = alike & ~typing & (step == -delete[1:]) & (delete[1:] > 0)
    link = np.concatenate(([0], np.where(forward, _FORWARD, np.where(back, _BACKWARD, 0))))
    turned = np.concatenate(([False], (link[:-1] > 0) & (link[1:] != link[:-1])))
    return np.flatnonzero((link == 0) | turned)


def _cursor(starts: _Ints, chain: _Ints, edits: tuple[_Ints, _Ints, _Ints]) -> tuple[NDArray[np.bool_], _Ints]:
    """Which way each run deletes, and how far its caret is from where the run before it left the cursor."""
    index, delete, insert = edits
    last = np.append(starts[1:], len(index)) - 1
    left_at = np.concatenate(([0], (index + insert)[last][:-1]))
    left_at[np.concatenate(([True], np.diff(chain[starts]) != 0))] = 0
    begin, gone = index[starts], delete[starts]
    erases = (insert[starts] == 0) & (gone > 0)
    # One deletion alone may be either: what needs no jump, else the more common one.
    backward = erases & np.where(last > starts, index[last] < begin, left_at != begin)
    return backward, begin + np.where(backward, gone, 0) - left_at


def _sizes(made: _Ints, chain: _Ints, bases: Sequence[int], net: _Ints, size_of: Callable[[int], int]) -> _Ints:
    """The length of the text that each chain starts from; those that are in an earlier chain are not asked for."""
    sizes = np.zeros(len(bases), np.int64)
    first = np.searchsorted(chain, np.arange(len(bases)))
    total = np.cumsum(net)
    by_value = np.argsort(made)
    for number, base in enumerate(bases):
        where = int(np.searchsorted(made, base, sorter=by_value))
        if where < len(made) and made[by_value[where]] == base:
            edit = int(by_value[where])
            start = first[chain[edit]]
            sizes[number] = sizes[chain[edit]] + total[edit] - total[start] + net[start]
        else:
            sizes[number] = size_of(base)
    return sizes
