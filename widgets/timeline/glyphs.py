"""Single lines of text, drawn often and fast.

What is drawn again is painted once into a picture of its own and then stamped: a third of the time. Stamps are opaque,
since Qt blends letters with what is below them: on paper of the same colour both look the same. Widths are sums of
the letters' widths, which is exact but for kerning, and ten times as quick as asking the font for each text.
"""

from collections import OrderedDict
from itertools import accumulate
from math import ceil, inf
from typing import Any
from unicodedata import combining

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

from .batch import is_vector

CAPACITY = 1_500
LONGEST = 300  #: letters; what is longer than a screen is not looked at to its end
STEP = 24  #: px
STAMPS = 16  #: pictures made in one painting; making one takes as long as drawing its text three times

StampKey = tuple[str, int, int, float]  #: text, ink, paper, device pixels per pixel


class _Letters(dict[str, float]):
    """The widths of letters, each measured once."""

    def __init__(self, metrics: QFontMetricsF) -> None:
        super().__init__()
        self._metrics = metrics

    def __missing__(self, letter: str) -> float:
        width = self[letter] = self._metrics.horizontalAdvance(letter)
        return width


class Glyphs:
    """Draws texts in one font, cut to a width with an ellipsis; keeps those that are drawn again."""

    _set: "Glyphs | None" = None  # whose font the painter has, in the painting that goes on

    def __init__(self, font: QFont, capacity: int = CAPACITY) -> None:
        self.font = font
        self.metrics = QFontMetricsF(font)
        self.ascent, self.height = self.metrics.ascent(), self.metrics.height()
        self._capacity = capacity
        self._letters = _Letters(self.metrics)
        self._advance = self._letters.__getitem__
        self._widths: OrderedDict[str, float] = OrderedDict()
        self._stamps: OrderedDict[StampKey, QPixmap | None] = OrderedDict()
        self._made, self._stamping, self._ratio = 0, False, 1.0

    def begin(self, painter: QPainter) -> None:
        """A painting begins, or has taken back the font. Documents of shapes get real text."""
        Glyphs._set = None
        self._made, self._stamping = 0, not is_vector(painter)
        self._ratio = painter.device().devicePixelRatio()

    def draw(
        self, painter: QPainter, x: float, baseline: float, text: str, room: float = 1e6, paper: QColor | None = None
    ) -> float:
        """Draw `text` in the colour of the pen with its baseline at y; the width that it took.

        With `paper`, the colour of what is below, it may be stamped.
        """
        if not text or room < 8:
            return 0.0
        shown, width = self.fit(text, room)
        inks = (painter.pen().color().rgba(), paper.rgba()) if paper is not None else None
        self.put(painter, x, baseline, shown, width, inks)
        return width

    def draw_halves(
        self, painter: QPainter, x: float, baseline: float, text: str, after: int, room: float, paper: QColor | None
    ) -> None:
        """As `draw`, for a text whose first letters, up to `after`, are those of many others, and the rest is its own:
        only the former are stamped."""
        if self.fit(text, room)[0] is not text:
            self.draw(painter, x, baseline, text, room, paper)
            return
        width = self.draw(painter, x, baseline, text[:after], room, paper)
        self.draw(painter, x + width, baseline, text[after:])

    def put(
        self, painter: QPainter, x: float, baseline: float, shown: str, width: float, inks: tuple[int, int] | None
    ) -> None:
        """Draw what `fit` gave. `inks` are the colours of pen and paper, if it may be stamped."""
        stamp = self._stamp(shown, width, *inks) if inks is not None and self._stamping else None
        if stamp is None:
            if Glyphs._set is not self:  # setting it again takes as long as drawing a word
                painter.setFont(self.font)
                Glyphs._set = self
            painter.drawText(QPointF(round(x), round(baseline)), shown)
        else:
            painter.drawPixmap(round(x), round(baseline) - round(self.ascent), stamp)

    def width(self, text: str, room: float = 1e6) -> float:
        """The width that `draw` takes."""
        return self.fit(text, room)[1] if text and room >= 8 else 0.0

    def is_cut(self, text: str, room: float) -> bool:
        """Whether `text` does not fit."""
        return self.fit(text, room)[0] != text

    def fit(self, text: str, room: float) -> tuple[str, float]:
        """As much of the text as fits, with an ellipsis if that is not all; and its width."""
        width = self._widths.get(text)
        if width is None:
            width = self._widths[text] = sum(map(self._advance, text)) if len(text) <= LONGEST else inf
            _limit(self._widths, 4 * self._capacity)
        if width <= room:
            return text, width
        text = text[:LONGEST]
        # Cut to few different widths, so that what is cut is drawn again, too, while one zooms.
        room = max(room // STEP * STEP, min(room, STEP)) - self._advance("…")
        ends = list(accumulate(map(self._advance, text)))
        length = next((at for at, end in enumerate(ends) if end > room), len(ends))
        while length and (combining(text[length : length + 1] or " ") or text[length - 1] == " "):
            length -= 1
        return text[:length] + "…", (ends[length - 1] if length else 0.0) + self._advance("…")

    def _stamp(self, text: str, width: float, ink: int, paper: int) -> QPixmap | None:
        """The picture of a text; None if it is drawn for the first time, or enough were made already."""
        key = (text, ink, paper, self._ratio)
        stamp = self._stamps.get(key)
        if stamp is not None:
            self._stamps.move_to_end(key)
            return stamp
        if key not in self._stamps:
            self._stamps[key] = None
            _limit(self._stamps, self._capacity)
            return None
        if self._made >= STAMPS:
            return None
        self._made += 1
        stamp = self._stamps[key] = self._paint(text, width, ink, paper)
        return stamp

    def _paint(self, text: str, width: float, ink: int, paper: int) -> QPixmap:
        stamp = QPixmap(ceil((width + 1) * self._ratio), ceil((self.height + 1) * self._ratio))
        stamp.setDevicePixelRatio(self._ratio)
        stamp.fill(QColor.fromRgba(paper))
        painter = QPainter(stamp)
        painter.setFont(self.font)
        painter.setPen(QColor.fromRgba(ink))
        painter.drawText(QPointF(0, round(self.ascent)), text)
        painter.end()
        return stamp


def _limit(held: OrderedDict[Any, Any], most: int) -> None:
    """Forget the oldest."""
    while len(held) > most:
        held.popitem(last=False)
