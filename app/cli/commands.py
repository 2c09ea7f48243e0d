"""The commands: what each one is called, takes and says of itself."""

import argparse

from app.cli.parser import Command, Parser

#: Commands that a later version brings.
_LATER = """causes query merge conflicts resolve revert cherry-pick rebase policy merge-file mergetool patterns rules
advice verify repair backup restore sync remote hub watch report redact keys doctor"""
LATER = frozenset(_LATER.split())

_MOMENT = (
    "A moment is a time (ISO 8601; UTC unless it says otherwise), a timeline (its head), a tag, a handle REPLICA:SEQ,\n"
    "an id or the source's own id such as a git commit (4 characters or more), or any of these with ~n: n earlier."
)
_RECORD = '{"id","handle","source","parents","timeline","time","recorded",\n"author","message","operations"}'
_NAMED = '{"name","heads","transactions","forked_from","updated"}; heads and forked_from are ids'
_PATH = 'Paths are JSONPath (RFC 9535): $.orders.o17, $.list[3], $.fires[?@.id=="x"]; quote them for the shell.'


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a count; give 0 or more")
    return int(text)


def _keys(text: str) -> tuple[str, tuple[str, ...]]:
    pattern, equals, fields = text.rpartition("=")
    if not equals or not pattern or not all(fields.split(",")) or pattern.endswith(("=", "!", "<", ">")):
        raise argparse.ArgumentTypeError(f"{text!r} is not PATTERN=FIELD[,FIELD], as in '$.orders=id'")
    return pattern, tuple(fields.split(","))


