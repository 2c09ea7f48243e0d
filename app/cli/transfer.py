"""Commands that bring histories in and out: import, export."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import output
from app.cli.errors import UsageError, one_line
from app.cli.parser import Options
from app.cli.progress import duration, progress_for, size
from app.cli.stopping import stoppable
from app.cli.stores import existing, possibly_new
from engine.errors import BadInput, KnownError

if TYPE_CHECKING:
    from engine.exchange.importer import ImportResult
    from engine.store import Store

FORMATS = ("jsonl", "snapshots")
LATER_FORMATS = ("parquet", "git")
_MOST_LISTED = 20


def import_source(options: Options) -> None:
    """Bring in a source; again, only what is new in it."""
    if _same_file(options.source, options.store):
        raise BadInput(f"{options.source} is the store itself; name what to import")
    progress = progress_for(options.progress_json)
    with stoppable() as cancel, possibly_new(options.store) as store:
        before = store.graph.count
        try:
            result = store.import_from(
                Path(options.source),
                kind=options.kind,
                paths=tuple(options.path),
                keys=dict(options.key),
                timeline=options.timeline,
                mapping={ours: theirs for names in options.map for ours, theirs in names.items()},
                zone=options.zone,
                time_format=options.time_format,
                skip_bad=options.skip_bad,
                progress=progress,
                cancel=cancel,
            )
        except KnownError as error:
            _tell_what_stays(error, store, before)
            raise
        finally:
            if progress is not None:
                progress.close()
    if options.json:
        output.print_json(import_record(result))
        for warning in result.warnings:
            print(f"refactory: {one_line(warning)}", file=sys.stderr)
    else:
        _print_result(result, options.store)


def _tell_what_stays(error: KnownError, store: "Store", before: int) -> None:
    """Let the error say that whole transactions were imported before it, if so."""
    kept = store.graph.count - before
    text = str(error) or "stopped"
    if kept > 0:
        text = f"{text} ({output.plural(kept, 'transaction')} that came before are kept in {store.path})"
    error.args = (text,)


def import_record(result: "ImportResult") -> dict[str, Any]:
    """The document that `import --json` prints."""
    return {
        "transactions": result.transactions,
        "operations": result.operations,
        "timelines": list(result.timelines),
        "identity": {pattern: list(fields) for pattern, fields in result.identity.items()},
        "skipped": [{"where": item.where, "why": item.why} for item in result.skipped],
        "seconds": round(result.seconds, 3),
    }


def _print_result(result: "ImportResult", store: str) -> None:
    style = output.styler()
    count = output.plural(result.transactions, "transaction")
    operations = output.plural(result.operations, "operation")
    took = duration(result.seconds)
    lines = [f"{style(count, 'bold')} with {operations} imported into {store} in {took}"]
    if result.transactions == 0:
        lines = [f"nothing new to import into {store}"]
    if result.timelines:
        lines.append(f"timelines: {style(', '.join(result.timelines), 'cyan')}")
    for pattern, fields in result.identity.items():
        lines.append(f"records of {style(pattern, 'cyan')} are told apart by {', '.join(fields)}")
    lines += [f"{style('note', 'yellow')}: {warning}" for warning in result.warnings]
    if result.skipped:
        lines.append(style(f"skipped {len(result.skipped):,}:", "yellow"))
        lines += [f"  {one_line(f'{item.where}: {item.why}')}" for item in result.skipped[:_MOST_LISTED]]
        if len(result.skipped) > _MOST_LISTED:
            lines.append(f"  and {len(result.skipped) - _MOST_LISTED:,} more, which --json lists")
    output.write("\n".join(lines) + "\n")


def export(options: Options) -> None:
    """Write the history to a file."""
    if options.format in LATER_FORMATS:
        raise UsageError(f"export: the format {options.format} is not in this version; use {' or '.join(FORMATS)}")
    if options.format not in FORMATS:
        raise UsageError(f"export: unknown format {options.format!r}; use {' or '.join(FORMATS)}")
    if _same_file(options.store, options.file):
        raise BadInput(f"{options.file} is the store itself; export to another file")
    progress = progress_for(options.progress_json)
    began = time.monotonic()
    with stoppable() as cancel, existing(options.store) as store:
        try:
            count = store.export(options.file, format=options.format, progress=progress, cancel=cancel)
        finally:
            if progress is not None:
                progress.close()
    seconds = time.monotonic() - began
    if options.json:
        output.print_json(
            {"file": options.file, "format": options.format, "records": count, "seconds": round(seconds, 3)}
        )
    else:
        took = duration(seconds)
        output.write(f"{output.plural(count, 'record')} written to {options.file} in {took}\n")


def compact(options: Options) -> None:
    """Recompress a store."""
    progress = progress_for(options.progress_json)
    with stoppable() as cancel, existing(options.store) as store:
        try:
            done = store.compact(progress=progress, cancel=cancel)
        finally:
            if progress is not None:
                progress.close()
    if options.json:
        record = {"before": done.before, "after": done.after, "segments": done.segments, "blocks": done.blocks}
        output.print_json({**record, "seconds": round(done.seconds, 3)})
    else:
        sizes = f"{size(done.before)} before, {size(done.after)} now"
        output.write(f"{options.store} compacted in {duration(done.seconds)}: {sizes}\n")


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
