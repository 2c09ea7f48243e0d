"""What an event log means, read from the description of the input format and from nothing else.

`{"case", "activity", "time"}` with optional resource, lifecycle, attrs, case_attrs, objects: each case is an entity at
`$.cases`, its attributes and its latest activity, resource, … are its fields. `{"time", "entity", "fields"}`: the
entity, a path of names or an id below `$.entities`, has these fields from then on. One line is one version.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

LATEST = ("activity", "resource", "lifecycle", "objects")


def apply(state: dict[str, Any], event: dict[str, Any]) -> None:
    """Change a state to what it is after an event."""
    if "case" in event:
        place = ["cases", event["case"]]
        fields = {**event.get("case_attrs", {}), **event.get("attrs", {})}
        fields |= {name: event[name] for name in LATEST if name in event}
    else:
        entity = event["entity"]
        place = entity[2:].split(".") if entity.startswith("$.") else ["entities", entity]
        fields = event["fields"]
    for name in place:
        state = state.setdefault(name, {})
    state.update(fields)


def states(lines: Iterable[str | bytes]) -> Iterator[dict[str, Any]]:
    """The state after each event; the same object every time, to be compared before the next one is asked for."""
    state: dict[str, Any] = {}
    for line in lines:
        apply(state, json.loads(line))
        yield state
