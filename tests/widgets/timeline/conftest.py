"""The timeline view over small graphs, without a store."""

import pytest

from .diagram import graph
from .support import Session

#: Two branches, one of them merged; a minute apart.
HISTORY = "main a=0 b=60 c=120 | fix@b d=150 e=180 | main f+e=240 g=300 | try@c h=310"
MINUTE = 60_000_000
START = 1_690_000_000_000_000


@pytest.fixture
def fake(qtbot):
    """A session with that history, times in real seconds, a tag at c; nothing is selected."""
    columns = graph(HISTORY)
    columns.time[:] = START + columns.time * 1_000_000
    return Session(columns, {"v1": 2})


@pytest.fixture
def view(fake, qtbot):
    """The timeline view of that session, shown."""
    from widgets.timeline.view import TimelineView

    shown = TimelineView(fake)
    qtbot.addWidget(shown)
    shown.resize(1000, 700)
    shown.show()
    qtbot.waitExposed(shown)
    return shown
