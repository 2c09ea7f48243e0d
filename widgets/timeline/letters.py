"""Many texts in one call: letters are painted once into a picture, a cell each, and stamped from there.

Qt shapes and places every text anew, which takes 25 µs; a screen of rows has two hundred. Here a letter takes a third
of a microsecond. As in Qt's own cache each letter is kept at four places within a pixel, and pairs are kerned. Only
letters that stand for themselves are drawn like this (those of Windows-1252); who has others draws the text by Qt.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import ceil

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QImage, QPainter, QPixmap

from .batch import draw_fragments
from .columns import Array

_CODES = "cp1252"
_FIRST = 32  #: the codes below are no letters
PHASES = 4
_ACROSS, _ROWS = 512, 2  #: the size of such a picture at first: px, rows of letters
_INKS = 8  #: so many pictures are kept

Placed = tuple[float, float, bytes]  #: x, baseline, the text's `codes_of`
Inks = tuple[int, int]  #: ARGB of letters and of what is below them


def codes_of(text: str) -> bytes | None:
    """The letters as numbers; None if there are some that cannot be drawn here."""
    try:
        codes = text.encode(_CODES)
    except UnicodeEncodeError:
        return None
    return codes if text.isprintable() else None


class Alphabet:
    """The letters of a font."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._advance = np.array([self._metrics.horizontalAdvance(_letter(code)) for code in range(256)])
        # Letters that are all of one width stand where they stand.
        kern = 0.0 if QFontInfo(font).fixedPitch() else np.nan
        self._kern = np.full((256, 256), kern, np.float32)
        self._sheets: dict[tuple[Inks, float], _Sheet] = {}

    def draw(self, painter: QPainter, placed: Sequence[Placed], inks: Inks) -> None:
        """Draw texts. The paper need not be that of all of them: letters hide what they do of it."""
        placed = [item for item in placed if item[2]]
        if not placed:
            return
        ratio = painter.device().devicePixelRatio()
        lefts, baselines, texts = zip(*placed, strict=True)
        codes = np.frombuffer(b"".join(texts), np.uint8)
        length = np.fromiter(map(len, texts), np.int64, len(texts))
        x = self._places(codes, length) + np.repeat(np.round(lefts), length)
        y = np.repeat(np.round(baselines), length)
        seen = codes > _FIRST
        self._sheet(inks, ratio).draw(painter, codes[seen], x[seen], y[seen])

    def _places(self, codes: Array, length: Array) -> Array:
        """Where each letter begins, from the start of its text."""
        self._measure(codes)
        step = self._advance[codes]
        step[:-1] += self._kern[codes[:-1], codes[1:]]
        ends = np.cumsum(step)
        begins = ends - step
        return begins - np.repeat(begins[np.cumsum(length) - length], length)

    def _measure(self, codes: Array) -> None:
        """Learn how much nearer than others those pairs of letters stand that were not met before."""
        left, right = codes[:-1], codes[1:]
        new = np.isnan(self._kern[left, right])
        if not new.any():
            return
        for pair in np.unique(left[new].astype(np.int32) << 8 | right[new]).tolist():
            first, second = pair >> 8, pair & 255
            apart = self._advance[first] + self._advance[second]
            self._kern[first, second] = self._metrics.horizontalAdvance(_letter(first) + _letter(second)) - apart

    def _sheet(self, inks: Inks, ratio: float) -> "_Sheet":
        key = (inks, ratio)
        sheet = self._sheets.get(key)
        if sheet is None:
            if len(self._sheets) >= _INKS:
                self._sheets.clear()
            sheet = self._sheets[key] = _Sheet(self._font, self._metrics, self._advance, inks, ratio)
        return sheet


