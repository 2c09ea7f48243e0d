"""The theme reaches the application; icons and fonts are there."""

import gc

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox

from widgets.theme import DARK, LIGHT, Mode, fonts, icon, icon_names, set_mode, theme


@pytest.fixture(autouse=True)
def back_to_light(qapp: QApplication):
    yield
    set_mode(Mode.LIGHT)


def test_a_mode_sets_tokens_and_palette(qapp: QApplication) -> None:
    assert set_mode(Mode.DARK) is DARK is theme()
    assert qapp.palette().color(QPalette.ColorRole.Base) == DARK.surface
    assert set_mode(Mode.LIGHT) is LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window) == LIGHT.window


def test_the_system_mode_follows_the_system(qapp: QApplication) -> None:
    assert set_mode(Mode.SYSTEM) in (LIGHT, DARK)


def test_branch_colours_repeat() -> None:
    assert LIGHT.branch(0) == LIGHT.branch(len(LIGHT.branches))


def test_the_shipped_fonts_are_used(qapp: QApplication) -> None:
    from PySide6.QtGui import QFontInfo

    assert QFontInfo(fonts().ui).family() == "Inter"
    assert QFontInfo(fonts().mono).family() == "JetBrains Mono"
    assert QFontInfo(fonts().mono).fixedPitch()
    assert fonts().row % 4 == 0


def test_every_icon_is_drawn_in_the_colour_of_the_theme(qapp: QApplication) -> None:
    def ink(name: str, mode: QIcon.Mode = QIcon.Mode.Normal) -> set[str]:
        image = icon(name).pixmap(QSize(32, 32), 1.0, mode).toImage()
        solid = (image.pixelColor(x, y) for x in range(32) for y in range(32))
        return {colour.name() for colour in solid if colour.alpha() == 255}

    for name in icon_names():
        assert ink(name), name
    assert LIGHT.text.name() in ink("stop")
    assert LIGHT.text_disabled.name() in ink("stop", QIcon.Mode.Disabled)
    set_mode(Mode.DARK)
    assert DARK.text.name() in ink("stop")


def test_an_icon_at_double_resolution_has_twice_the_pixels(qapp: QApplication) -> None:
    pixmap = icon("open").pixmap(QSize(16, 16), 2.0)
    assert pixmap.width() == 32
    assert pixmap.devicePixelRatio() == 2.0


def test_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(LookupError, match="no-such-icon"):
        icon("no-such-icon")


def test_the_garbage_collector_leaves_the_engine_of_an_icon_alone(qapp: QApplication) -> None:
    assert gc.get_referents(icon("add")) == [QIcon], "an engine that it sees, it deletes under others that share it"


def test_an_unchecked_box_has_an_edge_that_is_seen(qapp: QApplication) -> None:
    for mode, tokens in ((Mode.DARK, DARK), (Mode.LIGHT, LIGHT)):
        set_mode(mode)
        box = QCheckBox("Go on")
        box.resize(box.sizeHint())
        image = box.grab().toImage()
        edge = {image.pixelColor(x, image.height() // 2).name() for x in range(20)}
        assert tokens.border_strong.name() in edge
        box.setChecked(True)
        image = box.grab().toImage()
        inside = {image.pixelColor(x, y).name() for x in range(18) for y in range(image.height())}
        assert {tokens.accent.name(), tokens.on_accent.name()} <= inside
