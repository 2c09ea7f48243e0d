"""Looks at a source for the preview. Runs in a worker thread."""

from widgets.common.jobs import JobContext

from .plan import ImportPlan
from .preview import Findings


def look(plan: ImportPlan, context: JobContext) -> Findings:
    """What the engine finds in the source of `plan`. Raises `KnownError`."""
    from engine.exchange import preview

    found = preview(
        plan.source,
        kind=plan.kind or None,
        paths=plan.paths,
        progress=context.progress,
        cancel=context,
    )
    return Findings(kind=found.kind)
