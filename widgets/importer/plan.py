"""What is to be imported, and how: the same words as the command line has."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

KINDS = {
    "": "Detect",
    "git": "Git repository",
    "snapshots": "Snapshots (JSON Lines)",
    "events": "Events (JSON Lines)",
    "csv": "CSV",
    "folder": "Folder of files",
}


@dataclass(frozen=True)
class ImportPlan:
    """A source, a store, and the options of `refactory import`."""

    source: Path
    target: Path
    kind: str = ""  #: one of KINDS; empty: as it looks
    paths: tuple[str, ...] = ()  #: globs, for git and folders
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: pattern → identity fields
    timeline: str = ""
    mapping: str = ""  #: `entity=order_id,time=at`
    zone: str = ""
    time_format: str = ""
    skip_bad: bool = False

    def arguments(self) -> list[str]:
        """The command line that does it."""
        found = ["import", str(self.source), str(self.target)]
        for option, value in (
            ("--kind", self.kind),
            ("--timeline", self.timeline),
            ("--map", self.mapping),
            ("--zone", self.zone),
            ("--time-format", self.time_format),
        ):
            if value:
                found += [option, value]
        for path in self.paths:
            found += ["--path", path]
        for pattern, fields in self.keys.items():
            found += ["--key", f"{pattern}={','.join(fields)}"]
        return [*found, "--skip-bad"] if self.skip_bad else found


def target_for(source: Path) -> Path:
    """Where the store of a source goes unless the person says otherwise: beside it, or where that cannot be written,
    into the home folder."""
    name = source.name or source.resolve().name or "imported"
    for suffix in (".zst", ".gz", ".jsonl", ".json", ".csv", ".snapshots", ".events", ".git"):
        name = name.removesuffix(suffix) or name
    folder = source.absolute().parent
    return (Path.home() if folder.is_dir() and not os.access(folder, os.W_OK) else folder) / f"{name}.refactory"


def split_fields(text: str) -> tuple[str, ...]:
    """`id, date` as the fields that it names."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def split_mapping(text: str) -> dict[str, str]:
    """`entity=order_id, time=at` as the names that it says; what is no pair is left to the command line to refuse."""
    pairs = (part.partition("=") for part in text.split(","))
    return {ours.strip(): theirs.strip() for ours, equals, theirs in pairs if equals}
