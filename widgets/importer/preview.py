"""What was found in a source: a sentence, the lists with their identity fields, what cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from widgets.common.text import count, moment
from widgets.theme import SPACE_M, SPACE_S, fonts

from .plan import KINDS, split_fields
from .words import problem_line

SHOWN = 500  #: problems; nobody reads more
HOW = (
    "Records of a list keep their identity when they move. These fields identify them; change them if they "
    "do not (several separated by commas)."
)
NO_LISTS = "There is no list of records here that have to be told apart."
NO_FILES = "The newest commit has no file that matches. The import looks into the earlier ones too."
STOPS = "The import stops at the first, unless More options lets it go on after them."
LEFT_OUT = "They are left out; all others are imported."


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look at the source told. Times are microseconds, `versions` is None if only a part was read."""

    kind: str
    versions: int | None = None
    looked_at: int = 0  #: versions that were read for the preview
    timelines: int = 0
    first: int | None = None
    last: int | None = None
    paths: Sequence[str] = ()
    identity: Mapping[str, Sequence[str]] | None = None
    problems: Sequence[tuple[str, str]] = ()

    def sentence(self) -> str:
        """`Git repository · 2575 versions · 2021-03-01 to 2024-10-20 · 3 branches · 1 file`."""
        parts = [KINDS.get(self.kind, self.kind)]
        if self.versions is not None:
            parts.append(count(self.versions, "version"))
        elif self.looked_at:
            parts.append(f"{count(self.looked_at, 'version')} looked at")
        if self.first is not None and self.last is not None:
            parts.append(f"{moment(self.first)[:10]} to {moment(self.last)[:10]}")
        if self.timelines > 1:
            parts.append(count(self.timelines, "branch", "branches"))
        if self.paths:
            parts.append(count(len(self.paths), "file"))
        return "  ·  ".join(parts)

    def unit(self) -> str:
        """What a problem is one of: a line of a file, a file of a folder, a version of a file in git."""
        return {"git": "version", "folder": "file"}.get(self.kind, "line")

    def stops(self) -> bool:
        """Whether a problem ends the import: files of lines are taken whole, git and folders leave out and list."""
        return bool(self.problems) and self.unit() == "line"


class PreviewPanel(QWidget):
    """Shows findings; the identity fields can be edited."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = QLabel()
        self.sentence.setFont(fonts().strong)
        self.sentence.setWordWrap(True)
        self.files = QLabel()
        self.files.setObjectName("muted")
        self.files.setWordWrap(True)
        self._how = QLabel(HOW)
        self._how.setObjectName("muted")
        self._how.setWordWrap(True)
        self.table = self._make_table()
        self._wrong = QLabel()
        self._wrong.setFont(fonts().strong)
        self.problems = QPlainTextEdit(readOnly=True)
        self.problems.setFont(fonts().mono)
        self.problems.setMinimumHeight(2 * fonts().row)
        self.problems.setMaximumHeight(110)
        self._then = QLabel()
        self._then.setObjectName("muted")
        self._then.setWordWrap(True)
        self.problems.setAccessibleName("What cannot be read")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        layout.setSpacing(SPACE_S)
        for widget in (self.sentence, self.files, self._how):
            layout.addWidget(widget)
        layout.addWidget(self.table, 100)
        layout.addWidget(self._wrong)
        layout.addWidget(self._then)
        layout.addWidget(self.problems)
        layout.addStretch(1)  # keeps the sentences at the top where there are no lists
        self._detected: dict[str, tuple[str, ...]] = {}

    @staticmethod
    def _make_table() -> QTableWidget:
        table = QTableWidget(0, 2)
        table.setObjectName("framed")
        table.setHorizontalHeaderLabels(["List", "Identified by"])
        table.setAccessibleName("Identity fields of lists")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(fonts().row)
        table.setShowGrid(False)
        table.setWordWrap(False)  # a long pattern is cut at its end, not at its last slash
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(2):
            table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        return table

    def show_findings(self, found: Findings) -> None:
        """Show what was found."""
        self.sentence.setText(found.sentence())
        files = list(found.paths)
        more = f" and {count(len(files) - 8)} more" if len(files) > 8 else ""
        none = NO_FILES if found.kind == "git" else ""
        self.files.setText(", ".join(files[:8]) + more if files else none)
        self.files.setVisible(bool(files or none))
        self._detected = {pattern: tuple(fields) for pattern, fields in (found.identity or {}).items()}
        self.table.setRowCount(len(self._detected))
        for row, (pattern, fields) in enumerate(self._detected.items()):
            name, given = QTableWidgetItem(pattern), QTableWidgetItem(", ".join(fields))
            name.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            for item in (name, given):
                item.setFont(fonts().mono)
                item.setToolTip(item.text())
            self.table.setItem(row, 0, name)
            self.table.setItem(row, 1, given)
        self.table.setVisible(bool(self._detected))
        self._how.setText(HOW if self._detected else NO_LISTS)
        self._how.setVisible(bool(self._detected or files or found.kind != "git"))
        self.show_problems(found.problems, found.unit(), STOPS if found.stops() else LEFT_OUT)

    def show_problems(self, problems: Sequence[tuple[str, str]], unit: str = "version", then: str = "") -> None:
        """Show what was or would be left out, and what `then` happens."""
        self._wrong.setText(f"{count(len(problems), unit)} cannot be read" if problems else "")
        self._then.setText(then)
        more = [f"… and {count(len(problems) - SHOWN)} more"] if len(problems) > SHOWN else []
        self.problems.setPlainText("\n".join([problem_line(*one) for one in problems[:SHOWN]] + more))
        self._then.setVisible(bool(problems and then))
        for widget in (self._wrong, self.problems):
            widget.setVisible(bool(problems))

    def changed_keys(self) -> dict[str, tuple[str, ...]]:
        """The identity fields that the person changed, by pattern."""
        changed = {}
        for row, (pattern, fields) in enumerate(self._detected.items()):
            item = self.table.item(row, 1)
            given = split_fields(item.text()) if item else fields
            if given and given != fields:
                changed[pattern] = given
        return changed
