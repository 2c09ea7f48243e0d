"""Opening, importing, exporting, closing stores; saving pictures."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from app.jobs import CommandProcess
from app.leaving import leave_store
from widgets.common.activity import Activity
from widgets.common.jobs import Job
from widgets.start import Recent

if TYPE_CHECKING:
    from app.window import Window
    from widgets.importer import ImportDialog
    from widgets.importer.plan import ImportPlan

STORES = "Stores (*.refactory);;All files (*)"
SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample.refactory"


def looks_like_store(path: Path) -> bool:
    """Whether a person who opens this file means a store: by its name, or as it is an SQLite file."""
    from engine.storage.database import MAGIC

    if path.is_dir():
        return False
    try:
        with path.open("rb") as stream:
            return path.suffix == ".refactory" or stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return True  # opening it says why not


def data_folder() -> Path:
    """Where the program keeps files of its own (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share") / "refactory"


class Files:
    """The commands of the menu File."""

    def __init__(self, window: "Window") -> None:
        self._window, self._session = window, window.session
        self.processes: list[CommandProcess] = []

    # ------------------------------------------------------------------ opening and closing

    def open(self) -> None:
        """Ask for a store and open it."""
        self._choose("Open a store", STORES, lambda path: self.open_path(path))

    def open_path(self, path: Path) -> None:
        """Open a store; anything else that is there goes to the import dialog."""
        if path.exists() and not looks_like_store(path):
            self.import_source(path)
        else:
            self._window.open_store(path)

    def open_sample(self) -> None:
        """Open the copy of the sample in the data folder, so that a person may change it."""
        import shutil

        copy = data_folder() / SAMPLE.name
        if not SAMPLE.exists():
            self._window.notice.warn(f"The sample is not part of this installation: {SAMPLE} is missing.")
            return
        try:
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                partial = copy.with_suffix(".partial")
                shutil.copyfile(SAMPLE, partial)
                partial.replace(copy)
        except OSError as error:
            self._window.notice.warn(f"The sample cannot be copied to {copy}: {error.strerror}. Check the folder.")
            return
        self._window.open_store(copy)

    def open_recent(self) -> None:
        """Choose one of the recent stores; the one that is open stays open until then."""
        from widgets.start.dialog import RecentDialog

        dialog = RecentDialog(self._others(), self._window)

        def forget(path: Path) -> None:
            self._window.forget(path)
            dialog.show_stores(self._others())

        dialog.chosen.connect(self.open_path)
        dialog.forgotten.connect(forget)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _others(self) -> list[Recent]:
        """The recent stores without the one that is open."""
        store = self._session.store
        here = Path(store.path).absolute() if store is not None else None
        return [one for one in self._window.recent() if one.path != here]

    def close_store(self) -> None:
        """Close the store and show the start page."""
        leave_store(self._window, self._close)

    def _close(self) -> None:
        self._window.remember()
        self._session.close()

    # ------------------------------------------------------------------ import and export

    def import_source(self, source: Path | None = None) -> None:
        """Ask what to import, show what is in it, and import it in a process of its own."""
        from widgets.importer import ImportDialog

        dialog = ImportDialog(self._session, source, Path(self._window.settings.folder or Path.home()), self._window)
        dialog.requested.connect(lambda plan: self._import(plan, dialog))
        dialog.opened.connect(self._window.open_store)
        dialog.finished.connect(lambda _result: self._left(dialog))
        dialog.open()

    def _left(self, dialog: "ImportDialog") -> None:
        if dialog.running:
            self._window.notice.tell("The import goes on. The square at the bottom right stops it.")
        else:
            dialog.deleteLater()

    def _import(self, plan: "ImportPlan", dialog: "ImportDialog") -> None:
        """Run the import; it goes on when the dialog is closed meanwhile."""
        process = CommandProcess(plan.arguments(), self._window)
        activity = Activity(f"Import {plan.source.name}", process.context, process.cancel)
        self.processes.append(process)
        self._session.jobs.add(activity)
        dialog.show_running(process.context, process.cancel)

        def end(code: int, output: str, messages: str) -> None:
            self._session.jobs.remove(activity)
            self.processes.remove(process)
            process.deleteLater()
            hidden = not dialog.isVisible()
            whole = dialog.show_end(code, output, messages)
            if hidden:
                self._tell_end(dialog, plan.target, whole)
                dialog.deleteLater()
            if whole and not (hidden and self._another_is_open(plan.target)):
                self._window.open_store(plan.target)

        process.ended.connect(end)
        process.start()

    def _another_is_open(self, path: Path) -> bool:
        """Whether a person looks at another store, which must not go away by itself."""
        store = self._session.store
        return store is not None and Path(store.path).absolute() != path.absolute()

    def _tell_end(self, dialog: "ImportDialog", target: Path, whole: bool) -> None:
        """Say at the top of the window what a closed dialog would have said."""
        if whole:
            if self._another_is_open(target):
                self._window.notice.tell(f"{target.name} is imported.", "Open", lambda: self._window.open_store(target))
        elif dialog.problem.text():
            self._window.notice.warn(dialog.problem.text())
        elif dialog.told.text():
            self._window.notice.tell(dialog.told.text(), "Open", lambda: self._window.open_store(target))

    def export_history(self) -> None:
        """Ask for a file and write the history to it."""
        store = self._session.store
        if store is None:
            return
        name = f"{Path(store.path).stem}.jsonl"

        def write(path: Path) -> None:
            self._session.run(
                Job(
                    f"Export to {path.name}",
                    lambda context: store.export(path, progress=context.progress, cancel=context),
                    lambda _result: self._window.notice.tell(f"The history is in {path}."),
                )
            )

        self._choose("Export history", "JSON Lines (*.jsonl);;All files (*)", write, name)

    # ------------------------------------------------------------------ pictures

    def save_picture(self) -> None:
        """Save the view that has the keyboard as it looks."""
        view = self._window.current_view() or self._window.views["timeline"]

        def write(path: Path) -> None:
            from app.picture import save_picture

            try:
                own = getattr(view, "save_picture", None)  # a view that draws more than it shows saves it itself
                own(path) if own is not None else save_picture(view, path)
            except OSError as error:
                self._window.notice.warn(f"{path} cannot be written: {error.strerror}. Choose another folder.")
            else:
                self._window.notice.tell(f"The picture is in {path}.")

        self._choose("Save picture", "PNG (*.png);;SVG (*.svg)", write, f"{view.objectName()}.png")

    def _choose(self, title: str, kinds: str, take: Callable[[Path], object], name: str | None = None) -> None:
        """A file dialog: to open a file, or with a `name` to save one."""
        dialog = QFileDialog(self._window, title, self._window.settings.folder or str(Path.home()), kinds)
        if name is None:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        else:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(kinds[kinds.index("*.") + 2 : kinds.index(")")])
            dialog.selectFile(name)
            dialog.filterSelected.connect(
                lambda chosen: dialog.setDefaultSuffix(chosen[chosen.index("*") + 2 : -1] if "*." in chosen else "")
            )
        _finish(dialog, self._window, take)


def _finish(dialog: QFileDialog, window: "Window", take: Callable[[Path], object]) -> None:
    def accept(file: str) -> None:
        path = Path(file)
        window.change_settings(folder=str(path.parent))
        take(path)

    dialog.fileSelected.connect(accept)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
