"""Letters that are stamped look like text that Qt draws."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from widgets.theme import fonts
from widgets.timeline.glyphs import Glyphs
from widgets.timeline.letters import codes_of

TEXTS = [
    "Set quantity of order 12",
    "To AV Wave fjord, “naïve” …",
    "67656e6572617465:123456",
    # More than the picture holds at first; words, since between signs Inter has other shapes of some.
    " ".join(chr(code) for code in (*range(65, 91), *range(97, 123), *range(192, 256)) if chr(code).isalpha()),
]


def picture(ratio: float, paper: QColor, draw) -> np.ndarray:
    image = QImage(int(2400 * ratio), int(24 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(paper)
    painter = QPainter(image)
    draw(painter)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).astype(int)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(("ink", "paper"), [("#202020", "#ffffff"), ("#d0d0e0", "#181818")])
@pytest.mark.parametrize("font", ["ui", "strong", "mono"])
def test_stamped_text_looks_like_drawn_text(qapp, font: str, ink: str, paper: str, ratio: float, text: str) -> None:
    chosen: QFont = getattr(fonts(), font)
    glyphs, colours = Glyphs(chosen), (QColor(ink), QColor(paper))

    def stamped(painter: QPainter) -> None:
        glyphs.begin(painter)
        glyphs.draw_all(painter, [(10, 16, text)], *colours)

    def drawn(painter: QPainter) -> None:
        painter.setFont(chosen)
        painter.setPen(colours[0])
        painter.drawText(QPointF(10, 16), text)

    mine, theirs = picture(ratio, colours[1], stamped), picture(ratio, colours[1], drawn)
    blank = picture(ratio, colours[1], lambda painter: None)
    ink_used = np.abs(theirs - blank).sum()
    assert np.abs(mine - blank).sum() == pytest.approx(ink_used, rel=0.02)
    assert np.abs(mine - theirs).sum() < 0.25 * ink_used  # letters stand at quarters of a pixel
    columns = [np.flatnonzero((shown != blank).any(axis=0))[[0, -1]] // 4 for shown in (mine, theirs)]
    assert np.abs(columns[0] - columns[1]).max() <= 1


def test_what_is_no_single_letter_is_drawn_by_qt(qapp) -> None:
    assert [codes_of(text) for text in ("日本語", "e\u0301", "tab\t", "ok")] == [None, None, None, b"ok"]
    glyphs, ink, paper = Glyphs(fonts().ui), QColor("black"), QColor("white")

    def together(painter: QPainter) -> None:
        glyphs.begin(painter)
        glyphs.draw_all(painter, [(10, 16, "Ελλάδα"), (100, 16, "")], ink, paper)

    def drawn(painter: QPainter) -> None:
        painter.setFont(fonts().ui)
        painter.drawText(QPointF(10, 16), "Ελλάδα")

    assert np.array_equal(picture(1, paper, together), picture(1, paper, drawn))


def test_what_is_cut_fits_and_says_so(qapp) -> None:
    glyphs = Glyphs(fonts().ui)
    shown, width = glyphs.fit("a message that is longer than its room", 100)
    assert shown.endswith("…")
    assert len(shown) < 30
    assert width <= 100
    assert QFontMetricsF(fonts().ui).horizontalAdvance(shown) == pytest.approx(width, abs=2)
    assert glyphs.place([], 0, 0, "no room", 5) == 0


def test_what_is_drawn_again_is_the_text_as_qt_draws_it(qapp) -> None:
    glyphs, ink, paper = Glyphs(fonts().ui), QColor("#202020"), QColor("#ffffff")
    shown = []

    def stamped(painter: QPainter) -> None:
        glyphs.begin(painter)
        glyphs.draw_all(painter, [(10, 16, TEXTS[0])], ink, paper, again=True)

    def drawn(painter: QPainter) -> None:
        painter.setFont(fonts().ui)
        painter.setPen(ink)
        painter.drawText(QPointF(10, 16), TEXTS[0])

    for _ in range(3):
        shown.append(picture(1, paper, stamped))
    theirs = picture(1, paper, drawn)
    assert not np.array_equal(shown[0], theirs)  # letters at quarters of a pixel
    assert np.array_equal(shown[1], theirs)
    assert np.array_equal(shown[2], theirs)
