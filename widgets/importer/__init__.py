"""Importing: what is in a source, how its records are identified, and how far the import is."""

from .dialog import ImportDialog
from .plan import ImportPlan

__all__ = ["ImportDialog", "ImportPlan"]
