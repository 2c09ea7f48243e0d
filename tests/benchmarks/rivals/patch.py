"""The first state and a JSON Patch (RFC 6902) a version, packed solid; what is said of the commits in a second stream.

Lists are aligned by the field that tells their records apart, others by their elements' content.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.histories import escaped, key_of, read
from tests.benchmarks.rivals.zstd import Stream

Operation = dict[str, Any]
TOO_LARGE = 4e7  # products of lengths that difflib takes minutes for: the list is replaced, element by element
CHECK_EVERY = 97
encode = msgspec.json.encode


def measure(file: Path, folder: Path) -> dict[str, Any]:
    """`bytes` of both streams at zstd -19 --long=27."""
    states, said = Stream(19), Stream(19)
    before: Any = None
    count = 0
    exact = True
    for number, snapshot in enumerate(read(file)):
        after = snapshot.state
        if number:
            patch = list(between(before, after, ""))
            states.add(encode(patch) + b"\n")
            count += len(patch)
            if number % CHECK_EVERY == 0:
                exact = exact and encode(applied(before, patch)) == encode(after)
        else:
            states.add(encode(after) + b"\n")
        said.add(encode(snapshot.said) + b"\n")
        before = after
    parts = {"state_bytes": states.end(), "said_bytes": said.end()}
    return {"bytes": sum(parts.values()), **parts, "operations": count, "exact": exact}


def between(before: Any, after: Any, path: str) -> Iterator[Operation]:
    """A patch that makes `after` out of `before`. The order of keys is not part of JSON Patch."""
    if type(before) is not type(after) or not isinstance(before, dict | list):
        if type(before) is not type(after) or before != after:
            yield {"op": "replace", "path": path, "value": after}
    elif isinstance(before, list):
        if before != after:
            yield from _between_lists(before, after, path)
    else:
        for key in before:
            if key not in after:
                yield {"op": "remove", "path": f"{path}/{escaped(key)}"}
        for key, value in after.items():
            place = f"{path}/{escaped(key)}"
            if key in before:
                yield from between(before[key], value, place)
            else:
                yield {"op": "add", "path": place, "value": value}


def _between_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Operation]:
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    # From the end, so that places before it stay what they are.
    for equal, low, high, first, last in reversed(_blocks(old, new)):
        both = min(high - low, last - first)
        for place in range(high - 1, low + both - 1, -1):
            yield {"op": "remove", "path": f"{path}/{start + place}"}
        for place in range(first + both, last):
            yield {"op": "add", "path": f"{path}/{start + low + place - first}", "value": new[place]}
        if not equal or old[low:high] != new[first:last]:
            for place in range(both - 1, -1, -1):
                yield from between(old[low + place], new[first + place], f"{path}/{start + low + place}")


def _common(one: list[Any], other: list[Any]) -> int:
    """How many elements two lists begin with alike."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))


def _blocks(old: list[Any], new: list[Any]) -> list[tuple[bool, int, int, int, int]]:
    """Stretches of two lists that stand for each other: (the same elements, from and to in each)."""
    key = key_of(old) if old and new else None
    if key is not None and key_of(new) == key:
        marks = [[item[key] for item in side] for side in (old, new)]
    else:
        marks = [[encode(item) for item in side] for side in (old, new)]
    if not old or not new or len(old) * len(new) > TOO_LARGE:
        return [(False, 0, len(old), 0, len(new))]
    matcher = SequenceMatcher(None, *marks, autojunk=False)
    return [(tag == "equal", *places) for tag, *places in matcher.get_opcodes()]


def applied(state: Any, patch: list[Operation]) -> Any:
    """The state after a patch; `state` is left as it is."""
    document = {"": msgspec.json.decode(encode(state))}
    for operation in patch:
        *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")]
        container: Any = document
        for step in steps:
            container = container[int(step) if isinstance(container, list) else step]
        place = int(last) if isinstance(container, list) else last
        if operation["op"] == "remove":
            del container[place]
        elif operation["op"] == "add" and isinstance(container, list):
            container.insert(place, operation["value"])
        else:
            container[place] = msgspec.json.decode(encode(operation["value"]))
    return document[""]
