"""Labels for children that come to stand between others.

A container's children are sorted by label. Whoever comes last takes the label of its row; whoever comes between two
neighbours takes one between theirs. Where the same place is used again and again (before a closing element, after a
header), one of the neighbours was put there the same way; the new label is taken close to that one, so that room for
thousands more is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.operations import AT_END, LABEL_SHIFT, NO_LABEL

_STEP = 1 << LABEL_SHIFT
_NEAR = 1 << 10
_LOWEST = -(1 << 62)
_RESERVED = (NO_LABEL, AT_END)


def plan_labels(
    stays: Sequence[bool], labels: Sequence[int], before: int | None = None, after: int | None = None
) -> list[int] | None:
    """Labels for some neighbouring children of a container in their new order.

    `labels[i]` is the label of a child that stays (`stays[i]`); the others are given one: `AT_END` where nothing that
    stays follows. `before` and `after` are the labels of the children around them, if any. None where there is no
    room left, and all children of the container have to be labelled anew.
    """
    plan = list(labels)
    index = 0
    while index < len(plan):
        if stays[index]:
            index += 1
            continue
        end = index
        while end < len(plan) and not stays[end]:
            end += 1
        left = plan[index - 1] if index else before
        right = plan[end] if end < len(plan) else after
        if right is None:
            plan[index:end] = [AT_END] * (end - index)
        else:
            run = labels_between(left, right, end - index)
            if run is None:
                return None
            plan[index:end] = run
        index = end
    return plan


def labels_between(left: int | None, right: int, count: int) -> list[int] | None:
    """Increasing labels between two, none of the reserved ones; None where there is no room."""
    if left is None:
        return _before(right, count)
    gap = right - left
    if gap <= count:
        return None
    step = gap // (count + 1)
    if left % _STEP and not right % _STEP:
        step = min(step, _NEAR)
    elif right % _STEP and not left % _STEP:
        step = min(step, _NEAR)
        left = right - step * (count + 1)
    run = [left + step * number for number in range(1, count + 1)]
    return None if any(label in run for label in _RESERVED) else run


def _before(right: int, count: int) -> list[int] | None:
    """Labels before all others: there is room for a long time."""
    run = []
    for _ in range(count):
        right -= _STEP
        if right in _RESERVED:
            right -= len(_RESERVED)
        run.append(right)
    return run[::-1] if right > _LOWEST else None
