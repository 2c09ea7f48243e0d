"""From arguments to an exit code: which command is meant, and how every error is told."""

import contextlib
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from app.cli.commands import COMMANDS, LATER
from app.cli.errors import DONE, NO, STOPPED, WRONG, UsageError, one_line
from app.cli.parser import Command, Options, parse_command, parse_program
from engine.errors import Cancelled, CorruptStore, KnownError

#: Set (to anything), a mistake of the program shows where it happened.
TRACEBACK = "REFACTORY_TRACEBACK"


def run(arguments: Sequence[str]) -> int:
    """Run a command, or the window where none is named; every error becomes one line and an exit code."""
    _use_utf8()
    code = _guard(lambda: _start(arguments))
    return _guard(_flush) or code


def _guard(work: Callable[[], int]) -> int:
    """The exit code of some work, or of the error that ended it, which is told."""
    try:
        return work()
    except SystemExit as error:  # argparse, after --help
        return error.code if isinstance(error.code, int) else DONE
    except BrokenPipeError:
        _forget_output()
        return DONE
    except (Cancelled, KeyboardInterrupt) as error:
        return _tell(str(error) or "stopped", STOPPED)
    except KnownError as error:
        return _tell(str(error), WRONG)
    except OSError as error:
        return _tell(_of_system(error), WRONG)
    except MemoryError:
        return _tell("there is not enough memory for this; ask for less at once", WRONG)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        what = f"{type(error).__name__}: {error}"
        return _tell(f"a mistake in the program ({what}); please report it with {TRACEBACK}=1 set", WRONG)


def _start(arguments: Sequence[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        command = COMMANDS[name]
        return _run_command(command, parse_command(command, arguments[1:]))
    if name in LATER:
        raise UsageError(f"{name!r} is not in this version; `refactory --help` lists the commands that are")
    options = parse_program(COMMANDS, arguments)
    if options.version:
        print(f"refactory {_version()}")
        return DONE
    return _open_window(options)


def _run_command(command: Command, options: Options) -> int:
    module, _, function = command.handler.partition(":")
    # No command does linear algebra, and starting its threads is a third of what it takes to import numpy.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # loading modules makes many objects and no garbage
    try:
        handler = getattr(import_module(module), function)
    finally:
        gc.enable()
    try:
        done = handler(options)
    except CorruptStore as error:
        store = str(getattr(options, "store", ""))
        raise error if store in str(error) else CorruptStore(f"{store}: {error}") from None
    return DONE if done is None else int(done)


def _open_window(options: Options) -> int:
    store = options.store
    if store is not None and "://" not in store and not os.path.exists(store):
        raise UsageError(f"{store}: no such store; `refactory import SOURCE {store}` makes one")
    if options.self_test:
        from app.main import self_test

        return DONE if self_test() == 0 else NO
    from pathlib import Path

    from app.main import run_window

    render = Path(options.render) if options.render else None
    if render is None and not _has_display():
        raise UsageError(
            "there is no display here (DISPLAY and WAYLAND_DISPLAY are not set); "
            "`--render FILE.png` draws the window into a picture, `--help` lists the commands"
        )
    return run_window(store, render)


def _has_display() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("refactory")
    except PackageNotFoundError:
        return "(not installed)"


# ------------------------------------------------------------------------------------------------- streams


def _use_utf8() -> None:
    """Write UTF-8 whatever the locale, and what UTF-8 cannot say as escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _flush() -> int:
    """Meet errors of standard output (a full disk, a closed pipe) while they can still be told."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _forget_output()
        raise OSError(error.errno, error.strerror, "standard output") from None
    return DONE


def _forget_output() -> None:
    """Point standard output nowhere, so that the interpreter's last flush finds no closed pipe."""
    with contextlib.suppress(OSError, ValueError):  # where it is no file of the process, no last flush follows
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(text: str, code: int) -> int:
    """One line on standard error."""
    with contextlib.suppress(OSError):  # where nobody listens, the exit code says it
        print(f"refactory: {one_line(text)}", file=sys.stderr, flush=True)
    return code


def _of_system(error: OSError) -> str:
    where = error.filename if isinstance(error.filename, str) else os.fsdecode(error.filename or b"")
    hint = "; free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{where}: {error.strerror or error}{hint}" if where else f"{error.strerror or error}{hint}"
