"""What every view shares: the session it listens to, jobs, texts and small widgets."""

from .empty import EmptyState
from .jobs import Job, JobContext, Progress
from .labels import ElidedLabel, WrappedLabel
from .session import Session
from .sign import Sign

__all__ = ["ElidedLabel", "EmptyState", "Job", "JobContext", "Progress", "Session", "Sign", "WrappedLabel"]
