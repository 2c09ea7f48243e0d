"""What a merge must have written, computed from states alone."""

from engine import Store
from engine.model.operations import ROOT
from engine.timeline.version import Version


def nodes(version: Version) -> dict[int, bytes]:
    """What stands at every live path, by its id: the canonical value of a leaf, the kind of a container."""
    found = {}
    waiting = [ROOT]
    while waiting:
        path = waiting.pop()
        kind = version.kind(path)
        found[path] = version.canonical(path) if kind == "leaf" else kind.encode()
        if kind != "leaf":
            waiting.extend(version.children(path).tolist())
    return found


def unwritten(store: Store, dense: int) -> list[str]:
    """Where a transaction's state differs from any of its parents and it did not write so.

    What is gone is written by what was done to it or to something above it.
    """
    found = store.get(dense)
    rows = found.log.rows(dense)
    written = set(rows.path.tolist())
    ours = nodes(store.at(dense))
    missing = []
    for parent in found.parents:
        theirs = nodes(store.at(parent))
        for path in ours.keys() | theirs.keys():
            if ours.get(path) != theirs.get(path):
                places = {path} if path in ours else {ROOT, *found.log.paths.ancestors(path)}
                if not places & written:
                    missing.append(f"{found.log.paths.step(path)!r} against {parent}")
    return missing
