"""Which fields say that two records of a list are the same one, in another version.

The choice is made online, for every list pattern (`$.Incidents[*]`): it depends on the versions read so far and on
nothing else, so that two people who import a growing source at different times get the same elements. A user's choice
comes first; then fields by their name (`id`, `station_id`, `name`, …); then whatever tells the records apart, up to
four fields together. During the first changes of a pattern the rivals of the chosen fields are scored by how much they
would have written, and a clearly better one takes over from that version on; so does a new choice where records begin
to share their key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import BadInput
from engine.exchange import jsontext
from engine.exchange.fields import Fields, Record, candidates, write_cost
from engine.model import paths

TRIALS = 8
MAX_SWITCHES = 4

# A rival takes over when it writes less than two thirds, and by more than two records.
_WORSE, _BETTER, _MARGIN = 2, 3, 2

Place = tuple[str | None, ...]
_Found = dict[Place, tuple["ListPattern", list[list[Record]]]]


@dataclass(slots=True)
class ListPattern:
    """What is known about the lists of one pattern, and the patterns below it (`None`: the elements).

    `seen` is the largest number of records that did not (or did) yield a choice, `trials` how many changes were
    scored, `costs` the rivals and what they would have written, `excused` how many troubles a doubt has looked at;
    `repeated` and `missing` are the most records of one version that share or lack the chosen fields.
    """

    path: Place = ()
    fields: Fields | None = None
    forced: bool = False
    used: bool = False
    seen: int = 0
    trials: int = 0
    switches: int = 0
    excused: int = 0
    repeated: int = 0
    missing: int = 0
    costs: dict[Fields, int] = field(default_factory=dict)
    below: dict[str | None, ListPattern] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether rivals of the chosen fields are still being scored."""
        return self.trials < TRIALS and len(self.costs) > 1

    def text(self) -> str:
        """The pattern of the elements, as paths are printed."""
        return "$" + "".join("[*]" if step is None else paths.name_text(step) for step in (*self.path, None))


