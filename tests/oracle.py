"""A naive oracle: what a store means, in plain Python, with a whole copy of the state for every version.

A map is a dict, a list is an `Elements` of `Item`s (each with its identity), anything else is a leaf. Nothing here is
clever; the engine's vectors, labels, segments and caches must say the same. The choice of identity fields for a new
list is taken from the engine (`candidates`): it is a policy, not a meaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from engine.errors import InvalidValue
from engine.exchange.fields import candidates
from engine.model.values import LeafSet, encode

# A place in a state: keys of maps, and places in lists.
Where = tuple[str | int, ...]
# A path by identity: keys of maps, and identities of elements.
Path = tuple[Any, ...]

EMPTY = -1


class Refused(Exception):
    """The operation is not possible in this state."""


class Absent:
    """The side of a change that did not exist."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True)
class Key:
    """The identity of a record: its key, by type and value, and which one of those that share it."""

    fields: tuple[str, ...]
    raw: tuple[bytes, ...]
    values: tuple[Any, ...] = field(compare=False)
    nth: int = 0

    def text(self) -> str:
        """As paths print it."""
        pairs = zip(self.fields, self.values, strict=True)
        return "[?" + " && ".join(f"@{name_text(name)}=={json_text(value)}" for name, value in pairs) + "]"


@dataclass
class Item:
    """An element of a list: `identity` is a `Key`, or a number that no other element has."""

    identity: Key | int
    value: Any


class Elements(list[Item]):
    """A list with identities."""


# ------------------------------------------------------------------------------------------------- states


