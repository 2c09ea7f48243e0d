"""Which children of a container go on from which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.exchange.alignment import NEW, align_by_content, common_ends
from engine.exchange.fields import Fields
from engine.exchange.jsontext import Canon, canonical
from engine.exchange.node import Node
from engine.exchange.steps import Steps, first_of, is_element, repeated


@dataclass(frozen=True, slots=True)
class Match:
    """How the children of a container follow from those it had.

    The first `head` and the last `tail` of them are the same ones as before, in their places; `origins` says of each
    child between where it stood (`NEW`: nowhere), and `keys` its key or step (None: an element to be made). `repeats`
    and `lacks` count the records whose key another one has too, and those that have none.
    """

    head: int
    tail: int
    origins: list[int]
    keys: Sequence[str | bytes | None]
    fields: Fields | None = None
    repeats: int = 0
    lacks: int = 0


def match_keys(node: Node, keys: list[str]) -> Match:
    """Match the members of a map."""
    head, tail = common_ends(node.keys, keys)
    places = node.places()
    middle = keys[head : len(keys) - tail]
    return Match(head, tail, [places.get(key, NEW) for key in middle], middle)


def match_elements(node: Node, olds: Sequence[bytes], raws: Sequence[bytes], canon: Canon) -> Match:
    """Match the elements of a list without keys by their content (`olds`: the JSON of what the node holds)."""
    before, after = list(map(canon, olds)), list(map(canon, raws))
    head, tail = common_ends(before, after)
    found = align_by_content(before[head : len(before) - tail], after[head : len(after) - tail])
    origins = [origin if origin == NEW else origin + head for origin in found]
    return Match(head, tail, origins, [None if origin == NEW else node.keys[origin] for origin in origins])


def match_records(node: Node, olds: Sequence[bytes], raws: Sequence[bytes], fields: Fields, steps: Steps) -> Match:
    """Match the records of a keyed list."""
    if not node.tangled:
        found = _match_unique(node, olds, raws, fields, steps)
        if found is not None:
            return found
    return _match_all(node, olds, raws, fields, steps)


def _match_unique(
    node: Node, olds: Sequence[bytes], raws: Sequence[bytes], fields: Fields, steps: Steps
) -> Match | None:
    """The match where every record has a key of its own, looking only at what changed; None where that is not so."""
    head, tail = common_ends(olds, raws)
    end = len(olds) - tail
    known = {olds[index]: node.keys[index] for index in range(head, end)}
    middle: list[bytes] = []
    for index in range(head, len(raws) - tail):
        step = known.get(raws[index]) or steps.key(raws[index], fields)
        if step is None:
            return None
        middle.append(step)
    stood = {step: index for index, step in enumerate(node.keys[head:end], head)}
    if len(set(middle)) != len(middle):
        return None
    if head or tail:
        new = [step for step in middle if step not in stood]
        if new and any(step in node.places() for step in new):
            return None
    return Match(head, tail, [stood.get(step, NEW) for step in middle], middle, fields)


def _match_all(node: Node, olds: Sequence[bytes], raws: Sequence[bytes], fields: Fields, steps: Steps) -> Match:
    """The match of a list where keys repeat or lack: the n-th with the n-th, those without by their content."""
    counts: Counter[bytes] = Counter()
    # A node that is being made has no keys yet: their places are not asked for, as it would remember the answer.
    places = node.places() if len(node) else {}
    known = {raw: first_of(step) for raw, step in zip(olds, node.keys, strict=True) if not is_element(step)}
    origins: list[int] = []
    keys: list[bytes | None] = []
    for raw in raws:
        step = known.get(raw) or steps.key(raw, fields)
        if step is not None:
            nth = counts[step]
            counts[step] += 1
            step = repeated(step, nth) if nth else step
        keys.append(step)
        origins.append(NEW if step is None else places.get(step, NEW))
    lacking = [index for index, step in enumerate(keys) if step is None]
    if lacking:
        before = [index for index, step in enumerate(node.keys) if is_element(step)]
        stood = [canonical(olds[index]) for index in before]
        found = align_by_content(stood, [canonical(raws[index]) for index in lacking])
        for index, origin in zip(lacking, found, strict=True):
            if origin != NEW:
                origins[index] = before[origin]
                keys[index] = node.keys[before[origin]]
    return Match(0, 0, origins, keys, fields, len(raws) - len(lacking) - len(counts), len(lacking))
