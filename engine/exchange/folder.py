"""A folder of documents, or a single one, as it is now: one version; imported again, another one if it changed.

The state of a folder is `{relative path: contents}`, paths in order. A file that does not parse is skipped and
listed; what was known of it before stays. Hidden files and folders and symbolic links are left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from blake3 import blake3

from engine.errors import BadInput, InvalidValue
from engine.exchange.editing import Editor
from engine.exchange.formats import MAX_BYTES, format_of, parse
from engine.exchange.globs import Globs
from engine.exchange.intake import Intake, open_intake
from engine.exchange.node import Node
from engine.exchange.options import ImportResult, Options, readable
from engine.exchange.sources import Source
from engine.exchange.versions import Skipped, SourceVersion, refusal
from engine.model import times

if TYPE_CHECKING:
    from engine.store import Store


def import_folder(store: Store, path: Path, options: Options, result: ImportResult) -> None:
    """Import a folder, or one file. Raises `BadInput` where there is nothing that can be read."""
    found: dict[str, bytes] = {}
    newest = 0
    for name, content in documents(path, options):
        if isinstance(content, bytes):
            found[name] = content
            newest = max(newest, _modified(path / name))
        elif name:
            result.skipped.append(Skipped(name, str(content)))
        else:
            raise BadInput(f"{path}: {content}")
    if not found and not result.skipped:
        raise BadInput(f"{path}: no JSON, YAML, TOML, CSV or INI file there; name other files with --path")
    source = Source(
        "folder",
        readable(str(path.resolve())),
        readable(path.resolve().name).split(".")[0],
        salt=blake3(b"\0".join(item for name in sorted(found) for item in (os.fsencode(name), found[name]))).digest(),
    )
    with open_intake(store, source, options, result) as intake:
        _add(intake, path, found, newest, result)


def documents(path: Path, options: Options) -> Iterator[tuple[str, bytes | BadInput]]:
    """The chosen files of a folder by relative path, as JSON or as what is wrong with them; a file by itself has the
    name ""."""
    if not path.is_dir():
        form = format_of(path.name)
        if form is None:
            raise BadInput(f"{path}: not a format that is read here; there are JSON, YAML, TOML, CSV and INI")
        yield "", _parsed(path, form)
        return
    globs = Globs(options.paths)
    for name in _files(path, path):
        form = format_of(name) or ("json" if globs.chosen else None)
        if form and globs.match(name):
            yield name, _parsed(path / name, form)


def _parsed(path: Path, form: str) -> bytes | BadInput:
    try:
        return parse(_bytes(path), form)
    except BadInput as error:
        return error


def _files(root: Path, folder: Path) -> Iterator[str]:
    """Paths of the files below a folder, relative to the root."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise BadInput(f"{folder}: cannot be read: {error.strerror or error}") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(root, Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path).relative_to(root).as_posix()


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidValue(f"the file is larger than {MAX_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None


def _modified(path: Path) -> int:
    return path.stat().st_mtime_ns // 1000


def _add(intake: Intake, path: Path, found: dict[str, bytes], newest: int, result: ImportResult) -> None:
    """Write a transaction if anything differs from the last version."""
    head = intake.head(intake.default)
    while True:
        intake.begin()
        try:
            tree = _put(intake, intake.tree(head), found, {item.where for item in result.skipped})
            break
        except InvalidValue as error:
            # Some things are met on the way only; find out whose they are, and go without it.
            told = {name: refusal(content, member=name != "") for name, content in found.items()}
            refused = {name: why for name, why in told.items() if why is not None}
            if "" in found or not refused:
                raise BadInput(f"{path}: {error}") from None
        intake.take_back()
        for name, why in refused.items():
            del found[name]
            result.skipped.append(Skipped(name, why))
    if head >= 0 and not len(intake.shadow.rows):
        return
    last = intake.notes["more"].get("time", -(1 << 62))
    time = newest if newest > last else max(times.now(), last + 1)
    intake.notes["more"] = {"time": time}
    message = f"{path.name}: {len(found)} file{'s' if len(found) != 1 else ''}" if path.is_dir() else path.name
    intake.add(SourceVersion(time, b"", message=message), [head] if head >= 0 else [], intake.default, tree)


def _put(intake: Intake, before: Node, found: dict[str, bytes], kept: set[str]) -> Node:
    if "" in found:
        return intake.shadow.diff(before, found[""])
    root = before.nodes.get(before.pids[0])
    known = [key for key in root.keys if key in kept] if root is not None else []
    return Editor(intake.shadow).set_root_members(before, sorted({*found, *known}), found)
