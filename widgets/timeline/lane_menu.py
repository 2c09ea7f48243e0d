"""The menu with which a person chooses what the lanes show."""

from collections import Counter
from dataclasses import replace

import numpy as np
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from .axis import DAY
from .canvas import Canvas
from .model import TimelineModel

_AGES = (("a week", 7), ("a month", 30), ("a quarter", 91), ("a year", 365))
_MOST = 30  #: more folders or hidden timelines than this are not listed
_WORDS = {
    "pinned": ("Pin “{}” below the main timeline", "Do not pin “{}”"),
    "solo": ("Show only “{}”", "Show the others beside “{}”"),
    "hidden": ("Hide “{}”", "Show “{}”"),
    "folded": ("Fold “{}” into one lane with others", "Give “{}” a lane of its own"),
}


def add_timeline_actions(menu: QMenu, model: TimelineModel, timeline: int) -> None:
    """Pin, solo, hide or fold one timeline."""
    for field, (on, off) in _WORDS.items():
        chosen = timeline in getattr(model.scene.options, field)
        action = menu.addAction((off if chosen else on).format(_escaped(model.name(timeline))))
        action.setEnabled(field not in ("pinned", "folded") or timeline != model.scene.main)
        action.triggered.connect(
            lambda _checked=False, field=field: model.set_options(model.scene.options.toggled(field, timeline))
        )


def fill_lane_menu(menu: QMenu, canvas: Canvas) -> None:
    """Everything that can be chosen about lanes, as it stands now."""
    menu.clear()
    model = canvas.model
    options = model.scene.options
    structure = menu.addAction("Only &tips, forks and merges")
    structure.setCheckable(True)
    structure.setChecked(options.structure)
    structure.toggled.connect(lambda on: model.set_options(replace(model.scene.options, structure=on)))
    idle = menu.addAction("Leave out &idle lanes")
    idle.setToolTip("Show only lanes in which something happens in the time that is shown")
    idle.setCheckable(True)
    idle.setChecked(canvas.arrangement.only_active)
    idle.toggled.connect(canvas.show_only_active)
    _fill_ages(menu.addMenu("Hide &stale timelines"), model)
    _fill_folders(menu.addMenu("&Fold into one lane"), model)
    selected = model.session.selected
    if 0 <= selected < model.scene.columns.count:
        menu.addSeparator()
        add_timeline_actions(menu, model, int(model.scene.columns.timeline[selected]))
    _fill_hidden(menu, model)
    menu.addSeparator()
    everything = menu.addAction("Show &everything")
    everything.setEnabled(options != model.default_options)
    everything.triggered.connect(lambda: model.set_options(model.default_options))


def _fill_ages(menu: QMenu, model: TimelineModel) -> None:
    """Stale is what had no transaction for some time before the newest one of all."""
    group = QActionGroup(menu)
    latest = int(model.scene.extents.latest.max(initial=0))
    now = model.scene.options.stale_before
    for text, before in (
        ("Never", None),
        *((f"Without a transaction for {text}", latest - days * DAY) for text, days in _AGES),
    ):
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(before == now)
        group.addAction(action)
        action.triggered.connect(
            lambda _checked=False, before=before: model.set_options(replace(model.scene.options, stale_before=before))
        )


def _fill_folders(menu: QMenu, model: TimelineModel) -> None:
    """Timelines whose names begin alike, up to a slash; and all that are not pinned."""
    names = model.scene.columns.names
    used = np.flatnonzero(model.scene.extents.count > 0).tolist()
    folders = Counter(names[i].partition("/")[0] for i in used if "/" in names[i])
    for folder, number in folders.most_common(_MOST):
        members = frozenset(i for i in used if names[i].startswith(folder + "/"))
        _add_fold(menu, f"{_escaped(folder)}/ ({number})", members, model)
    others = frozenset(used) - {model.scene.main} - set(model.scene.options.pinned)
    if folders:
        menu.addSeparator()
    _add_fold(menu, "All but the main and pinned timelines", others, model)


def _add_fold(menu: QMenu, text: str, members: frozenset[int], model: TimelineModel) -> None:
    folded = model.scene.options.folded
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(bool(members) and members <= folded)
    action.setEnabled(bool(members))
    action.toggled.connect(
        lambda on: model.set_options(
            replace(model.scene.options, folded=model.scene.options.folded | members if on else folded - members)
        )
    )


def _fill_hidden(menu: QMenu, model: TimelineModel) -> None:
    """What was hidden by hand, to bring it back."""
    hidden = sorted(model.scene.options.hidden - model.default_options.hidden)
    if not hidden:
        return
    again = menu.addMenu("Show &again")
    for timeline in hidden[:_MOST]:
        action: QAction = again.addAction(_escaped(model.name(timeline)))
        action.triggered.connect(
            lambda _checked=False, timeline=timeline: model.set_options(model.scene.options.toggled("hidden", timeline))
        )


def _escaped(text: str) -> str:
    """A name in a menu: an ampersand is no mnemonic."""
    return text.replace("&", "&&")
