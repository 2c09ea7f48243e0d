"""A page of help in a dialog."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from widgets.theme import SPACE_L, SPACE_S, fonts, theme

from .fit import resize_to_fit


class HelpDialog(QDialog):
    """Shows Markdown; Escape closes it."""

    def __init__(self, markdown: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help")
        self.setWindowTitle("Help")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.page = QTextBrowser(openExternalLinks=True)
        self.page.setAccessibleName("Help")
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        colours, document = theme(), self.page.document()
        document.setDefaultFont(fonts().ui)
        document.setDefaultStyleSheet(f"a {{ color: {colours.accent.name()}; }}")
        document.setDocumentMargin(SPACE_L)
        self.page.setMarkdown(markdown)
        _space_out(document)
        self.page.setStyleSheet("QTextBrowser { border: none; padding: 0; }")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_S, SPACE_S, SPACE_S, SPACE_S)
        layout.addWidget(self.page)
        resize_to_fit(self, 560, 440)


def _space_out(document: QTextDocument) -> None:
    """Space between paragraphs, which Markdown has and Qt leaves out."""
    spaced = QTextBlockFormat()
    spaced.setBottomMargin(SPACE_S)
    spaced.setLineHeight(120, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    block = document.begin()
    while block.isValid():
        cursor = QTextCursor(block)
        if cursor.currentTable() is None:
            cursor.mergeBlockFormat(spaced)
        block = block.next()
