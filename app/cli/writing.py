"""Commands that change: commit, branch, tag, undo, redo."""

from typing import TYPE_CHECKING

from app.cli import output
from app.cli.errors import DONE, NO, UsageError
from app.cli.operations import OperationFile
from app.cli.parser import Options
from app.cli.records import tag_record, timeline_record
from app.cli.stores import existing, possibly_new
from engine.errors import BadInput, BadOperation
from engine.model.times import format_time, parse_time

if TYPE_CHECKING:
    from engine.store import Store
    from engine.timeline.refs import Action
    from engine.timeline.transaction import Timeline


def commit(options: Options) -> None:
    """Write the operations of a file or of standard input as one transaction."""
    time = None if options.time is None else parse_time(options.time)
    source = OperationFile(options.file)
    with possibly_new(options.store) as store:
        _check_timeline(store, options.timeline)
        try:
            made = store.commit(
                source.operations,
                timeline=options.timeline,
                author=options.author,
                message=options.message,
                time=time,
            )
        except BadOperation as error:
            raise BadInput(f"{source.place(error.number)}: {error.reason}") from None
        if options.json:
            output.print_json(made.as_json())
        else:
            style = output.styler()
            count = output.plural(made.operations, "operation")
            output.write(f"{style(made.handle, 'yellow')}  {count} on {style(made.timeline, 'cyan')}\n")


def _check_timeline(store: "Store", name: str | None) -> None:
    """A store that has a history gets no second beginning by a slip of the keyboard."""
    heads = store.heads()
    if name is not None and heads and name not in heads:
        raise BadInput(f"no timeline {name!r}; `refactory branch {store.path} {name}` makes it")


def branch(options: Options) -> None:
    """Make, rename or delete a timeline."""
    with existing(options.store) as store:
        if options.delete:
            record = timeline_record(store, _timeline(store, options.name))
            store.delete_branch(options.name)
            text = f"deleted {options.name}; `undo` brings it back"
        elif options.rename is not None:
            record = timeline_record(store, store.rename_branch(options.name, options.rename))
            text = f"{options.name} is now {options.rename}"
        else:
            made = store.branch(options.name, options.at)
            record = timeline_record(store, made)
            text = f"{made.name} begins at {store.handle(made.heads[0]) if made.heads else 'the empty state'}"
        _print(options, record, text)


def _timeline(store: "Store", name: str) -> "Timeline":
    found = store.timeline(name)
    if found is None:
        raise BadInput(f"no timeline {name!r}; `refactory timelines {store.path}` lists them")
    return found


def tag(options: Options) -> None:
    """Name a moment; list, move or delete such names."""
    with existing(options.store) as store:
        if options.name is None:
            _list_tags(options, store)
        elif options.delete:
            if options.moment is not None:
                raise UsageError("tag: --delete takes no moment")
            tags = store.tags()
            record = tag_record(store, options.name, tags[options.name]) if options.name in tags else {}
            store.delete_tag(options.name)
            _print(options, record, f"deleted tag {options.name}; `undo` brings it back")
        else:
            dense = store.tag(options.name, options.moment, move=options.move)
            now = "is now" if options.move else "is"
            _print(options, tag_record(store, options.name, dense), f"{options.name} {now} {store.handle(dense)}")


def _list_tags(options: Options, store: "Store") -> None:
    if options.delete or options.move:
        raise UsageError(f"tag: --{'delete' if options.delete else 'move'} needs the NAME of a tag")
    style = output.styler()
    for name, dense in store.tags().items():
        time = output.when(store.get(dense).time)
        _print(options, tag_record(store, name, dense), f"{style(name, 'cyan')}  {store.handle(dense)}  {time}")


def undo(options: Options) -> int:
    """Take back the last action."""
    with existing(options.store) as store:
        return _tell_step(options, "undone", store.undo(), "nothing to undo")


def redo(options: Options) -> int:
    """Make again what was undone last."""
    with existing(options.store) as store:
        return _tell_step(options, "redone", store.redo(), "nothing to redo")


def _tell_step(options: Options, word: str, action: "Action | None", nothing: str) -> int:
    """Tell of an action that was taken back or made again. In JSON `undone` is always there: who steps to and fro by
    both commands reads one record."""
    record = action and {"kind": action.kind, "text": action.text, "time": format_time(action.time)}
    text = nothing if action is None else f"{word}: {action.text} ({output.when(action.time)})"
    _print(options, {"undone": record, word: record}, text)
    return NO if action is None else DONE


def _print(options: Options, record: object, text: str) -> None:
    if options.json:
        output.print_json(record)
    else:
        output.write(f"{text}\n")