class _Sheet:
    """The picture of the letters of a font in one colour: cells side by side in rows, made when they are needed. A cell
    is a letter at a place within a pixel, and numbered code · PHASES + place."""

    def __init__(self, font: QFont, metrics: QFontMetricsF, advance: Array, inks: Inks, ratio: float) -> None:
        self._font, self._inks, self._ratio = font, inks, ratio
        self._pad = ceil(2 * ratio)  # letters reach beyond their widths
        self._ascent = ceil(metrics.ascent() * ratio) + 1
        # Even numbers of pixels: what is stamped by its middle then stands on whole ones.
        self._width = np.repeat(2 * np.ceil((advance * ratio + 2 * self._pad + 1) / 2).astype(np.int64), PHASES)
        self._height = 2 * ceil((metrics.height() * ratio + 2) / 2)
        self._left, self._top = (np.full(256 * PHASES, -1, np.int64) for _ in range(2))
        self._free = (0, 0)  # where the next cell goes
        self._pixmap = QPixmap(ceil(_ACROSS * ratio), _ROWS * self._height)
        self._pixmap.fill(Qt.GlobalColor.transparent)

    def draw(self, painter: QPainter, codes: Array, x: Array, y: Array) -> None:
        """Stamp letters with their origins at x, y."""
        ratio = self._ratio
        fine = np.floor(x * (ratio * PHASES) + 0.5).astype(np.int64)
        whole, phase = fine // PHASES, fine % PHASES
        cells = codes.astype(np.int64) * PHASES + phase
        missing = cells[self._left[cells] < 0]
        if len(missing):
            self._paint(np.unique(missing))
        width = self._width[cells]
        fragments = np.empty((len(codes), 10))
        fragments[:, 0] = (whole - self._pad + width / 2) / ratio
        fragments[:, 1] = (np.round(y * ratio) - self._ascent + self._height / 2) / ratio
        fragments[:, 2], fragments[:, 3] = self._left[cells], self._top[cells]
        fragments[:, 4], fragments[:, 5] = width, self._height
        fragments[:, 6:8] = 1 / ratio
        fragments[:, 8], fragments[:, 9] = 0, 1
        draw_fragments(painter, self._pixmap, fragments)

    def _paint(self, cells: Array) -> None:
        """Paint letters that were not needed before. Qt draws them lighter on paper than on nothing, so they are
        painted on paper, and what hides it is taken from there."""
        ratio, widths = self._ratio, self._width[cells].tolist()
        image = QImage(sum(widths), self._height, QImage.Format.Format_RGB32)
        image.fill(QColor.fromRgba(self._inks[1]))
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        painter.setFont(self._font)
        painter.setPen(QColor.fromRgba(self._inks[0]))
        starts = [0, *accumulate(widths)]
        for start, cell in zip(starts, cells.tolist(), strict=False):
            left = start + self._pad + cell % PHASES / PHASES
            painter.drawText(QPointF(left / ratio, self._ascent / ratio), _letter(cell // PHASES))
        painter.end()
        inked = _inked(image, *self._inks)
        places = [self._place(cell, width) for cell, width in zip(cells.tolist(), widths, strict=True)]
        painter = QPainter(self._pixmap)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        for start, width, place in zip(starts, widths, places, strict=False):
            painter.drawImage(place, inked, QRect(start, 0, width, self._height))
        painter.end()

    def _place(self, cell: int, width: int) -> QPoint:
        """Give a cell its place; the picture grows where it is full."""
        left, top = self._free
        if left + width > self._pixmap.width():
            left, top = 0, top + self._height
        if top + self._height > self._pixmap.height():
            full, self._pixmap = self._pixmap, QPixmap(self._pixmap.width(), 2 * self._pixmap.height())
            self._pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._pixmap)
            painter.drawPixmap(0, 0, full)
            painter.end()
        self._left[cell], self._top[cell], self._free = left, top, (left + width, top)
        return QPoint(left, top)


def _inked(image: QImage, ink: int, paper: int) -> QImage:
    """The ink of a picture of ink on paper, without the paper."""
    parts = [(shift, ink >> shift & 255, paper >> shift & 255) for shift in (8, 16, 0)]
    shift, full, none = max(parts, key=lambda part: abs(part[1] - part[2]))
    hidden = np.clip((np.arange(256) - none) / ((full - none) or 1), 0, 1)  # by the level of that colour
    table = np.zeros(256, np.uint32)
    for place, level in ((24, 255), *((place, level) for place, level, _ in parts)):
        table |= np.round(hidden * level).astype(np.uint32) << np.uint32(place)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    found = table[pixels >> np.uint32(shift) & np.uint32(255)]
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(found.data, image.width(), image.height(), 4 * image.width(), kind).copy()


def _letter(code: int) -> str:
    return bytes((code,)).decode(_CODES, "replace")
