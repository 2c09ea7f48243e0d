"""Commands that look: log, show, diff, history, blame, timelines."""

from typing import TYPE_CHECKING

from app.cli import output
from app.cli.errors import UsageError
from app.cli.parser import Options
from app.cli.records import timeline_record, transaction_line
from app.cli.stores import existing
from engine.model import values
from engine.model.times import format_time

if TYPE_CHECKING:
    from engine.store import Store

_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "moved": (">", "blue")}
_LONGEST_NAME = 24


def log(options: Options) -> None:
    """Print transactions, newest first."""
    with existing(options.store) as store:
        found = store.log(
            timeline=options.timeline,
            path=options.path,
            since=options.since,
            until=options.until,
            limit=options.limit,
        )
        if options.json:
            for transaction in found:
                output.print_json(transaction.as_json())
            return
        style, columns = output.styler(), output.width()
        names = _names(store)
        pad = _widths(store)
        for transaction in found:
            line = transaction_line(transaction, style, names.get(transaction.dense, []), pad, columns)
            output.write(line + "\n")


def _names(store: "Store") -> dict[int, list[str]]:
    """Timelines and tags by the transaction that they point to."""
    names: dict[int, list[str]] = {}
    for name, heads in store.heads().items():
        for head in heads:
            names.setdefault(head, []).append(name)
    for tag, dense in store.tags().items():
        names.setdefault(dense, []).append(f"tag {tag}")
    return names


def _widths(store: "Store") -> tuple[int, int]:
    """Widths of the columns for handles and timelines."""
    longest = max(map(len, store.graph.timeline_names), default=0)
    return 17 + len(str(store.graph.count)), min(longest, _LONGEST_NAME)


def show(options: Options) -> None:
    """Print the state, or the part of it at a path; for a pattern, the list of what it matches."""
    if options.valid is not None or options.known is not None:
        raise UsageError("--valid and --known are not in this version; --at shows the state at a time")
    with existing(options.store) as store:
        version = store.at(options.at, options.timeline)
        value = version.json() if options.path is None else version[options.path]
    text = values.dumps(value, indent=None if options.json else 2)
    output.write(text + "\n")


def diff(options: Options) -> None:
    """Print the changes from one moment to another."""
    with existing(options.store) as store:
        found = store.diff(options.before, options.after, options.path)
        if options.json:
            for change in found:
                record = {"path": change.path, "kind": change.kind, **output.sides(change.before, change.after)}
                output.print_json(record)
            return
        style, limit = output.styler(), output.value_limit()
        for change in found:
            mark, colour = _MARKS[change.kind]
            before, after = output.value_text(change.before, limit), output.value_text(change.after, limit)
            values_ = {"added": after, "removed": before, "moved": f"place {before} → {after}"}
            text = values_.get(change.kind, f"{before} → {after}")
            output.write(f"{style(f'{mark} {change.path}', colour)}  {text}\n")


def history(options: Options) -> None:
    """Print every change of the leaves that a pattern matches."""
    with existing(options.store) as store:
        found = store.history(options.pattern, timeline=options.timeline, since=options.since, until=options.until)
        if options.json:
            for entry in found:
                record = {"path": entry.path, "time": format_time(entry.time), "transaction": entry.handle}
                output.print_json({**record, **output.sides(entry.before, entry.after)})
            return
        style, limit = output.styler(), output.value_limit()
        width = _widths(store)[0]
        for entry in found:
            before, after = output.value_text(entry.before, limit), output.value_text(entry.after, limit)
            head = f"{style(f'{entry.handle:<{width}}', 'yellow')}  {style(output.when(entry.time), 'dim')}"
            output.write(f"{head}  {style(entry.path, 'cyan')}  {before} → {after}\n")


def blame(options: Options) -> None:
    """Print the transaction that made a value so."""
    with existing(options.store) as store:
        found = store.blame(options.path, options.at)
        if options.json:
            output.print_json(found.as_json())
            return
        style = output.styler()
        line = transaction_line(found, style, [], (0, 0), output.width())
        output.write(f"{line}\n{style(found.path, 'cyan')} = {output.value_text(found.value, output.value_limit())}\n")


def timelines(options: Options) -> None:
    """Print the timelines, in the order in which they were made."""
    with existing(options.store) as store:
        found = store.timelines()
        if options.json:
            for timeline in found:
                output.print_json(timeline_record(store, timeline))
            return
        style = output.styler()
        width = min(_LONGEST_NAME, max((len(timeline.name) for timeline in found), default=0))
        default = store.default_timeline
        for timeline in found:
            name = f"{'*' if timeline.name == default else ' '} {timeline.name:<{width}}"
            count = output.plural(timeline.transactions, "transaction")
            updated = style(f"{output.when(timeline.updated):<20}", "dim")
            heads = ", ".join(map(store.handle, timeline.heads)) or "empty"
            fork = f"  from {store.handle(timeline.forked_from)}" if timeline.forked_from is not None else ""
            output.write(f"{style(name, 'cyan')}  {count:>20}  {updated}  {heads}{fork}\n")
