"""Single lines of text in one font, cut to the room that there is.

Widths are sums of the letters' widths, which is exact but for kerning, and ten times as quick as asking the font for
each text.
"""

from collections import OrderedDict
from itertools import accumulate
from math import ceil, inf
from unicodedata import combining

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

from .batch import is_vector
from .letters import Alphabet, Inks, codes_of

CAPACITY = 6_000
LONGEST = 300  #: letters; what is longer than a screen is not looked at to its end
STEP = 24  #: px

STAMPS = 1_500  #: so many pictures of texts are kept
AT_ONCE = 16  #: pictures made in one painting; making one takes as long as drawing its text three times

StampKey = tuple[str, Inks, float]  #: text, ink and paper, device pixels per pixel
Placed = tuple[float, float, str]  #: x, baseline, text as it fits


class _Widths(dict[str, float]):
    """The widths of letters, each measured once."""

    def __init__(self, metrics: QFontMetricsF) -> None:
        super().__init__()
        self._metrics = metrics

    def __missing__(self, letter: str) -> float:
        width = self[letter] = self._metrics.horizontalAdvance(letter)
        return width


class Glyphs:
    """Draws texts in one font, cut to a width with an ellipsis."""

    _set: "Glyphs | None" = None  # whose font the painter has, in the painting that goes on

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetricsF(font)
        self.ascent, self.height = self.metrics.ascent(), self.metrics.height()
        self._advance = _Widths(self.metrics).__getitem__
        self._widths: OrderedDict[str, float] = OrderedDict()
        self._alphabet = Alphabet(font)
        self._stamps: OrderedDict[StampKey, QPixmap | None] = OrderedDict()
        self._made = 0

    def begin(self, painter: QPainter) -> None:
        """A painting begins, or has taken back the font."""
        Glyphs._set = None
        self._made = 0

    def draw(self, painter: QPainter, x: float, baseline: float, text: str, room: float = 1e6) -> float:
        """Draw `text` in the colour of the pen with its baseline at y; the width that it took."""
        if not text or room < 8:
            return 0.0
        shown, width = self.fit(text, room)
        self._draw(painter, x, baseline, shown)
        return width

    def _draw(self, painter: QPainter, x: float, baseline: float, shown: str) -> None:
        if Glyphs._set is not self:  # setting it again takes as long as drawing a word
            painter.setFont(self.font)
            Glyphs._set = self
        painter.drawText(QPointF(round(x), round(baseline)), shown)

    def place(self, placed: list[Placed], x: float, baseline: float, text: str, room: float = 1e6) -> float:
        """Keep `text` to be drawn with others; the width that it will take."""
        if not text or room < 8:
            return 0.0
        shown, width = self.fit(text, room)
        placed.append((x, baseline, shown))
        return width

    def draw_all(
        self, painter: QPainter, placed: list[Placed], ink: QColor, paper: QColor, again: bool = False
    ) -> None:
        """Draw many texts at once, in a colour on a colour. Documents of shapes get real text.

        With `again` most will be in the next picture, too, on the same paper: from their second time on they are
        stamped whole, which takes half the time of stamping their letters.
        """
        painter.setPen(ink)
        real, letters = is_vector(painter), []
        inks, ratio = (ink.rgba(), paper.rgba()), painter.device().devicePixelRatio()
        for x, baseline, shown in placed:
            stamp = self._stamp((shown, inks, ratio)) if again and not real else None
            codes = codes_of(shown) if stamp is None and not real else None
            if stamp is not None:
                painter.drawPixmap(round(x), round(baseline) - round(self.ascent), stamp)
            elif codes is not None:
                letters.append((x, baseline, codes))
            else:
                self._draw(painter, x, baseline, shown)
        if letters:
            self._alphabet.draw(painter, letters, inks)

    def _stamp(self, key: StampKey) -> QPixmap | None:
        """The picture of a text; None if it is drawn for the first time, or enough were made already."""
        stamp = self._stamps.get(key)
        if stamp is not None:
            self._stamps.move_to_end(key)
        elif key not in self._stamps:
            self._stamps[key] = None
            if len(self._stamps) > STAMPS:
                self._stamps.popitem(last=False)
        elif self._made < AT_ONCE:
            self._made += 1
            stamp = self._stamps[key] = self._paint(*key)
        return stamp

    def _paint(self, text: str, inks: Inks, ratio: float) -> QPixmap:
        width = sum(map(self._advance, text))
        stamp = QPixmap(ceil((width + 1) * ratio), ceil((self.height + 1) * ratio))
        stamp.setDevicePixelRatio(ratio)
        stamp.fill(QColor.fromRgba(inks[1]))  # on a ground of their own, letters are not blended with what is below
        painter = QPainter(stamp)
        painter.setFont(self.font)
        painter.setPen(QColor.fromRgba(inks[0]))
        painter.drawText(QPointF(0, round(self.ascent)), text)
        painter.end()
        return stamp

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
            if len(self._widths) > CAPACITY:
                self._widths.popitem(last=False)
        if width <= room:
            return text, width
        text = text[:LONGEST]
        # Cut to few different widths, so that the end does not flicker while one zooms.
        room = max(room // STEP * STEP, min(room, STEP)) - self._advance("…")
        ends = list(accumulate(map(self._advance, text)))
        length = next((at for at, end in enumerate(ends) if end > room), len(ends))
        while length and (combining(text[length : length + 1] or " ") or text[length - 1] == " "):
            length -= 1
        return text[:length] + "…", (ends[length - 1] if length else 0.0) + self._advance("…")
