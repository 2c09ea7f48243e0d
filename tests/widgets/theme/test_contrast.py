"""Every text can be read, and branch colours can be told apart, by colour-blind eyes too."""

import math
from itertools import combinations

import pytest
from PySide6.QtGui import QColor

from widgets.theme import DARK, LIGHT, Theme

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
BACKGROUNDS = ("window", "surface", "raised", "hover", "stripe", "field", "selection", "selection_inactive")
TEXTS = ("text", "text_muted", "key", "string", "number", "boolean", "null", "accent")
STATES = ("added", "removed", "changed", "moved", "warning", "error")

# Machado, Oliveira and Fernandes 2009, severity 1: how linear RGB looks to each kind of eye.
EYES = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def linear(colour: QColor) -> tuple[float, float, float]:
    def one(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return one(colour.redF()), one(colour.greenF()), one(colour.blueF())


def contrast(first: QColor, second: QColor) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted(
        (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(first), linear(second))), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


def seen(colour: QColor, eye: str) -> tuple[float, float, float]:
    """The colour in OKLab × 100, as this kind of eye sees it."""
    rgb = [max(0.0, min(1.0, sum(m * c for m, c in zip(row, linear(colour), strict=True)))) for row in EYES[eye]]
    lms = [
        math.cbrt(sum(m * c for m, c in zip(row, rgb, strict=True)))
        for row in (
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        )
    ]
    rows = (
        (0.2104542553, 0.793617785, -0.0040720468),
        (1.9779984951, -2.428592205, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.808675766),
    )
    return tuple(100 * sum(m * c for m, c in zip(row, lms, strict=True)) for row in rows)


@THEMES
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_texts_have_a_contrast_of_four_and_a_half(theme: Theme, text: str, background: str) -> None:
    assert contrast(getattr(theme, text), getattr(theme, background)) >= 4.5


@THEMES
@pytest.mark.parametrize("state", STATES)
def test_what_happened_to_a_value_can_be_read_on_all_its_backgrounds(theme: Theme, state: str) -> None:
    colour = getattr(theme, state)
    for background in ("surface", "window", "raised", "selection", f"{state}_soft"):
        assert contrast(colour, getattr(theme, background)) >= 4.5, background
    assert contrast(theme.text, getattr(theme, f"{state}_soft")) >= 4.5


@THEMES
def test_texts_on_the_accent_can_be_read(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.text, theme.accent_soft) >= 4.5
    assert contrast(theme.accent, theme.accent_soft) >= 4.5


@THEMES
def test_outlines_and_branches_stand_out_from_the_background(theme: Theme) -> None:
    for colour in (theme.border_strong, theme.focus, *theme.branches):
        for background in (theme.surface, theme.window):
            assert contrast(colour, background) >= 3.0, colour.name()


@THEMES
@pytest.mark.parametrize("eye", EYES)
def test_any_two_branch_colours_differ_to_every_kind_of_eye(theme: Theme, eye: str) -> None:
    for first, second in combinations(theme.branches, 2):
        assert math.dist(seen(first, eye), seen(second, eye)) >= 10, (first.name(), second.name())