def plain(value: Any) -> Any:
    """The state without identities."""
    if isinstance(value, Elements):
        return [plain(item.value) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def clone(value: Any) -> Any:
    """A copy that shares no container."""
    if isinstance(value, Elements):
        return Elements(Item(item.identity, clone(item.value)) for item in value)
    return {key: clone(item) for key, item in value.items()} if isinstance(value, dict) else value


def is_container(value: Any) -> bool:
    """Whether something can be below it."""
    return isinstance(value, dict | Elements)


def children(value: Any) -> list[tuple[Any, Any]]:
    """Identity and value of each child of a container, in order."""
    if isinstance(value, Elements):
        return [(item.identity, item.value) for item in value]
    return list(value.items()) if isinstance(value, dict) else []


def nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every path below and the value there, parents first, in order."""
    yield path, value
    for step, child in children(value):
        yield from nodes(child, (*path, step))


def leaf_of(value: Any) -> Any:
    """The value as a leaf: itself, `{}` and `[]` for empty containers, absent for others."""
    if isinstance(value, dict | Elements):
        return ABSENT if value else ([] if isinstance(value, Elements) else {})
    return value


def leaves(state: Any) -> dict[Path, Any]:
    """The leaves of a state by path."""
    found = {path: leaf_of(value) for path, value in nodes(state)}
    return {path: value for path, value in found.items() if value is not ABSENT}


def same(a: Any, b: Any) -> bool:
    """Whether two leaves are equal, types included."""
    return exact(a) == exact(b)


def exact(value: Any) -> Any:
    """Something to compare by that tells 1, 1.0 and True apart, -0.0 and 0.0, and knows the order of keys."""
    if isinstance(value, dict):
        return ("map", *((key, exact(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("list", *map(exact, value))
    return value if isinstance(value, Absent) else encode(value)


# -------------------------------------------------------------------------------------------------- paths


def json_text(value: Any) -> str:
    """JSON as paths have it: characters as they are, lone surrogates escaped."""
    spelled = json.dumps(value, ensure_ascii=False)
    return "".join(f"\\u{ord(char):04x}" if 0xD800 <= ord(char) < 0xE000 else char for char in spelled)


def name_text(name: str) -> str:
    """`.name`, or `["any string"]`."""
    plain_name = name.isascii() and name.replace("_", "a").isalnum() and not name[:1].isdigit()
    return f".{name}" if plain_name else f"[{json_text(name)}]"


def path_text(state: Any, path: Path) -> str:
    """A path as it is printed where `state` is current."""
    text = "$"
    for step in path:
        if isinstance(step, str):
            text += name_text(step)
            state = state.get(step) if isinstance(state, dict) else None
            continue
        here = state if isinstance(state, Elements) else []
        place = next((index for index, item in enumerate(here) if item.identity == step), None)
        text += step.text() if isinstance(step, Key) and step.nth == 0 else f"[{'?' if place is None else place}]"
        state = here[place].value if place is not None else None
    return text


def identities(state: Any, where: Where) -> Path:
    """The path of what stands at a place."""
    path: list[Any] = []
    for step in where:
        path.append(state[step].identity if isinstance(step, int) else step)
        state = state[step].value if isinstance(step, int) else state[step]
    return tuple(path)


def value_at(state: Any, where: Where) -> Any:
    """What stands at a place; raises `Refused` for nothing."""
    for step in where:
        try:
            if isinstance(state, dict if isinstance(step, str) else Elements):
                state = state[step] if isinstance(step, str) else state[step].value
                continue
        except (KeyError, IndexError):
            pass
        raise Refused(f"nothing at {where}")
    return state


# --------------------------------------------------------------------------------------------- operations


class Change:
    """A transaction being put together on a copy of its parent's state. Methods are the operations of 5-api."""

    def __init__(self, state: Any, keyed: dict[Path, dict[Key, None]], numbers: Iterator[int]) -> None:
        self.state = clone(state)
        self.keyed = {path: dict(keys) for path, keys in keyed.items()}
        self.written: set[Path] = set()
        self.placed: set[Path] = set()
        self._numbers = numbers
        self._suspects: dict[int, Item] = {}

    # Identity ---------------------------------------------------------------------------------------------

    def _build(self, value: Any, path: Path) -> Any:
        self.written.add(path)
        if isinstance(value, dict):
            return {key: self._build(item, (*path, key)) for key, item in value.items()}
        if not isinstance(value, list):
            return LeafSet(value) if isinstance(value, set | frozenset) else value
        made = Elements()
        fields = self._fields(path, value)
        for item in value:
            identity = self._identity(made, path, item, fields)
            made.append(Item(identity, None))
            made[-1].value = self._build(item, (*path, identity))
        return made

    def _fields(self, path: Path, items: list[Any]) -> tuple[str, ...] | None:
        """Those of the newest key that the list ever had, else what is chosen by looking at the new records."""
        if self.keyed.get(path):
            return list(self.keyed[path])[-1].fields
        found = candidates([items]) if items and all(isinstance(item, dict) for item in items) else []
        return found[0] if found else None

    def _identity(self, among: Elements, path: Path, value: Any, fields: tuple[str, ...] | None) -> Key | int:
        key = key_of(value, fields)
        if key is None:
            return next(self._numbers)
        nth = next(n for n in count() if all(item.identity != Key(*key, n) for item in among))
        self.keyed.setdefault(path, {})[Key(*key, nth)] = None
        return Key(*key, nth)

    def _suspect(self, where: Where) -> None:
        """A record, or one of its fields, was written: it may have another key now."""
        for upto in (len(where), len(where) - 1):
            if upto > 0 and isinstance(where[upto - 1], int):
                above = value_at(self.state, where[: upto - 1])
                if where[upto - 1] < len(above):
                    item = above[where[upto - 1]]
                    self._suspects[id(item)] = item

    def finish(self) -> None:
        """Give records that changed their key another identity, as if they had been removed and inserted."""
        for suspect in list(self._suspects.values()):
            for path, value in list(nodes(self.state)):
                for place, item in enumerate(value if isinstance(value, Elements) else ()):
                    if item is suspect and isinstance(item.identity, Key) and not holds(item):
                        self._rekey(path, value, place)

    def _rekey(self, path: Path, among: Elements, place: int) -> None:
        item = among.pop(place)
        self._wipe((*path, item.identity), item.value)
        value = plain(item.value)
        made = Item(self._identity(among, path, value, self._fields(path, [value])), None)
        among.insert(place, made)
        made.value = self._build(value, (*path, made.identity))

    def _wipe(self, path: Path, value: Any) -> None:
        self.written.update(below for below, _ in nodes(value, path))

    # Operations -------------------------------------------------------------------------------------------

    def put(self, where: Where, value: Any) -> None:
        """Set what stands at a place; maps that are missing on the way are made."""
        if not where:
            self._wipe((), self.state)
            self.state = self._build(value, ())
            return
        for upto in range(1, len(where)):
            above = value_at(self.state, where[: upto - 1])
            if isinstance(where[upto - 1], str) and isinstance(above, dict) and where[upto - 1] not in above:
                self.put(where[:upto], {})
        above, last = value_at(self.state, where[:-1]), where[-1]
        path = identities(self.state, where[:-1])
        if isinstance(last, str) and isinstance(above, dict):
            self._wipe((*path, last), above.get(last))
            above[last] = self._build(value, (*path, last))
        elif isinstance(last, int) and isinstance(above, Elements) and last < len(above):
            self._wipe((*path, above[last].identity), above[last].value)
            above[last].value = self._build(value, (*path, above[last].identity))
        else:
            raise Refused(f"{where} cannot be put")
        self._suspect(where)

    def remove(self, where: Where) -> None:
        """Remove what stands at a place."""
        value_at(self.state, where)
        if not where:
            raise Refused("the whole state cannot be removed")
        self._wipe(identities(self.state, where), value_at(self.state, where))
        self._suspect(where[:-1])
        del value_at(self.state, where[:-1])[where[-1]]

    def insert(self, where: Where, index: int, value: Any) -> None:
        """Insert into a list before a place."""
        among = self._container(where, Elements, index)
        path = identities(self.state, where)
        made = Item(self._identity(among, path, value, self._fields(path, [value])), None)
        among.insert(index, made)
        made.value = self._build(value, (*path, made.identity))

    def _container(self, where: Where, kind: type | tuple[type, ...], highest: int) -> Any:
        found = value_at(self.state, where)
        if not isinstance(found, kind) or not 0 <= highest <= len(found):
            raise Refused(f"{where} is no such container")
        return found

    def move(self, where: Where, start: int, end: int) -> None:
        """Move a child of a list or map to another place."""
        found = self._container(where, (dict, Elements), max(start, end) + 1)
        path, order = identities(self.state, where), list(found.items()) if isinstance(found, dict) else list(found)
        child = order.pop(start)
        order.insert(end, child)
        self.placed.add((*path, child.identity if isinstance(child, Item) else child[0]))
        if isinstance(found, dict):
            found.clear()
            found.update(order)
        else:
            found[:] = order

    def _set(self, where: Where, value: Any) -> None:
        """Another leaf for the leaf at a place."""
        self.written.add(identities(self.state, where))
        above = value_at(self.state, where[:-1])
        if isinstance(above, dict):
            above[where[-1]] = value
        else:
            above[where[-1]].value = value
        self._suspect(where)

    def _get(self, where: Where, otherwise: Any) -> Any:
        """The leaf at a place, put there where nothing is."""
        try:
            return value_at(self.state, where)
        except Refused:
            if otherwise is ABSENT:
                raise
            self.put(where, otherwise)
            return otherwise

    def increment(self, where: Where, delta: int | float) -> None:
        """Add to a number."""
        before = self._get(where, 0 if type(delta) is int else 0.0)
        if type(before) not in (int, float):
            raise Refused("not a number")
        try:
            after = before + delta
            encode(after)
        except (OverflowError, InvalidValue) as error:
            raise Refused("too large") from error
        self._set(where, after)

    def add(self, where: Where, value: Any) -> None:
        """Add to a set."""
        before = self._get(where, LeafSet())
        if not isinstance(before, LeafSet):
            raise Refused("not a set")
        self._set(where, LeafSet([*before, value]))

    def discard(self, where: Where, value: Any) -> None:
        """Take from a set."""
        before = self._get(where, ABSENT)
        if not isinstance(before, LeafSet):
            raise Refused("not a set")
        self._set(where, LeafSet(member for member in before if not same(member, value)))

    def splice(self, where: Where, index: int, delete: int, insert: str) -> None:
        """Edit a text."""
        before = self._get(where, ABSENT)
        if not isinstance(before, str) or not 0 <= index <= index + delete <= len(before):
            raise Refused("not such a text")
        self._set(where, before[:index] + insert + before[index + delete :])

    # JSON Patch (RFC 6902) --------------------------------------------------------------------------------

    def patch_add(self, where: Where, value: Any) -> None:
        """Insert into a list, put into a map; where the last step is None at the end of a list."""
        if where and isinstance(value_at(self.state, where[:-1]), Elements):
            among = value_at(self.state, where[:-1])
            self.insert(where[:-1], len(among) if where[-1] is None else where[-1], value)
        else:  # a place is a key where a map has come to stand
            last = tuple("-" if step is None else str(step) for step in where[-1:])
            self.put((*where[:-1], *last), value)

    def patch_copy(self, source: Where, where: Where) -> None:
        """Add a copy of what stands elsewhere."""
        self.patch_add(where, plain(value_at(self.state, source)))

    def patch_move(self, source: Where, where: Where) -> None:
        """Take something away and add it elsewhere."""
        value = plain(value_at(self.state, source))
        self.remove(source)
        self.patch_add(where, value)


def key_of(value: Any, fields: tuple[str, ...] | None) -> tuple[Any, Any, Any] | None:
    """The key of a record (fields, their bytes, their values): strings and numbers only."""
    if not fields or not isinstance(value, dict):
        return None
    found = tuple(value.get(name) for name in fields)
    if not all(type(item) in (str, int, float) for item in found):
        return None
    return fields, tuple(map(encode, found)), found


def holds(item: Item) -> bool:
    """Whether a record still has the key that it is known by."""
    assert isinstance(item.identity, Key)
    key = key_of(item.value, item.identity.fields)
    return key is not None and key[1] == item.identity.raw


# ------------------------------------------------------------------------------------------------ history


@dataclass
class Version:
    """A transaction and the state after it. `written` are the paths whose values it wrote, `placed` those it moved."""

    parents: tuple[int, ...]
    timeline: str
    time: int
    message: str
    state: Any
    written: set[Path]
    placed: set[Path]


@dataclass(frozen=True)
class Timeline:
    """Where a timeline stands and where it began."""

    head: int
    forked: int


@dataclass
class Action:
    """All names before and after an action, and whether it is done or undone."""

    before: tuple[dict[str, Timeline], dict[str, int]]
    after: tuple[dict[str, Timeline], dict[str, int]]
    done: bool = True


class Oracle:
    """A whole store: versions by dense number, timelines, tags, actions."""

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self.timelines: dict[str, Timeline] = {}
        self.tags: dict[str, int] = {}
        self.actions: list[Action] = []
        self.keyed: dict[Path, dict[Key, None]] = {}
        self.numbers = count()

    def state(self, dense: int) -> Any:
        """The state of a version."""
        return self.versions[dense].state if dense != EMPTY else {}

    def head(self, timeline: str) -> int:
        """The version that a timeline shows."""
        return self.timelines[timeline].head if timeline in self.timelines else EMPTY

    def change(self, parent: int) -> Change:
        """A transaction on top of a version."""
        return Change(self.state(parent), self.keyed, self.numbers)

    def commit(self, change: Change, timeline: str, time: int, message: str) -> int:
        """Add a transaction of a person; its timeline moves to it. Returns its number."""
        change.finish()
        head = self.head(timeline)
        return self.add(change, timeline, time, message, (head,) if head != EMPTY else (), EMPTY)

    def add(self, change: Change, timeline: str, time: int, message: str, parents: tuple[int, ...], forked: int) -> int:
        """Add a transaction with any parents; a new timeline was forked at `forked`."""
        self.keyed = change.keyed
        self.versions.append(Version(parents, timeline, time, message, change.state, change.written, change.placed))
        dense = len(self.versions) - 1
        forked = self.timelines[timeline].forked if timeline in self.timelines else forked
        self.act(lambda: self.timelines.update({timeline: Timeline(dense, forked)}))
        return dense

    def act(self, move: Callable[[], Any]) -> None:
        """Move names, as one action that can be undone."""
        before = dict(self.timelines), dict(self.tags)
        move()
        self.actions = [action for action in self.actions if action.done]
        self.actions.append(Action(before, (dict(self.timelines), dict(self.tags))))

    def undo(self) -> bool:
        """Take back the last action."""
        action = next((action for action in reversed(self.actions) if action.done), None)
        if action:
            action.done = False
            self.timelines, self.tags = dict(action.before[0]), dict(action.before[1])
        return action is not None

    def redo(self) -> bool:
        """Make again what was undone last."""
        action = next((action for action in self.actions if not action.done), None)
        if action:
            action.done = True
            self.timelines, self.tags = dict(action.after[0]), dict(action.after[1])
        return action is not None

    # Questions --------------------------------------------------------------------------------------------

    def chain(self, dense: int) -> list[int]:
        """First parents, oldest first."""
        found = []
        while dense != EMPTY:
            found.append(dense)
            parents = self.versions[dense].parents
            dense = parents[0] if parents else EMPTY
        return found[::-1]

    def ancestry(self, heads: Sequence[int]) -> set[int]:
        """The heads and all their ancestors."""
        found: set[int] = set()
        work = [head for head in heads if head != EMPTY]
        while work:
            dense = work.pop()
            if dense not in found:
                found.add(dense)
                work += self.versions[dense].parents
        return found

    def at_time(self, head: int, time: int) -> int:
        """On the first-parent chain: the greatest time that is not later, the later one among equals."""
        early = [dense for dense in self.chain(head) if self.versions[dense].time <= time]
        return max(early, key=lambda dense: (self.versions[dense].time, dense), default=EMPTY)

    def diff(self, a: int, b: int) -> list[tuple[str, str, Any, Any]]:
        """Changes of leaves: printed path, kind, before, after."""
        alive = {path for path, _ in nodes(self.state(b))}
        return [
            (path_text(self.state(b if path in alive else a), path), kind_of(before, after), before, after)
            for path, before, after in self._changes(a, b)
        ]

    def _changes(self, a: int, b: int) -> Iterator[tuple[Path, Any, Any]]:
        old, new = leaves(self.state(a)), leaves(self.state(b))
        for path in {**old, **new}:
            before, after = old.get(path, ABSENT), new.get(path, ABSENT)
            if not same(before, after):
                yield path, before, after

    def history(self, wanted: Callable[[Path], bool], head: int) -> list[tuple[int, str, Any, Any]]:
        """Changes of wanted leaves along the chain: transaction, printed path, before, after."""
        found = []
        previous = EMPTY
        for dense in self.chain(head):
            for path, before, after in self._changes(previous, dense):
                if wanted(path):
                    state = self.state(previous if after is ABSENT else dense)
                    found.append((dense, path_text(state, path), before, after))
            previous = dense
        return found

    def blame(self, head: int, path: Path) -> int | None:
        """The last transaction of the chain that wrote at a path or below it."""
        for dense in reversed(self.chain(head)):
            if any(written[: len(path)] == path for written in self.versions[dense].written):
                return dense
        return None

    def touching(self, path: Path) -> set[int]:
        """Transactions that wrote or moved something at a path or below it. A key names all that ever had it."""
        return {
            dense
            for dense, version in enumerate(self.versions)
            if any(named_by(path, touched) for touched in version.written | version.placed)
        }


def named_by(path: Path, touched: Path) -> bool:
    """Whether the text of a path names what was touched, or something above it."""
    pairs = list(zip(path, touched, strict=False))
    return len(pairs) == len(path) and all(
        step == other or (isinstance(step, Key) and isinstance(other, Key) and step == replace(other, nth=0))
        for step, other in pairs
    )


def kind_of(before: Any, after: Any) -> str:
    """How a change is called."""
    return "added" if before is ABSENT else "removed" if after is ABSENT else "changed"