def _names(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(ours and equals and theirs for ours, equals, theirs in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FIELD[,NAME=FIELD], as in entity=order_id,time=at")
    return {ours: theirs for ours, _, theirs in pairs}


def _store(parser: Parser, text: str = "the store's file") -> None:
    parser.add_argument("store", metavar="STORE", help=text)


def _stats(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("--exact", action="store_true", help="look at all of a long history: takes minutes")


def _timeline(parser: Parser, text: str) -> None:
    parser.add_argument("--timeline", metavar="T", help=text)


def _span(parser: Parser) -> None:
    parser.add_argument("--since", metavar="M", help="from this moment on")
    parser.add_argument("--until", metavar="M", help="up to this moment")


def _import(parser: Parser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a git repository, a file, or a folder")
    _store(parser, "the store's file; made if it is missing")
    kinds = ("git", "snapshots", "events", "csv", "folder")
    parser.add_argument("--kind", choices=kinds, help="what the source is (otherwise: what it looks like)")
    parser.add_argument("--path", action="append", default=[], metavar="GLOB", help="which files, in git and folders")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        type=_keys,
        metavar="PATTERN=FIELD[,FIELD]",
        help="the fields that identify the records of a list",
    )
    _timeline(parser, "write to this timeline")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_names,
        metavar="NAME=FIELD[,…]",
        help="names that the source uses, such as entity=order_id,time=at",
    )
    parser.add_argument("--zone", metavar="Z", help="zone of times that name none, such as Europe/Berlin")
    parser.add_argument("--time-format", metavar="F", help="form of times, as strptime reads it: %%d.%%m.%%Y %%H:%%M")
    parser.add_argument("--skip-bad", action="store_true", help="go on after lines that cannot be read, and list them")
    parser.add_argument("--progress-json", action="store_true", help=argparse.SUPPRESS)


def _log(parser: Parser) -> None:
    _store(parser)
    _timeline(parser, "only what leads to this timeline's head")
    parser.add_argument("--path", metavar="P", help="only what touched this path, or anything below it")
    _span(parser)
    parser.add_argument("--limit", type=_count, metavar="N", help="at most N transactions")


def _show(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("path", nargs="?", metavar="PATH", help="a path; a pattern gives a list (default: everything)")
    parser.add_argument("--at", metavar="M", help="the moment (default: the timeline's head)")
    _timeline(parser, "the timeline that times are looked up on")
    for name in ("--valid", "--known"):
        parser.add_argument(name, metavar="T", help=argparse.SUPPRESS)


def _diff(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("before", metavar="A", help="a moment")
    parser.add_argument("after", metavar="B", help="another moment")
    parser.add_argument("--path", metavar="P", help="only changes at this path or below it")


def _history(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("pattern", metavar="PATTERN", help="a path, or a pattern with wildcards")
    _timeline(parser, "the timeline to follow")
    _span(parser)


def _blame(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("path", metavar="PATH", help="a path")
    parser.add_argument("--at", metavar="M", help="the moment (default: the head)")


def _commit(parser: Parser) -> None:
    _store(parser, "the store's file; made if it is missing")
    parser.add_argument("file", nargs="?", metavar="FILE", help="the operations (default, and -: standard input)")
    _timeline(parser, "the timeline to commit to")
    parser.add_argument("--author", default="", metavar="A", help="who did it")
    parser.add_argument("--message", "-m", default="", metavar="M", help="what was done, and why")
    parser.add_argument("--time", metavar="ISO", help="when it happened in the world (default: now)")


def _branch(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("name", metavar="NAME", help="the timeline's name")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--at", metavar="M", help="where it starts (default: the head)")
    action.add_argument("--rename", metavar="NEW", help="give it another name")
    action.add_argument("--delete", action="store_true", help="delete it; its transactions stay, and undo works")


def _tag(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("name", nargs="?", metavar="NAME", help="the tag (without: list all tags)")
    parser.add_argument("moment", nargs="?", metavar="M", help="what it names (default: the head)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--delete", action="store_true", help="delete it; undo works")
    action.add_argument("--move", action="store_true", help="let a tag that there is name M from now on; undo works")


def _export(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("file", metavar="FILE", help="the file to write; compressed if it ends in .zst or .gz")
    parser.add_argument("--format", default="jsonl", metavar="jsonl|snapshots", help="(default: jsonl)")
    parser.add_argument("--progress-json", action="store_true", help=argparse.SUPPRESS)


def _compact(parser: Parser) -> None:
    _store(parser)
    parser.add_argument("--progress-json", action="store_true", help=argparse.SUPPRESS)


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "import",
            "bring in a history: a git repository, snapshots, events, CSV, a folder",
            "app.cli.transfer:import_source",
            _import,
            '{"transactions","operations","timelines","identity":{pattern: fields},\n'
            '"skipped":[{"where","why"}],"seconds"}',
            "Again on the same source: only what is new.\n\n"
            "examples:\n"
            "  refactory import path/to/repository fires.refactory --path incidents.json --key '$.Incidents=UniqueId'\n"
            "  refactory import orders.jsonl.zst orders.refactory --map entity=order_id,time=at --zone Europe/Berlin",
        ),
        Command(
            "log",
            "transactions, newest first",
            "app.cli.reading:log",
            _log,
            f"one line a transaction: {_RECORD}",
            f"{_MOMENT}\n\nexample:\n  refactory log fires.refactory --path '$.Incidents' --since 2020-08-01",
        ),
        Command(
            "show",
            "the state at a moment, or the part of it at a path",
            "app.cli.reading:show",
            _show,
            "the value",
            f"{_MOMENT}\n{_PATH}\n\nexamples:\n"
            "  refactory show fires.refactory '$.Incidents[0].Name' --at 2020-08-17T14:00Z\n"
            "  refactory show fires.refactory '$.Incidents[*].Name' --at main~3",
        ),
        Command(
            "diff",
            "semantic changes from one moment to another",
            "app.cli.reading:diff",
            _diff,
            'one line a change: {"path","kind":"added|removed|changed|moved","before","after"};\n'
            "a side that did not exist is left out; for moved, the sides are places",
            f"{_MOMENT}\n\nexample:\n  refactory diff fires.refactory main~1 main --path '$.Incidents'",
        ),
        Command(
            "history",
            "every change of the values that a pattern matches, oldest first",
            "app.cli.reading:history",
            _history,
            'one line a change: {"path","time","transaction","before","after"}; a side that did not exist is left out',
            f"{_PATH}\n\nexample:\n  refactory history fires.refactory '$.Incidents[*].PercentContained'",
        ),
        Command(
            "blame",
            "the transaction that made a value so",
            "app.cli.reading:blame",
            _blame,
            f'{_RECORD[:-1]},"path","value"}}',
            f"{_PATH}\n\nexample:\n  refactory blame fires.refactory '$.Incidents[?@.Name==\"Creek\"].AcresBurned'",
        ),
        Command(
            "commit",
            "write a transaction: a JSON Patch, or operations in JSON Lines",
            "app.cli.writing:commit",
            _commit,
            _RECORD,
            "Operations are a JSON Patch (RFC 6902) array, or one object a line:\n"
            '  {"op":"put","path":"$.a.b","value":1}         also add, discard (sets)\n'
            '  {"op":"remove","path":"$.a.b"}\n'
            '  {"op":"insert","path":"$.list","index":0,"value":"x"}\n'
            '  {"op":"move","path":"$.list","from":0,"to":2}\n'
            '  {"op":"increment","path":"$.count","delta":-1}\n'
            '  {"op":"splice","path":"$.text","index":0,"delete":2,"insert":"Hi"}\n\n'
            "example:\n"
            '  echo \'{"op":"put","path":"$.status","value":"new"}\' | refactory commit shop.refactory -m \'start\'',
        ),
        Command(
            "branch",
            "make, rename or delete a timeline",
            "app.cli.writing:branch",
            _branch,
            _NAMED,
            f"{_MOMENT}\n\nexample:\n  refactory branch fires.refactory what-if --at 2020-08-17",
        ),
        Command(
            "tag",
            "name a moment; list, move or delete such names",
            "app.cli.writing:tag",
            _tag,
            f"{_NAMED};\na tag has one head; the list is one line a tag",
            f"{_MOMENT}\n\nexample:\n  refactory tag fires.refactory before-the-storm 2020-08-15",
        ),
        Command(
            "timelines",
            "list the timelines",
            "app.cli.reading:timelines",
            _store,
            f"one line a timeline: {_NAMED}",
        ),
        Command(
            "stats",
            "figures: what the store holds, what that takes, how it is used",
            "app.cli.figures:stats",
            _stats,
            '{"transactions","operations","paths","bytes":{"total","by_table","by_tier",\n'
            '"by_strategy","by_path_prefix"},"raw_bytes","ratio","estimated","queries":{kind:\n'
            '{"count","p50_ms","p95_ms","p99_ms"}},"cache":{"hits","misses","bytes"}}',
            "raw_bytes is the canonical JSON (keys sorted, no white space) of every version, ratio how many times\n"
            "the file it is. Of more than half a million transactions, these, strategies and parts of the state are\n"
            "estimated from a sample, unless --exact. Queries are those of all who use the store.",
        ),
        Command(
            "undo",
            "take back the last action on the store, of any kind",
            "app.cli.writing:undo",
            _store,
            '{"undone":{"kind","text","time"}}, or {"undone":null}',
            "Exits with 1 where there is nothing to undo.",
        ),
        Command(
            "redo",
            "make again what was undone last",
            "app.cli.writing:redo",
            _store,
            '{"undone":{"kind","text","time"},"redone":the same}: the action that was made again;\n'
            '{"undone":null,"redone":null} where there is none',
            "Exits with 1 where there is nothing to redo.",
        ),
        Command(
            "compact",
            "recompress a store: the same history in fewer bytes",
            "app.cli.transfer:compact",
            _compact,
            '{"before","after","segments","blocks","seconds"}: bytes of the file, what was written anew',
            "May be stopped at any time; what was compacted until then stays so. Others may go on using the store.",
        ),
        Command(
            "export",
            "write the history for others",
            "app.cli.transfer:export",
            _export,
            '{"file","format","records","seconds"}',
            "jsonl has every transaction with its operations, snapshots the state after each one;\n"
            "`refactory import` reads both.\n\n"
            "example:\n  refactory export fires.refactory fires.snapshots.jsonl.zst --format snapshots",
        ),
    )
}
