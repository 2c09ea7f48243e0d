"""Arguments to options, in argparse's manner with errors of one line. Help must come at once: no engine here."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from app.cli.errors import UsageError

Options = argparse.Namespace


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        raise UsageError(f"{self.prog.removeprefix('refactory ')}: {message}; see `{self.prog} --help`")


class Command(NamedTuple):
    """A command: its line in the list of commands, the function that does it (`module:function`), what adds its
    arguments, what `--json` prints, and more for its help."""

    name: str
    summary: str
    handler: str
    arguments: Callable[[Parser], None]
    record: str
    notes: str = ""


def parse_command(command: Command, arguments: Sequence[str]) -> Options:
    """The options of a command. Raises `UsageError`; `--help` prints and raises SystemExit."""
    parser = Parser(
        prog=f"refactory {command.name}",
        description=f"{command.summary[0].upper()}{command.summary[1:]}.",
        epilog=f"--json prints {command.record}\n\n{command.notes}".rstrip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, one document a line")
    # Intermixed: an optional PATH may come after an option.
    return parser.parse_intermixed_args(_joined(parser, arguments))


def _joined(parser: Parser, arguments: Sequence[str]) -> list[str]:
    """Options joined to values that begin with a dash (`--message -x`), which argparse would take for options."""
    known = parser._option_string_actions
    joined: list[str] = []
    taking = ""
    for place, argument in enumerate(arguments):
        if argument == "--" and not taking:
            return joined + list(arguments[place:])
        if taking:
            joined.append(f"{taking}={argument}")
            taking = ""
        elif argument in known and known[argument].nargs is None:
            taking = argument
        else:
            joined.append(argument)
    return [*joined, taking] if taking else joined


def parse_program(commands: Mapping[str, Command], arguments: Sequence[str]) -> Options:
    """The options where no command is named: those of the window. `--help` lists the commands."""
    width = max(map(len, commands))
    listed = "\n".join(f"  {command.name:{width}}  {command.summary}" for command in commands.values())
    parser = Parser(
        prog="refactory",
        usage="refactory [STORE]\n       refactory COMMAND …\n       refactory COMMAND --help",
        description="A timeline explorer for structured data that changes. Without a command, the window opens.",
        epilog=f"commands:\n{listed}\n\n"
        'Exit codes: 0 done, 1 the answer is "no", 2 the input or usage is wrong, 3 stopped by you.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("store", nargs="?", metavar="STORE", help="a store to open, or something to import")
    parser.add_argument("--render", metavar="FILE.png", help="draw the window into a picture instead of showing it")
    parser.add_argument(
        "--self-test", action="store_true", help="open the sample, draw every view, ask a question; needs no display"
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    options, rest = parser.parse_known_args(arguments)
    words = [item for item in rest if not item.startswith("-")]
    if words:
        raise UsageError(_unknown(commands, str(options.store)))
    if rest:
        parser.error(f"unknown option {rest[0]}")
    return options


def _unknown(commands: Mapping[str, Command], word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, commands, 1)
    hint = f"did you mean `{near[0]}`?" if near else "`refactory --help` lists the commands"
    return f"no command {word!r}; {hint}"
