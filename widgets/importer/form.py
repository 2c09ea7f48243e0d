"""The fields of the import dialog: source, kind, which files, target, and what is rarely needed."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.theme import SPACE_L, SPACE_S, icon

from .plan import KINDS, ImportPlan, target_for


class SourceForm(QWidget):
    """Where the data comes from. `changed` is emitted when another preview is needed, `typed` while one writes."""

    changed = Signal()
    typed = Signal()

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self.source = QLineEdit(placeholderText="A git repository, a file, or a folder")
        self.source.setAccessibleName("Source")
        self.source.editingFinished.connect(self.changed)
        self.source.textEdited.connect(self.typed)
        self.file, self.directory = QPushButton("File…"), QPushButton("Folder…")
        self.file.setAccessibleName("Choose a file as source")
        self.directory.setAccessibleName("Choose a folder as source")
        self.file.clicked.connect(lambda: self._browse(QFileDialog.FileMode.ExistingFile))
        self.directory.clicked.connect(lambda: self._browse(QFileDialog.FileMode.Directory))
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of source")
        for name, text in KINDS.items():
            self.kind.addItem(text, name)
        self.kind.activated.connect(self.changed)
        self.paths = QLineEdit(placeholderText="all JSON, YAML, TOML, CSV and INI files")
        self.paths.setAccessibleName("Which files")
        self.paths.setToolTip("Globs separated by blanks, such as data/*.json. For git repositories and folders.")
        self.paths.editingFinished.connect(self.changed)
        self.paths.textEdited.connect(self.typed)
        place, what = QHBoxLayout(), QHBoxLayout()
        for row in (place, what):
            row.setSpacing(SPACE_S)
        place.addWidget(self.source, 1)
        place.addWidget(self.file)
        place.addWidget(self.directory)
        what.addWidget(self.kind)
        what.addWidget(self.paths, 1)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(SPACE_L)
        form.setVerticalSpacing(SPACE_S)
        form.addRow(_caption("Source", self), place)
        form.addRow(_caption("Kind, files", self), what)
        for button in (self.file, self.directory):
            button.setAutoDefault(False)

    def _browse(self, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, "Import from", str(self._folder))
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(self.choose)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def choose(self, path: str) -> None:
        """Take a source."""
        self.source.setText(path)
        self._folder = Path(path).parent
        self.changed.emit()


class TargetForm(QWidget):
    """Where the store goes, and options that are rarely needed.

    `changed` is emitted when the store is another one, `reading_changed` when the source is to be read otherwise.
    """

    changed = Signal()
    reading_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.target = QLineEdit(placeholderText="The store's file")
        self.target.setAccessibleName("Store")
        self.target.textChanged.connect(self.changed)
        browse = QPushButton("Choose…")
        browse.setAccessibleName("Choose the store's file")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.more = QToolButton()
        self.more.setText("More options")
        self.more.setCheckable(True)
        self.more.setIcon(icon("chevron-right", "text_muted"))
        self.more.setObjectName("disclosure")
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._toggle)
        self.timeline = QLineEdit(placeholderText="timeline as in the source")
        self.mapping = QLineEdit(placeholderText="names such as entity=order_id,time=at")
        self.zone = QLineEdit(placeholderText="zone UTC, where times name none")
        self.time_format = QLineEdit(placeholderText="form guessed, such as %d.%m.%Y %H:%M")
        for field in (self.mapping, self.zone, self.time_format):
            field.editingFinished.connect(self.reading_changed)
        self.skip_bad = QCheckBox("Go on after lines that cannot be read, and list them")
        place = QHBoxLayout()
        place.setSpacing(SPACE_S)
        place.addWidget(self.target, 1)
        place.addWidget(browse)
        top = QFormLayout()
        self._extra = QWidget()
        extra = QFormLayout(self._extra)
        for form in (top, extra):
            form.setContentsMargins(0, 0, 0, 0)
            form.setHorizontalSpacing(SPACE_L)
            form.setVerticalSpacing(SPACE_S)
        top.addRow(_caption("Into", self), place)
        for text, widgets in (
            ("Timeline, names", (self.timeline, self.mapping)),
            ("Zone, times", (self.zone, self.time_format)),
            ("", (self.skip_bad,)),
        ):
            row = QHBoxLayout()  # two to a row: the dialog shall fit a small screen
            row.setSpacing(SPACE_S)
            for widget in widgets:
                row.addWidget(widget)
            extra.addRow(_caption(text, self), row)
        for text, widget in (
            ("Timeline", self.timeline),
            ("Names", self.mapping),
            ("Zone", self.zone),
            ("Form of times", self.time_format),
        ):
            widget.setAccessibleName(text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(top)
        layout.addWidget(self.more)
        layout.addWidget(self._extra)
        self._extra.hide()
        self._suggested = ""

    def suggest(self, source: Path) -> None:
        """Propose a target for a source, unless the person has chosen one."""
        if self.target.text() in ("", self._suggested):
            self._suggested = str(target_for(source))
            self.target.setText(self._suggested)

    def _toggle(self, shown: bool) -> None:
        self._extra.setVisible(shown)
        self.more.setIcon(icon("chevron-down" if shown else "chevron-right", "text_muted"))

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Import into", self.target.text(), "Stores (*.refactory);;All files (*)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("refactory")
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # a store that is there gets what is new
        dialog.fileSelected.connect(self.target.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _caption(text: str, parent: QWidget) -> QLabel:
    """A label as wide as the widest of the dialog, so that all fields begin at one line."""
    label = QLabel(text)
    label.setMinimumWidth(parent.fontMetrics().horizontalAdvance("Timeline, names"))
    return label


def read_plan(source: SourceForm, target: TargetForm, keys: dict[str, tuple[str, ...]]) -> ImportPlan:
    """What the fields say."""
    return ImportPlan(
        source=Path(source.source.text().strip()).expanduser(),
        target=Path(target.target.text().strip()).expanduser(),
        kind=str(source.kind.currentData()),
        paths=tuple(source.paths.text().split()),
        keys=keys,
        timeline=target.timeline.text().strip(),
        mapping=target.mapping.text().strip(),
        zone=target.zone.text().strip(),
        time_format=target.time_format.text().strip(),
        skip_bad=target.skip_bad.isChecked(),
    )
