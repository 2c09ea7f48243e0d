"""`Store`: the one thing that most callers import. It ties the rooms of the engine together and adds nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from engine.errors import BadInput, StoreError
from engine.model import times
from engine.storage.cache import Budget
from engine.storage.database import Database
from engine.timeline import naming
from engine.timeline.batch import Commit
from engine.timeline.builder import TransactionBuilder
from engine.timeline.bulk import BulkWriter
from engine.timeline.core import Core, StoreEvent
from engine.timeline.group import Group
from engine.timeline.patch import Operation
from engine.timeline.reading import Moment, Reader
from engine.timeline.refs import Action, check_new_name
from engine.timeline.transaction import Timeline, Transaction
from engine.timeline.writer import Waiting, Writer

if TYPE_CHECKING:
    from engine.exchange.importer import ImportResult
    from engine.timeline.compaction import Compacted
    from engine.timeline.figures import Figures
    from engine.timeline.raw_size import Cancel

Progress = Callable[[int, int | None, str], None]


class Store(Reader):
    """An open store. Safe to use from several threads; other processes may use the same file meanwhile.

    A moment is text as in the command line (a time, a timeline, a tag, `REPLICA:SEQ`, an id, any of these with
    `~n`), a `Version`, a dense number, or None for the head of the default timeline.
    """

    def __init__(self, database: Database) -> None:
        try:
            super().__init__(Core(database))
        except BaseException:
            database.close()
            raise
        self._writer = Writer(self._core, _identify)
        self.path = database.path

    @classmethod
    def open(
        cls,
        target: str | Path,
        *,
        create: bool = False,
        read_only: bool = False,
        cache_bytes: int | None = None,
        cache_policy: str = "steered",
    ) -> Store:
        """Open a store file; with `create`, make it where it is missing.

        All its caches together hold `cache_bytes` (192 MB, if it is not said); what leaves them first is steered by
        what is asked for. Other policies are there to compare with: `lru`, `none`.

        Raises `NotFound`, or `StoreError` for a file that is no store or of a newer version.
        """
        if isinstance(target, str) and "://" in target:
            raise StoreError(f"{target}: this version opens files only; give the path of a store")
        path = Path(target).expanduser()
        caches = Budget(cache_bytes, cache_policy)
        if create and not path.exists():
            return cls(Database.create(path, caches))
        return cls(Database.open(path, read_only=read_only, caches=caches))

    @property
    def writable(self) -> bool:
        """Whether this store takes commits: it was not opened read-only, and file and folder may be written."""
        return self._core.db.writable

    def close(self) -> None:
        """Close the file; the last to close leaves one file. Raises `BadInput` inside a group or an import."""
        self._writer.refuse_inside()
        self._core.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def refresh(self) -> bool:
        """Take in what other processes committed; whether there was anything."""
        return self._core.refresh()

    def listen(self, callback: Callable[[StoreEvent], None]) -> Callable[[], None]:
        """Call back after every change, in the thread that made or noticed it; returns what ends that."""
        return self._core.listen(callback)

    # ------------------------------------------------------------------------------------------- changing

    def commit(
        self,
        operations: Sequence[Operation],
        *,
        timeline: str | None = None,
        author: str = "",
        message: str = "",
        time: int | str | None = None,
    ) -> Transaction:
        """Write one transaction; durable when this returns. Operations are those of 5-api, or a JSON Patch.

        Raises `BadOperation` naming the operation, or `BadInput`, and then nothing is written.
        """
        name = timeline if timeline is not None else self.default_timeline
        when = times.parse_time(time) if isinstance(time, str) else time
        with self._metrics.timing("commit"):
            dense = self._writer.commit(Waiting(Commit(operations, name, author, message, when)))
        return self.get(dense)

    @contextlib.contextmanager
    def transaction(
        self, timeline: str | None = None, *, author: str = "", message: str = "", time: int | str | None = None
    ) -> Iterator[TransactionBuilder]:
        """Collect operations and commit them when the block ends without an error."""
        builder = TransactionBuilder()
        yield builder
        builder.transaction = self.commit(
            builder.operations, timeline=timeline, author=author, message=message, time=time
        )

    @contextlib.contextmanager
    def group(self, description: str = "") -> Iterator[Group]:
        """Many commits and branches by this thread, durable together when the block ends; several times as quick as one
        by one. They are one action, which `undo` takes back.

        Other writers wait, so it should not take long. Where the block ends with an error nothing of it is kept.
        """
        with self._writer.group(description) as batch:
            group = Group(self, self._core.refs, batch)
            try:
                yield group
            finally:
                group.end()

    def branch(self, name: str, at: Moment = None) -> Timeline:
        """Make a timeline at a moment. Raises `BadInput` where the name is taken or not a name."""
        version = self.at(at)
        check_new_name(name, "timeline")

        self._writer.change("branch", f"branch {name}", lambda: naming.made(self._core.refs, name, version.transaction))
        return self._named(name)

    def rename_branch(self, name: str, new: str) -> Timeline:
        """Give a timeline another name."""
        check_new_name(new, "timeline")
        self._writer.change("rename", f"rename {name} to {new}", lambda: naming.renamed(self._core.refs, name, new))
        return self._named(new)

    def delete_branch(self, name: str) -> None:
        """Delete a timeline; its transactions stay, and undo brings it back."""
        self._writer.change("delete", f"delete {name}", lambda: naming.deleted(self._core.refs, name))

    def tag(self, name: str, at: Moment = None, *, move: bool = False) -> int:
        """Name a moment; returns its dense number. Raises `BadInput` where the name is taken; with `move`, the tag that
        has it is moved there, and `NotFound` raised where there is none."""
        version = self.at(at)
        check_new_name(name, "tag")
        if version.transaction < 0:
            raise BadInput("there is no transaction to tag yet")
        if move and self._core.names.tags.get(name) == version.transaction:
            return version.transaction
        change = naming.tag_moved if move else naming.tagged
        said = f"move tag {name}" if move else f"tag {name}"
        self._writer.change("tag", said, lambda: change(self._core.refs, name, version.transaction))
        return version.transaction

    def delete_tag(self, name: str) -> None:
        """Remove a tag; undo brings it back."""
        self._writer.change("untag", f"delete tag {name}", lambda: naming.untagged(self._core.refs, name))

    def undo(self) -> Action | None:
        """Take back the last action of any kind; None where there is nothing to undo."""
        return self._writer.step("undo")

    def redo(self) -> Action | None:
        """Make again what was undone last; None where there is nothing to redo."""
        return self._writer.step("redo")

    def actions(self, limit: int = 1000) -> list[Action]:
        """The latest actions, newest first."""
        return self._core.refs.actions(limit)

    # -------------------------------------------------------------------------------------- in and out

    @contextlib.contextmanager
    def bulk(self, replica: bytes, description: str) -> Iterator[BulkWriter]:
        """A writer of many transactions; other writers wait. Leaving the block flushes the rest; an error or a
        cancel leaves what was flushed, in whole transactions."""
        with self._writer.bulk(replica, description) as writer:
            yield writer

    def source(self, identity: bytes) -> dict[str, Any] | None:
        """How far an imported source has been read, or None for one that was not imported here."""
        return self._core.source(identity)

    def set_default_timeline(self, name: str) -> None:
        """Choose the timeline that is meant when none is named. Raises `NotFound`."""
        self._writer.set_default_timeline(name)

    def import_from(self, source: str | Path, **options: Any) -> ImportResult:
        """Import a source; see `engine.exchange.importer.import_source` for the options."""
        from engine.exchange.importer import import_source

        self._writer.refuse_inside()
        with self._metrics.timing("import"):
            return import_source(self, source, **options)

    def export(
        self,
        file: str | Path,
        *,
        format: str = "jsonl",
        progress: Progress | None = None,
        cancel: Any = None,
    ) -> int:
        """Write the history for others; see `engine.exchange.export`. Returns the number of records."""
        from engine.exchange.export import export

        return export(self, file, format=format, progress=progress, cancel=cancel)

    def compact(self, *, progress: Progress | None = None, cancel: Any = None) -> Compacted:
        """Write the history in fewer bytes; readers and writers may go on meanwhile. See
        `engine.timeline.compaction`."""
        from engine.timeline.compaction import compact

        self._writer.refuse_inside()
        return compact(self._core, progress, cancel)

    def stats(
        self, *, progress: Progress | None = None, cancel: Cancel | None = None, exact: bool = True
    ) -> dict[str, Any]:
        """What the store holds, what that takes, and how it is used: the record of `stats --json` in 5-api."""
        return self.figures(progress=progress, cancel=cancel, exact=exact).as_json()

    def figures(self, *, progress: Progress | None = None, cancel: Cancel | None = None, exact: bool = True) -> Figures:
        """The same with all details. Raises `Cancelled`.

        Exact figures of a long history take minutes. Others look at a sample where there are more than half a million
        transactions, and say that strategies, parts of the state and the raw size are estimated.
        """
        from engine.timeline.figures import figures

        return figures(self._core, progress, cancel, exact)


def _identify(items: Sequence[Any]) -> tuple[str, ...] | None:
    """Identity fields for a list of records that is new."""
    from engine.exchange.fields import candidates

    return next(map(tuple, candidates([items])), None)
