"""What every view shares: the session it listens to, jobs, and small widgets."""

from .jobs import Job, JobContext, Progress
from .session import Session

__all__ = ["Job", "JobContext", "Progress", "Session"]
