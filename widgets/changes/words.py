"""Word diff of two texts: spans that stayed, went, came. No Qt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

Sign = Literal["same", "removed", "added"]

# A word with the blanks after it is one token: half as many tokens, and changes read as whole words.
_TOKEN = re.compile(r"\w+[^\S\n]*|\n|[^\w\s]|[^\S\n]+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_PAIRS = 200_000
_MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text and what became of it."""

    sign: Sign
    text: str


def words(text: str) -> list[str]:
    """Tokens of a text; joined they are the text again."""
    return _TOKEN.findall(text)


@lru_cache(maxsize=512)
def word_diff(before: str, after: str) -> tuple[Span, ...]:
    """Spans that turn `before` into `after`: without the added ones they read `before`, without the removed ones
    `after`. Texts too long for words are compared by lines first."""
    if len(before) + len(after) > _MOST_CHARACTERS:
        return (Span("removed", before), Span("added", after)) if before != after else (Span("same", before),)
    return tuple(_merge(_diff(words(before), words(after), by_lines=True)))


def _diff(old: Sequence[str], new: Sequence[str], by_lines: bool) -> Iterator[Span]:
    start = _common_prefix(old, new)
    end = _common_prefix(old[start:][::-1], new[start:][::-1])
    yield Span("same", "".join(old[:start]))
    yield from _middle(old[start : len(old) - end], new[start : len(new) - end], by_lines)
    yield Span("same", "".join(old[len(old) - end :]))


def _middle(old: Sequence[str], new: Sequence[str], by_lines: bool) -> Iterator[Span]:
    if len(old) * len(new) > _MOST_PAIRS:
        if by_lines:
            yield from _lines("".join(old), "".join(new))
        else:
            yield Span("removed", "".join(old))
            yield Span("added", "".join(new))
        return
    for tag, i0, i1, j0, j1 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Span("same", "".join(old[i0:i1]))
        else:
            yield Span("removed", "".join(old[i0:i1]))
            yield Span("added", "".join(new[j0:j1]))


def _lines(old: str, new: str) -> Iterator[Span]:
    before, after = _LINE.findall(old), _LINE.findall(new)
    for tag, i0, i1, j0, j1 in SequenceMatcher(None, before, after, autojunk=True).get_opcodes():
        if tag == "equal":
            yield Span("same", "".join(before[i0:i1]))
        else:
            yield from _diff(words("".join(before[i0:i1])), words("".join(after[j0:j1])), by_lines=False)


def _common_prefix(old: Sequence[str], new: Sequence[str]) -> int:
    limit = min(len(old), len(new))
    for i in range(limit):
        if old[i] != new[i]:
            return i
    return limit


def _merge(spans: Iterator[Span]) -> Iterator[Span]:
    """Join neighbours of one sign (a removed and an added side may alternate), drop empty ones."""
    removed = added = same = ""
    for span in spans:
        if not span.text:
            continue
        if span.sign == "same":
            if removed or added:
                yield from _changed(removed, added)
                removed = added = ""
            same += span.text
            continue
        if same:
            yield Span("same", same)
            same = ""
        if span.sign == "removed":
            removed += span.text
        else:
            added += span.text
    yield from _changed(removed, added)
    if same:
        yield Span("same", same)


def _changed(removed: str, added: str) -> Iterator[Span]:
    if removed:
        yield Span("removed", removed)
    if added:
        yield Span("added", added)


def similar(spans: Sequence[Span]) -> bool:
    """Whether enough stayed (a third of the longer side) for a word diff to read better than before and after."""
    same = sum(len(span.text) for span in spans if span.sign == "same")
    removed = sum(len(span.text) for span in spans if span.sign == "removed")
    added = sum(len(span.text) for span in spans if span.sign == "added")
    return same * 3 >= same + max(removed, added)


def condense(spans: Sequence[Span], context: int = 24) -> list[Span]:
    """For one line: long stretches that stayed are cut to `context` characters next to a change."""
    result: list[Span] = []
    for position, span in enumerate(spans):
        if span.sign != "same" or len(span.text) <= 2 * context:
            result.append(span)
            continue
        head = "" if position == 0 else span.text[:context]
        tail = "" if position == len(spans) - 1 else span.text[-context:]
        result.append(Span("same", f"{head}…{tail}"))
    return result
