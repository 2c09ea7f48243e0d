"""Hybrid logical clock (Kulkarni et al. 2014): wall time in milliseconds with a 16-bit counter, one int64.

A stamp is `milliseconds << 16 | counter`, signed, so that histories from before 1970 order as well. A transaction's
stamp is above those of all its parents, whatever the wall clock says.
"""

from __future__ import annotations

from collections.abc import Iterable

# Times beyond what fits (years after 6429, as "9999-12-31" for "never") count as the last that does, with room above.
_LAST = (1 << 47) - (1 << 20)


def stamp(wall: int, above: Iterable[int] = ()) -> int:
    """The stamp for a wall time in microseconds that is above every stamp in `above`."""
    moment = wall // 1000
    if not -_LAST <= moment <= _LAST:
        moment = _LAST if moment > 0 else -_LAST
    made = moment << 16
    for other in above:
        if other >= made:
            made = other + 1
    return made


def wall_time(stamp: int) -> int:
    """The wall time of a stamp, in microseconds (its milliseconds)."""
    return (stamp >> 16) * 1000
