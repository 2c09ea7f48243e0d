"""Pictures of the whole program, to look at: `python -m app.shot FOLDER [--store STORE]`.

Every view and dialog at 1920 × 1080 and 1280 × 720, light and dark, at scale 1 and 2. Also what
`--render` and `--self-test` do. Nothing of it needs a display or touches the person's settings.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.window import Window

SIZES = ((1920, 1080), (1280, 720))
SCALES = (1, 2)
PATIENCE = 60.0  #: seconds to wait for background work before a picture


def render_window(store: Path | None, file: Path) -> int:
    """Draw the window on a store (the sample if None) into a PNG file."""
    with _window(store) as window:
        window.resize(1440, 900)
        settle(window)
        if window.session.store is None:
            print(f"refactory: {window.notice.text()}", file=sys.stderr)
            return 2
        if not window.grab().save(str(file)):
            print(f"refactory: {file} cannot be written; choose another folder or a name with .png", file=sys.stderr)
            return 2
    return 0


def self_test() -> int:
    """Open the sample, draw every view, ask one question."""
    with _window(None) as window:
        settle(window)
        store = window.session.store
        if store is None:
            print(f"refactory: {window.notice.text()}", file=sys.stderr)
            return 1
        for name in window.views:
            if name in window.docks:
                window.show_panel(name)
            settle(window)
            if window.views[name].grab().isNull():
                print(f"refactory: the view {name} draws nothing", file=sys.stderr)
                return 1
        graph = store.graph
        first = store.at(0).json() if graph.count else None
        return 0 if first is not None and next(iter(store.diff(-1, graph.count - 1)), None) is not None else 1


@contextmanager
def _window(store: Path | None, size: tuple[int, int] = (1440, 900)) -> "Iterator[Window]":
    """A window with settings of its own, on a store or on a copy of the sample."""
    from app.window import Window

    with tempfile.TemporaryDirectory(prefix="refactory-") as folder:
        os.environ["XDG_DATA_HOME"] = folder
        window = Window(Path(folder) / "settings.json")
        window.resize(*size)
        window.show()
        if store is None:
            window.files.open_sample()
        else:
            window.files.open_path(store)
        try:
            yield window
        finally:
            window.close()
            window.deleteLater()


def settle(window: "Window") -> None:
    """Wait until nothing runs in the background and everything is painted."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    deadline, quiet = monotonic() + PATIENCE, 0
    while quiet < 5 and monotonic() < deadline:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        quiet = 0 if window.session.jobs.activities() else quiet + 1


# -------------------------------------------------------------------------------- all pictures


def shoot(folder: Path, store: Path | None, scale: int) -> None:
    """All pictures at one scale; the process was started with this scale."""
    from widgets.theme import Mode

    for mode in (Mode.LIGHT, Mode.DARK):
        for size in SIZES:
            with _window(store, size) as window:
                window.set_theme(mode)
                settle(window)
                if window.session.store is None:
                    raise SystemExit(f"shot: {window.notice.text()}")
                _shoot_views(window, partial(_save, folder, f"{size[0]}x{size[1]}-{mode}-{scale}x"))
                if size == SIZES[0]:
                    _shoot_dialogs(window, partial(_save, folder, f"{mode}-{scale}x"))
                window.actions_by_id.trigger("close")
                settle(window)
                _save(folder, f"{size[0]}x{size[1]}-{mode}-{scale}x", window, "start")


def _save(folder: Path, ending: str, widget: "QWidget", name: str) -> None:
    widget.grab().save(str(folder / f"{name}-{ending}.png"))


def _shoot_views(window: "Window", save: "Callable[[QWidget, str], None]") -> None:
    save(window, "window")
    for name in ("history", "storage", "changes"):
        window.show_panel(name)
        _select_a_leaf(window)
        settle(window)
        save(window, f"window-{name}")
    for name, view in window.views.items():
        save(view, f"view-{name}")


def _select_a_leaf(window: "Window") -> None:
    """Select the path of a number that changes, so that there is something to see."""
    session = window.session
    if session.store is None or session.path_id:
        return
    changes = list(session.store.changes_of(session.selected))[:200] if session.selected >= 0 else []
    numbers = [change for change in changes if type(change.after) in (int, float)]
    for change in numbers or changes:
        session.select_path(change.path_id)
        return


def _shoot_dialogs(window: "Window", save: "Callable[[QWidget, str], None]") -> None:
    for name in ("palette", "shortcuts", "help", "about", "go-to", "import", "recent", "branch", "tag",
                 "rename-branch", "delete-branch", "delete-tag"):  # fmt: skip
        window.actions_by_id.trigger(name)
        _shoot_open(window, save, name)
    editing = window.views["state"].editing  # type: ignore[attr-defined]
    editing.edit_json(window.session.path_id)
    _shoot_open(window, save, "value")
    editing.remove(window.session.path_id)
    settle(window)
    save(window, "window-edited")
    window.actions_by_id.trigger("commit")
    _shoot_open(window, save, "commit")
    editing.discard()
    _shoot_import(window, save)
    _shoot_messages(window, save)


def _shoot_open(window: "Window", save: "Callable[[QWidget, str], None]", name: str) -> None:
    """The dialog that is open; afterwards it is closed."""
    from PySide6.QtWidgets import QDialog

    settle(window)
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible():
            save(dialog, f"dialog-{name}")
            dialog.reject()
    settle(window)


def _shoot_import(window: "Window", save: "Callable[[QWidget, str], None]") -> None:
    """The import dialog with a preview: two lists of records, and a line that cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "shop.snapshots.jsonl"
        state = '{"orders": [{"id": "o17", "total": %d}], "customers": [{"email": "ana@example.org"}]}'
        lines = [f'{{"time": "2024-01-0{day}T08:00:00Z", "state": {state % day}}}' for day in range(1, 8)]
        source.write_text("\n".join([*lines, '{"time": "2024-01-08T08:00:00Z", "state": {"orders": [']))
        window.files.import_source(source)
        _shoot_open(window, save, "import-preview")


def _shoot_messages(window: "Window", save: "Callable[[QWidget, str], None]") -> None:
    from .crash import CrashDialog, describe

    settle(window)
    window.notice.warn("fires.refactory is not a store of The Re-factory; choose another file (or import this one)")
    settle(window)
    save(window, "window-notice")
    window.notice.hide()
    report = CrashDialog(describe(ValueError("an example of a mistake in the program")))
    report.show()
    settle(window)
    save(report, "dialog-crash")
    report.close()


def main() -> int:
    """The command: one process for each scale, since Qt reads the scale when it starts."""
    parser = argparse.ArgumentParser(prog="python -m app.shot", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--store", type=Path, help="a store other than the sample")
    parser.add_argument("--scale", type=int, choices=SCALES, help="only this scale")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.scale is None:
        command = [sys.executable, "-m", "app.shot", *sys.argv[1:]]
        return max(subprocess.call([*command, "--scale", str(scale)]) for scale in SCALES)
    os.environ["QT_SCALE_FACTOR"] = str(options.scale)
    from app.jobs import be_responsive
    from app.main import make_application, without_display

    without_display()

    _app = make_application()
    be_responsive()
    shoot(options.folder, options.store, options.scale)
    return 0


if __name__ == "__main__":
    sys.exit(main())