class Identities:
    """The choices of one import, as a tree of patterns. `changed` says that there is something new to `save`."""

    def __init__(self, forced: Mapping[str, Sequence[str]] | None = None) -> None:
        self.changed = False
        self._rules = [(_rule(pattern), tuple(fields)) for pattern, fields in (forced or {}).items()]
        self.root = self._make(())

    def below(self, pattern: ListPattern, step: str | None) -> ListPattern:
        """The pattern of what stands under a key, or (`None`) of what the elements hold."""
        found = pattern.below.get(step)
        if found is None:
            found = pattern.below[step] = self._make((*pattern.path, step))
        return found

    def _make(self, path: Place) -> ListPattern:
        for rule, fields in self._rules:
            if _matches(rule, path) or _matches(rule, (*path, None)):
                return ListPattern(path, fields, forced=True)
        return ListPattern(path)

    def undecided(self, pattern: ListPattern, count: int) -> bool:
        """Whether a list of `count` records is reason to look (again) for identity fields of its pattern."""
        return pattern.fields is None and (count > 2 * pattern.seen)

    def survey(self, value: Any, pattern: ListPattern) -> None:
        """Decide every undecided pattern that has records in this new part of a state."""
        found: _Found = {}
        self._collect(value, pattern, found)
        for each, instances in found.values():
            count = max(map(len, instances))
            if self.undecided(each, count):
                each.seen = count
                self.changed = True
                self._choose(each, candidates(instances))

    def _collect(self, value: Any, pattern: ListPattern, found: _Found) -> None:
        if type(value) is dict:
            for key, item in value.items():
                if type(item) is dict or type(item) is list:
                    self._collect(item, self.below(pattern, key), found)
        elif type(value) is list:
            if _records(value):
                found.setdefault(pattern.path, (pattern, []))[1].append(value)
            for item in value:
                if type(item) is dict or type(item) is list:
                    self._collect(item, self.below(pattern, None), found)

    def _choose(self, pattern: ListPattern, ranked: list[Fields]) -> None:
        if ranked:
            pattern.fields = ranked[0]
            pattern.costs = dict.fromkeys(ranked, 0)
            pattern.trials = 0

    def score(self, pattern: ListPattern, olds: Sequence[bytes], raws: Sequence[bytes]) -> None:
        """Weigh the rivals on one change of a list (the JSON of its elements, before and after); a clearly better one
        becomes the choice."""
        olds, raws = (list(map(jsontext.canonical, side)) for side in (olds, raws))
        if pattern.fields is None or olds == raws or not (_spell_records(olds) and _spell_records(raws)):
            return
        pattern.trials += 1
        self.changed = True
        # A record that did not change costs nothing, whatever tells it apart.
        unchanged = {*olds} & {*raws}
        old, new = ([jsontext.plain(raw) for raw in side if raw not in unchanged] for side in (olds, raws))
        for fields in pattern.costs:
            pattern.costs[fields] += write_cost(fields, old, new)
        best = min(pattern.costs, key=lambda fields: (pattern.costs[fields], fields != pattern.fields))
        margin = _MARGIN * len(jsontext.plain(raws[0]))
        if _BETTER * pattern.costs[best] + margin < _WORSE * pattern.costs[pattern.fields]:
            pattern.fields = best

    def doubt(self, pattern: ListPattern, value: Any, troubles: int) -> bool:
        """Look for other fields where many records of a list (`troubles`) share or lack theirs; True if changed."""
        limit = max(2, len(value) // 10, 2 * pattern.excused)
        if pattern.forced or pattern.switches >= MAX_SWITCHES or troubles <= limit:
            return False
        pattern.excused = troubles
        self.changed = True
        ranked = candidates([value]) if _records(value) else []
        if not ranked or ranked[0] == pattern.fields:
            return False
        self._choose(pattern, ranked)
        pattern.excused = 0
        pattern.switches += 1
        return True

    def walk(self) -> Iterator[ListPattern]:
        """Every pattern, parents first."""
        waiting = [self.root]
        while waiting:
            pattern = waiting.pop()
            yield pattern
            waiting.extend(reversed(pattern.below.values()))

    def chosen(self) -> dict[str, list[str]]:
        """The fields in use, by pattern."""
        return {each.text(): list(each.fields) for each in self.walk() if each.fields and each.used}

    def troubles(self) -> list[str]:
        """What kept records from being told apart, in words."""
        lines = []
        for each in self.walk():
            names = " and ".join(each.fields or ())
            if each.repeated:
                lines.append(f"{each.text()}: {_records_of(each.repeated)} the {names} of another one")
            if each.missing:
                lines.append(f"{each.text()}: {_records_of(each.missing)} no {names}")
        return lines

    def save(self) -> list[Any]:
        """What a later import of the same source needs to go on with the same choices."""
        return [
            [
                _kept(each.path),
                each.fields and _kept(each.fields),
                each.used,
                [getattr(each, name) for name in _COUNTS],
                [[_kept(fields), cost] for fields, cost in each.costs.items()],
            ]
            for each in self.walk()
            if each.seen or each.used
        ]

    def restore(self, saved: Iterable[Sequence[Any]]) -> None:
        """The inverse of `save`."""
        for path, fields, used, counts, costs in saved:
            pattern = self.root
            for step in _given(path):
                pattern = self.below(pattern, step)
            pattern.used = used
            for name, count in zip(_COUNTS, counts, strict=True):
                setattr(pattern, name, count)
            if not pattern.forced:
                pattern.fields = _given(fields) if fields else None
                pattern.costs = {_given(names): cost for names, cost in costs}


_SURROGATE = re.compile("[\\ud800-\\udfff]")
_COUNTS = ("seen", "trials", "switches", "excused", "repeated", "missing")


def _kept(names: Iterable[str | None]) -> list[Any]:
    """Names as msgpack takes them: those with lone surrogates are no UTF-8, and kept as bytes."""
    return [
        name if name is None or not _SURROGATE.search(name) else name.encode("utf-8", "surrogatepass") for name in names
    ]


def _given(names: Iterable[Any]) -> tuple[Any, ...]:
    """The inverse of `_kept`."""
    return tuple(name.decode("utf-8", "surrogatepass") if isinstance(name, bytes) else name for name in names)


def _records_of(count: int) -> str:
    return "a record has" if count == 1 else f"up to {count:,} records of one version have"


def _spell_records(raws: Sequence[bytes]) -> bool:
    return bool(raws) and all(raw[0] == jsontext.OBJECT for raw in raws)


def _records(value: Any) -> bool:
    return type(value) is list and bool(value) and all(type(item) is dict for item in value)


def _rule(pattern: str) -> tuple[tuple[paths.Segment, ...], bool]:
    """A user's pattern, as segments of names and wildcards."""
    segments = paths.parse_pattern(pattern).segments
    for segment in segments:
        if not all(isinstance(selector, paths.Name | paths.Wildcard) for selector in segment.selectors):
            raise BadInput(f"--key {pattern}: say which list is meant by names and wildcards, as in $.items[*]=id")
    return segments, any(segment.descendant for segment in segments)


def _matches(rule: tuple[tuple[paths.Segment, ...], bool], path: Place) -> bool:
    segments, deep = rule
    if not segments or not path:
        return not segments and not path
    if not deep and len(segments) != len(path):
        return False
    first = segments[0]
    if any(_selects(selector, path[0]) for selector in first.selectors) and _matches((segments[1:], deep), path[1:]):
        return True
    return first.descendant and _matches(rule, path[1:])


def _selects(selector: paths.Selector, step: str | None) -> bool:
    return isinstance(selector, paths.Wildcard) or (isinstance(selector, paths.Name) and selector.key == step)
