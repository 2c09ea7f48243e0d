"""Arguments to exit codes: help, usage, what comes later, errors of every kind, and starting the window."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import app.main
from app.cli.commands import COMMANDS, LATER
from app.cli.errors import one_line
from tests.app.cli.conftest import Run, put

ROOT = Path(__file__).resolve().parents[3]


def test_help_lists_every_command(run: Run) -> None:
    done = run("--help")
    assert (done.code, done.err) == (0, "")
    for command in COMMANDS.values():
        assert f"  {command.name:9}  {command.summary}\n" in done.out
    assert not LATER & set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Run, name: str) -> None:
    done = run(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: refactory {name} ")
    assert "--json" in done.out


def test_version(run: Run) -> None:
    assert run("--version").out == "refactory 0.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["merge", "s", "a"], "'merge' is not in this version"),
        (["sync"], "'sync' is not in this version"),
        (["lgo", "s"], "no command 'lgo'; did you mean `log`?"),
        (["xyzzy", "s"], "no command 'xyzzy'; `refactory --help` lists the commands"),
        (["log"], "log: the following arguments are required: STORE; see `refactory log --help`"),
        (["log", "s", "t"], "log: unrecognized arguments: t"),
        (["log", "s", "--limit", "-3"], "'-3' is not a count"),
        (["log", "s", "--limit"], "argument --limit: expected one argument"),
        (["log", "s", "--lim", "3"], "unrecognized arguments: --lim 3"),
        (["diff", "s", "a"], "required: B"),
        (["import", "a", "s", "--kind", "zip"], "invalid choice: 'zip'"),
        (["import", "a", "s", "--key", "$.a"], "'$.a' is not PATTERN=FIELD[,FIELD]"),
        (["import", "a", "s", "--key", '$.a[?@.b=="c"]'], "is not PATTERN=FIELD[,FIELD]"),
        (["import", "a", "s", "--map", "entity"], "'entity' is not NAME=FIELD"),
        (["export", "s", "f", "--format", "parquet"], "the format parquet is not in this version"),
        (["export", "s", "f", "--format", "doc"], "unknown format 'doc'"),
        (["--frobnicate"], "unknown option --frobnicate"),
        (["missing.refactory"], "missing.refactory: no such store"),
        (["", "x"], "no command ''"),
        (["log", "postgresql://h/d"], "this version opens files only"),
        (["log", "two\nlines"], "two\\nlines: no such store"),
    ],
)
def test_wrong_usage_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.error
    assert list(tmp_path.iterdir()) == []


def test_errors_keep_to_one_line() -> None:
    assert one_line("a\nb\r\x1b[31m\u2028\x85é") == "a\\nb\\r\\x1b[31m\\u2028\\x85é"


def test_options_may_stand_anywhere(run: Run, store: Path) -> None:
    assert run("show", "--json", store, "--at", "main~1", "$.name").out == '"Corner shop"\n'
    assert run("show", store, "--at=main~1", "--json", "--", "$.name").out == '"Corner shop"\n'


def test_a_mistake_of_ours_is_one_line_too(run: Run, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("app.cli.reading.log", fail)
    done = run("log", store)
    assert done.code == 2
    assert done.error.startswith("a mistake in the program (ZeroDivisionError: oops)")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 3, "stopped"),
        (MemoryError(), 2, "there is not enough memory for this"),
        (OSError(28, "No space left on device", "/x/y"), 2, "/x/y: No space left on device; free some space"),
        (PermissionError(13, "Permission denied", b"/x"), 2, "/x: Permission denied"),
        (OSError("strange"), 2, "strange"),
    ],
)
def test_errors_of_the_system(
    run: Run, store: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("app.cli.reading.log", fail)
    done = run("log", store)
    assert done.code == code
    assert told in done.error


# ------------------------------------------------------------------------------------------------ the window


class Started:
    """What the window was started with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def run_window(self, path: str | None, render: Path | None = None) -> int:
        self.calls.append((path, render))
        return 0

    def self_test(self) -> int:
        self.calls.append(("self-test",))
        return 5


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    window = Started()
    monkeypatch.setattr(app.main, "run_window", window.run_window)
    monkeypatch.setattr(app.main, "self_test", window.self_test)
    return window


def test_the_window_opens_on_a_store_or_on_nothing(run: Run, store: Path, started: Started) -> None:
    assert run().code == 0
    assert run(store).code == 0
    assert run(store.parent).code == 0
    assert run("--render", "out.png", store).code == 0
    assert started.calls == [
        (None, None),
        (str(store), None),
        (str(store.parent), None),
        (str(store), Path("out.png")),
    ]


def test_self_test_fails_with_one(run: Run, started: Started) -> None:
    assert run("--self-test").code == 1
    assert started.calls == [("self-test",)]


def test_without_a_display_it_says_what_to_do(run: Run, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    done = run()
    assert done.code == 2
    assert "--render FILE.png" in done.error
    assert run("--render", "out.png").code == 0


# --------------------------------------------------------------------------------------- the real program


def program(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, **options)


def test_a_reader_that_goes_away_is_no_error(store: Path) -> None:
    line = f"{sys.executable} -m app history {store} '$..*' --json | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_standard_output_is_told(store: Path) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "app", "show", str(store)]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == b"refactory: standard output: No space left on device; free some space\n"


def test_output_is_utf8_in_a_locale_without(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "s.refactory"
    run("commit", file, stdin=[put("$.a", "é😀")])
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = program("show", file, "--json", env=environment)
    assert json.loads(done.stdout.decode("utf-8")) == {"a": "é😀"}
    assert program("show", file, "$.ö\udcff", env=environment).returncode == 2


def test_help_and_reading_load_only_what_they_need(store: Path) -> None:
    def modules(*arguments: object) -> set[str]:
        script = (
            "import sys; from app.__main__ import main; code = main(sys.argv[1:]);"
            "print(*sys.modules, file=sys.stderr); sys.exit(code)"
        )
        command = [sys.executable, "-c", script, *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return set(done.stderr.split())

    for arguments in (["--help"], ["log", "--help"]):
        loaded = modules(*arguments)
        assert not {name for name in loaded if name.partition(".")[0] in ("numpy", "apsw", "PySide6", "dataclasses")}
        assert {name for name in loaded if name.startswith("engine")} <= {"engine", "engine.errors"}
    heavy = {"sqlalchemy", "networkx", "pyrsistent", "pygit2", "yaml", "jsonpath_rfc9535", "PySide6", "widgets"}
    for arguments in (
        ["log", store],
        ["show", store, "$.name"],
        ["diff", store, "main~2", "main"],
        ["history", store, "$.orders[*].status"],
        ["blame", store, "$.name"],
    ):
        loaded = modules(*map(str, arguments))
        assert not {name for name in loaded if name.partition(".")[0] in heavy}
        assert not {name for name in loaded if name.startswith(("engine.exchange.", "socket", "hashlib", "numpy.ma."))}
