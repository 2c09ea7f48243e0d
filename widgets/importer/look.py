"""Looks at a source for the preview. Runs in a worker thread."""

from widgets.common.jobs import JobContext

from .plan import ImportPlan, split_mapping
from .preview import Findings


def look(plan: ImportPlan, context: JobContext) -> Findings:
    """What the engine finds in the source of `plan`. Raises `KnownError`."""
    from engine.exchange import preview

    found = preview(
        plan.source,
        kind=plan.kind or None,
        paths=plan.paths,
        mapping=split_mapping(plan.mapping),
        zone=plan.zone or None,
        time_format=plan.time_format or None,
        progress=context.progress,
        cancel=context,
    )
    return Findings(
        kind=found.kind,
        versions=found.versions,
        looked_at=found.looked_at,
        timelines=found.timelines,
        first=found.first,
        last=found.last,
        paths=found.paths,
        identity=found.identity,
        problems=found.problems,
    )
